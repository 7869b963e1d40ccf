"""Where a function of one number is zero: where it changes its sign, and where it only touches zero."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice, pairwise
from typing import Any

from derive.check.search import closer
from derive.ops.primitive import real

Function = Callable[[Fraction], Any]
_FAR = tuple(Fraction(10) ** k * m for k in range(1, 13) for m in (1, 2, 5))
_MOST = 4  # zeros of one function
_BISECTIONS, _EXACT = 180, 10**6
_NOTHING = Fraction(1, 10**30)


def roots(f: Function, near: Fraction) -> list[Fraction]:
    """Return some zeros of a function along a line, the exact ones exactly; near: where it is looked at most closely.

    f: its value, None where it has none.
    """
    ends = [f(near + k) for k in (0, 1, 2)]
    if all(isinstance(e, Fraction) for e in ends) and ends[2] - ends[1] == ends[1] - ends[0]:
        linear = ends[1] - ends[0]  # or it only looks so, as 0 far away from where something happens
        if linear:
            return [near - ends[0] / linear, *islice(_all(f, near), _MOST)]
    return list(dict.fromkeys(islice(_all(f, near), _MOST)))


def _all(f: Function, near: Fraction) -> Iterator[Fraction]:
    places = sorted({near + Fraction(k, 2) for k in range(-40, 41)} | {sign * x for x in _FAR for sign in (1, -1)})
    found = [(x, real(y)) for x in places if (y := f(x)) is not None]
    if len({y for _, y in found}) < 2:
        return
    for (x0, y0), (x1, y1) in pairwise(found):
        if y0 == 0:
            yield x0
        elif (y0 > 0) != (y1 > 0) and y1 != 0:
            yield _between(f, x0, x1, y0 > 0)
    for (x0, y0), (x1, y1), (x2, y2) in zip(found, found[1:], found[2:], strict=False):
        if (y0 > 0) == (y1 > 0) == (y2 > 0) and abs(y1) < abs(y0) and abs(y1) <= abs(y2):
            yield from _touched(f, x0, x1, x2, y1)


def _between(f: Function, low: Fraction, high: Fraction, positive: bool) -> Fraction:
    """Return a zero between two places with different signs, as exactly as numbers are computed."""
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        found = f(middle)
        if found is None or found == 0:
            return middle
        low, high = (middle, high) if (found > 0) == positive else (low, middle)
    simple = low.limit_denominator(_EXACT)
    return simple if f(simple) == 0 else low


def _touched(f: Function, low: Fraction, at: Fraction, high: Fraction, value: Any) -> Iterator[Fraction]:
    """Yield zeros around a place where a function comes near zero on one side of it."""
    sign = -1 if value > 0 else 1

    def toward(x: Fraction) -> Any:
        found = f(x)
        return None if found is None else sign * found

    x, y = closer(toward, low, at, high, sign * value)
    simple = x.limit_denominator(_EXACT)
    if f(simple) == 0:
        yield simple
    elif real(y) > 0:  # it does change its sign
        yield _between(f, low, x, value > 0)
        yield _between(f, x, high, value < 0)
    elif abs(real(y)) < real(_NOTHING):
        yield x
