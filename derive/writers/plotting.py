"""Plots as vector files, in the look of the other pictures: thin dark lines, Computer Modern, no frame.

Only matplotlib's objects are used, with settings of our own: neither a window system nor the user's settings matter.
"""

from __future__ import annotations

import io
import warnings
from functools import lru_cache
from threading import Lock
from typing import Any, Literal

from derive.document import Plot
from derive.errors import Fault
from derive.writers.mathtext import heard

_LINE = 16.0 / 2.54  # inches of a line of text
_NARROWEST = 2.6  # inches; below, letters shrink with the picture
_SHAPE = 0.6  # height by width
INK = "#404040"
_SETTINGS: dict[str, Any] = {
    **{"font.family": ["cmr10"], "mathtext.fontset": "cm", "font.size": 9.0, "axes.formatter.use_mathtext": True},
    **{"axes.labelsize": 9.0, "xtick.labelsize": 8.0, "ytick.labelsize": 8.0, "legend.fontsize": 8.5},
    **{"axes.edgecolor": INK, "xtick.color": INK, "ytick.color": INK, "xtick.labelcolor": "black"},
    **{"ytick.labelcolor": "black", "axes.linewidth": 0.6, "lines.linewidth": 1.1, "lines.markersize": 3.6},
    **{"axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True, "hatch.linewidth": 0.8},
    **{f"{axis}tick.{which}": size for axis in "xy" for which, size in (("major.width", 0.6), ("major.size", 2.5))},
    **{f"{axis}tick.{which}": size for axis in "xy" for which, size in (("minor.width", 0.4), ("minor.size", 1.5))},
    **{"svg.fonttype": "path", "svg.hashsalt": "derive", "pdf.fonttype": 42, "pdf.use14corefonts": False},
    "savefig.transparent": True,
}
_METADATA = {"pdf": {"CreationDate": None, "Creator": None, "Producer": None}, "svg": {"Date": None, "Creator": None}}

_ALONE = Lock()  # matplotlib's settings are those of the process


@lru_cache(maxsize=64)
def plotted(plot: Plot, form: Literal["pdf", "svg"]) -> bytes:
    """Return a plot as "svg" or "pdf"; a Fault where it cannot be drawn."""
    with _ALONE, heard(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import matplotlib
            from matplotlib.figure import Figure
        except (ImportError, OSError, ValueError) as wrong:  # a settings file that cannot be read, too
            raise Fault("a picture cannot be drawn", reason=f"matplotlib does not start: {wrong}") from None
        from derive.writers.axes import draw

        settings: Any = {k: v for k, v in matplotlib.rcParamsDefault.items() if not k.startswith("backend")}
        with matplotlib.rc_context(settings | _SETTINGS):
            width = max(plot.share * _LINE, _NARROWEST)
            figure = Figure(figsize=(width, _SHAPE * width), layout="constrained")
            draw(plot, figure)
            out = io.BytesIO()
            try:
                figure.savefig(out, format=form, metadata=_METADATA[form])
            except (ValueError, OverflowError, RuntimeError) as wrong:
                raise Fault("a picture cannot be drawn", reason=str(wrong).strip().splitlines()[-1]) from None
    return out.getvalue()
