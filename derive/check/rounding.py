"""What the digits of a number leave open: half a unit of the last one, or a whole one where it was cut."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from derive.check.quantities import Grid, Mismatch, Quantity, Scalar
from derive.language import surface as s
from derive.language.walk import walk
from derive.ops.primitive import real

_MOST = 12  # uncertain numbers of a side; more are taken as exact


@dataclass(frozen=True, slots=True)
class Span:
    """A value, and how far it may be off because numbers in it were rounded."""

    value: Quantity
    off: Scalar = Fraction(0)


def unit(text: str) -> Fraction:
    """Return the value of the last digit of a number as it is written: 0.250 → 1/1000, 1.5e-3 → 1/10000."""
    mantissa, _, exponent = text.lower().partition("e")
    _, _, decimals = mantissa.partition(".")
    return Fraction(10) ** (int(exponent or 0) - len(decimals))


def uncertain(number: s.Num, quantities: Iterable[Scalar]) -> Fraction:
    """Return by how much a number may be off: as far as its digits leave open, where it is a rounded quantity."""
    if "." not in number.text:
        return Fraction(0)
    shown, step = Fraction(number.text), unit(number.text)
    for quantity in quantities:
        distance = abs(abs(real(quantity)) - real(shown))
        if distance < real(step):
            return step / 2 if distance <= real(step) / 2 else step
    return Fraction(0)


def span_of(
    tree: s.Tree, value: Callable[[Mapping[s.Range, Scalar]], Quantity], by: Callable[[s.Num], Fraction]
) -> Span:
    """Return a side's value and how far it may be off, to first order: the sum of what each rounded number does."""
    center = value({})
    if isinstance(center, Grid):
        return Span(center)
    off: Scalar = Fraction(0)
    numbers = [n for n in walk(tree) if isinstance(n, s.Num)]
    moved = [(n, by(n)) for n in numbers if n is not tree]
    for number, step in [m for m in moved if m[1]][:_MOST]:
        ends = [value({number.at: Fraction(number.text) + sign * step}) for sign in (1, -1)]
        off += max(abs(real(e) - real(center)) for e in ends if not isinstance(e, Grid))
    return Span(center, off)


def within(truth: Span, claim: Span, written: s.Tree, approximate: bool) -> bool:
    """Return whether a claim, as it is written, is what a value rounds (or was cut) to."""
    a, b = truth.value, claim.value
    if isinstance(a, Grid) or isinstance(b, Grid):
        return _grids(truth, claim, written, approximate)
    number = _literal(written)
    slack = real(truth.off) + real(claim.off)
    if number is None:
        noise = real(max(abs(real(a)), abs(real(b)), 1)) * real(Fraction(1, 10**30))
        return bool(abs(real(a) - real(b)) <= slack + noise)
    step = unit(number.text)
    if "." not in number.text and "e" not in number.text.lower() and not approximate:
        step = Fraction(0)  # a whole number is meant as it stands
    difference = abs(real(a) - real(b))
    if difference <= real(step) / 2 + slack + real(Fraction(1, 10**40)):
        return True
    cut = abs(real(b)) <= abs(real(a)) + slack
    return bool(cut and step and difference < real(step) + slack)


def _grids(truth: Span, claim: Span, written: s.Tree, approximate: bool) -> bool:
    a, b = truth.value, claim.value
    if not (isinstance(a, Grid) and isinstance(b, Grid)) or a.shape != b.shape:
        raise Mismatch("shapes")
    cells = (
        [cell for row in written.rows for cell in row] if isinstance(written, s.Matrix) else [written] * len(a.cells)
    )
    return all(within(Span(x), Span(y), w, approximate) for x, y, w in zip(a.cells, b.cells, cells, strict=True))


def _literal(tree: s.Tree) -> s.Num | None:
    """Return the number that a side is, with or without a sign; None for a formula."""
    while isinstance(tree, s.Neg):
        tree = tree.body
    return tree if isinstance(tree, s.Num) else None
