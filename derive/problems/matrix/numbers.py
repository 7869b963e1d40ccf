"""The numbers of a matrix network: values of all lines, derivatives by all of them, one step of the update."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from derive.check import quantities as q
from derive.check.quantities import Quantity
from derive.errors import Fault
from derive.language import surface as s
from derive.matrices.latex import latex
from derive.matrices.orient import oriented
from derive.numeric import precisely
from derive.problems.matrix.free_indices import with_compounds
from derive.problems.matrix.world import World, abstract_slope, forward

if TYPE_CHECKING:
    from derive.problems.matrix.network import MatrixNetwork


LARGEST = 4000  # entries of a matrix


@dataclass(frozen=True, slots=True)
class Numbers:
    """Values and adjoints by plain name."""

    values: Mapping[str, Quantity]
    adjoints: Mapping[str, Quantity]


def numbers(network: MatrixNetwork, given: Mapping[str, Quantity]) -> Numbers:
    """Return all numbers for values of the leaves; raises a Fault where a line has none, or where they are too many."""
    more = "smaller matrices; derive.evaluate in Python computes with large ones in double precision"
    require_few(network, "compute with exact numbers", more)
    world = World(network, network.bound, {network.names[name].id: x for name, x in given.items()})
    try:
        with precisely():
            world.values |= {network.names[line.name].id: Fraction(0) for line in network.lines if line.body is None}
            forward(world)
            world.adjoints |= network.upstream
            backward(world)
    except ArithmeticError as wrong:
        raise Fault(f"the numbers of `{network.name}` cannot be computed: {wrong}", network.entry.span) from None
    abstract = {line.name for line in network.lines if line.body is None}
    values = {n.name: world.values[n.id] for n in network.names.values() if n.name not in abstract}
    return Numbers(values, world.adjoints)


def require_few(network: MatrixNetwork, work: str, expected: str) -> None:
    """Raise a Fault where a matrix has too many entries for some work with numbers of 50 digits."""
    sizes = {**dict.fromkeys(network.dims, 2), **network.bound}
    for n in network.names.values():
        rows, columns = (d.value(sizes) for d in n.symbol.shape)
        if rows * columns > LARGEST:
            title = f"{n.spelled} is {rows}×{columns}, too large to {work}"
            raise Fault(title, network.entry.span, expected=expected)


def backward(world: World) -> None:
    """Compute the adjoints from the formulas that are printed for them."""
    for name in world.network.adjoints:
        if name not in world.adjoints:
            world.adjoints[name] = adjoint(world, name)


def adjoint(world: World, name: str) -> Quantity:
    """Return the value of an adjoint from those of later lines; of an abstract loss, that of its stand-in."""
    network = world.network
    if network.adjoints[name].given:
        return abstract_slope(next(line for line in network.readers[name] if line.body is None), world)
    return world.value(network.printed[name][0].tree)


@dataclass(frozen=True, slots=True)
class Printed:
    """A form of a derivative as it is printed, and read again; rows: whether it is in numerator layout."""

    text: str
    tree: s.Tree
    rows: bool = False


def printed(network: MatrixNetwork) -> dict[str, tuple[Printed, ...]]:
    """Return the forms of each derivative, first the one in the adjoints of later lines."""
    found = {}
    for name, x in network.adjoints.items():
        forms = [(t, False) for t in (x.term, x.closed, x.shown) if t is not None]
        forms += [(x.rows, True)] if x.rows is not None else []
        texts = [(latex(oriented(t), network.spelled), rows) for t, rows in forms]
        found[name] = tuple(Printed(text, parsed(network, text), rows) for text, rows in dict.fromkeys(texts))
    return found


def parsed(network: MatrixNetwork, text: str) -> s.Tree:
    """Return a printed formula as a tree."""
    from derive.language.grammar import parse
    from derive.source import of_text

    tree = with_compounds(parse(of_text(text), network.table, "latex"), network.plain)
    return network.indices.settled(tree)


def updated(network: MatrixNetwork) -> dict[str, Quantity]:
    """Return the parameters after one step: W - η·∂L/∂W."""
    if network.update is None or network.update.rate is None or not network.loss:
        return {}
    rate = network.update.rate
    with precisely():
        return {
            name: q.plus(network.before.values[name], q.times(-rate, network.before.adjoints[name]))
            for name in network.parameters
            if name in network.wrt
        }
