"""A network of matrices as the checker sees it: its names, and at a point the values of all that may be spoken of."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from derive.check import quantities as q
from derive.check.matrices.families import family
from derive.check.matrices.indices import places
from derive.check.matrices.jacobian import Jacobian, by_differences, of_adjoint
from derive.check.quantities import Grid, Quantity
from derive.check.subject import Point, Subject
from derive.check.work import spend
from derive.graph import Role
from derive.language import surface as s
from derive.language.grammar import Table
from derive.matrices.constants import constant
from derive.numeric import precisely
from derive.ops import DomainError
from derive.ops.primitive import real
from derive.problems.matrix.assume import summing
from derive.problems.matrix.forms import names_read
from derive.problems.matrix.network import MatrixNetwork
from derive.problems.matrix.numbers import backward
from derive.problems.matrix.world import World, forward

_POINTS, _TRIES = 5, 30
# How large the numbers of each point are; a function may be another one far from 0, or close to it.
_SCALES = (Fraction(1), Fraction(1), Fraction(2), Fraction(1, 4), Fraction(1))
_SMALLEST = 4  # size of a dimension that has no number: between its ends there is more than one
UNSIZED = ("I", "1", "0")  # the identity, ones and zeros, where no size stands below them


class MatrixSubject(Subject):
    """What can be asked of a network of matrices: as of one of numbers, with quantities for numbers."""

    of_matrices = True
    network: MatrixNetwork  # type: ignore[assignment]

    def __init__(self, network: MatrixNetwork) -> None:
        self.network, self.name, self.free = network, network.name, False
        self._known: dict[str, str | None] = {}
        self._behind: dict[str, frozenset[str]] = {}
        self._later: dict[tuple[int, frozenset[str] | None], Point | None] = {}
        self._jacobians: dict[tuple[str, str, bool, int], tuple[Point, Jacobian]] = {}

    @cached_property
    def table(self) -> Table:
        names = {
            *self.network.plain,
            *self.network.also,
            *(self.network.dims - {"d"}),  # dL/dW is a derivative
            *(f"{id}_new" for id in self.network.plain),
            *self.adjoint_names,
        }
        if self.network.update is not None:
            names.add(self.network.update.symbol)
        return Table(frozenset(names), frozenset({*self.network.functions, *self.called}))

    def plain(self, id: str) -> str | None:
        if id not in self._known:
            self._known[id] = Subject.plain(self, id)
        return self._known[id]

    @property
    def loss(self) -> str:
        return self.network.loss

    @property
    def nodes(self) -> list[str]:
        return list(self.network.names)

    @property
    def has_data(self) -> bool:
        return any(n.role is Role.DATA for n in self.network.names.values())

    def is_line(self, node: str) -> bool:
        return self.network.names[node].role is Role.LINE

    def reads(self, node: str) -> tuple[str, ...]:
        return self._reads.get(node, ())

    @cached_property
    def _reads(self) -> dict[str, tuple[str, ...]]:
        return {line.name: tuple(names_read(self.network, line)) for line in self.network.lines}

    def latex(self, node: str) -> str:
        return self.network.latex(node)

    def spelled(self, node: str) -> str:
        return self.network.names[node].spelled

    def has_entry(self, id: str) -> bool:
        from derive.check.matrices.world import MatrixWorld

        if id in UNSIZED or id in self.network.dims:
            return self.plain(id) is None
        if id in self.adjoint_names:
            return True
        if not self.points:
            return False
        world, (head, _, sup) = MatrixWorld(self, self.points[0]), id.partition("^")
        base, _, sub = head.rpartition("_") if "_" in head else (head, "", "")
        name = s.Name((0, 0), id, base, sub, sup, id)
        if family(name, world.is_known) is not None:
            return True
        if sub.isalnum() and len(sub) == 1 and isinstance(world.name(base + (f"^{sup}" if sup else "")), Grid):
            return True  # Y_i: a row or a column, which is not said
        return constant(id, self.points[0].sizes) is not None or next(places(name, world.whole), None) is not None

    @cached_property
    def adjoint_names(self) -> dict[str, str]:
        """Names that the report gives derivatives of the loss, with the lines by which they are taken."""
        return {made.id: line for line, made in self.network.named.items()}

    @cached_property
    def called(self) -> dict[str, str]:
        names = self.network.names
        return {names[x.name].id: x.name for x in self.network.lines if x.head.rstrip().endswith(")")}

    @cached_property
    def named(self) -> dict[str, str]:
        return {}

    def parameters(self, node: str) -> list[str] | None:
        return None

    def behind(self, node: str) -> frozenset[str]:
        if node not in self._behind:
            found: set[str] = set()
            for line in self.network.lines:
                if any(name == node or name in found for name in self._reads[line.name]):
                    found.add(line.name)
            self._behind[node] = frozenset(found)
        return self._behind[node]

    @cached_property
    def _lines(self) -> frozenset[str]:
        return frozenset(line.name for line in self.network.lines)

    @cached_property
    def leaves(self) -> frozenset[str]:
        return frozenset(n.name for n in self.network.names.values() if n.role is not Role.LINE)

    @cached_property
    def own(self) -> Point | None:
        if not self.network.complete:
            return None
        rate = self.network.update.rate if self.network.update else None
        with precisely():
            found = self._point(self.network.given, rate, True, self.network.upstream)
        if found is not None and any(line.body is None for line in self.network.lines):
            # Of a loss that is left open only the derivative is given.
            values = {name: x for name, x in found.values.items() if name != self.loss}
            found = replace(found, values=values)
        return found

    def at(self, leaves: Mapping[str, Any], rate: Any = None) -> Point | None:
        with precisely():
            return self._point(leaves, rate)

    @cached_property
    def loose(self) -> list[Point]:
        """Points where sizes that the exercise has as numbers, but its shapes as letters, are others."""
        with precisely():
            made = [self._point(self._drawn(number, loose=True), None) for number in (0, 1, 3)]
        return [point for point in made if point is not None]

    @cached_property
    def points(self) -> list[Point]:
        """Random points, with different sizes where these are letters, and the exercise's own."""
        found = [self.own] if self.own is not None else []
        drawn = 0
        for number in range(_TRIES):
            with precisely():
                made = self._point(self._drawn(number), Fraction(37 + number, 100))
            if made is not None:
                found.append(made)
                drawn += 1
            if drawn == _POINTS:
                break
        return found

    def _drawn(self, number: int, loose: bool = False) -> dict[str, Quantity]:
        rng = random.Random(f"{self.name} {number}")
        sizes = self._sizes(rng, {} if loose else self.network.bound)
        scale, positive = _SCALES[number % len(_SCALES)], number % 4 == 3
        found = {}
        for n in self.network.names.values():
            if n.role is not Role.LINE:
                rows, columns = (d.value(sizes) for d in n.symbol.shape)
                cells = [[self._number(rng, scale, positive) for _ in range(columns)] for _ in range(rows)]
                drawn = q.grid(cells)
                way = self.network.sums.get(n.name)
                found[n.name] = summing(drawn, way) if way else drawn
        return found

    @staticmethod
    def _number(rng: random.Random, scale: Fraction, positive: bool) -> Any:
        sign = 1 if positive else rng.choice((-1, 1))
        return real(scale * sign * Fraction(rng.randint(1, 999), 700))

    def _sizes(self, rng: random.Random, bound: Mapping[str, int]) -> dict[str, int]:
        free = [name for name in sorted(self.network.dims) if name not in bound]
        sizes = list(range(_SMALLEST, _SMALLEST + max(len(free), 3)))
        rng.shuffle(sizes)
        return {**bound, **dict(zip(free, sizes, strict=False))}

    def _sizes_of(self, leaves: Mapping[str, Quantity]) -> dict[str, int]:
        """Return the sizes of dimensions that values of leaves have."""
        found: dict[str, int] = {}
        for name, x in leaves.items():
            shape = x.shape if isinstance(x, Grid) else (1, 1)
            for d, size in zip(self.network.names[name].symbol.shape, shape, strict=True):
                if len(d.names) == 1 and str(d) in d.names:
                    found[str(d)] = size
        return found

    def _point(
        self,
        leaves: Mapping[str, Quantity],
        rate: Any,
        given: bool = False,
        upstream: Mapping[str, Quantity] | None = None,
    ) -> Point | None:
        sizes = self._sizes_of(leaves)
        world = self._world(leaves, sizes)
        try:
            forward(world)
            world.adjoints |= upstream or {}
            backward(world)
        except (DomainError, ZeroDivisionError, OverflowError):
            return None
        values = {n.name: world.values[n.id] for n in self.network.names.values()}
        return Point(leaves, values, world.adjoints, rate, self._stepped(values, world.adjoints, rate), given, sizes)

    def _world(self, values: Mapping[str, Quantity], sizes: Mapping[str, int]) -> World:
        spend(len(self.network.names))
        return World(self.network, sizes, {self.network.names[name].id: x for name, x in values.items()})

    def _stepped(self, values: Mapping[str, Any], gradients: Mapping[str, Any], rate: Any) -> dict[str, Any]:
        if self.network.update is None or rate is None:
            return {}
        return {p: q.plus(values[p], q.times(-rate, gradients[p])) for p in self.network.parameters}

    def moved(self, point: Point, to: Mapping[str, Any]) -> Point:
        changed = set(to).union(*(self.behind(node) for node in to)) - set(to)
        kept = {name: x for name, x in point.values.items() if name not in changed}
        world = self._world({**kept, **to}, point.sizes)
        forward(world)
        values = {n.name: world.values[n.id] for n in self.network.names.values() if n.id in world.values}
        return replace(point, values=values)

    def swept(self, point: Point, gradients: Mapping[str, Any]) -> Mapping[str, Any]:
        world = self._world(point.values, point.sizes)
        world.adjoints |= gradients
        backward(world)
        return world.adjoints

    def with_gradients(self, point: Point, gradients: Mapping[str, Any]) -> Point:
        return replace(point, adjoints=gradients, updated=self._stepped(point.values, gradients, point.rate))

    def jacobian(self, of: str, wrt: str, point: Point, total: bool) -> Jacobian:
        """Return the derivative of the loss from the derivation, of a line by differences.

        total: everything behind `wrt` follows; else only what the line itself reads.
        """
        if of == self.loss:
            return of_adjoint(point.adjoints[wrt])
        local = not total and wrt in self.reads(of)
        key = (of, wrt, local, id(point))
        if key not in self._jacobians:
            found = by_differences(lambda x: self._when(of, wrt, x, point, local), point.values[wrt])
            self._jacobians[key] = (point, found)  # the point is kept, so that its id stays its own
        return self._jacobians[key][1]

    def _when(self, of: str, wrt: str, x: Quantity, point: Point, local: bool) -> Quantity:
        if of == wrt:
            return x
        if not local:
            return self.moved(point, {wrt: x}).values[of] if of in self.behind(wrt) else point.values[of]
        others = {name: value for name, value in point.values.items() if name != of}
        world = self._world({**others, wrt: x}, point.sizes)
        line = self.network.line(of)
        assert line is not None
        return world.value(line.tree)
