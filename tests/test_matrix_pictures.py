"""Pictures of networks of vectors and matrices: what they hold, where it lies, and in which outputs they come."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from derive import report
from derive.build import build, compose, find_look
from derive.document import Drawing, Figure, Mark
from derive.errors import Fault
from derive.problems.matrix.layers import layers_of
from derive.problems.matrix.network import MatrixNetwork
from derive.writers.drawing import drawn, size, source
from derive.writers.layout import extent, layout, width
from derive.writers.pictures import share

ROOT = Path(__file__).resolve().parent.parent
REPORTS = [ROOT / "reports" / f"{name}.md" for name in ("gallery", "jacobians")]
NETWORKS = {
    "residual": r"""
forward: |
  Z = W_1 X + b_1
  H = \operatorname{ReLU}(Z)
  Y = X + W_2 H + b_2
  L = f(Y)
shapes: X \in R^{d x N}, W_1 \in R^{8 x d}, b_1 \in R^8, W_2 \in R^{d x 8}, b_2 \in R^d
data: X
""",
    "nested": r"""
forward: |
  y = w^\top \tanh(W x + b)
  L = f(y)
shapes: W \in R^{(n+k-1) x n}, w \in R^{n+k-1}, x \in R^n
data: x
""",
    "rows": r"""
forward: |
  H = \tanh(X W^\top)
  O = A H V
  L = f(O)
shapes: A \in R^{n x n}, X \in R^{n x 5}, W \in R^{3 x 5}, V \in R^{3 x 2}
data: A, X
""",
    "gates": r"""
forward: |
  f = \sigma(W_f x + U_f h)
  i = \sigma(W_i x + U_i h)
  g = \tanh(W_g x + U_g h)
  k = f \odot c + i \odot g
  L = \lVert k \rVert^2
shapes: x \in R^d, h, c \in R^m, W_f, W_i, W_g \in R^{m x d}, U_f, U_i, U_g \in R^{m x m}
data: x
constants: h, c
""",
}


def written(tmp_path: Path, lines: str, block: str) -> Path:
    body = "\n".join(f"    {line}" for line in lines.strip().splitlines())
    path = tmp_path / "r.md"
    path.write_text(f"---\ntitle: T\nnetworks:\n  net:\n{body}\n---\n\n{block}\n", encoding="utf-8")
    return path


def figure(path: Path) -> Figure:
    loaded = report.load(path)
    (found,) = (b for b in compose(loaded, find_look(loaded)).body if isinstance(b, Figure))
    return found


def drawing(tmp_path: Path, name: str, block: str) -> Drawing:
    picture = figure(written(tmp_path, NETWORKS[name], f"{{{{ net.{block} }}}}")).picture
    assert isinstance(picture, Drawing)
    return picture


def network(tmp_path: Path, name: str) -> MatrixNetwork:
    found = report.load(written(tmp_path, NETWORKS[name], "")).problems["net"]
    assert isinstance(found, MatrixNetwork)
    return found


# ----------------------------------------------------------------------------------------------- what they hold


def test_the_graph_has_every_name_with_its_shape(tmp_path: Path) -> None:
    made = drawing(tmp_path, "residual", "graph")
    shapes = {m.latex.replace(" ", ""): m.above for m in made.marks}
    assert shapes["W_1"] == r"8 \times d"
    assert shapes["Z"] == r"8 \times N" and shapes["L"] == r"1 \times 1"
    assert {m.latex.replace(" ", "") for m in made.marks if m.kind == "node"} == {"Z", "H", "Y", "L"}
    at = {(m.x, m.y): m.latex for m in made.marks}
    arrows = {(at[e[0]], at[e[-1]]) for e in made.edges}
    assert ("X", "Y") in arrows and ("Z", "H") in arrows and ("Z", "Y") not in arrows and len(arrows) == 9


VALUES = r"""
forward: |
  z = W x
  L = \lVert z \rVert^2
