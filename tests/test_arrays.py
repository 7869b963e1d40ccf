"""NumPy functions of matrix networks: the exact numbers, an autodiff library, extreme arguments, bad input."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_layers import CASES, array, drawn
from test_layers import network as layered

import derive
from derive.check.quantities import grid
from derive.matrices.arrays.compile import compiled
from derive.matrices.arrays.tape import Tape
from derive.matrices.grad import answer
from derive.matrices.numbers import Sizes, evaluated
from derive.matrices.points import matrix, sizes
from derive.matrices.question import ask
from derive.matrices.term import Term, ordered
from derive.numeric import precisely
from derive.problems.matrix.arrays import gradients, values
from derive.problems.matrix.numbers import numbers


@pytest.mark.parametrize("letters", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_layers_have_their_exact_numbers(tmp_path: Path, name: str, letters: bool) -> None:
    layers, shapes, _ = CASES[name]
    fixed = layered(tmp_path, layers, shapes)
    made = layered(tmp_path, layers, shapes.replace("4 x 3", "N x d")) if letters else fixed
    rng = np.random.default_rng(1)
    leaves = {n: drawn(fixed, n, rng) for n, x in fixed.names.items() if x.role.name != "LINE"}
    for n, way in fixed.sums.items():
        leaves[n] = np.abs(leaves[n]) / np.abs(leaves[n]).sum(axis=1 if way == "rows" else 0, keepdims=True)
    with precisely():
        given = {n: grid([[Fraction(float(c)) for c in row] for row in x]) for n, x in leaves.items()}
        exact = numbers(fixed, given)
    leaves = {n: x.item() if x.size == 1 else x for n, x in leaves.items()}
    found = gradients(made, made.names)(leaves)
    lines = values(made, made.names)(leaves)
    for n in made.names:
        assert np.allclose(np.atleast_2d(found[n]), array(exact.adjoints[n]), rtol=1e-9, atol=1e-13), n
        assert np.allclose(np.atleast_2d(lines[n]), array(exact.values[n]), rtol=1e-9, atol=1e-13), n


KNOWN = json.loads((Path(__file__).parent / "data" / "gradients.json").read_text(encoding="utf-8"))["cases"]


def compared(terms: list[Term], seed: str) -> None:
    """Compare terms compiled with the values of the same terms by another way."""
    order = ordered(*terms)
    at = sizes({d for t in order for d in t.shape}, 4)
    leaves = {t: matrix(t, at, seed) for t in order if t.op == "sym"}
    expected = evaluated(order, {t: x + 0j for t, x in leaves.items()}, Sizes(at, smooth=False))
    wanted = [t for t in order if np.isfinite(expected[id(t)]).all() and abs(expected[id(t)].imag).max() < 1e-13]
    arrays = [x.item() if t.scalar else x for t, x in leaves.items()]
    for t, x in zip(wanted, compiled(Tape({}, at), list(leaves), wanted)(*arrays), strict=True):
        assert np.allclose(np.atleast_2d(x), expected[id(t)].real, rtol=1e-7, atol=1e-10), t


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case["id"])
def test_known_formulas_and_their_derivatives(case: dict[str, Any]) -> None:
    from bench.gradients import arguments

    found = answer(ask(**arguments(case)))
    compared([found.question.formula, found.result, *(body for _, body in found.definitions)], case["id"])


# ------------------------------------------------------------------------------------------------ extreme arguments


def extreme(layers: str, samples: str, scale: float) -> tuple[Any, Any, dict[str, Any]]:
    net = derive.network(layers=layers, shapes=samples)
    leaves = {"X": [[1.0, 0.5]], "W": [[scale, -scale, 0.0], [0, 0, 0]], "b": [0, 0, 0], "Y": [[0, 1, 0]]}
    return derive.evaluate(net, "L"), derive.evaluate(derive.differentiate(net), "W", "Y"), leaves


@pytest.mark.parametrize("scale", [30.0, 1e3, 1e5])
def test_a_softmax_far_from_the_truth(scale: float) -> None:
    loss, slope, leaves = extreme("dense(3), softmax_cross_entropy", r"X \in R^{N x 2}", scale)
    assert loss(**leaves)["L"] == pytest.approx(2 * scale, rel=1e-14)
    found = slope(**leaves)
    assert np.allclose(found["W"], [[1, -1, 0], [0.5, -0.5, 0]], rtol=1e-12)
    assert np.isfinite(found["Y"]).all()


@pytest.mark.parametrize("z", [40.0, -40.0, 800.0, -800.0])
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_a_sigmoid_far_from_the_truth(z: float, target: float) -> None:
    net = derive.network(layers="dense(1, sigmoid), bce", shapes=r"X \in R^{N x 1}")
    leaves = {"X": [[1.0]], "W": [[z]], "b": 0, "Y": [[target]]}
    loss = derive.evaluate(net, "L")(**leaves)["L"]
    wanted = np.logaddexp(0, -z) if target else np.logaddexp(0, z)
    assert loss == pytest.approx(wanted, rel=1e-12, abs=1e-300)
    slope = derive.evaluate(derive.differentiate(net), "W")(**leaves)["W"]
    assert np.isfinite(slope).all() and abs(slope - ((1 + np.tanh(z / 2)) / 2 - target)) < 1e-15


def test_the_step_at_its_kink_is_that_of_the_notation() -> None:
    for at_zero in ("0", "1/2", "1"):
        net = derive.network(
            r"L = \mathbf{1}^\top \operatorname{ReLU}(x)", shapes=r"x \in R^n", notation={"relu_at_0": at_zero}
        )
        found = derive.evaluate(derive.differentiate(net))(x=[-1, 0, 2])["x"]
        assert list(found) == [0, float(Fraction(at_zero)), 1]


# ------------------------------------------------------------------------------------------------ in Python


def step() -> derive.Network:
    return derive.network(
        r"z = W x + b, L = \lVert z - y \rVert^2",
        shapes=r"W \in R^{2 x 2}, x, b, y \in R^2",
        data="x, y",
        values={"W": [[1, 2], [3, 4]], "x": (1, 2), "b": (0, 0.5), "y": (1, 1)},
        update={"learning_rate": 0.1},
    )


def test_a_network_of_matrices_in_python() -> None:
    net = step()
    d = derive.differentiate(net)
    assert repr(net) == "Network net: W, x, b, y → z, L" and (net.loss, net.wrt) == ("L", ("W", "b"))
    assert net.values["L"] == 126.25 and net.values["W"].tolist() == [[1, 2], [3, 4]]
    assert net.updated["b"].ravel().tolist() == [-0.8, -1.6]
    assert repr(d["W"]) == r"∂L/∂W = 2 (z - y) x^{\top}" and d["W"].plain == "2*(z - y)*x'"
    assert d["W"].value.tolist() == [[8, 16], [21, 42]] == d.values["W"].tolist()
    assert r"\frac{\partial L}{\partial W} &= 2 (z - y) x^{\top}" in (d["W"]._repr_latex_() or "")
    assert "<math" in net._repr_html_() and "\\hline" in str(d.table())


def test_what_is_not_given_has_its_value_and_shapes_are_kept() -> None:
    f = derive.evaluate(derive.differentiate(step()), "x", "W", "z")
    found = f(x=[1, 1], b=[[0], [0.5]])
    assert found["x"].shape == (2,) and found["W"].shape == (2, 2) and found["z"].shape == (2, 1)
    assert found["W"].tolist() == [[4, 4], [13, 13]]
    assert derive.evaluate(step())()["L"] == 126.25


def test_results_share_no_memory() -> None:
    net = derive.network(r"y = A, L = \frac{1}{2}\lVert y \rVert_F^2", shapes=r"A \in R^{m x n}")
    a = np.ones((2, 3))
    f = derive.evaluate(derive.differentiate(net), "A", "y")
    found = f(A=a)
    found["A"] += 1
    assert (a == 1).all() and (found["y"] == 1).all() and (derive.evaluate(net)(A=a)["y"] == 1).all()


def test_code_is_made_for_every_size() -> None:
    net = derive.network(layers="dense(3), mse", shapes=r"X \in R^{N x d}")
    f, rng = derive.evaluate(derive.differentiate(net), "W"), np.random.default_rng(1)
    for n, d in ((2, 4), (5, 1), (1, 1), (2, 4)):
        x, w, b, y = (rng.normal(size=s) for s in ((n, d), (d, 3), (1, 3), (n, 3)))
        assert np.allclose(f(X=x, W=w, b=b, Y=y)["W"], 2 / (3 * n) * x.T @ (x @ w + b - y), rtol=1e-12)


BAD = {
    "too long": ({"x": [1, 2, 3]}, "x is 3×1"),
    "unknown": ({"q": 1}, "q is no symbol"),
    "a line": ({"z": [1, 2]}, "z is computed by a line"),
    "no numbers": ({"x": ["a", "b"]}, "x is not finite real numbers"),
    "three axes": ({"x": [[[1]]]}, "x is an array in 3 dimensions"),
    "a number": ({"W": 3}, "W is an array in 0 dimensions"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arrays(name: str) -> None:
    given, words = BAD[name]
    with pytest.raises(derive.Fault, match=words):
        derive.evaluate(derive.differentiate(step()))(**given)


def test_what_is_not_finite_stays_so() -> None:
    found = derive.evaluate(derive.differentiate(step()))(x=[1, float("nan")])
    assert np.isnan(found["W"]).all() and np.isnan(found["b"]).all()


def test_what_is_assumed_of_arrays_is_so() -> None:
    net = derive.network(layers="dense(2), softmax_cross_entropy", shapes=r"X \in R^{N x d}")
    f, leaves = derive.evaluate(derive.differentiate(net)), {"X": [[1.0]], "W": [[1.0, 2.0]], "b": [0, 0]}
    assert f(**leaves, Y=[[0.3, 0.7]])["b"].sum() == pytest.approx(0)
    with pytest.raises(derive.Fault, match="rows of Y do not sum to 1"):
        f(**leaves, Y=[[1, 1]])


def test_sizes_that_contradict_each_other() -> None:
    net = derive.network(layers="dense(2), mse", shapes=r"X \in R^{N x d}")
    with pytest.raises(derive.Fault, match="W is 5×2"):
        derive.evaluate(net)(X=[[1, 2, 3]], W=np.ones((5, 2)), b=[0, 0], Y=[[0, 0]])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "lines or layers"),
        ({"layers": "dense(2)"}, "not given"),
        ({"layers": "dense(2), mse", "shapes": "X: 2 x 3", "samples": "rows, columns"}, "samples are"),
        ({"forward": "L = x' x", "shapes": "x: n", "values": {"x": {1: 2}}}, "cannot be made from dict"),
        ({"forward": "L = x' x", "shapes": "x: n", "values": {"x": [[1, 2], [3]]}}, "cannot be read"),
    ],
)
def test_bad_networks(given: dict[str, Any], words: str) -> None:
    with pytest.raises(derive.Fault, match=words):
        derive.network(**given)


def test_an_open_loss_has_no_numbers() -> None:
    net = derive.network("y = W x, L = f(y)", shapes=r"W \in R^{m x n}, x \in R^n")
    for what in (net, derive.differentiate(net)):
        with pytest.raises(derive.Fault, match="f is left open"):
            derive.evaluate(what)


def test_matrices_of_a_report(tmp_path: Path) -> None:
    report = derive.load("reports/gallery.md")
    assert "perceptron" in report and repr(report["perceptron"]).startswith("Network perceptron: X, ")
