"""Jacobians ∂vec F/∂(vec X)ᵀ from differentials, by vec(A·dX·B) = (B'⊗A)·vec dX and its like.

Magnus and Neudecker, Matrix Differential Calculus, ch. 2, 3 and 9; columns are stacked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from derive.matrices import functions as f
from derive.matrices import products as p
from derive.matrices import sums as a
from derive.matrices.adjoint import NoClosedForm, inputs, placeholder, places, sequence
from derive.matrices.differential import differential
from derive.matrices.dims import Dim
from derive.matrices.rebuild import substituted
from derive.matrices.term import Term, ordered


def jacobian(of: Term, wrt: Term, lets: Mapping[Term, Term] | None = None) -> Term:
    """Return ∂vec of/∂(vec wrt)ᵀ; by a scalar the derivative in the shape of `of`. Raises NoClosedForm."""
    lets = lets or {}
    known: dict[int, Term] = {id(wrt): a.eye(_size(wrt)) if not wrt.scalar else a.ONE}
    apart: set[int] = set()
    for t in sequence(of, lets):
        if t is wrt:
            continue
        if t.op == "toep" and id(t.args[0]) in known and t.args[0].rows.number != 1:
            apart.add(id(t))  # it is taken together with what it is multiplied by
            continue
        if t.op == "matmul" and any(x.op == "toep" and id(x.args[0]) in known for x in t.args):
            known[id(t)] = _with_convolutions(t, known)
            continue
        if any(id(x) in apart for x in inputs(t, lets)):
            raise NoClosedForm("the Jacobian of toep by itself has no closed form here; of toep(w, n)*x it has")
        pairs = [(k, x) for k, x in enumerate(inputs(t, lets)) if id(x) in known]
        if not pairs:
            continue
        if t in lets:
            known[id(t)] = known[id(lets[t])]
        elif wrt.scalar:
            moved = differential(t, [known.get(id(x)) for x in t.args])
            assert moved is not None
            known[id(t)] = moved
        else:
            known[id(t)] = a.add(*(p.matmul(_local(t, k), known[id(x)]) for k, x in pairs))
    return known.get(id(of), a.zeros((_size(of), _size(wrt)) if not wrt.scalar else of.shape))


def _local(t: Term, k: int) -> Term:
    """Return ∂vec t/∂(vec of its k-th argument)ᵀ."""
    by = placeholder(t.args[k].shape, k)
    moved = differential(t, [by if i == k else None for i in range(len(t.args))])
    assert moved is not None
    return vectorised(moved, by)


def _with_convolutions(t: Term, known: Mapping[int, Term]) -> Term:
    """Return the Jacobian of a product in which toep(w) stands and w moves."""
    terms = []
    for k, x in enumerate(t.args):
        inner = x.args[0] if x.op == "toep" and id(x) not in known else x
        if id(inner) not in known:
            continue
        by = placeholder(inner.shape, k)
        moved = f.toeplitz(by, x.data) if inner is not x else by
        linear = p.matmul(*t.args[:k], moved, *t.args[k + 1 :])
        terms.append(p.matmul(vectorised(linear, by), known[id(inner)]))
    return a.add(*terms)


def _size(t: Term) -> Dim:
    return t.rows * t.columns


def vectorised(linear: Term, by: Term) -> Term:
    """Return M with vec(linear) = M·vec(by) for a term that is linear in the name `by`."""
    inside = {id(t) for t in ordered(linear) if t is by}
    known: dict[int, Term] = {}
    for t in ordered(linear):
        if t is by:
            known[id(t)] = a.eye(_size(t))
        elif any(id(x) in inside for x in t.args):
            inside.add(id(t))
            if t.op == "toep" and t.args[0].rows.number != 1:
                continue  # taken together with what it is multiplied by
            if t.op != "matmul" and any(id(x) in inside and id(x) not in known for x in t.args):
                raise NoClosedForm("the Jacobian of toep by itself has no closed form here; of toep(w, n)*x it has")
            rule = _RULES.get(t.op)
            if rule is None:
                raise NoClosedForm(f"the Jacobian of {t.op} has no closed form here")
            known[id(t)] = rule(t, known)
    return known.get(id(linear), a.zeros((_size(linear), _size(by))))


Known = Mapping[int, Term]


def _moving(t: Term, known: Known) -> int:
    return next(k for k, x in enumerate(t.args) if id(x) in known or (x.op == "toep" and id(x.args[0]) in known))


def _matmul(t: Term, known: Known) -> Term:
    k = _moving(t, known)
    left = p.matmul(*t.args[:k]) if k else None
    right = p.matmul(*t.args[k + 1 :]) if k + 1 < len(t.args) else None
    factor = t.args[k]
    if factor.op == "toep" and right is not None and right.columns.number == 1:
        swapped = f.toeplitz(right, factor.args[0].rows)  # a convolution commutes
        inner = p.matmul(swapped, known[id(factor.args[0])])
        return inner if left is None else p.matmul(left, inner)
    if id(factor) not in known:
        raise NoClosedForm("the Jacobian of toep times a matrix has no closed form here; of toep(w, n)*x it has")
    outer = a.eye(factor.columns) if right is None else p.transpose(right)
    whole = p.kron(outer, a.eye(factor.rows) if left is None else left)
    return p.matmul(whole, known[id(factor)])


def _scale(t: Term, known: Known) -> Term:
    scalar, body = t.args
    if id(scalar) in known:
        return p.matmul(p.vec(body), known[id(scalar)])
    return a.scale(scalar, known[id(body)])


def _mul(t: Term, known: Known) -> Term:
    k = _moving(t, known)
    return a.scale(a.mul(*t.args[:k], *t.args[k + 1 :]), known[id(t.args[k])])


def _had(t: Term, known: Known) -> Term:
    k = _moving(t, known)
    return p.matmul(p.diag(p.vec(p.had(*t.args[:k], *t.args[k + 1 :]))), known[id(t.args[k])])


def _diagonals(n: Dim) -> Term:
    """Return E with vec(diag x) = E·x and diagvec X = E'·vec X."""
    return p.had(p.kron(a.ones(n), a.eye(n)), p.kron(a.eye(n), a.ones(n)))


