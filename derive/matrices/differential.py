"""The differential of every operation: d(op) as an expression that is linear in the differentials of the arguments.

The rules are those of Magnus and Neudecker, Matrix Differential Calculus, ch. 8 and 9, and of Petersen and Pedersen,
The Matrix Cookbook (2012), sec. 2. Gradients, Jacobians and Hessians are read off from them (`adjoint`, `jacobian`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from derive.errors import Fault
from derive.expr import Number, Ref
from derive.matrices import functions as f
from derive.matrices import products as p
from derive.matrices import sums as a
from derive.matrices.entrywise import lifted
from derive.matrices.term import Term
from derive.ops import PRIMITIVES

D = Term | None  # the differential of an argument, None where it does not move
Rule = Callable[[Term, Sequence[D]], Term]


def differential(t: Term, moved: Sequence[D]) -> Term | None:
    """Return dt for the differentials of its arguments, None where none of them moves.

    Raises a Fault for an operation without one.
    """
    if all(d is None for d in moved):
        return None
    rule = RULES.get(t.op)
    if rule is None:
        raise Fault(f"no derivative is known for {t.op}")
    return rule(t, moved)


def _each(rebuild: Callable[..., Term]) -> Rule:
    """The operation is linear in its only argument."""
    return lambda t, d: rebuild(t, d[0])


def _by_factors(join: Callable[..., Term]) -> Rule:
    """d(A·B·…) = dA·B·… + A·dB·… + …"""

    def rule(t: Term, d: Sequence[D]) -> Term:
        return a.add(
            *(join(*t.args[:k], dx, *t.args[k + 1 :]) for k, dx in enumerate(d) if dx is not None),
        )

    return rule


def _power(t: Term, d: Sequence[D]) -> Term:
    """d(u^v) = v·u^(v-1)·du + u^v·log u·dv"""
    base, exponent = t.args
    terms = []
    if d[0] is not None:
        terms.append(a.mul(exponent, a.power(base, a.add(exponent, a.num(-1))), d[0]))
    if d[1] is not None:
        terms.append(a.mul(t, f.entrywise("log", base), d[1]))
    return a.add(*terms)


def _entry_power(t: Term, d: Sequence[D]) -> Term:
    return a.times(t.data, p.had(p.entry_power(t.args[0], a.num(t.data - 1)), _there(d[0])))


def _entry_power_by(t: Term, d: Sequence[D]) -> Term:
    base, exponent = t.args
    terms = []
    if d[0] is not None:
        terms.append(a.scale(exponent, p.had(p.entry_power(base, a.add(exponent, a.num(-1))), d[0])))
    if d[1] is not None:
        terms.append(a.scale(d[1], p.had(t, f.entrywise("log", base))))
    return a.add(*terms)


def _there(d: D) -> Term:
    assert d is not None
    return d


def _matrix_power(t: Term, d: Sequence[D]) -> Term:
    """d(X^k) = Σ X^i·dX·X^(k-1-i)"""
    x, k, dx = t.args[0], t.data, _there(d[0])
    return a.add(*(p.matmul(p.matrix_power(x, i), dx, p.matrix_power(x, k - 1 - i)) for i in range(k)))


def _logsumexp(t: Term, d: Sequence[D]) -> Term:
    x, dx = t.args[0], _there(d[0])
    if x.columns.number == 1:
        return inner(f.softmax(x), dx)
    return a.mul(f.entrywise("exp", a.neg(t)), inner(f.entrywise("exp", x), dx))


def _softmax(t: Term, d: Sequence[D]) -> Term:
    """ds = s⊙dx - s·(s'·dx)"""
    dx = _there(d[0])
    return a.add(p.had(t, dx), a.neg(p.matmul(t, p.matmul(p.transpose(t), dx))))


def _row_softmax(t: Term, d: Sequence[D]) -> Term:
    moved = p.had(t, _there(d[0]))
    return a.add(moved, a.neg(p.had(t, p.matmul(moved, a.ones(t.columns, t.columns)))))


def _col_softmax(t: Term, d: Sequence[D]) -> Term:
    moved = p.had(t, _there(d[0]))
    return a.add(moved, a.neg(p.had(t, p.matmul(a.ones(t.rows, t.rows), moved))))


def inner(g: Term, dx: Term) -> Term:
    """Return the scalar product Σ g_ij·dx_ij."""
    if g.scalar:
        return a.mul(g, dx)
    if g.op == "scale":
        return a.mul(g.args[0], inner(g.args[1], dx))
    if g.columns.number == 1:
        return p.matmul(p.transpose(g), dx)
    return p.total(p.had(g, dx))


def _entrywise(t: Term, d: Sequence[D]) -> Term:
    """Use the primitive's own derivative, at every entry."""
    rule = PRIMITIVES[t.data]
    refs = tuple(Ref(str(k)) for k in range(len(t.args)))
    env = {"y": t, **{str(k): x for k, x in enumerate(t.args)}}
    terms = []
    for k, dx in enumerate(d):
        if dx is not None:
            slope = lifted(rule.vjp(k, Number(Fraction(1)), Ref("y"), refs), env)
            joined = p.had(slope, dx) if dx.shape == t.shape else p.had(slope, a.scale(dx, a.ones(*t.shape)))
            terms.append(joined)
    return a.add(*terms)


def _open(t: Term, d: Sequence[D]) -> Term:
    name, primes = t.data
    return p.had(f.opened(name, t.args[0], primes + 1), _there(d[0]))


def _clip(t: Term, d: Sequence[D]) -> Term:
    x, low, high = t.args
    below, above = _step(low, x, t), _step(x, high, t)
    terms = [
        None if d[0] is None else p.had(_step(x, low, t), _step(high, x, t), d[0]),
        None if d[1] is None else p.had(below, d[1]),
        None if d[2] is None else p.had(above, d[2]),
    ]
    return a.add(*(x for x in terms if x is not None))


def _step(larger: Term, smaller: Term, t: Term) -> Term:
    spread = [x if x.shape == t.shape else a.scale(x, a.ones(*t.shape)) for x in (larger, smaller)]
    return f.entrywise("step", a.add(spread[0], a.neg(spread[1])))


def _huber(t: Term, d: Sequence[D]) -> Term:
    """d huber(r, δ) = clip(r, -δ, δ)·dr + (|r| - δ)₊·dδ (Huber 1964)"""
    from derive.matrices.term import make

    r, delta = t.args
    terms = []
    if d[0] is not None:
        terms.append(p.had(make("clip", (r, a.neg(delta), delta), None, r.shape), d[0]))
    if d[1] is not None:
        past = f.entrywise("relu", a.add(f.entrywise("abs", r), a.neg(delta)))
        terms.append(p.had(past, d[1]) if not past.scalar else a.mul(past, d[1]))
    return a.add(*terms)


RULES: dict[str, Rule] = {
    "add": lambda t, d: a.add(*(x for x in d if x is not None)),
    "scale": _by_factors(a.scale),
    "mul": _by_factors(a.mul),
    "matmul": _by_factors(p.matmul),
    "had": _by_factors(p.had),
    "kron": _by_factors(p.kron),
    "pow": _power,
    "hpow": _entry_power,
    "hpow_by": _entry_power_by,
    "map": _entrywise,
    "T": _each(lambda t, dx: p.transpose(dx)),
    "tr": _each(lambda t, dx: f.trace(dx)),
    "sum": _each(lambda t, dx: p.total(dx)),
    "diag": _each(lambda t, dx: p.diag(dx)),
    "diagvec": _each(lambda t, dx: f.diagonal(dx)),
    "vec": _each(lambda t, dx: p.vec(dx)),
    "toep": _each(lambda t, dx: f.toeplitz(dx, t.data)),
    "block": lambda t, d: f.block(
        *t.data, *(a.zeros(x.shape) if dx is None else dx for x, dx in zip(t.args, d, strict=True))
    ),
    "inv": _each(lambda t, dx: a.neg(p.matmul(t, dx, t))),
    "mpow": _matrix_power,
    "det": _each(lambda t, dx: a.mul(t, f.trace(p.matmul(p.inverse(t.args[0]), dx)))),
    "logdet": _each(lambda t, dx: f.trace(p.matmul(p.inverse(t.args[0]), dx))),
    "norm": _each(lambda t, dx: a.mul(inner(t.args[0], dx), a.power(t, a.num(-1)))),
    "norm1": _each(lambda t, dx: inner(f.entrywise("sign", t.args[0]), dx)),
    "logsumexp": _logsumexp,
    "softmax": _softmax,
    "rowsoftmax": _row_softmax,
    "colsoftmax": _col_softmax,
    "huber": _huber,
    "clip": _clip,
    "fn": _open,
}
