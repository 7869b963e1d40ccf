"""Deep networks and many mistakes: the work on a hand-in is bounded, whatever stands in it."""

from __future__ import annotations

import time

from test_check import checked


def deep(layers: int) -> list[str]:
    """Return the lines of a network in which every layer reads the two before it."""
    lines = ["$h_0 = x$", "$h_1 = \\tanh(w_1 h_0)$"]
    for i in range(2, layers + 1):
        lines.append(rf"$h_{{{i}}} = \tanh(w_{{{i}}} h_{{{i - 1}}} + v_{{{i}}} h_{{{i - 2}}})$")
    return [*lines, rf"$L = (h_{{{layers}}} - y)^2$"]


def test_a_wrong_gradient_of_a_deep_network_is_found_soon() -> None:
    begin = time.process_time()
    wrong = r"$\frac{\partial L}{\partial w_1} = 2 (h_{20} - y) x$"
    right = r"$\frac{\partial L}{\partial h_{20}} = 2 (h_{20} - y)$"
    kinds = [j.verdict.kind for j in checked("\n\n".join([*deep(20), right, wrong])).judged]
    assert kinds[-2:] == ["correct", "wrong"]
    assert time.process_time() - begin < 15


def test_many_wrong_gradients_are_each_told_but_not_all_explained() -> None:
    begin = time.process_time()
    wrong = [rf"$\frac{{\partial L}}{{\partial w_{{{i % 14 + 2}}}}} = {i} h_{{15}}$" for i in range(3, 163)]
    found = checked("\n\n".join([*deep(15), *wrong])).judged
    assert [j.verdict.kind for j in found[-len(wrong) :]] == ["wrong"] * len(wrong)
    assert time.process_time() - begin < 30


def test_a_network_longer_than_any_exercise_is_not_taken() -> None:
    lines = [r"$z_0 = x$", *(rf"$z_{{{i}}} = \sigma(w_{{{i}}} z_{{{i - 1}}})$" for i in range(1, 200))]
    begin = time.process_time()
    found = checked("\n\n".join([*lines, r"$L = z_{199}^2$", r"$\frac{\partial L}{\partial w_1} = 2 z_{199}$"])).judged
    assert found[-1].verdict.kind != "correct"
    assert time.process_time() - begin < 15
