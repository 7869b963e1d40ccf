"""A network at a point, as the formulas of a hand-in see it: what their names, functions and derivatives are there."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from derive.check.calls import primitive_function
from derive.check.free import arbitrary
from derive.check.functions import FUNCTIONS
from derive.check.quantities import Grid, Quantity, Scalar
from derive.check.subject import Point, Subject
from derive.check.value import Valuation
from derive.expr import Value
from derive.language import surface as s
from derive.language.meaning import OPEN, compound_id
from derive.language.occurrences import quantities
from derive.ops import SPELLINGS, DomainError
from derive.ops.primitive import real
from derive.points import adjoints


@dataclass
class NetworkWorld:
    """A network at a point, with the names that the hand-in has introduced.

    own: id → what it was defined as. total: read ∂a/∂b along all paths. numbers: id → value for names that stand for
    a number here ("when x = 0"). functions: id → parameters and formula of the hand-in's own functions. renewed: id →
    parameter for other names of new values. later: the point is one after an update. layout: of derivatives by vectors,
    "" for that of the report.
    """

    subject: Subject
    point: Point
    own: Mapping[str, s.Tree] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    total: bool = False
    numbers: Mapping[str, Quantity] = field(default_factory=dict)
    valued: dict[str, Quantity] = field(default_factory=dict)
    functions: Mapping[str, tuple[tuple[str, ...], s.Tree | None]] = field(default_factory=dict)
    renewed: Mapping[str, str] = field(default_factory=dict)
    later: bool = False
    layout: str = ""

    def valuation(self, numbers: Mapping[s.Range, Scalar] | None = None) -> Valuation:
        """Return what computes values here; numbers: other ones for those of the formula, by their place."""
        return Valuation(self, numbers=numbers or {})

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
        values = {key: self.valuation().value(tree) for key, tree in beliefs.items()}
        moved: dict[str, Value] = {
            node: x for (node, gradient), x in values.items() if not gradient and not isinstance(x, Grid)
        }
        point = self.subject.moved(self.point, moved) if moved else self.point
        gradients = {node: found for (node, gradient), found in values.items() if gradient}
        believed = self.subject.swept(point, gradients)
        return replace(self, point=self.subject.with_gradients(point, believed), valued={})

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

    def moved_to(self, values: Mapping[str, Quantity]) -> NetworkWorld | None:
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

    def node(self, id: str) -> str | None:
        """Return the node that an id means, also where the hand-in has given it another name."""
        return self.subject.plain(id) or self.aliases.get(id)

    def _any(self, id: str) -> Quantity | None:
        """Return some number for a name that only stands for the argument of a function of the hand-in."""
        if not any(id in parameters for parameters, _ in self.functions.values()):
            return None
        return Fraction(random.Random(f"{id} {sorted(self.point.leaves.items())}").randint(-300, 300), 100)

    def _defined(self, id: str) -> Quantity | None:
        if id not in self.own:
            return self._any(id)
        if id not in self.valued:
            inner = {k: v for k, v in self.own.items() if k != id}  # a name cannot define itself
            self.valued[id] = replace(self, own=inner, valued={}).valuation().value(self.own[id])
        return self.valued[id]

    def function(self, id: str, primes: int, stands: bool = True) -> Callable[..., Quantity] | None:
        """Return a node called as a function (`L(0.41)`, `L'(y)`), or one that the report or the hand-in names."""
        if id in self.functions:
            return lambda *args: self._applied(id, primes, args)
        if id in self.own and not primes and self.node(id) is None:
            return lambda *args: self._always(id)
        node = self.node(id) or self.subject.named.get(id)
        if node is not None and self.subject.is_line(node):
            return lambda *args: self._called(node, primes, args, stands)
        if id not in SPELLINGS and id not in FUNCTIONS and id not in self.subject.network.functions:
            return arbitrary(id, primes)
        named = self.subject.network.functions.get(id)
        if named is not None and named.op != OPEN and named.body is None:
            return primitive_function(named.op, primes, self.at_zero)
        return None

    def _applied(self, id: str, primes: int, args: tuple[Quantity, ...]) -> Quantity:
        """Return a function of the hand-in, or its derivative, where its parameters are these."""
        from mpmath import mp

        parameters, body = self.functions[id]
        if body is None:
            raise DomainError(f"{id} is said to be itself")
        inner = {**self.functions, id: (parameters, None)}
        if len(args) != len(parameters) or (primes and len(args) != 1):
            raise DomainError(f"{id} does not take {len(args)} arguments")
        lines = {n for n, _ in quantities(body) if n not in parameters and self.node(n) in self.point.values}
        moved = [a for name, a in zip(parameters, args, strict=True) if a != self.name(name)]
        if lines - {n for n in lines if self.node(n) in self.subject.leaves} and moved:
            raise DomainError(f"{id} reads what may depend on its arguments")

        def at(*values: Quantity) -> Any:
            numbers = {**self.numbers, **dict(zip(parameters, values, strict=True))}
            return replace(self, numbers=numbers, functions=inner, valued={}).valuation().value(body)

        if not primes:
            return at(*args)
        if isinstance(args[0], Grid):
            raise DomainError("the derivative at a matrix")
        return mp.diff(lambda x: real(at(x)), real(args[0]), primes)

    def _always(self, id: str) -> Quantity:
        """Return a name that is written with what it depends on: y_1(w_1, x) is y_1."""
        found = self._defined(id)
        if found is None:
            raise DomainError(f"{id} has no value")
        return found

    def _called(self, node: str, primes: int, args: tuple[Quantity, ...], stands: bool) -> Quantity:
        """Return a node where what it is written with has other values; with a prime its derivative by that."""
        to = self._put(node, args)
        if to is None or any(isinstance(a, Grid) for a in args):
            if stands and not primes:
                return self.point.values[node]
            raise DomainError(f"{node} cannot be called with that")
        # What a node is written with is mostly what it depends on: then it is meant as it stands.
        meant = [self.point.values[n] for n in self.subject.parameters(node) or self.point.values]
        same = stands and all(a in meant for a in args)
        moved = self.point if same else self.subject.moved(self.point, to)
        if not primes:
            return moved.values[node]
        by = next(reversed(to), "")
        found = self.subject.derivative(node, by, moved, total=False) if by and node != self.subject.loss else None
        if by and node == self.subject.loss:
            found = adjoints(self.subject.network.derivation, moved.values, self.subject.network.notation)[by]
        if found is None or primes > 1:
            raise DomainError(f"{node} has no such derivative")
        return found

    def _put(self, node: str, args: tuple[Quantity, ...]) -> dict[str, Value] | None:
        """Return which nodes have which values in a call: those it is written with, else what its line reads last."""
        names = self.subject.parameters(node)
        if names is not None and len(names) == len(args):
            return dict(zip(names, args, strict=True))
        reads = self.subject.reads(node)
        lines = [r for r in reads if self.subject.is_line(r)] or list(reads)
        return {lines[-1]: args[0]} if len(args) == 1 and lines and (len(reads) == 1 or lines != list(reads)) else None

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
            found = replace(self, point=moved, valued={}).valuation().value(of)
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
            case s.Pow() if compound := compound_id(tree):
                return self.node(compound)
        return None
