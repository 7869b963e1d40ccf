"""Transposes where they are fewest: (A·B·C)' for C'·B'·A', (x - y)' for x' - y'."""

from __future__ import annotations

from derive.matrices.cost import cost
from derive.matrices.products import transpose
from derive.matrices.term import Term, make

_OPS = frozenset({"add", "had", "matmul", "map", "hpow"})


def oriented(t: Term) -> Term:
    """Return t with every part turned that is shorter to write as a transpose; only for writing."""
    # From the outside: the largest part that is worth it is turned, not its pieces.
    return _turn(t)


def _turn(t: Term) -> Term:
    done: dict[Term, Term] = {}  # holds the turned terms, too, which nothing else does
    stack: list[tuple[Term, bool]] = [(t, False)]
    while stack:
        x, ready = stack.pop()
        if x in done:
            continue
        other = _shorter(x)
        if other is not None:
            if other in done:
                done[x] = make("T", (done[other],), shape=x.shape)
            else:
                stack += [(x, False), (other, False)]
        elif ready:
            args = [done[y] for y in x.args]
            same = all(y is z for y, z in zip(args, x.args, strict=True))
            done[x] = x if same else make(x.op, args, x.data, x.shape)
        else:
            stack.append((x, True))
            stack += [(y, False) for y in x.args if y not in done]
    return done[t]


def _shorter(t: Term) -> Term | None:
    """Return the transpose of t where it takes two operations less (one for a sum), so that `'` pays."""
    if t.op not in _OPS or t.scalar:
        return None
    other = transpose(t)
    if t.op == "add" and not all(cost(transpose(x)) < cost(x) for x in t.args):
        return None
    gain = cost(t) - cost(other)
    return other if gain >= (2 if t.op == "matmul" else 1) and other.op in _OPS else None
