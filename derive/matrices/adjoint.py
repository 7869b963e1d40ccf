"""From a differential to the gradient: the adjoint of a linear expression, and the sweep back through a term.

If dt = ℓ(dx) with ℓ linear, then Σ g⊙dt = Σ ℓ*(g)⊙dx; ℓ* is built operation by operation. A sweep with these is
reverse-mode differentiation (Griewank and Walther, Evaluating Derivatives, ch. 3) over matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from derive.errors import Fault
from derive.matrices import functions as f
from derive.matrices import products as p
from derive.matrices import sums as a
from derive.matrices.differential import differential, inner
from derive.matrices.dims import Dim, Shape
from derive.matrices.rebuild import rebuilt
from derive.matrices.term import Term, make, ordered


class NoClosedForm(Fault):
    """A derivative that cannot be written with the operations there are."""


def placeholder(shape: Shape, number: int = 0) -> Term:
    """Return a name for the differential of an argument, which no formula can hold."""
    return make("sym", data=(f"\x00d{number}", frozenset()), shape=shape)


def pulled(g: Term, linear: Term, by: Term) -> Term:
    """Return ℓ*(g) for a term ℓ that is linear in the name `by`. Raises NoClosedForm."""
    inside = {id(t) for t in ordered(linear) if t is by}
    for t in ordered(linear):
        if any(id(x) in inside for x in t.args):
            inside.add(id(t))
    found: list[Term] = []
    stack = [(g, linear)]
    while stack:
        g, t = stack.pop()
        if t is by:
            found.append(g)
            continue
        if id(t) not in inside:
            continue
        rule = _RULES.get(t.op)
        if rule is None:
            raise NoClosedForm(f"the adjoint of {t.op} has no closed form here")
        stack.extend(reversed(rule(g, t, inside)))
    return a.add(*found) if found else a.zeros(by.shape)


Inside = set[int]
Pulls = list[tuple[Term, Term]]


def _moved(t: Term, inside: Inside) -> int:
    return next(k for k, x in enumerate(t.args) if id(x) in inside)


def _add(g: Term, t: Term, inside: Inside) -> Pulls:
    return [(g, x) for x in t.args]


def _scale(g: Term, t: Term, inside: Inside) -> Pulls:
    scalar, body = t.args
    if id(scalar) in inside:
        return [(contracted(g, body), scalar)]
    return [(a.scale(scalar, g), body)]


def contracted(g: Term, t: Term) -> Term:
    """Return Σ g⊙t in the form in which it would be written: a'·M·b, tr(A·B) or a sum."""
    for one, other in ((g, t), (t, g)):
        if one.op == "scale":
            return a.mul(one.args[0], contracted(one.args[1], other))
        if one.op == "matmul":
            for k in range(1, len(one.args)):
                if one.args[k].rows.number == 1:
                    left, right = p.matmul(*one.args[:k]), p.matmul(*one.args[k:])
                    return p.matmul(p.transpose(left), other, p.transpose(right))
        if one.op == "ones":
            return p.total(other)
        if one.op == "eye":
            return f.trace(other)
    if g.op in ("matmul", "T", "inv") or t.op in ("matmul", "T", "inv"):
        return f.trace(p.matmul(p.transpose(g), t)) if g.columns.number != 1 else inner(g, t)
    return inner(g, t)


def _mul(g: Term, t: Term, inside: Inside) -> Pulls:
    k = _moved(t, inside)
    return [(a.mul(g, *t.args[:k], *t.args[k + 1 :]), t.args[k])]


def _matmul(g: Term, t: Term, inside: Inside) -> Pulls:
    k = _moved(t, inside)
    factor = t.args[k]
    left = [p.transpose(x) for x in reversed(t.args[:k])]
    if factor.op == "toep":
        return _convolution(g, t, k, left)
    right = [p.transpose(x) for x in reversed(t.args[k + 1 :])]
    return [(p.matmul(*left, g, *right), factor)]


