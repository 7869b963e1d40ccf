"""Networks of vectors and matrices in reports: against known numbers, an autodiff library, and as they are printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from derive import report
from derive.build import build, compose, find_look
from derive.document import Aligned
from derive.errors import Fault
from derive.matrices.latex import latex
from derive.matrices.orient import oriented
from derive.problems.matrix.network import MatrixNetwork

ROOT = Path(__file__).resolve().parent.parent
GALLERY, JACOBIANS = (ROOT / "reports" / f"{name}.md" for name in ("gallery", "jacobians"))
STEP = r"""---
title: One step
networks:
  step:
    forward: |
      Y = W X
      L = \sum_{i,j} (y_{ij} - \hat{y}_{ij})^2
    shapes: W \in R^{m x d}, X \in R^{d x n}
    parameters: W
    values: |
      W = \begin{pmatrix} 0.3 & 0.5 \\ -0.2 & 0.4 \end{pmatrix}
      X = \begin{pmatrix} 0 & 2 \\ 3 & 1 \end{pmatrix}
      \hat{Y} = \begin{pmatrix} 0.5 & 1 \\ 1 & -1.5 \end{pmatrix}
    update: {rule: sgd, learning_rate: \eta = 0.1}
---

{{ step.given }}

{{ step.forward(numbers=true) }}

{{ step.backward }}

{{ step.backward("W", numbers=true) }}

{{ step.update }}
"""


@pytest.fixture(scope="module")
def problems() -> dict[str, Any]:
    """Return the networks of both reports by name."""
    return {**report.load(GALLERY).problems, **report.load(JACOBIANS).problems}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the JSON of both reports, which are set in every format on the way."""
    folder = tmp_path_factory.mktemp("matrices")
    found: dict[str, Any] = {}
    for path in (GALLERY, JACOBIANS):
        found |= build(path, folder, ("pdf", "html", "md", "tex", "json")).result["problems"]
    return found


def single(tmp_path: Path, text: str) -> MatrixNetwork:
    path = tmp_path / "r.md"
    path.write_text(text, encoding="utf-8")
    (network,) = report.load(path).problems.values()
    assert isinstance(network, MatrixNetwork)
    return network


def network(tmp_path: Path, lines: str) -> MatrixNetwork:
    body = "\n".join(f"    {line}" for line in lines.strip().splitlines())
    return single(tmp_path, f"---\ntitle: T\nnetworks:\n  net:\n{body}\n---\n")


def formula(made: MatrixNetwork, name: str) -> str:
    return latex(oriented(made.adjoints[name].term), made.spelled)


def closed(made: MatrixNetwork, name: str) -> str:
    found = made.adjoints[name].closed
    assert found is not None
    return latex(oriented(found), made.spelled)


# ------------------------------------------------------------------------------------------------ known numbers


def close(found: Any, wanted: Any, places: int = 6) -> bool:
    return bool(np.allclose(np.squeeze(np.array(found, dtype=float)), np.squeeze(wanted), atol=10**-places))


def test_one_step_of_gradient_descent(tmp_path: Path) -> None:
    path = tmp_path / "step.md"
    path.write_text(STEP, encoding="utf-8")
    found = build(path, tmp_path, ("pdf", "json")).result["problems"]["step"]
    assert found["values"]["Y"] == [[1.5, 1.1], [1.2, 0]] and found["values"]["L"] == 3.3
    assert found["gradients"]["W"]["value"] == [[0.4, 6.2], [6, 4.2]]
    assert found["gradients"]["W"]["plain"] == "2*(Y - hat_Y)*X'"
    assert found["gradients"]["X"]["value"] == [[0.52, -0.54], [1.16, 1.3]]
    assert found["updated"]["W"] == [[0.26, -0.12], [-0.8, -0.02]]
    made = single(tmp_path, STEP)
    assert float(made.after.values["L"]) == 2.2376


