"""Deep networks of matrices: every derivative of every name is compared, in time that grows with the depth alone."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from derive.errors import Fault
from derive.matrices import sums as a
from derive.notation import STANDARD
from derive.notebook.arguments import entry
from derive.problems.matrix.load import load
from derive.problems.matrix.network import MatrixNetwork

DEPTH = 12
ALMOST = Fraction(10**7 + 1, 10**7)


def chain(depth: int, activation: str = "tanh", loss: str = "mse") -> MatrixNetwork:
    layers = ", ".join([*[f"dense(m, {activation})"] * (depth - 1), "dense(k)", loss])
    return load("deep", entry({"layers": layers, "shapes": r"X \in R^{N x d}"}), {}, STANDARD)


@pytest.fixture(scope="module")
def right() -> MatrixNetwork:
    return chain(DEPTH)


def corrupted(right: MatrixNetwork, name: str, form: str, factor: Fraction) -> MatrixNetwork:
    """Return a network with one form of the derivative by one name multiplied by a factor."""
    made = replace(right)
    adjoint = right.adjoints[name]
    wrong = replace(adjoint, **{form: a.times(factor, getattr(adjoint, form))})
    made.__dict__["adjoints"] = {**right.adjoints, name: wrong}
    return made


@pytest.mark.parametrize("name", ["W_1", "b_1", "X", "Z_1", "A_1", "W_6", "A_6", "Z_7", "b_11", "hat_Y", "Y"])
@pytest.mark.parametrize("factor", [Fraction(2), Fraction(-1), ALMOST])
def test_one_wrong_derivative_is_found_and_named(right: MatrixNetwork, name: str, factor: Fraction) -> None:
    made = corrupted(right, name, "term", factor)
    with pytest.raises(Fault) as caught:
        _ = made.certificate
    assert f"the derivative by {made.names[name].spelled} could not" in caught.value.title


def test_a_wrong_closed_form_is_found_and_named(right: MatrixNetwork) -> None:
    name = next(reversed([n for n, x in right.adjoints.items() if x.closed is not None]))
    with pytest.raises(Fault) as caught:
        _ = corrupted(right, name, "closed", ALMOST).certificate
    assert right.names[name].spelled in caught.value.title


def test_the_right_one_is_certified(right: MatrixNetwork) -> None:
    assert right.certificate.points == 4 and right.certificate.max_error < 1e-9


@pytest.mark.parametrize(
    ("activation", "loss"), [("relu", "softmax_cross_entropy"), ("sigmoid", "mse"), ("id", "mse"), ("relu", "mse")]
)
def test_what_vanishes_or_grows_with_depth_is_certified(activation: str, loss: str) -> None:
    assert chain(25, activation, loss).certificate.max_error < 1e-9


DEAD = r"""
Z = X W
A = \operatorname{ReLU}(Z)
B = \operatorname{ReLU}(-A - 1)
L = \lVert B - Y \rVert_F^2
"""


@pytest.mark.parametrize("name", ["W", "X", "Z"])
def test_a_wrong_derivative_is_found_where_all_of_them_are_zero(name: str) -> None:
    shapes = r"X \in R^{N x d}, W \in R^{d x k}, Y \in R^{N x k}"
    made = load("dead", entry({"forward": DEAD, "shapes": shapes}), {}, STANDARD)
    assert made.certificate.points == 4
    with pytest.raises(Fault, match=f"by {name} could not"):
        _ = corrupted(made, name, "term", Fraction(2)).certificate
