"""`y ∈ [0, 1]`: whether a value lies in a set, at every point that is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from derive.check.judge import Bench, Verdict
from derive.check.quantities import Grid, Mismatch
from derive.check.subject import Point
from derive.check.value import TooLong, Unread, Valuation
from derive.language import surface as s
from derive.numeric import precisely
from derive.ops import DomainError
from derive.ops.primitive import real

_FAR = 4  # points with large values
COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def compared(relation: str, left: s.Tree, right: s.Tree, bench: Bench) -> Verdict:
    """Return the verdict on a comparison: at the numbers of the exercise, without them at every point."""
    own = bench.subject.own is not None

    def test(x: Any, inside: list[Any]) -> bool:
        return COMPARED[relation](x, inside[0])

    found = _everywhere(left, test, (right,), bench, own)
    if found.kind == "wrong" and isinstance(left, s.Name) and bench.subject.plain(left.id) in bench.subject.leaves:
        return Verdict("undecided", "is this a condition or a claim?")  # "with w ≤ 0 the unit is inactive"
    return found


def member(left: s.Tree, right: s.Tree, bench: Bench) -> Verdict:
    """Return the verdict on left ∈ right for the reals, an interval or a set of numbers."""
    if isinstance(right, s.Name) and right.id == "R" and not bench.knows("R"):
        return _everywhere(left, lambda x, inside: True, (), bench)
    if not isinstance(right, s.Seq) or right.kind not in ("tuple", "list", "set"):
        return Verdict("undecided", "this set is not known")
    if right.kind == "set":
        return _everywhere(left, lambda x, inside: any(x == y for y in inside), right.items, bench, own=True)
    if len(right.items) != 2:
        return Verdict("undecided", "this set is not known")
    closed = right.kind == "list"
    found = _everywhere(left, lambda x, i: i[0] <= x <= i[1] if closed else i[0] < x < i[1], right.items, bench)
    far = _everywhere(left, lambda x, i: i[0] <= x <= i[1], right.items, bench, points=list(_far(bench)))
    if found.kind == "correct" and far.kind != "correct":
        return Verdict("undecided", "it holds for small values of the leaves, but not for large ones")
    return found


def _far(bench: Bench) -> Iterator[Point]:
    """Yield points with large values of the leaves, where the network has a value."""
    for point in bench.subject.points[:_FAR]:
        try:
            with precisely():
                yield bench.subject.moved(point, {leaf: 1000 * x for leaf, x in point.leaves.items()})
        except ArithmeticError:
            continue


def _everywhere(
    left: s.Tree,
    test: object,
    items: tuple[s.Tree, ...],
    bench: Bench,
    own: bool = False,
    points: list[Point] | None = None,
) -> Verdict:
    """Return whether a test holds: for data (`own`) at the numbers of the exercise, else at every point."""
    if points is None:
        points = [bench.subject.own] if own and bench.subject.own is not None else bench.subject.points
    try:
        with precisely():
            for point in points:
                world = bench.world(point)
                found = Valuation(world).value(left)
                inside = [Valuation(world).value(item) for item in items]
                if isinstance(found, Grid) or any(isinstance(i, Grid) for i in inside):
                    return Verdict("undecided", "a matrix in a set of numbers")
                if not test(real(found), [real(i) for i in inside]):  # type: ignore[operator]
                    return Verdict("wrong", truth=found)
        return Verdict("correct")
    except (Unread, TooLong, Mismatch, DomainError, ZeroDivisionError, OverflowError, ValueError) as missing:
        return Verdict("undecided", str(missing))
