"""One step of the update with matrices."""

from __future__ import annotations

from derive.check.quantities import Grid, Quantity
from derive.document import Aligned, Chain, Link, Math
from derive.errors import Fault
from derive.narrate.blocks import Ask, Placed
from derive.narrate.matrices.common import exact, matrix
from derive.narrate.update import new_name
from derive.notation import magnitude, show
from derive.ops.primitive import real
from derive.problems.matrix.network import MatrixNetwork


def update(network: MatrixNetwork, ask: Ask) -> Placed:
    """One step of the update rule, parameter by parameter."""
    network.require_loss(ask.span)
    if network.update is None or network.update.rate is None:
        raise Fault(f"`{network.name}` has no update", ask.span, expected=r"update: {learning_rate: \eta = 0.1}")
    return (Aligned(tuple(_chain(network, name) for name in network.updated)),)


def _chain(network: MatrixNetwork, name: str) -> Chain:
    assert network.update is not None and network.update.rate is not None
    notation, latex = network.notation, network.latex(name)
    old, g, new = network.given[name], network.before.adjoints[name], network.updated[name]
    rate = show(network.update.rate, notation)[0]
    places = _visible(network, name)
    links = [
        Link("=", rf"{latex} - {network.update.latex} {network.quantity(name)}"),
        Link("=" if exact(g, notation) else r"\approx", f"{matrix(old, notation)} - {_times(rate, g, network)}"),
        Link("=" if exact(new, notation, places) else r"\approx", matrix(new, notation, places)),
    ]
    return Chain(new_name(latex), tuple(links), boxed=True, shows=f"{network.name}.new.{name}")


def _times(rate: str, g: Quantity, network: MatrixNetwork) -> str:
    shown = matrix(g, network.notation)
    if isinstance(g, Grid):
        return f"{rate} {shown}"
    return rf"{rate} \cdot " + (rf"\left({shown}\right)" if shown.startswith("-") else shown)


def _visible(network: MatrixNetwork, name: str) -> int:
    """Return how many decimals show the smallest change that is not 0 with two digits."""
    old, new = network.given[name], network.updated[name]
    pairs = zip(*(x.cells if isinstance(x, Grid) else [x] for x in (old, new)), strict=True)
    changes = [abs(real(b) - real(a)) for a, b in pairs if a != b]
    largest = max(changes, default=0)
    return max(0, 1 - magnitude(largest)) if largest else 0


def updated(network: MatrixNetwork, ask: Ask) -> Placed:
    """The value of a parameter after the update."""
    name = network.find(ask.names[0], ask.span)
    if name not in network.updated:
        raise Fault(f"{ask.names[0]} is not updated", ask.span)
    return Math(matrix(network.updated[name], network.notation, _visible(network, name)))
