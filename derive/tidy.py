"""From raw derivatives to what a person writes: signs in front, factors collected, common factors taken out.

A product is held as a coefficient and the powers of its factors, in the order in which they came; a sum as products.
SymPy's canonical order would lose that order, which is the one the reader has just seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derive.expr import ONE, ZERO, Apply, Expr, Number, add, div, mul, neg, power
from derive.ops import primitive

_ALGEBRA = ("add", "mul", "neg", "div", "pow")
_SIDED = ("step", "indicator", "sign")


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
        return expression_of(product_of(e))
    return _called(e.op, tuple(tidy(a) for a in e.args))


def _called(op: str, args: tuple[Expr, ...]) -> Expr:
    """Return a function of tidy arguments; one of a side of 0 is known where its argument is a number."""
    if op in _SIDED and not (x := product_of(args[0])).powers and x.coefficient != 0:
        return Number(primitive(op).value(x.coefficient))
    return Apply(op, args)


def product_of(e: Expr) -> Product:
    if isinstance(e, Number) and isinstance(e.value, Fraction):
        return Product(e.value, {}, "." in e.text)
    if isinstance(e, Apply):
        if e.op == "neg":
            return Product(Fraction(-1), {}).times(product_of(e.args[0]))
        if e.op == "mul":
            total = Product(Fraction(1), {})
            for a in e.args:
                total = total.times(product_of(a))
            return total
        if e.op == "add":
            return sum_of(e.args)
        if e.op == "div" and (below := product_of(e.args[1]).to_the(Fraction(-1))):
            return product_of(e.args[0]).times(below)
        if e.op == "pow":
            return _powered(tidy(e.args[0]), tidy(e.args[1]))
        if e.op == "sqrt":
            return Product(Fraction(1), {tidy(e.args[0]): Fraction(1, 2)})
        inner = _called(e.op, tuple(tidy(a) for a in e.args))
        return _atom(inner) if isinstance(inner, Apply) else product_of(inner)
    return _atom(e)


def _atom(e: Expr) -> Product:
    return Product(Fraction(1), {e: Fraction(1)})


def _bit(e: Expr) -> bool:
    """Return whether an expression is 0 or 1 whatever its names are: an indicator, or 1 less one."""
    if not isinstance(e, Apply):
        return False
    if e.op == "add" and len(e.args) == 2 and e.args[0] == ONE:
        rest = e.args[1]
        return isinstance(rest, Apply) and rest.op == "neg" and _bit(rest.args[0])
    return e.op == "indicator"


def _powered(base: Expr, exponent: Expr) -> Product:
    if isinstance(exponent, Number) and isinstance(exponent.value, Fraction):
        if exponent.value == 0:
            return Product(Fraction(1), {})
        if _bit(base) and exponent.value > 0:
            return _atom(base)
        whole = product_of(base).to_the(exponent.value)
        if whole is not None:
            return whole
        return Product(Fraction(1), {base: exponent.value})
    return _atom(power(base, exponent))


def terms_of(args: tuple[Expr, ...]) -> list[Product]:
    """Return the products of a sum, nested sums opened, equal ones added, zero ones left out."""
    collected: dict[frozenset[tuple[Expr, Fraction]], Product] = {}
    stack = list(reversed(args))
    while stack:
        t = stack.pop()
        if isinstance(t, Apply) and t.op == "add":
            stack.extend(reversed(t.args))
            continue
        p = product_of(t)
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


def sum_of(args: tuple[Expr, ...]) -> Product:
    terms = terms_of(args)
    if not terms:
        return Product(Fraction(0), {})
    if len(terms) == 1:
        return terms[0]
    common = _common(terms)
    inverse = common.to_the(Fraction(-1))
    assert inverse is not None
    rest = [t.times(inverse) for t in terms]
    rest.sort(key=lambda t: t.coefficient < 0)
    return common.times(_atom(add(*(expression_of(t) for t in rest))))


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
                turned = add(expression_of(product_of(neg(second))), expression_of(product_of(neg(first))))
                powers = {turned if b == base else b: e for b, e in p.powers.items()}
                return Product(-p.coefficient, powers, p.decimal)
    return p


def _negative(e: Expr) -> bool:
    return (isinstance(e, Apply) and e.op == "neg") or (isinstance(e, Number) and e.value < 0)


def expression_of(p: Product) -> Expr:
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
