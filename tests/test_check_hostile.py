"""Hostile and broken hand-ins: an answer in time, nothing run or read, and nothing wrong that is called correct."""

from __future__ import annotations

import json
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import pytest
from bench import checking
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from derive import report
from derive.build import compose, find_look
from derive.check.claims import read
from derive.check.result import as_json
from derive.checking.check import check
from derive.checking.submission import Submission
from derive.narrate.feedback.remarks import Feedback
from derive.narrate.feedback.terminal import report as told
from derive.source import Source
from derive.writers import WRITERS

ROOT = Path(__file__).resolve().parent.parent
SKIP, VANISHING = (ROOT / "reports" / f"{name}.md" for name in ("skip_connection", "vanishing_gradients"))
REST = "\n\n$2 + 2 = 4$ and $2 + 2 = 5$\n"
SECONDS = 10


def checked(text: str, against: Path | None = None, latex: bool = False) -> Feedback:
    """Check and write; what counts is the time of this process, whatever else the machine does."""
    start = time.process_time()
    found = check(Submission(Source("hand-in", text), latex), against)
    json.dumps(as_json(found.judged, found.missing), allow_nan=False)
    assert told(found)
    assert time.process_time() - start < SECONDS
    return found


def kinds(text: str, against: Path | None = None) -> list[str]:
    return [j.verdict.kind for j in checked(text, against).judged]


# ------------------------------------------------------------------------------- nothing wrong is called correct