shapes: W \in R^{2 x 4}, x \in R^4
values: W = [[1, 2, 3, 4], [0, 1, 0, -1]], x = (1, 0, 0, 1)
"""


def test_the_graph_has_numbers_and_small_matrices_below(tmp_path: Path) -> None:
    picture = figure(written(tmp_path, VALUES, "{{ net.graph(values=true) }}"))
    assert isinstance(picture.picture, Drawing) and "Numbers and small matrices" in picture.alt
    below = {m.latex: m.below for m in picture.picture.marks}
    assert below["W"] == below["x"] == "" and below["z"] == r"\begin{pmatrix} 5 \\ -1 \end{pmatrix}"
    assert below["L"].startswith("26")
    plain = figure(written(tmp_path, VALUES, "{{ net.graph }}")).picture
    assert isinstance(plain, Drawing) and size(picture.picture)[1] > size(plain)[1]
    assert b"<svg" in drawn(picture.picture, "svg")
    with pytest.raises(Fault, match="no numbers"):
        figure(written(tmp_path, NETWORKS["residual"], "{{ net.graph(values=true) }}"))


def test_a_layer_holds_the_lines_of_one_shape_and_weights_stand_between(tmp_path: Path) -> None:
    found = layers_of(network(tmp_path, "residual"))
    assert {name: layer.names for name, layer in found.layers.items()} == {"X": ["X"], "Z": ["Z", "H"], "Y": ["Y"]}
    assert found.weights == {("X", "Z"): ["W_1"], ("X", "Y"): [], ("Z", "Y"): ["W_2"]}
    assert found.layers["Z"].own == ["b_1"] and found.layers["Y"].own == ["b_2"]


def test_weights_in_one_line_stand_along_the_way(tmp_path: Path) -> None:
    found = layers_of(network(tmp_path, "nested"))
    assert found.weights == {("x", "y"): ["W", "w"]} and found.layers["y"].own == ["b"]


def test_units_are_columns_where_weights_stand_behind(tmp_path: Path) -> None:
    found = layers_of(network(tmp_path, "rows"))
    assert found.across and found.weights["X", "H"] == ["W"] and found.weights["A", "O"] == []
    made = drawing(tmp_path, "rows", "layers")
    units = {m.above: m.units for m in made.marks}
    assert units["X"] == (True,) * 5 and units["H"] == (True,) * 3 and units["O"] == (True,) * 2


def test_many_or_unknown_units_have_dots(tmp_path: Path) -> None:
    made = drawing(tmp_path, "residual", "layers")
    dots = (True, True, False, True)
    assert {m.units for m in made.marks} == {dots}
    assert [m.below for m in made.marks if m.above.startswith("Z")] == [r"8 \times N"]


def test_sizes_come_from_the_values() -> None:
    loaded = report.load(REPORTS[0])
    figures = [b.picture for b in compose(loaded, find_look(loaded)).body if isinstance(b, Figure)]
    (shown,) = (p for p in figures if isinstance(p, Drawing) and p.said)
    assert [len(m.units) for m in shown.marks] == [2, 4, 1]
    assert shown.said == ((r"W^{[1]}", r"4 \times 2"), (r"W^{[2]}", r"1 \times 4"))


def test_a_sum_as_a_size_is_in_brackets(tmp_path: Path) -> None:
    assert r"(k + n - 1) \times n" in {m.above for m in drawing(tmp_path, "nested", "graph").marks}


def test_words_stand_in_for_the_picture(tmp_path: Path) -> None:
    alt = figure(written(tmp_path, NETWORKS["residual"], "{{ net.layers }}")).alt
    assert (
        "Layers of net: Z from X; Y from X, Z. Weights: W_1 from X to Z; W_2 from Z to Y." in alt and "W_1 8×d" in alt
    )


# ----------------------------------------------------------------------------------------------- where it lies


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("block", ["graph", "layers"])
def test_nothing_lies_upon_another_or_outside(tmp_path: Path, name: str, block: str) -> None:
    made = drawing(tmp_path, name, block)
    laid = layout(made)
    boxes: list[tuple[float, float, float, float]] = []
    for m in made.marks:
        (x, y), (w, h) = laid.at(m.x, m.y), extent(m)
        label = max(map(width, (m.above, m.below, m.foot))) / 2
        low = h + (0.39 if m.above else 0), h + (0.35 if m.below else 0) + (0.36 if m.foot else 0)
        boxes.append((x - max(w, label), y - low[0], x + max(w, label), y + low[1]))
    texts = [texts for texts in made.said if any(texts)]
    for ((x, y), _), pair in zip(laid.labels(), texts, strict=True):
        half = max(map(width, pair)) / 2
        boxes.append((x - half, y - 0.37, x + half, y + 0.35))
    for a, b, c, d in boxes:
        assert a >= -0.01 and b >= -0.01 and c <= laid.size[0] + 0.01 and d <= laid.size[1] + 0.01
    for p, q in combinations(boxes, 2):
        assert min(p[2], q[2]) <= max(p[0], q[0]) + 0.01 or min(p[3], q[3]) <= max(p[1], q[1]) + 0.01, (p, q)


def test_an_arrow_ends_at_the_side_of_a_layer(tmp_path: Path) -> None:
    made = drawing(tmp_path, "residual", "layers")
    laid = layout(made)
    sides = {(round(laid.at(m.x, m.y)[0] - extent(m)[0], 6), round(laid.at(m.x, m.y)[1], 6)) for m in made.marks}
    for curves in laid.curves():
        assert tuple(round(v, 6) for v in curves[-1][-1]) in sides
        assert curves[-1][2][1] == curves[-1][3][1]  # it comes in level


def test_longer_labels_take_more_room() -> None:
    assert width("") == 0 and width(r"N \times K") == width(r"4 \times 2") and width("W^{[1]}") > width("W")


def test_a_high_picture_stays_on_its_page() -> None:
    marks = tuple(Mark(0, y, "x", "leaf") for y in range(30))
    tall = Drawing(marks, ())
    wide, high = size(tall)
    assert share(tall, 1.0, 39.5) * high / wide < 1.4 and share(replace(tall, marks=marks[:2]), 1.0, 39.5) > 0.1


# ------------------------------------------------------------------------------------------------- every output


def test_both_reports_show_pictures_in_every_output(tmp_path: Path) -> None:
    for path in REPORTS:
        build(path, tmp_path, ("pdf", "html", "md", "tex"))
        page = (tmp_path / f"{path.stem}.html").read_text(encoding="utf-8")
        text = (tmp_path / f"{path.stem}.md").read_text(encoding="utf-8")
        tex = (tmp_path / f"{path.stem}.tex").read_text(encoding="utf-8")
        assert page.count("Computation graph of") >= 1 and page.count("Layers of") >= 1
        assert len(re.findall(r"\.svg", text)) == 2 and tex.count(r"\includegraphics") == 2
        words = "".join(p.extract_text() for p in PdfReader(tmp_path / f"{path.stem}.pdf").pages)
        assert "Figure 1:" in words and "Figure 2:" in words
        # The letters of a small picture are not larger than those of the text beside it.
        parts = [float(x) for x in re.findall(r"--part: ([\d.]+)", page)]
        shares = [float(x) for x in re.findall(r"width=([\d.]+)\\linewidth,height", tex)]
        assert len(parts) == len(shares) == 2 and max(min(parts), min(shares)) < 0.7


@pytest.mark.parametrize("form", ["svg", "pdf"])
def test_letters_of_the_labels_shadow_no_command(tmp_path: Path, form: Any) -> None:
    """An arrow in a label is one of mathematics, whatever the picture's own functions are called."""
    made = drawing(tmp_path, "residual", "layers")
    assert any(r"\to" in m.above for m in made.marks)
    assert drawn(made, form) and "column(" in source(made)


