"""Numbers, sums and multiples, in the form in which they are written by hand.

A term is a rational number times a rest; sums put equal rests together, products equal bases.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import reduce

from derive.errors import Fault
from derive.matrices.dims import SCALAR, Dim, Shape, of, shown
from derive.matrices.term import Term, make


class Clash(Fault):
    """Shapes that do not fit; the title names both."""


def num(x: Fraction | int) -> Term:
    return make("num", data=Fraction(x))


def dim(d: Dim) -> Term:
    """Return a dimension as a scalar."""
    return num(d.number) if d.number is not None else make("dim", data=d)


def sym(name: str, shape: Shape = SCALAR, *traits: str) -> Term:
    """Return a name; traits: "symmetric", or "invertible" and the like, which say only where points lie."""
    return make("sym", data=(name, frozenset(traits)), shape=shape)


def ones(rows: Dim | int, columns: Dim | int = 1) -> Term:
    shape = (of(rows), of(columns))
    return ONE if shape == SCALAR else make("ones", shape=shape)


def zeros(shape: Shape) -> Term:
    return ZERO if shape == SCALAR else make("zeros", shape=shape)


def eye(n: Dim | int) -> Term:
    n = of(n)
    return ONE if n.number == 1 else make("eye", shape=(n, n))


def is_zero(t: Term) -> bool:
    return t.op == "zeros" or t is ZERO


ZERO, ONE = num(0), num(1)


def number_of(t: Term) -> tuple[Fraction, Term | None]:
    """Return the rational factor of a term and the rest, None where that is 1."""
    if t.op == "num":
        return t.data, None
    if t.op in ("mul", "scale") and t.args[0].op == "num":
        rest = t.args[1:]
        return t.args[0].data, rest[0] if len(rest) == 1 else make(t.op, rest, shape=t.shape)
    if t.op == "scale":
        number, scalar = number_of(t.args[0])
        return number, t if scalar is None or number == 1 else scale(scalar, t.args[1])
    return Fraction(1), t


def add(*terms: Term) -> Term:
    """Return a sum; a scalar beside matrices is added to every entry. Raises Clash."""
    shape = _common(terms)
    counts: dict[int, Fraction] = {}
    rests: dict[int, Term | None] = {}
    for t in _opened(terms, shape):
        number, rest = number_of(t)
        key = id(rest) if rest is not None else 0
        rests[key] = rest
        counts[key] = counts.get(key, Fraction(0)) + number
    kept = [_multiple(counts[key], rest) for key, rest in rests.items() if counts[key]]
    if not kept:
        return zeros(shape)
    return kept[0] if len(kept) == 1 else make("add", kept, shape=shape)


def _common(terms: Iterable[Term]) -> Shape:
    found = SCALAR
    for t in terms:
        if not t.scalar:
            if found not in (SCALAR, t.shape):
                raise Clash(f"the shapes do not fit: {shown(found)} + {shown(t.shape)}")
            found = t.shape
    return found


def _opened(terms: Iterable[Term], shape: Shape) -> Iterable[Term]:
    """Yield the summands, those of sums inside too, and of sums with a minus in front."""
    for t in terms:
        if t.scalar and shape != SCALAR:
            t = scale(t, ones(*shape))
        if t.op == "add":
            yield from t.args
        elif t.op in ("mul", "scale") and t.args[0].op == "num" and t.args[-1].op == "add" and len(t.args) == 2:
            factor = t.args[0].data
            if abs(factor) == 1:
                yield from (times(factor, x) for x in t.args[1].args)
            else:
                yield t
        elif not is_zero(t):
            yield t


def _multiple(number: Fraction, rest: Term | None) -> Term:
    return num(number) if rest is None else times(number, rest)


def times(number: Fraction | int, t: Term) -> Term:
    """Return a rational multiple."""
    return scale(num(number), t) if not t.scalar else mul(num(number), t)


def neg(t: Term) -> Term:
    return times(-1, t)


def scale(scalar: Term, t: Term) -> Term:
    """Return a scalar times a term."""
    if t.scalar:
        return mul(scalar, t)
    if is_zero(scalar) or is_zero(t):
        return zeros(t.shape)
    if t.op == "scale":
        return scale(mul(scalar, t.args[0]), t.args[1])
    if scalar is ONE:
        return t
    if t.op == "add" and scalar.op == "num" and scalar.data == -1:
        return make("add", (_sign_changed(x) for x in t.args), shape=t.shape)
    return make("scale", (scalar, t), shape=t.shape)


def _sign_changed(t: Term) -> Term:
    number, rest = number_of(t)
    assert rest is not None
    return rest if number == -1 else make_multiple(-number, rest)


def make_multiple(number: Fraction, rest: Term) -> Term:
    if rest.op == "scale":
        return scale(mul(num(number), rest.args[0]), rest.args[1])
    return make("scale", (num(number), rest), shape=rest.shape)


def mul(*factors: Term) -> Term:
    """Return a product of scalars: the number first, equal bases as powers."""
    number = Fraction(1)
    exponents: dict[int, Term] = {}
    bases: dict[int, Term] = {}
    for f in _factors(factors):
        if f.op == "num":
            number *= f.data
            continue
        base, exponent = f.args if f.op == "pow" else (f, ONE)
        bases[id(base)] = base
        exponents[id(base)] = add(exponents[id(base)], exponent) if id(base) in exponents else exponent
    if number == 0:
        return ZERO
    kept = [p for key, base in bases.items() if (p := power(base, exponents[key])) is not ONE]
    if number == 1 and len(kept) == 1:
        return kept[0]
    if number == -1 and len(kept) == 1 and kept[0].op == "add":
        return add(*(mul(num(-1), x) for x in kept[0].args))
    kept = [num(number), *kept] if number != 1 or not kept else kept
    return kept[0] if len(kept) == 1 else make("mul", kept)


def _factors(factors: Iterable[Term]) -> Iterable[Term]:
    for f in factors:
        if f.op == "mul":
            yield from f.args
        else:
            yield f


def power(base: Term, exponent: Term) -> Term:
    """Return a power of scalars."""
    if exponent is ONE or base is ONE:
        return base
    if exponent is ZERO:
        return ONE
    if exponent.op != "num":
        return make("pow", (base, exponent))
    n: Fraction = exponent.data
    if base.op == "num" and n.denominator == 1 and abs(n) <= 64 and base.data != 0:
        return num(base.data**n)
    # ((x²)^½ is |x|: only whole powers go into others.)
    if base.op == "pow" and base.args[1].op == "num" and n.denominator == 1:
        return power(base.args[0], num(base.args[1].data * n))
    if base.op == "mul" and n.denominator == 1:
        return mul(*(power(f, exponent) for f in base.args))
    return make("pow", (base, exponent))


def over(a: Term, b: Term) -> Term:
    """Return a divided by a scalar."""
    return scale(power(b, num(-1)), a)


def product(factors: Iterable[Term]) -> Term:
    return reduce(mul, factors, ONE)
