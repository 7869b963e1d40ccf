"""Are two values the same number? With so many digits that neither rounding nor smallness decides."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derive.check.quantities import Grid, Quantity, Scalar
from derive.ops.primitive import real

DIGITS = 40
MOST = 20_000
APART = 120  # bits between the largest and the smallest number of a comparison; 50 digits are 166
Both = Callable[[], tuple[Quantity, Quantity, int, int]]


class TooFine(ArithmeticError):
    """Numbers so far apart that their sum would take more digits than are computed."""


def agree(both: Both) -> tuple[bool, Quantity, Quantity]:
    """Return whether two quantities are equal, and both of them.

    `both` computes them and the binary sizes of the largest and the smallest number on the way. Exact numbers are
    compared as such. Others are called different only where they differ far above rounding, and equal only when they
    still agree with digits enough for the smallest number to show beside the largest. Two shapes are never equal.
    """
    from mpmath import mp

    with mp.workdps(DIGITS):
        a, b, largest, least = both()
        decided = _all(a, b, largest, DIGITS)
    if decided is True or (decided is False and _holds(both, a, b, DIGITS)):
        return decided, a, b
    needed = DIGITS + 40 + int(0.61 * (largest - least))
    if needed > MOST:
        raise TooFine(f"a comparison with {needed} digits")
    with mp.workdps(needed):
        a, b, largest, _ = both()
        apart = _all(a, b, largest, needed) is False
    return not (apart and _holds(both, a, b, needed)), a, b


def _holds(both: Both, a: Quantity, b: Quantity, digits: int) -> bool:
    """Return whether two values still differ by as much with three times the digits: 1 - σ(70) loses most of them."""
    from mpmath import mp

    if isinstance(a, Grid) or isinstance(b, Grid) or (isinstance(a, Fraction) and isinstance(b, Fraction)):
        return True
    with mp.workdps(3 * digits):
        c, d, largest, _ = both()
        apart, before = abs(real(c) - real(d)), abs(real(a) - real(b))
        return _one(c, d, largest, 3 * digits) is False and apart > before / 2


def close(a: Quantity, b: Quantity, largest: int, digits: int) -> bool:
    """Return whether two quantities agree as far as so many digits go; `largest` is the binary size on the way."""
    return _all(a, b, largest, digits) is not False


def _all(a: Quantity, b: Quantity, largest: int, digits: int) -> bool | None:
    if isinstance(a, Grid) != isinstance(b, Grid) or (isinstance(a, Grid) and a.shape != b.shape):
        return False
    cells = zip(a.cells, b.cells, strict=True) if isinstance(a, Grid) else [(a, b)]
    verdicts = [_one(x, y, largest, digits) for x, y in cells]
    return False if False in verdicts else None if None in verdicts else True


def _one(a: Scalar, b: Scalar, largest: int, digits: int) -> bool | None:
    """Return whether two numbers are equal; None where they agree, but only as far as digits go."""
    from mpmath import mp

    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a == b
    noise = mp.ldexp(mp.mpf(10) ** (6 - digits), largest)
    return False if abs(real(a) - real(b)) > noise else None
