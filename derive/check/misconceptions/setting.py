"""The claim that is looked into: the point at which its sides differ, and what formulas are worth there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from mpmath import mp

from derive.check.judge import Bench, constant, decimal
from derive.check.misconceptions.edits import everywhere, spots
from derive.check.misconceptions.facts import Facts, facts_of
from derive.check.quantities import Grid, Quantity, Scalar
from derive.check.rounding import unit
from derive.check.subject import NetworkWorld, Point
from derive.check.value import Valuation
from derive.language import surface as s
from derive.language.walk import walk
from derive.notation import Digits, Notation, show
from derive.numeric import precisely
from derive.ops.primitive import real


@dataclass(slots=True)
class _Remembering(Valuation):
    """Values in which parts that trees share are computed once."""

    kept: dict[int, tuple[s.Tree, Quantity]] = field(default_factory=dict)

    def value(self, tree: s.Tree) -> Quantity:
        if self.bound:
            return Valuation.value(self, tree)
        if id(tree) not in self.kept:
            self.kept[id(tree)] = tree, Valuation.value(self, tree)
        return self.kept[id(tree)][1]


class Setting:
    """A claim in its network: `left`, `right`; `numeric` where the numbers of the exercise are put in."""

    def __init__(self, left: s.Tree, right: s.Tree, bench: Bench) -> None:
        self.left, self.right, self.bench = left, right, bench
        self.facts: Facts = facts_of(bench.subject)
        self.numeric = constant(left) or constant(right) or decimal(right)
        self.point = self._place()
        self.world: NetworkWorld = bench.world(self.point)
        self._values = _Remembering(self.world)

    def _place(self) -> Point:
        """Return the point of the exercise for numbers, else one where the sides differ and the left one is not 0."""
        subject = self.bench.subject
        if self.numeric and subject.own is not None:
            return subject.own
        for point in reversed(subject.points):
            with precisely():
                try:
                    found = [real(Valuation(self.bench.world(point)).value(t)) for t in (self.left, self.right)]
                except (ArithmeticError, ValueError, AttributeError):
                    continue
            if found[0] != 0 and abs(found[0] - found[1]) > abs(found[0]) / 10**9:
                return point
        return subject.points[-1]

    def value(self, tree: s.Tree) -> Scalar | None:
        """Return what a tree is worth at the point, None where it has no single value."""
        with precisely():
            try:
                self._values.steps = 0
                found = self._values.value(tree)
            except (ArithmeticError, ValueError):
                return None
        return None if isinstance(found, Grid) else found

    def forms(self) -> Iterator[s.Tree]:
        """Yield what a student may have had in mind for the left side: as it stands, and with formulas put in."""
        if isinstance(self.left, (s.Partial, s.Name)):
            yield from self.meanings(self.left)
            yield self.left
            return
        yield self.left
        closed = everywhere(self.left, lambda part: next(self.meanings(part, lines=False), None))
        if closed != self.left:
            yield closed
        if isinstance(self.left, s.Call) and (node := self.world.node(self.left.fn)) is not None:
            name = self.facts.names.get(node)
            arguments = [self.world.quantity(a) for a in self.left.args]
            if self.left.primes == 1 and len(arguments) == 1 and arguments[0] is not None:
                yield from self._gradients(node, arguments[0])
            elif name is not None and not self.left.primes:
                yield from self.meanings(name)

    def meanings(self, part: s.Tree, lines: bool = True) -> Iterator[s.Tree]:
        """Yield the formulas of a derivative, of a new parameter, or (`lines`) of a line."""
        if isinstance(part, s.Partial) and len(part.wrt) == 1:
            of, by = self.world.quantity(part.of), self.world.quantity(part.wrt[0])
            if of is not None and by is not None:
                yield from self._gradients(of, by)
        if isinstance(part, s.Name) and lines:
            found = None
            if (node := self.world.node(part.id)) is not None:
                found = self.facts.line(node)
            elif (parameter := self.bench.subject.after(part.id)) is not None:
                found = self.facts.update(parameter)
            else:
                found = self.bench.own.get(part.id)
            yield from [found] if found is not None else []

    def _gradients(self, of: str, by: str) -> Iterator[s.Tree]:
        if of == self.facts.graph.loss:
            yield from self.facts.gradient(by)
        elif (local := self.facts.local(of, by)) is not None:
            yield local

    def node(self, tree: s.Tree) -> str | None:
        """Return the node that a name stands for."""
        return self.world.node(tree.id) if isinstance(tree, s.Name) else None

    def meant(self, number: s.Num) -> list[str]:
        """Return the lines and leaves whose value a number with a decimal point (or a value of the data) shows."""
        own = self.bench.subject.own
        if own is None:
            return []
        shown, off = Fraction(number.text), unit(number.text) / 2 if "." in number.text else Fraction(0)
        near = real(off) + real(Fraction(1, 10**30))
        return [n for n, v in own.values.items() if n in self.facts.names and abs(abs(real(v)) - real(shown)) <= near]

    def own(self, node: str) -> Scalar:
        """Return the value of a node in the exercise."""
        assert self.bench.subject.own is not None
        return self.bench.subject.own.values[node]

    def numbers(self) -> list[Scalar]:
        """Return the numbers that may stand in the claim: those of the exercise and those of its left side."""
        own = self.bench.subject.own
        found = [Fraction(n.text) for n in walk(self.left) if isinstance(n, s.Num) and "." in n.text]
        if own is None:
            return found
        rate = [own.rate] if own.rate is not None else []
        return [*found, *own.values.values(), *own.adjoints.values(), *own.updated.values(), *rate]

    def parts(self, tree: s.Tree) -> list[s.Tree]:
        return [part for part, _ in spots(tree)]


def digits(text: str) -> int:
    """Return the number of significant digits of a number as it is written."""
    mantissa = text.lower().partition("e")[0]
    return max(1, len(mantissa.replace(".", "").lstrip("0")))


def as_shown(x: Scalar, like: str) -> str:
    """Return a value with as many significant digits as another number has; all of them where it needs few."""
    from mpmath import mp

    if isinstance(x, Fraction) and (x * 10**6).denominator == 1:
        return show(x, Notation(digits=Digits("exact", 6)))[0]
    return str(mp.nstr(real(x), max(3, digits(like)), strip_zeros=False, min_fixed=-30, max_fixed=30))
