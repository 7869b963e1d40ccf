"""Numbers that a hand-in has computed itself, rightly, with rounded ones: they are as far off as these made them."""

from __future__ import annotations

from fractions import Fraction

from derive.check.bench import Bench, constant
from derive.check.intermediate import digits
from derive.check.quantities import Grid
from derive.check.rounding import literal, unit
from derive.check.value import Valuation
from derive.language import surface as s
from derive.numeric import precisely
from derive.ops.primitive import real

_MOST = Fraction(1, 50)  # of its value, that a number may be off by
_SHORT = 10**4


def tell(quantity: s.Tree, right: s.Tree, bench: Bench) -> None:
    """Remember the number that a quantity was rightly said to be, with how far it may be off from it."""
    number = literal(right)
    if number is None or "." not in number.text or digits(number.text) < 2 or constant(quantity):
        return
    point = bench.meant
    if point is None:
        return
    with precisely():
        try:
            truth = Valuation(bench.world(point)).value(quantity)
        except (ArithmeticError, ValueError):
            return
        if isinstance(truth, Grid) or (isinstance(truth, Fraction) and (truth * _SHORT).denominator == 1):
            return
        off = Fraction(str(abs(abs(real(truth)) - real(Fraction(number.text))))) + unit(number.text) / 2
        if off <= _MOST * Fraction(number.text):
            bench.told[number.text] = max(off, bench.told.get(number.text, Fraction(0)))
