"""Elementary functions, and the piecewise ones with their kinks."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from derive.expr import ZERO, Expr, Value, call, lift
from derive.ops.cancellation import near_one, watching
from derive.ops.primitive import DomainError, Primitive, analytic, real, rules, short


def _log(x: Value) -> Value:
    if x <= 0:
        raise DomainError(f"log of {short(x)}")
    if watching():
        near_one(x)
    return analytic("log", {1: 0})(x)


def _signum(x: Value) -> Fraction:
    return Fraction((x > 0) - (x < 0))


def _floor(x: Value) -> Fraction:
    from mpmath import mp

    return Fraction(x.numerator // x.denominator) if isinstance(x, Fraction) else Fraction(int(mp.floor(x)))


def _extreme(pick: Callable[..., Value]) -> Callable[..., Value]:
    return lambda *x: pick(x, key=real)


def _numpy(name: str) -> Callable[..., Any]:
    """Return NumPy's function, looked up when it is called: NumPy is not loaded before."""

    def function(*x: Any) -> Any:
        import numpy as np

        return getattr(np, name)(*x)

    return function


def numpy_step(x: Any) -> Any:
    import numpy as np

    return np.where(np.asarray(x) > 0, 1.0, 0.0)


def _nowhere() -> Value:
    raise DomainError("none of the cases applies")


def _np_branch(c: Any, a: Any, b: Any) -> Any:
    import numpy as np

    return np.where(np.asarray(c) > 0, a, b)


def _pick(sign: int) -> Callable[..., Expr]:
    """Return the local derivative of max (sign 1) or min (sign -1) of two arguments by the first of those given."""
    return lambda y, a, b: call("step", a - b if sign > 0 else b - a)


_SMOOTH = ((-1.3,), (0.4,), (2.1,))
_KINKED = ((-1.3,), (-0.2,), (0.4,), (2.1,))

