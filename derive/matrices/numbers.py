"""Values of terms in double precision, complex so that every function has one: what terms are compared by.

Where terms are compared, functions with kinks and `erf` are replaced by smooth ones, the same wherever they stand: what
is equal with these is equal for any function, and no point can lie on one side of a kink only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from derive.matrices.term import Term


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of dimensions; smooth: whether functions with kinks are replaced by smooth ones."""

    sizes: Mapping[str, int]
    smooth: bool = True


Rule = Callable[[Any, Term, list[Any], Sizes], Any]


def evaluated(
    order: list[Term], leaves: Mapping[Term, Any], sizes: Sizes, known: Mapping[int, Any] | None = None
) -> dict[int, Any]:
    """Return the value of every term by its id, as complex arrays; parts come before what is made of them.

    known: values of other terms that they are made of.
    """
    import numpy as np

    found: dict[int, Any] = dict(known or {})
    with np.errstate(all="ignore"):
        for t in order:
            leaf = leaves.get(t)
            if leaf is not None:
                found[id(t)] = leaf
                continue
            args = [found[id(x)] for x in t.args]
            found[id(t)] = RULES[t.op](np, t, args, sizes)
    return found


def _smooth(name: str) -> Callable[[Any, Any], Any]:
    seed = sum(map(ord, name)) % 17
    return lambda np, x: np.sin((1.1 + seed / 23) * x + seed / 7 + 0.3) + 0.4 * np.cos(0.7 * x + seed)


