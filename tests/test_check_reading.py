"""What is read of a hand-in: every relation becomes a claim, whatever decorates it; what is not read is said to be."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from derive.checking.check import check
from derive.checking.submission import Submission
from derive.narrate.feedback.remarks import Feedback
from derive.source import Source

REPORT = r"""---
title: Two layers
networks:
  net:
    forward: |
      z_1 = w_1 x + b_1
      h_1 = \sigma(z_1)
      z_2 = w_2 h_1 + b_2
      h_2 = \tanh(z_2)
      L = \frac{1}{2} (h_2 - y)^2
    data: x, y
    values: x = 1.5, y = 0.5, w_1 = 0.4, b_1 = 0.1, w_2 = -0.6, b_2 = 0.2
    update: {rule: sgd, learning_rate: \eta = 0.1}
---

# Two layers

::: solution
{{ net.forward }}
{{ net.backward(numbers=true) }}
:::
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.md"
    path.write_text(REPORT, encoding="utf-8")
    return path


def fed(text: str, report: Path | None, latex: bool = False) -> Feedback:
    return check(Submission(Source("hand-in", text), latex), report)


def told(text: str, report: Path | None, latex: bool = False) -> list[tuple[str, str, str, str]]:
    judged = fed(text, report, latex).judged
    return [(j.claim.left.text, j.claim.relation, j.claim.right.text, j.verdict.kind) for j in judged]


DECORATED = r"""
\boxed{L = 0.9}
{L=0.9}
(L=0.9)
\left(L=0.9\right)
\bigl[ L = 0.9 \bigr]
\underline{L=0.9}
\color{red}{L=0.9}
\textcolor{red}{L=0.9}
\colorbox{yellow}{\mathbf{L = 0.9}}
\fbox{\underline{{L = 0.9}}}
\bbox[yellow]{L=0.9}
\underbrace{L=0.9}_{\text{the loss}}
\text{L = 0.9}
\begin{cases} L = 0.9 \end{cases}
\left\{\begin{array}{l} L = 0.9 \end{array}\right.
\boxed{\begin{aligned} L &= 0.9 \end{aligned}}
L \overset{!}{=} 0.9
L \stackrel{(1)}{=} 0.9
L \underset{x=1}{=} 0.9
L \widehat{=} 0.9
L \mathrel{=} 0.9
L {=} 0.9
L \xlongequal{} 0.9
L \xlongequal[below]{x = 1} 0.9
L \doteq 0.9
""".strip().splitlines()


@pytest.mark.parametrize("formula", DECORATED)
def test_decorations_are_looked_through(report: Path, formula: str) -> None:
    for text in (f"$$\n{formula}\n$$", f"so ${formula}$ holds"):
        assert told(text, report) == [("L", "=", "0.9", "wrong")]
        assert told(text.replace("0.9", "0.2438"), report) == [("L", "=", "0.2438", "correct")]


def test_places_stay_when_something_is_looked_through(report: Path) -> None:
    text = "a\n$$\\boxed{\\underbrace{L = 0.9}_{n}}$$"
    claim = fed(text, report).judged[0].claim
    assert text.splitlines()[claim.line - 1][claim.column - 1] == "="
    assert claim.right.start == text.index("0.9")


def test_a_system_is_its_rows(report: Path) -> None:
    for system in (
        r"\begin{cases} z_1=0.7 \\ h_1=0.9 \end{cases}",
        r"\left\{\begin{array}{l} z_1=0.7 \\ h_1=0.9 \end{array}\right.",
    ):
        assert [kind for *_, kind in told(f"$${system}$$", report)] == ["correct", "wrong"]
    relu = r"f(z) &= \begin{cases} z & z > 0 \\ 0 & \text{otherwise} \end{cases}"
    assert len(told(rf"$$\begin{{aligned}} {relu} \end{{aligned}}$$", report)) == 1


