"""Digits that are lost where numbers almost cancel: 1 - h keeps only what h has behind its nines.

While somebody watches, sums and logarithms tell when they have lost more than can be spared; the work is then done
again with more digits. With the last of them, what is left of a sum is taken for the zero that it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from derive.errors import Fault
from derive.ops.primitive import real

DIGITS = (50, 120, 400, 1500, 6000)
_SPARED = 50  # bits that may be lost
_LEFT = 24  # bits above the rounding of a sum, below which nothing is left of it

Result = TypeVar("Result")


@dataclass(slots=True)
class _Watch:
    """seen: digits have been lost. last: there will be no further attempt."""

    last: bool
    seen: bool = False


_watches: list[_Watch] = []


@contextmanager
def _watched(last: bool) -> Iterator[_Watch]:
    watch = _Watch(last)
    _watches.append(watch)
    try:
        yield watch
    finally:
        _watches.remove(watch)


def enough_digits(work: Callable[[], Result], most: int = DIGITS[-1]) -> Result:
    """Return what some work gives, done with as many digits (50 at least) as none that matter are lost."""
    from mpmath import mp

    ladder = [digits for digits in DIGITS if digits <= most]
    for digits in ladder:
        with mp.workdps(digits), _watched(digits == ladder[-1]) as watch:
            try:
                made = work()
            except (ArithmeticError, Fault):
                if not watch.seen or watch.last:
                    raise
                continue
        if not watch.seen:
            break
    return made


def watching() -> bool:
    return bool(_watches)


def summed(total: Any, terms: tuple[Any, ...]) -> Any:
    """Return a sum that is no exact number, having told what it has lost."""
    from mpmath import mp

    watch = _watches[-1]
    top = max((_size(t) for t in terms if t != 0), default=0)
    lost = top - _size(total) if total != 0 else mp.prec
    if lost > _SPARED:
        watch.seen = True
        if watch.last and lost > mp.prec - _LEFT:
            return Fraction(0)
    return total


def near_one(x: Any) -> None:
    """Tell what the logarithm of a number loses close to 1."""
    if type(x) is not Fraction and abs(x - 1) < real(Fraction(1, 2**_SPARED)):
        _watches[-1].seen = True


def _size(x: Any) -> int:
    if type(x) is Fraction:
        return x.numerator.bit_length() - x.denominator.bit_length()
    _, mantissa, exponent, _ = x._mpf_
    return int(exponent + mantissa.bit_length())
