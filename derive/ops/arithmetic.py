"""Sums, products, quotients and powers."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from math import isqrt

from derive.expr import Expr, Number, Value, call, lift, mul, neg, power
from derive.ops.cancellation import summed, watching
from derive.ops.primitive import DomainError, Primitive, real, rules, short

_LARGEST_POWER = 4096  # bits of an exact power; beyond it the result is a 50-digit number


def _sum(*x: Value) -> Value:
    total = reduce(lambda a, b: a + b if type(a) is type(b) else real(a) + real(b), x)
    return summed(total, x) if type(total) is not Fraction and watching() else total


def _product(*x: Value) -> Value:
    if any(type(v) is Fraction and v.numerator == 0 for v in x):
        return Fraction(0)
    return reduce(lambda a, b: a * b if type(a) is type(b) else real(a) * real(b), x)


def _quotient(a: Value, b: Value) -> Value:
    if b == 0:
        raise DomainError("division by zero")
    return a / b if type(a) is type(b) else real(a) / real(b)


def _exact_power(base: Fraction, n: Fraction) -> Fraction | None:
    """Return base**n where it is a rational number of bounded length, else None."""
    if n.denominator == 2 and base >= 0:
        above, below = isqrt(base.numerator), isqrt(base.denominator)
        if above * above == base.numerator and below * below == base.denominator:
            return _exact_power(Fraction(above, below), Fraction(n.numerator))
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if n.denominator == 1 and abs(n) * bits <= _LARGEST_POWER:
        return base ** int(n)
    return None


def _power(base: Value, n: Value) -> Value:
    if base == 0 and n < 0:
        raise DomainError("a negative power of zero")
    if base < 0 and not (isinstance(n, Fraction) and n.denominator == 1):
        raise DomainError(f"a power of a negative number ({short(base)}) with an exponent that is no integer")
    if isinstance(base, Fraction) and isinstance(n, Fraction):
        if base in (0, 1) or n == 0:
            return Fraction(1) if n == 0 else base
        exact = _exact_power(base, n)
        if exact is not None:
            return exact
    from mpmath import mp

    magnitude = abs(real(n)) * (abs(mp.log(abs(real(base)))) + 1) if base != 0 else 0
    if magnitude > 10**9:
        raise DomainError("a power too large to compute")
    return mp.mpf(real(base)) ** (int(n) if isinstance(n, Fraction) and n.denominator == 1 else real(n))


def _power_by_base(y: Expr, a: Expr, n: Expr) -> Expr:
    return n * power(a, Number(n.value - 1) if isinstance(n, Number) else n - 1)


def _sqrt(x: Value) -> Value:
    if x < 0:
        raise DomainError(f"the square root of a negative number ({short(x)})")
    return _power(x, Fraction(1, 2))


_PAIRS = ((0.7, -1.3), (-0.4, 2.1), (1.5, 0.6))

PRIMITIVES = (
    Primitive(
        "add",
        _sum,
        lambda i, g, y, x: g,
        "",
        "the derivative of a sum is the sum of the derivatives",
        (*_PAIRS, (0.2, 0.3, -1.7)),
        "arithmetic",
        arity=0,
        sympy=lambda sp, *x: sp.Add(*x),
    ),
    Primitive(
        "mul",
        _product,
        lambda i, g, y, x: mul(g, *x[:i], *x[i + 1 :]),
        "",
        "product rule: the derivative by one factor is the product of the others",
        (*_PAIRS, (0.2, 0.3, -1.7)),
        "arithmetic",
        arity=0,
        sympy=lambda sp, *x: sp.Mul(*x),
    ),
    Primitive(
        "neg",
        lambda x: -x,
        rules(lambda y, x: lift(-1)),
        "",
        "a sign stays in front",
        ((0.7,), (-1.2,)),
        "arithmetic",
        sympy=lambda sp, x: -x,
    ),
    Primitive(
        "div",
        _quotient,
        rules(lambda y, a, b: 1 / b, lambda y, a, b: neg(a / b**2)),
        "",
        "quotient rule",
        _PAIRS,
        "arithmetic",
        arity=2,
        sympy=lambda sp, a, b: a / b,
    ),
    Primitive(
        "pow",
        _power,
        rules(_power_by_base, lambda y, a, n: y * call("log", a)),
        "",
        "power rule: the exponent comes down, one less stays",
        ((0.7, 3.0), (1.6, -2.0), (2.2, 0.5)),
        "arithmetic",
        arity=2,
        sympy=lambda sp, a, n: a**n,
    ),
    Primitive(
        "sqrt",
        _sqrt,
        rules(lambda y, x: 1 / (2 * y)),
        r"\sqrt{{{}}}",
        r"(√x)′ = 1/(2√x)",
        ((0.3,), (2.7,)),
        "arithmetic",
        sympy=lambda sp, x: sp.sqrt(x),
    ),
)
