"""Hand-ins about networks of vectors and matrices: shapes, entries, chains of derivatives, layouts, numbers."""

from __future__ import annotations

import random
import sys
import time
from functools import cache
from pathlib import Path

import pytest

from derive.check.claims import read
from derive.check.hand_in import Judged, check
from derive.check.matrices.subject import MatrixSubject
from derive.checking.against import against, subject_of
from derive.report import load
from derive.source import Source

sys.path.insert(0, str(Path(__file__).parent / "bench"))

import matrix_mutations

DATA = Path(__file__).parent / "data" / "reports" / "matrices.md"
REPORTS = Path(__file__).parent.parent / "reports"
LETTERS = {"correct": "c", "wrong": "w", "mismatched": "m", "definition": "d", "undecided": "u", "unread": "n"}
LETTERS["follow_through"] = "f"


@cache
def subject(name: str) -> MatrixSubject:
    found = subject_of(load(DATA).problems[name])
    assert isinstance(found, MatrixSubject)
    return found


def judged(name: str, text: str) -> list[Judged]:
    return check(read(Source("hw.md", text), False), {name: subject(name)}, [])


def said(name: str, text: str) -> str:
    return "".join(LETTERS[j.verdict.kind] for j in judged(name, text))


# Each line is a hand-in of its own: the network, what is written, a letter for each relation.
LINES = [
    # names, products, transposes
    ("product", r"$Y = W X$, $Y = X W$, $Y^T = X^T W^T$, $L = f(Y)$, $L = f(W X)$", "cmccc"),
    ("product", r"$\frac{\partial L}{\partial X} = W^T \frac{\partial L}{\partial Y}$", "c"),
    ("product", r"$\frac{\partial L}{\partial W} = X^T \frac{\partial L}{\partial Y}$", "m"),
    ("product", r"$\frac{\partial L}{\partial W} = \frac{\partial L}{\partial Y} \frac{\partial Y}{\partial W}$", "c"),
    ("product", r"$\frac{\partial L}{\partial W} = \frac{\partial Y}{\partial W} \frac{\partial L}{\partial Y}$", "c"),
    ("product", r"$\frac{\partial L}{\partial W} = \frac{\partial L}{\partial Y} \frac{\partial Y}{\partial X}$", "m"),
    ("product", r"$\frac{\partial Y}{\partial W} = X$, $\frac{\partial Y}{\partial W} = X^T$", "mu"),
    # entries and free indices
    ("product", r"$y_{kl} = \sum_p w_{kp} x_{pl}$, $y_{kl} = \sum_{p=1}^d w_{kp} x_{pl}$", "cc"),
    ("product", r"$Y_{ij} = \sum_k W_{ik} X_{kj}$, $y_{ij} = \sum_k w_{ik} x_{jk}$, $y_{11} = w_{11} x_{11}$", "cmw"),
    ("product", r"$\frac{\partial y_{kl}}{\partial w_{ij}} = \delta_{ki} x_{jl}$", "c"),
    ("product", r"$\frac{\partial y_{kl}}{\partial w_{ij}} = \delta_{kj} x_{il}$", "m"),
    (
        "product",
        r"$\frac{\partial L}{\partial w_{ij}} = \sum_{k, l} \frac{\partial L}{\partial y_{kl}} "
        r"\frac{\partial y_{kl}}{\partial w_{ij}} = \sum_l \frac{\partial L}{\partial y_{il}} x_{jl} "
        r"= \sum_l \frac{\partial L}{\partial Y_{il}} X^T_{lj} = \left[\frac{\partial L}{\partial Y} X^T\right]_{ij}$",
        "cccc",
    ),
    ("product", r"$\frac{\partial L}{\partial w_{ij}} = \sum_l \frac{\partial L}{\partial y_{il}} x_{lj}$", "m"),
    ("product", r"$\frac{\partial L}{\partial w_{ij}} = \sum_l \frac{\partial L}{\partial y_{jl}} x_{il}$", "m"),
    ("product", r"$\frac{\partial L}{\partial w_{ij}} = \frac{\partial L}{\partial Y} X^T$", "m"),
    ("product", r"$\frac{\partial L}{\partial x_{21}} = \sum_i w_{i2} \frac{\partial L}{\partial y_{i1}}$", "c"),
    ("product", r"$\frac{\partial L}{\partial x_{21}} = \sum_i w_{i1} \frac{\partial L}{\partial y_{i2}}$", "w"),
    # matrices with dots
    (
        "product",
        r"$W = \begin{pmatrix} w_{11} & \dots & w_{1d} \\ \vdots & & \vdots \\ w_{m1} & \dots & w_{md} \end{pmatrix}$",
        "c",
    ),
    (
        "product",
        r"$W = \begin{pmatrix} w_{11} & \dots & w_{1d} \\ \vdots & \ddots & \vdots \\ w_{m1} & \dots & w_{md}"
        r"\end{pmatrix}$, $X = \begin{pmatrix} x_{11} & \dots & x_{1d} \\ \vdots & \ddots & \vdots \\ x_{n1} & \dots &"
        r"x_{nd} \end{pmatrix}$",
        "cw",
    ),
    (
        "product",
        r"$$Y = \begin{bmatrix} w_{11} x_{11} + \dots + w_{1d} x_{d1} & \dots & w_{11} x_{1n} + \dots + "
        r"w_{1d} x_{dn} \\"
        r"\vdots & \ddots & \vdots \\ w_{m1} x_{11} + \dots + w_{md} x_{d1} & \dots & w_{m1} x_{1n} + \dots + "
        r"w_{md} x_{dn} \end{bmatrix}$$",
        "c",
    ),
    (
        "product",
        r"$$\frac{\partial Y}{\partial w_{ij}} = \begin{bmatrix} 0 & \dots & 0 \\ \vdots & & \vdots \\ "
        r"x_{j1} & \dots & x_{jn} \\ \vdots & & \vdots \\ 0 & \dots & 0 \end{bmatrix}$$",
        "c",
    ),
    ("product", r"$y_{11} = w_{11} x_{11} + w_{12} x_{21} + \dots + w_{1d} x_{d1}$", "c"),
    ("product", r"$y_{11} = w_{11} x_{11} + w_{12} x_{22} + \dots + w_{1d} x_{d1}$", "w"),
    ("product", r"$y_{11} = w_{11} x_{11} + w_{13} x_{31} + \dots + w_{1d} x_{d1}$", "u"),
    # shapes
    (
        "product",
        r"$W \in \mathbb{R}^{m \times d}$, $W \in \mathbb{R}^{d \times m}$, $Y \in \mathbb{R}^{m \times n}$",
        "cwc",
    ),
    (
        "product",
        r"$\frac{\partial L}{\partial W} \in \mathbb{R}^{m \times d}$, $L \in \mathbb{R}$, $W \in \mathbb{R}$",
        "ccw",
    ),
    ("product", r"$W X \in \mathbb{R}^{m \times q}$, $X W \in \mathbb{R}^{d \times d}$", "um"),
    (
        "product",
        r"$Y_{m \times n} = W_{m \times d} X_{d \times n}$, $Y_{m \times n} = W_{d \times m} X_{d \times n}$",
        "cm",
    ),
    ("product", r"$\underset{m \times n}{Y} = \underset{m \times d}{W} X$, $\underset{n \times m}{Y} = W X$", "cm"),
    ("hidden", r"$W^{[1]}_{4 \times n_0} X + b^{[1]}_{4 \times 1} = z^{[1]}$, $b^{[1]} \in \mathbb{R}^4$", "cc"),
    # functions act on every entry
    (
        "hidden",
        r"$a^{[1]} = \sigma(z^{[1]}) = \frac{1}{1 + e^{-z^{[1]}}}$, $a^{[1]} = \frac{1}{1 + e^{z^{[1]}}}$",
        "ccw",
    ),
    (
        "hidden",
        r"$\frac{\partial L}{\partial z^{[1]}} = (\hat{y} - y) (W^{[2]})^T \odot a^{[1]} \odot (1 - a^{[1]})$",
        "c",
    ),
    ("hidden", r"$\frac{\partial L}{\partial z^{[1]}} = (\hat{y} - y) (W^{[2]})^T \odot \sigma'(z^{[1]})$", "c"),
    ("hidden", r"$\frac{\partial L}{\partial z^{[1]}} = (\hat{y} - y) W^{[2]} a^{[1]} (1 - a^{[1]})$", "w"),
    (
        "hidden",
        r"$\delta^{[2]} = \frac{\partial L}{\partial z^{[2]}}$, $\delta^{[2]} = \hat{y} - y$, "
        r"$\frac{\partial L}{\partial W^{[2]}} = \delta^{[2]} (a^{[1]})^T$, "
        r"$\delta^{[1]} = (W^{[2]})^T \delta^{[2]} \odot \sigma'(z^{[1]})$, "
        r"$\frac{\partial L}{\partial W^{[1]}} = \delta^{[1]} X^T$, "
        r"$\frac{\partial L}{\partial b^{[1]}} = \delta^{[1]}$",
        "dccdcc",
    ),
    (
        "hidden",
        r"$\frac{\partial L}{\partial a^{[1]}} = \frac{\partial L}{\partial z^{[2]}} \frac{\partial z^{[2]}}{\partial "
        r"a^{[1]}}$, $\frac{\partial L}{\partial z^{[1]}} = \frac{\partial L}{\partial a^{[1]}} \odot "
        r"\frac{\partial a^{[1]}}{\partial z^{[1]}}$",
        "cc",
    ),
    # a batch
    (
        "batch",
        r"$\frac{\partial L}{\partial H} = \frac{2}{N} (H - Y)$, $\frac{\partial L}{\partial H} = 2 (H - Y)$",
        "cw",
    ),
    ("batch", r"$\frac{\partial L}{\partial Z} = \frac{2}{N} (H - Y) \odot (1 - H^{\odot 2})$", "c"),
    ("batch", r"$\frac{\partial L}{\partial W} = X^T \frac{\partial L}{\partial Z}$", "c"),
    ("batch", r"$\frac{\partial L}{\partial b} = \frac{\partial L}{\partial Z}$", "m"),
    ("batch", r"$\frac{\partial L}{\partial b} = \mathbf{1}^\top_N \frac{\partial L}{\partial Z}$", "c"),
    ("batch", r"$\frac{\partial L}{\partial b_k} = \sum_{i=1}^N \frac{\partial L}{\partial z_{ik}}$", "c"),
    ("batch", r"$\frac{\partial L}{\partial b} = \mathbf{1}^\top \frac{\partial L}{\partial Z}$", "c"),
    ("batch", r"$\frac{\partial L}{\partial b} = \mathbf{1}^\top \frac{\partial L}{\partial H}$", "w"),
    ("batch", r"$\frac{\partial L}{\partial b} = \sum_{i=1}^N \frac{\partial L}{\partial Z_{i,:}}$", "c"),
    ("product", r"$Y_{i,:} = W_{i,:} X$, $Y_{:,j} = W X_{:,j}$, $Y_{i,:} = W X_{i,:}$, $Y_i = W_i X$", "ccmu"),
    ("product", r"$I W = W$, $W X I = Y$, $W I = X$", "ccm"),
    # layouts
    ("rows", r"$\frac{\partial \ell}{\partial \hat{y}} = 2 (\hat{y} - y)^\top \in \mathbb{R}^{1 \times k}$", "cc"),
    ("rows", r"$\frac{\partial \ell}{\partial \hat{y}} = 2 (\hat{y} - y)$", "m"),
    ("rows", r"$\frac{\partial \ell}{\partial h} = \frac{\partial \ell}{\partial \hat{y}} V$", "c"),
    (
        "rows",
        r"$\frac{\partial h}{\partial z} = \operatorname{diag}(h \odot (1 - h))$, $\frac{\partial h}{\partial z} = h$",
        "cm",
    ),
    (
        "rows",
        r"$\frac{\partial \ell}{\partial W} = x \frac{\partial \ell}{\partial z} \in \mathbb{R}^{n \times m}$",
        "cc",
    ),
    (
        "rows",
        r"In denominator layout we have $\frac{\partial \ell}{\partial \hat{y}} = 2 (\hat{y} - y)$ and "
        r"$\frac{\partial \ell}{\partial h} = V^\top \frac{\partial \ell}{\partial \hat{y}}$.",
        "cc",
    ),
    (
        "rows",
        r"$\hat{y}_k = \sum_j v_{kj} h_j$, $\hat{y}_k = \sum_j v_{jk} h_j$, "
        r"$\frac{\partial z_i}{\partial W_{jk}} = \delta_{ij} x_k$",
        "cmc",
    ),
    ("product", r"$dY = dW X$, $\mathrm{d}L = \operatorname{tr}(W^T \mathrm{d}W)$", "uu"),
    (
        "hidden",
        r"$\frac{dL}{da^{[1]}} = (\hat y - y) W^{[2]\top}$, $\nabla_{W^{[2]}} L = (\hat y - y) a^{[1]\top}$",
        "cc",
    ),
    (
        "batch",
        r"$h_{nk} = \tanh(\sum_j x_{nj} w_{jk} + b_k)$, "
        r"$\frac{\partial L}{\partial W_{ij}} = \sum_{n=1}^N x_{ni} \frac{\partial L}{\partial z_{nj}}$",
        "cc",
    ),
    # shapes below formulas, definitions that have no shape
    (
        "batch",
        r"$\underset{d \times K}{\frac{\partial L}{\partial W}} = \underset{d \times N}{X^\top} "
        r"\underset{N \times K}{\frac{\partial L}{\partial Z}}$, "
        r"$\underbrace{\frac{\partial L}{\partial W}}_{K \times d} = X^\top \frac{\partial L}{\partial Z}$, "
        r"$\underbrace{X}_{d \times N} W + b = Z$, $\underbrace{X W}_{\in \mathbb{R}^{N \times K}} + b = Z$",
        "cmmc",
    ),
    ("batch", r"$\delta = X \frac{\partial L}{\partial W}$, $\gamma = X W^\top$", "dm"),
    # a dot between columns; neighbours of the last entry; letters for which not all names exist
    ("rows", r"$\ell = (\hat{y} - y) \cdot (\hat{y} - y)$, $\ell = \hat{y} \cdot y$, $h = z \cdot z$", "cwm"),
    ("product", r"$y_{i+1,j} = \sum_k w_{i+1,k} x_{kj}$, $y_{i-1,j} = \sum_k w_{i-1,k} x_{kj}$", "uu"),
    ("hidden", r"$z^{[l]} = W^{[l]} a^{[l-1]} + b^{[l]}$, $z^{[l]} = W^{[l]} z^{[l-1]} + b^{[l]}$", "cw"),
    ("rows", r"$z^{[l]} = W^{[l]} a^{[l-1]}$", "u"),
    # letters that count names
    ("recurrent", r"$h_t = \tanh(W x_t + U h_{t-1} + b)$, $h_t = \tanh(W x_{t-1} + U h_{t-1} + b)$", "cw"),
    ("recurrent", r"$h_{t+1} = \tanh(W x_t + U h_t + b)$, $h_t = \tanh(U x_t + W h_{t-1} + b)$", "wm"),
    ("recurrent", r"$\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) U$", "c"),
    (
        "recurrent",
        r"$\delta_t = \frac{\partial L}{\partial h_t} \odot (1 - h_t^2)$, "
        r"$\frac{\partial L}{\partial U} = \sum_{t=1}^3 \delta_t h_{t-1}^\top$, "
        r"$\frac{\partial L}{\partial b} = \sum_t \delta_t$, "
        r"$\frac{\partial L}{\partial U} = \sum_{t=1}^3 \delta_t h_t^\top$, "
        r"$\frac{\partial L}{\partial b} = \delta_3 + \delta_2$",
        "dccww",
    ),
    ("recurrent", r"$\frac{\partial}{\partial \hat{y}} \left(\frac{\partial L}{\partial \hat{y}}\right) = 2 I_k$", "u"),
    # numbers
    ("softmax", r"$\sum_{k=1}^K P_{ik} = 1$, $\sum_{k=1}^K P_{ik} = 2$, $\sum_k P_{ik} = N$", "cww"),
    (
        "softmax",
        r"$W \in \mathbb{R}^{2 \times 3}$, $W \in \mathbb{R}^{3 \times 2}$, $W \in \mathbb{R}^{d \times K}$",
        "cwc",
    ),
    ("softmax", r"$b = (0, 0.1, -0.1)$, $b^{new} = (0.086, -0.090, 0.0044)$, $b = (0, 0.1, -0.2)$", "ccw"),
    ("softmax", r"$\frac{\partial L}{\partial b_k} = \frac{1}{N} \sum_{i=1}^K (P_{ik} - Y_{ik})$", "m"),
    ("softmax", r"$\frac{\partial L}{\partial (W)_{jk}} = \frac{1}{N} \sum_{n=1}^N X_{nj} (P_{nk} - Y_{nk})$", "c"),
    ("step", r"$x_1 = (0, 3)^\top$, $\frac{dL}{dW} = 2 (Y - \hat{Y}) X^\top$", "dc"),
    (
        "step",
        r"$Y = W X = \begin{bmatrix} 0.3 & 0.5 \\ -0.2 & 0.4 \end{bmatrix} \begin{bmatrix} 0 & 2 \\ 3 & 1 \end{bmatrix}"
        r"= \begin{bmatrix} 1.5 & 1.1 \\ 1.2 & 0 \end{bmatrix}$",
        "ccc",
    ),
    (
        "step",
        r"$Y = \begin{bmatrix} 1.5 & 1.1 \\ 1.2 & 0.1 \end{bmatrix}$, $Y = [[1.5, 1.1], [1.2, 0]]$, $y_{12} = 1.1$",
        "wcc",
    ),
    ("step", r"$L_2(Y, \hat{Y}) = 3.3$, $L = 3.31$, $L = (y_{11} - 0.5)^2 + (y_{12} - 1)^2 + 0.04 + 2.25$", "cwc"),
    ("step", r"$L = \begin{pmatrix} 1 & 0.01 \\ 0.04 & 2.25 \end{pmatrix}$", "m"),
    ("step", r"$(Y - \hat{Y})^{\odot 2} = \begin{pmatrix} 1 & 0.01 \\ 0.04 & 2.25 \end{pmatrix}$", "c"),
    (
        "step",
        r"$\frac{\partial L}{\partial W} = 2 (Y - \hat{Y}) X^T = \begin{pmatrix} 0.4 & 6.2 \\ 6 & 4.2 \end{pmatrix}$, "
        r"$W_{new} = W - 0.1 \begin{pmatrix} 0.4 & 6.2 \\ 6 & 4.2 \end{pmatrix} = "
        r"\begin{pmatrix} 0.26 & -0.12 \\ -0.8 & -0.02 \end{pmatrix}$",
        "ccc" + "c",
    ),
    (
        "step",
        r"$W_{new} = W - \eta \frac{\partial L}{\partial W}$, $W_{new} = W + \eta \frac{\partial L}{\partial W}$",
        "cw",
    ),
    ("step", r"$new_weights = weights - step_size * gradient$, $new_weights = weights - gradient$", "cw"),
    (
        "step",
        r"$X = (x_1, x_2) = \begin{pmatrix} 0 & 2 \\ 3 & 1 \end{pmatrix}$, $x_1 = (0, 3)$, $x_2 = (3, 0)$",
        "dccw",
    ),
]


