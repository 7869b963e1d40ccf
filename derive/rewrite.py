"""The forms between a raw derivative and its tidy one: opened, flattened, over one denominator."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeGuard

from derive.expr import MINUS_ONE, ONE, Apply, Expr, add, div, mul, neg, size
from derive.tidy import Product, expression_of, product_of, sum_of, terms_of, tidy

_LARGEST = 40  # terms of an expanded numerator


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
    whole = product_of(e)
    best: Expr = e
    for base, exponent in whole.powers.items():
        if exponent == 1 and isinstance(base, Apply) and base.op == "add":
            joined = _over_one_denominator(base)
            if joined is not None:
                rest = Product(whole.coefficient, {b: x for b, x in whole.powers.items() if b != base}, whole.decimal)
                candidate = expression_of(rest.times(product_of(joined)))
                if size(candidate) < size(best):
                    best = candidate
    return best


def _over_one_denominator(e: Apply) -> Expr | None:
    terms = terms_of(e.args)
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
    return expression_of(product_of(numerator).times(inverse))


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
        stack.extend(rest.times(product_of(a)) for a in reversed(base.args))
    return expression_of(sum_of(tuple(expression_of(t) for t in done)))
