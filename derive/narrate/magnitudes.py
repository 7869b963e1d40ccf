"""How large the gradients of successive layers are: at the given values, or as a distribution."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from statistics import median
from typing import Any

from derive.document import Inline, Math, Plot, Series
from derive.errors import Fault
from derive.evaluate import gradients
from derive.expr import Value
from derive.narrate import plots
from derive.narrate.blocks import Ask, Placed
from derive.narrate.common import state_of
from derive.narrate.layers import depths
from derive.notation import Digits, Notation
from derive.problems.network import Network

_MOST = 30  # columns of a picture that can still be read
_MOST_NETWORKS = 4
_SAMPLES = range(20, 20_001)
_SEED = 20180101
_FEW = Digits("significant", 2)


def magnitudes(networks: list[Network], ask: Ask) -> Placed:
    """The magnitudes of gradients on a logarithmic axis, in the order of the layers; with samples, their boxes."""
    names = _chosen(networks, ask)
    if "samples" in ask.options:
        return _distribution(networks, names, ask)
    first, sizes = networks[0], list[tuple[float, ...]]()
    words = []
    for network, own in zip(networks, names, strict=True):
        found = [abs(state_of(network, ask).adjoints[name]) for name in own]
        sizes.append(tuple(map(plots.height, found)))
        words.append([f"{name} {plots.number(v, first.notation)}" for name, v in zip(own, found, strict=True)])
    plot = _plot(networks, names[0], sizes, "bars")
    axis = "on a logarithmic axis" if plot.log_y else "all of them 0"
    alt = f"Magnitudes of the gradient of {first.graph.loss}, from the first layer to the last, {axis}."
    return plots.figure(ask, plot, first.notation, f"{alt} {_said(networks, words)}")


def of_one(network: Network, ask: Ask) -> Placed:
    """The same for a single network."""
    return magnitudes([network], ask)


def _chosen(networks: list[Network], ask: Ask) -> list[list[str]]:
    """Return for each network the leaves whose gradients are shown, those far from the loss first."""
    first, *others = networks
    if len(networks) > _MOST_NETWORKS:
        raise Fault(f"{len(networks)} networks cannot be told apart", ask.span, expected=f"at most {_MOST_NETWORKS}")
    if ask.names:
        rows = [tuple(network.find(name, ask.span) for network in networks) for name in ask.names]
    else:
        rows = [(name,) * len(networks) for name in first.wrt if all(name in other.wrt for other in others)]
    if not 1 <= len(rows) <= _MOST:
        title = f"{len(rows)} gradients are too many for a picture" if rows else "there is no gradient to show"
        raise Fault(title, ask.span, expected=f"1 to {_MOST} names", fix=r'magnitudes("w_1", "w_2")')
    depth = depths(first)
    rows.sort(key=lambda row: -depth.get(row[0], 0))
    return [list(column) for column in zip(*rows, strict=True)]


def _plot(networks: list[Network], names: list[str], columns: Sequence[tuple[Any, ...]], kind: str) -> Plot:
    graph = networks[0].graph
    titles: list[tuple[Inline, ...]] = [(n.name,) if len(networks) > 1 else () for n in networks]
    x = tuple(map(float, range(len(names))))
    series = tuple(Series(title, x, y, kind) for title, y in zip(titles, columns, strict=True))
    log = any(v > 0 for column in columns for y in column for v in (y if kind == "boxes" else (y,)))
    size = ("|gradient of ", Math(graph[graph.loss].latex), "|")
    ticks = tuple(graph[name].latex for name in names)
    return Plot(series, ("from the first layer to the last",), size, log_y=log, ticks=ticks)


def _said(networks: list[Network], words: list[list[str]]) -> str:
    lists = [plots.separated(own, networks[0].notation) for own in words]
    if len(networks) == 1:
        return f"{lists[0]}."
    return "; ".join(f"{network.name}: {own}" for network, own in zip(networks, lists, strict=True)) + "."


def _distribution(networks: list[Network], names: list[list[str]], ask: Ask) -> Placed:
    samples, notation = ask.options["samples"], networks[0].notation
    if isinstance(samples, bool) or not isinstance(samples, int) or samples not in _SAMPLES:
        expected = f"samples=500, from {_SAMPLES[0]} to {_SAMPLES[-1]}"
        raise Fault("`samples` is the number of random parameters", ask.span, expected=expected)
    columns = [sampled(network, own, samples, ask) for network, own in zip(networks, names, strict=True)]
    words = [
        [_median(*item, notation) for item in zip(*pair, strict=True)] for pair in zip(names, columns, strict=True)
    ]
    kept = min(len(column[0]) for column in columns)
    few = "" if kept == samples else f" (only {kept} of them have a value)"
    draws = f"{samples} draws of all parameters from the standard normal distribution{few}"
    alt = f"Magnitudes of the gradient of {networks[0].graph.loss} over {draws}, medians by layer."
    caption = f"Gradients over {draws}: the median, the middle half as a box, and the 5th to the 95th percentile"
    some = (
        " of those that are not 0; the share that is 0 stands below."
        if any(0.0 in y for c in columns for y in c)
        else "."
    )
    plot = _plot(networks, names[0], columns, "boxes")
    return plots.figure(ask, plot, notation, f"{alt} {_said(networks, words)}", (caption + some,))


def _median(name: str, sample: tuple[float, ...], notation: Notation) -> str:
    zero = sum(v == 0 for v in sample)
    share = f" ({100 * zero / len(sample):.0f} percent are 0)" if zero else ""
    middle = Fraction(f"{median(sample):.1e}")
    return f"{name} {plots.number(middle, replace(notation, digits=_FEW))}{share}"


def sampled(network: Network, names: list[str], samples: int, ask: Ask) -> tuple[tuple[float, ...], ...]:
    """Return |gradient| for each name at parameters drawn from N(0, 1), always the same; data have the given values.

    Draws without a value, such as the logarithm of a negative number, are left out; a Fault where all are.
    """
    import numpy as np

    values, generator = network.before.values, np.random.default_rng(_SEED)
    leaves: dict[str, Any] = {n.name: np.full(samples, float(values[n.name])) for n in network.graph.leaves()}
    leaves |= {name: generator.standard_normal(samples) for name in network.parameters}
    with np.errstate(all="ignore"):
        found = gradients(network.derivation, names, network.notation.relu_at_0)(**leaves)
    sizes = np.array([np.abs(np.broadcast_to(found[name], (samples,))) for name in names])
    for at in np.flatnonzero(~np.isfinite(sizes).all(axis=0)):  # saturated units need more digits
        sizes[:, at] = _exactly(network, {name: Fraction(float(v[at])) for name, v in leaves.items()}, names)
    sizes = sizes[:, np.isfinite(sizes).all(axis=0)]
    if not sizes.size:
        raise Fault(f"{network.name} has no gradient at random parameters", ask.span)
    return tuple(tuple(map(float, row)) for row in sizes)


def _exactly(network: Network, leaves: Mapping[str, Value], names: list[str]) -> list[float]:
    """Return |gradient| by name as computed with many digits, no numbers where there are none."""
    try:
        adjoints = network.state(leaves).adjoints
    except Fault:
        return [math.nan] * len(names)
    return [abs(float(adjoints[name])) for name in names]
