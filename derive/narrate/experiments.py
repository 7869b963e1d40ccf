"""Evidence by computation: what follows from several learning rates or values, as tables and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from derive.document import Figure, Inline, Math, Plot, Series, Table
from derive.errors import Fault
from derive.expr import Value
from derive.front.lines import items
from derive.narrate import plots
from derive.narrate.blocks import Ask, Placed, one_of
from derive.narrate.common import caption, cell, label
from derive.narrate.numbers import value_of
from derive.narrate.runs import Run, Varied, counts, own_rate, runs, varied
from derive.problems.network import Network
from derive.source import of_text
from derive.steps import READABLE

_MOST_CURVES = 8  # that can be told apart
_DESCENT = 20  # steps where none are given
Cell = tuple[Inline, ...]
Curve = list[Value | None]


def vary(network: Network, ask: Ask) -> Placed:
    """For each value of a learning rate or of leaves, what is shown before and after so many steps."""
    kind = one_of(ask, "as", "table", "picture", "both")
    names, values = ask.names
    what, steps, targets = varied(network, ask, names, values), [0, *counts(ask)], _targets(network, ask)
    if not what.values:
        raise Fault("`vary` has no values to try", ask.span, expected='vary("\\alpha", "0.1, 1")')
    found = runs(network, ask, what, steps)
    if kind == "table":
        return (_table(network, ask, what, found, targets, steps),)
    shown = _picture(network, ask, what, found, _only(targets, ask), steps)
    if kind == "picture":
        return shown
    bare = replace(ask, options={k: v for k, v in ask.options.items() if k not in ("caption", "label")})
    return (_table(network, bare, what, found, targets, steps), *shown)


def descent(network: Network, ask: Ask) -> Placed:
    """A picture of the loss over the steps of the update, a curve for each learning rate or start."""
    what, target, steps = _followed(network, ask), _only(_targets(network, ask), ask), counts(ask, _DESCENT)
    if len(steps) > 1:
        raise Fault("`steps` of `descent` is one number", ask.span, expected="steps=40")
    found = runs(network, ask, what, range(steps[0] + 1))
    curves = [(run, [_at(values, target) for values in run.after.values()]) for run in found]
    series = tuple(_descending(network, what, run, values) for run, values in curves)
    log = plots.wide(plots.fitted(series))
    plot = Plot(series, ("number of steps",), _axis(network, target), log_y=log)
    return plots.figure(ask, plot, network.notation, _descent_said(network, what, curves, target))


def _followed(network: Network, ask: Ask) -> Varied:
    """Return what `descent` varies: the network's own learning rate alone, where nothing is named."""
    example = r'descent("\alpha", "0.1, 1")'
    match ask.names:
        case (what, values):
            found = varied(network, ask, what, values)
        case ():
            found = own_rate(network, ask)
        case _:
            raise Fault("`descent` takes what is varied and its values", ask.span, expected=example)
    if not found.values:
        raise Fault("`descent` has no values to try", ask.span, expected=example)
    if len(found.values) > _MOST_CURVES:
        title = f"{len(found.values)} curves cannot be told apart in one picture"
        raise Fault(title, ask.span, expected=f"at most {_MOST_CURVES} values")
    return found


def _descending(network: Network, what: Varied, run: Run, values: Curve) -> Series:
    name = Math(f"{what.latex} = {value_of(run.value, network.notation)}")
    return Series((name, *_ending(values)), tuple(map(float, range(len(values)))), plots.leaving(values))


def _descent_said(network: Network, what: Varied, curves: list[tuple[Run, Curve]], target: str) -> str:
    said = []
    for run, values in curves:
        seen, notation = [v for v in values if v is not None], network.notation
        way = plots.course(seen, notation, [f"at step {k}" for k in range(len(seen))])
        if len(seen) < len(values):
            way = (
                f"diverges, being {plots.number(seen[-1], notation)} at step {len(seen) - 1} and beyond bounds after it"
            )
        said.append(f"with {what.said} = {plots.number(run.value, notation)} it {way}")
    return f"{_named(network, target)} over {plots.counted(len(curves[0][1]) - 1)}: {'; '.join(said)}."


