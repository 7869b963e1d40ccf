"""Texts with positions: every part of a report or submission knows where it stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A whole input text and the name it is reported under."""

    name: str
    text: str

    def position(self, offset: int) -> tuple[int, int]:
        """Return (line, column), both from 1, counted in code points."""
        offset = max(0, min(offset, len(self.text)))
        line = self.text.count("\n", 0, offset) + 1
        return line, offset - (self.text.rfind("\n", 0, offset) + 1) + 1

    def line(self, number: int) -> str:
        """Return the text of a line (from 1), without its end."""
        lines = self.text.split("\n")
        return lines[number - 1].rstrip("\r") if 0 < number <= len(lines) else ""

    def whole(self) -> Slice:
        return Slice(self, 0, self.text)


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range [start, end) of a source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Slice:
    """A contiguous piece of a source; offsets in `text` map to the source by adding `start`.

    `text` has the length of the piece that it stands for, but may differ from it in single characters
    (a doubled backslash of a quoted YAML scalar becomes a blank and a backslash).
    """

    source: Source
    start: int
    text: str

    def span(self, start: int = 0, end: int | None = None) -> Span:
        end = len(self.text) if end is None else end
        return Span(self.source, self.start + start, self.start + end)

    def cut(self, start: int, end: int) -> Slice:
        """Return the piece text[start:end] without the white space around it."""
        piece = self.text[start:end]
        lead = len(piece) - len(piece.lstrip())
        return Slice(self.source, self.start + start + lead, piece.strip())


def of_text(text: str, name: str = "<text>") -> Slice:
    """Return a text that stands in no file as a slice."""
    return Source(name, text).whole()
