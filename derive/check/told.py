"""What a hand-in tells of itself: the layout of its derivatives, numbers that it has computed with rounded ones."""

from __future__ import annotations

import re
from fractions import Fraction

from derive.check.bench import Bench, constant
from derive.check.intermediate import digits
from derive.check.quantities import Grid
from derive.check.rounding import literal, unit
from derive.language import surface as s
from derive.numeric import precisely
from derive.ops.primitive import real

_MOST = Fraction(1, 50)  # of its value, that a number may be off by
_SHORT = 10**4
_LAYOUT = re.compile(r"\b(numerator|denominator)[- ]layout\b", re.IGNORECASE)


def layout(lead: str) -> str:
    """Return the layout that a sentence says derivatives by vectors are in, "" where it says none."""
    said = {found.lower() for found in _LAYOUT.findall(lead)}
    return said.pop() if len(said) == 1 else ""


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
            truth = bench.world(point).valuation().value(quantity)
        except (ArithmeticError, ValueError):
            return
        if isinstance(truth, Grid) or (isinstance(truth, Fraction) and (truth * _SHORT).denominator == 1):
            return
        off = Fraction(str(abs(abs(real(truth)) - real(Fraction(number.text))))) + unit(number.text) / 2
        if off <= _MOST * Fraction(number.text):
            bench.told[number.text] = max(off, bench.told.get(number.text, Fraction(0)))
