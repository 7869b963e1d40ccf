"""Evidence by computation: a network run at several values of a leaf or of the learning rate, and networks compared."""

from __future__ import annotations

import math

from derive.document import Inline, Math, Table
from derive.errors import Fault
from derive.expr import Value
from derive.front.lines import items
from derive.narrate.blocks import Ask, Placed
from derive.narrate.common import caption, label
from derive.narrate.numbers import value_of
from derive.numeric import evaluate, precisely
from derive.ops.primitive import real
from derive.problems.network import Network
from derive.problems.values import read_number
from derive.source import Slice, of_text
from derive.steps import READABLE

_MOST_STEPS = 1000
_DIVERGED = 10**12
Cell = tuple[Inline, ...]


def vary(network: Network, ask: Ask) -> Placed:
    """A table: for each value of a learning rate or of leaves, what is shown before and after so many steps."""
    what, values = ask.names
    rows = []
    targets = [
        network.find(n, ask.span) for n in _listed(ask.text("show") or network.graph[network.graph.loss].spelled)
    ]
    steps = _steps(ask)
    names = [t.text.strip() for t in _pieces(what, "=", ask)]
    for text in items(_text(values, ask)):
        rows.append(_row(network, ask, names, read_number(text), targets, steps))
    if not rows:
        raise Fault("`vary` has no values to try", ask.span, expected='vary("\\alpha", "0.1, 1")')
    head: list[Cell] = [(Math(" = ".join(_latex(network, n, ask) for n in names)),)]
    for target in targets:
        symbol = Math(network.graph[target].latex)
        head += [(symbol, " at the start"), (*((symbol, " ") if len(targets) > 1 else ()), _after(steps[0], "after "))]
        head += [(_after(k),) for k in steps[1:]]
    return (Table(tuple(head), tuple(rows), "r" * len(head), caption(ask), key=label(ask)),)


def _after(steps: int, before: str = "") -> str:
    return f"{before}{steps} step{'s' * (steps != 1)}"


def _text(text: str, ask: Ask) -> Slice:
    return Slice(ask.span.source, ask.span.start, text) if ask.span else of_text(text)


def _pieces(text: str, mark: str, ask: Ask) -> list[Slice]:
    return [Slice(t.source, t.start, part) for t in [_text(text, ask)] for part in text.split(mark)]


def _listed(text: str) -> list[str]:
    return [item.text for item in items(of_text(text))]


def _steps(ask: Ask) -> list[int]:
    given = str(ask.options.get("steps", 1)).split(",")
    steps = [int(s) for s in given if s.strip().isascii() and s.strip().isdigit() and len(s.strip()) < 6]
    if len(steps) < len(given) or any(not 1 <= s <= _MOST_STEPS for s in steps):
        raise Fault(
            "`steps` is a number of steps, or several", ask.span, expected=f'steps="1, 10" with at most {_MOST_STEPS}'
        )
    return sorted(set(steps))


def _is_rate(network: Network, name: str) -> bool:
    if network.update is None:
        return False
    return name in (network.update.latex, network.update.symbol)


def _latex(network: Network, name: str, ask: Ask) -> str:
    if _is_rate(network, name):
        assert network.update is not None
        return network.update.latex
    return network.graph[network.find(name, ask.span)].latex


def _rate(usual: Value, ask: Ask) -> Value:
    given = ask.options.get("rate")
    rate = usual if given is None else read_number(_text(str(given), ask))
    if rate < 0:
        raise Fault("a learning rate cannot be negative", ask.span)
    return rate


def _row(
    network: Network, ask: Ask, names: list[str], value: Value, targets: list[str], steps: list[int]
) -> tuple[Cell, ...]:
    _ = network.updated
    assert network.update is not None and network.update.rate is not None
    rate, leaves = _rate(network.update.rate, ask), dict(network.given)
    for name in names:
        if _is_rate(network, name):
            rate = value
            continue
        leaf = network.find(name, ask.span)
        if leaf not in leaves:
            raise Fault(f"{name} is computed by a line and cannot be varied", ask.span)
        leaves[leaf] = value
    found: dict[int, list[str]] = {}
    for step in range(max(steps) + 1):
        if step in (0, *steps):
            found[step] = _values(network, leaves, targets)
        if step < max(steps):
            leaves = _next(network, leaves, rate)
    cells = [value_of(value, network.notation)]
    for i in range(len(targets)):
        cells += [found[k][i] for k in (0, *steps)]
    return tuple((Math(c),) if c != "diverges" else (c,) for c in cells)


def _values(network: Network, leaves: dict[str, Value], targets: list[str]) -> list[str]:
    if not leaves:
        return ["diverges"] * len(targets)
    with precisely():
        values, _ = evaluate(network.graph, leaves, network.notation)
    return [value_of(values[t], network.notation) for t in targets]


def _next(network: Network, leaves: dict[str, Value], rate: Value) -> dict[str, Value]:
    """Return the leaves after a step, {} once they have grown beyond all bounds."""
    if not leaves:
        return {}
    new = network.stepped(leaves, rate)
    if any(not math.isfinite(float(v)) or abs(v) > _DIVERGED for v in new.values()):
        return {}
    # Exact fractions double their length with every step of a nonlinear loss.
    with precisely():
        return {k: v if len(str(v)) < 40 else real(v) for k, v in new.items()}


def compare(networks: list[Network], ask: Ask) -> Placed:
    """The gradients of several networks side by side."""
    first = networks[0]
    chosen = ask.names or [first.graph[n].spelled for n in first.wrt]
    numbers = all(n.complete for n in networks)
    rows = []
    for spelled in chosen:
        for network in networks:
            name = network.find(spelled, ask.span)
            writer = network.writer()
            formula = writer.latex(network.derivation.closed(name, READABLE))
            row: list[Cell] = [(Math(writer.quantity(network.graph.loss, name)),), (network.name,), (Math(formula),)]
            if numbers:
                row.append((Math(value_of(network.before.adjoints[name], network.notation)),))
            rows.append(tuple(row))
    header: list[Cell] = [("gradient",), ("network",), ("formula",), *([("value",)] if numbers else [])]
    return (Table(tuple(header), tuple(rows), "lll" + "r" * numbers, caption(ask), key=label(ask)),)