@pytest.mark.parametrize(
    "formula",
    [r"\frac{L=0.9}{1}", r"3 (L = 0.9)", r"\begin{pmatrix} L = 0.9 \end{pmatrix}", r"\text{(since then z = 0.9)}"],
)
def test_what_cannot_be_taken_apart_is_unread(report: Path, formula: str) -> None:
    assert [kind for *_, kind in told(f"$${formula}$$", report)] == ["unread"]


@pytest.mark.parametrize(
    "formula", [r"\sum_{i=1}^n x_i", r"P(X=1)", r"\mathbb{1}[z>0]", r"\left. z_2 \right|_{x=1}", r"x_{i=1}"]
)
def test_a_condition_within_a_formula_is_no_claim(report: Path, formula: str) -> None:
    assert told(f"with ${formula}$", report) == []


OWN = [
    "\\newcommand{\\res}[1]{L = #1}\n$\\res{0.9}$",
    "\\def\\res#1{L = #1}\n$\\res{0.9}$",
    "\\newcommand{\\is}{\\equals}\\newcommand{\\equals}{=}\n$L \\is 0.9$",
    "\\newenvironment{sol}{\\begin{align}}{\\end{align}}\n\\begin{sol} L &= 0.9 \\end{sol}",
    "\\newcommand{\\be}{\\begin{equation}}\\newcommand{\\ee}{\\end{equation}}\n\\be L = 0.9 \\ee",
    "\\begin{dmath} L = 0.9 \\end{dmath}",
    "\\begin{IEEEeqnarray}{rCl} L &=& 0.9 \\end{IEEEeqnarray}",
    "\\begin{alignat}{2} L &= 0.9 \\end{alignat}",
    "\\begin{empheq}[box=\\fbox]{align} L &= 0.9 \\end{empheq}",
    "the loss is \\ensuremath{L = 0.9} here",
]


@pytest.mark.parametrize("text", OWN)
def test_own_commands_and_environments_of_packages(report: Path, text: str) -> None:
    assert told(text, report, latex=True) == [("L", "=", "0.9", "wrong")]


# ------------------------------------------------------------------------------ relations beside formulas


@pytest.mark.parametrize(
    "text", ["$L$ = 0.9", "L = $0.9$", "so $L$ = $0.9$.", r"\boxed{L = 0.9}", r"\textbf{Result:} L = 0.9"]
)
def test_a_relation_outside_of_the_dollars_belongs_to_them(report: Path, text: str) -> None:
    ((*_, kind),) = told(text, report)
    assert kind == "wrong"
    assert [kind for *_, kind in told(text.replace("0.9", "0.2438"), report)] == ["correct"]


@pytest.mark.parametrize(
    "text",
    [
        "The loss $L$ is $0.9$.",
        "The loss $L$ is about 0.9.",
        "So then L = 0.9 holds.",
        "| $L$ | $0.9$ |",
        "| a | b |\n|---|---|\n| $L$ | 0.9 |",
        "\\begin{tabular}{lr}\n$L$ & 0.9 \\\\\n\\end{tabular}",
    ],
)
def test_values_in_sentences_and_tables_are_right_or_open(report: Path, text: str) -> None:
    assert [kind for *_, kind in told(text, report)] == ["undecided"]
    assert [kind for *_, kind in told(text.replace("0.9", "0.2438"), report)] == ["correct"]


def test_an_unclosed_dollar_ends_with_its_line(report: Path) -> None:
    assert told("we get $z_1 = w_1 x\n\nand more", report) == [("z_1", "=", "w_1 x", "wrong")]
    assert [kind for *_, kind in told("so $z_1 = 0.7 and then $h_1$.", report)] == ["unread"]


def test_what_is_unmarked_in_a_sentence_is_unread(report: Path) -> None:
    assert [kind for *_, kind in told("We have z_1 = w_1*x here.", report)] == ["unread"]


@pytest.mark.parametrize(
    "text",
    [
        "If $x$ is $0$, all is fine.",
        "when x = 0 it is flat",
        "where L = loss, x = input",
        "![](a.png){width=3cm}",
        "see http://a.b/?v=3",
    ],
)
def test_conditions_and_words_are_no_claims(report: Path, text: str) -> None:
    assert told(text, report) == []


