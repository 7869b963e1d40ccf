"""reports/vanishing_gradients.md: a linear layer, and three sigmoid layers, against numbers worked out by hand."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from derive.build import build

W1, W2, W3, X = 0.25, -0.11, 0.78, 0.63


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def chain() -> dict[str, float]:
    h1 = sigmoid(W1 * X)
    h2 = sigmoid(W2 * h1)
    return {"z_1": W1 * X, "h_1": h1, "z_2": W2 * h1, "h_2": h2, "z_3": W3 * h2}


def gradients(seed: float) -> dict[str, float]:
    """Return the gradients by the weights for the derivative `seed` of the loss by w_3 h_2."""
    v = chain()
    down = seed * W3 * v["h_2"] * (1 - v["h_2"])
    further = down * W2 * v["h_1"] * (1 - v["h_1"])
    return {"w_3": seed * v["h_2"], "w_2": down * v["h_1"], "w_1": further * X}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    folder = tmp_path_factory.mktemp("vanishing")
    build(root / "reports" / "vanishing_gradients.md", folder, ("tex", "json"))
    return folder


@pytest.fixture(scope="module")
def problems(built: Path) -> dict[str, Any]:
    found = json.loads((built / "vanishing_gradients.json").read_text(encoding="utf-8"))
    return found["problems"]  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def tex(built: Path) -> str:
    return (built / "vanishing_gradients.tex").read_text(encoding="utf-8")


def test_the_classifier(problems: dict[str, Any]) -> None:
    y = sigmoid(chain()["z_3"])
    values = {**chain(), "y": y, "L": -math.log(y)}
    for name, value in values.items():
        assert problems["classifier"]["values"][name] == pytest.approx(value, rel=1e-12), name
    for name, value in {**gradients(y - 1), "z_3": y - 1, "y": -1 / y}.items():
        assert problems["classifier"]["gradients"][name]["value"] == pytest.approx(value, rel=1e-12), name


def test_the_regression(problems: dict[str, Any]) -> None:
    y = chain()["z_3"]
    values = problems["regression"]["values"]
    assert values["y"] == pytest.approx(y, rel=1e-12) and values["L"] == pytest.approx((128 - y) ** 2, rel=1e-12)
    for name, value in gradients(2 * (y - 128)).items():
        assert problems["regression"]["gradients"][name]["value"] == pytest.approx(value, rel=1e-12), name


def test_closed_forms(problems: dict[str, Any], plain_value: Callable[..., float]) -> None:
    """At other numbers than those of the exercise, the forms are those of the hand calculation."""
    at = {"x": -0.4, "w_1": 1.2, "w_2": 0.7, "w_3": -1.5, "hat_y": 0.3}
    at["h_1"] = sigmoid(at["w_1"] * at["x"])
    at["h_2"] = sigmoid(at["w_2"] * at["h_1"])
    at |= {"z_1": at["w_1"] * at["x"], "z_2": at["w_2"] * at["h_1"], "y": at["w_3"] * at["h_2"]}
    down = 2 * (at["y"] - at["hat_y"]) * at["w_3"] * at["h_2"] * (1 - at["h_2"])
    expected = {"w_3": 2 * (at["y"] - at["hat_y"]) * at["h_2"], "w_2": down * at["h_1"]}
    expected["w_1"] = down * at["w_2"] * at["h_1"] * (1 - at["h_1"]) * at["x"]
    for name, value in expected.items():
        plain = problems["regression"]["gradients"][name]["plain"]
        assert plain_value(plain, at) == pytest.approx(value, rel=1e-12), plain


@pytest.mark.parametrize(
    "number",
    "0.1575 0.539294 -0.0593223 0.485174 0.378436 0.593496 0.521725 -1.68493 -0.406504 -0.197225 -0.0427113 "
    "0.00136364 16287.3 -255.243 -123.837 -26.8184 0.856228".split(),
)
def test_the_numbers_stand_on_the_page(tex: str, number: str) -> None:
    assert re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", tex)


def test_what_the_words_say(root: Path) -> None:
    report = (root / "reports" / "vanishing_gradients.md").read_text(encoding="utf-8")
    g, scale = gradients(sigmoid(chain()["z_3"]) - 1), 2 * (chain()["z_3"] - 128) / (sigmoid(chain()["z_3"]) - 1)
    assert abs(g["w_2"] / g["w_3"]) == pytest.approx(1 / 5, rel=0.1) and "about a fifth" in report
    assert abs(g["w_1"] / g["w_2"]) == pytest.approx(1 / 30, rel=0.1) and "a thirtieth" in report
    assert round(scale) == 628 and "about 628 times" in report
    assert round(128 - chain()["z_3"], 1) == 127.6 and "residual of 127.6" in report
    assert round(sigmoid(chain()["z_3"]) - 1, 2) == -0.41 and "difference of $-0.41$" in report


def test_ratios_belong_to_the_chain(tex: str) -> None:
    """Both tables show the same two ratios."""
    for number in ("0.0319269", "0.216561"):
        assert tex.count(number) == 2


# -------------------------------------------------------------------------------------------------- a linear layer


def test_one_step_of_gradient_descent(problems: dict[str, Any]) -> None:
    step = problems["step"]
    assert step["values"]["Y"] == [[1.5, 1.1], [1.2, 0]] and step["values"]["L"] == 3.3
    assert step["gradients"]["Y"]["value"] == [[2, 0.2], [0.4, 3]]
    assert step["gradients"]["W"]["value"] == [[0.4, 6.2], [6, 4.2]]
    assert step["gradients"]["X"]["value"] == [[0.52, -0.54], [1.16, 1.3]]
    assert step["updated"] == {"W": [[0.26, -0.12], [-0.8, -0.02]]}


@pytest.mark.parametrize(
    "formula",
    [
        r"\begin{pmatrix} 1 & 0.01 \\ 0.04 & 2.25 \end{pmatrix}",
        "1 + 0.01 + 0.04 + 2.25",
        r"\begin{pmatrix} 0.4 & 6.2 \\ 6 & 4.2 \end{pmatrix}",
        r"\begin{pmatrix} 0.26 & -0.12 \\ -0.8 & -0.02 \end{pmatrix}",
        r"\begin{pmatrix} -0.36 & 0.4 \\ -0.06 & -1.62 \end{pmatrix}",
        "0.7396 + 0.36 + 1.1236 + 0.0144",
        "2.2376",
        r"\begin{pmatrix} 0.52 & -0.54 \\ 1.16 & 1.3 \end{pmatrix}",
        r"w_{11} & w_{12} & \cdots & w_{1d}",
        r"w_{m1} x_{1n} + \dots + w_{md} x_{dn}",
        r"\sum_{p=1}^{d} w_{kp} x_{pl}",
        r"\delta_{ki} x_{jl}",
        r"\sum_{l=1}^{n} \frac{\partial L}{\partial y_{il}} x_{jl}",
        r"\sum_{k=1}^{m} w_{ki} \frac{\partial L}{\partial y_{kj}}",
        r"\boxed{\frac{\partial L}{\partial Y} X^{\top}}",
        r"\boxed{W^{\top} \frac{\partial L}{\partial Y}}",
        "the step size is",
        r"\eta = 0.1",
    ],
)
def test_the_linear_layer_on_the_page(tex: str, formula: str) -> None:
    assert formula in re.sub(r"\s+", " ", tex)
