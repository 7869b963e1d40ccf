"""Products and powers entry by entry."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from derive.matrices import sums as a
from derive.matrices.dims import SCALAR, shown
from derive.matrices.sums import Clash, num, ones, power, scale, zeros
from derive.matrices.term import Term, make


def had(*factors: Term) -> Term:
    """Return the product entry by entry; a scalar multiplies every entry. Raises Clash."""
    scalars: list[Term] = []
    exponents: dict[int, Fraction] = {}
    bases: dict[int, Term] = {}
    shape = SCALAR
    for f in _entry_factors(factors):
        if f.op == "scale":
            scalars.append(f.args[0])
            f = f.args[1]
        if f.scalar:
            scalars.append(f)
            continue
        if shape not in (SCALAR, f.shape):
            raise Clash(f"the shapes do not fit: {shown(shape)} ⊙ {shown(f.shape)}")
        shape = f.shape
        for g in f.args if f.op == "had" else (f,):
            base, n = (g.args[0], g.data) if g.op == "hpow" else (g, Fraction(1))
            bases[id(base)] = base
            exponents[id(base)] = exponents.get(id(base), Fraction(0)) + n
    if shape == SCALAR:
        return a.product(scalars)
    kept = [_with_exponent(base, exponents[key]) for key, base in bases.items()]
    scalars += [k.args[0] for k in kept if k.op == "scale"]
    kept = [k.args[1] if k.op == "scale" else k for k in kept]
    if any(a.is_zero(k) for k in kept):
        return zeros(shape)
    kept = _reduced([k for k in kept if k.op != "ones"])
    if any(k.op == "eye" for k in kept):  # only the diagonal is left
        kept = [k.args[0] if k.op == "T" else k for k in kept]
    made = ones(*shape) if not kept else kept[0] if len(kept) == 1 else _entries(kept, shape)
    return scale(a.product(scalars), made)


def _entry_factors(factors: Iterable[Term]) -> Iterable[Term]:
    for f in factors:
        if f.op == "had":
            yield from f.args
        else:
            yield f


def _with_exponent(base: Term, n: Fraction) -> Term:
    if n == 0:
        return ones(*base.shape)
    # A unit step is its own square.
    if base.op == "map" and base.data == "step" and n > 0:
        return base
    return entry_power(base, num(n))


def _reduced(kept: list[Term]) -> list[Term]:
    """Leave out u(x) beside ReLU(x), and write sign(x)·|x| as x."""
    maps = {(t.data, id(t.args[0])): t for t in kept if t.op == "map"}
    under = {id(t.args[0].args[0]): t for t in kept if t.op == "hpow" and t.data == -1 and _is_abs(t.args[0])}
    found: list[Term] = []
    for t in kept:
        if t.op == "map" and t.data == "step" and ("relu", id(t.args[0])) in maps:
            continue
        if t.op == "map" and t.data == "sign" and id(t.args[0]) in under:
            found.append(entry_power(t.args[0], num(-1)))  # sign(x)/|x| = 1/x
            continue
        if t.op == "hpow" and t.data == -1 and _is_abs(t.args[0]) and ("sign", id(t.args[0].args[0])) in maps:
            continue
        found.append(t)
    return _exponentials(found)


def _is_abs(t: Term) -> bool:
    return t.op == "map" and t.data == "abs"


def _exponentials(kept: list[Term]) -> list[Term]:
    """Write exp(a)⊙exp(b) as exp(a + b) where that is shorter."""
    exps = [t for t in kept if t.op == "map" and t.data == "exp"]
    if len(exps) < 2:
        return kept
    whole = a.add(*(t.args[0] for t in exps))
    if whole.size >= sum(t.args[0].size for t in exps):
        return kept
    rest = [t for t in kept if t not in exps]
    return rest if a.is_zero(whole) else [*rest, make("map", (whole,), "exp", whole.shape)]


def _entries(kept: list[Term], shape: tuple[object, object]) -> Term:
    if all(k.op == "vec" for k in kept):
        return make("vec", (had(*(k.args[0] for k in kept)),), shape=shape)  # type: ignore[arg-type]
    return make("had", kept, shape=shape)  # type: ignore[arg-type]


def entry_power(base: Term, exponent: Term) -> Term:
    """Return a power entry by entry, with a scalar as the exponent."""
    if base.scalar:
        return power(base, exponent)
    if exponent.op != "num":
        return make("hpow_by", (base, exponent), shape=base.shape)
    n: Fraction = exponent.data
    if n == 1 or base.op == "ones":
        return base
    if n == 0:
        return ones(*base.shape)
    if base.op == "hpow" and n.denominator == 1:
        return entry_power(base.args[0], num(base.data * n))
    if base.op == "scale" and n.denominator == 1:
        return scale(power(base.args[0], exponent), entry_power(base.args[1], exponent))
    if base.op == "had" and n.denominator == 1:
        return had(*(entry_power(f, exponent) for f in base.args))
    if base.op == "vec":
        return make("vec", (entry_power(base.args[0], exponent),), shape=base.shape)
    if base.op == "map" and base.data == "exp" and n == -1:
        return make("map", (a.neg(base.args[0]),), "exp", base.shape)
    return make("hpow", (base,), n, base.shape)