def _sigmoid(np: Any, x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


_MAPS: dict[str, Callable[..., Any]] = {
    "exp": lambda np, x: np.exp(x),
    "log": lambda np, x: np.log(x),
    "sin": lambda np, x: np.sin(x),
    "cos": lambda np, x: np.cos(x),
    "tanh": lambda np, x: np.tanh(x),
    "sigmoid": _sigmoid,
    "softplus": lambda np, x: np.log(1 + np.exp(x)),
    "step": lambda np, x: _smooth("step")(np, x),
    "sign": lambda np, x: _smooth("sign")(np, x),
    "relu": lambda np, x: x * _smooth("step")(np, x),
    "abs": lambda np, x: x * _smooth("sign")(np, x),
}


def _map(np: Any, t: Term, xs: list[Any], sizes: Sizes) -> Any:
    if not sizes.smooth and t.data in _TRUE:
        return _TRUE[t.data](np, *xs)
    known = _MAPS.get(t.data)
    if known is not None:
        return known(np, *xs)
    if not sizes.smooth:
        return _primitive(np, t.data, xs)
    return _smooth(t.data)(np, xs[0] + sum(0.37 * x for x in xs[1:]))


def _primitive(np: Any, name: str, xs: list[Any]) -> Any:
    """Return a primitive's own value at every entry."""
    from derive.ops import PRIMITIVES

    value = PRIMITIVES[name].value
    return np.vectorize(lambda *x: complex(value(*x)), otypes=[complex])(*(x.real for x in xs))


# Functions with kinks as they are, at real arguments.
_TRUE: dict[str, Callable[..., Any]] = {
    "step": lambda np, x: (x.real > 0) + 0j,
    "sign": lambda np, x: np.sign(x.real) + 0j,
    "relu": lambda np, x: np.maximum(x.real, 0) + 0j,
    "abs": lambda np, x: np.abs(x.real) + 0j,
}


def _clip(np: Any, t: Term, xs: list[Any], sizes: Sizes) -> Any:
    x, low, high = xs
    if sizes.smooth:
        return _smooth("clip")(np, x + 0.37 * low - 0.21 * high)
    return np.clip(x.real, low.real, high.real) + 0j


def _huber(np: Any, t: Term, xs: list[Any], sizes: Sizes) -> Any:
    if sizes.smooth:
        return _smooth("huber")(np, xs[0] + 0.37 * xs[1])
    r, delta = np.abs(xs[0].real), xs[1].real
    return np.where(r <= delta, r * r / 2, delta * (r - delta / 2)) + 0j


def _norm_1(np: Any, t: Term, xs: list[Any], sizes: Sizes) -> Any:
    signs = _smooth("sign")(np, xs[0]) if sizes.smooth else np.sign(xs[0].real)
    return _scalar(np, (xs[0] * signs).sum())


def _product(np: Any, t: Term, xs: list[Any], sizes: Sizes) -> Any:
    found = xs[0]
    for x in xs[1:]:
        found = found @ x
    return found


def _times(np: Any, t: Term, xs: list[Any], sizes: Sizes) -> Any:
    found = xs[0]
    for x in xs[1:]:
        found = found * x
    return found


def _number(x: Any) -> complex:
    try:
        return complex(x)
    except OverflowError:
        return complex("inf")


def _scalar(np: Any, x: Any) -> Any:
    return np.array([[x]])


def _softmax(axis: int | None) -> Rule:
    def rule(np: Any, t: Term, xs: list[Any], sizes: Sizes) -> Any:
        z = np.exp(xs[0])
        return z / z.sum(axis, keepdims=True)

    return rule


def _commutation(np: Any, t: Term, xs: list[Any], sizes: Sizes) -> Any:
    m, n = (d.value(sizes.sizes) for d in t.data)
    found = np.zeros((m * n, m * n))
    for i in range(m):
        for j in range(n):
            found[i * n + j, j * m + i] = 1
    return found


def _toeplitz(np: Any, t: Term, xs: list[Any], sizes: Sizes) -> Any:
    w, n = xs[0], t.data.value(sizes.sizes)
    found = np.zeros((n + len(w) - 1, n), dtype=complex)
    for j in range(n):
        found[j : j + len(w), j] = w[:, 0]
    return found


def _block(np: Any, t: Term, xs: list[Any], sizes: Sizes) -> Any:
    rows, columns = t.data
    return np.block([xs[i * columns : (i + 1) * columns] for i in range(rows)])


def _shape(t: Term, sizes: Sizes) -> tuple[int, int]:
    return t.rows.value(sizes.sizes), t.columns.value(sizes.sizes)


def _invertible(np: Any, x: Any, function: Callable[[Any], Any]) -> Any:
    try:
        return function(x)
    except np.linalg.LinAlgError:
        return np.full_like(x, np.nan)


RULES: dict[str, Rule] = {
    "num": lambda np, t, xs, sizes: _scalar(np, _number(t.data)),
    "dim": lambda np, t, xs, sizes: _scalar(np, complex(t.data.value(sizes.sizes))),
    "pi": lambda np, t, xs, sizes: _scalar(np, complex(np.pi)),
    "ones": lambda np, t, xs, sizes: np.ones(_shape(t, sizes), dtype=complex),
    "zeros": lambda np, t, xs, sizes: np.zeros(_shape(t, sizes), dtype=complex),
    "eye": lambda np, t, xs, sizes: np.eye(t.rows.value(sizes.sizes), dtype=complex),
    "comm": _commutation,
    "add": lambda np, t, xs, sizes: sum(xs[1:], xs[0]),
    "scale": _times,
    "mul": _times,
    "had": _times,
    "matmul": _product,
    "pow": lambda np, t, xs, sizes: xs[0] ** xs[1],
    "hpow": lambda np, t, xs, sizes: xs[0] ** (int(t.data) if t.data.denominator == 1 else float(t.data)),
    "hpow_by": lambda np, t, xs, sizes: xs[0] ** xs[1],
    "map": _map,
    "T": lambda np, t, xs, sizes: xs[0].T,
    "inv": lambda np, t, xs, sizes: _invertible(np, xs[0], np.linalg.inv),
    "mpow": lambda np, t, xs, sizes: np.linalg.matrix_power(xs[0], t.data),
    "sum": lambda np, t, xs, sizes: _scalar(np, xs[0].sum()),
    "tr": lambda np, t, xs, sizes: _scalar(np, np.trace(xs[0])),
    "det": lambda np, t, xs, sizes: _scalar(np, np.linalg.det(xs[0])),
    "logdet": lambda np, t, xs, sizes: _scalar(np, complex(np.log(np.abs(np.linalg.det(xs[0]))))),
    "norm": lambda np, t, xs, sizes: _scalar(np, np.sqrt((xs[0] * xs[0]).sum())),
    "norm1": _norm_1,
    "diag": lambda np, t, xs, sizes: np.diag(xs[0][:, 0]),
    "diagvec": lambda np, t, xs, sizes: np.diag(xs[0]).reshape(-1, 1),
    "vec": lambda np, t, xs, sizes: xs[0].reshape(-1, 1, order="F"),
    "kron": lambda np, t, xs, sizes: np.kron(*xs),
    "toep": _toeplitz,
    "block": _block,
    "softmax": _softmax(0),
    "colsoftmax": _softmax(0),
    "rowsoftmax": _softmax(1),
    "logsumexp": lambda np, t, xs, sizes: _scalar(np, np.log(np.exp(xs[0]).sum())),
    "huber": _huber,
    "clip": _clip,
    "fn": lambda np, t, xs, sizes: _smooth("".join(map(str, t.data)))(np, xs[0]),
}
