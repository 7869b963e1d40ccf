"""Reverse-mode differentiation over named nodes, with every step of the multivariate chain rule recorded.

Baydin et al., "Automatic Differentiation in Machine Learning: a Survey", JMLR 18 (2018), section 3.2; the adjoint of
a node is the sum over its consumers of the consumer's adjoint times the local derivative. Nothing is inlined, so the
sweep is linear in the graph; closed forms are expanded only where they are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from derive.expr import ONE, ZERO, Apply, Expr, Partial, Ref, add, mul, names, size
from derive.graph import Graph, Node
from derive.ops import primitive
from derive.rewrite import together
from derive.tidy import tidy

LONGEST = 20_000  # parts of an expanded closed form


@dataclass(frozen=True, slots=True)
class Contribution:
    """One edge's term of the chain rule: ∂loss/∂consumer · ∂consumer/∂node.

    raw is the local derivative as the rules give it, local the same simplified; because says which rule.
    """

    consumer: str
    raw: Expr
    local: Expr
    because: str


@dataclass(frozen=True, slots=True)
class Backpropagate:
    """The adjoint of one node: its contributions, and their sum in the symbols of later adjoints."""

    of: str
    contributions: tuple[Contribution, ...]
    adjoint: Expr


@dataclass(frozen=True)
class Derivation:
    """A graph and its backward pass, the loss first; nodes that the loss does not read have the adjoint 0.

    kept: nodes whose adjoints stay quantities in closed forms, since they have a name of their own.
    """

    graph: Graph
    steps: Mapping[str, Backpropagate]
    kept: frozenset[str] = frozenset()
    _closed: dict[tuple[int, str], Expr] = field(default_factory=dict, repr=False)

    def closed(self, name: str, longest: int = LONGEST) -> Expr:
        """Return the gradient of the loss by `name` in leaves and forward nodes, simplified.

        Adjoints whose closed form is longer than `longest` parts stay as quantities ∂loss/∂node.
        """
        for later in self._between(name, longest):
            self._closed[longest, later] = self._one_closed(self.steps[later], longest)
        return self._closed[longest, name]

    def upstream(self, consumer: str, longest: int = LONGEST) -> Expr:
        """Return the adjoint of a consumer as it stands in closed forms of others."""
        return Partial(self.graph.loss, consumer) if consumer in self.kept else self.closed(consumer, longest)

    def _between(self, name: str, longest: int) -> list[str]:
        """Return `name` and the nodes between it and the loss that have no closed form yet, the loss first."""
        if (longest, name) in self._closed:
            return []
        found, stack = {name}, [name]
        while stack:
            for c in self.steps[stack.pop()].contributions:
                if c.consumer not in found and (longest, c.consumer) not in self._closed:
                    found.add(c.consumer)
                    stack.append(c.consumer)
        return [n for n in self.steps if n in found]

    def _one_closed(self, step: Backpropagate, longest: int) -> Expr:
        if step.of == self.graph.loss:
            return ONE
        terms = []
        for c in step.contributions:
            upstream = self.upstream(c.consumer, longest)
            short = c.consumer == self.graph.loss or size(upstream) + size(c.local) <= longest // max(
                1, len(step.contributions)
            )
            terms.append(mul(upstream if short else Partial(self.graph.loss, c.consumer), c.local))
        return together(tidy(add(*terms)))


def local_derivatives(node: Node) -> dict[str, Expr]:
    """Return the derivative of a line by each name that it reads, as the rules of its primitives give it."""
    assert node.expr is not None
    found: dict[str, list[Expr]] = {}
    stack: list[tuple[Expr, Expr]] = [(node.expr, ONE)]
    while stack:
        e, g = stack.pop()
        if isinstance(e, Ref):
            found.setdefault(e.name, []).append(g)
        elif isinstance(e, Apply) and g != ZERO:
            # The output of the line itself is called by its name: σ′ = h(1 − h).
            y = Ref(node.name) if e is node.expr else e
            vjp = primitive(e.op).vjp
            stack.extend((a, vjp(i, g, y, e.args)) for i, a in reversed(list(enumerate(e.args))) if not _constant(a))
    return {name: add(*found.get(name, ())) for name in node.reads}


def _constant(e: Expr) -> bool:
    return not isinstance(e, (Ref, Apply)) or (isinstance(e, Apply) and all(_constant(a) for a in e.args))


def differentiate(graph: Graph) -> Derivation:
    """Return the backward pass of a graph: a step for every node and leaf, from the loss down."""
    locals_of = {node.name: local_derivatives(node) for node in graph.lines()}
    reached = graph.reaching()
    steps: dict[str, Backpropagate] = {}
    lines = [n.name for n in graph.lines()]
    leaves = [n.name for n in graph.leaves()]
    for name in (*reversed(lines), *leaves):
        if name == graph.loss:
            steps[name] = Backpropagate(name, (), ONE)
            continue
        edges = [c for c in graph.consumers[name] if c in reached]
        contributions = tuple(_contribution(graph[c], name, locals_of[c][name]) for c in edges)
        adjoint = add(*(term(graph.loss, c) for c in contributions))
        steps[name] = Backpropagate(name, contributions, adjoint)
    return Derivation(graph, steps)


def term(loss: str, c: Contribution) -> Expr:
    """Return a contribution in the symbols of later adjoints."""
    return c.local if c.consumer == loss else mul(Partial(loss, c.consumer), c.local)


def _contribution(consumer: Node, name: str, raw: Expr) -> Contribution:
    local = together(tidy(raw))
    return Contribution(consumer.name, raw, local, _reason(consumer, name))


def _reason(consumer: Node, name: str) -> str:
    """Return the sentence of the outermost primitive through which the line reads the name."""
    e = consumer.expr
    while isinstance(e, Apply):
        record = primitive(e.op)
        if record.name not in ("neg", "add", "mul") or all(isinstance(a, Ref) for a in e.args):
            return record.because
        inner = [a for a in e.args if name in names(a)]
        if len(inner) != 1 or isinstance(inner[0], Ref):
            return record.because
        e = inner[0]
    return "the derivative of a name by itself is 1"
