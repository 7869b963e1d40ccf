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
from derive.matrices.rows import Numbers, Rows, Unclear, summed, turned
from derive.matrices.rows import norm as norms
from derive.matrices.rows import product as vectors
from derive.matrices.rows import total as added
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


def big_sum(t: s.BigSum, reading: Reading) -> Term:
    """Return a sum that no index of another one stands in. Raises a Fault."""
    return _Indices(reading, {}).sum(t)


def entries(t: s.Tree, reading: Reading, free: tuple[str, ...]) -> Term:
    """Return the column or matrix whose entry with the indices `free` a formula gives. Raises a Fault."""
    found = _Indices(reading, dict.fromkeys(free))
    made = found.read(t)
    missing = [i for i in free if i not in made.indices]
    if missing and found.sizes[missing[0]] is None:
        raise reading.fault(t, f"the index {missing[0]} does not stand on the right", expected="an entry such as x_i")
    return found.spread(made, free, t)


@dataclass(slots=True)
class _Indices:
    reading: Reading
    sizes: dict[str, Dim | None]

    def read(self, t: s.Tree) -> Numbers:
        """Return what stands under sums, with its indices; it must be a number for each of their values."""
        found = self.anything(t)
        if isinstance(found, Rows):
            raise self.reading.fault(t, "a vector where a number is needed", expected="entries, as in x_i, or a norm")
        return found

    def anything(self, t: s.Tree) -> Numbers | Rows:
        """Return what stands under sums: a number or a vector for each value of the indices."""
        if not self.moves(t):
            found = self.reading.read(t)
            return Numbers(found) if found.scalar else Rows(found)
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

    def name(self, t: s.Name) -> Numbers | Rows:
        indices = self.subscripts(t.sub)
        if not indices:
            raise self.reading.fault(t, f"the index {t.latex} is used as a number", expected="entries, as in x_i")
        whole = self.reading.read(self.whole(t))
        if len(indices) == 1 and 1 not in (whole.rows.number, whole.columns.number):
            return self.sample(t, whole, indices[0])
        return self.entry(t, whole, indices)

    def sample(self, t: s.Tree, whole: Term, index: str) -> Rows:
        """Return the rows of a matrix of samples, as columns."""
        self.goes_to(t, index, whole.rows)
        return Rows(whole, index)

    def whole(self, t: s.Name) -> s.Name:
        """Return the matrix whose entry a name is: y_ij is one of Y where there is no y."""
        for id in (t.base, capital(t.base)):
            if id in self.reading.names.terms:
                return s.Name(t.at, id, id, "", "", id)
        return s.Name(t.at, t.base, t.base, "", "", t.base)

    def index(self, t: s.Index) -> Numbers:
        indices = self.subscripts(t.sub)
        if not indices:
            raise self.reading.fault(t, "this index has no meaning here")
        return self.entry(t, self.reading.read(t.body), indices)

    def entry(self, t: s.Tree, base: Term, indices: tuple[str, ...]) -> Numbers:
        """Return the entries of a matrix by their indices."""
        if len(indices) == 1 and base.rows.number == 1:
            base = p.transpose(base)
        shape = base.shape[: len(indices)]
        if len(indices) > 2 or (len(indices) == 1 and base.columns.number != 1) or base.scalar:
            what = "a scalar" if base.scalar else f"a {base.rows}×{base.columns} matrix"
            raise self.reading.fault(t, f"{len(indices)} indices at {what}")
        for index, size in zip(indices, shape, strict=True):
            self.goes_to(t, index, size)
        if len(indices) == 2 and indices[0] == indices[1]:
            return Numbers(f.diagonal(base), indices[:1])
        return Numbers(base, indices)

    def goes_to(self, t: s.Tree, index: str, size: Dim) -> None:
        """Take the range of an index from what it stands at. Raises a Fault where it has another one."""
        if self.sizes[index] is None:
            self.sizes[index] = size
        elif self.sizes[index] != size:
            self.reading.resolve(self.sizes[index], size)
            title = f"the index {index} goes to {self.sizes[index]}, but there are {size} entries here"
            raise self.reading.fault(t, title)

    def size(self, index: str, t: s.Tree) -> Dim:
        found = self.sizes[index]
        if found is None:
            raise self.reading.fault(t, f"how far does {index} go?", expected=f"\\sum_{{{index}=1}}^{{n}}")
        return found

    def aligned(self, t: s.Tree, *xs: Numbers) -> tuple[list[Term], tuple[str, ...]]:
        """Return terms of one shape for all indices that stand in any of them."""
        indices = tuple(dict.fromkeys(i for x in sorted(xs, key=lambda x: -len(x.indices)) for i in x.indices))
        if len(indices) > 2:
            names = ", ".join(indices)
            raise self.reading.fault(t, f"three indices meet here ({names}) outside of a product that sums one of them")
        return [self.spread(x, indices, t) for x in xs], indices

    def spread(self, x: Numbers, indices: tuple[str, ...], t: s.Tree) -> Term:
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

    def joined(self, t: s.Tree, join: Callable[..., Term], *xs: Numbers) -> Numbers:
        terms, indices = self.aligned(t, *xs)
        return Numbers(join(*terms), indices)

    def add(self, t: s.Add) -> Numbers | Rows:
        terms = [self.anything(x) for x in t.terms]
        numbers = [x for x in terms if isinstance(x, Numbers)]
        if len(numbers) == len(terms):
            return self.joined(t, a.add, *numbers)
        try:
            return added(terms)
        except Unclear as unclear:
            raise self.reading.fault(t, f"under a sum over indices this is {unclear}") from None

    def neg(self, t: s.Neg) -> Numbers | Rows:
        found = self.anything(t.body)
        if isinstance(found, Rows):
            return Rows(a.neg(found.term), found.index, found.lying)
        return Numbers(a.neg(found.term), found.indices)

    def mul(self, t: s.Mul) -> Numbers | Rows:
        factors = [self.anything(x) for x in t.factors]
        numbers = [x for x in factors if isinstance(x, Numbers)]
        chain: Numbers | Rows | None = None
        try:
            for x in factors:
                if isinstance(x, Rows):
                    chain = x if chain is None else vectors(chain, x)
            if isinstance(chain, Rows):  # numbers stand anywhere
                return vectors(chain, self.joined(t, p.had, *numbers)) if numbers else chain
        except Unclear as unclear:
            raise self.reading.fault(t, f"under a sum over indices this is {unclear}") from None
        return self.joined(t, p.had, *numbers, *([chain] if chain is not None else []))

    def transpose(self, t: s.Transpose) -> Numbers | Rows:
        found = self.anything(t.body)
        return turned(found) if isinstance(found, Rows) else found

    def div(self, t: s.Div) -> Numbers:
        return self.joined(
            t, lambda x, y: p.had(x, p.entry_power(y, a.num(-1))), self.read(t.above), self.read(t.below)
        )

    def pow(self, t: s.Pow) -> Numbers:
        base, exponent = self.read(t.base), self.read(t.exponent)
        if exponent.indices:
            raise self.reading.fault(t.exponent, "an index in an exponent")
        return Numbers(p.entry_power(base.term, exponent.term), base.indices)

    def root(self, t: s.Root) -> Numbers:
        body = self.read(t.body)
        if t.degree is not None:
            raise self.reading.fault(t, "a root of this degree under a sum")
        return Numbers(f.entrywise("sqrt", body.term), body.indices)

    def bars(self, t: s.Bars) -> Numbers:
        found = self.anything(t.body)
        if t.double and isinstance(found, Rows) and t.sub in ("", "2"):
            return norms(found)
        body = self.read(t.body)
        return Numbers(f.entrywise("abs", body.term), body.indices)

    def call(self, t: s.Call) -> Numbers:
        op = self.reading.entry_call(t)
        return self.joined(t, lambda *xs: self.reading.spread(op, list(xs)), *(self.read(x) for x in t.args))

    def nested(self, t: s.BigSum) -> Numbers | Rows:
        """Return a sum inside another one."""
        found = self.summed(t)
        return found if isinstance(found, Rows) else Numbers(found.term, found.indices)

    def sum(self, t: s.BigSum) -> Term:
        """Return a sum that stands in no other one."""
        return self.summed(t).term

    def has_vectors(self, t: s.Tree) -> bool:
        """Return whether a part is a vector for each value of an index: x_i of a matrix X."""
        names = [x for x in walk(t) if isinstance(x, s.Name) and len(self.subscripts(x.sub)) == 1]
        known = [self.reading.names.terms.get(self.whole(x).id) for x in names]
        return any(m is not None and 1 not in (m.rows.number, m.columns.number) for m in known)

    def summed(self, t: s.BigSum) -> Numbers | Rows:
        """Return a sum, over one index after the other."""
        if t.product:
            raise self.reading.fault(t, "a product over an index has no matrix form here")
        if t.lower is not None and not (isinstance(t.lower, s.Num) and t.lower.text == "1"):
            raise self.reading.fault(t.lower, "a sum that does not begin with 1", expected=f"{t.indices[0]} = 1")
        for index in t.indices:
            if index in self.sizes:
                raise self.reading.fault(t, f"the index {index} is used twice")
            self.sizes[index] = self.reading.dim(t.upper) if t.upper is not None else None
        if self.has_vectors(t.body):
            whole = self.anything(t.body)
            if isinstance(whole, Rows):
                return self.of_vectors(t, whole)
            factors = [whole]
        else:
            factors = [self.read(x) for x in self.factors(t.body)]
        for index in reversed(t.indices):
            factors = self.contracted(t, factors, index)
        for index in t.indices:
            del self.sizes[index]
        return self.joined(t, p.had, *factors) if len(factors) > 1 else factors[0]

    def of_vectors(self, t: s.BigSum, whole: Rows) -> Rows:
        if t.indices != (whole.index,):
            raise self.reading.fault(t, "a sum of vectors over another index than theirs")
        del self.sizes[whole.index]
        return Rows(summed(whole))

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

    def contracted(self, t: s.Tree, factors: list[Numbers], index: str) -> list[Numbers]:
        """Return the factors that are left when the product has been summed over an index."""
        touched = [x for x in factors if index in x.indices]
        others = [x for x in factors if index not in x.indices]
        if not touched:
            return [*others, Numbers(a.dim(self.size(index, t)))]
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


def capital(id: str) -> str:
    """Return the name of a matrix for that of its entries: Y for y, hat_Y for hat_y."""
    head, bar, last = id.rpartition("_")
    return f"{head}{bar}{last[:1].upper()}{last[1:]}"


def _contraction(columns: list[Term], made: dict[str, Term]) -> Numbers:
    """Return Σ_k of columns u_k and matrices A_ik, B_jk."""
    if not made:
        if len(columns) == 1:
            return Numbers(p.total(columns[0]))
        return Numbers(p.matmul(p.transpose(columns[0]), p.had(*columns[1:]) if len(columns) > 2 else columns[1]))
    (i, first), *rest = made.items()
    if not rest:
        return Numbers(p.matmul(first, p.had(*columns) if columns else a.ones(first.columns)), (i,))
    j, second = rest[0]
    if columns:
        first = p.matmul(first, p.diag(p.had(*columns)))
    return Numbers(p.matmul(first, p.transpose(second)), (i, j))


_RULES: dict[type, Callable[..., Numbers | Rows]] = {
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
    s.BigSum: _Indices.nested,
    s.Transpose: _Indices.transpose,
}
