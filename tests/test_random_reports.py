"""Whole reports of random networks: whatever is well-formed builds, with every block, certified."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

FUNCTIONS = (
    r"\sigma(%s)",
    r"\tanh(%s)",
    r"\text{ReLU}(%s)",
    r"|%s|",
    r"\log(1 + (%s)^2)",
    r"e^{-(%s)^2}",
    r"\sqrt{1 + (%s)^2}",
    r"\max(0, %s)",
    r"\operatorname{softplus}(%s)",
    r"\operatorname{gelu}(%s)",
    r"\operatorname{silu}(%s)",
    r"\frac{%s}{2}",
    r"\sin(%s)",
    r"\mathbb{1}[%s > 0.1]",
    r"\operatorname{LeakyReLU}(%s)",
    r"\operatorname{elu}(%s)",
    r"(%s)^3",
    r"\begin{cases} %s & x > 0 \\ 2 x & \text{otherwise} \end{cases}",
    r"\operatorname{BCE}(\sigma(%s), 0.5)",
    r"\operatorname{huber}(%s, 1)",
)
BLOCKS = ("conventions", "given", "forward", "backward", "forward(numbers=true)", "backward(numbers=true)", "gradients")


def expression(rng: random.Random, names: list[str], depth: int) -> str:
    kind = rng.random()
    if depth == 0 or kind < 0.25:
        return rng.choice([*names, "2", "0.5"])
    inner = [expression(rng, names, depth - 1) for _ in range(2)]
    if kind < 0.45:
        return " + ".join(inner)
    if kind < 0.6:
        return f"{inner[0]} - ({inner[1]})"
    if kind < 0.75:
        return rf"({inner[0]}) \cdot ({inner[1]})"
    if kind < 0.8:
        return rf"\frac{{{inner[0]}}}{{2 + ({inner[1]})^2}}"
    return rng.choice(FUNCTIONS) % inner[0]


def lines_of(rng: random.Random) -> list[str]:
    """Return a forward pass that reads each of its leaves."""
    names = ["x", "w_1", "w_2", "b", "y"]
    lines = []
    for i in range(rng.randint(1, 5)):
        name = rng.choice([f"z_{i}", f"h_{{{i}}}", rf"\hat{{a}}_{i}"])
        lines.append(f"{name} = {expression(rng, names, rng.randint(1, 3))}")
        names.append(name)
    return [*lines, rf"L = ({names[-1]} - y)^2 + w_1 x + b w_2 + {expression(rng, names, 1)}"]


def report(lines: list[str], values: str) -> str:
    body = " ".join(f"{{{{ n.{block} }}}}" for block in (*BLOCKS, "update"))
    front = ["title: random", "networks:", "  n:", "    forward: |", *("      " + line for line in lines)]
    front += [f"    values: {values}", "    update: {learning_rate: 0.1}"]
    return "\n".join(["---", *front, "---", body, ""])


@pytest.mark.parametrize("seed", range(30))
def test_a_random_network_builds(derive: Callable[..., Any], tmp_path: Any, seed: int) -> None:
    rng = random.Random(seed)
    values = ", ".join(
        f"{leaf} = {rng.choice(['1', '-0.5', '0.3', '2', '0', '1/3'])}" for leaf in "x w_1 w_2 b y".split()
    )
    (tmp_path / "random.md").write_text(report(lines_of(rng), values), encoding="utf-8")
    run = derive("build", "random.md", "--to", "tex,json", "-o", "out")
    assert run.code == 0, run.err


# Each was refused once: a derivative that is 0 where the differences leave something over, digits that were too few
# for a local derivative far smaller than the gradients.
REFUSED = (
    (["h = x^3", "L = (h - y)^2 + w x"], "x = 0, w = 1, y = 2"),
    (["a = y - 1.5", "L = (a - y)^2 + b"], "b = 1, y = -0.5"),
    ([r"h = \operatorname{elu}(3 + y)", "L = (w - y)^2 + v h"], "w = 0, v = 0.3, y = 0"),
    ([r"h = y \cdot \frac{y - 3}{2 + x^2}", "L = (h - y)^2 + b"], "x = 1/3, b = 0, y = 0"),
    ([r"h = \tanh(w x)", "z = v h", "L = (z - y)^2"], "x = 40, w = 2, v = 1, y = 0"),
    ([r"p = \sigma(x)", r"L = -w \log(p)"], "x = -150, w = 1"),
)


@pytest.mark.parametrize(("lines", "values"), REFUSED)
def test_right_derivations_are_not_refused(
    derive: Callable[..., Any], tmp_path: Any, lines: list[str], values: str
) -> None:
    (tmp_path / "random.md").write_text(report(lines, values), encoding="utf-8")
    run = derive("build", "random.md", "--to", "tex,json", "-o", "out")
    assert run.code == 0, run.err


def test_nothing_to_update_is_said(derive: Callable[..., Any], tmp_path: Any) -> None:
    text = report(["L = (y - x)^2"], "x = 1, y = 2").replace("    values", "    data: x, y\n    values")
    (tmp_path / "random.md").write_text(text, encoding="utf-8")
    run = derive("build", "random.md", "--to", "tex", "-o", "out")
    assert run.code == 1 and "nothing to update" in run.err and "random.md:9:" in run.err


SIGNS = (
    (["h = w x", "L = (h - y)^2"], "w = 1/3, x = 3, y = 0", r"h &= w x \approx 0.3333 \cdot 3 \approx 1"),
    ([r"h = \tanh(x)", "L = (h - y)^2"], "x = 200, y = 0", r"h &= \tanh(x) = \tanh(200) \approx 1.000"),
    (["h = x - 1", "L = (h - y)^2"], "x = 3, y = 0", "h &= x - 1 = 3 - 1 = 2"),
    ([r"h = \log(x)", "L = (h - y)^2"], "x = 1, y = 0", r"h &= \log(x) = \log(1) = 0"),
    ([r"h = \log(1 - v)", r"L = (h - y)^2"], "v = 0.99999999, y = 0", r"\approx \log(10^{-8}) \approx -18.42"),
)


@pytest.mark.parametrize(("lines", "values", "expected"), SIGNS)
def test_equals_stands_only_where_the_digits_make_it_true(
    derive: Callable[..., Any], tmp_path: Any, lines: list[str], values: str, expected: str
) -> None:
    (tmp_path / "random.md").write_text(report(lines, values), encoding="utf-8")
    assert derive("build", "random.md", "--to", "tex", "-o", "out").code == 0
    assert expected in (tmp_path / "out" / "random.tex").read_text(encoding="utf-8")


def test_every_closed_form_that_is_printed_is_among_the_certified_ones(root: Any) -> None:
    from derive.report import load
    from derive.steps import SHORT

    for problem in load(root / "tests" / "data" / "mazur.md").problems.values():
        for name in problem.derivation.steps:
            assert {problem.derivation.closed(name), problem.derivation.closed(name, SHORT)} <= set(problem.forms[name])


COMMANDS = ("sigmoid", "ReLU", "relu", "softplus", "tanh", "sign", "gelu", "sigma")


@pytest.mark.parametrize("function", COMMANDS)
def test_functions_written_as_commands_are_set(derive: Callable[..., Any], tmp_path: Any, function: str) -> None:
    """An author's `\\ReLU` needs a definition in TeX; both engines get an operator instead."""
    lines = [rf"h = \{function}(w x)", "L = (h - y)^2"]
    (tmp_path / "random.md").write_text(report(lines, "w = 2, x = 1, y = 0"), encoding="utf-8")
    run = derive("build", "random.md", "--to", "pdf,tex", "-o", "out")
    assert run.code == 0, run.err
