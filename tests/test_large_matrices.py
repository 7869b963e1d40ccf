"""Sizes as in practice: derived and certified with letters, shown with their numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from derive.build import build
from derive.errors import Fault
from derive.matrices.latex import latex
from derive.matrices.orient import oriented
from derive.notation import STANDARD
from derive.notebook.arguments import entry
from derive.problems.matrix.forms import local
from derive.problems.matrix.load import load
from derive.problems.matrix.network import MatrixNetwork


def network(shapes: str, **more: Any) -> MatrixNetwork:
    return load("net", entry({"shapes": shapes, **more}), {}, STANDARD)


def text(made: MatrixNetwork, name: str) -> str:
    term = made.adjoints[name].closed or made.adjoints[name].term
    return latex(oriented(term), made.spelled)


def test_a_perceptron_for_pictures() -> None:
    made = network(r"X \in R^{128 x 784}", layers="dense(256, relu), dense(10), softmax_cross_entropy")
    assert made.general is not None and made.certificate.points == 4 and made.certificate.max_error < 1e-9
    assert [str(d) for d in made.names["W_1"].symbol.shape] == ["784", "256"]
    assert made.lines[-1].forms == (r"-\frac{1}{128} \sum_{i=1}^{128} \sum_{k=1}^{10} Y_{ik} \log \hat{Y}_{ik}",)
    assert text(made, "W_2") == r"\frac{1}{128} A^{[1]\top} (\hat{Y} - Y)"


def test_the_numbers_of_large_sizes_are_put_together() -> None:
    made = network(r"X \in R^{128 x 20}", layers="dense(10), mse")
    assert text(made, "hat_Y") == r"\frac{1}{640} (\hat{Y} - Y)"


def test_equal_sizes_have_equal_letters_and_what_follows_from_them_holds() -> None:
    made = network(r"X \in R^{128 x 784}", layers="dense(20), batch_norm, mse")
    assert text(made, "b_1") == r"\mathbf{0}_{1 \times 20}" and made.certificate.max_error < 1e-9


OWN = r"""
m = \frac{1}{128} \mathbf{1}_{128}^\top X
C = X - m
L = \frac{1}{128} \lVert C w - y \rVert^2 + \frac{1}{2} \sum_{j=1}^{784} w_j^2
"""


def test_sizes_in_lines_are_sizes() -> None:
    made = network(r"X \in R^{128 x 784}, w \in R^{784}, y \in R^{128}", forward=OWN)
    assert made.general is not None and made.certificate.max_error < 1e-9
    assert text(made, "w") == r"w + \frac{1}{64} C^{\top} (C w - y)"


def test_a_size_that_follows_from_another() -> None:
    made = network(r"x \in R^{784}", layers="conv1d(5, relu), mse")
    assert text(made, "hat_y") == r"\frac{1}{390} (\hat{y} - y)" and made.certificate.max_error < 1e-9
    assert text(made, "x").startswith(r"\frac{1}{390} \operatorname{toep}(w, 780)")


def test_sizes_that_fit_as_numbers_only_are_kept() -> None:
    """12 + 12 - 1 is 23, which letters do not know."""
    lines = "z = \\operatorname{toep}(w, 12) x\nL = \\lVert z - y \\rVert^2"
    made = network(r"x, w \in R^{12}, y \in R^{23}", forward=lines)
    assert made.general is None and made.certificate.max_error < 1e-9


def test_an_exponent_is_no_size() -> None:
    made = network(r"x \in R^{12}", forward=r"L = \mathbf{1}_{12}^\top x^{\odot 12}")
    assert made.general is not None and made.certificate.max_error < 1e-9
    assert text(made, "x") == r"12 x^{\odot 11}"


def test_local_derivatives_have_the_numbers() -> None:
    made = network(r"x \in R^{784}", layers="dense(20, sigmoid), dense(3), mse")
    assert latex(local(made, "z_1", "b_1")) == "I_{20}"


def test_with_values_the_sizes_are_kept_in_the_numbers(tmp_path: Path) -> None:
    x = ", ".join("1" * 12)
    front = f"shapes: w \\in R^{{12}}\n    forward: L = w^\\top x\n    values: x = ({x}), w = ({x})"
    (tmp_path / "r.md").write_text(
        f"---\ntitle: T\nnetworks:\n  net:\n    {front}\n---\n\n{{{{ net.backward(numbers=true) }}}}\n",
        encoding="utf-8",
    )
    found = build(tmp_path / "r.md", tmp_path, ("json",)).result["problems"]["net"]
    assert found["values"]["L"] == 12 and found["shapes"]["w"] == ["12", "1"]


def test_large_values_are_refused() -> None:
    x = ", ".join("1" * 4001)
    made = network(r"w \in R^{4001}", forward=r"L = w^\top x", values=f"x = ({x}), w = ({x})")
    with pytest.raises(Fault, match="4001×1, too large to compute with exact numbers"):
        _ = made.before


def test_hand_ins_are_not_checked_at_large_sizes(tmp_path: Path, derive: Any) -> None:
    layers = "layers: dense(20), mse\n    shapes: X \\in R^{128 x 784}"
    (tmp_path / "r.md").write_text(f"---\ntitle: T\nnetworks:\n  net:\n    {layers}\n---\n\n{{{{ net.backward }}}}\n")
    (tmp_path / "s.md").write_text("$$L = 1$$\n")
    run = derive("check", "s.md", "--against", "r.md")
    assert run.code == 1 and "X is 128×784, too large to check hand-ins against it" in run.err
