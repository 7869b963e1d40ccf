"""From raw derivatives to what a person writes: signs in front, factors collected, common factors taken out.

A product is held as a coefficient and the powers of its factors, in the order in which they came; a sum as products.
SymPy's canonical order would lose that order, which is the one the reader has just seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeGuard

from derive.expr import MINUS_ONE, ONE, ZERO, Apply, Expr, Number, add, div, mul, neg, power, size
from derive.ops import primitive

_ALGEBRA = ("add", "mul", "neg", "div", "pow")
_SIDED = ("step", "indicator", "sign")
_LARGEST = 40  # terms of an expanded numerator


@dataclass(slots=True)
class Product:
    """coefficient · Π base^exponent; `decimal` if a factor was written with a decimal point."""

    coefficient: Fraction
    powers: dict[Expr, Fraction]
    decimal: bool = False

    def times(self, other: Product) -> Product:
        powers = dict(self.powers)
        for base, exponent in other.powers.items():
            total = powers.get(base, Fraction(0)) + exponent
            powers[base] = total
            if total == 0:
                del powers[base]
        return Product(self.coefficient * other.coefficient, powers, self.decimal or other.decimal)

    def to_the(self, n: Fraction) -> Product | None:
        if n.denominator != 1 or abs(n) > 64 or (self.coefficient == 0 and n <= 0):
            return None
        return Product(self.coefficient ** int(n), {b: e * n for b, e in self.powers.items()}, self.decimal)

    @property
    def key(self) -> frozenset[tuple[Expr, Fraction]]:
        return frozenset(self.powers.items())


def tidy(e: Expr) -> Expr:
    """Return e simplified as on paper; it has the same value wherever e has one.

    Signs and numbers come first, equal factors are collected and cancelled, equal terms added, positive terms
    come first, common factors are taken out, −(a − b) becomes b − a.
    """
    if not isinstance(e, Apply):
        return e
    if e.op in _ALGEBRA:
        return _emit(_product(e))
    return _called(e.op, tuple(tidy(a) for a in e.args))


def _called(op: str, args: tuple[Expr, ...]) -> Expr:
    """Return a function of tidy arguments; one of a side of 0 is known where its argument is a number."""
    if op in _SIDED and not (x := _product(args[0])).powers and x.coefficient != 0:
        return Number(primitive(op).value(x.coefficient))
    return Apply(op, args)


def _product(e: Expr) -> Product:
    if isinstance(e, Number) and isinstance(e.value, Fraction):
        return Product(e.value, {}, "." in e.text)
    if isinstance(e, Apply):
        if e.op == "neg":
            return Product(Fraction(-1), {}).times(_product(e.args[0]))
        if e.op == "mul":
            total = Product(Fraction(1), {})
            for a in e.args:
                total = total.times(_product(a))
            return total
        if e.op == "add":
            return _sum(e.args)
        if e.op == "div" and (below := _product(e.args[1]).to_the(Fraction(-1))):
            return _product(e.args[0]).times(below)
        if e.op == "pow":
            return _powered(tidy(e.args[0]), tidy(e.args[1]))
        if e.op == "sqrt":
            return Product(Fraction(1), {tidy(e.args[0]): Fraction(1, 2)})
        inner = _called(e.op, tuple(tidy(a) for a in e.args))
        return _atom(inner) if isinstance(inner, Apply) else _product(inner)
    return _atom(e)


def _atom(e: Expr) -> Product:
    return Product(Fraction(1), {e: Fraction(1)})


def _powered(base: Expr, exponent: Expr) -> Product:
    if isinstance(exponent, Number) and isinstance(exponent.value, Fraction):
        if exponent.value == 0:
            return Product(Fraction(1), {})
        whole = _product(base).to_the(exponent.value)
        if whole is not None:
            return whole
        return Product(Fraction(1), {base: exponent.value})
    return _atom(power(base, exponent))


def _terms(args: tuple[Expr, ...]) -> list[Product]:
    """Return the products of a sum, nested sums opened, equal ones added, zero ones left out."""
    collected: dict[frozenset[tuple[Expr, Fraction]], Product] = {}
    stack = list(reversed(args))
    while stack:
        t = stack.pop()
        if isinstance(t, Apply) and t.op == "add":
            stack.extend(reversed(t.args))
            continue
        p = _product(t)
        if (inner := _opened(p)) is not None:
            stack.extend(reversed(inner))
            continue
        old = collected.get(p.key)
        if old is None:
            collected[p.key] = p
        else:
            collected[p.key] = Product(old.coefficient + p.coefficient, old.powers, old.decimal or p.decimal)
    return [p for p in collected.values() if p.coefficient != 0]


def _opened(p: Product) -> tuple[Expr, ...] | None:
    """Return the terms of a term that turned out to be a bare sum, plus or minus."""
    if abs(p.coefficient) == 1 and len(p.powers) == 1:
        (base, exponent), *_ = p.powers.items()
        if exponent == 1 and isinstance(base, Apply) and base.op == "add":
            return base.args if p.coefficient == 1 else tuple(neg(a) for a in base.args)
    return None


def _sum(args: tuple[Expr, ...]) -> Product:
    terms = _terms(args)
    if not terms:
        return Product(Fraction(0), {})
    if len(terms) == 1:
        return terms[0]
    common = _common(terms)
    inverse = common.to_the(Fraction(-1))
    assert inverse is not None
    rest = [t.times(inverse) for t in terms]
    rest.sort(key=lambda t: t.coefficient < 0)
    return common.times(_atom(add(*(_emit(t) for t in rest))))


def _common(terms: list[Product]) -> Product:
    """Return the factor that all terms share, with the sign if all are negative."""
    powers: dict[Expr, Fraction] = {}
    for base, _exponent in terms[0].powers.items():
        all_of = [t.powers.get(base, Fraction(0)) for t in terms]
        if all(e > 0 for e in all_of):
            powers[base] = min(all_of)
        elif all(e < 0 for e in all_of):
            powers[base] = max(all_of)
    sizes = {abs(t.coefficient) for t in terms}
    coefficient = sizes.pop() if len(sizes) == 1 else Fraction(1)
    if all(t.coefficient < 0 for t in terms):
        coefficient = -coefficient
    return Product(coefficient, powers, any(t.decimal for t in terms))


def _flipped(p: Product) -> Product:
    """Return −(a − b)·… as (b − a)·…."""
    for base, exponent in p.powers.items():
        if exponent == 1 and isinstance(base, Apply) and base.op == "add" and len(base.args) == 2:
            first, second = base.args
            if _negative(second) and not _negative(first) and not isinstance(first, Number):  # keep 1 − a
                turned = add(_emit(_product(neg(second))), _emit(_product(neg(first))))
                powers = {turned if b == base else b: e for b, e in p.powers.items()}
                return Product(-p.coefficient, powers, p.decimal)
    return p


def _negative(e: Expr) -> bool:
    return (isinstance(e, Apply) and e.op == "neg") or (isinstance(e, Number) and e.value < 0)


def _emit(p: Product) -> Expr:
    """Return a product as an expression: sign, number, factors over factors."""
    if p.coefficient == 0:
        return ZERO
    if p.coefficient < 0:
        p = _flipped(p)
    above = [_to_power(b, e) for b, e in p.powers.items() if e > 0]
    below = [_to_power(b, -e) for b, e in p.powers.items() if e < 0]
    c = abs(p.coefficient)
    if p.decimal and (text := _decimal(c)):
        number: Expr = Number(c, text)
        body = mul(number, *above) if not below else div(mul(number, *above), mul(*below))
    elif below:
        body = div(mul(Number(Fraction(c.numerator)), *above), mul(Number(Fraction(c.denominator)), *below))
    else:
        body = mul(_ratio(c), *above)
    return neg(body) if p.coefficient < 0 else body


def _to_power(base: Expr, exponent: Fraction) -> Expr:
    return Apply("sqrt", (base,)) if exponent == Fraction(1, 2) else power(base, Number(exponent))


def _ratio(c: Fraction) -> Expr:
    return Number(c) if c.denominator == 1 else div(Number(Fraction(c.numerator)), Number(Fraction(c.denominator)))


def _decimal(c: Fraction) -> str:
    for places in range(12):
        if (c * 10**places).denominator == 1:
            return f"{float(c):.{places}f}"
    return ""


def flatten(e: Expr) -> Expr:
    """Return a product with nested products opened and its sign in front, nothing else changed."""
    if not (isinstance(e, Apply) and e.op in ("mul", "neg")):
        return e
    negative = False
    factors: list[Expr] = []
    stack: list[Expr] = [e]
    while stack:
        x = stack.pop()
        if isinstance(x, Apply) and x.op == "mul":
            stack.extend(reversed(x.args))
        elif isinstance(x, Apply) and x.op == "neg" and not factors:
            negative = not negative
            stack.append(x.args[0])
        elif x != ONE:
            factors.append(x)
    body = mul(*factors)
    return neg(body) if negative else body


def opened(e: Expr) -> Expr:
    """Return a derivative as the rules give it, readable: one quotient, each term of a sum simplified."""
    if isinstance(e, Apply) and e.op == "add":
        return add(*(tidy(t) for t in e.args))
    if not (isinstance(e, Apply) and e.op == "mul"):
        return e
    factors = [x for a in e.args for x in (a.args if isinstance(a, Apply) and a.op == "mul" else (a,))]
    below = [f.args[1] for f in factors if _quotient(f)]
    above = [f.args[0] if _quotient(f) else f for f in factors]
    negative = bool(above) and above[0] == MINUS_ONE
    body = div(mul(*above[negative:]), mul(*below))
    return neg(body) if negative else body


def _quotient(e: Expr) -> TypeGuard[Apply]:
    return isinstance(e, Apply) and e.op == "div"


def together(e: Expr) -> Expr:
    """Return a tidy sum of fractions over one denominator, with its numerator multiplied out, if that is shorter."""
    if not isinstance(e, Apply) or e.op not in ("add", "neg", "mul"):
        return e
    whole = _product(e)
    best: Expr = e
    for base, exponent in whole.powers.items():
        if exponent == 1 and isinstance(base, Apply) and base.op == "add":
            joined = _over_one_denominator(base)
            if joined is not None:
                rest = Product(whole.coefficient, {b: x for b, x in whole.powers.items() if b != base}, whole.decimal)
                candidate = _emit(rest.times(_product(joined)))
                if size(candidate) < size(best):
                    best = candidate
    return best


def _over_one_denominator(e: Apply) -> Expr | None:
    terms = _terms(e.args)
    below: dict[Expr, Fraction] = {}
    for t in terms:
        for b, x in t.powers.items():
            if x < 0 and x.denominator == 1:
                below[b] = max(below.get(b, Fraction(0)), -x)
    if not below:
        return None
    names_first = sorted(below.items(), key=lambda factor: isinstance(factor[0], Apply))
    denominator = Product(Fraction(1), dict(names_first))
    numerator = _expanded([t.times(denominator) for t in terms])
    if numerator is None:
        return None
    inverse = denominator.to_the(Fraction(-1))
    assert inverse is not None
    return _emit(_product(numerator).times(inverse))


def _expanded(terms: list[Product]) -> Expr | None:
    """Return a sum of products multiplied out and collected, None if it grows too long."""
    done: list[Product] = []
    stack = list(reversed(terms))
    while stack:
        if len(done) + len(stack) > _LARGEST:
            return None
        t = stack.pop()
        sums = [b for b, x in t.powers.items() if isinstance(b, Apply) and b.op == "add" and x in (1, 2)]
        if not sums:
            done.append(t)
            continue
        base = sums[0]
        assert isinstance(base, Apply)
        rest = t.times(Product(Fraction(1), {base: Fraction(-1)}))
        stack.extend(rest.times(_product(a)) for a in reversed(base.args))
    return _emit(_sum(tuple(_emit(t) for t in done)))
