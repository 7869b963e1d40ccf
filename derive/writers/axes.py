"""What stands in a plot: axes with few ticks, series that differ in line and mark as well as in colour, a legend."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from derive.document import Math, Plot, Series
from derive.writers import columns
from derive.writers.mathtext import label

# After Okabe and Ito, "Color Universal Design" (2008), darkened: at least 4.5 to 1 against white.
COLOURS = ("#0067A3", "#B84A00", "#00775A", "#8A3F7C", "#4D4D4D")
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.8)), (0, (1.2, 1.4)), (0, (6, 1.6, 1.2, 1.6)), (0, (2.6, 1.2)))
_MARKS = ("o", "s", "^", "D", "v", "x", "P")
_COLUMNS = ("bars", "boxes")


def draw(plot: Plot, figure: Any) -> None:
    """Draw a plot into an empty figure; raises a Fault for a label that cannot be set."""
    axes = figure.add_subplot()
    axes.set_xscale("log" if plot.log_x else "linear")
    axes.set_yscale("log" if plot.log_y else "linear")
    axes.grid(axis="y", color="#E4E4E4", linewidth=0.5)
    _limits(plot, axes)
    look = -1
    for series in plot.series:
        look += series.kind not in ("points", "rings")
        colour = COLOURS[max(look, 0) % len(COLOURS)]
        if series.kind in _COLUMNS:
            columns.draw(series, axes, columns.place(look, len(plot.series), colour))
        else:
            _curve(series, axes, look, colour)
    axes.set_xlabel(label(plot.x))
    axes.set_ylabel(label(plot.y))
    _ticks(plot, figure, axes)
    _fitted(plot, figure, axes)
    _legend(figure, axes)


def _finite(values: Iterable[float]) -> list[float]:
    return [v for v in values if math.isfinite(v)]


def _heights(plot: Plot) -> list[float]:
    """Return the heights that the axes must show; of curves that leave what lies below twice their beginning."""
    found, rest = list[float](), list[float]()
    for series in plot.series:
        if series.kind == "boxes":
            seen = [[x for x in sample if x or not plot.log_y] for sample in series.y]
            found += [v for sample in seen for v in columns.box(sample)]
        elif math.inf in series.y:
            rest += _finite(series.y)
            found += [v * k for v in _finite(series.y)[:1] for k in (1, 2)]
        else:
            found += _finite(series.y)
    found += [v for v in rest if v <= max(found, default=math.inf)]
    return [v for v in found if v > 0] if plot.log_y else found


def _limits(plot: Plot, axes: Any) -> None:
    heights, standing = _heights(plot), any(s.kind in _COLUMNS for s in plot.series)
    low, high = min(heights, default=0.0), max(heights, default=1.0)
    if plot.log_y:
        axes.set_ylim(*(_decades(low / 3, high) if standing else _roomy(low, high)))
    else:
        low, high = (min(low, 0.0), max(high, 0.0)) if standing else (low, high)
        room = 0.05 * (high - low) or 0.1 * abs(high) or 0.5
        axes.set_ylim(low - (room if low or not standing else 0.0), high + room)
    places = [x for s in plot.series for x in s.x]
    left, right = min(places, default=0.0), max(places, default=1.0)
    if plot.log_x:
        axes.set_xlim(left / 1.3, right * 1.3)
    elif plot.ticks:
        axes.set_xlim(-0.6, len(plot.ticks) - 0.4)
    else:
        room = 0.02 * (right - left) or 0.5
        axes.set_xlim(left - room, right + room)


def _decades(low: float, high: float) -> tuple[float, float]:
    """Return powers of ten around the heights."""
    return 10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high))


def _roomy(low: float, high: float) -> tuple[float, float]:
    """Return ends a little beyond the heights, and always with two powers of ten between them."""
    room = (high / low) ** 0.04
    low, high = low / room, high * room
    return (low, high) if math.floor(math.log10(high)) > math.ceil(math.log10(low)) else _decades(low, high)


def _curve(series: Series, axes: Any, look: int, colour: str) -> None:
    style: dict[str, Any] = {"color": colour, "label": label(series.label)}
    if series.kind in ("points", "rings"):
        face = "white" if series.kind == "rings" else colour
        axes.plot(series.x, series.y, "o", markerfacecolor=face, markeredgewidth=0.9, zorder=4, clip_on=False, **style)
        return
    style["linestyle"] = _DASHES[(look + look // len(COLOURS)) % len(_DASHES)]  # no pair of both comes twice
    if series.kind == "marks":
        style |= {"marker": _MARKS[look % len(_MARKS)]}
    heights = _cut(series, axes, colour) if math.inf in series.y else series.y
    axes.plot(
        series.x[: len(heights)], heights, markevery=[i for i, y in enumerate(series.y) if math.isfinite(y)], **style
    )


def _cut(series: Series, axes: Any, colour: str) -> tuple[float, ...]:
    """Set an arrow where a curve leaves through the top, and return its heights up to there."""
    top, gone = axes.get_ylim()[1], series.y.index(math.inf)
    scale = math.log if axes.get_yscale() == "log" else float
    out = next(i for i, y in enumerate(series.y) if y > top)
    x, y = series.x[out], top
    if out < gone and out:
        part = (scale(top) - scale(series.y[out - 1])) / (scale(series.y[out]) - scale(series.y[out - 1]))
        x = series.x[out - 1] + part * (x - series.x[out - 1])
    axes.plot([x], [y], marker="$\\uparrow$", color=colour, markersize=9, clip_on=False, zorder=5)
    return (*series.y[:gone], *((top,) if out == gone else ()))


def _ticks(plot: Plot, figure: Any, axes: Any) -> None:
    from matplotlib.ticker import LogFormatterMathtext, LogLocator, MaxNLocator, NullFormatter, ScalarFormatter

    class Numbers(ScalarFormatter):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return str(super().__call__(x, pos)).replace(".", "{,}" if plot.decimal == "," else ".")

    whole = all(x == int(x) for s in plot.series for x in s.x)
    bins = max(3, min(6, round(3 * figure.get_figheight())))
    for axis, log in ((axes.xaxis, plot.log_x), (axes.yaxis, plot.log_y)):
        if log:
            axis.set_major_locator(LogLocator(numticks=8))
            axis.set_major_formatter(LogFormatterMathtext())
            axis.set_minor_formatter(NullFormatter())
        else:
            integer = whole and axis is axes.xaxis
            axis.set_major_locator(MaxNLocator(bins, steps=[1, 2, 5, 10], integer=integer))
            axis.set_major_formatter(Numbers(useMathText=True))
    if plot.ticks:
        names = [label((Math(tick),)) for tick in plot.ticks]
        axes.set_xticks(range(len(names)), names)
        axes.tick_params(axis="x", length=0, labelsize=9)


def _fitted(plot: Plot, figure: Any, axes: Any) -> None:
    """Turn names below the axes that would run into each other, and make long names of the axes smaller."""
    names = axes.get_xticklabels() if plot.ticks else []
    if sum(text.get_window_extent().width + 4 for text in names) > 0.85 * figure.bbox.width:
        axes.tick_params(axis="x", labelrotation=90)
    across, up = axes.xaxis.label.get_window_extent().width, axes.yaxis.label.get_window_extent().height
    for text, part in ((axes.xaxis.label, across / figure.bbox.width), (axes.yaxis.label, up / figure.bbox.height)):
        if part > 0.75:
            text.set_fontsize(text.get_fontsize() * 0.75 / part)


def _legend(figure: Any, axes: Any) -> None:
    """Set the legend above the axes, where it covers nothing, in as many rows as it needs."""
    handles, names = axes.get_legend_handles_labels()
    for wide in range(len(names), 0, -1):
        legend = figure.legend(
            *(handles, names),
            **{"loc": "outside upper center", "ncols": wide, "frameon": False, "handlelength": 2.6},
            **{"columnspacing": 1.4, "borderaxespad": 0.2, "handletextpad": 0.6},
        )
        if wide == 1 or legend.get_window_extent().width < 0.97 * figure.bbox.width:
            return
        legend.remove()
