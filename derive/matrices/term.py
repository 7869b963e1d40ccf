"""One matrix expression: an operation on terms. Equal terms are one object, so that what is shared is computed once.

A scalar is a term of shape 1×1. Terms are made by the functions of `build`, which keep them in the form in which they
would be written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from operator import attrgetter
from typing import Any
from weakref import WeakValueDictionary

from derive.matrices.dims import SCALAR, Dim, Shape

COMMUTE = frozenset({"add", "mul", "had"})


class Term:
    """An operation `op` on `args`; `data` is what else belongs to it: a name, a number, dimensions.

    shape: rows and columns. Terms are compared by identity.
    """

    __slots__ = ("__weakref__", "args", "data", "kept", "op", "shape", "size")

    op: str
    args: tuple[Term, ...]
    data: Any
    shape: Shape
    size: int
    kept: object  # what the key of the table below speaks of must not be collected

    @property
    def scalar(self) -> bool:
        return self.shape == SCALAR

    @property
    def rows(self) -> Dim:
        return self.shape[0]

    @property
    def columns(self) -> Dim:
        return self.shape[1]

    def __repr__(self) -> str:
        return f"<{self.op} {self.data or ''}({', '.join(map(repr, self.args))})>"


_made: WeakValueDictionary[Hashable, Term] = WeakValueDictionary()


def make(
    op: str,
    args: Iterable[Term] = (),
    data: Hashable = None,
    shape: Shape = SCALAR,
    orders: Iterable[tuple[Term, ...]] = (),
) -> Term:
    """Return the term with these parts; `orders` are other lists of arguments that mean the same."""
    args, orders = tuple(args), tuple(orders)
    ids = min(tuple(map(id, order)) for order in (args, *orders))
    whole = (op, tuple(sorted(ids)) if op in COMMUTE else ids, data, shape)
    found = _made.get(whole)
    if found is None:
        found = Term()
        found.op, found.args, found.data, found.shape = op, args, data, shape
        found.size = 1 + sum(a.size for a in args)
        found.kept = orders
        _made[whole] = found
    return found


def ordered(*roots: Term, inputs: Callable[[Term], Iterable[Term]] = attrgetter("args")) -> list[Term]:
    """Return all parts of some terms, each once, arguments before what is made of them; inputs: of a term."""
    seen: set[int] = set()
    found: list[Term] = []
    stack: list[tuple[Term, bool]] = [(t, False) for t in reversed(roots)]
    while stack:
        t, done = stack.pop()
        if done:
            found.append(t)
        elif id(t) not in seen:
            seen.add(id(t))
            stack.append((t, True))
            stack.extend((a, False) for a in reversed(tuple(inputs(t))) if id(a) not in seen)
    return found


def parts(t: Term) -> Iterator[Term]:
    """Yield every part of a term once."""
    yield from ordered(t)


def depends(t: Term, on: Term) -> bool:
    return any(p is on for p in ordered(t))
