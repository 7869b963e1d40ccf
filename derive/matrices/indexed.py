"""Sums over indices, in matrix form: Σ_j W_ij·x_j is W·x, Σ_i (x_i - a)² is sum((x - a).^2).

What stands under a sum is a number for each value of the indices in it: none, one (a column) or two (a matrix, its
rows by the first). A product of more is summed as soon as an index stands in no other factor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from derive.errors import Fault
from derive.language import surface as s
from derive.language.walk import walk
from derive.matrices import functions as f
from derive.matrices import products as p
from derive.matrices import sums as a
from derive.matrices.dims import Dim
from derive.matrices.term import Term


class Known(Protocol):
    @property
    def terms(self) -> Mapping[str, Term]: ...


class Reading(Protocol):
    """What reads everything that has no index."""

    @property
    def names(self) -> Known: ...
    def read(self, t: s.Tree) -> Term: ...
    def fault(self, t: s.Tree, title: str, **more: Any) -> Fault: ...
    def dim(self, t: s.Tree) -> Dim: ...
    def spread(self, op: str, args: list[Term]) -> Term: ...
    def entry_call(self, t: s.Call) -> str: ...
    def resolve(self, one: Dim | None, other: Dim) -> None: ...


@dataclass(frozen=True, slots=True)
class Indexed:
    """A number for each value of some indices, at most two."""

    term: Term
    indices: tuple[str, ...] = ()


def big_sum(t: s.BigSum, reading: Reading) -> Term:
    """Return a sum that no index of another one stands in. Raises a Fault."""
    return _Indices(reading, {}).sum(t).term


@dataclass(slots=True)
class _Indices:
    reading: Reading
    sizes: dict[str, Dim | None]

    def read(self, t: s.Tree) -> Indexed:
        """Return what stands under sums, with its indices."""
        if not self.moves(t):
            found = self.reading.read(t)
            if not found.scalar:
                raise self.reading.fault(t, "a matrix under a sum over indices", expected="its entries, as in x_i")
            return Indexed(found)
        rule = _RULES.get(type(t))
        if rule is None:
            raise self.reading.fault(t, "this has no meaning under a sum over indices")
        return rule(self, t)

    def moves(self, t: s.Tree) -> bool:
        """Return whether an index, or a sum, stands in a part."""
        return any(
            isinstance(x, s.BigSum)
            or (isinstance(x, s.Name) and (x.id in self.sizes or bool(self.subscripts(x.sub))))
            or (isinstance(x, s.Index) and bool(self.subscripts(x.sub)))
            for x in walk(t)
        )

    def subscripts(self, sub: str) -> tuple[str, ...]:
        """Return the indices that a subscript is made of, none if it holds anything else."""
        parts = sub.split(",") if "," in sub else [sub] if sub in self.sizes else list(sub)
        return tuple(parts) if parts and all(x in self.sizes for x in parts) else ()

    def name(self, t: s.Name) -> Indexed:
        indices = self.subscripts(t.sub)
        if not indices:
            raise self.reading.fault(t, f"the index {t.latex} is used as a number", expected="entries, as in x_i")
        return self.entry(t, self.reading.read(self.whole(t)), indices)

    def whole(self, t: s.Name) -> s.Name:
        """Return the matrix whose entry a name is: y_ij is one of Y where there is no y."""
        for id in (t.base, _capital(t.base)):
            if id in self.reading.names.terms:
                return s.Name(t.at, id, id, "", "", id)
        return s.Name(t.at, t.base, t.base, "", "", t.base)

    def index(self, t: s.Index) -> Indexed:
        indices = self.subscripts(t.sub)
        if not indices:
            raise self.reading.fault(t, "this index has no meaning here")
        return self.entry(t, self.reading.read(t.body), indices)

    def entry(self, t: s.Tree, base: Term, indices: tuple[str, ...]) -> Indexed:
        """Return the entries of a matrix by their indices."""
        if len(indices) == 1 and base.rows.number == 1:
            base = p.transpose(base)
        shape = base.shape[: len(indices)]
        if len(indices) > 2 or (len(indices) == 1 and base.columns.number != 1) or base.scalar:
            what = "a scalar" if base.scalar else f"a {base.rows}×{base.columns} matrix"
            raise self.reading.fault(t, f"{len(indices)} indices at {what}")
        for index, size in zip(indices, shape, strict=True):
            if self.sizes[index] is None:
                self.sizes[index] = size
            elif self.sizes[index] != size:
                self.reading.resolve(self.sizes[index], size)
                title = f"the index {index} goes to {self.sizes[index]}, but there are {size} entries here"
                raise self.reading.fault(t, title)
        if len(indices) == 2 and indices[0] == indices[1]:
            return Indexed(f.diagonal(base), indices[:1])
        return Indexed(base, indices)

    def size(self, index: str, t: s.Tree) -> Dim:
        found = self.sizes[index]
        if found is None:
            raise self.reading.fault(t, f"how far does {index} go?", expected=f"\\sum_{{{index}=1}}^{{n}}")
        return found

    def aligned(self, t: s.Tree, *xs: Indexed) -> tuple[list[Term], tuple[str, ...]]:
        """Return terms of one shape for all indices that stand in any of them."""
        indices = tuple(dict.fromkeys(i for x in sorted(xs, key=lambda x: -len(x.indices)) for i in x.indices))
        if len(indices) > 2:
            names = ", ".join(indices)
            raise self.reading.fault(t, f"three indices meet here ({names}) outside of a product that sums one of them")
        return [self.spread(x, indices, t) for x in xs], indices

    def spread(self, x: Indexed, indices: tuple[str, ...], t: s.Tree) -> Term:
        if x.indices == indices:
            return x.term
        sizes = [self.size(i, t) for i in indices]
        if not x.indices:
            return a.scale(x.term, a.ones(*sizes))
        if len(x.indices) == 2:
            return p.transpose(x.term)
        if x.indices[0] == indices[0]:
            return p.matmul(x.term, a.ones(1, sizes[1]))
        return p.matmul(a.ones(sizes[0]), p.transpose(x.term))

    def joined(self, t: s.Tree, join: Callable[..., Term], *xs: Indexed) -> Indexed:
        terms, indices = self.aligned(t, *xs)
        return Indexed(join(*terms), indices)

    def add(self, t: s.Add) -> Indexed:
        return self.joined(t, a.add, *(self.read(x) for x in t.terms))

    def neg(self, t: s.Neg) -> Indexed:
        found = self.read(t.body)
        return Indexed(a.neg(found.term), found.indices)

    def mul(self, t: s.Mul) -> Indexed:
        return self.joined(t, p.had, *(self.read(x) for x in t.factors))

    def div(self, t: s.Div) -> Indexed:
        return self.joined(
            t, lambda x, y: p.had(x, p.entry_power(y, a.num(-1))), self.read(t.above), self.read(t.below)
        )

    def pow(self, t: s.Pow) -> Indexed:
        base, exponent = self.read(t.base), self.read(t.exponent)
        if exponent.indices:
            raise self.reading.fault(t.exponent, "an index in an exponent")
        return Indexed(p.entry_power(base.term, exponent.term), base.indices)

    def root(self, t: s.Root) -> Indexed:
        body = self.read(t.body)
        if t.degree is not None:
            raise self.reading.fault(t, "a root of this degree under a sum")
        return Indexed(f.entrywise("sqrt", body.term), body.indices)

    def bars(self, t: s.Bars) -> Indexed:
        body = self.read(t.body)
        return Indexed(f.entrywise("abs", body.term), body.indices)

    def call(self, t: s.Call) -> Indexed:
        op = self.reading.entry_call(t)
        return self.joined(t, lambda *xs: self.reading.spread(op, list(xs)), *(self.read(x) for x in t.args))

    def sum(self, t: s.BigSum) -> Indexed:
        """Return a sum, over one index after the other."""
        if t.product:
            raise self.reading.fault(t, "a product over an index has no matrix form here")
        if t.lower is not None and not (isinstance(t.lower, s.Num) and t.lower.text == "1"):
            raise self.reading.fault(t.lower, "a sum that does not begin with 1", expected=f"{t.indices[0]} = 1")
        for index in t.indices:
            if index in self.sizes:
                raise self.reading.fault(t, f"the index {index} is used twice")
            self.sizes[index] = self.reading.dim(t.upper) if t.upper is not None else None
        factors = [self.read(x) for x in self.factors(t.body)]
        for index in reversed(t.indices):
            factors = self.contracted(t, factors, index)
        for index in t.indices:
            del self.sizes[index]
        return self.joined(t, p.had, *factors) if len(factors) > 1 else factors[0]

    def factors(self, t: s.Tree) -> list[s.Tree]:
        """Return the factors of a product, those of products and divisions in it too."""
        match t:
            case s.Mul():
                return [y for x in t.factors for y in self.factors(x)]
            case s.Neg():
                return [s.Neg(t.at, s.Num(t.at, "1")), *self.factors(t.body)]
            case s.Div() if not self.moves(t.below):
                return [*self.factors(t.above), s.Div(t.at, s.Num(t.at, "1"), t.below, "frac")]
        return [t]

    def contracted(self, t: s.Tree, factors: list[Indexed], index: str) -> list[Indexed]:
        """Return the factors that are left when the product has been summed over an index."""
        touched = [x for x in factors if index in x.indices]
        others = [x for x in factors if index not in x.indices]
        if not touched:
            return [*others, Indexed(a.dim(self.size(index, t)))]
        columns = [x.term for x in touched if x.indices == (index,)]
        pairs: dict[str, list[Term]] = {}
        for x in touched:
            if len(x.indices) == 2:
                other = x.indices[0] if x.indices[1] == index else x.indices[1]
                pairs.setdefault(other, []).append(x.term if x.indices[1] == index else p.transpose(x.term))
        made = {other: p.had(*terms) for other, terms in pairs.items()}
        if len(made) > 2:
            raise self.reading.fault(t, f"the index {index} joins more than two matrices")
        return [*others, _contraction(columns, made)]


def _capital(id: str) -> str:
    """Return the name of a matrix for that of its entries: Y for y, hat_Y for hat_y."""
    head, bar, last = id.rpartition("_")
    return f"{head}{bar}{last[:1].upper()}{last[1:]}"


def _contraction(columns: list[Term], made: dict[str, Term]) -> Indexed:
    """Return Σ_k of columns u_k and matrices A_ik, B_jk."""
    if not made:
        if len(columns) == 1:
            return Indexed(p.total(columns[0]))
        return Indexed(p.matmul(p.transpose(columns[0]), p.had(*columns[1:]) if len(columns) > 2 else columns[1]))
    (i, first), *rest = made.items()
    if not rest:
        return Indexed(p.matmul(first, p.had(*columns) if columns else a.ones(first.columns)), (i,))
    j, second = rest[0]
    if columns:
        first = p.matmul(first, p.diag(p.had(*columns)))
    return Indexed(p.matmul(first, p.transpose(second)), (i, j))


_RULES: dict[type, Callable[..., Indexed]] = {
    s.Name: _Indices.name,
    s.Index: _Indices.index,
    s.Add: _Indices.add,
    s.Neg: _Indices.neg,
    s.Mul: _Indices.mul,
    s.Div: _Indices.div,
    s.Pow: _Indices.pow,
    s.Root: _Indices.root,
    s.Bars: _Indices.bars,
    s.Call: _Indices.call,
    s.BigSum: _Indices.sum,
}
