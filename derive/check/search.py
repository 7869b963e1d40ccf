"""The largest value of a function of one number: looked for over many scales, then ever closer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from derive.ops import DomainError
from derive.ops.primitive import real

Function = Callable[[Fraction], Any]
INNER = Fraction(1000)  # what is attained beyond is taken as a limit
_SCALES = tuple(Fraction(10) ** k for k in range(-3, 6))
_STEPS = (Fraction(1), Fraction(7, 5), Fraction(2), Fraction(3), Fraction(9, 2), Fraction(7))
_CLOSER = 60  # steps of the golden section: each leaves 0.62 of an interval
_GOLDEN = Fraction(61803, 100000)
_PEAKS = 4


@dataclass(frozen=True, slots=True)
class Peak:
    """The largest value that was found. attained: within what is near, and not as the limit far out or at an edge.

    places: where it is attained, as far as they were found. far: the largest value far out.
    """

    value: Any
    places: tuple[Fraction, ...]
    attained: bool


def largest(f: Function, near: Iterable[Fraction] = ()) -> Peak | None:
    """Return the largest value of a function on the numbers where it has one; None where it has hardly any.

    near: numbers of the formula, around which something may happen.
    """
    places = _places(near)
    values = {x: y for x in places if (y := _value(f, x)) is not None}
    if len(values) < len(places) // 3:
        return None
    order = sorted(values)
    peaks = [i for i in range(len(order)) if _is_peak(order, values, i)]
    peaks.sort(key=lambda i: real(values[order[i]]), reverse=True)
    for i in peaks[:_PEAKS]:
        x, y = closer(f, order[max(i - 1, 0)], order[i], order[min(i + 1, len(order) - 1)], values[order[i]])
        values[x] = y
    best = max(values.values(), key=real)
    inner = [x for x, y in values.items() if abs(x) <= INNER and _same(y, best)]
    edge = max(order), min(order)
    attained = bool(inner) and not any(_above(values[e], values[min(inner, key=abs)]) for e in edge)
    # A function that still grows at the edge of where it has values is not known to have a largest one.
    holes = len(values) < len(places)
    return Peak(best, tuple(sorted(inner, key=abs)), attained and not holes)


def _same(a: Any, b: Any) -> bool:
    return bool(a == b or abs(real(a) - real(b)) <= real(Fraction(1, 10**20)) * (1 + abs(real(b))))


def _above(a: Any, b: Any) -> bool:
    return bool(real(a) > real(b) and a != b)


def _places(near: Iterable[Fraction]) -> list[Fraction]:
    found = {Fraction(0)}
    for scale in _SCALES:
        found |= {sign * step * scale for step in _STEPS for sign in (1, -1)}
    for center in near:
        for sign in (1, -1):
            around = (Fraction(0), Fraction(1, 100), Fraction(1, 10), Fraction(1, 2), Fraction(1))
            found |= {sign * center + d * t for d in around for t in (1, -1)}
    return sorted(found)


def _value(f: Function, x: Fraction) -> Any:
    """Return a value, None where there is none."""
    try:
        return f(x)
    except (DomainError, ZeroDivisionError, OverflowError, ValueError):
        return None


def _is_peak(order: list[Fraction], values: dict[Fraction, Any], i: int) -> bool:
    here = real(values[order[i]])
    left = real(values[order[i - 1]]) if i else here
    right = real(values[order[i + 1]]) if i + 1 < len(order) else here
    return bool(here >= left and here >= right and (here > left or here > right))


def closer(f: Function, low: Fraction, at: Fraction, high: Fraction, value: Any) -> tuple[Fraction, Any]:
    """Return a place between two others where the value is as large as it gets, by golden section."""
    best = (at, value)
    for _ in range(_CLOSER):
        a, b = high - (high - low) * _GOLDEN, low + (high - low) * _GOLDEN
        a, b = a.limit_denominator(10**18), b.limit_denominator(10**18)
        left, right = _value(f, a), _value(f, b)
        if left is None or right is None or not a < b:
            break
        best = max(best, (a, left), (b, right), key=lambda pair: real(pair[1]))
        low, high = (low, b) if real(left) >= real(right) else (a, high)
    return best