def test_the_squares_and_their_sum_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "step.md"
    path.write_text(STEP, encoding="utf-8")
    loaded = report.load(path)
    shown = [
        link.latex
        for b in compose(loaded, find_look(loaded)).body
        if isinstance(b, Aligned)
        for c in b.chains
        for link in c.links
    ]
    assert r"\begin{pmatrix} 1 & 0.01 \\ 0.04 & 2.25 \end{pmatrix}" in shown and "1 + 0.01 + 0.04 + 2.25" in shown


def test_regression_and_classification(results: dict[str, Any]) -> None:
    g = results["regression"]["gradients"]
    assert close(results["regression"]["values"]["\\ell"], 0.7145)
    assert close(g["W^{(2)}"]["value"], [[0, -0.912, -0.76], [0, 0.444, 0.37]])
    assert close(g["W^{(1)}"]["value"], [[0, 0], [0.3, 0.6], [-0.316, -0.632]])
    assert close(g["b^{(1)}"]["value"], [0, 0.3, -0.316]) and close(g["b^{(2)}"]["value"], [-1.52, 0.74])
    g = results["classification"]["gradients"]
    assert close(results["classification"]["values"]["\\ell"], 0.481454)
    assert close(g["b^{(1)}"]["value"], [-0.0411943, 0.0171134, 0.0171845])
    assert close(g["W^{(2)}"]["value"], [[-0.0804728, -0.122093, -0.117707], [0.118925, 0.180433, 0.173951]])


def test_a_hidden_layer(results: dict[str, Any]) -> None:
    found = results["hidden"]
    assert close(found["values"]["z^{[1]}"], [-0.2, 1, 0.9, -0.9]) and close(found["values"]["L"], 0.552759)
    assert close(found["gradients"]["b^{[2]}"]["value"], -0.424640)
    assert close(found["gradients"]["W^{[2]}"]["value"], [-0.191158, -0.310437, -0.301898, -0.122742])
    assert close(found["gradients"]["a^{[1]}"]["value"], [-0.212320, 0.169856, -0.127392, -0.0849280])
    assert close(found["gradients"]["b^{[1]}"]["value"], [-0.0525527, 0.0333957, -0.0261791, -0.0174527])


def test_softmax_and_cross_entropy(results: dict[str, Any]) -> None:
    found = results["softmax"]
    assert close(found["values"]["L"], 1.0119841232, 9)
    assert close(found["gradients"]["Z"]["value"][0], [-0.335560736, 0.245314555, 0.090246181], 8)
    assert close(found["gradients"]["b"]["value"], [-0.171094275, 0.379968304, -0.208874029], 8)


def test_the_loss_after_the_update(problems: dict[str, Any]) -> None:
    assert close(problems["softmax"].after.values["L"], 0.2503977803, 9)


def test_attention(results: dict[str, Any]) -> None:
    g = results["attention"]["gradients"]
    assert close(g["W_Q"]["value"], [[-0.3127971930902208, 0], [-0.35355339059327373, 0]], 12)
    assert close(
        g["W_K"]["value"], [[-0.3127971930902208, -0.7071067811865475], [0.3127971930902208, 0.7071067811865475]]
    )
    assert close(g["W_V"]["value"], [[0.6697615493266569, -0.5], [0.3302384506733431, -0.5]])


# ------------------------------------------------------------------------------------------- an autodiff library


def sigmoid(z: Any) -> Any:
    return 1 / (1 + anp.exp(-z))


def softmax(z: Any) -> Any:
    e = anp.exp(z)
    return e / anp.sum(e, axis=1, keepdims=True)


