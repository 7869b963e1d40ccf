"""Expressions in scalars, the derivatives of primitives among them, taken at every entry of matrices."""

from __future__ import annotations

from collections.abc import Callable

from derive.errors import Fault
from derive.expr import Apply, Expr, Number, Ref
from derive.matrices import functions as f
from derive.matrices import products as p
from derive.matrices import sums as a
from derive.matrices.term import Term, make


def lifted(e: Expr, env: dict[str, Term]) -> Term:
    """Return an expression in scalars with the matrices of env for its names, entry by entry."""
    match e:
        case Number():
            return a.num(e.value)
        case Ref():
            return env[e.name]
        case Apply(op, args):
            xs = [lifted(x, env) for x in args]
            return _OPERATIONS[op](*xs) if op in _OPERATIONS else _function(op, xs)
    raise Fault("this is no expression in numbers")


def _function(op: str, xs: list[Term]) -> Term:
    if op == "pi":
        return make("pi")
    shaped = next((x for x in xs if not x.scalar), xs[0])
    first = xs[0] if xs[0].shape == shaped.shape else a.scale(xs[0], a.ones(*shaped.shape))
    return f.entrywise(op, first, *xs[1:])


_OPERATIONS: dict[str, Callable[..., Term]] = {
    "add": a.add,
    "mul": p.had,
    "neg": a.neg,
    "div": lambda x, y: p.had(x, p.entry_power(y, a.num(-1))),
    "pow": p.entry_power,
    "sqrt": lambda x: f.entrywise("sqrt", x),
}
