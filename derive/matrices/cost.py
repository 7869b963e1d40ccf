"""How many operations a term takes to write, counted as in plain text."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from derive.matrices import layout
from derive.matrices.term import Term, ordered

_known: WeakKeyDictionary[Term, int] = WeakKeyDictionary()
_FREE = frozenset({"num", "sym", "pi"})


def cost(t: Term) -> int:
    """Return the number of operators and calls of a term, what repeats counted each time."""
    for x in ordered(t) if t not in _known else ():
        if x not in _known:
            _known[x] = _own(x) + sum(_known[y] for y in x.args)
    return _known[t]


def _own(t: Term) -> int:
    if t.op in _FREE:
        return 0
    if t.op in ("scale", "mul"):
        return _of_quotient(t)
    if t.op == "num":
        return 0
    if t.op == "pow":
        # What a square root or a reciprocal costs is one operation.
        return 1 + (t.args[1].op == "num" and t.args[1].data.numerator not in (1, -1))
    if t.op == "add":
        spread = layout.plus_scalars(t)
        # Numbers beside a matrix stand there as they are.
        free = sum(1 + (x.op == "scale") for x in t.args if spread and layout.as_scalar(x) is not None)
        # A minus in a sum is no operation of its own.
        minus = sum(1 for x in t.args if x.op in ("scale", "mul") and _of_quotient(x) and _only_minus(x))
        return len(t.args) - 1 - free - min(minus, len(t.args) - 1)
    if t.op in ("matmul", "had", "kron"):
        return len(t.args) - 1 if t.op != "kron" else 1
    if t.op == "dim":
        return len(t.data.terms) - 1
    return 1


def _only_minus(t: Term) -> bool:
    q = layout.quotient(t)
    return q.negative and not q.below and len(q.above) + (q.body is not None) == 1


def _of_quotient(t: Term) -> int:
    q = layout.quotient(t)
    factors = len(q.above) + (q.body is not None)
    own = max(0, factors - 1) + len(q.below) + (q.negative and factors == 1 and not q.below)
    # The powers below the line are counted as arguments already.
    return own - sum(1 for x in q.below if x.op != "num")
