"""The steps that a document of each kind of problem is expected to show, by what a chain says that it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from derive.narrate.backward import order
from derive.narrate.common import backward_key, forward_key
from derive.narrate.matrices import common as matrices
from derive.narrate.matrices.backward import shown
from derive.problems.matrix.network import MatrixNetwork
from derive.problems.network import Network


def of_network(network: Network) -> dict[str, dict[str, str]]:
    """Return, in words, what kinds of steps there are; each as key → how the author spells it."""
    graph = network.graph
    lines = {forward_key(network, n.name): n.spelled for n in graph.lines()}
    gradients = {backward_key(network, name): graph[name].spelled for name in order(network)}
    return {"the forward line of": lines, "the gradient by": gradients}


def of_matrices(network: MatrixNetwork) -> dict[str, dict[str, str]]:
    """Return the same for a network of matrices."""
    lines = {matrices.forward_key(network, line.name): network.names[line.name].spelled for line in network.lines}
    gradients = {matrices.backward_key(network, name): network.names[name].spelled for name in shown(network)}
    return {"the forward line of": lines, "the gradient by": gradients}


# kind of problem → its steps
STEPS: dict[str, Callable[[Any], dict[str, dict[str, str]]]] = {
    "networks": of_network,
    "matrix networks": of_matrices,
}
