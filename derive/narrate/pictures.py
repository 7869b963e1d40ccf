"""Pictures of a network, as places and labels; the writers draw them."""

from __future__ import annotations

from derive.document import Drawing, Figure, Mark
from derive.errors import Fault
from derive.graph import Role
from derive.narrate.blocks import Ask, Placed
from derive.narrate.common import caption, label
from derive.narrate.layered import layered
from derive.narrate.numbers import value_of
from derive.problems.network import Network

_MOST = 60  # nodes of a picture that can still be read


def graph(network: Network, ask: Ask) -> Placed:
    """The computation graph; with values, each node has its value above and the derivative of the loss below."""
    nodes = network.graph.nodes
    if len(nodes) > _MOST:
        title = f"{network.name} has {len(nodes)} nodes, too many for a picture"
        raise Fault(title, ask.span, expected=f"at most {_MOST}")
    reads = {name: node.reads for name, node in nodes.items()}
    places, edges = layered(reads)
    state = network.before if ask.flag("values") else None
    marks = []
    for name, (x, y) in places.items():
        above = value_of(state.values[name], network.notation) if state else ""
        below = value_of(state.adjoints[name], network.notation) if state else ""
        marks.append(
            Mark(x, y, nodes[name].latex, "leaf" if nodes[name].role is not Role.LINE else "node", above, below)
        )
    drawing = Drawing(tuple(marks), tuple(tuple(points) for points in edges.values()))
    alt = ask.text("alt") or _alt(network, state is not None)
    return (Figure(drawing, alt, caption(ask), ask.text("width", "100%"), key=label(ask)),)


def _alt(network: Network, numbers: bool) -> str:
    """Return the picture in words: which node reads which."""
    names = {n.name: n.name for n in network.graph.nodes.values()}
    lines = [f"{n.name} from {', '.join(names[r] for r in n.reads)}" for n in network.graph.lines() if n.reads]
    said = " Each node shows its value above and the derivative of the loss by it below." if numbers else ""
    return f"Computation graph of {network.name}: {'; '.join(lines)}.{said}"
