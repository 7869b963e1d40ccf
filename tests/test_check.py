"""Checking hand-ins: solutions agree with themselves, own lines are found, what is hostile does no harm."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from test_random_reports import lines_of
from test_random_reports import report as random_report

from derive import report
from derive.build import compose, find_look
from derive.check.claims import read
from derive.check.own_lines import gather
from derive.check.result import FLAGGED, OPEN, as_json
from derive.checking.against import against
from derive.checking.check import check
from derive.checking.many import names
from derive.checking.pages import page, readable
from derive.checking.submission import Submission
from derive.narrate.feedback.plain import plain
from derive.narrate.feedback.remarks import Feedback
from derive.narrate.feedback.terminal import report as told
from derive.source import Source
from derive.starter import REPORT
from derive.writers import WRITERS


def checked(text: str, against: Path | None = None, latex: bool = False) -> Feedback:
    return check(Submission(Source("hand-in.md", text), latex), against)


def verdicts(text: str, against: Path | None = None) -> list[str]:
    return [j.verdict.kind for j in checked(text, against).judged]


# ------------------------------------------------------------------------------------- self-consistency


def solution(path: Path) -> str:
    """Return a report's own solution as Markdown."""
    loaded = report.load(path)
    look = find_look(loaded)
    return WRITERS["md"](compose(loaded, look), look)[0]


def agrees(path: Path) -> None:
    found = checked(solution(path), path)
    bad = [(j.claim.line, j.claim.left.text, j.claim.right.text) for j in found.judged if j.verdict.kind in FLAGGED]
    undecided = [j for j in found.judged if j.verdict.kind in OPEN]
    assert not bad
    assert len(undecided) <= 0.05 * len(found.judged) and len(found.judged) > 20
    assert not found.missing


REPORTS = ("reports/vanishing_gradients.md", "reports/skip_connection.md", "tests/data/mazur.md")


@pytest.mark.parametrize("name", REPORTS)
def test_a_solution_agrees_with_its_report(root: Path, name: str) -> None:
    agrees(root / name)


def test_the_starter_report_agrees_with_itself(tmp_path: Path) -> None:
    (tmp_path / "r.md").write_text(REPORT)
    agrees(tmp_path / "r.md")


@pytest.mark.parametrize("seed", range(8))
def test_a_random_network_agrees_with_itself(tmp_path: Path, seed: int) -> None:
    """With values of few digits, which are no two the same."""
    values = "x = 0.7, w_1 = -0.5, w_2 = 1.3, b = 0.2, y = -1.1"
    (tmp_path / "r.md").write_text(random_report(lines_of(random.Random(seed)), values), encoding="utf-8")
    found = checked(solution(tmp_path / "r.md"), tmp_path / "r.md")
    bad = [j for j in found.judged if j.verdict.kind in FLAGGED]
    assert not bad, [(j.claim.line, j.claim.left.text, j.claim.right.text) for j in bad]


# -------------------------------------------------------------------------------------------- a report


def test_the_parts_of_a_report(root: Path) -> None:
    asks = against(root / "reports" / "vanishing_gradients.md")
    found = {asked.path: asked.problem for asked in asks.asked}
    assert found["2", "b"] == "classifier" and found["2", "c"] == found["2", "d"] == "regression"
    assert found["2", "b", "ii"] == "classifier"
    wanted = {("".join(w.part), w.node, w.number) for w in asks.wanted}
    assert ("2c", "w_1", False) in wanted and ("2d", "w_1", True) in wanted


def test_problems_without_steps_are_no_candidates(root: Path, tmp_path: Path) -> None:
    """Unless a heading says that their names hold below it."""
    text = (root / "reports" / "skip_connection.md").read_text(encoding="utf-8")
    (tmp_path / "r.md").write_text(text.replace(" {of=trained}", ""), encoding="utf-8")
    assert set(against(tmp_path / "r.md").subjects) == {"skip", "plain"}
    asks = against(root / "reports" / "skip_connection.md")
    assert set(asks.subjects) == {"skip", "plain", "trained"}
    assert [(a.label, a.problem) for a in asks.asked[:3]] == [("1bi", "plain"), ("1bii", "skip"), ("2", "trained")]
    assert {w.node for w in asks.wanted if w.updated} == {"omega_0", "omega_1", "omega_s", "omega_2"}


