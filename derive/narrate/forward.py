"""The forward pass as formulas and with numbers."""

from __future__ import annotations

from derive.document import Aligned, Chain, Link
from derive.graph import Node
from derive.narrate import reasons
from derive.narrate.blocks import Ask, Placed
from derive.narrate.common import chosen, explained, forward_key, state_of
from derive.narrate.numbers import worked_out
from derive.problems.network import Network, State


def forward(network: Network, ask: Ask) -> Placed:
    """The forward pass; with numbers, each line as formula = substitution = value."""
    lines = chosen([n.name for n in network.graph.lines()], network, ask)
    if ask.flag("numbers") or ask.flag("after"):
        state = state_of(network, ask)
        return (Aligned(tuple(_forward_numbers(network, network.graph[n], state) for n in lines), explained(ask)),)
    return (Aligned(tuple(_forward_line(network, network.graph[n]) for n in lines), explained(ask)),)


def _forward_line(network: Network, node: Node) -> Chain:
    links = tuple(Link("=", f.latex) for f in node.forms)
    key = forward_key(network, node.name)
    return Chain(node.head, links, key=key, shows=key, why=reasons.of_line(network, node))


def _forward_numbers(network: Network, node: Node, state: State) -> Chain:
    assert node.expr is not None
    found = state.values[node.name]
    numbers = worked_out(network, node.expr, state, found, rough=node.name in state.rough)
    links = (Link("=", node.forms[-1].latex), *numbers)
    return Chain(node.latex, links, shows=forward_key(network, node.name))
