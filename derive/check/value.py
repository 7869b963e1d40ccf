"""The value of a formula at one point: names and derivatives are asked of a world, everything else is computed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

from derive.check import calls
from derive.check import quantities as q
from derive.check.calls import nothing
from derive.check.functions import FUNCTIONS
from derive.check.quantities import Grid, Quantity, Scalar, operate
from derive.check.spelled import slope
from derive.check.subscripts import entry, indexed, subscript
from derive.check.work import LONGEST, MOST, TooLong, Unread, Work, now
from derive.check.worlds import At, Kink, Movable, World
from derive.language import surface as s
from derive.language.meaning import compound_id
from derive.ops import DomainError
from derive.ops.primitive import real


@dataclass(slots=True)
class Valuation:
    """Computes values in a world and keeps what a comparison needs to know.

    largest, least: the binary sizes of the largest number met on the way, the scale of rounding errors, and of the
    smallest one, which may be all that two values differ by.
    numbers: other values for numbers of the formula, by their place.
    spread: whether a number beside a matrix in a sum is meant at every entry. broadcast: whether a row or a column
    beside a matrix is added to each of its rows or columns. most: operations of one value.
    snaps: what is all but zero where something bends is zero: the point lies there.
    kinks: functions of a world at whose zeros something jumps or bends, by where they stand.
    """

    world: World
    largest: int = 0
    least: int = 0
    kinks: dict[tuple[Any, ...], Kink] = field(default_factory=dict)
    bound: dict[str, int] = field(default_factory=dict)
    steps: int = 0
    numbers: Mapping[s.Range, Scalar] = field(default_factory=dict)
    work: Work | None = field(default_factory=now)
    spread: bool = False
    broadcast: bool = False
    most: int = MOST
    snaps: bool = False

    def value(self, tree: s.Tree) -> Quantity:
        """Return the value of a tree; raises DomainError, Mismatch, Unread or TooLong where it has none."""
        self.takes(1)
        rule = _RULES.get(type(tree))
        if rule is None:
            raise Unread(f"{_WHAT.get(type(tree), 'this')} has no value here", tree.at)
        found: Quantity = rule(self, tree)
        for x in found.cells if isinstance(found, Grid) else (found,):
            if x != 0:
                size = q.binary_size(x)
                self.largest, self.least = max(self.largest, size), min(self.least, size)
        return found

    def scalar(self, tree: s.Tree, what: str) -> Scalar:
        found = self.value(tree)
        if isinstance(found, Grid):
            raise q.Mismatch(f"{what} is a {q.shape_text(found)} matrix")
        return found

    def number(self, t: s.Num) -> Scalar:
        moved = self.numbers.get(t.at)
        if moved is not None:
            return moved
        if len(t.text) > LONGEST or len(t.text.lower().partition("e")[2]) > 4:
            raise TooLong("a number with too many digits")
        return Fraction(t.text)

    def name(self, t: s.Name) -> Quantity:
        if t.id in self.bound:
            return Fraction(self.bound[t.id])
        spelled = indexed(t, self)
        found = self.world.name(spelled) if spelled else None
        if found is None and spelled:
            found = entry(t, spelled, self)
        if found is None:
            found = self.world.name(t.id)
        if found is not None:
            return found
        if t.id in ("pi", "π"):
            return operate("pi")
        if t.id == "e":
            return operate("exp", Fraction(1))
        raise Unread(f"{t.latex} has no value", t.at)

    def index(self, t: s.Index) -> Quantity:
        """Return an entry of something in brackets: softmax(x)_1."""
        body, at = self.value(t.body), subscript(t.sub, self)
        if not isinstance(body, Grid) or not isinstance(at, int) or 1 not in body.shape:
            raise Unread("this index has no meaning here", t.at)
        if not 1 <= at <= len(body.cells):
            raise DomainError(f"the entry {at} of a {q.shape_text(body)} matrix")
        return body.cells[at - 1]

    def pow(self, t: s.Pow) -> Quantity:
        compound = compound_id(t)
        if compound and self.world.known(compound):
            found = self.world.name(compound)
            if found is not None:
                return found
        base, exponent = self.value(t.base), self.value(t.exponent)
        if isinstance(base, Grid) and isinstance(exponent, Fraction):
            self.takes(base.shape[0] ** 3 * min(64, abs(int(exponent)) + 1))
        return q.to_the(base, exponent, t.entrywise)

    def inside(self, world: World, bound: Mapping[str, int]) -> Valuation:
        """Return what computes a part by itself, in a world and with values of indices."""
        return Valuation(world, bound=dict(bound))

    def takes(self, operations: int) -> None:
        """Count operations; raises TooLong where they are too many."""
        self.steps += operations
        if self.work is not None:
            self.work.left -= operations
            self.work.done += operations
        if self.steps > self.most or (self.work is not None and self.work.left < 0):
            raise TooLong("a value takes too many operations")

    def add(self, t: s.Add) -> Quantity:
        self.takes(len(t.terms))
        first, *rest = (self.value(x) for x in t.terms)
        for term in rest:
            spread = self.spread and isinstance(first, Grid) != isinstance(term, Grid)
            if self.broadcast:
                first, term = q.repeated(first, term)
            first = q.paired(first, term, lambda x, y: operate("add", x, y), "+") if spread else q.plus(first, term)
        return first

    def mul(self, t: s.Mul) -> Quantity:
        self.takes(len(t.factors))
        found = self.value(t.factors[0])
        for sign, factor in zip(t.signs, t.factors[1:], strict=True):
            other = self.value(factor)
            if isinstance(found, Grid) and isinstance(other, Grid):
                self.takes(len(found.cells) * (len(other.cells) if sign == "otimes" else other.shape[1]))
            if sign == "otimes":
                found = FUNCTIONS["kron"](found, other)
            else:
                found = q.entrywise(found, other) if sign in ("odot", "circ") else q.times(found, other)
        return found

    def root(self, t: s.Root) -> Quantity:
        body = self.value(t.body)
        if t.degree is None:
            return q.mapped(body, lambda x: operate("sqrt", x))
        degree = self.scalar(t.degree, "the degree of a root")
        return q.to_the(body, operate("div", Fraction(1), degree), each=True)

    def bars(self, t: s.Bars) -> Quantity:
        body = self.value(t.body)
        if t.double or isinstance(body, Grid):
            return q.norm(body, t.sub)
        self.bends(t.body, None)
        return abs(body)

    def bends(self, a: s.Tree, b: s.Tree | None) -> None:
        """Remember that something happens where two parts (b None: a and 0) are equal."""
        bound = dict(self.bound)

        def difference(world: World) -> Scalar:
            inner = self.inside(world, bound)
            left = inner.scalar(a, "a side")
            return left if b is None else operate("add", left, operate("neg", inner.scalar(b, "a side")))

        self.kinks.setdefault((a.at, b and b.at, *sorted(bound.items())), difference)

    def big(self, t: s.BigSum) -> Quantity:
        """Return a sum or product over its indices; one without bounds runs over the world's own range."""
        return self._over(t, list(t.indices))

    def _over(self, t: s.BigSum, indices: list[str]) -> Quantity:
        if not indices:
            return self.value(t.body)
        index, *rest = indices
        outer = self.bound.get(index)
        found: Quantity | None = None
        for k in self._range(t):
            self.bound[index] = k
            term = self._over(t, rest)
            found = term if found is None else (q.times if t.product else q.plus)(found, term)
        if outer is None:
            self.bound.pop(index, None)
        else:
            self.bound[index] = outer
        return Fraction(int(t.product)) if found is None else found

    def _range(self, t: s.BigSum) -> range:
        low = 1 if t.lower is None else self._bound(t.lower, t)
        if t.upper is None:
            size = self.world.name("\x00range")
            return range(low, low + int(real(size)) if size is not None and not isinstance(size, Grid) else low)
        high = self._bound(t.upper, t)
        if high - low > MOST:
            raise TooLong(f"too many operations: a sum from {low} to {high}")
        return range(low, high + 1)

    def _bound(self, tree: s.Tree, t: s.BigSum) -> int:
        found = self.scalar(tree, "a bound of a sum")
        if not isinstance(found, Fraction) or found.denominator != 1:
            raise Unread("a bound of this sum is no whole number", t.at)
        return int(found)

    def matrix(self, t: s.Matrix) -> Quantity:
        return q.blocks([[self.value(cell) for cell in row] for row in t.rows])

    def seq(self, t: s.Seq) -> Quantity:
        """Return `[[1, 2], [3, 4]]` as a matrix, `(1, 2)` as a column."""
        rows = [x.items if isinstance(x, s.Seq) and x.kind == t.kind == "list" else (x,) for x in t.items]
        if t.kind == "set" or not rows or len({len(row) for row in rows}) != 1:
            raise Unread("this is no matrix", t.at)
        return q.blocks([[self.value(cell) for cell in row] for row in rows])

    def cases(self, t: s.Cases) -> Quantity:
        for body, condition in t.branches:
            if condition is None or self.holds(condition):
                return self.value(body)
        raise DomainError("none of the cases applies")

    def holds(self, condition: s.Tree) -> bool:
        """Return whether a condition is true; what it compares is a place where something may jump."""
        if not isinstance(condition, s.Relation):
            raise Unread("this is no condition", condition.at)
        sides = [self.scalar(side, "a side of a condition") for side in condition.sides]
        for a, b in pairwise(condition.sides):
            self.bends(a, b)
        if unknown := [sign for sign in condition.signs if sign not in COMPARED]:
            raise Unread(f"{unknown[0]} makes no condition", condition.at)
        if self.snaps:
            sides = [sides[0], *(a if nothing(a, b) else b for a, b in pairwise(sides))]
        return all(COMPARED[sign](a, b) for sign, (a, b) in zip(condition.signs, pairwise(sides), strict=True))

    def eval_at(self, t: s.EvalAt) -> Quantity:
        values = {name: self.value(x) for name, x in t.points}
        moved = self.world.moved_to(values) if isinstance(self.world, Movable) else None
        world = moved or At(self.world, values)
        inner = Valuation(world, self.largest, self.least, self.kinks, dict(self.bound), self.steps)
        found = inner.value(t.body)
        self.largest, self.least, self.steps = inner.largest, inner.least, inner.steps
        return found

    def partial(self, t: s.Partial) -> Quantity:
        found = self.world.quotient(t)
        if found is None:
            raise Unread("this derivative has no value here", t.at)
        return found

    def nabla(self, t: s.Nabla) -> Quantity:
        """Return the gradient by one name, which is a derivative."""
        found = slope(t)
        if not isinstance(found, s.Partial):
            raise Unread("a gradient has no value here", t.at)
        return self.partial(found)


COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: real(a) < real(b),
    "<=": lambda a, b: real(a) <= real(b),
    ">": lambda a, b: real(a) > real(b),
    ">=": lambda a, b: real(a) >= real(b),
}
_RULES: dict[type, Callable[[Valuation, Any], Quantity]] = {
    s.Num: Valuation.number,
    s.Name: Valuation.name,
    s.Add: Valuation.add,
    s.Neg: lambda v, t: q.mapped(v.value(t.body), lambda x: operate("neg", x)),
    s.Mul: Valuation.mul,
    s.Div: lambda v, t: q.over(v.value(t.above), v.value(t.below), t.style == "./"),
    s.Pow: Valuation.pow,
    s.Root: Valuation.root,
    s.Bars: Valuation.bars,
    s.Transpose: lambda v, t: q.transposed(v.value(t.body)),
    s.BigSum: Valuation.big,
    s.Matrix: Valuation.matrix,
    s.Seq: Valuation.seq,
    s.Cases: Valuation.cases,
    s.Indicator: lambda v, t: Fraction(int(v.holds(t.condition))),
    s.EvalAt: Valuation.eval_at,
    s.Partial: Valuation.partial,
    s.Nabla: Valuation.nabla,
    s.Call: calls.call,
    s.Index: Valuation.index,
}
_WHAT: dict[type, str] = {
    s.Relation: "a relation",
    s.Dots: "an ellipsis",
}
