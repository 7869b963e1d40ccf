"""Mistakes with numbers that say nothing about the formula: copied, calculated or rounded wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from derive.check.bench import constant
from derive.check.intermediate import digits
from derive.check.misconceptions.edits import number, plus, spots, times
from derive.check.misconceptions.figures import as_shown
from derive.check.misconceptions.record import Change, Example, Misconception
from derive.check.misconceptions.setting import Setting
from derive.check.quantities import Scalar
from derive.check.rounding import unit
from derive.language import surface as s
from derive.ops.primitive import real

_UNIT = {
    "forward": "z = w x, h = \\sigma(z), L = (y - h)^2",
    "data": "x, y",
    "values": "x = 0.63, y = 128, w = 0.25",
}


def _miscopied(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield numbers with two digits exchanged, one left out, or one written twice."""
    for part, put in spots(tree):
        if isinstance(part, s.Num) and digits(part.text) >= 3 and part.text.replace(".", "").isdigit():
            for text in _misread(part.text):
                other = s.Num(part.at, text)
                yield Change(put(other), part, other)


def _misread(text: str) -> Iterator[str]:
    for k in range(len(text) - 1):
        if text[k : k + 2].isdigit() and text[k] != text[k + 1]:
            yield text[:k] + text[k + 1] + text[k] + text[k + 2 :]
    for k in range(1, len(text)):
        if text[k].isdigit() and text[:k].strip("0."):
            yield text[:k] + text[k] + text[k:]
            if k < len(text) - 1:  # without the last digit it is a rounded number
                yield text[:k] + text[k + 1 :]


def _copied_right(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield formulas in which a number is a quantity of the exercise that one slip of the pen turns into it."""
    for part, put in spots(tree):
        if not isinstance(part, s.Num) or not part.text.replace(".", "").isdigit():
            continue
        for quantity in _wanted(part, tree, setting):
            for like in (part.text, part.text + "1", part.text[:-1]):
                text = as_shown(abs(quantity), like)
                if text != part.text and digits(text) >= 3 and part.text in _misread(text):
                    other = s.Num(part.at, text)
                    yield Change(put(other), other, part)


def _wanted(part: s.Num, tree: s.Tree, setting: Setting) -> list[Scalar]:
    """Return what a number may have been meant to be: its own side's value where it is all of it."""
    inner = tree.body if isinstance(tree, s.Neg) else tree
    if inner is part:
        whole = setting.value(setting.left)
        return [whole] if whole is not None else []
    size = real(abs(Fraction(part.text)) or Fraction(1))
    return [q for q in setting.numbers() if q != 0 and size < 20 * abs(real(q)) < 400 * size]


def _shifted(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield numbers with the point one or two places off."""
    if tree is setting.left:
        return  # an operand with the point off shows in the result, where it is looked for
    yield from _shifts(tree, lambda number: "." in number.text)


def _shifted_back(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    for change in _shifts(tree, lambda number: number.text not in ("0", "1", "2")):
        yield Change(change.tree, change.wrong, change.right)


def _shifts(tree: s.Tree, which: Callable[[s.Num], bool]) -> Iterator[Change]:
    for part, put in spots(tree):
        if isinstance(part, s.Num) and which(part) and part.text.replace(".", "").isdigit():
            for power in (1, -1, 2, -2):
                other = s.Num(part.at, _moved(part.text, power))
                yield Change(put(other), part, other)


def _moved(text: str, power: int) -> str:
    value = Fraction(text) * Fraction(10) ** power
    places = max(0, len(str(unit(text).denominator)) - 1 - power)
    whole = str(int(value * 10**places)).rjust(places + 1, "0")
    return f"{whole[: len(whole) - places]}.{whole[len(whole) - places :]}" if places else whole


def _slipped(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield a result with one digit off by one, and with the numbers of the left side joined the other way."""
    inner = tree.body if isinstance(tree, s.Neg) else tree
    if not isinstance(inner, s.Num) or not inner.text.replace(".", "").isdigit():
        return
    text = inner.text
    leading = len(text) - len(text.lstrip("0."))
    for k in range(leading, len(text) - 1):
        for step in (1, -1):
            if text[k].isdigit() and 0 <= int(text[k]) + step <= 9:
                other = s.Num(inner.at, text[:k] + str(int(text[k]) + step) + text[k + 1 :])
                yield Change(other if inner is tree else s.Neg(tree.at, other), tree, other)


def _other_operation(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield sums for products of numbers and products for sums."""
    if constant(tree):
        for part, put in spots(tree):
            if isinstance(part, s.Mul):
                yield Change(put(plus(*part.factors)), part, plus(*part.factors))
            elif isinstance(part, s.Add):
                yield Change(put(times(*part.terms)), part, times(*part.terms))


def _calculated(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield slips of a result, other operations in a calculation."""
    yield from _slipped(tree, setting)
    yield from _other_operation(tree, setting)


def _recalculated(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield the right result of a calculation, whatever was written; other results need one digit in common."""
    truth = setting.value(setting.left)
    inner = tree.body if isinstance(tree, s.Neg) else tree
    if truth is None or not isinstance(inner, s.Num):
        yield from _other_operation(tree, setting)
        return
    found = number(as_shown(truth, inner.text))
    if constant(setting.left) or any(_text(c.tree) == _text(tree) for c in _slipped(found, setting)):
        yield Change(found, found, tree)


def _text(tree: s.Tree) -> str:
    sign = "-" if isinstance(tree, s.Neg) else ""
    tree = tree.body if isinstance(tree, s.Neg) else tree
    return sign + (tree.text if isinstance(tree, s.Num) else "")


DIGITS = (
    Misconception(
        "copied-digit",
        "A number copied wrongly",
        "The digits are almost those of the number that belongs here: two were exchanged, one was left out or written "
        "twice on the way from one line to the next. Compare them one by one.",
        "{wrong} was copied from {right}",
        Example(_UNIT, "z = 0.1755", "z = 0.1575"),
        _miscopied,
        _copied_right,
    ),
    Misconception(
        "decimal-point",
        "The decimal point is off",
        "The digits are right, the size is not: the result is ten or a hundred times too large or too small. Estimate "
        "the size first, 0.25 of 0.63 must be below 0.2.",
        "the point is off: {right}, not {wrong}",
        Example(_UNIT, r"z = 0.25 \cdot 0.63 = 1.575", r"z = 0.25 \cdot 0.63 = 0.1575"),
        _shifted,
        _shifted_back,
    ),
    Misconception(
        "arithmetic-slip",
        "A slip in the arithmetic",
        "The formula is right and the numbers in it are too, but they were not put together to this result. Calculate "
        "the line once more.",
        "the result is {right}, not {wrong}",
        Example(_UNIT, r"z = 0.25 \cdot 0.63 = 0.1675", r"z = 0.25 \cdot 0.63 = 0.1575"),
        _calculated,
        _recalculated,
    ),
)