def test_what_is_not_looked_at_is_noted(report: Path) -> None:
    text = (
        "```python\nL = 0.9\n```\n\n| step | $L$ | $w$ |\n|--|--|--|\n| 1 | 0.9 | 0.3 |\n\n$"
        + "(" * 20000
        + "$\n\n```\nrun\n```\n"
    )
    notes = fed(text, report).hand_in.notes
    assert [note.partition(":")[0] for note in notes] == ["line 1", "line 5", "line 9"]


# ------------------------------------------------------------------------------------------------ lists

LISTS = {
    "$z_1, h_1 = 0.7, 0.9$": ["correct", "wrong"],
    "$z_1,h_1=0.7,0.668$": ["correct", "correct"],
    "$w_1, w_2 = 0.4, 0.9$": ["correct", "wrong"],
    "$(z_1,h_1) = (0.7,0.9)$": ["correct", "wrong"],
    r"$z_1, h_1 = w_1 x + b_1, \sigma(z_1) = 0.7, 0.9$": ["correct", "correct", "correct", "wrong"],
    "$z_1 = 0.7, 0.9$": ["unread"],
    "$z_1=0.7,0.9$": ["unread"],
    "$z_1, h_1 = 0.7, 0.668, 0.2$": ["unread"],
    "$x = 1.5, y = 0.5, w_1 = 0.4$": ["correct"] * 3,
}


@pytest.mark.parametrize("text", LISTS)
def test_lists_go_element_by_element(report: Path, text: str) -> None:
    assert [kind for *_, kind in told(text, report)] == LISTS[text]


# ------------------------------------------------------------------------------------------ deep networks


def deep(layers: int) -> str:
    lines = ["$h_0 = x$", "$z_1 = w_1 h_0$, $h_1 = \\tanh(z_1)$"]
    for k in range(2, layers + 1):
        lines.append(
            f"$z_{{{k}}} = w_{{{k}}} h_{{{k - 1}}} + v_{{{k}}} h_{{{k - 2}}}$, $h_{{{k}}} = \\tanh(z_{{{k}}})$"
        )
    return "\n\n".join(
        [*lines, f"$L = h_{{{layers}}}^2$", rf"$\frac{{\partial L}}{{\partial w_1}} = 2 h_{{{layers}}}$"]
    )


def test_a_deep_network_with_many_paths_takes_seconds() -> None:
    start = time.perf_counter()
    *_, last = told(deep(20), None)
    assert last[3] == "wrong" and time.perf_counter() - start < 15


# -------------------------------------------------------------------------------------------- notations

NOTATIONS = {
    r"\left.\frac{\partial L}{\partial w_1}\right|_{w_1=0.4} = {}": "0.1338",
    r"\frac{\partial L}{\partial w_1}\Big|_{x=1.5} = {}": "0.1338",
    r"h_1|_{x=0} = {}": "0.525",
    r"\nabla_{w_1} L = {}": "0.1338",
    r"\partial_{w_1} L = {}": "0.1338",
    r"w_2^{(t+1)} = w_2^{(t)} - {} \frac{\partial L}{\partial w_2}": r"\eta",
    "L = {}": "0,2438",
    r"L = {}\%": "24.38",
    r"L = \num{{}}": "0.2438",
    r"{} =: L": "0.2438",
    r"L \colon= {}": "0.2438",
    r"\frac{\partial}{\partial h_2}\frac12(h_2-y)^2 = {}": "h_2 - y",
}


@pytest.mark.parametrize("formula", NOTATIONS)
def test_notations_are_judged(report: Path, formula: str) -> None:
    right = NOTATIONS[formula]
    assert [kind for *_, kind in told(f"${formula.replace('{}', right)}$", report)] == ["correct"]
    assert [kind for *_, kind in told(f"${formula.replace('{}', '7' + right)}$", report)] == ["wrong"]


def test_a_comma_that_may_part_thousands_is_unread(report: Path) -> None:
    assert [kind for *_, kind in told("$L = 1,234$", report)] == ["unread"]
