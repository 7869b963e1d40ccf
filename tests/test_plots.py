"""Plots: what they show, what is said of it, how they look, and what cannot be drawn."""

from __future__ import annotations

import hashlib
import io
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mpmath import mpf
from pypdf import PdfReader

from derive import report
from derive.build import resolve
from derive.document import Figure, Math, Plot, Series, Table
from derive.errors import Fault
from derive.markdown.placeholders import parse
from derive.narrate.plots import height, number
from derive.notation import STANDARD
from derive.references import References
from derive.source import of_text
from derive.writers.axes import COLOURS, draw
from derive.writers.mathtext import label
from derive.writers.plotting import plotted

FRONT = r"""---
title: Pictures
networks:
  square:
    forward: L = (w - 1)^2
    values: w = 3
    update: {rule: sgd, learning_rate: \eta = 0.1}
  steep:
    forward: L = (w - 1)^4
    values: w = 3
    update: {rule: sgd, learning_rate: \eta = 0.1}
  chain:
    forward: |
      z_1 = w_1 x
      h_1 = \sigma(z_1)
      z_2 = w_2 h_1
      h_2 = \sigma(z_2)
      L = (h_2 - t)^2
    data: x, t
    values: x = 2, t = 1, w_1 = 0.5, w_2 = -3
  long: {like: chain, values: t = 100}
  units:
    forward: |
      h = \text{ReLU}(w x)
      k = \text{LeakyReLU}(v h, 0.1)
      q = \frac{1}{1 + e^{-k}}
      m = \max(q, k)
      L = m^2
    data: x
    values: x = 1, w = -1, v = 2
  line:
    forward: L = \frac{1}{2} (w x)^2 + v
    data: x
    values: x = 3, w = 1, v = 0
  deep:
    forward: |
      y = \sigma(20 w)
      L = -\log(1 - y)
    values: w = 1
  open: {forward: "h = f(w)\n      L = h^2", where: f = any}
---

"""
TEXT = FRONT.replace('"h = f(w)\\n      L = h^2"', '"h = f(w), L = h^2"')


Blocks = Callable[[str], tuple[Any, ...]]
One = Callable[[str], Figure]


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Blocks:
    """Return the blocks that an expression of the body places."""
    path = tmp_path_factory.mktemp("plots") / "report.md"
    path.write_text(TEXT, encoding="utf-8")
    loaded = report.load(path)

    def blocks(wanted: str) -> tuple[Any, ...]:
        made = resolve(loaded, parse(of_text(wanted), of_text(wanted).span()), References())
        assert isinstance(made, tuple)
        return made

    return blocks


@pytest.fixture(scope="module")
def figure(placed: Blocks) -> One:
    """Return the one picture that a block makes."""

    def one(block: str) -> Figure:
        (made,) = placed(block)
        assert isinstance(made, Figure)
        return made

    return one


def plot_of(made: Figure) -> Plot:
    assert isinstance(made.picture, Plot)
    return made.picture


# ------------------------------------------------------------------------------------------- runs


def test_descent(figure: One) -> None:
    made = figure(r'square.descent("\eta", "0.1, 0.4", steps=6)')
    plot = plot_of(made)
    for series, rate in zip(plot.series, (0.1, 0.4), strict=True):
        assert series.y == pytest.approx([4 * (1 - 2 * rate) ** (2 * k) for k in range(7)], rel=1e-12)
        assert series.x == tuple(range(7))
        assert series.label == (Math(rf"\eta = {rate}"),)
    assert plot.log_y and plot.x == ("number of steps",) and plot.y == ("loss ", Math("L"))
    assert "with eta = 0.1 it falls steadily from 4 to 0.2749" in made.alt


def test_descent_of_the_network_itself(figure: One) -> None:
    plot = plot_of(figure("square.descent(steps=3)"))
    assert [s.label for s in plot.series] == [(Math(r"\eta = 0.1"),)]
    assert plot.series[0].y == pytest.approx([4 * 0.64**k for k in range(4)])
    assert plot_of(figure('square.descent(steps=3, rate="0.5")')).series[0].y == (4, 0, 0, 0)


