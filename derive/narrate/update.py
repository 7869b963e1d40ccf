"""One step of an update rule."""

from __future__ import annotations

import re
from fractions import Fraction

from derive.document import Aligned, Block, Chain, Link, Table
from derive.expr import Partial, Ref, Value
from derive.narrate.blocks import Ask, Placed, one_of
from derive.narrate.common import cell
from derive.narrate.numbers import value_of, worked_out
from derive.notation import magnitude
from derive.problems.network import Network, State

_BELOW = re.compile(r"_(?:\{([^{}]*)\}|(\w))")


def update(network: Network, ask: Ask) -> Placed:
    """One step of the update rule, parameter by parameter."""
    new = network.updated
    assert network.update is not None and network.update.rate is not None
    if one_of(ask, "as", "chains", "table") == "table":
        return (_update_table(network),)
    return (Aligned(tuple(_updated_chain(network, name, new[name]) for name in network.parameters)),)


def new_name(latex: str) -> str:
    """Return the name of a parameter after the update; the mark stands below where a layer stands above."""
    mark = r"\text{new}"
    if "^" not in latex:
        return f"{latex}^{{{mark}}}"
    below = _BELOW.search(latex)
    if below is None:
        return f"{latex}_{{{mark}}}"
    return f"{latex[: below.start()]}_{{{below[1] or below[2]},{mark}}}{latex[below.end() :]}"


def _updated_chain(network: Network, name: str, new: Value) -> Chain:
    assert network.update is not None and network.update.rate is not None
    rule, rate = network.update.rule, network.update.rate
    formula = rule.step(Ref(name), Partial(network.graph.loss, name), Ref(network.update.symbol))
    numbers = {name: network.given[name], network.update.symbol: rate}
    state = State(numbers, network.before.adjoints)
    places = visible(network, name)
    links = (
        Link("=", network.writer().latex(formula)),
        *worked_out(network, formula, state, new, places),
    )
    return Chain(new_name(network.graph[name].latex), links, boxed=True, shows=f"{network.name}.new.{name}")


def visible(network: Network, name: str) -> int:
    """Return how many decimals show the change of a parameter with two digits; 0 where its digits are carried on."""
    if network.notation.carry == "shown":
        return 0
    old, new = network.given[name], network.updated[name]
    change = new - old if type(new) is type(old) else float(new) - float(old)
    if isinstance(change, float):
        change = Fraction(change)
    return max(0, 1 - magnitude(change)) if change != 0 else 0


def _update_table(network: Network) -> Block:
    header = (("parameter",), ("before",), ("gradient",), ("after",))
    rows = []
    for name in network.parameters:
        old, g, new = network.given[name], network.before.adjoints[name], network.updated[name]
        cells = [
            value_of(old, network.notation),
            value_of(g, network.notation),
            value_of(new, network.notation, visible(network, name)),
        ]
        rows.append((cell(network.graph[name].latex), *(cell(c) for c in cells)))
    return Table(header, tuple(rows), "lrrr")
