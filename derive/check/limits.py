"""Limits: what a formula is near where x goes to infinity."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from derive.check.bench import Bench, Verdict, constant
from derive.check.claims import Claim
from derive.check.quantities import Grid, Mismatch, Quantity
from derive.check.rounding import within
from derive.check.work import TooLong, Unread
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
    """Return the value that a name has from here on, where a claim only says where something is looked at: `x = ∞`.

    Behind one such place `z = ∞` is a claim, if it says where a line of the network goes.
    """
    if not isinstance(left, s.Name) or len(claim.chain) != 2 or infinite(left):
        return None
    node = bench.subject.plain(left.id)
    if bench.numbers and node is not None and bench.subject.is_line(node):
        return None
    sign = infinite(right)
    return sign * INFINITE if sign else None


def at_infinity(left: s.Tree, right: s.Tree, bench: Bench) -> Verdict | None:
    """Return the verdict on a limit; None where nothing goes to infinity."""
    moved = {id for id, v in bench.numbers.items() if not isinstance(v, Grid) and abs(v) >= INFINITE}
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
            # What is left of the way to the limit is at most about what the last step was.
            left_over = abs(found[2] - found[1]) / 4 + real(Fraction(1, 10**9))
            value = _at(right, Fraction(1), bench)
            same = within(limit, value, right, False, left_over, Fraction(0))
            return Verdict("correct" if same else "wrong", truth=limit)
    except (Unread, TooLong, Mismatch, DomainError, OverflowError, ValueError, ZeroDivisionError) as missing:
        return Verdict("undecided", f"it has no value far out: {missing}")


def _at(tree: s.Tree, scale: Fraction, bench: Bench) -> Any:
    """Return the value of a formula that far out; what follows from the names that go there goes with them."""
    point = bench.subject.own or bench.subject.points[0]
    numbers = dict(bench.numbers)
    for id, v in bench.numbers.items():
        if not isinstance(v, Grid) and abs(v) >= INFINITE:
            numbers[id] = scale * (1 if v > 0 else -1)
    nodes = {node: numbers[id] for id in numbers if (node := bench.subject.plain(id)) is not None}
    if nodes:
        point = bench.subject.moved(point, nodes)
        point = replace(point, adjoints=bench.subject.swept(point, {}))
    world = bench.world(point)
    world.numbers = numbers
    found = world.valuation().value(tree)
    if isinstance(found, Grid):
        raise Mismatch("a matrix has no limit here")
    return real(found)


def _limit(found: list[Any]) -> Any:
    """Return the number that values settle at, 1 or -1 where they grow beyond bounds, None where they do neither."""
    a, b, c = found
    if abs(c - b) <= abs(b - a) / 10 or abs(c - b) < real(Fraction(1, 10**6)):
        return c
    if abs(c) > 10 * abs(b) / 2 > 0:
        return 1 if c > 0 else -1
    return None
