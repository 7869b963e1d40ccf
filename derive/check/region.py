"""A piece of mathematics in a hand-in, with its place."""

from __future__ import annotations

from dataclasses import dataclass

from derive.check.decorations import RELATED
from derive.source import Slice


@dataclass(frozen=True, slots=True)
class Region:
    """A piece of mathematics. kind: "display", "inline" or "bare" (a line without any marks).

    doubt: why it may be meant otherwise if it turns out wrong; unread: why it is not read.
    """

    text: Slice
    kind: str
    doubt: str = ""
    unread: str = ""

    @property
    def start(self) -> int:
        return self.text.start

    @property
    def end(self) -> int:
        return self.text.start + len(self.text.text)

    @property
    def has_relation(self) -> bool:
        return RELATED.search(self.text.text) is not None
