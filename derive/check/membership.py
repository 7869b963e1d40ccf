"""`y ∈ [0, 1]`: whether a value lies in a set, at every point that is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from derive.check.bench import Bench, Verdict, constant
from derive.check.extrema import bounded_everywhere
from derive.check.quantities import Grid, Mismatch
from derive.check.subject import Point
from derive.check.work import TooLong, Unread
from derive.language import surface as s
from derive.language.occurrences import quantities
from derive.language.walk import children, walk
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
    """Return the verdict on a comparison: at the numbers of the exercise, without them for all values.

    A function of one name, `\\sigma'(z) \\le 1/4`, is compared for all values of that name.
    """
    own = bench.subject.own is not None

    def test(x: Any, inside: list[Any]) -> bool:
        return COMPARED[relation](x, inside[0])

    found = _everywhere(left, test, (right,), bench, own)
    if found.kind == "wrong" and isinstance(left, s.Name) and bench.subject.plain(left.id) in bench.subject.leaves:
        return Verdict("undecided", "is this a condition or a claim?")  # "with w ≤ 0 the unit is inactive"
    if found.kind == "undecided" and _is_function(left, right):
        return _for_all(relation, left, right, False, bench)  # of a name that is nothing but its argument
    if found.kind != "correct" or (constant(left) and constant(right)):
        return found
    return found if own and not _is_function(left, right) else _for_all(relation, left, right, own, bench)


def _is_function(*sides: s.Tree) -> bool:
    """Return whether one of two sides is a function of a name, the other a number."""
    formulas = [side for side in sides if not constant(side)]
    if len(formulas) != 1:
        return False
    names = {id for id, _ in quantities(formulas[0])} - {"e", "pi"}
    return len(names) == 1 and any(isinstance(part, s.Call) for part in walk(formulas[0]))


def _for_all(relation: str, left: s.Tree, right: s.Tree, own: bool, bench: Bench) -> Verdict:
    """Return the verdict on a comparison that holds at the points that were looked at."""
    if relation == "!=" or not (constant(left) or constant(right)):
        return Verdict("undecided", "it holds at the points that were looked at; for all values?")
    body, bound = (left, right) if constant(right) else (right, left)
    less = (relation in ("<", "<=")) == constant(right)
    known = bounded_everywhere(body, bound, less, relation in ("<", ">"), bench)
    if known is None and not less and relation in (">=", "<=") and _evident(body):
        known = _everywhere(bound, lambda x, inside: x <= 0, (), bench).kind == "correct" or None
    if known is None:
        return Verdict("undecided", "it holds at the points that were looked at; for all values?")
    if not known and own:
        return Verdict("undecided", "it holds at the numbers of the exercise, but not for all values")
    return Verdict("correct" if known else "wrong")


def _evident(tree: s.Tree) -> bool:
    """Return whether a formula is at least 0 as it stands: squares, absolute values, exponentials, sums of them."""
    match tree:
        case s.Num() | s.Bars():
            return True
        case s.Pow(exponent=s.Num(text=text)) if text.isdigit() and int(text[-1]) % 2 == 0:
            return True
        case s.Add() | s.Mul():
            return all(map(_evident, children(tree)))
        case s.Div():
            return _evident(tree.above) and _evident(tree.below)
        case s.BigSum() | s.Root():
            return _evident(tree.body)
        case s.Call(primes=0, fn=fn):
            return fn in ("exp", "relu", "ReLU", "sigmoid", "softplus", "abs", "sqrt")
    return False


def member(left: s.Tree, right: s.Tree, bench: Bench) -> Verdict:
    """Return the verdict on left ∈ right for the reals, an interval or a set of numbers, a space of matrices."""
    if bench.subject.of_matrices:
        from derive.check.matrices import shapes

        found = shapes.member(left, right, bench)
        if found is not None:
            return found
    if isinstance(right, s.Name) and right.id == "R" and not bench.knows("R"):
        return _everywhere(left, lambda x, inside: True, (), bench)
    leaf = isinstance(left, s.Name) and bench.subject.plain(left.id) in bench.subject.leaves
    if leaf and bench.subject.own is None:
        return Verdict("definition", "what the values of the name may be")
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
                found = world.valuation().value(left)
                inside = [world.valuation().value(item) for item in items]
                if isinstance(found, Grid) or any(isinstance(i, Grid) for i in inside):
                    return Verdict("undecided", "a matrix in a set of numbers")
                if not test(real(found), [real(i) for i in inside]):  # type: ignore[operator]
                    return Verdict("wrong", truth=found)
        return Verdict("correct")
    except (Unread, TooLong, Mismatch, DomainError, ZeroDivisionError, OverflowError, ValueError) as missing:
        return Verdict("undecided", str(missing))
