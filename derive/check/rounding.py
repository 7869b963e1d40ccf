"""What the digits of a number leave open: half a unit of the last one, or a whole one where it was cut."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from derive.check.quantities import Grid, Mismatch, Quantity, Scalar, mapped, paired, shape_of, shape_text
from derive.language import surface as s
from derive.language.walk import walk
from derive.ops.primitive import real

_MOST = 60  # uncertain numbers of a side; more are taken as exact


def unit(text: str) -> Fraction:
    """Return the value of the last digit of a number as it is written: 0.250 → 1/1000, 1.5e-3 → 1/10000."""
    mantissa, _, exponent = text.lower().partition("e")
    _, _, decimals = mantissa.partition(".")
    return Fraction(10) ** (int(exponent or 0) - len(decimals))


def uncertain(number: s.Num, quantities: Iterable[Scalar], carried: bool = False) -> Fraction:
    """Return by how much a number may be off: as far as its digits leave open, where it is a rounded quantity.

    carried: it was computed with rounded numbers, so its last digit may be one too many, too.
    """
    if "." not in number.text:
        return Fraction(0)
    written, step = Fraction(number.text), unit(number.text)
    found = Fraction(0)
    for quantity in quantities:
        exact = isinstance(quantity, Fraction)
        size = abs(quantity) if exact else abs(real(quantity))
        # Exact numbers are compared as such: 0.25 and 0.26 are a whole unit apart, not a little less.
        off = size - (written if exact else real(written))
        whole = step if exact else real(step)
        if abs(off) <= whole / 2:
            return step / 2
        if written and (0 < off < whole or (carried and not exact and abs(off) < whole)):
            found = step  # cut, not rounded
    return found


def slack(
    sides: tuple[s.Tree, s.Tree],
    values: Callable[[Mapping[s.Range, Scalar], Mapping[s.Range, Scalar]], tuple[Quantity, Quantity]],
    by: Callable[[s.Num], Fraction],
) -> Quantity:
    """Return how far the difference of two sides may be off, to first order: the sum of what each rounded number does.

    A number that stands in both sides, or twice in one, is the same number: it moves everywhere at once. `values`
    gives the sides where numbers have other values, by their places.
    """
    center = _gap(*values({}, {}))
    if center is None:
        return Fraction(0)
    off: Quantity = mapped(center, lambda _: Fraction(0))
    moved: dict[str, tuple[list[s.Range], list[s.Range]]] = {}
    steps: dict[str, Fraction] = {}
    for at, tree in enumerate(sides):
        claimed = set(map(id, claims(tree)))
        for n in walk(tree):
            if isinstance(n, s.Num) and id(n) not in claimed and (step := by(n)):
                steps[n.text] = step
                moved.setdefault(n.text, ([], []))[at].append(n.at)
    for text, places in list(moved.items())[:_MOST]:
        ends = [_gap(*values(*_put(text, places, sign * steps[text]))) for sign in (1, -1)]
        apart = [paired(end, center, lambda x, y: abs(x - y), "-") for end in ends if end is not None]
        for one in apart[:1]:
            most = one if len(apart) == 1 else paired(one, apart[1], max, "-")
            off = paired(off, most, lambda x, y: x + y, "+")
    return off


def claims(tree: s.Tree) -> list[s.Num]:
    """Return the numbers that a side says something to be: itself, or the entries of a matrix."""
    cells = [cell for row in tree.rows for cell in row] if isinstance(tree, s.Matrix) else [tree]
    return [number for cell in cells if (number := literal(cell)) is not None]


def _put(text: str, places: tuple[list[s.Range], list[s.Range]], step: Fraction) -> list[dict[s.Range, Scalar]]:
    return [dict.fromkeys(side, Fraction(text) + step) for side in places]


def _gap(a: Quantity, b: Quantity) -> Quantity | None:
    """Return the difference of two values, None where they have different shapes."""
    same = shape_of(a) == shape_of(b)
    return paired(a, b, lambda x, y: real(x) - real(y), "-") if same else None


def within(truth: Quantity, claim: Quantity, written: s.Tree, approximate: bool, off: Quantity, noise: Scalar) -> bool:
    """Return whether a claim, as it is written, is what a value rounds (or was cut) to.

    off: how far they may be apart because numbers in them were rounded; noise: how far because of the computation.
    """
    if isinstance(truth, Grid) or isinstance(claim, Grid):
        return _grids(truth, claim, written, approximate, off, noise)
    exact = isinstance(truth, Fraction) and isinstance(claim, Fraction) and not off
    difference = abs(truth - claim) if exact else abs(real(truth) - real(claim))
    free = Fraction(0) if exact else real(off) + noise
    number = literal(written)
    step = shown(number, approximate) if number is not None else Fraction(0)
    if difference <= (step / 2 if exact else real(step) / 2) + free:
        return True
    # Digits that are left away make a number smaller; where none are left, or only whole ones, nothing was cut.
    cut = 0 < step < 1 and claim != 0 and abs(real(claim)) <= abs(real(truth)) + real(free)
    return bool(cut and difference < (step if exact else real(step) + real(off) - noise))


def shown(number: s.Num, approximate: bool) -> Fraction:
    """Return the last digit of a claimed number; 0 for a whole number that is meant as it stands.

    A value is about 0 where it is below a twentieth: that 0.4 rounds to 0 does not make it nothing.
    """
    if "." not in number.text and "e" not in number.text.lower() and not approximate:
        return Fraction(0)
    return unit(number.text) if Fraction(number.text) else min(unit(number.text), Fraction(1, 10))


def _grids(a: Quantity, b: Quantity, written: s.Tree, approximate: bool, off: Quantity, noise: Scalar) -> bool:
    if not (isinstance(a, Grid) and isinstance(b, Grid)) or a.shape != b.shape:
        raise Mismatch(f"{shape_text(a)} = {shape_text(b)}")
    cells = (
        [cell for row in written.rows for cell in row] if isinstance(written, s.Matrix) else [written] * len(a.cells)
    )
    free = off.cells if isinstance(off, Grid) else [off] * len(cells)
    each = zip(a.cells, b.cells, cells, free, strict=True)
    return all(within(x, y, w, approximate, o, noise) for x, y, w, o in each)


def literal(tree: s.Tree) -> s.Num | None:
    """Return the number that a side is, with or without a sign; None for a formula."""
    while isinstance(tree, s.Neg):
        tree = tree.body
    return tree if isinstance(tree, s.Num) else None
