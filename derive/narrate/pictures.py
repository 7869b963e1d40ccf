"""Pictures of a network, as places and labels; the writers draw them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from derive.document import Drawing, Figure, Mark
from derive.errors import Fault
from derive.graph import Role
from derive.narrate.blocks import Ask, Placed
from derive.narrate.common import caption, label
from derive.narrate.layered import layered
from derive.narrate.numbers import value_of
from derive.problems.network import Network
from derive.problems.units import Unit, units_of

_MOST = 60  # nodes of a picture that can still be read


def graph(network: Network, ask: Ask) -> Placed:
    """The computation graph; with values, each node has its value above and the derivative of the loss below."""
    nodes = network.graph.nodes
    state = network.before if ask.flag("values") else None
    marks = {
        name: Mark(
            0,
            0,
            node.latex,
            kind(node.role),
            value_of(state.values[name], network.notation) if state else "",
            value_of(state.adjoints[name], network.notation) if state else "",
        )
        for name, node in nodes.items()
    }
    said = " Each node shows its value above and the derivative of the loss by it below." if state else ""
    return figure(network.name, {name: node.reads for name, node in nodes.items()}, marks, ask, said)


def layers(network: Network, ask: Ask) -> Placed:
    """The units layer by layer, the weights at the arrows; what is added in a unit stands below it."""
    found, nodes = units_of(network.graph), network.graph.nodes
    if not any(found.weights.values()):
        reason = "no line before the loss multiplies a parameter with data or with an earlier line"
        raise Fault(f"`{network.name}` has no layers", ask.span, reason=reason, expected="the block `graph`")
    reads: dict[str, list[str]] = {name: [] for name in found.units}
    for source, target in found.weights:
        reads[target].append(source)
    marks = {name: _unit(network, unit) for name, unit in found.units.items()}
    weights = {edge: (r",\ ".join(nodes[n].latex for n in names), "") for edge, names in found.weights.items()}
    between = [f"{', '.join(names)} from {a} to {b}" for (a, b), names in found.weights.items() if names]
    return figure(network.name, reads, marks, ask, f" Weights: {'; '.join(between)}.", "Layers", weights)


def _unit(network: Network, unit: Unit) -> Mark:
    nodes = network.graph.nodes
    first, last = nodes[unit.names[0]], nodes[unit.names[-1]]
    above = "" if first is last else rf"{first.latex} \to {last.latex}"
    added = r",\ ".join(nodes[n].latex for n in unit.own)
    return Mark(0, 0, last.latex, kind(first.role), above, added)


def kind(role: Role) -> str:
    return "node" if role is Role.LINE else "leaf"


def figure(
    name: str,
    reads: Mapping[str, Sequence[str]],
    marks: Mapping[str, Mark],
    ask: Ask,
    said: str = "",
    title: str = "Computation graph",
    weights: Mapping[tuple[str, str], tuple[str, str]] | None = None,
) -> Placed:
    """Return marks that read one another as a picture; `weights`: what stands at arrows, by (what is read, reader)."""
    if len(marks) > _MOST:
        many = f"{name} has {len(marks)} nodes, too many for a picture"
        raise Fault(many, ask.span, expected=f"at most {_MOST}")
    places, edges = layered(reads)
    placed = tuple(replace(marks[node], x=x, y=y) for node, (x, y) in places.items())
    at_arrows = tuple(weights.get(edge, ("", "")) for edge in edges) if weights else ()
    drawing = Drawing(placed, tuple(tuple(points) for points in edges.values()), at_arrows)
    lines = [f"{node} from {', '.join(sources)}" for node, sources in reads.items() if sources]
    alt = ask.text("alt") or f"{title} of {name}: {'; '.join(lines)}.{said}"
    return (Figure(drawing, alt, caption(ask), ask.text("width", "100%"), key=label(ask)),)
