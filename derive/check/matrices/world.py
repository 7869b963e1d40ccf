"""A network of matrices at a point, as the formulas of a hand-in see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.check import quantities as q
from derive.check.matrices.families import resolved
from derive.check.matrices.indices import places, split
from derive.check.matrices.jacobian import Jacobian, Part, by_differences
from derive.check.matrices.subject import MatrixSubject
from derive.check.matrices.valuation import MatrixValuation
from derive.check.quantities import Grid, Quantity, Scalar
from derive.check.work import Unread
from derive.check.world import NetworkWorld
from derive.language import surface as s
from derive.language.walk import walk
from derive.matrices.constants import constant
from derive.matrices.indexed import capital
from derive.ops import DomainError
from derive.problems.matrix.world import World

_MOST = 400_000  # operations of one value


@dataclass
class MatrixWorld(NetworkWorld):
    """composing: derivatives side by side are the chain rule."""

    subject: MatrixSubject
    composing: bool = False

    def valuation(self, numbers: Mapping[s.Range, Scalar] | None = None) -> MatrixValuation:
        return MatrixValuation(
            self, numbers=numbers or {}, spread=True, broadcast=True, most=_MOST, composing=self.composing
        )

    @property
    def numerator(self) -> bool:
        """Whether derivatives of scalars stand in numerator layout."""
        return (self.layout or self.subject.network.notation.layout) == "numerator"

    def believing(self, beliefs: Mapping[tuple[str, bool], s.Tree]) -> MatrixWorld:
        """Return the world in which some nodes or gradients are what formulas say, in the shape of what they are of."""
        values = {key: self.valuation().value(tree) for key, tree in beliefs.items()}
        moved = {node: x for (node, gradient), x in values.items() if not gradient}
        point = self.subject.moved(self.point, moved) if moved else self.point
        gradients = {node: self._upright(x) for (node, gradient), x in values.items() if gradient}
        for node, x in [*moved.items(), *gradients.items()]:
            if q.shape_of(x) != q.shape_of(self.point.values[node]):
                raise DomainError(f"a value of another shape for {node}")
        return replace(self, point=self.subject.with_gradients(point, self.subject.swept(point, gradients)), valued={})

    def _upright(self, gradient: Quantity) -> Quantity:
        return q.transposed(gradient) if self.numerator else gradient

    def name(self, id: str) -> Quantity | None:
        if self.node(id) not in (None, *self.point.values):
            raise DomainError("the value of a loss that is left open")
        found = NetworkWorld.name(self, id)
        if found is None and (line := self.subject.adjoint_names.get(id)):
            return self._upright(self.point.adjoints[line])
        if found is None and id in self.point.sizes:
            return Fraction(self.point.sizes[id])
        return constant(id, self.point.sizes) if found is None else found

    def is_known(self, id: str) -> bool:
        """Return whether an id is a name of the network or one that the hand-in has introduced."""
        return self.node(id) is not None or id in self.own or id in self.subject.adjoint_names

    def is_line(self, id: str) -> bool:
        node = self.node(id)
        return node is not None and self.subject.is_line(node)

    def whole(self, id: str) -> Quantity | None:
        """Return the value of a name, or of the matrix Y for the y of y_ij."""
        try:
            found = self.name(id)
        except Unread:  # what the hand-in has defined for every value of a letter
            return None
        if found is not None:
            return found
        node = self.holder(id)
        return self.point.values.get(node) if node else None

    def holder(self, id: str) -> str | None:
        """Return the node that an id means as the name of a matrix with entries: W for the w of w_ij."""
        return self.node(id) or (self.node(capital(id)) if id.rpartition("_")[2][:1].islower() else None)

    def moved_to(self, values: Mapping[str, Quantity]) -> MatrixWorld | None:
        return None

    def function(self, id: str, primes: int, stands: bool = True) -> Callable[..., Quantity] | None:
        if id in self.functions:
            return lambda *args: self._applied(id, primes, args)
        if id in self.own and not primes and self.node(id) is None:
            return lambda *args: self._always(id)
        node = self.node(id)
        if node is not None and self.subject.is_line(node):
            return lambda *args: self._as_it_stands(node, primes, args)
        world = self._world()
        line = next((x for x in self.subject.network.lines if x.body is None and x.function == id), None)
        if line is not None and not primes:
            return lambda *args: self._open_loss(line.of, args)
        found = world.function(id, primes, stands)
        if found is not None:
            return found
        return NetworkWorld.function(self, id, primes, stands)

    def _world(self) -> World:
        names = self.subject.network.names
        values = {names[name].id: x for name, x in self.point.values.items()}
        return World(self.subject.network, self.point.sizes, values)

    def _open_loss(self, of: str, args: tuple[Quantity, ...]) -> Quantity:
        """Return a loss that is left open, of what it is a function of."""
        if len(args) == 1 and args[0] == self.point.values[of] and self.subject.loss in self.point.values:
            return self.point.values[self.subject.loss]
        raise DomainError("a function that is left open, of something else")

    def _as_it_stands(self, node: str, primes: int, args: tuple[Quantity, ...]) -> Quantity:
        """Return a line that is written with what it depends on."""
        known = list(self.point.values.values())
        if primes or any(a not in known for a in args) or node not in self.point.values:
            raise DomainError(f"{node} cannot be called with that")
        return self.point.values[node]

    def jacobian(self, t: s.Partial, at: MatrixValuation) -> Jacobian | None:
        """Return the derivative that is written as a fraction, None where its names have none."""
        if len(t.wrt) != 1:
            return None
        wrt = self._slot(t.wrt[0], at)
        if wrt is None:
            return None
        of = self._slot(t.of, at)
        if of is not None:
            return self.subject.jacobian(of[0], wrt[0], self.point, self.total).part(of[1], wrt[1])

        slopes = any(isinstance(part, s.Partial) for part in walk(t.of))

        def moved(x: Quantity) -> Quantity:
            point = self.subject.moved(self.point, {wrt[0]: x})
            if slopes:
                point = self.subject.with_gradients(point, self.subject.swept(point, {}))
            there = replace(self, point=point, valued={})
            inner = there.valuation()
            inner.bound = dict(at.bound)
            return inner.value(t.of)

        return by_differences(moved, self.point.values[wrt[0]]).part(None, wrt[1])

    def _slot(self, tree: s.Tree, at: MatrixValuation) -> tuple[str, Part | None] | None:
        """Return the node that stands in a derivative, and which of its entries where not all are meant."""
        if isinstance(tree, s.Name):
            tree = resolved(tree, at.bound, self.is_known)
        node = self.quantity(tree)
        if node is not None:
            return node, None
        if isinstance(tree, s.Index) and isinstance(tree.body, s.Name) and (node := self.node(tree.body.id)):
            body = self.point.values[node]
            for indices in split(tree.sub.split(","), body) if isinstance(body, Grid) else ():
                if (part := at.part(indices, body)) is not None:
                    return node, part
        if isinstance(tree, s.Name) and tree.sub:
            for id, indices, whole in places(tree, self.whole):
                holder, found = self.holder(id), at.part(indices, whole)
                if holder is not None and found is not None:
                    return holder, found
        return None

    def chain(self, factors: Sequence[s.Tree], at: MatrixValuation) -> Jacobian | None:
        """Return the product of derivatives that follow from one another, in either order; None where they do not."""
        slopes = [self.jacobian(t, at) for t in factors if isinstance(t, s.Partial)]
        ends = [(self._slot(t.of, at), self._slot(t.wrt[0], at)) for t in factors if isinstance(t, s.Partial)]
        if None in slopes or any(None in pair for pair in ends):
            return None
        if all(a[0] == b[1] for a, b in zip(ends[1:], ends, strict=False)):
            ordered = slopes
        elif all(a[1] == b[0] for a, b in zip(ends[1:], ends, strict=False)):
            ordered = slopes[::-1]
        else:
            return None
        found = ordered[0]
        for inner in ordered[1:]:
            assert found is not None and inner is not None
            found = found.after(inner)
        return found
