"""A network as the checker sees it: its names, and at a point the values of everything that a hand-in may speak of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from derive.check.quantities import operate
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
_CONFIRMED = 3  # points at which a formula that is to be printed is looked at
MOST = 8  # random points of a claim
# What a student writes at a parameter after an update: w_new, w^{new}, w_{1,new}, w^+, w'.
AFTER = re.compile(r"(?P<name>.+?)(?:[_,](?:new|neu)|\^\(?(?:new|neu)\)?|\^\+|[_^]\(?t\+1\)?|')$")

# … and before it: w^{(t)}, w^{old}.
_BEFORE = re.compile(r"(?P<name>.+?)(?:_old|\^\(?old\)?|\^\(t\))$")


@dataclass(frozen=True)
class Point:
    """All values of a network at one point; `given` tells that of its own numbers."""

    leaves: Mapping[str, Value]
    values: Mapping[str, Value]
    adjoints: Mapping[str, Value]
    rate: Value | None
    updated: Mapping[str, Value]
    given: bool = False


class Subject:
    """What can be asked of a network: `points` to compare at, `own` with its own numbers (None without)."""

    def __init__(self, network: Network) -> None:
        self.network, self.graph, self.name = network, network.graph, network.name
        self._toward: dict[str, Derivation] = {}
        self._swept: dict[tuple[str, int], tuple[Point, dict[str, Value]]] = {}

    @cached_property
    def table(self) -> Table:
        """The names and functions that the grammar knows here."""
        names = {*self.network.plain, *self.network.also}
        names |= {f"{id}_new" for id in self.network.plain}
        if self.network.update is not None:
            names.add(self.network.update.symbol)
        return Table(frozenset(names), frozenset({*self.network.functions, *self.called, *self.named}))

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
        if found is None and (before := _BEFORE.fullmatch(id)) and self.network.update is not None:
            found = self.plain(before["name"])
            return found if found in self.network.parameters else None
        return found

    def after(self, id: str) -> str | None:
        """Return the parameter whose new value an id means, None for any other."""
        found = AFTER.fullmatch(id)
        name = self.plain(found["name"]) if found and self.plain(id) is None else None
        return name if name in self.network.parameters else None

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
        if self.own is None or self.own.rate is None or not self.own.updated:
            return None
        with precisely():
            return self._point({**self.own.leaves, **self.own.updated}, self.own.rate)

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
        network = self.network
        env = forward(self.graph, leaves, network.notation)
        if env is None:
            return None
        found = adjoints(network.derivation, env, network.notation)
        updated: dict[str, Value] = {}
        if network.update is not None and rate is not None:
            for name in network.parameters:
                step = network.update.rule.step(Ref(name), Ref("\x00g"), Ref("\x00r"))
                updated[name] = value(step, {**env, "\x00g": found[name], "\x00r": rate})
        return Point(leaves, env, found, rate, updated, given)

    def derivative(self, of: str, wrt: str, point: Point, total: bool) -> Value | None:
        """Return ∂of/∂wrt: of the loss the gradient, else of a line its local or (`total`) whole derivative."""
        if of == wrt:
            return Fraction(1)
        if of == self.graph.loss:
            return point.adjoints[wrt]
        local = next((c for c in self.network.derivation.steps[wrt].contributions if c.consumer == of), None)
        if local is not None and not total:
            return value(local.raw, point.values, self.network.notation.relu_at_0)
        return self._total(of, wrt, point)

    def holds(self, e: Expr, name: str) -> bool:
        """Return whether a formula has the value of the gradient by a node at the points that are looked at first."""
        from derive.check.agree import close
        from derive.check.quantities import binary_size

        with precisely():
            for point in self.points[:_CONFIRMED]:
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
        if of not in self._toward:
            self._toward[of] = differentiate(Graph(self.graph.nodes, of))
        found: dict[str, Value] = {}
        for name, step in self._toward[of].steps.items():
            found[name] = value(step.adjoint, point.values, self.network.notation.relu_at_0, lambda q: found[q.wrt])
        return found[wrt]

    def swept(self, point: Point, gradients: Mapping[str, Value]) -> Mapping[str, Value]:
        """Return all gradients where some of them are given."""
        found: dict[str, Value] = {}
        at_zero = self.network.notation.relu_at_0
        for name, step in self.network.derivation.steps.items():
            own = gradients.get(name)
            found[name] = value(step.adjoint, point.values, at_zero, lambda q: found[q.wrt]) if own is None else own
        return found

    def moved(self, point: Point, to: Mapping[str, Value]) -> Point:
        """Return the point at which some nodes have other values and everything behind them follows."""
        env = {**point.values, **to}
        for line in self.graph.lines():
            if line.name not in to and line.expr is not None:
                env[line.name] = value(line.expr, env, self.network.notation.relu_at_0)
        return Point(point.leaves, env, point.adjoints, point.rate, point.updated)
