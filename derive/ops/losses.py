"""Losses of one sample; the first argument is the prediction, the second the target, unless said otherwise."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from derive.expr import Expr, Value, call, neg
from derive.ops.primitive import DomainError, Primitive, real, rules, short


def _plus(*x: Value) -> Value:
    total = x[0]
    for v in x[1:]:
        total = total + v if type(total) is type(v) else real(total) + real(v)
    return total


def _times(a: Value, b: Value) -> Value:
    return a * b if type(a) is type(b) else real(a) * real(b)


def _square(x: Value) -> Value:
    return x * x


def _bce(p: Value, t: Value) -> Value:
    from mpmath import mp

    if not 0 <= p <= 1:
        raise DomainError(f"binary cross-entropy at the prediction {short(p)}, which is not between 0 and 1")
    total: Value = Fraction(0)
    for weight, probability in ((t, p), (1 - t, 1 - p)):
        if weight != 0:
            if probability == 0:
                raise DomainError("log of 0 in the binary cross-entropy")
            log = Fraction(0) if probability == 1 else mp.log(real(probability))
            total = _plus(total, -_times(weight, log))
    return total


def _huber(r: Value, d: Value) -> Value:
    if d <= 0:
        raise DomainError(f"Huber's loss with the threshold {short(d)}, which is not positive")
    inside = abs(real(r)) <= real(d)
    return _times(Fraction(1, 2), _square(r)) if inside else _times(d, _plus(abs(r), -_times(Fraction(1, 2), d)))


def _logistic(s: Value, t: Value) -> Value:
    from derive.ops.activations import _softplus

    return _softplus(-_times(t, s))


def _np_huber(r: Any, d: Any) -> Any:
    import numpy as np

    return np.where(np.abs(r) <= d, 0.5 * r * r, d * (np.abs(r) - 0.5 * d))


def _np_logistic(s: Any, t: Any) -> Any:
    import numpy as np

    return np.logaddexp(0, -t * s)


def _np_hinge(s: Any, t: Any) -> Any:
    import numpy as np

    return np.maximum(0, 1 - t * s)


def _clipped(y: Expr, r: Expr, d: Expr) -> Expr:
    """Huber's derivative: r between −d and d, else ±d."""
    return r + call("relu", neg(r) - d) - call("relu", r - d)


def _outside(y: Expr, r: Expr, d: Expr) -> Expr:
    return call("relu", call("abs", r) - d)


_PREDICTED = ((0.7, -1.3), (-0.4, 2.1), (1.5, 0.6))
_LABELLED = ((0.7, 1.0), (1.8, 1.0), (-0.4, -1.0), (-2.0, -1.0))

PRIMITIVES = (
    Primitive(
        "absolute",
        lambda p, t: abs(_plus(p, -t)),
        rules(lambda y, p, t: call("sign", p - t), lambda y, p, t: -call("sign", p - t)),
        r"\operatorname{{absolute}}({}, {})",
        "absolute error |p − t|: its derivative is the sign of the residual",
        _PREDICTED,
        "loss",
        arity=2,
        spellings=("absolute_error", "MAE"),
        expand=lambda p, t: call("abs", p - t),
        kinks=lambda p, t: (p - t,),
        numpy=lambda p, t: abs(p - t),
    ),
    Primitive(
        "squared",
        lambda p, t: _square(_plus(p, -t)),
        rules(lambda y, p, t: 2 * (p - t), lambda y, p, t: -2 * (p - t)),
        r"\operatorname{{squared}}({}, {})",
        "squared error (p − t)²: its derivative is twice the residual",
        _PREDICTED,
        "loss",
        arity=2,
        spellings=("squared_error",),
        expand=lambda p, t: (p - t) ** 2,
        sympy=lambda sp, p, t: (p - t) ** 2,
    ),
    Primitive(
        "half_squared",
        lambda p, t: _times(Fraction(1, 2), _square(_plus(p, -t))),
        rules(lambda y, p, t: p - t, lambda y, p, t: t - p),
        r"\operatorname{{halfsquared}}({}, {})",
        "half the squared error: its derivative is the residual",
        _PREDICTED,
        "loss",
        arity=2,
        spellings=("halfsquared", "half_squared_error"),
        expand=lambda p, t: (p - t) ** 2 / 2,
        sympy=lambda sp, p, t: (p - t) ** 2 / 2,
    ),
    Primitive(
        "bce",
        _bce,
        rules(lambda y, p, t: (p - t) / (p * (1 - p)), lambda y, p, t: call("log", 1 - p) - call("log", p)),
        r"\operatorname{{BCE}}({}, {})",
        "binary cross-entropy −t log p − (1 − t) log(1 − p): its derivative is (p − t)/(p(1 − p))",
        ((0.3, 0.8), (0.6, 0.2), (0.9, 0.5)),
        "loss",
        arity=2,
        spellings=("BCE", "binary_cross_entropy"),
        expand=lambda p, t: -(t * call("log", p) + (1 - t) * call("log", 1 - p)),
        sympy=lambda sp, p, t: -(t * sp.log(p) + (1 - t) * sp.log(1 - p)),
    ),
    Primitive(
        "hinge",
        lambda s, t: (
            max(1 - real(_times(t, s)), 0) if not isinstance(_times(t, s), Fraction) else max(1 - t * s, Fraction(0))
        ),
        rules(lambda y, s, t: -t * call("step", 1 - t * s), lambda y, s, t: -s * call("step", 1 - t * s)),
        r"\operatorname{{hinge}}({}, {})",
        "hinge loss max(0, 1 − ts) of a score s and a label t = ±1: slope −t inside the margin, 0 outside",
        _LABELLED,
        "loss",
        arity=2,
        expand=lambda s, t: call("relu", 1 - t * s),
        kinks=lambda s, t: (1 - t * s,),
        numpy=_np_hinge,
    ),
    Primitive(
        "huber",
        _huber,
        rules(_clipped, _outside),
        r"\operatorname{{huber}}({}, {})",
        "Huber's loss of a residual r with threshold δ: its derivative is r, cut off at ±δ (Huber 1964)",
        ((0.4, 1.0), (-0.3, 0.5), (2.5, 1.0), (-1.7, 0.6)),
        "loss",
        arity=2,
        spellings=("Huber",),
        kinks=lambda r, d: (call("abs", r) - d,),
        numpy=_np_huber,
    ),
    Primitive(
        "logistic",
        _logistic,
        rules(lambda y, s, t: -t * call("sigmoid", -t * s), lambda y, s, t: -s * call("sigmoid", -t * s)),
        r"\operatorname{{logistic}}({}, {})",
        "logistic loss log(1 + exp(−ts)) of a score s and a label t = ±1",
        _LABELLED,
        "loss",
        arity=2,
        spellings=("logistic_loss",),
        expand=lambda s, t: call("softplus", -t * s),
        numpy=_np_logistic,
    ),
)
