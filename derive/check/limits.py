"""Values at a place: "when x = 0", and limits where x goes to infinity."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from derive.check.claims import Claim
from derive.check.judge import Bench, Verdict, constant
from derive.check.quantities import Grid, Quantity
from derive.check.value import Valuation
from derive.language import surface as s
from derive.numeric import precisely
from derive.ops import DomainError
from derive.ops.primitive import real

INFINITE = Fraction(10**6)  # where a limit is looked at, and the least that counts as infinite there
_PLACES = (Fraction(10**2), Fraction(10**4), INFINITE)


def infinite(tree: s.Tree) -> int:
    """Return 1 for ∞, -1 for -∞, 0 for anything else."""
    sign = 1
    while isinstance(tree, s.Neg):
        tree, sign = tree.body, -sign
    return sign if isinstance(tree, s.Name) and tree.id == "infty" else 0


def condition(claim: Claim, left: s.Tree, right: s.Tree, bench: Bench) -> Quantity | None:
    """Return the value that a name has from here on, where a claim only says where something is looked at.

    That is `x = ∞`, and `x = 0` in the running text for a leaf whose value is another one.
    """
    if not isinstance(left, s.Name) or len(claim.chain) != 2:
        return None
    if sign := infinite(right):
        return sign * INFINITE
    return None


def at_infinity(left: s.Tree, right: s.Tree, bench: Bench) -> Verdict | None:
    """Return the verdict on a limit; None where nothing goes to infinity."""
    moved = {id: real(v) for id, v in bench.numbers.items() if not isinstance(v, Grid) and abs(v) >= INFINITE}
    claimed = infinite(right)
    if not moved and not claimed:
        return None
    if not moved or not (claimed or constant(right)):
        return Verdict("undecided", "where does it go to infinity?")
    try:
        with precisely():
            found = [_at(left, scale, bench) for scale in _PLACES]
            limit = _limit(found)
            if limit is None:
                return Verdict("undecided", "no limit was found")
            if isinstance(limit, int):
                return Verdict("correct" if limit == claimed else "wrong", "it grows beyond all bounds")
            if claimed:
                return Verdict("wrong", truth=limit)
            value = _at(right, Fraction(1), bench)
            return Verdict("correct" if abs(value - limit) < real(Fraction(1, 10**3)) else "wrong", truth=limit)
    except (DomainError, OverflowError, ZeroDivisionError):
        return Verdict("undecided", "it has no value far out")


def _at(tree: s.Tree, scale: Fraction, bench: Bench) -> Any:
    numbers = dict(bench.numbers)
    for id, v in bench.numbers.items():
        if not isinstance(v, Grid) and abs(v) >= INFINITE:
            numbers[id] = scale * (1 if v > 0 else -1)
    point = bench.subject.own or bench.subject.points[0]
    world = bench.world(point)
    world.numbers = numbers
    return real(Valuation(world).value(tree))


def _limit(found: list[Any]) -> Any:
    """Return the number that values settle at, 1 or -1 where they grow beyond bounds, None where they do neither."""
    a, b, c = found
    if abs(c - b) <= abs(b - a) / 10 or abs(c - b) < real(Fraction(1, 10**6)):
        return c
    if abs(c) > 10 * abs(b) / 2 > 0:
        return 1 if c > 0 else -1
    return None
