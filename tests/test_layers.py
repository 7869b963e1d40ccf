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
