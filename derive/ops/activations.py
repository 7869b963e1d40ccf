"""Activation functions; derivatives are written with the output where that is how they are taught."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from derive.expr import Expr, Value, call, lift
from derive.ops.primitive import Primitive, analytic, real, rules

_SMOOTH = ((-1.3,), (0.4,), (2.1,))
_KINKED = ((-1.3,), (-0.2,), (0.4,), (2.1,))
_SLOPED = tuple((x[0], a) for x in _KINKED for a in (0.01, 0.3))


def _sigmoid(x: Value) -> Value:
    from mpmath import mp

    if x == 0:
        return Fraction(1, 2)
    small = mp.exp(-abs(real(x)))  # no digit is lost on either side
    return 1 / (1 + small) if x > 0 else small / (1 + small)


def _exp(x: Value) -> Value:
    return analytic("exp", {0: 1})(x)


def _softplus(x: Value) -> Value:
    from mpmath import mp

    return mp.log1p(mp.exp(-abs(real(x)))) + max(real(x), 0)


def _phi(x: Expr) -> Expr:
    """Φ(x), the distribution function of the standard normal distribution."""
    return (1 + call("erf", x / call("sqrt", 2))) / 2


def _gelu(x: Value) -> Value:
    from mpmath import mp

    return Fraction(0) if x == 0 else real(x) * mp.ncdf(real(x))


def _gelu_slope(y: Expr, x: Expr) -> Expr:
    return _phi(x) + x * call("exp", -(x**2) / 2) / call("sqrt", 2 * call("pi"))


def _times(a: Value, b: Value) -> Value:
    return a * b if type(a) is type(b) else real(a) * real(b)


def _np_gelu(x: Any) -> Any:
    import math

    import numpy as np

    return x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2


def _np_relu(x: Any) -> Any:
    import numpy as np

    return np.maximum(x, 0)


def _np_leaky(x: Any, a: Any) -> Any:
    import numpy as np

    return np.where(np.asarray(x) > 0, x, a * x)


def _np_elu(x: Any, a: Any) -> Any:
    import numpy as np

    return np.where(np.asarray(x) > 0, x, a * np.expm1(np.minimum(x, 0)))


def _np_softplus(x: Any) -> Any:
    import numpy as np

    return np.logaddexp(0, x)


def _positive(x: Expr) -> Expr:
    return call("step", x)


def _leaky_slope(y: Expr, x: Expr, a: Expr) -> Expr:
    return _positive(x) + a * (1 - _positive(x))


def _elu_slope(y: Expr, x: Expr, a: Expr) -> Expr:
    return _positive(x) + (1 - _positive(x)) * (a * call("exp", x))


PRIMITIVES = (
    Primitive(
        "relu",
        lambda x: x if x > 0 else Fraction(0),
        rules(lambda y, x: _positive(x)),
        r"\operatorname{{ReLU}}{}",
        "the derivative of ReLU is the unit step u",
        _KINKED,
        "activation",
        spellings=("ReLU", "Relu", "RELU"),
        kinks=lambda x: (x,),
        numpy=_np_relu,
    ),
    Primitive(
        "leaky_relu",
        lambda x, a=Fraction(1, 100): x if x > 0 else _times(a, x),
        rules(_leaky_slope, lambda y, x, a: (1 - _positive(x)) * x),
        r"\operatorname{{LeakyReLU}}({}, {})",
        "LeakyReLU has slope 1 on the right of 0 and its parameter on the left",
        _SLOPED,
        "activation",
        arity=2,
        spellings=("LeakyReLU", "leakyrelu", "lrelu", "LReLU"),
        expand=lambda x, a: call("relu", x) - a * call("relu", -x),
        kinks=lambda x, a: (x,),
        numpy=_np_leaky,
    ),
    Primitive(
        "elu",
        lambda x, a=Fraction(1): x if x > 0 else _times(a, _exp(x) - 1),
        rules(_elu_slope, lambda y, x, a: (1 - _positive(x)) * (call("exp", x) - 1)),
        r"\operatorname{{ELU}}({}, {})",
        "ELU′(x) is 1 on the right of 0 and αeˣ on the left (Clevert et al. 2015)",
        _SLOPED,
        "activation",
        arity=2,
        spellings=("ELU",),
        expand=lambda x, a: call("relu", x) + a * (call("exp", -call("relu", -x)) - 1),
        kinks=lambda x, a: (x,),
        numpy=_np_elu,
    ),
    Primitive(
        "sigmoid",
        _sigmoid,
        rules(lambda y, x: y * (1 - y)),
        r"\sigma{}",
        "σ′ = σ(1 − σ), written with the output",
        _SMOOTH,
        "activation",
        spellings=("sigma", "Sigmoid", "sigm", "logistic_sigmoid"),
        sympy=lambda sp, x: 1 / (1 + sp.exp(-x)),
    ),
    Primitive(
        "tanh",
        analytic("tanh", {0: 0}),
        rules(lambda y, x: 1 - y**2),
        r"\tanh{}",
        "tanh′ = 1 − tanh², written with the output",
        _SMOOTH,
        "activation",
        spellings=("Tanh",),
        sympy=lambda sp, x: sp.tanh(x),
    ),
    Primitive(
        "softplus",
        _softplus,
        rules(lambda y, x: call("sigmoid", x)),
        r"\operatorname{{softplus}}{}",
        "the derivative of softplus is the sigmoid",
        _SMOOTH,
        "activation",
        spellings=("Softplus", "SoftPlus"),
        numpy=_np_softplus,
    ),
    Primitive(
        "gelu",
        _gelu,
        rules(_gelu_slope),
        r"\operatorname{{GELU}}{}",
        "GELU(x) = xΦ(x), so GELU′(x) = Φ(x) + xφ(x) (Hendrycks and Gimpel 2016)",
        _SMOOTH,
        "activation",
        spellings=("GELU", "GeLU"),
        expand=lambda x: x * _phi(x),
        numpy=_np_gelu,
    ),
    Primitive(
        "silu",
        lambda x: _times(x, _sigmoid(x)),
        rules(lambda y, x: call("sigmoid", x) * (1 + x * (1 - call("sigmoid", x)))),
        r"\operatorname{{SiLU}}{}",
        "SiLU(x) = xσ(x), by the product rule",
        _SMOOTH,
        "activation",
        spellings=("SiLU", "swish", "Swish"),
        expand=lambda x: x * call("sigmoid", x),
        sympy=lambda sp, x: x / (1 + sp.exp(-x)),
    ),
    Primitive(
        "id",
        lambda x: x,
        rules(lambda y, x: lift(1)),
        r"\operatorname{{id}}{}",
        "the identity has slope 1",
        _SMOOTH,
        "activation",
        spellings=("identity", "linear"),
        expand=lambda x: x,
        sympy=lambda sp, x: x,
    ),
)

# What a text may leave out: LeakyReLU(x) and ELU(x) have these slopes (the defaults of their papers).
DEFAULTS = {"leaky_relu": lift(Fraction(1, 100)), "elu": lift(1)}
