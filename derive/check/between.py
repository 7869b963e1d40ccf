"""Relations outside of the marks of formulas: `$L$ = 0.9`, `the loss $L$ is 0.9`, a lonely `$z = w x`."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

from derive.check.region import Region
from derive.source import Slice, Source

SENTENCE = "it stands in a sentence: is it meant as a claim?"
UNMARKED = "it stands in a sentence without the marks of a formula"
_SIGN = r":?=:?|[≈≃≤≥≠<>←]"
_NUMBER = r"[-−+]?\s?(?:[0-9]+(?:[.,][0-9]+)*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_NAME = r"[^\W\d_]{1,2}(?:_?[0-9]{1,2}|_\w{1,3}|_\{\w{1,5}\})?'?"
_CLOSED, _OPENED = r"(?:`?\$|\\\)|\})?", r"(?:\$`?|\\\(|\\ensuremath\s?\{)?"
_RELATION = re.compile(rf"{_CLOSED}[ \t*_]*(?P<sign>{_SIGN})[ \t*_]*{_OPENED}")
_SAID = re.compile(
    rf"{_CLOSED}[ \t*_,]+(?P<sign>is|equals|becomes|ist|beträgt|wird)(?:[ \t]+(?:equal to|now|then|thus|therefore|hence"
    rf"|also|about|approximately|roughly|exactly|gleich|etwa|also))?[ \t*_:]+{_OPENED}"
)
_VALUE = re.compile(rf"(?P<value>{_NUMBER})(?![\w^_/*+(\\{{]|[.,][0-9])")
_LEFT = re.compile(rf"(?:^|(?<=[\s(*>]))(?P<name>{_NAME})[ \t*]*(?:{_SIGN})[ \t*]*{_OPENED}\Z")
_UNMARKED = re.compile(
    rf"(?:(?<![\w\\$&?/=.:;\-'\"{{@#])(?P<name>{_NAME})|[0-9)\]}}]) {{0,3}}(?P<sign>{_SIGN}) {{0,3}}"
    rf"(?:{_VALUE.pattern}(?P<ends>(?=[\s,;.)!?*|]|\Z))|(?={_NAME}(?![\w'])|[-−+(\\0-9]))"
)
_CONDITIONS = re.compile(r"\b(?:if|when|where|whenever|for|let|assume|suppose|wenn|falls|für|sei)\b", re.IGNORECASE)
_CONDITION = re.compile(rf"{_CONDITIONS.pattern}[ \t*_]*\Z", re.IGNORECASE)
_NAMED = re.compile(r"\\?[A-Za-z][\w{}\\^' ()]{0,60}")
_WORD = re.compile(r"(?<![\\\w{])[^\W\d_]{3,}")
_LONGEST = 2000  # characters of a line that is looked at outside of its formulas


def joined(source: Source, text: str, found: list[Region]) -> list[Region]:
    """Return the regions of a text, those as one that a relation outside of them connects."""
    out: list[Region] = []
    for region in found:
        before = out[-1] if out and out[-1].kind == region.kind == "inline" else None
        gap = text[before.end : region.start] if before is not None and region.start - before.end < 60 else ""
        if before is not None and (match := _RELATION.fullmatch(gap)):
            out[-1] = _merged(source, before, region, text, match["sign"])
        elif before is not None and (match := _SAID.fullmatch(gap)) and _is_said(text, before, region.text.text):
            out[-1] = _merged(source, before, region, text, match["sign"], SENTENCE)
        else:
            out.append(region)
    ends = [*(region.start for region in out[1:]), len(text)][: len(out)]
    return [_longer(source, text, region, end) for region, end in zip(out, ends, strict=True)]


def _merged(source: Source, a: Region, b: Region, text: str, sign: str, doubt: str = "") -> Region:
    """Return two regions as one; the marks between them become blanks, a word that stands for = becomes one."""
    at = text.index(sign, a.end)
    shown = sign if not sign[0].isalpha() else "=".ljust(len(sign))
    between = " " * (at - a.end) + shown + " " * (b.start - at - len(sign))
    whole = Slice(source, a.start, a.text.text + between + b.text.text)
    return Region(whole, "inline", a.doubt or doubt)


def _is_said(text: str, region: Region, value: str) -> bool:
    """Return whether a sentence says of a name that it is a number, and not what would be if it were."""
    start = max(text.rfind("\n\n", 0, region.start), text.rfind(". ", 0, region.start), region.start - 200, 0)
    named = _NAMED.fullmatch(region.text.text.strip()) is not None
    return (
        named and re.fullmatch(_NUMBER, value.strip()) is not None and not _CONDITIONS.search(text, start, region.start)
    )


def _longer(source: Source, text: str, region: Region, stop: int) -> Region:
    """Return a region with the name and sign that stand before it, or the sign and number behind it."""
    if region.kind != "inline":
        return region
    line = text.rfind("\n", 0, region.start) + 1
    before = _LEFT.search(text[max(line, region.start - 40) : region.start])
    if before is not None and not region.has_relation:
        start = max(line, region.start - 40) + before.start("name")
        lead = re.sub(r"[$`*]|\\\(", lambda m: " " * len(m[0]), text[start : region.start])
        return Region(Slice(source, start, lead + region.text.text), "inline", region.doubt)
    for form, doubt in ((_RELATION, ""), (_SAID, SENTENCE)):
        sign = form.match(text, region.end)
        value = _VALUE.match(text, sign.end()) if sign else None
        if sign and value and value.end() <= stop and (not doubt or _is_said(text, region, value["value"])):
            number = Region(Slice(source, value.start(), value["value"]), "inline")
            return _merged(source, region, number, text, sign["sign"], region.doubt or doubt)
    return region


def unmarked(source: Source, text: str, found: list[Region]) -> Iterator[Region]:
    """Yield what has a relation outside of all regions: what follows a lonely $, relations in text."""
    edges = [(0, 0), *((region.start, region.end) for region in found), (len(text), len(text))]
    for (_, start), (end, _) in pairwise(edges):
        for line in re.finditer(r"[^\n]+", text[start:end]):
            piece = line[0][:_LONGEST]
            if re.search(r"[=≈≃≤≥≠<>←]", piece) and not re.match(
                r"[ \t]*\\(?:documentclass|usepackage|includegraphics)", piece
            ):
                yield from _in_line(source, start + line.start(), piece, text)


def _in_line(source: Source, start: int, piece: str, text: str) -> Iterator[Region]:
    lonely = [m.start() + 1 for m in re.finditer(r"(?<![\\$`])\$(?!\$)", piece)]
    for at in lonely:
        mark = start + at - 1
        opens = text[mark + 1 : mark + 2].strip() and not _closes(text, mark)
        if opens and re.search(r"[=≈≃≤≥≠<>←]", piece[at:]):
            yield Region(Slice(source, start + at, piece[at:].rstrip()), "inline")
            piece = piece[:at]
            break
    for match in _UNMARKED.finditer(piece):
        if match["sign"] in "<>" and not (match["name"] and match["value"]):
            continue  # a quotation, an arrow, a tag
        begin, sure = match.start(), bool(match["name"] and match["value"])
        if sure and _CONDITION.search(piece[max(0, begin - 20) : begin]):
            continue  # "when x = 0"
        ends = match.end() if match["value"] else _end_of_operand(piece, match.end())
        formula = Slice(source, start + begin, piece[begin:ends])
        yield Region(formula, "inline", SENTENCE if sure else "", "" if sure else UNMARKED)


def _closes(text: str, mark: int) -> bool:
    """Return whether a dollar ends a formula: nothing stands between it and what comes before."""
    line = text.rfind("\n", 0, mark) + 1
    return text.count("$", line, mark) % 2 == 1


def _end_of_operand(piece: str, at: int) -> int:
    end = re.compile(r"[^\s,;]+").match(piece, at)
    return end.end() if end else at


def overlapping(regions: list[Region], starts: list[int], region: Region) -> bool:
    """Return whether a region meets one of others, which are in order of their starts."""
    at = bisect_left(starts, region.end)
    return at > 0 and regions[at - 1].end > region.start
