"""Rounded numbers within a line: intermediate results leave open what their digits do, data nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_check import verdicts


@pytest.fixture
def report(root: Path) -> Path:
    return root / "tests/data/two_layers.md"


DZ = r"\frac{\partial L}{\partial z_2}"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"L = \frac12 \cdot 0.4876 = 0.2438", r"L = \frac12 \cdot 0.4886"),
        ("1 - h_2^2 = 1 - 0.0393 = 0.9607", "1 - h_2^2 = 1 - 0.0383"),
        ("z_2 = -0.4009 + 0.2 = -0.2009", "z_2 = -0.4012 + 0.2"),
        (r"b_2 \leftarrow 0.2 + 0.0671 = 0.2671", r"b_2 \leftarrow 0.2 + 0.0674"),
        (r"b_2 \leftarrow 0.2 + 0.0671", r"b_2 \leftarrow 0.2003 + 0.0671"),
        (r"\frac{1}{1 + e^{-0.7}} = \frac{1}{1.4966} = 0.6682", r"\frac{1}{1 + e^{-0.7}} = \frac{1}{1.4976}"),
        (rf"{DZ} = -0.6983 \cdot 0.9607 = -0.6709", rf"{DZ} = -0.6983 \cdot 0.9627"),
        (r"\sigma(0.7) = \frac{1}{1 + 0.4966}", r"\sigma(0.7) = \frac{1}{1 + 0.4976}"),
        (r"z_1 = 0.6 + 0.1", r"z_1 = 0.6004 + 0.1"),
    ],
)
def test_intermediate_results_may_be_rounded(report: Path, right: str, wrong: str) -> None:
    assert set(verdicts(f"${right}$", report)) == {"correct"}
    assert verdicts(f"${wrong}$", report) == ["wrong"]


def test_what_was_computed_with_rounded_numbers_is_used_on(report: Path) -> None:
    start = r"$h_1 = 0.67$, $z_2 = -0.6 \cdot 0.67 + 0.2 = -0.202$, "
    assert set(verdicts(start + r"$h_2 = \tanh(-0.202) = -0.199$", report)) == {"correct"}
    assert verdicts(start + r"$h_2 = \tanh(-0.202) = -0.197$", report)[-1] != "correct"
    assert verdicts(r"$h_2 = \tanh(-0.202)$", report) == ["wrong"]


def test_data_and_short_results_are_never_uncertain() -> None:
    text = "$s = a b + c d$ with $a = 0.5$, $b = 0.5$, $c = 0.5$, $d = 0.25$.\n\n"
    assert verdicts(text + r"$s = 0.5 \cdot 0.5 + 0.5 \cdot 0.25 = 0.38$")[-1] == "correct"
    for number in ("0.33", "0.42", "0.4"):
        last = verdicts(text + rf"$s = 0.5 \cdot 0.5 + 0.5 \cdot 0.25 = {number}$")[-1]
        assert (last == "correct") == (number == "0.4")
    assert verdicts(text + r"$s = 0.27 + 0.11$")[-1] == "wrong"


def test_own_numbers_may_be_rounded_without_a_report() -> None:
    text = "$a = w x$, $s = \\ln(1 + e^a)$, $L = (s - t)^2$ with $w = 1$, $x = 2$, $t = 1$.\n\n"
    rest = r"$\frac{\partial L}{\partial w} = 2 \cdot 1.127 \cdot 0.8808 \cdot 2 = 3.971$"
    found = verdicts(text + "$L = 1.127^2 = 1.270$, " + rest)
    assert set(found) <= {"correct", "definition"}
    assert verdicts(text + "$L = 1.137^2$")[-1] == "wrong"


def test_a_derivative_of_what_nothing_is_said_about_is_not_zero() -> None:
    assert verdicts(r"$\frac{\partial L}{\partial w} = 2 (h - y) h (1 - h) x$") == ["undecided"]
    assert verdicts(r"$\frac{\partial L}{\partial w} = 0$") == ["undecided"]
    assert verdicts(r"$\frac{\partial (w x + b)}{\partial w} = x$") == ["correct"]