def test_descent_from_several_starts(figure: One) -> None:
    plot = plot_of(figure('square.descent("w", "1, 2", steps=2, show="w", digits="2 decimals")'))
    assert [s.y for s in plot.series] == [(1, 1, 1), pytest.approx((2, 1.8, 1.64))]
    assert plot.y == (Math("w"),) and not plot.log_y


def test_a_run_that_diverges_ends_visibly(figure: One) -> None:
    made = figure(r'steep.descent("\eta", "0.01, 0.5", steps=8)')
    calm, wild = plot_of(made).series
    gone = wild.y.index(math.inf)
    assert gone < 8 and all(math.isfinite(y) for y in wild.y[:gone]) and all(map(math.isnan, wild.y[gone + 1 :]))
    assert wild.label[-1] == " (diverges)" and len(calm.label) == 1
    assert re.search(rf"with eta = 0\.5 it diverges, being .* at step {gone - 1} and beyond bounds after it", made.alt)
    axes = drawn(plot_of(made)).axes[0]
    assert axes.get_ylim()[1] < 3 * 16, "the axes fit the curve that stays"
    assert any(line.get_marker() == r"$\uparrow$" for line in axes.lines)


def test_vary_draws_its_table(placed: Blocks) -> None:
    table, made = placed(r'square.vary("\eta", "0.4, 0.1", steps="1, 3", as="both", caption="Runs")')
    assert isinstance(table, Table) and not table.caption and made.caption == ("Runs",)
    plot = plot_of(made)
    assert [s.label for s in plot.series] == [("at the start",), ("after 1 step",), ("after 3 steps",)]
    columns = [[float(row[c][0].latex) for row in reversed(table.rows)] for c in range(4)]  # sorted by the rate
    assert [columns[0], *([*s.y] for s in plot.series)] == [pytest.approx(column, abs=5e-5) for column in columns]
    assert plot.x == ("learning rate ", Math(r"\eta")) and plot.series[0].kind == "marks"


@pytest.mark.parametrize(("rates", "log"), [("0.001, 0.4", True), ("0, 0.4", False), ("0.1, 0.4", False)])
def test_the_axis_of_the_rates(figure: One, rates: str, log: bool) -> None:
    assert plot_of(figure(rf'square.vary("\eta", "{rates}", as="picture")')).log_x is log


# ------------------------------------------------------------------------------------ activations


def test_sigmoid(figure: One) -> None:
    made = figure('chain.activation("h_1", values=true, from=-4, to=4)')
    curve, on_curve, slope, on_slope = plot_of(made).series
    assert (curve.label, slope.label) == ((Math(r"\sigma(x)"),), (Math(r"\sigma'(x)"),))
    sigma = [1 / (1 + math.exp(-x)) for x in curve.x]
    assert (curve.x[0], curve.x[-1]) == (-4, 4) and curve.y == pytest.approx(sigma)
    assert slope.y == pytest.approx([s * (1 - s) for s in sigma])
    z_2 = -3 / (1 + math.exp(-1))
    assert on_curve.kind == on_slope.kind == "points" and on_curve.x == on_slope.x == pytest.approx((1, z_2))
    assert on_curve.label == ("at ", Math("h_1"), " and ", Math("h_2"))
    assert "its derivative rises from 0.01766 to 0.25 at x = 0, then falls to 0.01766" in made.alt
    assert "h_1 at x = 1, h_2 at x = -2.193" in made.alt


def test_the_kink_of_relu(figure: One) -> None:
    made = figure('units.activation("h", from=-3, to=7)')
    curve, slope, ring, point = plot_of(made).series
    assert curve.label == (Math(r"\text{ReLU}(x)"),) and slope.label == (Math(r"\text{ReLU}'(x)"),)
    assert curve.y == tuple(max(x, 0) for x in curve.x)
    gap = next(i for i, y in enumerate(slope.y) if math.isnan(y))
    assert slope.x[gap - 1 : gap + 2] == (0, 0, 0) and (slope.y[gap - 1], slope.y[gap + 1]) == (0, 1)
    assert set(slope.y[:gap]) == {0} and set(slope.y[gap + 1 :]) == {1}
    assert (ring.kind, ring.x, ring.y) == ("rings", (0,), (1,)) and (point.kind, point.y) == ("points", (0,))
    assert "at x = 0 it jumps from 0 to 1 and is set to 0" in made.alt


