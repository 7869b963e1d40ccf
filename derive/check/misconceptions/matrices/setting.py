"""A claim about matrices that is looked into: what formulas are worth at one point, and what is right there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cached_property

from derive.check.bench import Bench, constant
from derive.check.matrices.below import stripped
from derive.check.matrices.jacobian import Jacobian
from derive.check.matrices.judge import READINGS, free
from derive.check.matrices.subject import MatrixSubject
from derive.check.matrices.world import MatrixWorld
from derive.check.quantities import Grid, Quantity, shape_of, transposed
from derive.language import surface as s
from derive.language.walk import walk
from derive.matrices.latex import latex
from derive.matrices.orient import oriented
from derive.matrices.term import Term
from derive.numeric import precisely
from derive.problems.matrix.numbers import parsed

_LONGEST = 150  # parts of a right formula that is looked into


class MatrixSetting:
    """left, right: the sides without the shapes below names; numeric: whether a side is made of numbers."""

    def __init__(self, left: s.Tree, right: s.Tree, bench: Bench) -> None:
        self.left, self.right, self.bench = stripped(left), stripped(right), bench
        assert isinstance(bench.subject, MatrixSubject)
        self.subject: MatrixSubject = bench.subject
        self.numeric = constant(right) or constant(left)

    @cached_property
    def worlds(self) -> list[MatrixWorld]:
        """The points at which formulas are compared, in each way to read derivatives."""
        meant = [self.bench.meant] if self.bench.meant is not None else []
        points = meant if self.numeric else self.bench.points[-2:]
        found = []
        for point in points:
            for reading in READINGS:
                world = self.bench.world(point, reading.total)
                assert isinstance(world, MatrixWorld)
                found.append(replace(world, composing=reading.composing))
        return found

    def value(self, tree: s.Tree) -> Quantity | None:
        """Return what a formula is worth at the first point, None where it has no value."""
        return next(self.values(tree), None)

    def values(self, tree: s.Tree) -> Iterator[Quantity]:
        """Yield what a formula is worth at the first point, in each way to read it that has a value."""
        if not self.worlds:
            return
        first = self.worlds[0].point
        slopes = sum(isinstance(part, s.Partial) for part in walk(tree))
        every = self.worlds[: len(READINGS)]
        # A single slope is read along all paths or not; what has none is read in one way.
        for world in every if slopes > 1 else every[: 2 * slopes + 1 : 2]:
            if world.point is not first:
                return
            try:
                with precisely():
                    v = world.valuation()
                    v.bound = dict(free(tree, self.left, world)[-1])
                    yield v.value(tree)
            except (ArithmeticError, ValueError, RecursionError):
                continue

    def shape(self, tree: s.Tree) -> tuple[int, ...] | None:
        found = self.value(tree)
        return None if found is None else shape_of(found)

    @cached_property
    def goal(self) -> Quantity | None:
        """The value of the left side."""
        return self.value(self.left)

    @cached_property
    def names(self) -> list[s.Name]:
        """The names of the network as trees."""
        found = [parsed(self.subject.network, n.latex) for n in self.subject.network.names.values()]
        return [name for name in found if isinstance(name, s.Name)]

    @cached_property
    def forms(self) -> list[s.Tree]:
        """Right formulas for the left side, and the left side itself."""
        return [*(f for f in self._formulas() if sum(1 for _ in walk(f)) <= _LONGEST), self.left]

    def _formulas(self) -> Iterator[s.Tree]:
        network = self.subject.network
        match self.left:
            case s.Name(id=id) if (node := self.subject.plain(id)) is not None:
                line = network.line(node)
                if line is not None and line.body is not None:
                    yield line.tree
            case s.Partial(of=of, wrt=(s.Name(id=id),)) if self._is_loss(of):
                node = self.subject.plain(id)
                for term in self._terms(node) if node else ():
                    yield parsed(network, latex(oriented(term), network.spelled))

    def _terms(self, node: str) -> Iterator[Term]:
        adjoint = self.subject.network.adjoints[node]
        rows = self.worlds[0].numerator if self.worlds else False
        terms = [adjoint.rows] if rows else [adjoint.term, adjoint.closed]
        yield from (term for term in terms if term is not None)

    def jacobian(self, tree: s.Partial) -> Jacobian | None:
        """Return a derivative as a linear map, None where it has no value."""
        for world in self.worlds or self._any:
            try:
                with precisely():
                    return world.jacobian(tree, world.valuation())
            except (ArithmeticError, ValueError):
                continue
        return None

    @property
    def _any(self) -> list[MatrixWorld]:
        return [world for point in self.bench.points[-1:] if isinstance(world := self.bench.world(point), MatrixWorld)]

    def letters(self, tree: s.Tree) -> list[str]:
        """Return the free indices of a formula."""
        for world in self.worlds:
            try:
                with precisely():
                    return list(free(tree, tree, world)[0])
            except (ArithmeticError, ValueError):
                continue
        return []

    def in_other_layout(self, left: s.Tree, right: s.Tree) -> bool:
        """Return whether a line is right in the other layout."""
        from derive.check.judge import judge

        now = self.bench.layout or self.subject.network.notation.layout
        other = "denominator" if now == "numerator" else "numerator"
        return judge(left, right, False, replace(self.bench, layout=other)).kind == "correct"

    def _is_loss(self, tree: s.Tree) -> bool:
        id = tree.id if isinstance(tree, s.Name) else tree.fn if isinstance(tree, s.Call) else ""
        return self.subject.plain(id) == self.subject.loss

    def everywhere(self, left: s.Tree, right: s.Tree, same: object) -> bool:
        """Return whether a relation of two values holds at all points, for all free indices."""
        tried = 0
        for world in self.worlds[:: len(READINGS)]:
            try:
                with precisely():
                    for bound in free(left, right, world):
                        sides = [world.valuation(), world.valuation()]
                        for v in sides:
                            v.bound = dict(bound)
                        a, b = (v.value(tree) for v, tree in zip(sides, (left, right), strict=True))
                        if not same(a, b, bound):  # type: ignore[operator]
                            return False
                        tried += 1
            except (ArithmeticError, ValueError, RecursionError):
                continue
        return tried > 0


def near(a: Quantity, b: Quantity, slack: Fraction = Fraction(1, 10**20)) -> bool:
    """Return whether two values are about the same, in every entry."""
    from derive.ops.primitive import real

    if shape_of(a) != shape_of(b):
        return False
    pairs = zip(a.cells, b.cells, strict=True) if isinstance(a, Grid) else [(a, b)]
    return all(abs(real(x) - real(y)) <= real(slack) * (1 + abs(real(x))) for x, y in pairs)


__all__ = ["MatrixSetting", "near", "transposed"]
