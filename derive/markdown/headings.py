"""Headings of a body: problems, parts and sub-parts with their numbers, points and names."""

from __future__ import annotations

import re
from typing import Any

from derive.document import Heading
from derive.errors import Fault, nearest
from derive.markdown.numbering import LEVELS, Counter, Numbering
from derive.source import Slice, Span

_KNOWN = ("id", "points", "of", "number", "unnumbered")
_WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_POINTS = re.compile(r"\d+(\.\d+)?")
_EXPECTED = "`{#id points=4 of=NAME}`, `{number=1.2}` or `{-}`"
# Attributes that pandoc has left in the title because it could not read them.
_UNREAD = re.compile(r"\{[^{}]*\}\s*$|\{[^{}]*\b(?:points|of|number)\s*[=:]")


class Headings:
    """Goes along the headings; `of` is the name whose names hold after the last of them."""

    def __init__(self, body: Slice, numbering: Numbering, names: frozenset[str] | None) -> None:
        self.body, self.names = body, names
        self.counter = Counter(numbering)
        self.at = 0  # where the heading that is read now may begin
        self.parts: dict[int, str] = {}
        self.worths: list[tuple[int, str, Span]] = []

    @property
    def of(self) -> str | None:
        return self.parts[max(self.parts)] if self.parts else None

    def read(self, level: int, attributes: Any, title: list[Any]) -> Heading | None:
        """Return a Heading, None below the third level; a Fault for attributes that are not known."""
        if level > LEVELS:
            return None
        name, classes, pairs = attributes
        given = dict(pairs)
        line = self._line(level)
        self._check(classes, given, title)
        self.parts = {above: of for above, of in self.parts.items() if above < level}
        if "of" in given:
            self.parts[level] = given["of"]
        self.worths.append((level, given.get("points", ""), line))
        number = "" if "unnumbered" in classes else self.counter.next(level, given.get("number", ""))
        # Its place among the headings; the points are summed up when all are read.
        return Heading(level, number, tuple(title), str(len(self.worths) - 1), name, given.get("of", ""))

    def _check(self, classes: list[str], given: dict[str, str], title: list[Any]) -> None:
        for name in classes:
            if name != "unnumbered":
                raise self._unknown(name, f".{name}")
        for name in given:
            if name not in _KNOWN:
                raise self._unknown(name, name)
        points = given.get("points")
        if points is not None and not _POINTS.fullmatch(points):
            change = (points, str(_WORDS.index(points.lower()))) if points.lower() in _WORDS else ("", "")
            place = self._find(f"points={points}")
            raise Fault(f"`{points}` is no number of points", place, expected="`points=4`", change=change)
        of = given.get("of")
        if of is not None and self.names is not None and of not in self.names:
            reason = nearest(of, self.names)
            raise Fault(f"`of={of}` names nothing of the report", self._find(f"of={of}"), reason=reason)
        text = "".join(piece.get("c", "") if piece["t"] == "Str" else " " for piece in title)
        unread = _UNREAD.search(text)
        if unread:
            change = (unread[0], re.sub(r"\s*=\s*", "=", unread[0]))
            place = self._find(unread[0])
            raise Fault("the attributes of this heading cannot be read", place, expected=_EXPECTED, change=change)

    def _unknown(self, name: str, written: str) -> Fault:
        return Fault(
            f"unknown attribute `{name}` of a heading", self._find(written), nearest(name, _KNOWN), expected=_EXPECTED
        )

    def _line(self, level: int) -> Span:
        """Return the line of the next heading of a level."""
        found = re.compile(rf"^[ \t>]*(#{{{level}}}(?!#)[^\n]*?)[ \t\r]*$", re.MULTILINE).search(
            self.body.text, self.at
        )
        if found is None:  # underlined, which is rare
            return self.body.span(0, 0)
        self.at = found.end()
        return self.body.span(found.start(1), found.end(1))

    def _find(self, written: str) -> Span:
        """Return where an attribute stands, in the first heading line that has it (quotes and blanks may differ)."""
        words = r"[\"'\s]*".join(re.escape(c) for c in written if not c.isspace())
        begin = self.body.text.rfind("\n", 0, self.at) + 1
        form = re.compile(rf"^[ \t>]*#[^\n]*?({words})", re.MULTILINE)
        found = form.search(self.body.text, begin) or form.search(self.body.text)
        return self.body.span(found.start(1), found.end(1)) if found else self.body.span(0, 0)