def test_functions_with_parameters_and_without_names(figure: One) -> None:
    leaky = plot_of(figure('units.activation("k")')).series
    assert leaky[0].y[0] == pytest.approx(-0.5) and leaky[1].y[0] == pytest.approx(0.1)
    curve, slope = plot_of(figure('units.activation("q")')).series
    assert curve.label == (Math("q(x)"),) and slope.label == (Math("q'(x)"),)
    assert slope.y[0] == pytest.approx(math.exp(-5) / (1 + math.exp(-5)) ** 2)


# ------------------------------------------------------------------------------------- magnitudes


def chain_gradients(w_1: float, w_2: float, x: float, t: float) -> tuple[float, float]:
    h_1 = 1 / (1 + math.exp(-w_1 * x))
    h_2 = 1 / (1 + math.exp(-w_2 * h_1))
    d = 2 * (h_2 - t) * h_2 * (1 - h_2)
    return abs(d * w_2 * h_1 * (1 - h_1) * x), abs(d * h_1)


def test_magnitudes_from_the_first_layer_to_the_last(figure: One) -> None:
    made = figure('chain.magnitudes("w_2", "w_1")')
    plot = plot_of(made)
    assert plot.ticks == ("w_1", "w_2") and plot.log_y
    assert plot.series[0].y == pytest.approx(chain_gradients(0.5, -3, 2, 1)) and plot.series[0].kind == "bars"
    assert re.search(r"w_1 0\.\d+, w_2 0\.\d+\.$", made.alt)


def test_magnitudes_of_two_networks(figure: One) -> None:
    plot = plot_of(figure("magnitudes(chain, long)"))
    assert [s.label for s in plot.series] == [("chain",), ("long",)]
    assert plot.series[1].y == pytest.approx(chain_gradients(0.5, -3, 2, 100))


def test_gradients_that_are_zero_are_said(figure: One) -> None:
    made = figure("units.magnitudes")
    assert plot_of(made).series[0].y == (0, 0) and not plot_of(made).log_y
    assert "all of them 0" in made.alt
    mixed = Plot((Series((), (0.0, 1.0), (0.0, 0.5), "bars"),), (), (), log_y=True, ticks=("a", "b"))
    axes = drawn(mixed).axes[0]
    assert [t.get_text() for t in axes.texts] == ["$0$"] and axes.get_ylim()[0] < 0.5


def test_distribution(figure: One) -> None:
    made = figure("line.magnitudes(samples=4000)")
    plot = plot_of(made)
    (series,) = plot.series
    w, v = (sorted(sample) for sample in series.y)
    assert series.kind == "boxes" and len(w) == 4000 and set(v) == {1.0}
    assert w[2000] == pytest.approx(9 * 0.6745, rel=0.05), "|dL/dw| = 9 |w|, w normal"
    assert w[3800] == pytest.approx(9 * 1.96, rel=0.05)
    assert plot == plot_of(figure("line.magnitudes(samples=4000)")), "the same draws every time"
    assert "the 5th to the 95th percentile." in str(made.caption[0])


def test_dead_and_saturated_units_in_a_distribution(figure: One) -> None:
    made = figure("units.magnitudes(samples=400)")
    assert re.search(r"w 0\.\d+ \((4|5)\d percent are 0\), v", made.alt) and "not 0" in str(made.caption[0])
    series = plot_of(figure("deep.magnitudes(samples=200)")).series[0]
    assert len(series.y[0]) == 200, "where 1 - y is 0 in floating point, more digits are taken"
    assert max(series.y[0]) == pytest.approx(20) and min(series.y[0]) < 1e-12


# ------------------------------------------------------------------------------------------ looks


def drawn(plot: Plot) -> Any:
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(5, 3), layout="constrained")
    draw(plot, canvas)
    canvas.draw_without_rendering()
    return canvas


CURVES = Plot(
    tuple(
        Series((Math(rf"\alpha_{{{k}}} = 0{{,}}{k}"), " and more"), (0.0, 1.0, 2.0), (1.0, k, 0.0)) for k in range(8)
    ),
    ("größe of a_b",),
    ("loss ", Math(r"\mathcal{L}(\hat{y}, y)")),
)
BOXES = Plot(
    (Series((), (0.0,), ((0.0, 0.1, 1.0, 2.0),), "boxes"),), (), (), log_y=True, ticks=(r"\omega^{\text{new}}",)
)


