"""Layers in reports: their lines, their gradients against an autodiff library, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from derive import report
from derive.build import build
from derive.check.quantities import grid
from derive.errors import Fault
from derive.numeric import precisely
from derive.problems.layers import LAYERS
from derive.problems.matrix.network import MatrixNetwork
from derive.problems.matrix.numbers import numbers

BATCH, SAMPLE = r"X \in R^{4 x 3}", r"x \in R^3"
Values = dict[str, Any]


def network(tmp_path: Path, layers: str, shapes: str, more: str = "") -> MatrixNetwork:
    path = tmp_path / "r.md"
    extra = "".join(f"    {line}\n" for line in more.splitlines())
    front = f"---\ntitle: T\nnetworks:\n  net:\n    layers: {layers}\n    shapes: {shapes}\n{extra}---\n"
    path.write_text(f"{front}\n{{{{ net.forward }}}}\n\n{{{{ net.backward }}}}\n", encoding="utf-8")
    (made,) = report.load(path).problems.values()
    assert isinstance(made, MatrixNetwork)
    return made


def lines(made: MatrixNetwork) -> list[str]:
    return [" = ".join((line.head, *line.forms)) for line in made.lines]


# ------------------------------------------------------------------------------------------- an autodiff library


def sigmoid(z: Any) -> Any:
    return 1 / (1 + anp.exp(-z))


def relu(z: Any) -> Any:
    return anp.maximum(z, 0)


def softmax(z: Any, axis: int) -> Any:
    e = anp.exp(z)
    return e / anp.sum(e, axis=axis, keepdims=True)


def mean_of_squares(found: Any, v: Values) -> Any:
    return anp.mean((found - v["Y" if "Y" in v else "y"]) ** 2)


def binary(p: Any, v: Values) -> Any:
    return -anp.sum(v["Y"] * anp.log(p) + (1 - v["Y"]) * anp.log(1 - p)) / 4


def normal(x: Any, v: Values, axis: int) -> Any:
    c = x - anp.mean(x, axis=axis, keepdims=True)
    return c / anp.sqrt(anp.mean(c**2, axis=axis, keepdims=True) + v["epsilon"])


def recurrent(v: Values) -> Any:
    h = v["h_0"]
    for t in (1, 2, 3):
        h = anp.tanh(v["W"] @ v[f"x_{t}"] + v["U"] @ h + v["b"])
    return h


def cells(v: Values) -> Any:
    h, c = v["h_0"], v["c_0"]
    for t in (1, 2):
        i, f, o, g = (v[f"W_{k}"] @ v[f"x_{t}"] + v[f"U_{k}"] @ h + v[f"b_{k}"] for k in "ifog")
        c = sigmoid(f) * c + sigmoid(i) * anp.tanh(g)
        h = sigmoid(o) * anp.tanh(c)
    return h


def head(v: Values) -> Any:
    q, k, w = (v["X"] @ v[f"W_{name}"] for name in "QKV")
    return softmax(q @ k.T / np.sqrt(2), 1) @ w


def slid(v: Values) -> Any:
    return relu(anp.concatenate([v["w"].T @ v["x"][k : k + 3] for k in range(4)]) + v["b"])


def gained(x: Any, v: Values) -> Any:
    return x * v["gamma"].T + v["beta"]


# Name → layers, shape of the input, what a library computes.
CASES: dict[str, tuple[str, str, Callable[[Values], Any]]] = {
    "multilayer perceptron": (
        "dense(4, relu), dense(3, tanh), dense(2), mse",
        BATCH,
        lambda v: mean_of_squares(
            anp.tanh(relu(v["X"] @ v["W_1"] + v["b_1"]) @ v["W_2"] + v["b_2"]) @ v["W_3"] + v["b_3"], v
        ),
    ),
    "one sample": (
        "dense(4, sigmoid), dense(2), mse",
        SAMPLE,
        lambda v: mean_of_squares(v["W_2"] @ sigmoid(v["W_1"] @ v["x"] + v["b_1"]) + v["b_2"], v),
    ),
    "logistic regression": (
        "dense(1, sigmoid), bce",
        BATCH,
        lambda v: binary(sigmoid(v["X"] @ v["W"] + v["b"]), v),
    ),
    "softmax regression": (
        "dense(3), softmax_cross_entropy",
        BATCH,
        lambda v: -anp.sum(v["Y"] * anp.log(softmax(v["X"] @ v["W"] + v["b"], 1))) / 4,
    ),
    "softmax as an activation": (
        "dense(3, softmax), cross_entropy",
        BATCH,
        lambda v: -anp.sum(v["Y"] * anp.log(softmax(v["X"] @ v["W"] + v["b"], 1))) / 4,
    ),
    "dropout": (
        "dense(3), dropout(0.2), mse",
        BATCH,
        lambda v: mean_of_squares(v["M_2"] * (v["X"] @ v["W_1"] + v["b_1"]) / 0.8, v),
    ),
    "residual block": (
        "residual(2, relu), mse",
        BATCH,
        lambda v: mean_of_squares(v["X"] + relu(v["X"] @ v["W_1"] + v["b_1"]) @ v["W_2"] + v["b_2"], v),
    ),
    "layer norm": ("layer_norm, mse", BATCH, lambda v: mean_of_squares(gained(normal(v["X"], v, 1), v), v)),
    "batch norm": ("batch_norm, mse", BATCH, lambda v: mean_of_squares(gained(normal(v["X"], v, 0), v), v)),
    "rms norm": (
        "rms_norm, mse",
        BATCH,
        lambda v: mean_of_squares(
            v["X"] / anp.sqrt(anp.mean(v["X"] ** 2, axis=1, keepdims=True) + v["epsilon"]) * v["gamma"].T, v
        ),
    ),
    "embedding": ("embedding(2), mse", BATCH, lambda v: mean_of_squares(v["X"] @ v["E"], v)),
    "rnn": ("rnn(2, 3), mse", r"x_1 \in R^3", lambda v: mean_of_squares(recurrent(v), v)),
    "lstm": ("lstm(2, 2), mse", r"x_1 \in R^3", lambda v: mean_of_squares(cells(v), v)),
    "attention": ("attention(2), mse", BATCH, lambda v: mean_of_squares(head(v), v)),
    "convolution": ("conv1d(3, relu), mse", r"x \in R^6", lambda v: mean_of_squares(slid(v), v)),
}


def drawn(made: MatrixNetwork, name: str, rng: np.random.Generator) -> Any:
    shape = tuple(d.value({}) for d in made.names[name].symbol.shape)
    return rng.uniform(0.1, 0.9, shape) if name == "epsilon" else rng.uniform(-1, 1, shape)


@pytest.mark.parametrize("name", CASES)
def test_gradients_equal_those_of_a_library(tmp_path: Path, name: str) -> None:
    layers, shapes, loss = CASES[name]
    made = network(tmp_path, layers, shapes)
    assert made.certificate.max_error < 1e-9
    rng = np.random.default_rng(1)
    leaves = {n: drawn(made, n, rng) for n, x in made.names.items() if x.role.name != "LINE"}
    with precisely():
        given = {n: grid([[Fraction(float(c)) for c in row] for row in x]) for n, x in leaves.items()}
        found = numbers(made, given)
    assert np.allclose(array(found.values["L"]).item(), loss(leaves), rtol=1e-12)
    assert made.parameters
    for wrt in leaves:
        wanted = grad(lambda x, wrt=wrt: loss({**leaves, wrt: x}))(leaves[wrt])
        assert np.allclose(array(found.adjoints[wrt]), wanted, rtol=1e-9, atol=1e-12), wrt


def array(x: Any) -> Any:
    return np.array([[float(c) for c in row] for row in x.rows]) if hasattr(x, "rows") else np.array([[float(x)]])


# ------------------------------------------------------------------------------------------------------ the lines

LINES = {
    "a batch in rows": (
        "dense(4, relu), dense(1, sigmoid), bce",
        r"X \in R^{N x d}",
        [
            "Z^{[1]} = X W^{[1]} + b^{[1]}",
            r"A^{[1]} = \operatorname{ReLU}(Z^{[1]})",
            "Z^{[2]} = A^{[1]} W^{[2]} + b^{[2]}",
            r"\hat{Y} = A^{[2]} = \sigma(Z^{[2]})",
            r"L = -\frac{1}{N} \sum_{i=1}^{N} (Y_{i} \log \hat{Y}_{i} + (1 - Y_{i}) \log(1 - \hat{Y}_{i}))",
        ],
    ),
    "one sample, one layer": (
        "dense(K), softmax_cross_entropy",
        r"x \in R^d",
        [
            "z = W x + b",
            r"\hat{y} = \operatorname{softmax}(z)",
            r"L = -\sum_{i=1}^{K} y_{i} \log \hat{y}_{i}",
        ],
    ),
    "an index that is a size": (
        "dense(k), softmax_cross_entropy",
        r"X \in R^{i x d}",
        [
            "Z = X W + b",
            r"\hat{Y} = \operatorname{softmax}(Z)",
            r"L = -\frac{1}{i} \sum_{j=1}^{i} \sum_{l=1}^{k} Y_{jl} \log \hat{Y}_{jl}",
        ],
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_lines(tmp_path: Path, name: str) -> None:
    layers, shapes, wanted = LINES[name]
    made = network(tmp_path, layers, shapes)
    assert lines(made) == wanted
    assert made.certificate.points >= 4


def test_samples_in_columns(tmp_path: Path) -> None:
    made = network(tmp_path, "dense(4, relu), dense(1, sigmoid), bce", r"X \in R^{d x N}", "samples: columns")
    assert lines(made)[0] == "Z^{[1]} = W^{[1]} X + b^{[1]}"
    assert [str(d) for d in made.names["W_1"].symbol.shape] == ["4", "d"]
    assert made.certificate.max_error < 1e-9


@pytest.mark.parametrize(
    "layers",
    [
        "dropout(p)",
        "residual(h, tanh)",
        "layer_norm",
        "rms_norm",
        "batch_norm",
        "embedding(m)",
        "attention(k)",
    ],
)
def test_every_layer_in_columns(tmp_path: Path, layers: str) -> None:
    made = network(tmp_path, f"{layers}, mse", r"X \in R^{d x N}", "samples: columns")
    assert made.certificate.max_error < 1e-9


@pytest.mark.parametrize(
    "layers", ["dropout(p)", "residual(m, tanh)", "layer_norm", "rms_norm", "embedding(m)", "dense(m, softplus)"]
)
def test_every_layer_at_one_sample(tmp_path: Path, layers: str) -> None:
    made = network(tmp_path, f"{layers}, mse", r"x \in R^d")
    assert made.certificate.max_error < 1e-9


def test_a_bias_before_a_batch_norm_has_no_gradient(tmp_path: Path) -> None:
    made = network(tmp_path, "dense(4), batch_norm, mse", r"X \in R^{N x d}")
    closed = made.adjoints["b_1"].closed
    assert closed is not None and closed.op == "zeros"
    assert made.certificate.max_error < 1e-9


def test_an_own_line_replaces_one_of_a_layer_and_an_own_loss_follows(tmp_path: Path) -> None:
    more = "forward: |\n  A^{[1]} = \\tanh(Z^{[1]})\n  L = f(Z^{[2]})"
    made = network(tmp_path, "dense(4, relu), dense(2)", r"X \in R^{N x d}", more)
    assert lines(made)[1] == r"A^{[1]} = \tanh(Z^{[1]})" and made.lines[-1].body is None
    assert made.certificate.max_error < 1e-9


def test_what_is_learned_is_said_by_the_layers(tmp_path: Path) -> None:
    layers = "dense(4), dropout(p), layer_norm, mse"
    wanted = ("W_1", "b_1", "gamma_3", "beta_3")
    assert network(tmp_path, layers, r"X \in R^{N x d}").parameters == wanted
    assert network(tmp_path, layers, r"X \in R^{N x d}", "data: X, Y").parameters == wanted


def test_an_activation_may_be_open(tmp_path: Path) -> None:
    made = network(tmp_path, "dense(4, sigmoid), dense(2), mse", r"X \in R^{N x d}", r"where: \sigma = any")
    assert made.functions["sigma"] == "any" and made.certificate.max_error < 1e-9


def test_layers_are_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "r.md"
    first = "  one:\n    layers: dense(4, relu), dense(1, sigmoid), bce\n    shapes: X \\in R^{N x d}\n"
    second = "  two:\n    like: one\n    layers: |\n      dense(3, tanh)\n      dense(2), mse\n"
    path.write_text(f"---\ntitle: T\nnetworks:\n{first}{second}---\n", encoding="utf-8")
    made = report.load(path).problems["two"]
    assert isinstance(made, MatrixNetwork)
    assert lines(made)[1] == r"A^{[1]} = \tanh(Z^{[1]})" and made.certificate.max_error < 1e-9


def test_a_saturated_prediction_is_certified(tmp_path: Path) -> None:
    """Where 1 - σ(z) is tiny the loss bends within small steps."""
    made = network(tmp_path, "dense(9, relu), dense(9, relu), dense(1, sigmoid), bce", r"X \in R^{N x d}")
    assert made.certificate.max_error < 1e-9


# ------------------------------------------------------------------------------------------------------ bad input

BAD = {
    "unknown": ("dens(4), mse", BATCH, "unknown layer dens", "did you mean dense?", 13),
    "too few": ("dense, mse", BATCH, "dense with no argument", "dense(m[, activation])", 13),
    "too many": ("dense(4, relu, 3), mse", BATCH, "dense with 3 arguments", "dense(m[, activation])", 13),
    "none wanted": ("layer_norm(3), mse", BATCH, "layer_norm with 1 argument", "layer_norm", 13),
    "no size": ("dense(2.5), mse", BATCH, "this is no dimension", "a dimension such as 3", 19),
    "zero": ("dense(0), mse", BATCH, "a layer of 0 units", "a dimension such as 3", 19),
    "activation": ("dense(4, rleu), mse", BATCH, "unknown activation rleu", "did you mean relu?", 22),
    "steps": ("rnn(4, T), mse", r"x_1 \in R^3", "T is no number", "a whole number", 20),
    "rate": ("dropout(1.5), mse", BATCH, "1.5 is no rate", "a number such as 0.5", 21),
    "after a loss": ("mse, dense(3)", BATCH, "mse is a loss", "", 18),
    "no input": ("dense(3), mse", r"V \in R^{4 x 3}", "goes into the layers is not given", r"X \in R^{N x d}", 13),
    "one sample": ("batch_norm, mse", SAMPLE, "several samples", r"X \in R^{N x d}", 13),
    "no sequence": ("dense(3), rnn(4, 2), mse", SAMPLE, "no sequence", "as the first layer", 23),
    "long kernel": ("conv1d(5), mse", SAMPLE, "longer than what comes in", "a shorter kernel", 13),
    "a size and the input": ("dense(X), mse", BATCH, "X is a size and a name", "another letter", 13),
    "a size and a line": ("attention(K), mse", BATCH, "K is a size and a name", "another letter", 13),
    "no layer": ("3 + 4", BATCH, "this is no layer", "dense(4, relu)", 13),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(tmp_path: Path, name: str) -> None:
    layers, shapes, title, more, column = BAD[name]
    with pytest.raises(Fault) as caught:
        network(tmp_path, layers, shapes)
    text = str(caught.value)
    assert title in text and more in text
    assert f"r.md:5:{column}" in text


def test_a_shape_that_does_not_fit_is_shown_at_its_layer(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        network(tmp_path, "dense(4), dense(2), mse", r"X \in R^{4 x 3}, W^{[2]} \in R^{3 x 2}")
    assert "the shapes do not fit: 4×4 · 3×2" in str(caught.value) and "r.md:5:23" in str(caught.value)


def test_the_list(derive: Callable[..., Any]) -> None:
    run = derive("list", "layers")
    assert run.code == 0 and [line.split()[0] for line in run.out.splitlines()] == list(LAYERS)
    assert "W: d x m, b: 1 x m" in run.out.splitlines()[0]


def test_every_layer_is_compared() -> None:
    used = {word for layers, _, _ in CASES.values() for word in layers.replace(",", " ").replace("(", " ").split()}
    assert set(LAYERS) <= used


def test_a_document(tmp_path: Path) -> None:
    network(tmp_path, "dense(2, tanh), layer_norm, mse", r"X \in R^{N x d}")
    found = build(tmp_path / "r.md", tmp_path, ("html", "json")).result["problems"]["net"]
    assert found["certificate"]["max_error"] < 1e-9
