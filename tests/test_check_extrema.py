"""Extrema, bounds, places and functions of a hand-in's own: right only where that is certain."""

from __future__ import annotations

import pytest
from test_check import checked

NETWORK = "With $w = 0.5$, $x = 2$, $y = 1$:\n\n$z = w x$, $h = \\sigma(z)$, $L(h, y) = (h - y)^2$.\n\n"
LINE = 5
KINDS = {"c": "correct", "w": "wrong", "u": "undecided", "d": "definition", "n": "unread"}

EXTREMA = {
    r"$\max_z \sigma'(z) = \frac14$": "c",
    r"$\frac14 = \max_z \sigma'(z)$": "c",
    r"$\max_z \sigma'(z) = \frac13$": "w",
    r"$\max_z \sigma'(z) = 0.24$": "w",
    "max σ'(z) = 0.25 at z = 0": "cc",
    "max σ'(z) = 0.25 at z = 1": "cw",
    r"$\max \sigma'(z) = 0.25$ at $z = 0$": "cc",
    r"$\max \sigma'(z) = 0.25 \text{ at } z = 0$": "cc",
    r"$M = \max_z \sigma'(z) = 0.25$": "dc",
    r"$\max_{z} \sigma(z)(1-\sigma(z)) = 0.25$": "c",
    r"$\underset{z}{\max}\, \sigma'(z) = 0.25$": "c",
    r"$\max_{z \in \mathbb{R}} \tanh'(z) = 1$": "c",
    r"$\max_z \mathrm{ReLU}'(z) = 1$": "c",
    r"$\min_x (x-1)^2 = 0$": "c",
    r"$\min_x (x-1)^2 = 1$": "w",
    r"$\min_x x^4 - x^2 = -\frac14$": "c",
    r"$\max_x x e^{-x} = e^{-1}$": "c",
    r"$\arg\max_z \sigma'(z) = 0$": "c",
    r"$\operatorname*{arg\,min}_x (x-1)^2 = 2$": "w",
    r"$\arg\min_x x^4 - x^2 = 0.7071$": "u",  # -0.7071, too
    # a limit is no largest value, but the least bound
    r"$\max_z \sigma(z) = 1$": "u",
    r"$\sup_z \sigma(z) = 1$": "c",
    r"$\inf_z e^z = 0$": "c",
    r"$\max_z z = 5$": "w",
    # what may be missed, or depends on more
    r"$\max_z \exp(-1000(z-0.1234)^2) = 1$": "u",
    r"$\max_z \mathrm{ReLU}(1 - 100 |10 z - 7.3|) = 0$": "u",
    r"$\max_x \sin(x) = 1$": "u",
    r"$\max_z w z = 1$": "u",
    r"$\max_z q(z) = 1$": "u",
    r"$\max \sigma'(z) = \sigma(z)(1-\sigma(z))$": "u",
    r"$\max_{0 \le z \le 1} z = 1$": "n",
    r"$4 \max_z \sigma'(z) = 1$": "n",
    r"$\max(0, z) = 1$": "c",
}
BOUNDS = {
    r"$\sigma'(z) \le \frac14$": "c",
    r"$0 < \sigma'(z) \le 0.25 < 1$": "ccc",
    r"$\sigma'(z) \le 0.2$": "u",  # at z = 1 it is, for others it is not
    r"$\sigma'(z) \le 0.1$": "w",
    r"$\sigma(z) < 1$, $\sigma(z) + 10^{-20} < 1$": "cu",
    r"$|\tanh z| \le 1$, $\tanh z \ge -0.9$": "cu",
    r"$e^{-z} > 0$, $(h - y)^2 \ge 0$, $h - y < 0$": "ccc",
}
PLACES = {
    r"$\sigma'(z) = 0.25$ at $z = 0$": "cd",
    r"$\sigma'(z) = 0.4$ at $z = 0$": "wd",
    r"$\sigma'(z) = 0.25 \text{ for } z = 0$": "cd",
    r"$L = 1$ for $w = 3$": "ud",
    r"$z = 1$ for $w = 0.5$": "cc",
    r"$z = 1$. At $w = 3$": "cw",
}
FUNCTIONS = {
    r"$f(t) = (t-3)^2 + 2$, $\min_x f(x) = 2$, $f(3) = 2$, $f(3) = 4$": "dccw",
    r"$f(t) = (t-3)^2$, $f'(t) = 2(t-3)$, $f'(4) = 2$, $f''(t) = 2$, $f(t) = t$": "dcccw",
    r"$f(z) = z h$, $f(2) = 4$": "du",
    r"$f(1) = 2$, $f'(z) = f(z)$, $f(z) = f(z)$": "uuc",
    r"$g(t) = f(t)$, $f(t) = g(t) + 1$, $f(1) = 2$": "ddu",
    r"$L(h, y) = L(y, h)$, $L(1, 1) = 0$, $L(1, 1) = 0.07$, $L(0.5, 1) = 0.25$": "ccwc",
}


@pytest.mark.parametrize("text", [*EXTREMA, *BOUNDS, *PLACES, *FUNCTIONS])
def test_verdicts(text: str) -> None:
    said = {**EXTREMA, **BOUNDS, **PLACES, **FUNCTIONS}[text]
    found = [j.verdict for j in checked(NETWORK + text).judged if j.claim.line == LINE]
    assert [v.kind for v in found] == [KINDS[k] for k in said], [v.because for v in found]


def test_without_a_network_too() -> None:
    found = checked(
        "max σ'(z) = 0.25 at z = 0\n\n$\\sigma'(z) \\le 0.24$ and $f(t) = t^2$, $f(2) = 4$, $f(2) = 5$"
    ).judged
    assert [j.verdict.kind for j in found] == ["correct", "correct", "wrong", "definition", "correct", "wrong"]