def test_a_report_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "r.md"
    path.write_text(REPORT)
    assert verdicts("$w = 0.5$", path) == ["correct"]
    path.write_text(REPORT.replace("w = 0.5", "w = 0.75"))
    assert verdicts("$w = 0.5$", path) == ["wrong"]


def test_a_formula_is_no_answer_where_a_number_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "r.md").write_text(REPORT)
    formula = r"$\frac{\partial L}{\partial w} = (h - y) h (1 - h) x$"
    number = formula + "\n\n" + r"$(h - y) h (1 - h) x = -0.1398$"
    for text, expected in ((formula, [True]), (number, [])):
        missing = [w.number for w in checked(text, tmp_path / "r.md").missing if w.node == "w" and not w.updated]
        assert missing == expected


# ------------------------------------------------------------------------------------ without a report


def test_lines_values_and_loss_are_found() -> None:
    text = r"$x = 2, w = y = 0.5$" + "\n\n" + r"$z = w x = 0.5 \cdot 2 = 1$, $h = g(z) = \sigma(z)$, $L = (h - y)^2$"
    gathered = gather(read(Source("a", text), False))
    (own,) = gathered.parts.values()
    assert {id: line.right for id, line in own.lines.items()} == {
        "z": "w x",
        "h": r"g(z) = \sigma(z)",
        "L": "(h - y)^2",
    }
    assert {id: number for id, (_, number, _) in own.values.items()} == {"x": "2", "w": "0.5", "y": "0.5"}


def test_derivatives_are_judged_by_the_own_lines() -> None:
    lines = "$z = w x$, $L = (z - y)^2$\n\n"
    right = lines + r"$\frac{\partial L}{\partial w} = 2 (z - y) x$"
    assert verdicts(right) == ["definition", "definition", "correct"]
    assert verdicts(right.replace("2 (z - y) x", "2 (z - y)"))[-1] == "wrong"


def test_an_update_is_judged_by_the_own_rate() -> None:
    lines = r"$w = 0.5, x = 2, \eta = 0.1$, $L = (w x)^2$" + "\n\n"
    right = lines + r"$w_{new} = w - \eta \frac{\partial L}{\partial w} = 0.1$"
    assert verdicts(right)[-1] == "correct"
    assert verdicts(right.replace("= 0.1$", "= 0.9$").replace(r"\eta = 0.9", r"\eta = 0.1"))[-1] == "wrong"


def test_another_exercise_has_another_network() -> None:
    text = "# 1\n\n$z = w x$, $L = z^2$\n\n# 2\n\n$z = w + x$, $L = z^2$, $z^2 = (w + x)^2$\n"
    assert verdicts(text) == ["definition"] * 4 + ["correct"]


def test_a_line_that_changes_within_an_exercise_is_wrong() -> None:
    assert verdicts("$z = w x$, $L = z^2$\n\n$z = w + x$") == ["definition", "definition", "wrong"]


def test_without_any_network_names_mean_anything() -> None:
    found = checked(r"$(a+b)^2 = a^2 + 2ab + b^2$, $(a+b)^2 = a^2 + b^2$, $7 \cdot 8 = 54$")
    assert [j.verdict.kind for j in found.judged] == ["correct", "wrong", "wrong"] and found.graph == ()
    assert "a name may have any value" in told(found)


def test_what_cannot_be_read_does_not_stop_the_rest() -> None:
    text = r"$z = w x$, $L = z^2$, $q = \frac{$ and" + "\n\n" + r"$\frac{\partial L}{\partial z} = 2 z$"
    found = verdicts(text)
    assert found[-1] == "correct" and "unread" in found


# -------------------------------------------------------------------------------------------- feedback


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\hat{y}_1 = \omega_0^{\text{new}}", "ŷ₁ = ω₀^new"),
        (r"\frac{\partial \mathcal{L}}{\partial w_1}", "∂L/∂w₁"),
        (r"\frac{\partial L}{\partial z} {\frac{\partial z}{\partial w}} x", "∂L/∂z · ∂z/∂w x"),
        (r"\frac{a+b}{2 c} - x^2", "(a + b)/(2c) − x²"),
        (r"2 \cdot 10^{-5} \le \sqrt{x}", "2 · 10⁻⁵ ≤ √x"),
        (r"\left(\frac{1}{2}\right) \log y", "(1/2) log y"),
        (r"\frac", "()/()"),
        (r"\unknown{x}", "unknown x"),
    ],
)
def test_formulas_as_text(latex: str, text: str) -> None:
    assert plain(latex) == text


