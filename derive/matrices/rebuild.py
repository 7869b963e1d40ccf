"""Making a term anew from other arguments, with everything put in order again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from derive.matrices import functions as f
from derive.matrices import products as p
from derive.matrices import sums as a
from derive.matrices.term import Term, make, ordered


def rebuilt(t: Term, args: Sequence[Term]) -> Term:
    """Return the operation of t on other arguments of the same shapes."""
    if all(x is y for x, y in zip(t.args, args, strict=True)):
        return t
    rule = _RULES.get(t.op)
    found: Term = rule(t, *args) if rule else make(t.op, args, t.data, t.shape)
    return found


def substituted(t: Term, by: Mapping[Term, Term]) -> Term:
    """Return t with some of its parts replaced."""
    return mapped(t, lambda x: by.get(x, x))


def mapped(t: Term, change: Callable[[Term], Term]) -> Term:
    """Return t with `change` applied to every part, arguments first; what is changed is not looked into again."""
    found: dict[int, Term] = {}
    for x in ordered(t):
        same = change(x)
        found[id(x)] = same if same is not x else change(rebuilt(x, [found[id(y)] for y in x.args]))
    return found[id(t)]


_RULES: dict[str, Callable[..., Any]] = {
    "add": lambda t, *x: a.add(*x),
    "scale": lambda t, s, x: a.scale(s, x),
    "mul": lambda t, *x: a.mul(*x),
    "pow": lambda t, x, n: a.power(x, n),
    "matmul": lambda t, *x: p.matmul(*x),
    "had": lambda t, *x: p.had(*x),
    "hpow": lambda t, x: p.entry_power(x, a.num(t.data)),
    "hpow_by": lambda t, x, n: p.entry_power(x, n),
    "kron": lambda t, x, y: p.kron(x, y),
    "T": lambda t, x: p.transpose(x),
    "inv": lambda t, x: p.inverse(x),
    "mpow": lambda t, x: p.matrix_power(x, t.data),
    "map": lambda t, x, *more: f.entrywise(t.data, x, *more),
    "sum": lambda t, x: p.total(x),
    "tr": lambda t, x: f.trace(x),
    "det": lambda t, x: f.determinant(x),
    "logdet": lambda t, x: f.log_determinant(x),
    "norm": lambda t, x: f.norm(x),
    "norm1": lambda t, x: f.norm_1(x),
    "diag": lambda t, x: p.diag(x),
    "diagvec": lambda t, x: f.diagonal(x),
    "vec": lambda t, x: p.vec(x),
    "softmax": lambda t, x: f.softmax(x),
    "rowsoftmax": lambda t, x: f.softmax(x, "row"),
    "colsoftmax": lambda t, x: f.softmax(x, "col"),
    "logsumexp": lambda t, x: f.log_sum_exp(x),
    "fn": lambda t, x: f.opened(t.data[0], x, t.data[1]),
    "toep": lambda t, x: f.toeplitz(x, t.data),
    "block": lambda t, *x: f.block(*t.data, *x),
}
