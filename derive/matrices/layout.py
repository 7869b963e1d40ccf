"""How a term stands on a page in any language: signs, fractions, the order of summands."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derive.matrices import products as p
from derive.matrices import sums as a
from derive.matrices.term import Term


@dataclass(frozen=True, slots=True)
class Quotient:
    """A term as ± above/below; `body` is its matrix, None for a scalar."""

    negative: bool
    above: tuple[Term, ...]
    below: tuple[Term, ...]
    body: Term | None


def quotient(t: Term) -> Quotient:
    """Return a term with its sign, numbers and powers sorted above and below the line."""
    scalar, body = (t.args[0], t.args[1]) if t.op == "scale" else (t, None) if t.scalar else (a.ONE, t)
    factors = sorted(scalar.args, key=lambda x: x.op == "bigsum") if scalar.op == "mul" else (scalar,)
    number = Fraction(1)
    above: list[Term] = []
    below: list[Term] = []
    for f in factors:
        if f.op == "num":
            number *= f.data
        elif f.op == "pow" and f.args[1].op == "num" and f.args[1].data < 0:
            below.append(a.power(f.args[0], a.num(-f.args[1].data)))
        else:
            above.append(f)
    if body is None and above and above[-1].op == "bigsum" and len(factors) > 1:
        body = above.pop()  # a sum stands behind the fraction before it
    above.sort(key=_sized)
    below.sort(key=_sized)
    if not decimal(abs(number)):
        above = [a.num(abs(number.numerator)), *above] if abs(number.numerator) != 1 else above
        below = [a.num(number.denominator), *below] if number.denominator != 1 else below
    else:
        above = [a.num(abs(number)), *above]
    return Quotient(number < 0, tuple(above), tuple(below), body)


def _sized(t: Term) -> bool:
    """Return False for a dimension: it stands before names, as numbers do."""
    return not (t.op == "dim" or (t.op == "pow" and t.args[0].op == "dim"))


def decimal(x: Fraction) -> bool:
    """Return whether a number is better shown with a point than as a fraction: 0.123456, but 1/1280."""
    if x.denominator > 1000:
        return len(number_text(x)) <= len(f"{x.numerator}/{x.denominator}")
    return x.denominator == 1 and x.numerator > 10**15


def summands(t: Term) -> list[Term]:
    """Return the terms of a sum in the order of a page: positive ones first, no sum begins with a minus needlessly."""
    if t.op != "add":
        return [t]
    return sorted(t.args, key=lambda x: (quotient(x).negative, _turned(x)))


def flipped(t: Term) -> Term:
    """Return a term with a minus in front taken into a difference: -(y - 1)/x is (1 - y)/x, -(a - (1 - b)c) too."""
    if t.op == "add":
        return a.add(*map(_flipped, t.args))
    if t.op not in ("scale", "mul"):
        return t
    if len(t.args) == 2 and t.args[0].op == "num" and t.args[0].data == -1 and t.args[1].op == "add":
        turned = flipped(a.neg(t.args[1]))
        return turned if any(not quotient(x).negative for x in turned.args) else t
    return _flipped(t)


def _flipped(t: Term) -> Term:
    """Return a negative product with its first difference the other way round, any other term as it is."""
    scalar, body = (t.args[0], t.args[1]) if t.op == "scale" else (t, None)
    if scalar.op != "mul" or not quotient(t).negative:
        return t
    factor = next((x for x in scalar.args if x.op == "add" and len({quotient(y).negative for y in x.args}) == 2), None)
    if factor is None:
        return t
    turned = a.mul(a.num(-1), a.neg(factor), *(x for x in scalar.args if x is not factor))
    return turned if body is None else a.scale(turned, body)


def _turned(t: Term) -> int:
    """Return how many transposes a summand begins with: A + A' is written in this order."""
    body = t.args[1] if t.op == "scale" else t
    return sum(x.op == "T" for x in (body, *(body.args if body.op in ("matmul", "kron") else ())) if not x.scalar)


def plus_scalars(t: Term) -> bool:
    """Return whether a sum has a matrix beside numbers that stand at every entry."""
    if t.op != "add" or t.scalar or not any(not _constant(x) for x in t.args):
        return False
    return all(x.op != "eye" and (x.op != "scale" or x.args[1].op != "eye") for x in t.args)


def _constant(t: Term) -> bool:
    return t.op == "ones" or (t.op == "scale" and t.args[1].op == "ones")


def as_scalar(t: Term) -> Term | None:
    """Return the number that a matrix has at every entry, None for any other."""
    return None if not _constant(t) else a.ONE if t.op == "ones" else t.args[0]


def entries(t: Term) -> tuple[list[Term], list[Term]]:
    """Return what is multiplied and what is divided by, entry by entry."""
    above, below = [], []
    for f in t.args if t.op == "had" else (t,):
        if f.op == "hpow" and f.data < 0:
            below.append(p.entry_power(f.args[0], a.num(-f.data)))
        else:
            above.append(f)
    return above, below


def number_text(x: Fraction) -> str:
    """Return a whole number or a decimal one as its digits."""
    if x.denominator == 1:
        return str(x.numerator)
    return repr(float(x))
