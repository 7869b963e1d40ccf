"""Follow-through: one slip is one mistake, however it is carried on."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_check import checked, verdicts


@pytest.fixture
def report(root: Path) -> Path:
    return root / "tests/data/two_layers.md"


def follows(text: str, report: Path | None) -> list[int | None]:
    """Return what the wrong claims of a hand-in follow."""
    return [j.follows for j in checked(text, report).judged if j.verdict.kind in ("wrong", "follow_through")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$h_1 = 0.6628$. $z_2 = w_2 h_1 + b_2 = -0.1977$. $h_2 = -0.1952$", [None, 0, 0]),
        (
            "$h_1 = \\sigma(z_1) = 0.6628$\n\n$z_2 = w_2 h_1 + b_2 = -0.1977$\n\n$h_2 = \\tanh(z_2) = -0.1952$",
            [None, 1, 1],
        ),
        (
            r"$$\begin{aligned}\frac{\partial L}{\partial w_1} &= (h_2 - y)(1 - h_2^2) h_1 h_1 (1 - h_1) x \\ &= 0.149"
            "\\end{aligned}$$\n\n" + r"$w_1 \leftarrow 0.4 - 0.1 \cdot 0.149$",
            [None, None, 0],
        ),
        ("$h_1 = 0.6628$. $w_2^{new} = 0.9$. $z_2 = -0.1977$", [None, None, 0]),
        ("$h_1 = 0.6628$. $z_2 = -0.17$", [None, None]),
    ],
)
def test_what_a_mistake_leads_to_is_no_second_one(report: Path, text: str, expected: list[int | None]) -> None:
    assert follows(text, report) == expected


def test_two_mistakes_may_lead_to_one_value(report: Path) -> None:
    text = "$h_1 = 0.6628$. $y = 0.6$. $L = 0.3161$"
    assert follows(text, report)[-1] is not None


def test_whole_numbers_are_carried_on_without_a_report() -> None:
    text = r"$z = w x$, $L = z^2$ with $w = 2$, $x = 3$. Then $z = w \cdot x = 5$, $L = z^2 = 25$, "
    assert follows(text + r"$\frac{\partial L}{\partial w} = 2 \cdot 5 \cdot 3$", None) == [None, 5, 5]
    assert verdicts(text + r"$L = 24$", None)[-1] == "wrong"