def test_consequences_stand_under_their_slip(tmp_path: Path) -> None:
    (tmp_path / "r.md").write_text(REPORT)
    found = checked("$z = 0.9$\n\n" + r"$h = \sigma(0.9) = 0.711$", tmp_path / "r.md")
    assert [j.verdict.kind for j in found.judged][:2] == ["wrong", "follow_through"]
    text = told(found)
    assert text.count("✗ wrong") == 1 and "↳ follows: line 3 carries it on" in text


def test_a_remark_never_steers_a_terminal() -> None:
    text = told(checked("\x1b[31m$x = \x1b[2J 1$ and $\u202e2 = 3$ and $2 = 3$"))
    assert "\x1b" not in text and "\u202e" not in text and "✗ wrong" in text


def test_readable_formulas_are_found_among_others() -> None:
    assert readable(["x", r"\input{a}", r"\frac{1}{2}", r"\frac{1", ""]) == {"x", r"\frac{1}{2}"}


def test_names_of_files() -> None:
    assert names([Path("a/hw.md"), Path("b/hw.md"), Path("c.md"), Path("-")]) == ["a-hw", "b-hw", "c", "hand-in"]
    assert len(set(names([Path("hw.md"), Path("hw.tex"), Path("hw.txt")]))) == 3


# --------------------------------------------------------------------------------------------- hostile

HOSTILE = {
    "page": "# <script>alert(1)</script>\n\n$x = <img src=x onerror=alert(1)>$ [a](javascript:alert(1)) ![b](/x)",
    "tex": r"$x = \input{/etc/passwd}$ and $$\write18{date} = 3$$ \include{/etc/passwd}",
    "typst": '#read("/etc/passwd") `#x` $x = "#read(1)"$ @ref <lab> $y_{#1} = 3$',
    "tower": r"$9^{9^{9^9}} = 1$ and $\sum_{i=1}^{10^{12}} i = 3$ and $100000! = 3$",
    "braces": "$" + "{" * 10_000 + "x = 1" + "}" * 10_000 + "$",
    "long": "$x = " + "1+" * 200_000 + "1$",
    "macro": r"\newcommand{\a}{\a\a} $\a = 1$ \def\b{\b} $\b = \b$",
    "ticks": "`" * 50_000,
    "dollars": "$" * 5_000,
    "environments": r"\begin{align}" * 2000 + "x = 1",
    "fractions": "$" + r"\frac" * 5_000 + "= 1$",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_answered(name: str) -> None:
    """In time, with the other claims judged and nothing of it run or loaded."""
    start = time.perf_counter()
    found = checked(HOSTILE[name] + "\n\n$2 + 2 = 4$ and $2 + 2 = 5$\n")
    assert [j.verdict.kind for j in found.judged][-2:] == ["correct", "wrong"]
    as_json(found.judged, found.missing)
    assert "2 + 2 = 5" in told(found)
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("name", ["page", "tex", "typst", "macro", "braces"])
def test_hostile_text_on_a_page(name: str) -> None:
    found = checked(HOSTILE[name] + "\n\n$2 + 2 = 5$\n")
    html = page(found, "html").decode()
    assert "<script>alert" not in html and "<img src=x" not in html and 'href="javascript' not in html
    assert "root:" not in html and "✗ wrong" in html
    assert page(found, "pdf").startswith(b"%PDF")


# ------------------------------------------------------------------------------------------------ other conventions

CONVENTIONS = r"""---
title: x
networks:
  net:
    forward: |
      {lines}
    data: x, y
    values: {values}
---
{{{{ net.forward }}}}
{{{{ net.backward }}}}
{{{{ net.forward(numbers=true) }}}}
"""


def diagnosed(tmp_path: Path, lines: str, values: str, text: str) -> list[tuple[str, str]]:
    """Return (verdict, code) of each claim of a text held against a small network."""
    indented = lines.replace(", ", "\n      ")
    (tmp_path / "r.md").write_text(CONVENTIONS.format(lines=indented, values=values), encoding="utf-8")
    found = checked(text, tmp_path / "r.md")
    return [(j.verdict.kind, j.diagnosis.code if j.diagnosis else "") for j in found.judged]


def test_right_under_another_convention_is_said_as_that(tmp_path: Path) -> None:
    other = ("wrong", "other-convention")
    log = diagnosed(tmp_path, r"p = \sigma(x), L = -y \log p", "x = 0.5, y = 1", r"$L = 0.684$ and $L = 0.474$")
    assert log == [other, ("correct", "")]
    by_x, by_y = (rf"$\frac{{\partial L}}{{\partial {name}}} = x - y$" for name in "xy")
    half = rf"$L = \frac12 (x - y)^2$ so {by_x} and {by_y}"
    scaled = diagnosed(tmp_path, r"L = (x - y)^2", "x = 2, y = 3", half)
    assert scaled[:2] == [other, other] and scaled[2][0] == "wrong" and scaled[2] != other
    alone = diagnosed(tmp_path, r"L = (x - y)^2", "x = 2, y = 3", r"$\frac{\partial L}{\partial x} = x - y$")
    assert alone == [("wrong", "factor-two")], "nobody has said that the loss has another factor"
    kink = r"h = \text{ReLU}(x), L = (h - y)^2"
    step = diagnosed(tmp_path, kink, "x = 0, y = 3", r"$\frac{\partial L}{\partial x} = -6$")
    assert step == [other]


# ---------------------------------------------------------------------------------------- how hand-ins are written

SKIP = "reports/skip_connection.md"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"$$\begin{aligned} z_1 &= \omega_1 h_0 & h_1 &= \max(0, z_1) \\ z_0 &= \omega_0 x \end{aligned}$$", "ccc"),
        (r"$$\omega_0 \leftarrow 0.5 - 1 \cdot 0.75 = -0.25$$", "cc"),
        (r"$$\omega_0 \leftarrow 0.5 + 1 \cdot 0.75$$", "w"),
        ("z0 = 0.5*1 = 0.5", "cc"),
        (r"$z_0 > 0$, $z_0 \ne 0$, $\hat{y} \le 0$", "ccw"),
        (r"With $\omega_0 \le 0$ the unit is inactive.", "u"),
        (r"$\mathcal{L} \ge 0$ and $z_1 \in \mathbb{R}$", "cc"),
    ],
)
def test_ways_to_write(root: Path, text: str, expected: str) -> None:
    assert "".join(v[0] for v in verdicts(text, root / SKIP)) == expected


