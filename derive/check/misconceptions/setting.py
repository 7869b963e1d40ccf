"""The claim that is looked into: the point at which its sides differ, and what formulas are worth there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from derive.check.bench import Bench, constant, decimal
from derive.check.misconceptions.edits import Put, everywhere, number, same, spots
from derive.check.misconceptions.facts import Facts, facts_of
from derive.check.misconceptions.figures import as_shown, cut
from derive.check.quantities import Grid, Quantity, Scalar
from derive.check.rounding import unit
from derive.check.subject import Point
from derive.check.value import Valuation
from derive.check.world import NetworkWorld
from derive.language import surface as s
from derive.language.walk import children, walk
from derive.numeric import precisely, value
from derive.ops import DomainError
from derive.ops.primitive import real


@dataclass(slots=True)
class _Remembering(Valuation):
    """Values in which parts that trees share are computed once."""

    kept: dict[int, tuple[s.Tree, Quantity]] = field(default_factory=dict)

    def value(self, tree: s.Tree) -> Quantity:
        if self.bound:
            return Valuation.value(self, tree)
        if id(tree) not in self.kept:
            self.takes(len(children(tree)))  # the values of parts may be there already, their product is not
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
        self._rounded: dict[int, Mapping[str, Scalar]] = {}

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

    def forms(self) -> list[s.Tree]:
        """Return what a student may have had in mind for the left side: as it stands, and with formulas put in."""
        found: list[s.Tree] = []
        for form in (*self._of_left(), *self._of_gradient()):
            if not any(same(form, other) for other in found):
                found.append(form)
        return found

    def _of_gradient(self) -> Iterator[s.Tree]:
        """Yield the ways to write a gradient that the left side is equal to."""
        if constant(self.left) or isinstance(self.left, s.Name):
            return
        point = self.bench.subject.points[-1]
        with precisely():
            try:
                goal = real(Valuation(self.bench.world(point)).value(self.left))
            except (ArithmeticError, ValueError, AttributeError):
                return
            near = [n for n, a in point.adjoints.items() if a != 0 and abs(real(a) - goal) <= abs(goal) / 10**20]
        for name in near:
            yield from self.facts.gradient(name)

    def _of_left(self) -> Iterator[s.Tree]:
        if isinstance(self.left, (s.Partial, s.Name)):
            yield from self.meanings(self.left)
            yield self.left
            if (node := self.node(self.left)) is not None and (composed := self.facts.composed(node)) is not None:
                yield composed
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
            elif (parameter := self.bench.new(part.id)) is not None:
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

    def shown(self, tree: s.Tree) -> Iterator[tuple[s.Tree, Put, str, list[str]]]:
        """Yield the numbers of a formula that are values of the network: part, put, its text, the names that it shows.

        A minus belongs to a number where the value has it: -0.11 is w, but the last part of 3 - 0.11 is 0.11.
        """
        taken: list[s.Tree] = []
        whole = constant(tree)
        for part, put in spots(tree):
            number = part.body if isinstance(part, s.Neg) else part
            if not isinstance(number, s.Num) or any(number is t for t in taken):
                continue
            if not whole and "." not in number.text:
                continue  # the 1 of 1 - h
            names = self._showing(number.text, minus=number is not part)
            if names:
                taken.append(number)
                yield part, put, number.text, names

    def _showing(self, text: str, minus: bool) -> list[str]:
        value = float(text) * (-1 if minus else 1)
        near = (float(unit(text)) / 2 if "." in text else 0) + 1e-14 * abs(value)
        return [n for n, v in self.facts.numbers.items() if abs(v - value) <= near]

    def put_in(self, tree: s.Tree) -> s.Tree:
        """Return a formula with the numbers of the exercise for its names and derivatives."""

        def shown(part: s.Tree) -> s.Tree | None:
            if not isinstance(part, (s.Name, s.Partial)):
                return None
            found = self.value(part)
            return number(as_shown(found, "123456")) if found is not None else part

        return everywhere(tree, shown)

    def own(self, node: str) -> Scalar:
        """Return the value of a node in the exercise."""
        assert self.bench.subject.own is not None
        return self.bench.subject.own.values[node]

    def rounded(self, count: int) -> Mapping[str, Scalar]:
        """Return the values of the network where each line is rounded to so many significant digits at once."""
        if count not in self._rounded:
            found = dict(self.point.values)
            with precisely():
                try:
                    for line in self.facts.graph.lines():
                        assert line.expr is not None
                        found[line.name] = cut(value(line.expr, found, self.world.at_zero), count)
                except DomainError:  # a log of what was rounded to 0
                    found = {}
            self._rounded[count] = found
        return self._rounded[count]

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
