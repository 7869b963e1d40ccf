"""A function of one variable over a range: its points, and its kinks as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from derive.expr import Expr, Value
from derive.numeric import precisely, value
from derive.ops import DomainError

X = "x"  # the variable
_STEPS = 200  # from one end to the other
_BESIDE = Fraction(1, 10**15)  # where the sides of a kink are looked at
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Jump:
    """A place where a function jumps: its values on the left, on the right and there."""

    x: Value
    left: Value
    right: Value
    there: Value


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of a function; y is None outside its domain and between the two sides of a jump."""

    x: tuple[Value, ...]
    y: tuple[Value | None, ...]
    jumps: tuple[Jump, ...]


def traced(e: Expr, kinks: Sequence[Expr], low: Fraction, high: Fraction, at_zero: Fraction) -> Curve:
    """Return the curve of e, an expression of X, with a point at every kink between low and high."""
    with precisely():
        grid = [low + (high - low) * Fraction(k, _STEPS) for k in range(_STEPS + 1)]
        breaks = {x for kink in kinks for x in _zeros(kink, grid, at_zero)}
        x: list[Value] = []
        y: list[Value | None] = []
        jumps: list[Jump] = []
        for place in sorted({*grid, *breaks}):
            jump = _jump(e, place, at_zero) if place in breaks else None
            jumps += [jump] if jump else []
            heights = [jump.left, None, jump.right] if jump else [at(e, place, at_zero)]
            x += [place] * len(heights)
            y += heights
    return Curve(tuple(x), tuple(y), tuple(jumps))


def at(e: Expr, x: Value, at_zero: Fraction) -> Value | None:
    """Return the value of e at a place, None outside its domain."""
    try:
        return value(e, {X: x}, at_zero)
    except DomainError:
        return None


def _zeros(kink: Expr, grid: Sequence[Value], at_zero: Fraction) -> Iterator[Value]:
    """Yield where an expression is 0 or changes its sign, exactly where that is a number with few digits."""
    signs = [_sign(at(kink, x, at_zero)) for x in grid]
    yield from (x for x, sign in zip(grid, signs, strict=True) if sign == 0)
    for (a, left), (b, right) in pairwise(zip(grid, signs, strict=True)):
        if left and right and left != right:
            yield _between(kink, a, b, left, at_zero)


def _sign(y: Value | None) -> int | None:
    return None if y is None else (y > 0) - (y < 0)


def _between(kink: Expr, a: Value, b: Value, left: int, at_zero: Fraction) -> Value:
    for _ in range(_HALVINGS):
        middle = (a + b) / 2
        a, b = (middle, b) if _sign(at(kink, middle, at_zero)) == left else (a, middle)
    return Fraction(round(b * 10**9), 10**9)


def _jump(e: Expr, x: Value, at_zero: Fraction) -> Jump | None:
    left, right, there = (at(e, place, at_zero) for place in (x - _BESIDE, x + _BESIDE, x))
    if left is None or right is None or there is None:
        return None
    heights = [float(v) for v in (left, right, there)]
    if max(heights) - min(heights) <= 1e-9 * max(1.0, *map(abs, heights)):
        return None
    return Jump(x, left, right, there)


def seen(values: Iterable[Value | None]) -> list[Value]:
    """Return the values that there are."""
    return [v for v in values if v is not None]