def test_commands_of_a_hand_in_are_shown_as_what_they_stand_for() -> None:
    text = r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}} $x = 2$, $w = 0.5$, $z = w x$, $L = z^2$, "
    shown = told(checked(text + r"$\pd{L}{w} = \pd{L}{z} \pd{z}{w} = 2 z$"))
    assert "∂L/∂z · ∂z/∂w = 2z" in shown and "pd" not in shown


def test_an_arrow_gives_the_answer_that_is_asked_for() -> None:
    report = Path(__file__).parent.parent / "reports/skip_connection.md"
    arrow = r"$\omega_0 \leftarrow \omega_0 - \alpha \frac{\partial L}{\partial \omega_0} = -0.25$, "
    found = checked("3)\n\n" + arrow + r"$\omega_1 \leftarrow 0.5 - 0.25$, $\omega_2 = 0.5$", report)
    names = [want.node for want in found.missing if want.updated]
    assert "omega_0" not in names and {"omega_2", "omega_s"} <= set(names)


PUT_IN = r"""
$z = w x = 0.5 \cdot 2 = 1$, $L = |t - z| = |-3 - 1| = 4$

$\frac{\partial L}{\partial w} = -\text{sign}(t - z) x = 2$

$w_{new} = w - \alpha \frac{\partial L}{\partial w} = 0.5 - 0.1 \cdot 2 = 0.3$
"""


def test_values_that_are_only_put_in_are_the_values() -> None:
    assert set(verdicts(PUT_IN)) == {"definition", "correct"}
    wrong = checked(PUT_IN.replace("= 0.3", "= 0.4").replace("x = 2", "x = -2")).judged
    assert [j.verdict.kind for j in wrong].count("wrong") == 2


def test_what_is_put_in_with_two_values_has_none() -> None:
    """Neither of them is taken, and what is said to be a value stays it."""
    assert "0.5" not in str(checked(r"$z = w x = 0.5 \cdot 2$, $L = w z = 0.7 \cdot 1$").graph)
    assert "w = 0.25" in str(checked(r"$z = w x = 0.5 \cdot 2$, $L = z^2$, $w = 0.25$").graph)
