"""The text of a hand-in in passages, each with the claims that end in it: what is remarked stands behind a passage."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from derive.check.macros import definitions, expanded
from derive.check.region import Region
from derive.check.regions import blanked, regions
from derive.narrate.feedback.remarks import Feedback
from derive.source import Source

_OPENING = re.compile(
    r"(?:\$\$|\$`|\$|\\\[|\\\(|^```math[ \t]*\n|\\begin\{[A-Za-z]+\*?\}(?:\{[^{}]*\})?)\Z", re.MULTILINE
)
_CLOSING = re.compile(r"\s*(?:\$\$|`\$|\$|\\\]|\\\)|```|\\end\{[A-Za-z]+\*?\})")
_ROWS = re.compile(r"\\\\|(?<!\\)&")
_LONGEST_FORMULA, _SHOWN = 8_000, 200  # characters
LONGEST = 60_000  # characters of a text that is printed again


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a passage. kind: "text", "inline" or "display"; a formula is LaTeX without its marks."""

    text: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines of a hand-in, first to last (from 1), and the claims by index that stand in them."""

    first: int
    last: int
    pieces: tuple[Piece, ...]
    claims: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """A formula with its marks: where it begins and ends in the text."""

    start: int
    end: int
    piece: Piece


def passages(feedback: Feedback) -> Iterator[Passage]:
    """Yield the passages in their order; what is beyond all reading is left out at the end."""
    text = feedback.hand_in.source.text[:LONGEST]
    places = list(_places(feedback, text))
    claims: dict[int, list[int]] = {}
    for index, judged in enumerate(feedback.judged):
        claims.setdefault(judged.claim.line, []).append(index)
    start = first = 0
    at = 0
    for number, line in enumerate(text.split("\n"), 1):
        end = at + len(line)
        first = first or number
        inside = _inside(places, end)
        found = [index for n in range(first, number + 1) for index in claims.get(n, [])]
        if not inside and (not line.strip() or (found and not line.lstrip().startswith("|"))):
            yield Passage(first, number, tuple(_pieces(text, start, end, places)), tuple(found))
            start, first = end + 1, 0
        at = end + 1
    if start < len(text):
        found = [index for n, indices in claims.items() if n >= first for index in indices]
        yield Passage(first, number, tuple(_pieces(text, start, len(text), places)), tuple(found))


def _inside(places: Sequence[_Place], offset: int) -> bool:
    at = bisect_right(places, offset, key=lambda place: place.start) - 1
    return at >= 0 and offset < places[at].end


def _places(feedback: Feedback, text: str) -> Iterator[_Place]:
    macros, clean = definitions(blanked(text, feedback.latex))
    for region in regions(Source(feedback.name, clean), feedback.latex):
        start, end = region.start, region.start + len(region.text.text)
        if region.kind != "bare":
            before = _OPENING.search(text, max(0, start - 60), start)
            after = _CLOSING.match(text, end)
            start, end = (before.start() if before else start), (after.end() if after else end)
        yield _Place(start, end, _piece(region, macros))


def _piece(region: Region, macros: dict[str, tuple[int, str]]) -> Piece:
    """Return a formula; of one that nobody reads and nothing sets only how it begins."""
    if len(region.text.text) > _LONGEST_FORMULA:
        return Piece(region.text.text[:_SHOWN] + " …")
    return Piece(_formula(region, macros), "display" if region.kind == "display" else "inline")


def _formula(region: Region, macros: dict[str, tuple[int, str]]) -> str:
    """Return a formula as LaTeX that can stand alone: rows get the environment that they stood in."""
    latex = expanded(region.text.text, macros).strip()
    if not latex.startswith(r"\begin") and _ROWS.search(latex):
        return rf"\begin{{aligned}} {latex} \end{{aligned}}"
    return latex


def _pieces(text: str, start: int, end: int, places: Sequence[_Place]) -> Iterator[Piece]:
    at = start
    for place in places[bisect_left(places, start, key=lambda p: p.start) :]:
        if place.start >= end:
            break
        if place.end <= end:
            if text[at : place.start].strip():
                yield Piece(text[at : place.start])
            yield place.piece
            at = place.end
    if text[at:end].strip():
        yield Piece(text[at:end])
