"""Which reason is told for a wrong line, and that none is told by accident; rules for any argument."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_check import checked, verdicts

from derive.check.result import expected_of
from derive.narrate.feedback.terminal import report as told


@pytest.fixture
def report(root: Path) -> Path:
    return root / "tests/data/two_layers.md"


def code(text: str, report: Path) -> str | None:
    (found,) = checked(f"${text}$", report).judged
    assert found.verdict.kind == "wrong"
    return found.diagnosis.code if found.diagnosis is not None else None


@pytest.mark.parametrize("text", ["b_2 = 0.5", "L < 0.1", r"h_1 \neq \sigma(z_1)", "h_2 = -0.199"])
def test_no_reason_is_told_that_fits_by_accident(report: Path, text: str) -> None:
    assert code(text, report) is None


@pytest.mark.parametrize("text", ["L < 0.1", r"h_1 \neq \sigma(z_1)"])
def test_an_inequality_has_no_right_side_to_put_there(report: Path, text: str) -> None:
    assert expected_of(checked(f"${text}$", report).judged[0]) is None


@pytest.mark.parametrize(
    ("slope", "expected"),
    [
        (r"\tanh'(h_2) w_2 \sigma'(h_1)", "derivative-at-wrong-point"),
        (r"\tanh'(h_2) w_2 \sigma'(z_1)", "derivative-at-wrong-point"),
        (r"\sigma'(z_2) w_2 \sigma'(z_1)", "wrong-rule"),
        (r"h_2 (1 - h_2) w_2 \sigma'(z_1)", "wrong-rule"),
    ],
)
def test_slopes_of_another_function_and_at_another_place(report: Path, slope: str, expected: str) -> None:
    assert code(rf"\frac{{\partial L}}{{\partial w_1}} = (h_2 - y) {slope} x", report) == expected


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"\sigma'(z) = \sigma(z)(1 - \sigma(z))", r"\sigma'(z) = \sigma(z)(1 + \sigma(z))"),
        (r"\frac{d}{dz} \sigma(z) = \sigma(z)(1 - \sigma(z))", r"\frac{d}{dz} \sigma(z) = \sigma(z)"),
        (r"\tanh'(z) = 1 - \tanh^2(z)", r"\tanh'(z) = 1 - \tanh(z)"),
        (r"\sigma(z) = \frac{1}{1 + e^{-z}}", r"\sigma(z) = \frac{1}{1 + e^{z}}"),
    ],
)
def test_a_rule_for_any_argument_is_judged(report: Path, right: str, wrong: str) -> None:
    assert verdicts(f"${right}$", report) == ["correct"]
    assert verdicts(f"${wrong}$", report) == ["wrong"]


def test_an_unknown_name_beside_those_of_the_network_is_not_free(report: Path) -> None:
    assert verdicts(r"$\sigma'(z_1) = \sigma(z)(1 - \sigma(z))$", report) == ["undecided"]


@pytest.mark.parametrize(
    ("text", "expected"), [("L = 0.2439", "0.2438"), ("L = -0.2438", "0.2438"), ("L = 0.25", "0.24")]
)
def test_what_should_stand_there_is_not_what_does(report: Path, text: str, expected: str) -> None:
    assert expected_of(checked(f"${text}$", report).judged[0]) == expected


def test_digits_are_added_until_two_numbers_differ() -> None:
    text = "$a = b c$ with $b = 0.75$, $c = 0.74024$.\n\n$b c = 0.5552$. $b c = 0.5551$."
    found = checked(text).judged
    assert found[-2].verdict.kind == "correct"
    assert found[-1].verdict.kind == "correct"  # cut
    (wrong,) = checked("$0.55518 = 0.5552 + 0$").judged
    assert wrong.verdict.kind == "wrong" and expected_of(wrong) != "0.5552"


def test_names_of_a_witness_are_written_as_they_are_spelled(report: Path) -> None:
    text = r"$w_2^{new} = w_2 + \eta \frac{\partial L}{\partial w_2}$"
    said = told(checked(text, report))
    assert "w_2^new" not in said and "eta" not in said
