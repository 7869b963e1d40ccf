"""The value of a formula of matrices: what is left to the reader on paper is read as it can only be meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from derive.check import quantities as q
from derive.check.functions import FUNCTIONS
from derive.check.matrices import dots
from derive.check.matrices.below import shaped
from derive.check.matrices.families import Counted, defined, ranges, resolved
from derive.check.matrices.indices import extents, number, places, split
from derive.check.matrices.jacobian import Jacobian, Part
from derive.check.quantities import Grid, Quantity
from derive.check.value import COMPARED, Valuation
from derive.check.work import Unread
from derive.language import surface as s
from derive.language.meaning import compound_id
from derive.ops import DomainError

if TYPE_CHECKING:
    from derive.check.matrices.world import MatrixWorld


class Beyond(DomainError):
    """An entry that a matrix does not have."""


class Tensor(Unread):
    """A derivative that is no matrix: of a matrix by a matrix."""


@dataclass(slots=True)
class MatrixValuation(Valuation):
    """composing: derivatives that stand side by side are the chain rule, in whatever layout."""

    world: MatrixWorld
    composing: bool = False

    def value(self, tree: s.Tree) -> Quantity:
        own = _RULES.get(type(tree))
        if own is not None:
            self.takes(1)
            found = own(self, tree)
            self._met(found)
            return found
        return Valuation.value(self, tree)

    def _met(self, found: Quantity) -> None:
        for x in found.cells if isinstance(found, Grid) else (found,):
            if x != 0:
                size = q.binary_size(x)
                self.largest, self.least = max(self.largest, size), min(self.least, size)

    def name(self, t: s.Name) -> Quantity:
        below = shaped(t)
        t = t if below is None else below[0]
        if t.id in self.bound:
            return Fraction(self.bound[t.id])
        t = resolved(t, self.bound, self.world.is_known)
        if self.world.node(t.id) is None and t.id not in self.world.numbers:
            meant = defined(t, self.world.own)
            if meant is not None:
                return self.counted(t, *meant)
        if self.world.whole(t.id) is None and t.sub:
            found = self.entry(t)
            if found is not None:
                return found
        return Valuation.name(self, t)

    def counted(self, t: s.Name, tree: s.Tree, c: Counted, name: s.Name) -> Quantity:
        """Return a name that the hand-in has defined for every value of a letter: δ_t, δ_{t-1} or δ_3."""
        value = self.place(t.id.removeprefix(c.before).removesuffix(c.after))
        if value is None:
            raise Unread(f"{t.latex} has no value", t.at)
        inner = {id: other for id, other in self.world.own.items() if id != name.id}  # a name cannot define itself
        v = replace(self.world, own=inner, valued={}).valuation()
        v.bound = {**self.bound, c.letter: value}
        found = v.value(tree)
        self.takes(v.steps)
        return found

    def entry(self, t: s.Name) -> Quantity | None:
        """Return an entry, a row or a column of a matrix, or Kronecker's δ_ij; None for any other name."""
        self.takes(2)
        for _, at, whole in places(t, self.world.whole):
            part = self.part(at, whole)
            if part is not None:
                return q.grid(_shaped([whole.cells[k] for k in part.places], part.shape))
        if t.base == "delta" and not t.sup:
            pieces = t.sub.split(",") if "," in t.sub else list(t.sub)
            pair = [self.place(p) for p in pieces]
            if len(pair) == 2 and None not in pair:
                return Fraction(int(pair[0] == pair[1]))
        return None

    def place(self, text: str) -> int | None:
        """Return the number that an index is."""
        return number(text, self.bound, self.world.point.sizes)

    def part(self, at: tuple[str, ...], whole: Grid) -> Part | None:
        """Return which entries indices mean, `:` for all in a row or a column; None where an index is no number."""
        numbers = [None if text == ":" else self.place(text) for text in at]
        if any(n is None and text != ":" for n, text in zip(numbers, at, strict=True)) or at in ((":",), (":", ":")):
            return None
        row, column = [*numbers, 1][:2]
        if len(at) == 1 and whole.shape[0] == 1:
            row, column = column, row
        for place, size in zip((row, column), whole.shape, strict=True):
            if place is not None and not 1 <= place <= size:
                spelled = ", ".join("all" if n is None else str(n) for n in numbers)
                raise Beyond(f"there is no entry {spelled} in a {q.shape_text(whole)} matrix")
        return Part.of(None if row is None else row - 1, None if column is None else column - 1, whole.shape)

    def index(self, t: s.Index) -> Quantity:
        body = self.value(t.body)
        if not isinstance(body, Grid):
            raise Unread("an entry of what is no matrix", t.at)
        for at in split(t.sub.split(","), body):
            part = self.part(at, body)
            if part is not None:
                return q.grid(_shaped([body.cells[k] for k in part.places], part.shape))
        raise Unread("this index has no meaning here", t.at)

    def pow(self, t: s.Pow) -> Quantity:
        compound = compound_id(t)
        if compound and self.world.known(compound):  # σ² as one name
            return Valuation.pow(self, t)
        base = self.value(t.base)
        if isinstance(base, Grid) and base.shape[0] != base.shape[1]:
            return q.to_the(base, self.value(t.exponent), each=True)
        return Valuation.pow(self, t)

    def div(self, t: s.Div) -> Quantity:
        return q.over(self.value(t.above), self.value(t.below), each=True)

    def seq(self, t: s.Seq) -> Quantity:
        """Return columns in brackets as a matrix of them."""
        if t.kind != "set" and not any(isinstance(x, s.Seq) for x in t.items):
            values = [self.value(x) for x in t.items]
            if all(isinstance(x, Grid) for x in values):
                return q.blocks([values])
        return Valuation.seq(self, t)

    def indicator(self, t: s.Indicator) -> Quantity:
        """Return 1 where a condition holds and 0 elsewhere, entry by entry."""
        if isinstance(t.condition, s.Relation) and len(t.condition.signs) == 1:
            a, b = (self.value(side) for side in t.condition.sides)
            compare = COMPARED.get(t.condition.signs[0])
            if compare is not None and (isinstance(a, Grid) or isinstance(b, Grid)):
                return q.paired(a, b, lambda x, y: Fraction(int(compare(x, y))), t.condition.signs[0])
        return Fraction(int(self.holds(t.condition)))

    def holds(self, condition: s.Tree) -> bool:
        sides = condition.sides if isinstance(condition, s.Relation) else ()
        if any(isinstance(self.value(side), Grid) for side in sides):
            raise Unread("a condition about a matrix", condition.at)
        return Valuation.holds(self, condition)

    def transpose(self, t: s.Transpose) -> Quantity:
        """Return a transpose; `X_{kj}^T` is the entry kj of it, `(1, 2)^T` the column that is written in a line."""
        if isinstance(t.body, s.Seq) and t.body.kind == "tuple":
            return self.value(t.body)
        if isinstance(t.body, s.Name) and t.body.sub and self.world.whole(t.body.id) is None:
            for _, at, whole in places(t.body, self.world.whole):
                turned = q.transposed(whole)
                assert isinstance(turned, Grid)
                part = self.part(at, turned) if len(at) == 2 and ":" not in at and 1 not in whole.shape else None
                if part is not None:
                    return turned.cells[part.places[0]]
        return q.transposed(self.value(t.body))

    def add(self, t: s.Add) -> Quantity:
        if any(isinstance(term, s.Dots) for term in t.terms):
            t = s.Add(t.at, tuple(dots.terms(t, self)))
        return Valuation.add(self, t)

    def matrix(self, t: s.Matrix) -> Quantity:
        return dots.whole(t, self) if dots.has_dots(t) else Valuation.matrix(self, t)

    def mul(self, t: s.Mul) -> Quantity:
        factors, signs = list(t.factors), ["", *t.signs]
        if self._differential(factors, signs):
            raise Unread("a differential is not looked at", t.at)
        found: Quantity | None = None
        at = 0
        while at < len(factors):
            made, length = self._factor(factors, signs, at)
            found = made if found is None else self._product(found, made, signs[at])
            at += length
        assert found is not None
        return found

    def _differential(self, factors: list[s.Tree], signs: list[str]) -> bool:
        """Return whether a d stands before a name of the network, as in dY: that is no product."""
        for k, (a, b) in enumerate(pairwise(factors)):
            beside = isinstance(a, s.Name) and a.id == "d" and signs[k + 1] == "" and isinstance(b, s.Name)
            if beside and self.world.subject.plain("d") is None and self.world.node(b.id) is not None:  # type: ignore[union-attr]
                return True
        return False

    def _factor(self, factors: list[s.Tree], signs: list[str], at: int) -> tuple[Quantity, int]:
        """Return the value of a factor, or of a chain of derivatives from here on, and how many factors it takes."""
        if self.composing and isinstance(factors[at], s.Partial):
            length = _chained(factors, signs, at)
            if length > 1 and (chain := self.world.chain(factors[at : at + length], self)) is not None:
                return self._shown(chain, factors[at]), length
        other = signs[at] in _ENTRYWISE or (at + 1 < len(signs) and signs[at + 1] in _ENTRYWISE)
        tree = factors[at]
        if other and isinstance(tree, s.Partial):
            slope = self.world.jacobian(tree, self)
            diagonal = slope.diagonal() if slope is not None else None
            if diagonal is not None:  # beside ⊙ it acts on every entry
                return diagonal, 1
        return self.value(factors[at]), 1

    def _shown(self, chain: Jacobian, tree: s.Tree) -> Quantity:
        found = chain.shown(self.world.numerator)
        if found is None:
            raise Tensor("this derivative is no matrix", tree.at)
        return found

    def _product(self, a: Quantity, b: Quantity, sign: str) -> Quantity:
        if isinstance(a, Grid) and isinstance(b, Grid):
            self.takes(len(a.cells) * (len(b.cells) if sign == "otimes" else b.shape[1]) // 4)
        if sign == "otimes":
            return FUNCTIONS["kron"](a, b)
        if sign == "*" and isinstance(a, Grid) and isinstance(b, Grid) and a.shape == b.shape and a.shape[1] == 1:
            return q.times(q.transposed(a), b)  # the dot between two columns
        return q.entrywise(a, b) if sign in _ENTRYWISE else q.times(a, b)

    def partial(self, t: s.Partial) -> Quantity:
        found = self.world.jacobian(t, self)
        if found is None:
            raise Unread("this derivative has no value here", t.at)
        return self._shown(found, t)

    def big(self, t: s.BigSum) -> Quantity:
        if t.upper is not None or len(t.indices) == 0:
            return Valuation.big(self, t)
        return self._summed(t, list(t.indices), self._extents(t))

    def _extents(self, t: s.BigSum) -> dict[str, Sequence[int]]:
        """Return the values of the indices of a sum without bounds."""
        inner = [i for i in t.indices if i not in self.bound]
        met: dict[str, int] = {}
        outer = dict(self.bound)
        try:
            self.bound |= dict.fromkeys(inner, 1)
            met = extents(t.body, self.world.whole, self.value, {})
        finally:
            self.bound.clear()
            self.bound |= outer
        found: dict[str, Sequence[int]] = {i: range(1, size + 1) for i, size in met.items()}
        counts = ranges(t.body, self.world.is_known, self.world.is_line, self.world.own)
        found |= {i: sorted(values) for i, values in counts.items() if i not in found}
        if missing := [i for i in t.indices if i not in found]:
            raise Unread(f"how far {missing[0]} goes is not said", t.at)
        return found

    def _summed(self, t: s.BigSum, indices: list[str], values: dict[str, Sequence[int]]) -> Quantity:
        if not indices:
            return self.value(t.body)
        index, *rest = indices
        outer, found = self.bound.get(index), None
        for k in values[index]:
            self.bound[index] = k
            term = self._summed(t, rest, values)
            found = term if found is None else (q.times if t.product else q.plus)(found, term)
        self.bound.pop(index)
        if outer is not None:
            self.bound[index] = outer
        return Fraction(int(t.product)) if found is None else found


def _shaped(cells: list[Any], shape: tuple[int, ...]) -> list[list[Any]]:
    width = shape[1] if shape else 1
    return [cells[k : k + width] for k in range(0, len(cells), width)]


def _chained(factors: list[s.Tree], signs: list[str], at: int) -> int:
    """Return how many derivatives stand side by side from here on."""
    end = at + 1
    while end < len(factors) and isinstance(factors[end], s.Partial) and signs[end] in ("", "*"):
        end += 1
    return end - at


_ENTRYWISE = ("odot", "circ")
_RULES: dict[type, Callable[[MatrixValuation, Any], Quantity]] = {
    s.Name: MatrixValuation.name,
    s.Index: MatrixValuation.index,
    s.Pow: MatrixValuation.pow,
    s.Div: MatrixValuation.div,
    s.Transpose: MatrixValuation.transpose,
    s.Indicator: MatrixValuation.indicator,
    s.Seq: MatrixValuation.seq,
    s.Add: MatrixValuation.add,
    s.Matrix: MatrixValuation.matrix,
    s.Mul: MatrixValuation.mul,
    s.Partial: MatrixValuation.partial,
    s.BigSum: MatrixValuation.big,
}