def _targets(network: Network, ask: Ask) -> list[str]:
    shown = ask.text("show")
    names = [item.text for item in items(of_text(shown))] if shown else []
    return [network.find(name, ask.span) for name in names] or [network.graph.loss]


def _only(targets: list[str], ask: Ask) -> str:
    if len(targets) > 1:
        raise Fault("a picture shows one quantity", ask.span, expected='show="L", or as="table"')
    return targets[0]


def _axis(network: Network, target: str) -> tuple[Inline, ...]:
    return (*(("loss ",) if target == network.graph.loss else ()), Math(network.graph[target].latex))


def _named(network: Network, target: str) -> str:
    return f"The loss {target}" if target == network.graph.loss else f"The value of {target}"


def _ending(values: Curve) -> tuple[Inline, ...]:
    return (" (diverges)",) if None in values else ()


def _when(steps: int) -> str:
    return f"after {plots.counted(steps)}" if steps else "at the start"


def _at(values: Mapping[str, Value] | None, target: str) -> Value | None:
    return values[target] if values is not None else None


def _table(network: Network, ask: Ask, what: Varied, found: list[Run], targets: list[str], steps: list[int]) -> Table:
    head: list[Cell] = [(Math(what.latex),)]
    for target in targets:
        symbol = Math(network.graph[target].latex)
        head.append((symbol, " at the start"))
        head.append((*((symbol, " ") if len(targets) > 1 else ()), _when(steps[1])))
        head += [(plots.counted(k),) for k in steps[2:]]
    rows = []
    for run in found:
        cells = [_at(run.after[k], target) for target in targets for k in steps]
        shown = [(Math(value_of(c, network.notation)),) if c is not None else ("diverges",) for c in cells]
        rows.append(((Math(value_of(run.value, network.notation)),), *shown))
    return Table(tuple(head), tuple(rows), "r" * len(head), caption(ask), key=label(ask))


def _picture(
    network: Network, ask: Ask, what: Varied, found: list[Run], target: str, steps: list[int]
) -> tuple[Figure]:
    """What is shown against what is varied, a curve for each number of steps."""
    if len(steps) > _MOST_CURVES:
        title = f"{len(steps)} curves cannot be told apart in one picture"
        raise Fault(title, ask.span, expected=f"at most {_MOST_CURVES - 1} numbers of steps")
    found = sorted(found, key=lambda run: float(run.value))
    x = tuple(float(run.value) for run in found)
    curves = {k: [_at(run.after[k], target) for run in found] for k in steps}
    series = tuple(Series((_when(k), *_ending(ys)), x, plots.leaving(ys), "marks") for k, ys in curves.items())
    name = (f"{network.update.called} ",) if what.rate and not what.leaves and network.update else ()
    plot = Plot(
        series, (*name, Math(what.latex)), _axis(network, target), plots.wide(x), plots.wide(plots.fitted(series))
    )
    against = plots.listed([run.value for run in found], network.notation)
    said = "; ".join(f"{_when(k)} {plots.listed(ys, network.notation)}" for k, ys in curves.items())
    alt = f"{_named(network, target)} against {what.said} = {against}: {said}."
    return plots.figure(ask, plot, network.notation, alt)


def compare(networks: list[Network], ask: Ask) -> Placed:
    """The gradients (or the values) of several networks side by side."""
    if one_of(ask, "show", "gradients", "values") == "values":
        return _values_of(networks, ask)
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


def _values_of(networks: list[Network], ask: Ask) -> Placed:
    """Return a table of the values of nodes, a row for each node and a column for each network."""
    shared = [n.spelled for n in networks[0].graph.lines() if all(n.name in m.graph.nodes for m in networks)]
    rows = []
    for spelled in ask.names or shared:
        names = [network.find(spelled, ask.span) for network in networks]
        found = [value_of(m.before.values[n], m.notation) for m, n in zip(networks, names, strict=True)]
        rows.append((cell(networks[0].graph[names[0]].latex), *(cell(v) for v in found)))
    header: tuple[Cell, ...] = (("node",), *((network.name,) for network in networks))
    return (Table(header, tuple(rows), "l" + "r" * len(networks), caption(ask), key=label(ask)),)