def _convolution(g: Term, t: Term, k: int, left: list[Term]) -> Pulls:
    """A convolution commutes: toep(w)·x = toep(x)·w."""
    right = p.matmul(*t.args[k + 1 :]) if k + 1 < len(t.args) else None
    if right is None or right.columns.number != 1:
        return _toep(p.matmul(*left, g, *(p.transpose(x) for x in reversed(t.args[k + 1 :]))), t.args[k], set())
    w = t.args[k].args[0]
    swapped = f.toeplitz(right, w.rows)
    return [(p.matmul(p.transpose(swapped), *left, g), w)]


def _had(g: Term, t: Term, inside: Inside) -> Pulls:
    k = _moved(t, inside)
    return [(p.had(g, *t.args[:k], *t.args[k + 1 :]), t.args[k])]


def _kron(g: Term, t: Term, inside: Inside) -> Pulls:
    x, y = t.args
    first = id(x) in inside
    found = [_of_kron(piece, x, y, first) for piece in (g.args if g.op == "add" else (g,))]
    return [(one, x if first else y) for one in found]


def _of_kron(g: Term, x: Term, y: Term, first: bool) -> Term:
    """Return the adjoint of one factor of x⊗y: simple where g is such a product itself.

    Else by vec(X⊗Y) = (I ⊗ K ⊗ I)(vec X ⊗ vec Y) (Magnus and Neudecker, ch. 3, theorem 10).
    """
    if g.op == "scale":
        return a.scale(g.args[0], _of_kron(g.args[1], x, y, first))
    if g.op == "eye":
        g = make("kron", (a.eye(x.rows), a.eye(y.rows)), shape=g.shape)
    if g.op == "ones":
        g = make("kron", (a.ones(*x.shape), a.ones(*y.shape)), shape=g.shape)
    if g.op == "kron" and g.args[0].shape == x.shape and g.args[1].shape == y.shape:
        one, other = g.args if first else reversed(g.args)
        return a.scale(contracted(other, y if first else x), one)
    shuffle = p.kron(a.eye(x.columns), p.kron(p.commutation(x.rows, y.columns), a.eye(y.rows)))
    swept = p.matmul(shuffle, p.vec(g))
    size = [d.rows * d.columns for d in (x, y)]
    if first:
        return f.unvec(p.matmul(p.kron(a.eye(size[0]), p.transpose(p.vec(y))), swept), x)
    return f.unvec(p.matmul(p.kron(p.transpose(p.vec(x)), a.eye(size[1])), swept), y)


def _toep(g: Term, t: Term, inside: Inside) -> Pulls:
    """Return the sums along the diagonals of g, where g says more of itself."""
    if g.op == "matmul":
        for k in range(1, len(g.args)):
            if g.args[k].rows.number == 1:
                left, right = p.matmul(*g.args[:k]), p.transpose(p.matmul(*g.args[k:]))
                return [(p.matmul(p.transpose(f.toeplitz(right, t.args[0].rows)), left), t.args[0])]
    if g.op == "scale":
        return [(a.scale(g.args[0], one), x) for one, x in _toep(g.args[1], t, inside)]
    if g.op == "add":
        return [pair for x in g.args for pair in _toep(x, t, inside)]
    if g.op == "ones":
        return [(a.scale(a.dim(t.data), a.ones(t.args[0].rows)), t.args[0])]
    if g.op == "toep" and g.shape == t.shape:
        return [(a.scale(a.dim(t.data), g.args[0]), t.args[0])]
    raise NoClosedForm("sums along the diagonals of a matrix have no closed form here", reason="toep of what moves")


def _block(g: Term, t: Term, inside: Inside) -> Pulls:
    if g.op == "block" and g.data == t.data:
        return list(zip(g.args, t.args, strict=True))
    if g.op == "scale":
        return [(a.scale(g.args[0], one), x) for one, x in _block(g.args[1], t, inside)]
    if g.op == "ones":
        return [(a.ones(*x.shape), x) for x in t.args]
    return [(piece(g, t, k), x) for k, x in enumerate(t.args) if id(x) in inside]