def _kron(t: Term, known: Known) -> Term:
    """vec(X⊗Y) = (I ⊗ K ⊗ I)(vec X ⊗ vec Y) (Magnus and Neudecker, ch. 3, theorem 10)."""
    x, y = t.args
    shuffle = p.kron(a.eye(x.columns), p.kron(p.commutation(y.columns, x.rows), a.eye(y.rows)))
    if id(x) in known:
        spread = p.kron(a.eye(_size(x)), p.vec(y))
        return p.matmul(shuffle, spread, known[id(x)])
    return p.matmul(shuffle, p.kron(p.vec(x), a.eye(_size(y))), known[id(y)])


def _toep(t: Term, known: Known) -> Term:
    return known[id(t.args[0])]


def _block(t: Term, known: Known) -> Term:
    if t.columns.number != 1:
        at = {k: places(t, k) for k, x in enumerate(t.args) if id(x) in known}
        return a.add(*(p.matmul(p.kron(p.transpose(r), left), known[id(t.args[k])]) for k, (left, r) in at.items()))
    width = next(iter(known[id(x)] for x in t.args if id(x) in known)).columns
    cells = [known.get(id(x), a.zeros((_size(x), width))) for x in t.args]
    return f.block(len(cells), 1, *cells)


_RULES: dict[str, Callable[[Term, Known], Term]] = {
    "add": lambda t, known: a.add(*(known[id(x)] for x in t.args if id(x) in known)),
    "scale": _scale,
    "mul": _mul,
    "matmul": _matmul,
    "had": _had,
    "kron": _kron,
    "toep": _toep,
    "block": _block,
    "vec": lambda t, known: known[id(t.args[0])],
    "T": lambda t, known: p.matmul(p.commutation(*t.args[0].shape), known[id(t.args[0])]),
    "sum": lambda t, known: p.matmul(a.ones(1, _size(t.args[0])), known[id(t.args[0])]),
    "tr": lambda t, known: p.matmul(p.transpose(p.vec(a.eye(t.args[0].rows))), known[id(t.args[0])]),
    "diag": lambda t, known: p.matmul(_diagonals(t.rows), known[id(t.args[0])]),
    "diagvec": lambda t, known: p.matmul(p.transpose(_diagonals(t.rows)), known[id(t.args[0])]),
}


def hessian(of: Term, wrt: Term, lets: Mapping[Term, Term], gradient: Term) -> Term:
    """Return ∂²of/∂vec wrt ∂(vec wrt)ᵀ, the Jacobian of the gradient."""
    return jacobian(gradient, wrt, lets)


def tied(gradient: Term) -> Term:
    """Return the gradient where entries (i, j) and (j, i) move together: G + G' - G⊙I (Cookbook, sec. 2.8)."""
    if gradient.scalar:
        return gradient
    other = p.transpose(gradient)
    return a.add(gradient, other, a.neg(p.had(gradient, a.eye(gradient.rows))))


def symmetrised(t: Term, wrt: Term, known: Term) -> Term:
    """Return t with what is assumed of wrt, which must not be used before differentiating."""
    return substituted(t, {wrt: known})
