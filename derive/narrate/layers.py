"""Parameters of successive layers, and how their gradients compare."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from derive.document import Inline
from derive.narrate.common import cell
from derive.narrate.numbers import value_of
from derive.numeric import precisely
from derive.ops.primitive import real
from derive.problems.network import Network, State


def depths(network: Network) -> dict[str, int]:
    """Return for each node how many lines lie between it and the loss, along the longest path."""
    graph = network.graph
    found: dict[str, int] = {}
    for node in reversed([*graph.nodes.values()]):
        below = [found[c] for c in graph.consumers[node.name] if c in found]
        if node.name == graph.loss or below:
            found[node.name] = max(below, default=-1) + 1
    return found


def successive(network: Network, names: Sequence[str]) -> bool:
    """Return whether the names belong to layer after layer, the last nearest to the loss."""
    depth = depths(network)
    found = [depth.get(name, -1) for name in names]
    return len(found) > 1 and min(found) >= 0 and all(a > b for a, b in pairwise(found))


def ratios(network: Network, names: Sequence[str], state: State) -> list[tuple[Inline, ...]]:
    """Return |gradient| / |gradient of the next name| for each name, a dash where there is none."""
    with precisely():
        sizes = [abs(state.adjoints[name]) for name in names]
        found = [real(a) / real(b) if b else None for a, b in pairwise(sizes)]
        return [cell(value_of(r, network.notation)) if r is not None else ("–",) for r in [*found, None]]
