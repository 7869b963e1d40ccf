"""Common factors of a sum in front of it, or behind, where that makes it shorter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import gcd, lcm

from derive.matrices import products as p
from derive.matrices import sums as a
from derive.matrices.cost import cost
from derive.matrices.rebuild import mapped
from derive.matrices.term import Term

Without = Callable[[Term], Term]  # a summand without the common factor
Factored = Callable[[Term], Term]  # a sum with the common factor again


def collected(t: Term) -> Term:
    """Return t with common factors of every sum in it taken out where that is shorter."""
    return mapped(t, lambda x: _collect(x) if x.op == "add" else _opened(x))


_DISTRIBUTE: dict[str, Callable[..., Term]] = {"had": p.had, "scale": a.scale, "mul": a.mul}


def _opened(t: Term) -> Term:
    """Return a product with a sum multiplied out where something cancels: P⊙(A - B/P) = P⊙A - B."""
    join = _DISTRIBUTE.get(t.op)
    if t.op == "matmul" and t.args[0].op == "diag":
        join = p.matmul
    if join is None:
        return t
    for k, factor in enumerate(t.args):
        if factor.op == "add" and len(factor.args) <= 10:
            found = a.add(*(join(*t.args[:k], x, *t.args[k + 1 :]) for x in factor.args))
            if cost(found) + 1 < cost(t):
                return _collect(found) if found.op == "add" else found
    return t


def _collect(t: Term) -> Term:
    if len(t.args) > 40:
        return _number_out(t)
    open_ = _multiplied_out(t)
    if cost(open_) < cost(t):
        return _collect(open_) if open_.op == "add" else open_
    while t.op == "add":
        best = min(_candidates(t), key=lambda x: (cost(x[0]), x[0].op == "add"), default=None)
        if best is None or cost(best[0]) > cost(t) or (cost(best[0]) == cost(t) and best[0].op == "add"):
            return _number_out(t)
        whole, inner, again = best
        # What is in the brackets is put in order once the factor before them is settled.
        t = again(_collect(inner)) if inner.op == "add" else whole
    return t


def _multiplied_out(t: Term) -> Term:
    """Return a sum with the products in it multiplied out, where there are not many: (y - 1)·p + y·(1 - p) = y - p."""
    terms: list[Term] = []
    for x in t.args:
        terms += _products(x, 3)
        if len(terms) > 24:
            return t
    return a.add(*terms)


def _products(t: Term, depth: int) -> list[Term]:
    """Return the summands of a product of sums, of numbers or entry by entry."""
    if t.op == "scale" and t.args[1].op == "had" and depth:
        return [a.scale(t.args[0], x) for x in _products(t.args[1], depth - 1)]
    join = _DISTRIBUTE.get(t.op)
    at = next((k for k, x in enumerate(t.args) if x.op == "add"), None) if join is not None and depth else None
    if join is None or at is None:
        return [t]
    return [y for x in t.args[at].args for y in _products(join(*t.args[:at], x, *t.args[at + 1 :]), depth - 1)]


def _number_out(t: Term) -> Term:
    """Return a sum with the number that all its terms share in front: 2·A + 2·B = 2·(A + B)."""
    if t.op != "add":
        return t
    numbers = [a.number_of(x)[0] for x in t.args]
    shared = Fraction(
        gcd(*(abs(n.numerator) for n in numbers)),
        lcm(*(n.denominator for n in numbers)) if len({n.denominator for n in numbers}) == 1 else 1,
    )
    sign = -1 if all(n < 0 for n in numbers) else 1
    if shared == 1 and sign == 1:
        return t
    inner = a.add(*(a.times(1 / (sign * shared), x) for x in t.args))
    if inner.op != "add":
        return t
    return _raw_scale(a.num(sign * shared), inner)


def _raw_scale(scalar: Term, t: Term) -> Term:
    from derive.matrices.term import make

    if t.scalar:
        return make("mul", (scalar, t))
    return make("scale", (scalar, t), shape=t.shape)


def _candidates(t: Term) -> Iterator[tuple[Term, Term, Callable[[Term], Term]]]:
    """Yield sums that equal t with a factor taken out, what is in its brackets, and how the sum is made from that."""
    for group, without, factored in (*_scalar_factors(t), *_outer_factors(t), *_entry_factors(t)):
        inner = a.add(*(without(x) for x in group))
        if a.is_zero(inner):
            continue
        inside = {id(x) for x in group}
        first = next(k for k, x in enumerate(t.args) if id(x) in inside)
        before = t.args[:first]
        rest = [x for x in t.args[first:] if id(x) not in inside]

        def again(
            inner: Term, factored: Factored = factored, before: tuple[Term, ...] = before, rest: list[Term] = rest
        ) -> Term:
            return a.add(*before, factored(inner), *rest)

        yield again(inner), inner, again


Group = tuple[list[Term], Without, Factored]


def _scalar_factors(t: Term) -> Iterator[Group]:
    """Yield groups of terms that share a scalar factor or a divisor."""
    shared: dict[int, tuple[Term, list[Term]]] = {}
    for x in t.args:
        for s in _scalars(x):
            shared.setdefault(id(s), (s, []))[1].append(x)
    for s, group in shared.values():
        if len(group) > 1:
            yield group, _without_scalar(s), lambda inner, s=s: a.scale(s, inner)  # type: ignore[misc]


def _without_scalar(s: Term) -> Without:
    back = a.power(s, a.num(-1))
    return lambda x: a.scale(back, x)


def _scalars(t: Term) -> list[Term]:
    scalar = t.args[0] if t.op == "scale" else t if t.scalar else a.ONE
    factors = scalar.args if scalar.op == "mul" else (scalar,)
    return [x for x in factors if x.op != "num"]


def _parted(t: Term) -> tuple[Term, list[Term]]:
    """Return the scalar of a term and the matrices of its product."""
    scalar, body = (t.args[0], t.args[1]) if t.op == "scale" else (a.ONE, t)
    return scalar, list(body.args) if body.op == "matmul" else [body]


def _outer_factors(t: Term) -> Iterator[Group]:
    """Yield groups of terms that begin, or end, with the same matrix."""
    if t.scalar:
        return
    for end in (0, -1):
        groups: dict[int, list[Term]] = {}
        factors: dict[int, Term] = {}
        for x in t.args:
            outer = _parted(x)[1]
            if len(outer) > 1 or (outer[0].op != "ones" and outer[0].rows == outer[0].columns):
                groups.setdefault(id(outer[end]), []).append(x)
                factors[id(outer[end])] = outer[end]
        for key, group in groups.items():
            if len(group) > 1 and sum(len(_parted(x)[1]) == 1 for x in group) == 0:
                factor = factors[key]
                yield group, _without_outer(end), _with_outer(factor, end)


def _without_outer(end: int) -> Without:
    def without(x: Term) -> Term:
        scalar, matrices = _parted(x)
        return a.scale(scalar, p.matmul(*(matrices[1:] if end == 0 else matrices[:-1])))

    return without


def _with_outer(factor: Term, end: int) -> Factored:
    return lambda inner: p.matmul(factor, inner) if end == 0 else p.matmul(inner, factor)


def _entry_factors(t: Term) -> Iterator[Group]:
    """Yield groups of terms that share a factor entry by entry; a multiple c·A of it shares it with c everywhere."""
    if t.scalar:
        return
    counts: Counter[int] = Counter()
    factors: dict[int, Term] = {}
    for x in t.args:
        for part in _entries(x):
            counts[id(part)] += 1
            factors[id(part)] = part
    for key, count in counts.items():
        if count > 1:
            factor = factors[key]
            group = [x for x in t.args if any(part is factor for part in _entries(x))]
            yield group, _without_entries(factor), lambda inner, factor=factor: p.had(factor, inner)  # type: ignore[misc]


def _entries(t: Term) -> tuple[Term, ...]:
    body = t.args[1] if t.op == "scale" else t
    if body.op == "ones":
        return ()
    return body.args if body.op == "had" else (body,)


def _without_entries(factor: Term) -> Without:
    def without(x: Term) -> Term:
        scalar, body = (x.args[0], x.args[1]) if x.op == "scale" else (a.ONE, x)
        rest = [part for part in _entries(x) if part is not factor]
        return a.scale(scalar, p.had(*rest) if rest else a.ones(*body.shape))

    return without
