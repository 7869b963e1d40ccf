"""Spellings of hand-ins: powers of ten, percent, decimal commas, bars, lists, derivatives in other signs."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_check import verdicts


@pytest.fixture
def report(root: Path) -> Path:
    return root / "tests/data/two_layers.md"


DB = r"\frac{\partial L}{\partial b_1}"
DW = r"\frac{\partial L}{\partial w_1}"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (rf"{DB} = 8.92 \cdot 10^{{-2}}", rf"{DB} = 8.94 \cdot 10^{{-2}}"),
        (rf"{DB} = 8.92 \times 10^{{-2}}", rf"{DB} = 8.92 \times 10^{{-1}}"),
        (rf"{DB} = 8.9\mathrm{{e}}{{-2}}", rf"{DB} = 8.8\mathrm{{e}}{{-2}}"),
        (rf"{DB} = 8.9\text{{e-}}2", rf"{DB} = 8.8\text{{e-}}2"),
        (r"L = 24.38\%", r"L = 24.48\%"),
        (r"L = \num{0.244}", r"L = \num{0.9}"),
        ("L = 0,2438", "L = 0,25"),
        ("0.2438 =: L", "0.9 =: L"),
        (r"L \colon= 0.2438", r"L \colon= 0.9"),
        (rf"\left.{DW}\right|_{{w_1=0.4}} = 0.1338", rf"\left.{DW}\right|_{{w_1=0.5}} = 0.1338"),
        (rf"{DW}\Big|_{{x=1.5, y=0.5}} = 0.1338", rf"{DW}\Big|_{{x=1.5, y=0.4}} = 0.1338"),
        (r"\left.L\right|_{w_1=0.5} = 0.257", r"\left.L\right|_{w_1=0.5} = 0.2438"),
        (
            r"\left.\frac{\partial L}{\partial h_2}\right|_{y=0} = h_2",
            r"\left.\frac{\partial L}{\partial h_2}\right|_{y=1} = h_2",
        ),
        (r"\nabla_{w_1} L = 0.1338", r"\nabla_{w_1} L = 0.2"),
        (r"\partial_{w_1} L = 0.1338", r"\partial_{w_1} L = 0.2"),
        (
            r"\frac{\partial}{\partial h_2} \frac12 (h_2 - y)^2 = h_2 - y",
            r"\frac{\partial}{\partial h_2} \frac12 (h_2 - y)^2 = y - h_2",
        ),
    ],
)
def test_a_spelling_is_read_as_what_it_means(report: Path, right: str, wrong: str) -> None:
    assert verdicts(f"${right}$", report) == ["correct"]
    assert verdicts(f"${wrong}$", report) == ["wrong"]


@pytest.mark.parametrize("text", ["L = 1,234", "x = 1,5", r"z_1 = 2 \cdot 0,1234567,8"])
def test_a_comma_that_may_mean_two_things_is_not_read(report: Path, text: str) -> None:
    assert "correct" not in verdicts(f"${text}$", report)


def test_a_whole_number_of_hundreds_is_no_rounded_one(report: Path) -> None:
    assert verdicts(r"$150.2 = 2 \cdot 10^2$", report) == ["wrong"]
