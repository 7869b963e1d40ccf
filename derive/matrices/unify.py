"""Sizes that a formula leaves open, as those of I and 1 without a subscript: found from what stands beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from derive.matrices import sums as a
from derive.matrices.dims import Dim
from derive.matrices.rebuild import rebuilt
from derive.matrices.term import Term, ordered


def open_name(d: Dim) -> str:
    """Return the name of an open size, "" for a known one."""
    if len(d.terms) == 1 and d.terms[0][1] == 1 and len(d.terms[0][0]) == 1 and d.terms[0][0][0].startswith("?"):
        return d.terms[0][0][0]
    return ""


def sized(t: Term, sizes: Mapping[str, Dim]) -> Term:
    """Return t with open sizes filled in."""
    if not any(open_name(d) in sizes for x in ordered(t) for d in x.shape):
        return t
    found: dict[int, Term] = {}
    for x in ordered(t):
        rows, columns = (sizes.get(open_name(d), d) for d in x.shape)
        if x.op in ("ones", "eye"):
            found[id(x)] = a.ones(rows, columns) if x.op == "ones" else a.eye(rows)
        else:
            found[id(x)] = rebuilt(x, [found[id(y)] for y in x.args])
    return found[id(t)]


def unified(x: Term, y: Term, pairs: Callable[[Term, Term], list[tuple[Dim, Dim]]]) -> dict[str, Dim]:
    """Return the sizes of open dimensions with which `pairs` of those of two terms agree where they can."""
    sizes: dict[str, Dim] = {}
    for p, q in pairs(x, y):
        if p != q:
            if open_name(p):
                sizes[open_name(p)] = q
            elif open_name(q):
                sizes[open_name(q)] = p
    return sizes


def same_shapes(x: Term, y: Term) -> list[tuple[Dim, Dim]]:
    """Return the dimensions of two summands; a plain number beside a matrix stands at every entry."""
    if (x.scalar and x.op == "num") or (y.scalar and y.op == "num"):
        return []
    named = any(t.op == "sym" and all(open_name(d).startswith("?leaf") for d in t.shape) for t in (x, y))
    return list(zip(x.shape, y.shape, strict=True)) if named or not (x.scalar or y.scalar) else []


def chained(x: Term, y: Term) -> list[tuple[Dim, Dim]]:
    return [] if x.scalar or y.scalar else [(x.columns, y.rows)]
