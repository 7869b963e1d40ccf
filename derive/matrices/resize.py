"""Terms with numbers for names of dimensions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from derive.matrices import functions as f
from derive.matrices import products as p
from derive.matrices import sums as a
from derive.matrices.dims import Dim, Shape, of
from derive.matrices.rebuild import rebuilt
from derive.matrices.term import Term, make, ordered


def resized(t: Term, sizes: Mapping[str, int]) -> Term:
    """Return a term where some dimensions are numbers, put in order again: 2/(2·N) is 1/128 for N = 128."""
    found: dict[int, Term] = {}
    for x in ordered(t):
        args = [found[id(y)] for y in x.args]
        shape = resized_shape(x.shape, sizes)
        rule = _RULES.get(x.op)
        if rule is not None:
            found[id(x)] = rule(x, args, shape, sizes)
        elif x.args and shape == x.shape:
            found[id(x)] = rebuilt(x, args)
        else:
            found[id(x)] = rebuilt(make(x.op, x.args, x.data, shape), args)
    return found[id(t)]


def resized_dim(d: Dim, sizes: Mapping[str, int]) -> Dim:
    """Return a dimension with numbers for some of its names."""
    total = of(0)
    for monomial, count in d.terms:
        part = of(count)
        for name in monomial:
            part = part * (sizes[name] if name in sizes else of(name))
        total = total + part
    return total


def resized_shape(shape: Shape, sizes: Mapping[str, int]) -> Shape:
    rows, columns = shape
    return resized_dim(rows, sizes), resized_dim(columns, sizes)


_Rule = Callable[[Term, list[Term], Shape, Mapping[str, int]], Term]
_RULES: dict[str, _Rule] = {
    "sym": lambda t, args, shape, sizes: make("sym", data=t.data, shape=shape),
    "ones": lambda t, args, shape, sizes: a.ones(*shape),
    "zeros": lambda t, args, shape, sizes: a.zeros(shape),
    "eye": lambda t, args, shape, sizes: a.eye(shape[0]),
    "dim": lambda t, args, shape, sizes: a.dim(resized_dim(t.data, sizes)),
    "comm": lambda t, args, shape, sizes: p.commutation(*(resized_dim(d, sizes) for d in t.data)),
    "toep": lambda t, args, shape, sizes: f.toeplitz(args[0], resized_dim(t.data, sizes)),
}
