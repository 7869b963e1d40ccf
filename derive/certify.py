"""No derivation is printed before it has been held against numeric derivatives of the forward pass alone.

At random points away from kinks, with 50 digits and more where gradients are tiny, three things are compared by
relative error: each local derivative at its real inputs, each adjoint with the change of the loss when that node is
moved, and each form that is to be shown. Central differences: error of order h² (Fornberg 1988).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any

from derive.differentiate import Derivation
from derive.errors import Fault
from derive.expr import Expr, Partial, Value
from derive.graph import Graph, Node
from derive.notation import Notation
from derive.numeric import DIGITS, value
from derive.ops import DomainError
from derive.ops.primitive import real, short
from derive.points import adjoints, forward, kinks_of_line, points, quantities, smallest

_LEAST = 3
_TOLERANCE = Fraction(1, 10**9)
_WIDEST_CHECK = 10_000  # node evaluations at a point; larger graphs move a sample of their nodes

Forms = Mapping[str, tuple[Expr, ...]]


@dataclass(frozen=True, slots=True)
class Certificate:
    """points: where everything was compared; max_error: the largest relative error found."""

    points: int
    max_error: float


def certify(
    d: Derivation,
    notation: Notation,
    forms: Forms,
    given: Mapping[str, Value] | None = None,
    widest: int = _WIDEST_CHECK,
) -> Certificate:
    """Return the certificate of a derivation and of the forms that will be shown for its adjoints.

    widest: how many node evaluations a point may take before only a sample of the nodes is moved.
    Raises a Fault that names the first step that fails, or says that too few points could be found.
    """
    count, worst = 0, 0.0
    for leaves in points(d, notation, given):
        error = _at(d, notation, forms, leaves, widest)
        if error is not None:
            count, worst = count + 1, max(worst, error)
    if count < _LEAST:
        raise Fault(
            "the derivation cannot be certified",
            reason=f"the forward pass has a value at only {count} of the points tried",
            expected="a network whose functions are defined for many values of its leaves",
        )
    return Certificate(count, worst)


def certify_also(
    known: Certificate, d: Derivation, notation: Notation, forms: Forms, given: Mapping[str, Value] | None
) -> Certificate:
    """Return the certificate of a derivation that has one already, with the numbers of another exercise on top."""
    for leaves in islice(points(d, notation, given), 1 if given is not None else 0):
        error = _at(d, notation, forms, leaves)
        if error is not None:
            return Certificate(known.points + 1, max(known.max_error, error))
    return known


def _at(
    d: Derivation, notation: Notation, forms: Forms, leaves: Mapping[str, Value], widest: int = _WIDEST_CHECK
) -> float | None:
    """Return the largest relative error at a point, None where the forward pass has no value there."""
    from mpmath import mp

    with mp.workdps(DIGITS):
        env = forward(d.graph, leaves, notation)
        if env is None:
            return None
        digits = DIGITS + _extra_digits(d, env, notation)
    with mp.workdps(digits), suppress(DomainError):  # a step out of the domain: another point is taken
        env = forward(d.graph, leaves, notation)
        assert env is not None
        return _Point(d, env, notation, widest).compare(forms)
    return None


def _extra_digits(d: Derivation, env: Mapping[str, Value], notation: Notation) -> int:
    """Return how many digits are needed beyond the usual, so that the step lies well below every derivative."""
    return 10 + 3 * max(0, -smallest(quantities(d, env, notation)))


class _Point:
    """One point at which a derivation is compared with differences of its forward pass."""

    def __init__(self, d: Derivation, env: dict[str, Value], notation: Notation, widest: int = _WIDEST_CHECK) -> None:
        from mpmath import mp

        self.widest = widest
        self.d, self.env, self.notation = d, env, notation
        self.step = mp.mpf(10) ** -(mp.dps // 3)
        self.adjoints = adjoints(d, env, notation)
        self.local: dict[tuple[str, str], Value | None] = {}
        self.later = _later(d.graph)
        self.kinks = {n.name: [kink for _, kink in kinks_of_line(n)] for n in d.graph.lines()}
        self.sides = {name: self._sides(name, env) for name in self.kinks}

    def compare(self, forms: Forms) -> float:
        worst = 0.0
        for node in self.d.graph.lines():
            worst = max(worst, self._written(node))
        for step in self.d.steps.values():
            for c in step.contributions:
                moved = self._local(c.consumer, step.of)
                for e in (c.raw, c.local):
                    where = f"∂{c.consumer}/∂{step.of}"
                    worst = max(worst, self._error(self._value(e), moved, where, "the local derivative"))
        for name in self._sample():
            worst = max(
                worst, self._error(self.adjoints[name], self._moved(name), self._gradient(name), "the gradient")
            )
        for name, shown in forms.items():
            for form in shown:
                worst = max(
                    worst, self._error(self._value(form), self.adjoints[name], self._gradient(name), "a form of")
                )
        return worst

    def _written(self, node: Node) -> float:
        """Compare the right sides of a line with each other."""
        worst = 0.0
        for form in node.forms:
            if form.expr is not None:
                worst = max(worst, self._error(self._value(form.expr), self.env[node.name], node.spelled, "the line"))
        return worst

    def _gradient(self, name: str) -> str:
        return f"∂{self.d.graph.loss}/∂{name}"

    def _value(self, e: Expr) -> Value:
        return value(e, self.env, self.notation.relu_at_0, self._quantity)

    def _quantity(self, q: Partial) -> Value:
        if q.of == self.d.graph.loss:
            return self.adjoints[q.wrt]
        moved = self._local(q.of, q.wrt)
        return moved if moved is not None else self._by_rule(q.of, q.wrt)

    def _by_rule(self, consumer: str, name: str) -> Value:
        """Return a local derivative by the recorded rule, where differences give none: at a kink, by convention."""
        step = self.d.steps[name]
        return self._value(next(c.local for c in step.contributions if c.consumer == consumer))

    def _sample(self) -> list[str]:
        names = list(self.d.steps)
        cost = sum(len(self.later[n]) for n in names)
        if cost <= self.widest:
            return names
        return random.Random(len(names)).sample(names, min(len(names), max(8, len(names) * self.widest // cost)))

    def _local(self, consumer: str, name: str) -> Value | None:
        """Return ∂consumer/∂name by central differences of that one line, at its real inputs."""
        if (consumer, name) not in self.local:
            node = self.d.graph[consumer]
            assert node.expr is not None
            expr = node.expr
            self.local[consumer, name] = self._difference(
                name, lambda env: value(expr, env, self.notation.relu_at_0), (consumer,)
            )
        return self.local[consumer, name]

    def _moved(self, name: str) -> Value | None:
        """Return the change of the loss when this node alone is moved and all later ones follow."""
        graph = self.d.graph

        def loss(env: dict[str, Value]) -> Value:
            for later in self.later[name]:
                expr = graph[later].expr
                assert expr is not None
                env[later] = value(expr, env, self.notation.relu_at_0)
            return env[graph.loss]

        return self._difference(name, loss, self.later[name])

    def _difference(self, name: str, of: Callable[[dict[str, Value]], Value], lines: tuple[str, ...]) -> Any:
        """Return the central difference of a value, None where moving `name` crosses a kink of one of these lines."""
        x = real(self.env[name])
        h = self.step * (abs(x) if x != 0 else 1)
        ends = []
        for moved in (x + h, x - h):
            env = {**self.env, name: moved}
            ends.append(real(of(env)))
            if any(self._sides(line, env) != self.sides[line] for line in lines if self.kinks[line]):
                return None
        return (ends[0] - ends[1]) / (2 * h)

    def _sides(self, line: str, env: Mapping[str, Value]) -> list[int]:
        """Return on which side of each of its kinks a line is: -1, 0 or 1."""
        at = (value(kink, env, self.notation.relu_at_0) for kink in self.kinks[line])
        return [(v > 0) - (v < 0) for v in at]

    def _error(self, ours: Value, truth: Value | None, where: str, what: str) -> float:
        if truth is None:  # there is no derivative at this point
            return 0.0
        a, b = real(ours), real(truth)
        if a == b:
            return 0.0
        size = max(abs(a), abs(b))
        if size < self.step:  # nothing that is not 0 is so small: this is what the differences leave over
            return 0.0
        error = abs(a - b) / size
        if not error <= real(_TOLERANCE):
            raise Fault(
                f"{what} {where} fails its numeric check; nothing was written",
                reason=f"derived {short(a)}, numeric {short(b)}",
            )
        return float(error)


def _later(graph: Graph) -> dict[str, tuple[str, ...]]:
    """Return for each node the lines that follow from it, in evaluation order."""
    found: dict[str, tuple[str, ...]] = {}
    order = {n: i for i, n in enumerate(graph.nodes)}
    for name in reversed(list(graph.nodes)):
        after: set[str] = set()
        for c in graph.consumers[name]:
            after.add(c)
            after.update(found[c])
        found[name] = tuple(sorted(after, key=order.__getitem__))
    return found