def test_every_series_looks_different() -> None:
    lines = list(drawn(CURVES).axes[0].lines)
    assert len({(line.get_color(), str(line._dash_pattern)) for line in lines}) == 8
    for colour in COLOURS:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        light = sum(c * part for c, part in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))
        assert 1.05 / (light + 0.05) >= 4.5, f"{colour} is too light for white paper"


def test_nothing_is_covered_or_cut() -> None:
    canvas = drawn(CURVES)
    legend, axes = canvas.legends[0].get_window_extent(), canvas.axes[0]
    assert not legend.overlaps(axes.get_window_extent()), "the legend stands above the axes"
    for box in (legend, axes.xaxis.label.get_window_extent(), axes.yaxis.label.get_window_extent()):
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= canvas.bbox.x1 and box.y1 <= canvas.bbox.y1
    low, high = axes.get_ylim()
    assert low <= 0 and high >= 7


def test_few_ticks_on_both_kinds_of_axes() -> None:
    curve = Series((), tuple(map(float, range(41))), tuple(10.0 ** (-k / 4) for k in range(41)))
    for log in (False, True):
        axes = drawn(Plot((curve,), (), (), log_y=log)).axes[0]
        inside = [t for t in axes.get_yticks() if axes.get_ylim()[0] <= t <= axes.get_ylim()[1]]
        assert 3 <= len(inside) <= 8
    assert "10^{" in axes.get_yticklabels()[3].get_text()


@pytest.mark.parametrize("plot", [CURVES, BOXES], ids=["curves", "boxes"])
def test_files(plot: Plot) -> None:
    svg, pdf = plotted(plot, "svg").decode(), PdfReader(io.BytesIO(plotted(plot, "pdf")))
    assert "<text" not in svg and "<date" not in svg and "Date" not in svg
    page = pdf.pages[0]
    assert float(page.mediabox.width) == pytest.approx(0.8 * 160 / 25.4 * 72, abs=0.5), "letters have their size"
    for font in page["/Resources"]["/Font"].values():
        (inner,) = font.get_object().get("/DescendantFonts", [font])
        descriptor = inner.get_object()["/FontDescriptor"].get_object()
        assert "/FontFile2" in descriptor and re.search(r"\+(Cm|STIX)", descriptor["/FontName"])
    if plot is CURVES:
        assert "and more" in page.extract_text()


def hashes() -> list[str]:
    return [hashlib.sha256(plotted(p, f)).hexdigest() for p in (CURVES, BOXES) for f in ("svg", "pdf")]