@pytest.mark.parametrize(("name", "text", "verdicts"), LINES, ids=[f"{n}-{i}" for i, (n, _, _) in enumerate(LINES)])
def test_line(name: str, text: str, verdicts: str) -> None:
    assert said(name, text) == verdicts


@cache
def solution(name: str) -> list[Judged]:
    return matrix_mutations.solution(REPORTS / f"{name}.md")


@pytest.mark.parametrize("name", ["jacobians", "gallery"])
def test_a_report_s_own_solution_is_right(name: str) -> None:
    """Nothing in it is wrong or mismatched, and nearly everything is decided."""
    found = solution(name)
    kinds = [j.verdict.kind for j in found]
    assert len(kinds) > 60
    assert not [j.claim.left.text for j in found if j.verdict.kind in ("wrong", "mismatched", "follow_through")]
    assert sum(kind in ("undecided", "unread") for kind in kinds) <= 0.05 * len(kinds)


HEADINGS = "# Rows\n\n$\\hat{y} = V h$\n\n# Classes\n\n$Z = X W$\n\n## Details\n\n$Z = X W + b$"


def test_a_heading_of_the_report_chooses_what_a_section_is_about() -> None:
    asks = against(DATA)
    found = check(read(Source("hw.md", HEADINGS), False), asks.subjects, asks.asked)
    assert [(j.subject.name, j.verdict.kind) for j in found] == [
        ("rows", "correct"),
        ("softmax", "wrong"),
        ("softmax", "correct"),
    ]


