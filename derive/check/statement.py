"""A row of a formula taken apart: sides with the relations between them."""

from __future__ import annotations

from dataclasses import dataclass

from derive.source import Slice


@dataclass(frozen=True, slots=True)
class Sign:
    """A relation symbol: what it says, and where it stands in the source."""

    relation: str
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Statement:
    """Sides with the relations between them; the first side is empty where a row goes on with the one before it.

    words: the text in front of it, in the row. whole: the formula of a relation that stands within something and could
    not be taken out of it; None for a relation between sides. unread: why it is not read, whatever its sides are.
    """

    sides: tuple[Slice, ...]
    signs: tuple[Sign, ...]
    words: str = ""
    whole: Slice | None = None
    unread: str = ""