def piece(g: Term, t: Term, k: int) -> Term:
    """Return the part of g that lies where the block number k of t does."""
    if g.op == "block" and g.data == t.data and all(x.shape == y.shape for x, y in zip(g.args, t.args, strict=True)):
        return g.args[k]
    if g.op in ("had", "map", "hpow", "scale"):
        cut = [piece(x, t, k) if x.shape == g.shape else x for x in g.args]
        return rebuilt(g, cut)
    if g.op in ("ones", "zeros"):
        shape = t.args[k].shape
        return a.ones(*shape) if g.op == "ones" else a.zeros(shape)
    if g.op == "add":
        return a.add(*(piece(x, t, k) for x in g.args))
    left, right = places(t, k)
    return p.matmul(p.transpose(left), g, p.transpose(right))


def places(t: Term, k: int) -> tuple[Term, Term]:
    """Return L and R such that L·X·R has X where the block number k of t lies, zeros elsewhere."""
    rows, columns = t.data
    heights = [t.args[i * columns].rows for i in range(rows)]
    widths = [x.columns for x in t.args[:columns]]
    i, j = divmod(k, columns)
    return _column(heights, i), p.transpose(_column(widths, j))


def _column(sizes: list[Dim], k: int) -> Term:
    cells = [a.eye(n) if i == k else a.zeros((n, sizes[k])) for i, n in enumerate(sizes)]
    return f.block(len(cells), 1, *cells)


def _total(g: Term, t: Term, inside: Inside) -> Pulls:
    return [(a.scale(g, a.ones(*t.args[0].shape)), t.args[0])]


_RULES: dict[str, Callable[[Term, Term, Inside], Pulls]] = {
    "add": _add,
    "scale": _scale,
    "mul": _mul,
    "matmul": _matmul,
    "had": _had,
    "kron": _kron,
    "toep": _toep,
    "block": _block,
    "T": lambda g, t, inside: [(p.transpose(g), t.args[0])],
    "tr": lambda g, t, inside: [(a.scale(g, a.eye(t.args[0].rows)), t.args[0])],
    "sum": _total,
    "diag": lambda g, t, inside: [(f.diagonal(g), t.args[0])],
    "diagvec": lambda g, t, inside: [(p.diag(g), t.args[0])],
    "vec": lambda g, t, inside: [(f.unvec(g, t.args[0]), t.args[0])],
}


def contribution(t: Term, k: int, g: Term) -> Term:
    """Return what a node t with adjoint g brings to the adjoint of its k-th argument."""
    by = placeholder(t.args[k].shape, k)
    moved = differential(t, [by if i == k else None for i in range(len(t.args))])
    assert moved is not None
    return pulled(g, moved, by)


def gradient(loss: Term, wrt: Term, lets: Mapping[Term, Term] | None = None, seed: Term = a.ONE) -> Term:
    """Return ∂loss/∂wrt for a scalar, in the shape of wrt; `lets` are names with what they stand for.

    With a seed g in the shape of `loss`, return the derivative of Σ g⊙loss. A step of the sweep multiplies by one local
    derivative and is put in order at once; nothing is inlined.
    """
    lets = lets or {}
    adjoints: dict[int, list[Term]] = {id(loss): [seed]}
    parts = sequence(loss, lets)
    inside = reaching(parts, wrt, lets)
    for t in reversed(parts):
        terms = adjoints.pop(id(t), None)
        if terms is None:
            continue
        g = a.add(*reversed(terms))  # in the order in which they stand in the formula
        if t is wrt:
            return g
        for k, x in enumerate(inputs(t, lets)):
            if id(x) in inside:
                new = g if t in lets else contribution(t, k, g)
                adjoints.setdefault(id(x), []).append(new)
    return a.zeros(wrt.shape)


def sequence(t: Term, lets: Mapping[Term, Term]) -> list[Term]:
    """Return all parts of a term and of what its names stand for, each behind what it is made of."""
    return ordered(t, inputs=lambda x: inputs(x, lets))


def inputs(t: Term, lets: Mapping[Term, Term]) -> tuple[Term, ...]:
    """Return what a term is made of: its arguments, or what it is a name for."""
    return (lets[t],) if t in lets else t.args


def reaching(parts: Iterable[Term], wrt: Term, lets: Mapping[Term, Term]) -> set[int]:
    """Return which of some parts, in order, contain wrt."""
    found = {id(wrt)}
    for t in parts:
        if any(id(x) in found for x in inputs(t, lets)):
            found.add(id(t))
    return found