def test_what_should_stand_there_is_said() -> None:
    from derive.check.result import expected_of

    (one,) = judged("product", r"$\frac{\partial L}{\partial W} = X^T \frac{\partial L}{\partial Y}$")
    expected = expected_of(one)
    assert expected is not None
    assert said("product", rf"$\frac{{\partial L}}{{\partial W}} = {expected}$") == "c"
    (two,) = judged("step", r"$Y = \begin{pmatrix} 1.5 & 1.1 \\ 1.2 & 0.1 \end{pmatrix}$")
    assert expected_of(two) == r"\begin{pmatrix} 1.5 & 1.1 \\ 1.2 & 0 \end{pmatrix}"


def test_shapes_that_do_not_fit_are_told_with_the_letters_of_the_exercise() -> None:
    (one,) = judged("product", r"$\frac{\partial L}{\partial W} = X^T \frac{\partial L}{\partial Y}$")
    assert one.verdict.because == "n×d · m×n"


HOSTILE = [
    r"$\frac{\partial L}{\partial W} = \mathbf{1}_{99999 \times 99999}$",
    r"$Y = W \otimes W \otimes W \otimes W \otimes W \otimes W \otimes W$",
    r"$x_{ab} x_{ce} w_{fg} w_{hk} x_{ij} x_{lo} x_{pq} = w_{rs} x_{tu} x_{vz}$",
    r"$y_{11} = w_{11} x_{11} + \dots + w_{1,99999999} x_{99999999,1}$",
    r"$L = \sum_{i=1}^{99999999} y_{i1}$",
    r"$Y = \begin{pmatrix} \dots & \dots \\ \dots & \dots \end{pmatrix}$",
    r"$Y \in \mathbb{R}^{m^{m^{m^{m}}}}$",
    r"$Y \in \mathbb{R}^{99999999999 \times 2}$",
    r"$\frac{\partial \exp(\exp(\exp(Y)))}{\partial W} = \frac{\partial \exp(\exp(\exp(Y)))}{\partial W}$",
    r"$Y = " + "W^T W " * 200 + "X$",
    r"$K_{999,999} = Y$",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_too_large_is_never_called_correct(text: str) -> None:
    begin = time.process_time()
    assert "c" not in said("product", text)
    assert time.process_time() - begin < 10


def test_changed_lines_are_never_correct_and_mostly_told() -> None:
    """Seeded: correct lines of the gallery are changed as each misconception would change them."""
    lines = matrix_mutations.correct_lines(solution("gallery"))
    some = random.Random(3).sample(lines, 14)
    found = matrix_mutations.sample([m for line in some for m in matrix_mutations.mutants(line)], 4)
    outcomes = list(matrix_mutations.run(found))
    assert len(outcomes) >= 15
    assert not [o.mutant.text for o in outcomes if o.kind == "correct"]
    assert sum(o.kind in ("wrong", "mismatched") for o in outcomes) >= 0.9 * len(outcomes)
    told = [o for o in outcomes if o.diagnosis is not None and o.diagnosis.code in o.mutant.codes]
    assert len(told) >= 0.75 * len(outcomes)


def test_a_slip_with_a_matrix_is_carried_on() -> None:
    text = (
        r"$\frac{\partial L}{\partial W} = (Y - \hat{Y}) X^T$. Then "
        r"$W_{new} = W - \eta (Y - \hat{Y}) X^T$."
    )
    assert said("step", text) == "wf"


def test_names_of_derivatives_in_the_report_hold_in_hand_ins() -> None:
    asks = against(REPORTS / "foundations.md")
    text = (
        r"$\delta^{[2]} = \hat{y} - y$, $\delta^{[2]} = y - \hat{y}$, "
        r"$\delta^{[l]} = \frac{\partial L}{\partial z^{[l]}}$, "
        r"$\delta^{[1]} = W^{[2]\top} \delta^{[2]} \odot a^{[1]} \odot (1 - a^{[1]})$, "
        r"$\frac{\partial L}{\partial W^{[1]}} = \delta^{[1]} X^\top$, "
        r"$\frac{\partial L}{\partial W^{[1]}} = X \delta^{[1]}$"
    )
    found = check(read(Source("hw.md", f"# Bonus 2\n\n{text}"), False), asks.subjects, asks.asked)
    assert "".join(LETTERS[j.verdict.kind] for j in found) == "cwcccm"
