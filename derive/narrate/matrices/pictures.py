"""Pictures of a matrix network: its computation graph with shapes, and its layers with the weights between them."""

from __future__ import annotations

from collections.abc import Sequence

from derive.check.quantities import Grid, Quantity
from derive.document import Mark
from derive.errors import Fault
from derive.graph import Role
from derive.matrices.dims import Dim, shown
from derive.matrices.latex import dimension
from derive.matrices.term import Term
from derive.narrate import pictures
from derive.narrate.blocks import Ask, Placed
from derive.narrate.matrices.common import matrix
from derive.problems.matrix.forms import names_read
from derive.problems.matrix.layers import Layer, Layers, layers_of
from derive.problems.matrix.network import MatrixNetwork

_UNITS = 6  # that are drawn one by one
_SMALL = 3  # rows and columns of a matrix that is written out


def graph(network: MatrixNetwork, ask: Ask) -> Placed:
    """The computation graph; each node has its shape above, and with values a small matrix below."""
    reads: dict[str, Sequence[str]] = dict.fromkeys(network.names, ())
    reads |= {line.name: names_read(network, line) for line in network.lines}
    values = network.before.values if ask.flag("values") else {}
    marks = {
        n.name: Mark(0, 0, n.latex, pictures.kind(n.role), shape(n.symbol), _value(network, values.get(n.name)))
        for n in network.names.values()
    }
    said = f" Shapes: {_in_words(network, list(network.names))}."
    said += " Numbers and small matrices stand below their nodes." if values else ""
    return pictures.figure(network.name, reads, marks, ask, said)


def _value(network: MatrixNetwork, x: Quantity | None) -> str:
    """Return a number or a small matrix as it stands below a node, nothing for others."""
    if x is None or (isinstance(x, Grid) and max(x.shape) > _SMALL):
        return ""
    return matrix(x, network.notation)


def layers(network: MatrixNetwork, ask: Ask) -> Placed:
    """The layers as columns of units, each with its shape below, and the weights with theirs at the arrows."""
    found = layers_of(network)
    if not any(found.weights.values()):
        raise _none(network, ask)
    reads: dict[str, list[str]] = {name: [] for name in found.layers}
    for source, target in found.weights:
        reads[target].append(source)
    marks = {name: _column(network, found, layer) for name, layer in found.layers.items()}
    weights = {edge: _at_arrow(network, names) for edge, names in found.weights.items()}
    between = [f"{', '.join(names)} from {a} to {b}" for (a, b), names in found.weights.items() if names]
    named = [*(n for layer in found.layers.values() for n in layer.names), *network.parameters]
    said = f" Weights: {'; '.join(between)}. Shapes: {_in_words(network, named)}."
    return pictures.figure(network.name, reads, marks, ask, said, "Layers", weights)


def _none(network: MatrixNetwork, ask: Ask) -> Fault:
    title = f"`{network.name}` has no layers"
    if not any(n.role is Role.DATA for n in network.names.values()):
        reason = "none of its leaves is given, so nothing enters a layer"
        return Fault(title, ask.span, reason=reason, expected="`data: X` in the network, or the block `graph`")
    reason = "no line before the loss multiplies a parameter with data or with an earlier line"
    return Fault(title, ask.span, reason=reason, expected="a line such as Z = W X + b, or the block `graph`")


def _column(network: MatrixNetwork, found: Layers, layer: Layer) -> Mark:
    first, last = layer.names[0], layer.names[-1]
    latex = [network.latex(n) for n in dict.fromkeys((first, last))]
    above = (r" \to \dots \to " if len(layer.names) > 2 else r" \to ").join(latex)
    symbol = network.names[last].symbol
    foot = r",\ ".join(f"{network.latex(n)} : {shape(network.names[n].symbol)}" for n in layer.own)
    kind = pictures.kind(network.names[first].role)
    return Mark(0, 0, "", kind, above, shape(symbol), _units(network, found.units(symbol)), foot)


def _units(network: MatrixNetwork, d: Dim) -> tuple[bool, ...]:
    """Return a column of units; dots for those of a size that is large, or left open."""
    size = network.size(d)
    return (True,) * size if size is not None and size <= _UNITS else (True, True, False, True)


def _at_arrow(network: MatrixNetwork, names: list[str]) -> tuple[str, str]:
    return (
        r",\ ".join(network.latex(n) for n in names),
        r",\ ".join(shape(network.names[n].symbol) for n in names),
    )


def shape(symbol: Term) -> str:
    """Return the shape of a quantity as LaTeX: rows × columns, of all in the same way."""
    return r" \times ".join(f"({dimension(d)})" if len(d.terms) > 1 else dimension(d) for d in symbol.shape)


def _in_words(network: MatrixNetwork, names: Sequence[str]) -> str:
    return ", ".join(f"{n} {shown(network.names[n].symbol.shape)}" for n in names)