PRIMITIVES = (
    Primitive(
        "exp",
        analytic("exp", {0: 1}),
        rules(lambda y, x: y),
        "e^{{{}}}",
        "(eˣ)′ = eˣ",
        _SMOOTH,
        "elementary",
        sympy=lambda sp, x: sp.exp(x),
    ),
    Primitive(
        "log",
        _log,
        rules(lambda y, x: 1 / x),
        r"\log{}",
        "(log x)′ = 1/x for the natural logarithm",
        ((0.3,), (2.4,)),
        "elementary",
        spellings=("ln",),
        sympy=lambda sp, x: sp.log(x),
    ),
    Primitive(
        "sin",
        analytic("sin", {0: 0}),
        rules(lambda y, x: call("cos", x)),
        r"\sin{}",
        "(sin x)′ = cos x",
        _SMOOTH,
        "elementary",
        sympy=lambda sp, x: sp.sin(x),
    ),
    Primitive(
        "cos",
        analytic("cos", {0: 1}),
        rules(lambda y, x: -call("sin", x)),
        r"\cos{}",
        "(cos x)′ = −sin x",
        _SMOOTH,
        "elementary",
        sympy=lambda sp, x: sp.cos(x),
    ),
    Primitive(
        "erf",
        analytic("erf", {0: 0}),
        rules(lambda y, x: 2 / call("sqrt", call("pi")) * call("exp", -(x**2))),
        r"\operatorname{{erf}}{}",
        "erf′(x) = 2/√π · exp(−x²)",
        _SMOOTH,
        "elementary",
        sympy=lambda sp, x: sp.Function("erf")(x),
        numpy=lambda x: _erf(x),
    ),
    Primitive(
        "pi",
        lambda: _constant("pi"),
        lambda i, g, y, x: ZERO,
        r"\pi",
        "a constant",
        (),
        "elementary",
        arity=-1,
        expand=lambda: lift(Fraction("3.141592653589793")),
        sympy=lambda sp: sp.pi,
    ),
    Primitive(
        "abs",
        lambda x: abs(x),
        rules(lambda y, x: call("sign", x)),
        "",
        "|x|′ = sign(x)",
        _KINKED,
        "piecewise",
        kinks=lambda x: (x,),
        numpy=_numpy("abs"),
    ),
    Primitive(
        "sign",
        _signum,
        lambda i, g, y, x: ZERO,
        r"\operatorname{{sign}}{}",
        "sign is constant on both sides of 0",
        _KINKED,
        "piecewise",
        spellings=("sgn",),
        kinks=lambda x: (x,),
        numpy=_numpy("sign"),
    ),
    Primitive(
        "step",
        lambda x: Fraction(int(x > 0)),
        lambda i, g, y, x: ZERO,
        "u{}",
        "u is constant on both sides of 0",
        _KINKED,
        "piecewise",
        spellings=("u", "heaviside"),
        kinks=lambda x: (x,),
        numpy=numpy_step,
    ),
    Primitive(
        "indicator",
        lambda x: Fraction(int(x > 0)),
        lambda i, g, y, x: ZERO,
        r"\mathbf{{1}}[{} > 0]",
        "an indicator is constant on both sides of its threshold",
        _KINKED,
        "piecewise",
        expand=lambda x: call("step", x),
        kinks=lambda x: (x,),
        numpy=numpy_step,
    ),
    Primitive(
        "branch",
        lambda c, a, b: a if c > 0 else b,
        rules(lambda y, c, a, b: ZERO, lambda y, c, a, b: c, lambda y, c, a, b: 1 - c),
        r"\begin{{cases}} {1} & {0} = 1 \\ {2} & \text{{otherwise}} \end{{cases}}",
        "each branch has its own derivative",
        ((1.0, 0.4, -1.2), (0.0, 0.4, -1.2)),
        "piecewise",
        arity=3,
        expand=lambda c, a, b: c * a + (1 - c) * b,
        numpy=_np_branch,
    ),
    Primitive(
        "floor",
        _floor,
        lambda i, g, y, x: ZERO,
        r"\operatorname{{floor}}{}",
        "floor is constant between the integers",
        ((-1.3,), (0.4,), (1.6,), (2.1,)),
        "piecewise",
        kinks=lambda x: (call("sin", call("pi") * x),),
        numpy=_numpy("floor"),
    ),
    Primitive(
        "max",
        _extreme(max),
        lambda i, g, y, x: g * (_pick(1)(y, x[0], x[1]) if i == 0 else _pick(1)(y, x[1], x[0])),
        r"\max({}, {})",
        "the derivative of a maximum goes to the larger argument",
        ((0.7, -1.3), (-0.4, 2.1)),
        "piecewise",
        arity=2,
        expand=lambda a, b: (a + b + call("abs", a - b)) / 2,
        kinks=lambda a, b: (a - b,),
        numpy=_numpy("maximum"),
    ),
    Primitive(
        "min",
        _extreme(min),
        lambda i, g, y, x: g * (_pick(-1)(y, x[0], x[1]) if i == 0 else _pick(-1)(y, x[1], x[0])),
        r"\min({}, {})",
        "the derivative of a minimum goes to the smaller argument",
        ((0.7, -1.3), (-0.4, 2.1)),
        "piecewise",
        arity=2,
        expand=lambda a, b: (a + b - call("abs", a - b)) / 2,
        kinks=lambda a, b: (a - b,),
        numpy=_numpy("minimum"),
    ),
)


# What stands for a missing "otherwise": no function that a text could call.
NOWHERE = Primitive(
    "nowhere",
    _nowhere,
    lambda i, g, y, x: ZERO,
    "",
    "cases have no value where none of their conditions holds",
    (),
    "piecewise",
    arity=-1,
)


def _constant(name: str) -> Value:
    from mpmath import mp

    return +getattr(mp, name)


def _erf(x: Any) -> Any:
    import math

    import numpy as np

    return np.vectorize(math.erf)(x)
