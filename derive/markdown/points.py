"""Points that add up: a problem is worth what its parts are worth together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from derive.errors import Fault
from derive.source import Span


@dataclass(slots=True)
class Worth:
    """A heading on the way: its level, the points that it gives (None for none), where it stands."""

    level: int
    points: Decimal | None
    span: Span
    below: Decimal | None = None

    @property
    def total(self) -> Decimal | None:
        return self.points if self.points is not None else self.below


def sums(headings: Sequence[tuple[int, str, Span]]) -> tuple[list[str], str]:
    """Return the points of each heading, summed up where it gives none but its parts do, and the total ("" for none).

    Raises a Fault at a heading whose points are not those of its parts together.
    """
    worths = [Worth(level, Decimal(points) if points else None, span) for level, points, span in headings]
    total: Decimal | None = None
    for at in range(len(worths) - 1, -1, -1):
        own = worths[at]
        parts = [w.total for w in _parts(worths, at) if w.total is not None]
        own.below = sum(parts, Decimal(0)) if parts else None
        if own.points is not None and own.below is not None and own.points != own.below:
            said = " + ".join(map(_text, parts))
            title = f"{_text(own.points)} points for this heading, but {said} = {_text(own.below)} for its parts"
            change = (f"points={_text(own.points)}", f"points={_text(own.below)}")
            raise Fault(title, own.span, fix=change[1], change=change)
    for own in _outermost(worths):
        total = total if own.total is None else (total or Decimal(0)) + own.total
    return [_text(w.total) for w in worths], _text(total)


def _parts(worths: list[Worth], at: int) -> list[Worth]:
    """Return the headings directly below one: those before the next of its level, none within another part."""
    found: list[Worth] = []
    for later in worths[at + 1 :]:
        if later.level <= worths[at].level:
            break
        if not found or later.level <= found[-1].level:
            found.append(later)
    return found


def _outermost(worths: list[Worth]) -> list[Worth]:
    """Return the headings that belong to no other one."""
    found: list[Worth] = []
    for worth in worths:
        if not found or worth.level <= found[-1].level:
            found.append(worth)
    return found


def _text(points: Decimal | None) -> str:
    return "" if points is None else format(points.normalize(), "f")
