"""Numbers of problems, parts and sub-parts: `numbering: 1 (a) i`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from derive.errors import Fault
from derive.source import Slice, of_text

# A counter stands alone: not the `a` of "Part", not the 1 of 10.
_COUNTER = re.compile(r"(?<!\d)1(?!\d)|(?<![A-Za-z])[aAiI](?![A-Za-z])")
_PIECE = re.compile(r"[^\s,]+")
_ROMAN = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
DEFAULT = "1 (a) i"
LEVELS = 3


def _letters(number: int) -> str:
    out = ""
    while number > 0:
        number, digit = divmod(number - 1, 26)
        out = chr(ord("a") + digit) + out
    return out


def _roman(number: int) -> str:
    out = ""
    for value, letters in _ROMAN:
        out += letters * (number // value)
        number %= value
    return out


def _count(counter: str, number: int) -> str:
    match counter:
        case "1":
            return str(number)
        case "a" | "A":
            text = _letters(number)
        case _:
            text = _roman(number)
    return text.upper() if counter.isupper() else text


@dataclass(frozen=True, slots=True)
class Numbering:
    """The format of each level; the last counter in it is the level's own, one before it that of the level above."""

    formats: tuple[str, ...]

    def label(self, counts: tuple[int, ...]) -> str:
        """Return the number of the heading with these counts (one per level)."""
        form = self.formats[len(counts) - 1]
        counters = list(_COUNTER.finditer(form))
        out, end = "", 0
        for match, level in zip(counters, range(len(counts) - len(counters), len(counts)), strict=True):
            out += form[end : match.start()] + (_count(match[0], counts[level]) if level >= 0 else match[0])
            end = match.end()
        return out + form[end:]


def parse(text: Slice) -> Numbering:
    """Return the numbering that a text such as `Question 1, a` describes; a Fault where it has no counter."""
    formats: list[str] = []
    begin = None
    for match in _PIECE.finditer(text.text):
        begin = match.start() if begin is None else begin
        if _COUNTER.search(match[0]):
            formats.append(text.text[begin : match.end()])
            begin = None
    if not formats or len(formats) > LEVELS or begin is not None:
        expected = "one, two or three of `1`, `a`, `A`, `i`, `I` with what stands around them, as `1 (a) i`"
        raise Fault(f"`{text.text}` is no numbering", text.span(), expected=expected, fix=f"numbering: {DEFAULT}")
    return Numbering(tuple(formats) + tuple(DEFAULT.split()[len(formats) :]))


def standard() -> Numbering:
    return parse(of_text(DEFAULT))


@dataclass(slots=True)
class Counter:
    """Goes along the headings of a document."""

    numbering: Numbering
    counts: list[int] = field(default_factory=lambda: [0] * LEVELS)

    def next(self, level: int, override: str = "") -> str:
        """Return the number of the next heading at this level; those after an override count on from it."""
        self.counts[level - 1] += 1
        self.counts[level:] = [0] * (LEVELS - level)
        if not override:
            return self.numbering.label(tuple(self.counts[:level]))
        for number in range(1, 200):
            if self.numbering.label((*self.counts[: level - 1], number)) == override:
                self.counts[level - 1] = number
                break
        return override
