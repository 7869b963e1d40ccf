"""A network as the checker sees it: its names, and at a point the values of everything that a hand-in may speak of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from derive.check.free import arbitrary
from derive.check.functions import FUNCTIONS
from derive.check.quantities import Grid, Quantity
from derive.check.renewed import former, renewed
from derive.check.value import Valuation, primitive_function, spend
from derive.differentiate import Derivation, differentiate
from derive.expr import Ref, Value
from derive.graph import Graph, Role
from derive.language import surface as s
from derive.language.grammar import Table, parse
from derive.language.meaning import OPEN
from derive.numeric import precisely, value
from derive.ops import SPELLINGS, DomainError
from derive.ops.primitive import real
from derive.points import adjoints, forward, points
from derive.problems.network import Network

MOST = 8  # random points of a claim


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

    def __init__(self, network: Network, free: bool = False) -> None:
        """free: the network is only a heap of names, in which nothing is said of what depends on what."""
        self.network, self.graph, self.name, self.free = network, network.graph, network.name, free
        self._toward: dict[str, Derivation] = {}
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
        return self._renewed(id, False, [node.name for node in self.graph.lines()])

    def _renewed(self, id: str, parameter: bool, among: Sequence[str]) -> str | None:
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

    def _total(self, of: str, wrt: str, point: Point) -> Value | None:
        if self.graph[of].role is not Role.LINE:
            return Fraction(0)
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


@dataclass
class NetworkWorld:
    """A network at a point, with the names that the hand-in has introduced.

    own: id → what it was defined as. total: read ∂a/∂b along all paths. numbers: id → value for names that stand for
    a number here ("when x = 0"). renewed: id → parameter for other names of new values. later: the point is one after
    an update.
    """

    subject: Subject
    point: Point
    own: Mapping[str, s.Tree] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    total: bool = False
    numbers: Mapping[str, Quantity] = field(default_factory=dict)
    valued: dict[str, Quantity] = field(default_factory=dict)
    renewed: Mapping[str, str] = field(default_factory=dict)
    later: bool = False

    @property
    def log(self) -> str:
        return self.subject.network.notation.log

    @property
    def at_zero(self) -> Fraction:
        return self.subject.network.notation.relu_at_0

    def known(self, id: str) -> bool:
        return self.subject.plain(id) is not None or id in self.own

    def believing(self, beliefs: Mapping[tuple[str, bool], s.Tree]) -> NetworkWorld:
        """Return the world in which some nodes or gradients are what formulas say, and the others follow from them."""
        values = {key: Valuation(self).value(tree) for key, tree in beliefs.items()}
        moved: dict[str, Value] = {
            node: x for (node, gradient), x in values.items() if not gradient and not isinstance(x, Grid)
        }
        point = self.subject.moved(self.point, moved) if moved else self.point
        gradients = {node: found for (node, gradient), found in values.items() if gradient}
        believed = self.subject.swept(point, gradients)
        return replace(self, point=self.subject.with_gradients(point, believed), valued={})

    def moved(self, values: Mapping[str, Quantity]) -> NetworkWorld | None:
        """Return the world where some nodes have other values and all that reads them follows: `|_{x = 1}`."""
        found = {self.node(id): x for id, x in values.items()}
        if None in found or any(isinstance(x, Grid) for x in found.values()):
            return None
        new: dict[str, Value] = {node: x for node, x in found.items() if node and not isinstance(x, Grid)}
        leaves = {node: x for node, x in new.items() if node in self.subject.leaves}
        point = self.subject.at({**self.point.leaves, **leaves}, self.point.rate)
        if point is not None and len(leaves) < len(new):
            point = self.subject.moved(point, {n: x for n, x in new.items() if n not in leaves})
            point = self.subject.with_gradients(point, self.subject.swept(point, {}))
        return replace(self, point=point, valued={}) if point is not None else None

    def name(self, id: str) -> Quantity | None:
        if id in self.numbers:
            return self.numbers[id]
        plain = self.node(id)
        if plain is not None:
            return self.point.values[plain]
        if (parameter := self.renewed.get(id) or self.subject.after(id)) is not None:
            new = self.point.updated.get(parameter)
            return new if new is not None else self._defined(id)
        if (line := self.subject.after_line(id)) is not None:
            later = self.point if self.later else self.subject.later(self.point)
            return later.values[line] if later is not None else None
        if self.subject.is_rate(id):
            return self.point.rate
        return self._defined(id)

    def node(self, id: str) -> str | None:
        """Return the node that an id means, also where the hand-in has given it another name."""
        return self.subject.plain(id) or self.aliases.get(id)

    def _defined(self, id: str) -> Quantity | None:
        if id not in self.own:
            return None
        if id not in self.valued:
            inner = {k: v for k, v in self.own.items() if k != id}  # a name cannot define itself
            self.valued[id] = Valuation(replace(self, own=inner, valued={})).value(self.own[id])
        return self.valued[id]

    def function(self, id: str, primes: int) -> Callable[..., Quantity] | None:
        """Return a node called as a function (`L(0.41)`, `L'(y)`), or a function that the report names."""
        if id in self.own and not primes and self.node(id) is None:
            return lambda *args: self._always(id)
        node = self.node(id) or self.subject.named.get(id)
        if node is not None and self.subject.graph[node].role is Role.LINE:
            return lambda *args: self._called(node, primes, args)
        if id not in SPELLINGS and id not in FUNCTIONS and id not in self.subject.network.functions:
            return arbitrary(id, primes)
        named = self.subject.network.functions.get(id)
        if named is not None and named.op != OPEN and named.body is None:
            return primitive_function(named.op, primes, self.at_zero)
        return None

    def _always(self, id: str) -> Quantity:
        """Return a name that is written with what it depends on: y_1(w_1, x) is y_1."""
        found = self._defined(id)
        if found is None:
            raise DomainError(f"{id} has no value")
        return found

    def _called(self, node: str, primes: int, args: tuple[Quantity, ...]) -> Quantity:
        """Return a node where what its line reads last has another value; with a prime its derivative by that."""
        reads = [r for r in self.subject.graph[node].reads if self.subject.graph[r].role is Role.LINE]
        if not reads or any(isinstance(a, Grid) for a in args):
            return self.point.values[node]
        by = reads[-1]
        # What a node is written with is mostly what it depends on: then it is meant as it stands.
        stands = not args or args[0] in self.point.values.values()
        moved = self.point if stands else self.subject.moved(self.point, {by: args[0]})
        if not primes:
            return moved.values[node]
        found = self.subject.derivative(node, by, moved, total=False) if node != self.subject.graph.loss else None
        if node == self.subject.graph.loss:
            found = adjoints(self.subject.network.derivation, moved.values, self.subject.network.notation)[by]
        if found is None or primes > 1:
            raise DomainError(f"{node} has no such derivative")
        return found

    def quotient(self, tree: s.Partial) -> Quantity | None:
        if len(tree.wrt) != 1:
            return None
        of, wrt = self.quantity(tree.of), self.quantity(tree.wrt[0])
        if wrt is None:
            return None
        if of is None:
            return self._slope(tree.of, wrt)
        return self.subject.derivative(of, wrt, self.point, self.total)

    def _slope(self, of: s.Tree, wrt: str) -> Quantity | None:
        """Return the derivative of an expression by a node, with everything behind that node following."""

        def at(x: Value) -> Any:
            moved = self.subject.moved(self.point, {wrt: x})
            found = Valuation(replace(self, point=moved, valued={})).value(of)
            if isinstance(found, Grid):
                raise DomainError("the derivative of a matrix")
            return real(found)

        from mpmath import mp

        return mp.diff(at, real(self.point.values[wrt]))

    def quantity(self, tree: s.Tree) -> str | None:
        """Return the node that stands above or below a derivative: a name, or a name with what it depends on."""
        match tree:
            case s.Name():
                return self.node(tree.id)
            case s.Call(primes=0):
                return self.node(tree.fn)
        return None
