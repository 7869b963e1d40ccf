"""Before and after the update: whose values a hand-in speaks of, and by which names."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_check import checked, verdicts

NEW = r"$w_1^{new} = 0.3866$, $b_1^{new} = 0.0911$, $w_2^{new} = -0.5552$, $b_2^{new} = 0.2671$."
OWN = "$z = w x + b$, $h = z^2$, $L = (h - y)^2$ with $x = 2$, $y = 1$, $w = 0.5$, $b = -0.5$.\n\n"


@pytest.fixture
def report(root: Path) -> Path:
    return root / "tests/data/two_layers.md"


@pytest.mark.parametrize(
    "text",
    [
        NEW + "\n\nAfter the update the loss is $L = 0.180$.",
        NEW + "\n\n$z_1 = 0.671$",
        "## Forward pass after the update\n\nWe get $z_1 = 0.671$.",
        r"With the new weights $z_1 = 0.3866 \cdot 1.5 + 0.0911 = 0.671$",
        r"With the new weights $z_1 = w_1^{new} x + b_1^{new} = 0.671$",
        r"The new weights are $w_1^{new} = w_1 - \eta \frac{\partial L}{\partial w_1} = 0.3866$",
        r"$w_1 \leftarrow 0.3866$, $b_1 \leftarrow 0.0911$. Now $z_1 = 0.671$, $h_1 = 0.6617$.",
        r"$w_2 := w_2 - \eta \frac{\partial L}{\partial w_2} = -0.555$",
        r"$w_2 \coloneqq w_2 - \eta \frac{\partial L}{\partial w_2} = -0.555$",
        "$w_2 := -0.555$",
        "$w_2 := -0.6$",
        r"$w_2^{(t+1)} = w_2^{(t)} - \eta \frac{\partial L}{\partial w_2}$",
        r"$\tilde w_2 = w_2 - \eta \frac{\partial L}{\partial w_2} = -0.555$",
        "$L_{new} = 0.180$, $z_1^{new} = 0.671$, $b_{1,new} = 0.0911$",
    ],
)
def test_values_after_the_update_are_right(report: Path, text: str) -> None:
    assert set(verdicts(text, report)) == {"correct"}


@pytest.mark.parametrize(
    "text",
    [
        "$L_{new} = 0.9$",
        r"$L^{\text{new}} = 0.28$",
        "$z_1^{new} = 55$",
        "$w_2 := 0.9$",
        r"$w_{2,\text{neu}} = -0.60$",
        NEW + "\n\n$z_1 = 0.68$",
        NEW + "\n\nAfter the update the loss is $L = 0.19$.",
    ],
)
def test_wrong_values_after_the_update_are_wrong(report: Path, text: str) -> None:
    assert verdicts(text, report)[-1] == "wrong"


@pytest.mark.parametrize(
    "left",
    [
        r"w_{2,\text{updated}}",
        r"\tilde w_2",
        r"w_2^{(1)}",
        r"w_2^{new}",
        r"w_2 \leftarrow w_2 \text{ hence } w_2^{new}",
    ],
)
def test_a_step_up_is_told(report: Path, left: str) -> None:
    found = checked(rf"${left} = w_2 + \eta \frac{{\partial L}}{{\partial w_2}}$", report).judged[-1]
    assert found.diagnosis is not None and found.diagnosis.code == "reversed-update"


@pytest.mark.parametrize("arrow", [r"\leftarrow", ":="])
def test_a_step_up_with_an_arrow_is_told(report: Path, arrow: str) -> None:
    found = checked(rf"$w_1 {arrow} w_1 + \eta \frac{{\partial L}}{{\partial w_1}}$", report).judged[-1]
    assert found.diagnosis is not None and found.diagnosis.code == "reversed-update"


def test_a_fresh_mistake_is_not_excused_by_an_earlier_gradient(report: Path) -> None:
    text = r"$\frac{\partial L}{\partial h_2} = y - h_2$. $w_2^{new} = w_2 + \eta \frac{\partial L}{\partial w_2}$"
    assert verdicts(text, report) == ["wrong", "wrong"]


def test_before_an_update_its_values_are_wrong(report: Path) -> None:
    assert verdicts("$z_1 = 0.671$. " + NEW, report)[0] == "wrong"


def test_own_lines_are_looked_at_after_their_update() -> None:
    step = r"With $\alpha = 0.1$ we get $w_{new} = w - \alpha \frac{\partial L}{\partial w} = 0.8$, "
    assert set(verdicts(OWN + step + "$b_{new} = -0.35$. Now $z = 0.8 \\cdot 2 - 0.35 = 1.25$.")) <= {
        "correct",
        "definition",
    }
    code = "w := w - 0.5 * 0.25 = 0.375\n\nb := b - 0.5 * 0.125 = -0.5625\n\nz = 0.375 * 2 - 0.5625 = 0.1875\n"
    assert set(verdicts(OWN + code)) <= {"correct", "definition"}
    assert "wrong" in verdicts(OWN + code.replace("0.1875", "0.17"))
