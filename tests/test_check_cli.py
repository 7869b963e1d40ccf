"""Sessions of `derive check`, `derive equal`, `derive explain`: what is typed, what comes out, the exit code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from derive.starter import REPORT

Derive = Callable[..., Any]
RIGHT = r"""# 1 One neuron

(b) Given $x = 2$, $y = 1$, $w = 0.5$, $b = -0.25$.

$$z = w x + b = 0.75$$
$$h = \sigma(z) = 0.6792$$
$$L = \frac{1}{2} (h - y)^2 = 0.05146$$
"""
WRONG = RIGHT + "\n" + r"$$\frac{\partial L}{\partial w} = (h - y) h (1 - h)$$" + "\n"
OPEN = RIGHT + "\nand $q = q^2$\n"
KEYS = "line column relation left right verdict read_as expected diagnosis problem part follows witness".split()


@pytest.fixture
def handed_in(tmp_path: Path) -> Path:
    texts = {"right.md": RIGHT, "wrong.md": WRONG, "open.md": OPEN, "report.md": REPORT}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


# ------------------------------------------------------------------------------------------------ check


def test_all_is_right(derive: Derive, handed_in: Path) -> None:
    run = derive("check", "right.md", "--against", "report.md")
    assert run.code == 0 and run.err == ""
    assert "✗" not in run.out and "?" not in run.out.replace("∅", "")


def test_what_is_wrong_is_shown_where_it_stands(derive: Derive, handed_in: Path) -> None:
    run = derive("check", "wrong.md", "--against", "report.md")
    assert run.code == 1
    shown = run.out[run.out.index("✗ wrong, line 9") :].splitlines()
    assert "[missing-factor]" in shown[0]
    assert shown[1].strip() == "∂L/∂w = (h − y)h(1 − h)"
    assert shown[2].index("^") == shown[1].index("(h − y)") and shown[2].rstrip().endswith("^")
    assert "should be: (h − y)h(1 − h)x" in run.out
    assert "First wrong step of each part: 1b line 9" in run.out


def test_exit_codes_in_their_order(derive: Derive, handed_in: Path) -> None:
    """With several hand-ins the first of 2, 1, 3, 0 that occurs, and all of them are checked."""
    against = ("--against", "report.md")
    assert derive("check", "open.md", *against).code == 3
    assert derive("check", "right.md", "open.md", *against).code == 3
    assert derive("check", "open.md", "wrong.md", *against).code == 1
    run = derive("check", "none.md", "wrong.md", *against)
    assert run.code == 2 and "cannot read none.md" in run.err and "✗ wrong" in run.out


def test_json(derive: Derive, handed_in: Path) -> None:
    run = derive("check", "wrong.md", "--against", "report.md", "--to", "json")
    found = json.loads(run.out)
    assert run.code == 1 and {"claims", "missing", "summary"} <= set(found)
    assert all(set(KEYS) <= set(claim) for claim in found["claims"])
    (bad,) = (claim for claim in found["claims"] if claim["verdict"] == "wrong")
    line = WRONG.split("\n")[bad["line"] - 1]
    assert line[bad["column"] - 1] == "=" and bad["left"] in line and bad["right"] in line
    assert (bad["problem"], bad["part"], bad["diagnosis"]["code"]) == ("net", "1b", "missing-factor")
    assert bad["expected"].replace(" ", "") == "(h-y)h(1-h)x"
    witness = bad["witness"]
    assert witness["left"] != witness["right"] and set(witness["at"]) >= {"w", "h", "y"}
    assert found["summary"]["wrong"] == 1 and sum(found["summary"].values()) == len(found["claims"])


def test_json_of_several_is_an_array(derive: Derive, handed_in: Path) -> None:
    run = derive("check", "right.md", "wrong.md", "--against", "report.md", "--to", "json")
    assert [one["submission"] for one in json.loads(run.out)] == ["right.md", "wrong.md"]


def test_missing_answers(derive: Derive, handed_in: Path) -> None:
    run = derive("check", "wrong.md", "--against", "report.md", "--to", "json")
    missing = {(m["part"], m["of"]) for m in json.loads(run.out)["missing"]}
    assert ("1a", "b") in missing and ("1b", "w") in missing and ("1a", "w") not in missing
    text = derive("check", "wrong.md", "--against", "report.md").out
    assert "∅ not found: ∂L/∂b" in text


def test_a_solution_lacks_nothing(derive: Derive, handed_in: Path) -> None:
    assert derive("build", "report.md", "--to", "md", "-o", "out").code == 0
    run = derive("check", "out/report.md", "--against", "report.md", "--to", "json")
    found = json.loads(run.out)
    assert run.code == 0 and found["missing"] == [] and found["summary"]["correct"] > 30


def test_without_a_report(derive: Derive, handed_in: Path) -> None:
    run = derive("check", "wrong.md")
    assert run.code == 1 and "held against the text's own lines" in run.out
    assert "z = wx + b" in run.out and "[missing-factor]" in run.out
    assert derive("check", "right.md").code == 0


def test_from_standard_input(derive: Derive, handed_in: Path) -> None:
    run = derive("check", "-", "--against", "report.md", stdin=WRONG)
    assert run.code == 1 and run.out.startswith("standard input: ")


def test_latex(derive: Derive, handed_in: Path) -> None:
    text = r"\documentclass{article}\begin{document}\begin{align*} z &= w x + b \\ &= 0.9 \end{align*}\end{document}"
    (handed_in / "a.tex").write_text(text)
    run = derive("check", "a.tex", "--against", "report.md", "-o", "out", "--to", "text,md,html")
    assert run.code == 1
    assert sorted(f.name for f in (handed_in / "out").iterdir()) == ["a.html", "a.md", "a.txt"]
    assert "line 1" in (handed_in / "out" / "a.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("a.docx", "pandoc a.docx -o a.md"),
        ("a.odt", "pandoc"),
        ("a.pdf", "pdftotext"),
        ("a.png", "pictures are not read"),
    ],
)
def test_other_files_are_refused_with_how_to_convert_them(derive: Derive, handed_in: Path, name: str, how: str) -> None:
    (handed_in / name).write_bytes(b"anything")
    run = derive("check", name, "right.md", "--against", "report.md")
    assert run.code == 2 and how in run.err and "right ✓" in run.out


def test_a_word_file_with_another_name_is_refused(derive: Derive, handed_in: Path) -> None:
    (handed_in / "a.md").write_bytes(b"PK\x03\x04 and so on")
    assert derive("check", "a.md").code == 2


def test_encodings(derive: Derive, handed_in: Path) -> None:
    for name, data, note in (
        ("latin.md", ("Größe: $2 + 2 = 5$").encode("latin-1"), "Latin-1"),
        ("wide.md", b"\xff\xfe" + "Größe: $2 + 2 = 5$".encode("utf-16-le"), "UTF-16"),
        ("zero.md", b"a\x00b $2 + 2 = 5$", "control characters"),
    ):
        (handed_in / name).write_bytes(data)
        run = derive("check", name)
        assert run.code == 1 and note in run.err and "2 + 2 = 5" in run.out
    (handed_in / "binary.md").write_bytes(bytes(range(256)) * 20)
    assert derive("check", "binary.md").code == 2


def test_a_bad_report(derive: Derive, handed_in: Path) -> None:
    (handed_in / "report.md").write_text(REPORT.replace("z = w x + b", "z = w x + +"))
    assert derive("check", "right.md", "--against", "report.md").code == 1
    assert derive("check", "right.md", "--against", "none.md").code == 2


def test_pages(derive: Derive, handed_in: Path) -> None:
    run = derive("check", "wrong.md", "--against", "report.md", "-o", "out", "--to", "md,html,pdf")
    assert run.code == 1 and run.out == ""
    marked = (handed_in / "out" / "wrong.md").read_text(encoding="utf-8")
    own = [line for line in marked.split("\n") if not line.startswith(">") and line.strip()]
    assert own == [line for line in WRONG.split("\n") if line.strip()], "their text is untouched"
    assert re.search(r"> \*\*✗ wrong, line 9\*\*.*\$\(h - y\) h \(1 - h\) x\$", marked)
    html = (handed_in / "out" / "wrong.html").read_text(encoding="utf-8")
    assert "✗ wrong, line 9" in html and "<math" in html and "✓ right" in html
    text = "".join(page.extract_text() for page in PdfReader(handed_in / "out" / "wrong.pdf").pages)
    assert "wrong, line 9" in text and "not found" in text


def test_no_hand_in_is_replaced(derive: Derive, handed_in: Path) -> None:
    run = derive("check", "wrong.md", "-o", ".", "--to", "md")
    assert run.code == 2 and "would replace" in run.err
    assert (handed_in / "wrong.md").read_text(encoding="utf-8") == WRONG


def test_files_of_one_name_stay_apart(derive: Derive, handed_in: Path) -> None:
    for who in ("ann", "bob"):
        (handed_in / who).mkdir()
        (handed_in / who / "hw.md").write_text(RIGHT)
    run = derive("check", "ann/hw.md", "bob/hw.md", "-o", "out", "--to", "json")
    assert run.code == 0 and sorted(f.name for f in (handed_in / "out").iterdir()) == ["ann-hw.json", "bob-hw.json"]


def test_several_at_once_give_the_same(derive: Derive, handed_in: Path) -> None:
    names = ("right.md", "wrong.md", "open.md", "none.md")
    one = derive("check", *names, "--against", "report.md")
    two = derive("check", *names, "--against", "report.md", "--jobs", "2")
    assert (one.code, one.out, one.err) == (two.code, two.out, two.err) and one.code == 2


def test_lines_fit_and_have_no_colour_in_a_pipe(handed_in: Path) -> None:
    command = [sys.executable, "-m", "derive", "check", "wrong.md", "--against", "report.md"]
    run = subprocess.run(command, cwd=handed_in, capture_output=True, env={"COLUMNS": "60", "PATH": ""}, timeout=60)
    text = run.stdout.decode("utf-8")
    assert run.returncode == 1 and "\x1b" not in text and max(map(len, text.splitlines())) <= 60


def test_formats_are_checked(derive: Derive, handed_in: Path) -> None:
    run = derive("check", "right.md", "--to", "docx")
    assert run.code == 2 and "docx is no format" in run.err


# ------------------------------------------------------------------------------------------------ equal

PAIRS = (
    (("(a+b)^2", "a^2 + 2*a*b + b^2"), 0, "equal"),
    ((r"\frac{1}{1+e^{-x}}", r"\sigma(x)"), 0, "equal"),
    (("sqrt(x^2)", "x"), 1, "different"),
    (("sqrt(x^2)", "x", "--assume", "x > 0"), 0, "equal"),
    (("1/3", "0.333", "--digits", "3"), 0, "equal"),
    (("1/3", "0.334", "--digits", "3"), 1, "different"),
    (("W*x", "x*W", "--shape", "W: 2 x 2", "--shape", "x: 2"), 3, "undecided"),
    (("x +", "x"), 3, "undecided"),
    (("--", "-x^2", "(-x)^2"), 1, "different"),
)


@pytest.mark.parametrize(("words", "code", "verdict"), PAIRS)
def test_equal(derive: Derive, words: tuple[str, ...], code: int, verdict: str) -> None:
    run = derive("equal", *words)
    assert run.code == code and run.out.startswith(verdict)


def test_a_witness_is_told_and_true(derive: Derive) -> None:
    run = derive("equal", "x^2", "2*x", "--to", "json")
    witness = json.loads(run.out)["witness"]
    x = witness["at"]["x"]
    assert (witness["left"], witness["right"]) == pytest.approx((x * x, 2 * x))
    assert re.search(r"at x = \S+: left \S+, right \S+", derive("equal", "x^2", "2*x").out)


def test_equal_from_standard_input_and_bad_options(derive: Derive) -> None:
    assert derive("equal", "-", "b+a", stdin="a+b\n").code == 0
    assert derive("equal", "-", "-", stdin="a+b\n").code == 2
    assert derive("equal", "x", "x", "--assume", "x pretty").code == 2
    assert derive("equal", "x", "x", "--shape", "x").code == 2


# ---------------------------------------------------------------------------------------------- explain


def test_explain_lists_and_tells(derive: Derive) -> None:
    codes = [line.split()[0] for line in derive("explain").out.splitlines()]
    assert len(codes) >= 15
    for code in codes:
        told = derive("explain", code)
        assert told.code == 0 and told.out.startswith(f"{code}: ") and "✗ wrong" in told.out and "✓ right" in told.out


def test_explain_knows_the_nearest(derive: Derive) -> None:
    run = derive("explain", "missing-facto")
    assert run.code == 2 and "did you mean missing-factor?" in run.err


# ----------------------------------------------------------------------------------------------- README


def test_the_readme_shows_what_is_printed(derive: Derive, tmp_path: Path, root: Path, monkeypatch: Any) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## Checking an answer") :]
    hand_in, session = (re.search(rf"```{kind}\n(.*?)```", section, re.S) for kind in ("md", "console"))
    assert hand_in is not None and session is not None
    (tmp_path / "neuron.md").write_text(hand_in[1], encoding="utf-8")
    command, _, shown = session[1].partition("\n")
    monkeypatch.setenv("COLUMNS", "100")
    assert derive(*command.split()[2:]).out == shown


def test_nothing_found_is_not_all_right(derive: Derive, handed_in: Path) -> None:
    (handed_in / "empty.md").write_text("Sorry, I was ill.\n")
    run = derive("check", "empty.md", "--against", "report.md")
    assert run.code == 3 and "not found" in run.out
    assert derive("check", "empty.md").code == 3


def test_a_folder_that_cannot_be_written_is_no_mistake_of_the_hand_in(derive: Derive, handed_in: Path) -> None:
    (handed_in / "file").write_text("x")
    run = derive("check", "right.md", "--against", "report.md", "-o", "file/below")
    assert run.code == 2 and "cannot write" in run.err


def test_what_was_not_looked_at_is_a_note(derive: Derive, handed_in: Path) -> None:
    (handed_in / "code.md").write_text(RIGHT + "\n```python\nL = 0.9\n```\n")
    run = derive("check", "code.md", "--against", "report.md", "--to", "json")
    assert "note: code.md: line 9: a block of code is not looked at" in run.err
    assert json.loads(run.out)["notes"]


def test_help_says_what_the_marks_mean(derive: Derive) -> None:
    shown = derive("check", "--help").out
    assert all(mark in shown for mark in "✓≔✗↳?∅") and "500" in shown and "0: " in shown
