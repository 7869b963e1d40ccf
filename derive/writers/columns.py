"""What stands side by side in a plot: bars, and boxes of samples; a 0 on a logarithmic axis is written below."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from derive.document import Series
from derive.writers.mathtext import label

_HATCHES = ("", "//////", "......", "xxxxxx")
_GROUP = 0.72  # of the distance between two ticks that the columns of one take
_PARTS = {"whislo": 0.05, "q1": 0.25, "med": 0.5, "q3": 0.75, "whishi": 0.95}


class Place(NamedTuple):
    """How the columns of one series look, and where they stand beside the tick."""

    colour: str
    hatch: str
    shift: float
    width: float


def place(index: int, many: int, colour: str) -> Place:
    """Return the place of a series among so many."""
    width = _GROUP / many
    return Place(colour, _HATCHES[index % len(_HATCHES)], (index - (many - 1) / 2) * width, width)


def draw(series: Series, axes: Any, at: Place) -> None:
    """Draw the columns of a series."""
    (_bars if series.kind == "bars" else _boxes)(series, axes, at)


def box(sample: list[float]) -> dict[str, float]:
    """Return the quartiles of a sample and where its whiskers end, in matplotlib's words."""
    ordered = sorted(sample)
    return {name: _quantile(ordered, part) for name, part in _PARTS.items()} if ordered else {}


def _bars(series: Series, axes: Any, at: Place) -> None:
    x = [tick + at.shift for tick in series.x]
    heights = [y if y > 0 or axes.get_yscale() != "log" else math.nan for y in series.y]
    look = {"color": "white" if at.hatch else at.colour, "edgecolor": at.colour, "hatch": at.hatch, "linewidth": 0.8}
    axes.bar(x, heights, 0.9 * at.width, label=label(series.label), **look)
    for place, y in zip(x, series.y, strict=True):
        if y == 0:
            _at_the_foot(axes, place, "$0$")


def _boxes(series: Series, axes: Any, at: Place) -> None:
    line, median = {"color": at.colour, "linewidth": 0.9}, {"color": at.colour, "linewidth": 2.0}
    face = "white" if at.hatch else "#DCE6EE"
    look = {"facecolor": face, "edgecolor": at.colour, "linewidth": 0.9, "hatch": at.hatch[:3]}
    parts = {"boxprops": look, "medianprops": median, "whiskerprops": line, "capprops": line}
    axes.fill([], [], label=label(series.label), **look)  # for the legend
    for tick, sample in zip(series.x, series.y, strict=True):
        seen = [v for v in sample if v or axes.get_yscale() != "log"]
        if len(seen) < len(sample):
            _at_the_foot(axes, tick + at.shift, f"$0$: {100 * (1 - len(seen) / len(sample)):.0f}%")
        if seen:
            shape = {"widths": 0.7 * at.width, "showfliers": False, "patch_artist": True, "manage_ticks": False}
            axes.bxp([{**box(seen), "fliers": []}], [tick + at.shift], **shape, **parts)


def _quantile(ordered: list[float], part: float) -> float:
    at = part * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def _at_the_foot(axes: Any, x: float, text: str) -> None:
    axes.text(x, 0.015, text, transform=axes.get_xaxis_transform(), ha="center", va="bottom", fontsize=8)