# ---------------------------------------------------------------------------------------------------- bad input

NONE = {
    "no data": (NETWORKS["residual"].replace("data: X", ""), "nothing enters a layer"),
    "no weights": ("forward: L = \\lVert X w - y \\rVert^2\nshapes: X \\in R^{n x d}\ndata: X, y", "no line before"),
}


@pytest.mark.parametrize("name", NONE)
def test_a_network_without_layers_is_told_of_the_graph(tmp_path: Path, name: str) -> None:
    lines, words = NONE[name]
    with pytest.raises(Fault, match="`net` has no layers") as caught:
        figure(written(tmp_path, lines, "{{ net.layers }}"))
    assert words in str(caught.value) and "the block `graph`" in str(caught.value)
    assert figure(written(tmp_path, lines, "{{ net.graph }}")).picture


MAZUR = r"""
forward: |
  n_1 = w_1 i_1 + w_2 i_2 + b
  h_1 = \sigma(n_1)
  n_2 = w_3 i_1 + w_4 i_2 + b
  h_2 = \sigma(n_2)
  y = w_5 h_1 + w_6 h_2
  L = (y - t)^2
data: i_1, i_2, t
"""


def test_units_of_numbers(tmp_path: Path) -> None:
    picture = figure(written(tmp_path, MAZUR, "{{ net.layers }}"))
    found = picture.picture
    assert isinstance(found, Drawing) and "w_1 from i_1 to n_1" in picture.alt
    units = {m.latex: (m.above, m.below) for m in found.marks}
    assert (
        units["h_1"] == (r"n_1 \to h_1", "b")
        and units["y"] == ("", "")
        and set(units) == {*("i_1", "i_2", "h_1", "h_2", "y")}
    )
    assert sorted(above for above, _ in found.said) == [f"w_{k}" for k in range(1, 7)]
    assert all(free for _, _, free in layout(found).placed())
    with pytest.raises(Fault, match="no layers"):
        figure(written(tmp_path, "forward: L = (a - y)^2", "{{ net.layers }}"))


def test_layers_have_no_values(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="`layers` has no option `values`"):
        figure(written(tmp_path, NETWORKS["residual"], "{{ net.layers(values=true) }}"))