# What is claimed of the network with the values of the exercise, and what must be said of it.
CLAIMS = {
    # the last digit
    r"$z_2 = 0.375$": "correct",
    r"$z_2 = 0.374$": "wrong",
    r"$z_2 = 0.376$": "wrong",
    r"$z_1 = 0.24$": "wrong",
    r"$z_1 = 0.26$": "wrong",
    r"$z_0 = 0.6$": "wrong",
    r"$0.25 = 0.26$": "wrong",
    r"$\mathcal{L} = 3.374$": "wrong",
    r"$\mathcal{L} = 3.37$": "correct",
    r"$\mathcal{L} = 3.38$": "correct",
    r"$\mathcal{L} = 3.39$": "wrong",
    r"$z_2 = 0.5 \cdot 0.5 + 0.5 \cdot 0.26$": "wrong",
    r"$10^{-41} = 0$": "wrong",
    r"$10^{-31} = 2 \cdot 10^{-31}$": "wrong",
    r"$10^{400} = 10^{400} + 1$": "wrong",
    # about
    r"$\mathcal{L} \approx 3$": "correct",
    r"$\mathcal{L} \approx 4$": "wrong",
    r"$\mathcal{L} = 3$": "wrong",
    r"$0.99 \approx 0$": "wrong",
    r"$z_2 \approx 0$": "wrong",
    r"$0.04 \approx 0$": "correct",
    r"$0.5 = 1$": "wrong",
    r"$\frac{7}{2} = 3$": "wrong",
    # digits beyond those that are computed decide nothing
    r"$\ln(z_2^2 + 1) + 10^{60} - 10^{60} = z_1$": "undecided",
    r"$\exp(z_0) + 10^{-50} = \exp(z_0)$": "undecided",
    r"$e^{-110} = 0$": "undecided",
    # only at the values of the exercise
    r"$h_0 = z_0$": "wrong",
    r"$h_0 \approx z_0$": "undecided",
    r"$z_0 = \omega_1 x$": "wrong",
    # derivatives
    r"$\frac{\partial \mathcal{L}}{\partial \omega_0} = 0.75$": "correct",
    r"$\frac{\partial h_1}{\partial \omega_0} = 0.75$": "wrong",
    r"$\frac{\partial Q}{\partial \omega_0} = 0.75$": "undecided",
    r"$\frac{\partial^2 \mathcal{L}}{\partial \omega_0^2} = 0.75$": "undecided",
    r"$\frac{\partial \mathcal{L}}{\partial \omega_0} = \frac{\partial \mathcal{L}}{\partial \omega_1}$": "wrong",
    # names cannot be made to mean something else
    r"$\omega_0 = 0.7$": "wrong",
    r"$z_0 = 7$ and $z_0 = 7$": "wrong follow_through",
    r"$q = 5$, $q = 6$": "definition wrong",
    r"$q = q$": "undecided",
    r"$a = b$, $b = a$": "undecided undecided",
    r"$q = \omega_0$, $q = \omega_0 + 0$, $q = \omega_1 + 1$": "definition correct wrong",
    # places
    r"$x = \infty$, $1 = 2$": "definition wrong",
    r"$\omega_0 = \infty$, $h_1 = 0.25$": "definition wrong",
    r"$\omega_0 = \infty$, $h_1 = \infty$": "definition correct",
    r"$\omega_0 = \infty$, $h_1 = -\infty$": "definition wrong",
    r"$x = \infty$, $\frac{1}{x} = 0$, $\frac{1}{x} = 0.0009$": "definition correct wrong",
    r"$x = \infty$, $\infty - \infty = \infty$": "definition undecided",
    r"$\frac{1}{0} = 1$": "undecided",
    r"$0 \cdot \infty = 0$": "undecided",
    # what is not read, not judged or not one of the network's
    r"$z_2 = ??? = 0.375$": "unread unread",
    r"$z_2 \neq 0.375$": "wrong",
    r"$z_2 < 0.1$": "wrong",
    r"$z_2 > 0.4$": "wrong",
    r"$z_2 \propto 4$": "undecided",
    r"$z_2 = 37.5\%$": "correct",
    r"$z_2 = 0.375 m$": "undecided",
    r"$z_2 = 0.37\ldots$": "undecided",
    r"$3 \in \{1, 2\}$": "wrong",
    r"$z_2 \in (0, 0.1)$": "wrong",
    r"$z_0 \in (-1000, 1000)$": "undecided",
    r"$u(z_0) \in [0, 1]$": "correct",
    r"$\sigma(z_0) \in (0, 1)$": "correct",
    # updates
    r"$\omega_0 \leftarrow \omega_0 - \alpha \frac{\partial \mathcal{L}}{\partial \omega_0}$": "correct",
    r"$\omega_0 \leftarrow \omega_0 + \alpha \frac{\partial \mathcal{L}}{\partial \omega_0}$": "wrong",
    r"$\omega_0 \leftarrow 0.5$": "wrong",
    # a number that goes on with more digits than it showed
    r"$z_1 = 0.25 = 0.3 = 0.349$": "correct correct undecided",
}


@pytest.mark.parametrize("text", CLAIMS)
def test_verdicts(text: str) -> None:
    assert " ".join(kinds("3)\n\n" + text, SKIP)) == CLAIMS[text]


def test_a_number_that_stands_on_both_sides_is_one_number() -> None:
    """0.6 may be a rounded 0.593; that does not make two different multiples of it equal."""
    from derive.check.rounding import slack
    from derive.check.value import Valuation
    from derive.language.grammar import parse
    from derive.language.surface import Num

    sides = (parse("0.6*0.5"), parse("0.6*0.52"))

    def values(*moved: object) -> tuple[object, object]:
        a, b = (Valuation(None, numbers=m).value(tree) for m, tree in zip(moved, sides, strict=True))  # type: ignore[arg-type]
        return a, b

    def by(number: Num) -> object:
        return Fraction(1, 20) if number.text == "0.6" else 0

    assert slack(sides, values, by) < 0.0011  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------- in time

