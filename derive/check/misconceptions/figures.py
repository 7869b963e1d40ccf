"""Numbers as they stand on paper: how many digits they show, and values shown with as many."""

from __future__ import annotations

from fractions import Fraction

from derive.check.intermediate import digits
from derive.check.quantities import Scalar
from derive.notation import Digits, Notation, show
from derive.ops.primitive import real


def cut(x: Scalar, count: int) -> Scalar:
    """Return a value rounded to so many significant digits."""
    from mpmath import mp

    return Fraction(mp.nstr(real(x), count, min_fixed=-30, max_fixed=30))


def as_shown(x: Scalar, like: str) -> str:
    """Return a value with as many significant digits as another number has; all of them where it needs few."""
    from mpmath import mp

    count = max(4, digits(like))
    if isinstance(x, Fraction) and (x * 10**6).denominator == 1:
        whole = show(x, Notation(digits=Digits("exact", 6)))[0]
        if digits(whole) <= count:
            return whole
    found = mp.nstr(real(x), max(3, digits(like)), strip_zeros=False, min_fixed=-30, max_fixed=30)
    return str(found).removesuffix(".")