def test_neither_settings_nor_folders_of_the_user_matter(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\naxes.spines.top: True\nfont.size: 30\nnonsense: 1\n")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_plots; print(*test_plots.hashes());"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    nowhere = tmp_path / "file"
    nowhere.write_text("")
    done = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)],
        cwd=tmp_path,
        env={**os.environ, "MPLCONFIGDIR": str(nowhere / "no folder")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert done.stdout.split() == hashes()


def test_the_settings_of_the_caller_stay() -> None:
    import matplotlib

    with matplotlib.rc_context({"font.size": 33.0}):
        plotted.cache_clear()
        svg = plotted(BOXES, "svg")
        assert matplotlib.rcParams["font.size"] == 33.0
    plotted.cache_clear()
    assert plotted(BOXES, "svg") == svg


@pytest.mark.parametrize(
    "latex",
    [
        *(r"\mathcal{L}(\hat{y}, y)", r"\omega_s^{\text{new}}", r"{\omega^2}^{\text{new}}", r"\operatorname{ReLU}(x)"),
        *("0{,}5", r"\lvert x \rvert \le 1", r"\text{val loss}", r"\boldsymbol{W}", r"\mathbf{W}_{ij}", r"\bm{W}"),
        *(r"\mathbb{R}", r"\tfrac{1}{2}", r"\sigma'(x)", r"x^\top", r"\mathit{net}_{h1}", r"\tilde{\mathcal{L}}"),
        *(r"\mathscr{L}", "h^{(1)}", r"\frac{\partial L}{\partial w}", r"\ln x", r"\bigl(x\bigr)"),
    ],
)
def test_labels(latex: str) -> None:
    assert label((Math(latex),)).startswith("$")


@pytest.mark.parametrize("part", [Math(r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}"), Math(r"\frac{1}"), "Łukasz", "損失"])
def test_labels_that_cannot_be_set(part: Any) -> None:
    with pytest.raises(Fault, match="a picture cannot be drawn") as caught:
        plotted(Plot((Series((part,), (0.0, 1.0), (0.0, 1.0)),), (), ()), "svg")
    assert "cannot be set" in caught.value.reason


@pytest.mark.parametrize("height", [1e300, -1e300, 1e-300, 0.0, 7.0])
def test_extreme_heights(height: float) -> None:
    for log in (False, True)[: 1 + (height > 0)]:
        assert plotted(Plot((Series((), (0.0, 1.0), (height, height)),), (), (), log_y=log), "svg").startswith(b"<?xml")


# ------------------------------------------------------------------------------------- bad input

BAD = {
    "no values": (r'square.descent("\eta", "")', "no values"),
    "one name": (r'square.descent("\eta")', "takes what is varied"),
    "a negative rate": (r'square.vary("\eta", "0.1, -1", as="picture")', "cannot be negative"),
    "too many steps": ("square.descent(steps=100000)", "`steps` is a number of steps"),
    "several steps": ('square.descent(steps="1, 2")', "`steps` of `descent` is one number"),
    "too many curves": (r'square.descent("\eta", "1,2,3,4,5,6,7,8,9")', "9 curves"),
    "two quantities": (r'square.vary("\eta", "0.1, 1", show="L, w", as="picture")', "one quantity"),
    "an unknown form": (r'square.vary("\eta", "0.1, 1", as="pictur")', "cannot be `pictur`"),
    "a computed name": ('chain.descent("h_1", "1")', "chain has no update"),
    "a line is varied": ('square.descent("L", "1")', "is computed by a line"),
    "an unknown name": ('square.descent("q", "1")', "square has no q"),
    "no activation": ('chain.activation("L")', "no activation function at L"),
    "an open function": ('open.activation("h")', "f is left open"),
    "from behind to": ('chain.activation("h_1", from=3, to=2)', "`from` must be less"),
    "a range without an end": ('chain.activation("h_1", to="infty")', "infinity is no value"),
    "a width": ('chain.activation("h_1", width="wide")', "`width` cannot be `wide`"),
    "no number of samples": ('chain.magnitudes(samples="many")', "`samples` is the number"),
    "too few samples": ("chain.magnitudes(samples=1)", "`samples` is the number"),
    "no numbers": ("open.magnitudes", "left open"),
    "one network": ("magnitudes(chain)", "`magnitudes` takes two networks"),
    "no gradient in common": ("magnitudes(chain, line)", "there is no gradient to show"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(placed: Blocks, name: str) -> None:
    block, title = BAD[name]
    with pytest.raises(Fault) as caught:
        placed(block)
    assert title in caught.value.title + caught.value.reason
    assert caught.value.span is not None


def test_numbers_beyond_a_picture() -> None:
    with pytest.raises(Fault, match="cannot be drawn"):
        height(mpf(10) ** -400)
    assert number(mpf("2.5e-400"), STANDARD).endswith("10 to the power of -400")


def test_pictures_in_the_document(derive: Callable[..., Any], tmp_path: Path) -> None:
    body = '# P\n\n{{ chain.activation("h_1", caption="The sigmoid", label="s") }}\n\nSee {{ ref("s") }}.\n'
    (tmp_path / "pictures.md").write_text(TEXT + body, encoding="utf-8")
    done = derive("build", "pictures.md", "-o", "out", "--to", "pdf,tex", "--engine", "typst")
    assert done.code == 0, done.err
    tex = (tmp_path / "out" / "pictures.tex").read_text(encoding="utf-8")
    assert "sigmoid(x) rises steadily from 0.006693 to 0.9933" in tex and "See Figure~1" in tex.replace(
        "Figure 1", "Figure~1"
    )
    assert (tmp_path / "out" / "pictures-figure-1.pdf").read_bytes().startswith(b"%PDF")
    assert "The sigmoid" in PdfReader(tmp_path / "out" / "pictures.pdf").pages[0].extract_text()
