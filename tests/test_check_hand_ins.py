"""Hand-ins as people write them: environments, tables, digits, updates, slips that are carried on."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_check import checked

from derive.narrate.feedback.remarks import Feedback

REPORT = Path(__file__).parent / "data" / "reports" / "two_layers.md"
LETTERS = {"correct": "c", "wrong": "w", "definition": "d", "undecided": "u", "unread": "n", "follow_through": "f"}


def said(found: Feedback) -> str:
    return "".join(LETTERS.get(j.verdict.kind, "?") for j in found.judged)


WRITTEN = {
    "gather": (r"\begin{gather*} z_1 = w_1 x + b_1 \\ h_1 = \sigma(z_1) \\ z_2 = w_2 h_1 + b_2 \end{gather*}", "ccc"),
    "split": (
        r"""\begin{equation}\begin{split}
        \frac{\partial L}{\partial z_2} &= \frac{\partial L}{\partial h_2}\frac{\partial h_2}{\partial z_2} \\
        &= (h_2 - t) h_2 (1 - h_2) \\ &= (h_2 - y)\, \sigma'(z_2) \\ &= (h_2 - t)\, h_2
        \end{split}\end{equation}""",
        "cccw",
    ),
    "columns and words": (
        r"""\begin{align}
        \frac{\partial L}{\partial w_2} &= \frac{\partial L}{\partial z_2} h_1, &
        \frac{\partial L}{\partial b_2} &= \frac{\partial L}{\partial z_2} \label{a} \\ \intertext{and therefore}
        \frac{\partial L}{\partial w_1} &= \left. (h_2 - t) \sigma'(z) \right|_{z = z_2} w_2 h_1 (1 - h_1) x_1
        \end{align}""",
        "ccc",
    ),
    "rows that go on": (
        r"\begin{multline*} \frac{\partial L}{\partial x} = (h_2 - t) h_2 (1-h_2) \\ \cdot w_2 h_1 (1-h_1) w_1"
        r"\end{multline*} \begin{align*} \frac{\partial L}{\partial x} &= (h_2 - t) h_2 (1-h_2) \cdot \\ &"
        r"w_2 h_1 (1-h_1) w_1 \\ z_2 &= w_2 h_1 + \\ & b_2 \end{align*}",
        "ccc",
    ),
    "eqnarray": (r"\begin{eqnarray} L &=& \frac12 (h_2 - t)^2 \\ &=& \frac12 (t - h_2)^2 \end{eqnarray}", "cc"),
    "names said afterwards": (
        r"\(\delta_1 = \frac{\partial L}{\partial z_1}\), \(\delta_1 = \delta_2 w_2 \sigma'(z_1)\), "
        r"\(\delta_1 = \delta_2 w_2\) with \(\delta_2 = \frac{\partial L}{\partial z_2}\)",
        "dcwd",
    ),
    "updates": (
        r"$w_1^+ = w_1 - \eta \frac{\partial L}{\partial w_1} = 0.4 - 0.5 \cdot 0.00626 = 0.3969$, "
        r"$w_2' = -0.3 - 0.5 \cdot (-0.0734) = -0.2633$, $b_1^{new} = 0.1 - 0.5 \cdot 8.94 \cdot 10^{-3} = 0.0955$, "
        r"$w_{2,new} = -0.2633$, $w_{2,\text{new}} = -0.2634$, $w_1 := w_1 - 0.5 \cdot 0.0063 = 0.3969$, "
        r"$b_2^{(t+1)} = 0.2 + 0.0618$, $w_1^{new} = w_1 + \eta \frac{\partial L}{\partial w_1}$",
        "ccc" + "cc" + "cc" + "cw" + "cc" + "c" + "w",
    ),
    "a slip and what follows from it": (
        r"$z_1 = w_1 x + b_1 = 0.4 \cdot 0.7 + 0.1 = 0.48$, $h_1 = \sigma(z_1) = 0.6177$, "
        r"$z_2 = -0.3 \cdot 0.6177 + 0.2 = 0.0147$, $h_2 = \sigma(0.0147) = 0.5037$, $h_2 = 0.6$",
        "ccw" + "cf" + "ff" + "ffw",
    ),
    "a step that was rounded": (r"$z_2 = -0.3 \cdot 0.5939 + 0.2 = -0.1782 + 0.2 = 0.0218$", "ccc"),
    "a step that is wrong": (r"$z_2 = -0.3 \cdot 0.5939 + 0.2 = -0.1792 + 0.2 = 0.0208$", "cwc"),
    "gradients": (r"$\nabla_{w_2} L = -0.0734$ and $\frac{dL}{dw_1} = 0.0063$, $\nabla_{w_1} L = 0.0734$", "ccw"),
    "digits": (
        "h1 = 0.5938731029\nh1 = 0.5939\nh1 = 0.5938\nh1 = 0.5940\nh1 = 0.59387311\nz1 = 0.38\n"
        r"$L = 1.2229 \cdot 10^{-1}$, $L = 1.222 \times 10^{-1}$, $L = 1.23 \cdot 10^{-1}$, $L = 1.222e-1$",
        "cccwwc" + "ccwc",
    ),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_written(name: str) -> None:
    text, verdicts = WRITTEN[name]
    assert said(checked(text, REPORT, latex="\\begin" in text)) == verdicts


TABLE = """
| quantity | value |
|---|---|
| $z_1$ | $0.38$ |
| $h_1 =$ | 0.5938 |
| h2 | 0.5055 |
| $\\frac{\\partial L}{\\partial w_1}$ | 0.0063 |
| $z_2 = 0.0218$ | $b_1 = 0.2$ |
| L | 0.1224 |
| steps | 3 |
"""
ACROSS = "| $z_1$ | $h_1$ | L |\n|--|--|--|\n| 0.38 | 0.5939 | 0.1224 |\n"


def test_tables_of_values() -> None:
    found = checked(TABLE, REPORT)
    assert said(found) == "cccccwu"  # a table may speak of something else
    assert [(j.claim.line, j.claim.column) for j in found.judged][:3] == [(4, 9), (5, 11), (6, 6)]
    assert said(checked(ACROSS, REPORT)) == "ccu"


def test_a_table_of_other_things_says_nothing() -> None:
    assert said(checked("| a | b | c |\n|--|--|--|\n| $z_1$ | 1 | 2 |\n| L | 3 | 4 |\n", REPORT)) == ""


def test_a_conventional_factor_is_said_as_that() -> None:
    found = checked(r"$L = (h_2 - t)^2$, $\frac{\partial L}{\partial h_2} = 2 (h_2 - t)$", REPORT).judged
    assert [j.diagnosis.code for j in found] == ["other-convention"] * 2


ALONE = r"""
\newcommand{\dd}[2]{\frac{\partial #1}{\partial #2}}
\begin{enumerate}
\item Forward: $x = 1.5$, $w=0.8$, $b=-0.2$, $y=0$.
\begin{align*} a &= wx+b = 1.0 \\ p &= \sigma(a) = 0.7311 \\
L &= -\big(y \log p + (1-y)\log(1-p)\big) = 1.3133 \end{align*}
\item Backward: $\dd{L}{a} = p - y = 0.7311$, $\dd{L}{w} = (p-y)x = 1.0966$
\item Update with $\eta = 0.1$: $w \leftarrow w - \eta \dd{L}{w} = 0.8 - 0.1097 = 0.6903$,
$b_{new} = -0.2 + 0.07311 = -0.1269$
\end{enumerate}
"""


def test_without_a_report() -> None:
    assert said(checked(ALONE, None, latex=True)) == "dddd" + "dcdcdc" + "cccc" + "cccc" + "wc"