LOSSES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "hidden": lambda v: -anp.sum(anp.log(sigmoid(v["W_2"] @ sigmoid(v["W_1"] @ v["X"] + v["b_1"]) + v["b_2"]))),
    "softmax": lambda v: -anp.sum(v["Y"] * anp.log(softmax(v["X"] @ v["W"] + v["b"]))) / 2,
    "attention": lambda v: anp.sum(
        np.array([[1.0, 0], [0, -1]])
        * (softmax((v["X"] @ v["W_Q"]) @ (v["X"] @ v["W_K"]).T / np.sqrt(2)) @ (v["X"] @ v["W_V"]))
    ),
    "classification": lambda v: anp.sum(
        (sigmoid(v["W_2"] @ sigmoid(v["W_1"] @ v["x"] + v["b_1"]) + v["b_2"]) - v["y"]) ** 2
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_equal_those_of_a_library(problems: dict[str, Any], name: str) -> None:
    made = problems[name]
    state = made.before
    leaves = {n: array(x) for n, x in state.values.items() if n in made.given}
    for wrt in made.parameters:
        found = grad(lambda x, wrt=wrt: LOSSES[name]({**leaves, wrt: x}))(leaves[wrt])
        assert np.allclose(found, array(state.adjoints[wrt]), rtol=1e-9, atol=1e-12), wrt


def array(x: Any) -> Any:
    return np.array([[float(c) for c in row] for row in x.rows]) if hasattr(x, "rows") else np.array([[float(x)]])


# --------------------------------------------------------------------------------------------------- as printed


def test_matrix_form(problems: dict[str, Any]) -> None:
    assert formula(problems["product"], "W") == r"\frac{\partial L}{\partial Y} X^{\top}"
    assert formula(problems["product"], "X") == r"W^{\top} \frac{\partial L}{\partial Y}"
    assert closed(problems["hidden"], "z_2") == r"\hat{y} - y"
    assert closed(problems["dense"], "b").startswith(r"\frac{1}{N} \mathbf{1}_{1 \times N}")


def test_every_report_is_built_in_every_format(results: dict[str, Any]) -> None:
    for made in results.values():
        assert made["certificate"]["points"] >= 4 and made["certificate"]["max_error"] < 1e-9
        assert set(made["gradients"]) == set(made["symbols"])


BLOCKS = {
    '{{ product.backward("W", style="index") }}': [
        r"\sum_{k=1}^{m} \sum_{l=1}^{n}",
        r"\delta_{ki} x_{jl}",
        r"\left[\frac{\partial L}",
    ],
    '{{ product.backward("X", style="index") }}': [r"w_{ki} \delta_{jl}"],
    "{{ dense.forward(shapes=true) }}": [r"\underset{\,N \times d\,}{X}"],
    "{{ dense.shapes }}": [r"\mathbb{R}^{1 \times K}"],
    '{{ dense.backward(style="jacobian") }}': [r"\frac{\partial L}{\partial Z} X"],
    '{{ hidden.local("z^{[2]}", "a^{[1]}") }}': [r"W^{[2]}", r"\mathbb{R}^{1 \times 4}"],
    '{{ hidden.backward("W^{[1]}", numbers=true) }}': [r"\begin{pmatrix}"],
}


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what each block is in one report that holds them all."""
    text = GALLERY.read_text(encoding="utf-8")
    front = text[: text.index("\n---\n", 4) + 5]
    path = tmp_path_factory.mktemp("blocks") / "r.md"
    path.write_text(front + "".join(f"\nBlock:\n\n{block}\n" for block in BLOCKS), encoding="utf-8")
    loaded = report.load(path)
    body = str(compose(loaded, find_look(loaded)).body).replace("\\\\", "\\")
    return dict(zip(BLOCKS, body.split("Block:")[1:], strict=True))


@pytest.mark.parametrize("block", BLOCKS)
def test_blocks(blocks: dict[str, str], block: str) -> None:
    assert all(word in blocks[block] for word in BLOCKS[block]), blocks[block]


def test_broadcasting_is_said(problems: dict[str, Any], tmp_path: Path) -> None:
    loaded = report.load(GALLERY)
    assert "is added to every row" in str(compose(loaded, find_look(loaded)).body)
    assert "is added to every column" in str(compose(loaded, find_look(loaded)).body)


def test_shapes_that_nothing_says_follow(problems: dict[str, Any]) -> None:
    made = problems["regression"]
    assert [str(d) for d in made.names["b_2"].symbol.shape] == ["K", "1"]
    assert [str(d) for d in made.names["y"].symbol.shape] == ["K", "1"]


RECURRENT = r"""---
title: T
networks:
  rnn:
    forward: |
      h_t = \tanh(w_x x_t + w_h h_{t-1} + b), \quad t = 1, \dots, 3
      \hat{y} = v h_3
      L = \frac12 (\hat{y} - y)^2
    parameters: w_x, w_h, b, v
    constants: h_0
    values: x_1 = 1, x_2 = 0.5, x_3 = -1, y = 0.5, h_0 = 0, w_x = 0.5, w_h = 0.8, b = 0, v = 1
---
"""


def test_a_line_for_several_steps(tmp_path: Path) -> None:
    path = tmp_path / "rnn.md"
    path.write_text(RECURRENT, encoding="utf-8")
    found = build(path, tmp_path, ("json",)).result["problems"]["rnn"]
    assert close(found["values"]["h_3"], -0.05919890246547191, 12)
    wanted = {"w_x": 0.206646264, "w_h": -0.450474284, "b": -1.063077368, "v": 0.033103961}
    assert all(close(found["gradients"][name]["value"], value, 8) for name, value in wanted.items())


def test_a_line_for_several_layers(tmp_path: Path) -> None:
    lines = r"""
forward: |
  a^{[l]} = \sigma(W^{[l]} a^{[l-1]}), \quad l = 1, 2
  L = f(a^{[2]})
shapes: a^{[0]} \in R^4, W^{[1]} \in R^{6 x 4}, W^{[2]} \in R^{3 x 6}
where: \sigma = any
"""
    made = network(tmp_path, lines)
    assert [line.name for line in made.lines] == ["a_1", "a_2", "L"]
    assert str(made.names["a_2"].symbol.shape[0]) == "3"


def test_many_features_do_not_saturate_the_certificate(tmp_path: Path) -> None:
    """The softmax of sums of many terms is almost 0 in places; moving it must not make it negative."""
    made = network(tmp_path, "layers: dense(8, relu), dense(10), softmax_cross_entropy\nshapes: X \\in R^{4 x 30}")
    assert made.certificate.points >= 4


# --------------------------------------------------------------------------------------------------- assumptions

CROSS_ENTROPY = r"""forward: |
  Z = X W
  P = \operatorname{softmax}(Z)
  L = -\sum_{i,k} Y_{ik} \log P_{ik}
shapes: X \in R^{N x d}, W \in R^{d x K}, Y \in R^{N x K}
data: X, Y
"""
COLUMN = r"""forward: |
  z = W x
  p = \operatorname{softmax}(z)
  L = -y^\top \log p
shapes: x \in R^d, W \in R^{K x d}, y \in R^K
data: x, y
"""
VALUES = "values: X = [[1, 2], [0, -1]], W = [[.2, -.1, .3], [.1, .4, -.2]], Y = "


def test_targets_that_sum_to_1(tmp_path: Path) -> None:
    assert closed(network(tmp_path, CROSS_ENTROPY), "Z") == r"P \odot (Y \mathbf{1}_{K \times K}) - Y"
    batch = network(tmp_path, CROSS_ENTROPY + "assume: rows of Y sum to 1")
    assert closed(batch, "Z") == "P - Y" and closed(batch, "W") == r"X^{\top} (P - Y)"
    assert closed(network(tmp_path, COLUMN), "z") != "p - y"
    one = network(tmp_path, COLUMN + "assume: y sums to 1")
    assert closed(one, "z") == "p - y" and one.sums == {"y": "columns"}
    assert all(made.certificate.points >= 4 for made in (batch, one))


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("layers: dense(K), softmax_cross_entropy\nshapes: X \\in R^{N x d}", r"\frac{\hat{Y} - Y}{N}"),
        ("layers: dense(K), softmax_cross_entropy\nshapes: x \\in R^d", r"\hat{y} - y"),
        (
            "layers: dense(K), softmax_cross_entropy\nshapes: X \\in R^{d x N}\nsamples: columns",
            r"\frac{\hat{Y} - Y}{N}",
        ),
        (CROSS_ENTROPY + VALUES + "onehot(1, 3)", "P - Y"),
    ],
)
def test_what_is_known_without_a_word(tmp_path: Path, lines: str, wanted: str) -> None:
    made = network(tmp_path, lines)
    assert closed(made, "Z" if "Z" in made.names else "z") == wanted
    assert made.certificate.points >= 4


def test_an_assumption_is_said(tmp_path: Path) -> None:
    path = tmp_path / "r.md"
    lines = "".join(f"    {line}\n" for line in f"{CROSS_ENTROPY}assume: rows of Y sum to 1".splitlines())
    path.write_text(
        f"---\ntitle: T\nnetworks:\n  net:\n{lines}---\n{{{{ net.forward }}}}\n\n{{{{ net.conventions }}}}\n"
    )
    made = build(path, tmp_path, ("md", "json"))
    assert (tmp_path / "r.md").read_text().count("ows of $Y$ sum to 1") == 2
    found = made.result["problems"]["net"]
    assert found["gradients"]["W"]["plain"] == "X'*(P - Y)"
    assert found["assumptions"] == ["rows of Y sum to 1"]


def test_the_derivative_by_what_sums_to_1_is_that_in_every_direction(tmp_path: Path) -> None:
    lines = "forward: |\n  s = Y v\n  L = f(s)\nshapes: Y \\in R^{N x K}, v \\in R^K\nassume: rows of Y sum to 1"
    made = network(tmp_path, lines)
    assert formula(made, "Y") == r"\frac{\partial L}{\partial s} v^{\top}" and made.certificate.points >= 4


FALSE = {
    "row": (
        CROSS_ENTROPY + VALUES + "[[1, 0, 0], [0, .5, .4]]\nassume: rows of Y sum to 1",
        "row 2 sums to 0.9",
        "[[1, 0, 0]",
    ),
    "rounded": (COLUMN + "values: y = (.33, .33, .33)\nassume: y sums to 1", "the entries sum to 0.99", "(.33"),
    "layer": (
        "layers: dense(2), softmax_cross_entropy\nshapes: x \\in R^2\nvalues: y = (1, 1)",
        "softmax_cross_entropy takes it as probabilities",
        "(1, 1)",
    ),
    "unreadable": (COLUMN + "assume: y is nice", "no assumption", "y is nice"),
    "unknown": (COLUMN + "assume: q sums to 1", "assumed of q", "q"),
    "line": (COLUMN + "assume: p sums to 1", "computed by a line", "p"),
    "other way": (COLUMN + "assume: rows of y sum to 1", "one entry each", "y"),
    "which": (CROSS_ENTROPY + "assume: Y sums to 1", "rows of Y sum to 1", "Y"),
}


@pytest.mark.parametrize("name", FALSE)
def test_false_assumptions(tmp_path: Path, name: str) -> None:
    lines, words, place = FALSE[name]
    with pytest.raises(Fault) as caught:
        network(tmp_path, lines)
    fault = caught.value
    assert words in f"{fault} {fault.reason} {fault.expected}" and fault.span is not None
    text = fault.span.source.text
    assert text[fault.span.start :].startswith(place)


# ----------------------------------------------------------------------------------------------------- bad input

PRODUCT = "forward: |\n  y = W x\n  L = f(y)\nshapes: W \\in R^{m x n}, x \\in R^n"
BAD = {
    "clash": (r"forward: L = f(W x)" + "\nshapes: W \\in R^{m x n}, x \\in R^k", "m×n · k×1"),
    "loss": ("loss: y\nforward: |\n  y = W x\n  L = f(y)\nshapes: W \\in R^{m x n}, x \\in R^n", "the loss is m×1"),
    "shape": (r"forward: L = f(x)" + "\nshapes: x in", "this is no shape"),
    "twice": (r"forward: L = f(x)" + "\nshapes: x \\in R^n, x \\in R^m", "given twice"),
    "value": (
        "forward: |\n  y = W x\n  L = f(y)\nshapes: W \\in R^{m x n}, x \\in R^n\nvalues: W = [[1, 2]], x = (1, 2, 3)",
        "n is 2",
    ),
    "no symbol": ("forward: L = f(x)\nshapes: x \\in R^n\nvalues: z = (1, 2)", "no symbol"),
    "data": ("forward: L = f(x)\nshapes: x \\in R^n\ndata: q", "no symbol"),
    "large": (
        "forward: |\n  z = \\operatorname{toep}(w, 4996)^\\top x\n  L = f(z)\nshapes: x \\in R^{5000}, w \\in R^5",
        "x is 5000×1, too large",
    ),
    "key": ("forward: L = f(x)\nshapes: x \\in R^n\nlayres: 3", "layres"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(tmp_path: Path, name: str) -> None:
    lines, words = BAD[name]
    with pytest.raises(Fault) as caught:
        network(tmp_path, lines)
    assert words in str(caught.value)


def test_a_wrong_derivative_is_never_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from derive.matrices import adjoint

    right = adjoint._RULES["matmul"]
    monkeypatch.setitem(
        adjoint._RULES, "matmul", lambda g, t, i: [(adjoint.a.times(2, x), y) for x, y in right(g, t, i)]
    )
    made = network(tmp_path, "forward: |\n  y = W x\n  L = f(y)\nshapes: W \\in R^{m x n}, x \\in R^n")
    with pytest.raises(Fault, match="could not be certified"):
        _ = made.certificate


def test_the_command(tmp_path: Path, derive: Callable[..., Any]) -> None:
    (tmp_path / "step.md").write_text(STEP, encoding="utf-8")
    run = derive("build", "step.md", "--to", "json")
    assert run.code == 0
    assert json.loads(run.out)["problems"]["step"]["kind"] == "network"


def test_only_targets_over_classes_are_taken_to_sum_to_one(tmp_path: Path) -> None:
    """Values that are one-hot by accident say nothing, where y stands beside 1 - y or away from a logarithm."""
    lines: dict[str, dict[str, str]] = {
        r"L = -\frac{1}{N} \sum_{i=1}^N \sum_{k=1}^K Y_{ik} \log P_{ik}": {"Y": "rows"},
        r"L = -\frac{1}{N} \sum_{i=1}^N \sum_{k=1}^K (Y_{ik} \log P_{ik} + (1 - Y_{ik}) \log(1 - P_{ik}))": {},
        r"L = \lVert P - Y \rVert_F^2": {},
    }
    values = "X = [[1, 2], [0, -1]], W = [[1, 2], [3, 4]], Y = [[1, 0], [0, 1]]"
    for line, sums in lines.items():
        forward = f"    forward: |\n      P = \\sigma(X W)\n      {line}\n"
        rest = f"    shapes: X \\in R^{{N x d}}, W \\in R^{{d x K}}\n    data: X, Y\n    values: {values}\n"
        path = tmp_path / "targets.md"
        path.write_text(f"---\ntitle: T\nnetworks:\n  n:\n{forward}{rest}---\n# A\n", encoding="utf-8")
        problem = report.load(path).problems["n"]
        assert isinstance(problem, MatrixNetwork)
        assert problem.sums == sums
