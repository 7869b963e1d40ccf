"""What stands side by side in a plot: bars, and boxes of samples; a 0 on a logarithmic axis is written below."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from derive.document import Series
from derive.writers.mathtext import label

_HATCHES = ("", "//////", "......", "xxxxxx")
_GROUP = 0.72  # of the distance between two ticks that the columns of one take
_PARTS = (0.05, 0.25, 0.5, 0.75, 0.95)  # of a sample, below the lines of its box


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


def box(sample: list[float]) -> list[float]:
    """Return the lines of a box: lower whisker, quartiles, upper whisker."""
    ordered = sorted(sample)
    return [_quantile(ordered, part) for part in _PARTS] if ordered else []


def _bars(series: Series, axes: Any, at: Place) -> None:
    x = [tick + at.shift for tick in series.x]
    heights = [y if y > 0 or axes.get_yscale() != "log" else math.nan for y in series.y]
    look = {"color": "white" if at.hatch else at.colour, "edgecolor": at.colour, "hatch": at.hatch, "linewidth": 0.8}
    axes.bar(x, heights, 0.9 * at.width, label=label(series.label), **look)
    for place, y in zip(x, series.y, strict=True):
        if y == 0:
            _at_the_foot(axes, place, "$0$")


def _boxes(series: Series, axes: Any, at: Place) -> None:
    # matplotlib's own boxes look up every setting, and one of them starts its windows.
    face = "white" if at.hatch else "#DCE6EE"
    look = {"color": face, "edgecolor": at.colour, "linewidth": 0.9, "hatch": at.hatch[:3]}
    title = label(series.label)
    for tick, sample in zip(series.x, series.y, strict=True):
        x, half = tick + at.shift, 0.35 * at.width
        seen = [v for v in sample if v or axes.get_yscale() != "log"]
        if len(seen) < len(sample):
            _at_the_foot(axes, x, f"$0$: {100 * (1 - len(seen) / len(sample)):.0f}%")
        if seen:
            low, bottom, middle, top, high = box(seen)
            axes.bar(x, top - bottom, 2 * half, bottom=bottom, label=title, zorder=2, **look)
            axes.vlines([x, x], [low, top], [bottom, high], color=at.colour, linewidth=0.9)
            axes.hlines([low, high], x - half / 2, x + half / 2, color=at.colour, linewidth=0.9)
            axes.hlines(middle, x - half, x + half, color=at.colour, linewidth=2.0, zorder=3)
            title = ""


def _quantile(ordered: list[float], part: float) -> float:
    at = part * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def _at_the_foot(axes: Any, x: float, text: str) -> None:
    axes.text(x, 0.015, text, transform=axes.get_xaxis_transform(), ha="center", va="bottom", fontsize=8)
