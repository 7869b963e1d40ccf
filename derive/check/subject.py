"""A network as the checker sees it: its names, and at a point the values of everything that a hand-in may speak of."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from derive.check.quantities import operate
from derive.check.renewed import former, renewed
from derive.check.work import spend
from derive.differentiate import Derivation, differentiate
from derive.errors import Fault
from derive.expr import Expr, Partial, Ref, Value
from derive.graph import Graph, Role
from derive.language import surface as s
from derive.language.grammar import Table, parse
from derive.numeric import DIGITS, precisely, value
from derive.ops import DomainError
from derive.points import adjoints, forward, points
from derive.problems.network import Network
from derive.source import of_text

_SWEEPS = 2000  # derivatives of a line by all nodes that are kept
MOST = 8  # random points of a claim


@dataclass(frozen=True)
class Point:
    """All values of a network at one point; `given` tells that of its own numbers, `sizes` how large dimensions are."""

    leaves: Mapping[str, Value]
    values: Mapping[str, Value]
    adjoints: Mapping[str, Value]
    rate: Value | None
    updated: Mapping[str, Value]
    given: bool = False
    sizes: Mapping[str, int] = field(default_factory=dict)


class Subject:
    """What can be asked of a network: `points` to compare at, `own` with its own numbers (None without)."""

    of_matrices = False

    def __init__(self, network: Network, free: bool = False) -> None:
        """free: the network is only a heap of names, in which nothing is said of what depends on what."""
        self.network, self.graph, self.name, self.free = network, network.graph, network.name, free
        self._toward: dict[str, Derivation] = {}
        self._swept: dict[tuple[str, int], tuple[Point, dict[str, Value]]] = {}
        self._behind: dict[str, frozenset[str]] = {}
        self._later: dict[tuple[int, frozenset[str] | None], Point | None] = {}

    @cached_property
    def table(self) -> Table:
        """The names and functions that the grammar knows here."""
        names = {*self.network.plain, *self.network.also}
        names |= {f"{id}_new" for id in self.network.plain}
        if self.network.update is not None:
            names.add(self.network.update.symbol)
        return Table(frozenset(names), frozenset({*self.network.functions, *self.called, *self.named}))

    @property
    def loss(self) -> str:
        return self.graph.loss

    @property
    def nodes(self) -> list[str]:
        """The names of the network in the order of evaluation."""
        return list(self.graph.nodes)

    @property
    def has_data(self) -> bool:
        return any(leaf.role is Role.DATA for leaf in self.graph.leaves())

    def is_line(self, node: str) -> bool:
        return self.graph[node].role is Role.LINE

    def reads(self, node: str) -> tuple[str, ...]:
        """Return what a line is computed from."""
        return self.graph[node].reads

    def latex(self, node: str) -> str:
        return self.graph[node].latex

    def spelled(self, node: str) -> str:
        """Return a node as the report first writes it."""
        return self.graph[node].spelled

    @property
    def loose(self) -> list[Point]:
        """The points at which shapes are compared, where these have letters for sizes."""
        return []

    def has_entry(self, id: str) -> bool:
        """Return whether an id means an entry of something in the network, or a matrix of ones, zeros or the like."""
        return False

    @cached_property
    def called(self) -> dict[str, str]:
        """Ids of the nodes that the report writes with arguments, `L(y, \\hat{y})`, with their plain names."""
        ids = {plain: id for id, plain in self.network.plain.items()}
        return {ids[n.name]: n.name for n in self.graph.lines() if n.head.rstrip().endswith(")")}

    @cached_property
    def named(self) -> dict[str, str]:
        """Functions that a line only names on the way, `h = g(z) = …`, with the node that they give."""
        found: dict[str, str] = {}
        for node in self.graph.lines():
            for form in node.forms:
                if form.expr is None and isinstance(tree := parse(form.latex), s.Call):
                    found[tree.fn] = node.name
        return found

    def parameters(self, node: str) -> list[str] | None:
        """Return the nodes that a line is written with, `L(y, \\hat{y})`; None for one that is written without."""
        inside = re.search(r"\((.*)\)\s*$", self.graph[node].head)
        try:
            trees = [
                parse(of_text(text.strip(), "<head>"), self.bare) for text in (inside[1].split(",") if inside else ())
            ]
        except Fault:
            return None
        names = [self.plain(tree.id) for tree in trees if isinstance(tree, s.Name)]
        found = [name for name in names if name is not None]
        return found if found and len(found) == len(trees) else None

    @cached_property
    def bare(self) -> Table:
        """The names alone."""
        return Table(frozenset({*self.network.plain, *self.network.also}))

    def plain(self, id: str) -> str | None:
        """Return the plain name of what a hand-in calls by an id, None where the network has none."""
        also, plain = self.network.also, self.network.plain
        spelled = re.sub(r"^([A-Za-z]+)(\d+)$", r"\1_\2", id)  # w1 for w_1
        found = plain.get(also.get(id, id)) or plain.get(also.get(spelled, spelled))
        if found is None and (before := former(id)):
            return self.plain(before)
        return found

    def behind(self, node: str) -> frozenset[str]:
        """Return the lines that depend on a node."""
        if node not in self._behind:
            found, stack = set[str](), [node]
            while stack:
                more = [c for c in self.graph.consumers[stack.pop()] if c not in found]
                found.update(more)
                stack += more
            self._behind[node] = frozenset(found)
        return self._behind[node]

    def after(self, id: str) -> str | None:
        """Return the parameter whose new value an id means, None for any other."""
        return self._renewed(id, True, self.network.parameters)

    def after_line(self, id: str) -> str | None:
        """Return the line whose value after the update an id means, None for any other."""
        if self.network.update is None:
            return None
        return self._renewed(id, False, self._lines)

    @cached_property
    def _lines(self) -> frozenset[str]:
        return frozenset(node.name for node in self.graph.lines())

    def _renewed(self, id: str, parameter: bool, among: Container[str]) -> str | None:
        stem = renewed(id, parameter)
        name = self.plain(stem) if stem and self.plain(id) is None else None
        return name if name in among else None

    def is_rate(self, id: str) -> bool:
        update = self.network.update
        return update is not None and id in (update.symbol, update.latex.lstrip("\\"))

    @cached_property
    def leaves(self) -> frozenset[str]:
        """The names that have values of their own."""
        return frozenset(n.name for n in self.graph.leaves())

    @cached_property
    def own(self) -> Point | None:
        """The point of the exercise."""
        if not self.network.complete:
            return None
        with precisely():
            rate = self.network.update.rate if self.network.update else None
            return self._point(self.network.given, rate, given=True)

    @cached_property
    def after_update(self) -> Point | None:
        """The point of the exercise after one step of its update; None without one."""
        return self.later(self.own) if self.own is not None else None

    def later(self, point: Point, only: frozenset[str] | None = None) -> Point | None:
        """Return the point after one step of the update (of some parameters), None where there is none.

        The new values of parameters are their values there.
        """
        kept = point is self.own or any(point is p for p in self.points)  # others may share their id with one gone
        if kept and (id(point), only) in self._later:
            return self._later[id(point), only]
        found = None
        if point.rate is not None and point.updated:
            new = {name: x for name, x in point.updated.items() if only is None or name in only}
            found = self.at({**point.leaves, **new}, point.rate)
            found = replace(found, updated=point.updated) if found is not None else None
        if kept:
            self._later[id(point), only] = found
        return found

    def at(self, leaves: Mapping[str, Value], rate: Value | None = None) -> Point | None:
        """Return the point with some values of the leaves, None where it has no value."""
        with precisely():
            return self._point(leaves, rate)

    @cached_property
    def points(self) -> list[Point]:
        """Random points off the kinks, on both sides of each, and the exercise's own."""
        network = self.network
        found = [self.own] if self.own is not None else []
        for leaves in points(network.derivation, network.notation, network.given if network.complete else None):
            with precisely():
                made = self._point(leaves, Fraction(37 + len(found), 100))
            found += [made] if made is not None else []
            if len(found) > MOST:
                break
        return found

    def _point(self, leaves: Mapping[str, Value], rate: Value | None, given: bool = False) -> Point | None:
        spend(len(self.graph.nodes))
        network = self.network
        env = forward(self.graph, leaves, network.notation)
        if env is None:
            return None
        found = adjoints(network.derivation, env, network.notation)
        return Point(leaves, env, found, rate, self._step(env, found, rate), given)

    def _step(
        self, values: Mapping[str, Value], gradients: Mapping[str, Value], rate: Value | None
    ) -> dict[str, Value]:
        """Return the parameters after one step of the update."""
        update, updated = self.network.update, dict[str, Value]()
        if update is not None and rate is not None:
            for name in self.network.parameters:
                step = update.rule.step(Ref(name), Ref("\x00g"), Ref("\x00r"))
                updated[name] = value(step, {**values, "\x00g": gradients[name], "\x00r": rate})
        return updated

    def derivative(self, of: str, wrt: str, point: Point, total: bool) -> Value | None:
        """Return ∂of/∂wrt: of the loss the gradient, else of a line its local or (`total`) whole derivative."""
        if of == wrt:
            return Fraction(1)
        if self.free and self.graph[of].role is not Role.LINE:
            return None  # nothing is said of what it depends on
        if of == self.graph.loss:
            return point.adjoints[wrt]
        local = next((c for c in self.network.derivation.steps[wrt].contributions if c.consumer == of), None)
        if local is not None and not total:
            return value(local.raw, point.values, self.network.notation.relu_at_0)
        return self._total(of, wrt, point)

    def holds(self, e: Expr, name: str) -> bool:
        """Return whether a formula has the value of the gradient by a node at all points."""
        from derive.check.agree import close
        from derive.check.quantities import binary_size

        with precisely():
            for point in self.points:
                found = value(e, point.values, self.network.notation.relu_at_0, self._locals_at(point))
                truth = point.adjoints[name]
                size = max((binary_size(x) for x in (found, truth) if x != 0), default=0)
                if not close(found, truth, size, DIGITS - 15):
                    return False
        return bool(self.points)

    def _locals_at(self, point: Point) -> Callable[[Partial], Value]:
        def local(q: Partial) -> Value:
            found = self.derivative(q.of, q.wrt, point, total=False)
            if found is None:
                raise DomainError(f"{q.of} has no derivative by {q.wrt}")
            return found

        return local

    def _total(self, of: str, wrt: str, point: Point) -> Value | None:
        """Return the derivative of a line along all paths: one sweep over the local ones gives it by every node."""
        if self.graph[of].role is not Role.LINE:
            return Fraction(0)
        if of not in self._reaching:
            return self._beside(of, wrt, point)
        known = self._swept.get((of, id(point)))
        if known is None:
            if len(self._swept) > _SWEEPS:
                self._swept.clear()
            # The point is kept, so that its id stays its own.
            known = self._swept[of, id(point)] = (point, self._sweep(of, point))
        return known[1][wrt]

    def _sweep(self, of: str, point: Point) -> dict[str, Value]:
        spend(len(self.graph.nodes))
        found: dict[str, Value] = {}
        at_zero = self.network.notation.relu_at_0
        for name, step in self.network.derivation.steps.items():
            terms = [c for c in step.contributions if found.get(c.consumer, 0) != 0]
            parts = [operate("mul", found[c.consumer], value(c.raw, point.values, at_zero)) for c in terms]
            found[name] = Fraction(1) if name == of else operate("add", *parts) if parts else Fraction(0)
        return found

    @cached_property
    def _reaching(self) -> frozenset[str]:
        return frozenset(self.graph.reaching())

    def _beside(self, of: str, wrt: str, point: Point) -> Value | None:
        """Return the derivative of a line that the loss does not depend on."""
        spend(len(self.graph.nodes))
        if of not in self._toward:
            self._toward[of] = differentiate(Graph(self.graph.nodes, of))
        found: dict[str, Value] = {}
        for name, step in self._toward[of].steps.items():
            found[name] = value(step.adjoint, point.values, self.network.notation.relu_at_0, lambda q: found[q.wrt])
        return found[wrt]

    def swept(self, point: Point, gradients: Mapping[str, Value]) -> Mapping[str, Value]:
        """Return all gradients where some of them are given."""
        spend(len(self.graph.nodes))
        found: dict[str, Value] = {}
        at_zero = self.network.notation.relu_at_0
        for name, step in self.network.derivation.steps.items():
            own = gradients.get(name)
            found[name] = value(step.adjoint, point.values, at_zero, lambda q: found[q.wrt]) if own is None else own
        return found

    def moved(self, point: Point, to: Mapping[str, Value]) -> Point:
        """Return the point at which some nodes have other values and everything behind them follows."""
        spend(len(self.graph.nodes))
        env = {**point.values, **to}
        for line in self.graph.lines():
            if line.name not in to and line.expr is not None:
                env[line.name] = value(line.expr, env, self.network.notation.relu_at_0)
        return Point(point.leaves, env, point.adjoints, point.rate, point.updated)

    def with_gradients(self, point: Point, gradients: Mapping[str, Value]) -> Point:
        """Return a point with other gradients, and with the step of the update that follows from them."""
        return replace(point, adjoints=gradients, updated=self._step(point.values, gradients, point.rate))
