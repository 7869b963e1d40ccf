"""The units of a network of numbers: lines that follow from one another, and the parameters on the way to the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from derive.expr import Apply, Expr, Ref, parts
from derive.graph import Graph, Node, Role


@dataclass(slots=True)
class Unit:
    """Lines of which each is made of the one before alone, or a leaf that enters; own: parameters added in it."""

    names: list[str]
    own: list[str] = field(default_factory=list)


@dataclass
class Units:
    """Units by their first name, in the order of evaluation; weights: from unit to unit, the parameters between.

    home: the unit of each name that is in one.
    """

    units: dict[str, Unit] = field(default_factory=dict)
    weights: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    home: dict[str, str] = field(default_factory=dict)


def units_of(graph: Graph) -> Units:
    """Return the units up to the loss; what it alone reads, such as a target, is none."""
    found = Units()
    lines = [line for line in graph.lines() if line.name != graph.loss and line.expr is not None]
    inputs = _inputs(graph, lines)
    for line in lines:
        for leaf in (n for n in line.reads if n in inputs and n not in found.home):
            found.home[leaf] = leaf
            found.units[leaf] = Unit([leaf])
        _add(found, line)
    return found


def _inputs(graph: Graph, lines: list[Node]) -> set[str]:
    """Return the leaves that enter: those that a parameter is multiplied by, as data and a first state are."""
    weighed = {n for line in lines for factors in _products(line.expr) if len(factors) > 1 for n in factors}
    return {n.name for n in graph.leaves() if n.role is not Role.PARAMETER and n.name in weighed}


def _add(found: Units, line: Node) -> None:
    home = found.home
    sources = list(dict.fromkeys(home[n] for n in line.reads if n in home))
    if not sources:
        return  # made of parameters alone: it is one
    beside: dict[str, list[str]] = {source: [] for source in sources}
    for factors in _products(line.expr):
        for source in (home[n] for n in factors if n in home):
            beside[source] += [n for n in factors if n not in home and n not in beside[source]]
    taken = {n for weights in beside.values() for n in weights}
    own = [n for n in line.reads if n not in home and n not in taken]
    if len(sources) == 1 and not taken:
        home[line.name] = sources[0]
        found.units[sources[0]].names.append(line.name)
        found.units[sources[0]].own += own
        return
    home[line.name] = line.name
    found.units[line.name] = Unit([line.name], own)
    found.weights |= {(source, line.name): weights for source, weights in beside.items()}


def _products(expr: Expr | None) -> Iterator[list[str]]:
    """Yield the names that stand beside each other in the products of an expression."""
    for x in parts(expr) if expr is not None else ():
        if isinstance(x, Apply) and x.op == "mul":
            yield [y.name for y in x.args if isinstance(y, Ref)]
