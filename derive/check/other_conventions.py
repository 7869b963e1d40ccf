"""What is wrong under the report's conventions and right under others that are just as usual: said as that.

The base of the logarithm, the value of the unit step at 0, and a constant factor of the loss (1/2, or 1/N for the mean
of its terms). Another factor counts only where the hand-in writes its loss with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from derive.check.bench import Bench
from derive.check.judge import judge
from derive.check.misconceptions.record import Example, Misconception, nothing
from derive.check.subject import Subject
from derive.expr import Apply, Number, mul
from derive.graph import Graph
from derive.language import surface as s
from derive.problems.network import Network

_BASES = {"e": "natural", "2": "to base 2", "10": "to base 10"}


# No mistake that is made, so the search for one does not have it; `derive explain` does.
RECORD = Misconception(
    code="other-convention",
    title="Right under another convention",
    why="What stands there is right if the logarithm has another base, the unit step another value at 0, or the loss "
    "a constant factor in front. All of these are in use. The report has chosen one, and its numbers follow from it.",
    says="",
    example=Example(
        network={"forward": "L = -\\log p", "data": "", "values": "p = 0.25"}, wrong="L = 2", right="L = 1.386"
    ),
    variants=nothing,
)


@dataclass(frozen=True, slots=True)
class OtherConvention:
    """Another convention under which a claim is right; it stands where a diagnosis would."""

    says: str
    code: str = RECORD.code
    title: str = RECORD.title
    expected: str | None = None


@dataclass(slots=True)
class Conventions:
    """The other conventions of a subject, and the factor that the hand-in has given its loss."""

    subject: Subject
    stated: set[str] = field(default_factory=set)
    _others: list[tuple[str, bool, Subject]] | None = None

    def explain(self, trees: tuple[s.Tree, s.Tree], approximate: bool, bench: Bench) -> OtherConvention | None:
        """Return the convention under which a wrong claim is right, None if there is none."""
        if self._others is None:
            self._others = list(_others(self.subject))
        for says, of_loss, other in self._others:
            states = of_loss and _is_loss(trees[0], bench)
            if of_loss and says not in self.stated and not states:
                continue
            if judge(*trees, approximate, replace(bench, subject=other)).kind == "correct":
                self.stated |= {says} if states else set()
                return OtherConvention(says)
        return None


def _is_loss(tree: s.Tree, bench: Bench) -> bool:
    id = tree.id if isinstance(tree, s.Name) else tree.fn if isinstance(tree, s.Call) else ""
    return bench.subject.plain(id) == bench.subject.graph.loss


def _others(subject: Subject) -> Iterator[tuple[str, bool, Subject]]:
    """Yield other conventions: in words, whether they are about the loss, and the subject under them."""
    network = subject.network
    ops = {e.op for n in subject.graph.lines() for e in _operations(n.expr)}
    if "log" in ops:
        for base, said in _BASES.items():
            if base != network.notation.log:
                yield f"it is right with the logarithm {said}", False, _with(network, log=base)
    if subject.network.kinks_hit():
        for value in (Fraction(0), Fraction(1, 2), Fraction(1)):
            if value != network.notation.relu_at_0:
                yield f"it is right with $u(0) = {value}$", False, _with(network, relu_at_0=value)
    for factor in dict.fromkeys((Fraction(1, 2), Fraction(2), Fraction(1, _terms(network)), Fraction(_terms(network)))):
        if factor != 1:
            yield f"it is right for ${factor}$ times the loss of the report", True, _scaled(network, factor)


def _operations(e: object) -> Iterator[Apply]:
    if isinstance(e, Apply):
        yield e
        for a in e.args:
            yield from _operations(a)


def _terms(network: Network) -> int:
    loss = network.graph[network.graph.loss].expr
    return len(loss.args) if isinstance(loss, Apply) and loss.op == "add" else 1


def _with(network: Network, **notation: object) -> Subject:
    """Return a network under other conventions; a bare log of its lines has the other base."""
    changed = replace(network, notation=replace(network.notation, **notation), twin=None)  # type: ignore[arg-type]
    base = notation.get("log")
    if base is None:
        return Subject(changed)
    scale = Apply("log", (Number(Fraction(10 if base == "10" else 2)),)) if base != "e" else None
    return Subject(replace(changed, graph=_rebased(network, scale)))


def _rebased(network: Network, scale: Apply | None) -> Graph:
    def of(e: object) -> object:
        if not isinstance(e, Apply):
            return e
        args = tuple(of(a) for a in e.args)
        made = Apply(e.op, args)  # type: ignore[arg-type]
        return Apply("div", (made, scale)) if e.op == "log" and scale is not None else made

    nodes = {k: replace(n, expr=of(n.expr) if n.expr is not None else None) for k, n in network.graph.nodes.items()}  # type: ignore[arg-type]
    return Graph(nodes, network.graph.loss)


def _scaled(network: Network, factor: Fraction) -> Subject:
    nodes = dict(network.graph.nodes)
    loss = nodes[network.graph.loss]
    assert loss.expr is not None
    nodes[loss.name] = replace(loss, expr=mul(Number(factor), loss.expr))
    return Subject(replace(network, graph=Graph(nodes, loss.name), twin=None))