DEEP = r"$x = " + r"\frac{1}{1+" * 10_000 + "1" + "}" * 10_000 + "$"
MATRIX = r"\\".join(["&".join(["2"] * 100)] * 100)
BOMB = "".join(rf"\newcommand{{\{a}}}{{\{b}\{b}}}" for a, b in zip("abcdefghij", "bcdefghijk", strict=True))
HOSTILE = {
    "passwd": r"$x = \input{/etc/passwd}$ $\include{/etc/passwd} = 1$ $x = \write18{touch here} = 1$",
    "code": "$x = __import__('os').system('touch here') = 1$ $x = (lambda: 1)() = \\catcode`\\@ = 1$",
    "verb": r"\verb|$1 = 2$| \includegraphics{/etc/passwd} % $1 = 2" + "\n" + r"\begin{verbatim}$1 = 2$",
    "one long formula": "$$x = " + "1+" * 500_000 + "1$$",
    "one long formula in a line": "$x = " + "1+" * 500_000 + "1$",
    "one long line": "x = " + "1+" * 500_000 + "1",
    "one long word": "a" * 1_000_000,
    "one long row": "$$" + "a=" * 100_000 + "a$$",
    "many formulas": "$a = b$ " * 20_000,
    "many different formulas": " ".join(f"$a_{{{i}}} = b + {i}$" for i in range(6_000)),
    "many rows": r"$$\begin{aligned}" + r"z_0 &= \omega_0 x \\" * 5_000 + r"\end{aligned}$$",
    "rows that go on": r"$$\begin{aligned} z_0 = 1 \\" + r"& + 1 \\" * 10_000 + r"\end{aligned}$$",
    "wrong claims": " ".join(f"$z_0 = 0.{i}7$" for i in range(400)),
    "deep": DEEP + "$x = " + "{" * 10_000 + "1" + "}" * 10_000 + "$",
    "cases": "$x = " + r"\begin{cases}" * 500 + "1" + r"\end{cases}" * 500 + "$",
    "unclosed": r"\begin{align} x = \frac{1}{\left( 2 \text{ and $$ } = \[ 3 \( 4",
    "towers": "$9^{9^{9^9}} = 1$ $2^{4000} = 3^{2000}$ $1e999999999 = 1$ $x = 1e-999999999$",
    "long numbers": "$" + "9" * 5_000 + " = " + "9" * 5_000 + "$ $10^{400} = 10^{401}$ $0." + "0" * 5_000 + "1 = 0$",
    "sums": r"$\sum_{i=1}^{10^{12}} i = 1$ " + r"$\sum_{i=1}^{40000} \sin(i) = z_1$ " * 5,
    "sums in sums": r"$\sum_{i=1}^{30} \sum_{j=1}^{30} \sum_{k=1}^{30} \omega_0^{i} = z_1$ " * 5,
    "factorials": r"$170! = 1$ $\Gamma(171) = 1$ $\prod_{i=1}^{100000} i = 1$ $\binom{10^9}{7} = 1$",
    "matrices": rf"$$A = \begin{{pmatrix}}{MATRIX}\end{{pmatrix}}$$ $A^{{-1}} A = A^{{64}}$ $\det(A) = 0$",
    "recursion": r"\newcommand{\a}{\a\a} \newcommand{\b}{\c} \newcommand{\c}{\b} $\a = 1$ $\b = \c$ $\a = \a$",
    "laughs": BOMB + r"$\a = \a$ " * 200,
    "arguments": r"\newcommand{\a}[1]{" + "#1" * 30_000 + r"} $\a{" + "x" * 10_000 + "} = 1$",
    "circle": " ".join(f"$a_{{{i}}} = a_{{{(i + 1) % 300}}}$" for i in range(300)),
    "doubling": " ".join(f"$a_{{{i + 1}}} = a_{{{i}}} + a_{{{i}}}$" for i in range(300)),
    "parts": "\n\n".join(f"{i % 99}) $z = {i} w$, $L = z^2$" for i in range(100)),
    "long names": "$" + "a" * 10_000 + " = 1$ $x_{" + "b" * 10_000 + "} = 3$",
    "controls": "\x00\x01\u202e\ufeff$x\x00 = \x001$",
    "infinities": " ".join(rf"$x = \infty$, $z_{i} = \infty$, $\infty - \infty = \infty$" for i in range(3)),
    "mixed": "<b>$x</b> = 1$ \\section{$1 = 2$} **$1$** = `2` ![a](b) | $1 = 2$ | <script>1 = 2</script>",
}


@pytest.mark.parametrize("form", ["$x = {}$", "$${{}} x = {}$$", "`x` is $x = {} = 2$", "x = {}", r"\(x = {}\)"])
def test_what_is_too_long_is_not_read_and_not_left_out(form: str) -> None:
    found = checked(form.format("1+" * 500_000 + "1") + REST).judged
    assert {j.verdict.kind for j in found[:-2]} == {"unread"} and found[0].verdict.because
    assert len(as_json(found, ())["claims"][0]["right"]) > 10**6


# As many of them as a file may hold: the bound on the whole holds, too.
MANY = {
    "one long row": "$$" + "a=" * 1_900_000 + "a$$",
    "many formulas": "$a = b$ " * 400_000,
    "many different formulas": " ".join(f"$a_{{{i}}} = b + {i}$" for i in range(180_000)),
    "sums": r"$\sum_{i=1}^{40000} \sin(i) = z_1$ " * 20,
    "sums in sums": r"$\sum_{i=1}^{30} \sum_{j=1}^{30} \sum_{k=1}^{30} \omega_0^{i} = z_1$ " * 10,
    "parts": "\n\n".join(f"{i % 99}) $z = {i} w$, $L = z^2$" for i in range(500)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_an_answer_in_time(name: str) -> None:
    answered(HOSTILE[name], SKIP)


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_an_answer_without_a_report_in_time(name: str, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--full"):
        pytest.skip("--full checks them")
    answered(HOSTILE[name], None)


@pytest.mark.slow
@pytest.mark.parametrize("against", [None, SKIP], ids=["alone", "report"])
@pytest.mark.parametrize("name", MANY)
def test_an_answer_to_much_in_time(name: str, against: Path | None, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--full"):
        pytest.skip("--full checks them")
    answered(MANY[name], against)


def answered(text: str, against: Path | None) -> None:
    """Check a text with two claims behind it, which are still judged."""
    found = checked(text + REST, against)
    assert [j.verdict.kind for j in found.judged][-2:] == ["correct", "wrong"]
    assert not any("root:" in str(j.verdict) for j in found.judged) and not Path("here").exists()


# Texts that a pattern could try in more ways than anybody waits for: once, or said again and again.
BLANKS = ("", "# 1", "1", "Problem", r"\newcommand\a", r"\begin", r"\item [", "\n$x", "- ")
LENGTH = 40_000
AGAIN = (
    *("$", "$$", "`", "```\n", "```math\n", "~~~\n", "{", "}", "-", "=", "= ", "(1)", "(1) (a) (i) ", "a.", "9.", "> "),
    *("<!--", "%", r"\begin{", r"\begin{align}", r"\begin{verbatim}", r"\end{align}", r"\[", r"\(", r"\\[", r"\left("),
    *(
        r"\newcommand{",
        r"\newcommand{\a}{",
        r"\def\a#1#1",
        r"\text{",
        r"\item[",
        "(a=",
        ",a=",
        "aufgabe teil ",
        "|=",
        "<",
    ),
)


@pytest.mark.parametrize("text", [*(f"{b}{{blanks}}" for b in BLANKS), *AGAIN], ids=repr)
@pytest.mark.parametrize("latex", [False, True], ids=["markdown", "latex"])
def test_reading_takes_time_in_proportion(text: str, latex: bool) -> None:
    """A pattern that backtracks, or looks to the end again and again, takes 16 times as long for four times as much."""
    seconds(text, latex, LENGTH // 8)  # patterns are compiled
    short, long = seconds(text, latex, LENGTH // 4), seconds(text, latex, LENGTH)
    assert long < 2 or long < 9 * short


def seconds(text: str, latex: bool, length: int) -> float:
    """Return the time of this process for reading a text that is as long as that."""
    long = text.replace("{blanks}", " " * length) if text.endswith("{blanks}") else text * (length // len(text))
    start = time.process_time()
    read(Source("hand-in", f"{long}x\n\n$${long}$${REST}"), latex)
    return time.process_time() - start


# --------------------------------------------------------------------------------------------- the command


def run(folder: Path, data: bytes, name: str, *options: str) -> tuple[int, str, str]:
    """Run `derive check` with 1 GB of memory."""
    (folder / name).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-m", "derive", "check", name, *options],
        cwd=folder,
        capture_output=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)),
    )
    err = done.stderr.decode()
    assert "Traceback" not in err, err
    return done.returncode, done.stdout.decode(), err


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        ("größe $2 + 2 = 5$".encode("latin-1"), "a.md", 1),
        ("$2 + 2 = 5$".encode("utf-16"), "a.md", 1),
        (b"\xff\xfe\x00", "a.md", 2),
        (b"$2 + 2 = 5$ \xc3\x28 \x00", "a.md", 2),
        (b"$2 + 2\x00 = 5$", "a.md", 1),
        (b"\xef\xbb\xbf$2 + 2 = 4$", "a.tex", 0),
        (b"", "a.md", 3),
        (b"%PDF-1.4 $2 + 2 = 5$", "a.md", 2),
        (("$$" + "a+" * 500_000 + "a = 1$$" + REST).encode(), "a.md", 1),
        ((r"\input{/etc/passwd} \write18{touch here} $\input{/etc/passwd} = 1$" + REST).encode(), "a.tex", 1),
    ],
    ids=["latin-1", "utf-16", "half utf-16", "binary", "null", "mark", "empty", "pdf", "million", "tex"],
)
def test_the_command(tmp_path: Path, data: bytes, name: str, code: int) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    found, out, err = run(tmp_path, data, name, "--against", str(SKIP))
    assert found == code, err
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < SECONDS
    assert code != 1 or "2 + 2 = 5" in out
    assert "root:" not in out + err and [p.name for p in tmp_path.iterdir()] == [name]


# ------------------------------------------------------------------------------------------------- damage


@lru_cache
def solution(path: Path) -> str:
    loaded = report.load(path)
    look = find_look(loaded)
    text = WRITERS["md"](compose(loaded, look), look)[0]
    checked(text, path)  # the report is read, too
    return text


@pytest.fixture(scope="module", autouse=True)
def solutions() -> None:
    """What is done once is no part of what is timed."""
    for path in (SKIP, VANISHING):
        solution(path)


LATEX = r"""\documentclass{article}\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}\begin{document}
\section*{1 (a)} With $x = 2$, $w = 0.5$ and $t = 3$: % a comment with $1 = 2$
\begin{align*} z &= w x = 0.5 \cdot 2 = 1 \\ L &= (z - t)^2 = 4 \end{align*}
\begin{enumerate} \item[(i)] $\pd{L}{z} = 2 (z - t) = -4$
  \item[(ii)] \[ \pd{L}{w} = \pd{L}{z} x = -8 \] \end{enumerate}
Then \(w \leftarrow w - 0.1 \cdot \pd{L}{w} = 1.3\),
where $u(z) = \begin{cases} 1 & z > 0 \\ 0 & \text{else} \end{cases}$.
\end{document}
"""
TOKEN = re.compile(r"\\[A-Za-z]+|\d+\.?\d*|\s+|.", re.DOTALL)
EDITS = st.lists(
    st.tuples(st.sampled_from("idxrs"), st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=8
)
INSERTED = (
    *(
        "$",
        "$$",
        "{",
        "}",
        "(",
        ")",
        "\\",
        "&",
        "=",
        "^",
        "_",
        "%",
        "`",
        "\x00",
        "é",
        "∞",
        "-",
        "0",
        "9e9",
        "\n\n",
        "|",
    ),
    *(
        r"\frac",
        r"\sum_{i=1}^{9}",
        r"\infty",
        r"\begin{cases}",
        r"\end{aligned}",
        r"\left",
        r"\partial",
        r"\\",
        r"\sqrt",
    ),
    *(
        r"\approx",
        r"\in",
        r"\leftarrow",
        "1)",
        "# 2 (b)",
        r"\newcommand{\x}{\x}",
        "10^{400}",
        "/0",
        "'",
        "!",
        r"\text{",
    ),
)


def damaged(text: str, edits: list[tuple[str, int, int]]) -> str:
    """Return a text after some edits: insert, delete, double, replace by another token of it, swap."""
    tokens = TOKEN.findall(text)
    for kind, a, b in edits:
        at, other = a % len(tokens), b % len(tokens)
        if kind == "i":
            tokens.insert(at, INSERTED[b % len(INSERTED)])
        elif kind == "d" and len(tokens) > 1:
            del tokens[at]
        elif kind == "x":
            tokens[at] *= 2
        elif kind == "r":
            tokens[at] = tokens[other]
        else:
            tokens[at % len(tokens)], tokens[other % len(tokens)] = (
                tokens[other % len(tokens)],
                tokens[at % len(tokens)],
            )
    return "".join(tokens)


def fuzz(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    quiet = (HealthCheck.too_slow, HealthCheck.data_too_large)
    return settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=quiet)


@pytest.mark.parametrize("path", [SKIP, VANISHING], ids=lambda path: path.stem)
@fuzz(12)
@given(edits=EDITS)
def test_a_damaged_solution_is_answered(path: Path, edits: list[tuple[str, int, int]]) -> None:
    checked(damaged(solution(path), edits), path)


@fuzz(60)
@given(edits=EDITS, alone=st.booleans())
def test_damaged_latex_is_answered(edits: list[tuple[str, int, int]], alone: bool) -> None:
    checked(damaged(LATEX, edits), None if alone else SKIP, latex=True)


@fuzz(60)
@given(pieces=st.lists(st.sampled_from([*INSERTED, "x", "z_0", "w", "1", " ", "0.5", "+", ","]), max_size=40))
def test_any_formula_is_answered(pieces: list[str]) -> None:
    text = " ".join(pieces)
    checked(f"${text}$\n\n$$x = {text}$$\n\n{text} = 1", SKIP if len(pieces) % 2 else None)


@pytest.mark.parametrize("path", [SKIP, VANISHING], ids=lambda path: path.stem)
def test_a_side_that_cannot_be_read_is_never_correct(path: Path) -> None:
    """One side of some claims is replaced; what stood there is not guessed."""
    text = solution(path)
    rng = random.Random(4)
    claims = [j.claim for j in checked(text, path).judged if j.verdict.kind == "correct"]
    for claim in rng.sample(claims, 5):
        side = rng.choice((claim.left, claim.right))
        for broken in ("???", r"\nonsense{}", r"\frac{1}"):
            spoiled = text[: side.start] + broken + text[side.start + len(side.text) :]
            touched = [
                j for j in checked(spoiled, path).judged if side.start in (j.claim.left.start, j.claim.right.start)
            ]
            assert touched and all(j.verdict.kind == "unread" for j in touched)


# ------------------------------------------------------------------------------------------------ measured


def test_a_claim_takes_milliseconds(tmp_path: Path) -> None:
    path = checking.submission(tmp_path / "nowhere", tmp_path)
    count, each = checking.claims(path, repeats=3)
    assert count >= 15 and each < 10


def test_memory_stays_flat_over_many_hand_ins(tmp_path: Path) -> None:
    path = checking.submission(tmp_path / "nowhere", tmp_path)
    _, early, late = checking.many(path, tmp_path, copies=80)
    assert len(list((tmp_path / "out").iterdir())) == 80
    assert late < 1.2 * early or not early
