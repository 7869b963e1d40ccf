"""Sessions: what is typed, what comes out, where, and with which exit code."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

Derive = Callable[..., Any]
GOOD = r"""---
title: A neuron
networks:
  net:
    forward: |
      z = w x + b
      L = (z - y)^2
    data: x, y
    values: x = 2, y = 1, w = 1, b = 0.5
    update: {rule: sgd, learning_rate: \eta = 0.1}
---

# Solution

{{ net.forward(numbers=true) }}

::: solution
{{ net.backward }}
:::
"""
BAD = GOOD.replace("z = w x + b", "z = w h")  # builds nothing: `b` has a value and is no symbol


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    for name, text in {"a.md": GOOD, "b.md": GOOD.replace("w = 1", "w = 2"), "bad.md": BAD}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def files(folder: Path) -> list[str]:
    return sorted(f.name for f in folder.iterdir())


def program(*args: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "derive", *map(str, args)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=30)


# ------------------------------------------------------------------------------------------------ build


def test_build(derive: Derive, reports: Path) -> None:
    """$ derive build a.md"""
    run = derive("build", "a.md")
    assert (run.code, run.out) == (0, "")
    assert re.fullmatch(r"build/a\.pdf  \(typst, \d+\.\d\d s\)\n", run.err)
    assert files(reports / "build") == ["a.pdf"]
    assert "A neuron" in PdfReader(reports / "build" / "a.pdf").pages[0].extract_text()


def test_build_formats(derive: Derive, reports: Path) -> None:
    """$ derive build a.md --to pdf,tex,json -o out"""
    run = derive("build", "a.md", "--to", "pdf, tex,json,tex", "-o", "out/deep")
    assert (run.code, run.out) == (0, "")
    assert files(reports / "out" / "deep") == ["a.json", "a.pdf", "a.tex"]
    assert json.loads((reports / "out" / "deep" / "a.json").read_text())["report"] == "a"
    assert not (reports / "build").exists()


def test_json_to_standard_output(derive: Derive, reports: Path) -> None:
    """$ derive build a.md --to json"""
    run = derive("build", "a.md", "--to", "json")
    assert (run.code, run.err) == (0, "")
    net = json.loads(run.out)["problems"]["net"]
    assert net["values"] == {"w": 1, "x": 2, "b": 0.5, "y": 1, "z": 2.5, "L": 2.25}
    assert {k: g["value"] for k, g in net["gradients"].items()} == {"w": 6, "x": 3, "b": 3, "y": -3, "z": 3, "L": 1}
    assert net["updated"] == {"w": pytest.approx(0.4), "b": pytest.approx(0.2)}
    assert files(reports) == ["a.md", "b.md", "bad.md"], "nothing is written"


def test_json_of_several_is_an_array(derive: Derive, reports: Path) -> None:
    """$ derive build a.md b.md --to json"""
    run = derive("build", "a.md", "b.md", "--to", "json")
    assert run.code == 0
    assert [r["report"] for r in json.loads(run.out)] == ["a", "b"]


def test_json_of_several_of_which_one_is_bad_is_an_array(derive: Derive, reports: Path) -> None:
    run = derive("build", "a.md", "bad.md", "--to", "json")
    assert run.code == 1
    assert [r["report"] for r in json.loads(run.out)] == ["a"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_bad_among_good_ones(reports: Path, jobs: int) -> None:
    """$ derive build a.md bad.md b.md --jobs 2"""
    run = program("build", "a.md", "bad.md", "b.md", "--to", "tex", "--jobs", jobs, cwd=reports)
    assert (run.returncode, run.stdout) == (1, "")
    assert files(reports / "build") == ["a.tex", "b.tex"]
    assert run.stderr.count("error: ") == 1 and "bad.md:" in run.stderr
    order = [run.stderr.index(name) for name in ("build/a.tex", "bad.md:", "build/b.tex")]
    assert order == sorted(order), "messages in the order of the reports"


def test_jobs_make_the_same_bytes(derive: Derive, reports: Path) -> None:
    assert derive("build", "a.md", "b.md", "-o", "one").code == 0
    assert program("build", "a.md", "b.md", "-o", "two", "--jobs", 2, cwd=reports).returncode == 0
    for name in ("a.pdf", "b.pdf"):
        assert (reports / "one" / name).read_bytes() == (reports / "two" / name).read_bytes()


@pytest.mark.parametrize(
    ("given", "code"),
    [(["a.md"], 0), (["a.md", "bad.md"], 1), (["bad.md", "nowhere.md", "a.md"], 2), (["nowhere.md", "a.md"], 2)],
)
def test_exit_code_of_several(derive: Derive, reports: Path, given: list[str], code: int) -> None:
    assert derive("build", *given, "--to", "tex").code == code
    assert (reports / "build" / "a.tex").is_file()


def test_two_reports_of_one_name(derive: Derive, reports: Path) -> None:
    (reports / "sub").mkdir()
    (reports / "sub" / "a.md").write_text(GOOD)
    run = derive("build", "a.md", "sub/a.md")
    assert run.code == 2
    assert "same output" in run.err and not (reports / "build").exists()


def test_the_same_report_twice(derive: Derive, reports: Path) -> None:
    assert derive("build", "a.md", "a.md", "--to", "tex").code in (0, 2)


def test_statement(derive: Derive, reports: Path) -> None:
    """$ derive build a.md --statement --to tex"""
    assert derive("build", "a.md", "--to", "tex").code == 0
    solution = (reports / "build" / "a.tex").read_text()
    assert derive("build", "a.md", "--statement", "--to", "tex", "--force").code == 0
    sheet = (reports / "build" / "a.tex").read_text()
    assert r"\partial" in solution and r"\partial" not in sheet


@pytest.mark.parametrize("engine", ["typst", "latex", "auto"])
def test_engines(derive: Derive, reports: Path, engine: str) -> None:
    from derive.engines import ENGINES

    run = derive("build", "a.md", "--engine", engine)
    if engine != "auto" and not ENGINES[engine].present():
        assert run.code == 1 and "not installed" in run.err
        return
    assert run.code == 0
    assert "2.25" in PdfReader(reports / "build" / "a.pdf").pages[0].extract_text()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "REPORT"),
        (["a.md", "--to", "doc"], "doc"),
        (["a.md", "--to", ""], "format"),
        (["a.md", "--to", "pdf,htm"], "htm"),
        (["a.md", "--engine", "word"], "word"),
        (["a.md", "--jobs", "0"], "jobs"),
        (["a.md", "--jobs", "many"], "many"),
        (["a.md", "--fast"], "--fast"),
        (["a.md", "-o"], "'-o' requires an argument"),
        (["a.md", "-o", "b.md"], "b.md"),
    ],
)
def test_bad_options_of_build(derive: Derive, reports: Path, options: list[str], words: str) -> None:
    run = derive("build", *options)
    assert (run.code, run.out) == (2, "")
    assert words in run.err
    assert files(reports) == ["a.md", "b.md", "bad.md"]


def test_rebuilding(derive: Derive, reports: Path) -> None:
    assert derive("build", "a.md").code == 0
    first = (reports / "build" / "a.pdf").read_bytes()
    assert derive("build", "a.md", "--force").code == 0
    assert (reports / "build" / "a.pdf").read_bytes() == first
    (reports / "a.md").write_text(GOOD.replace("A neuron", "Another neuron"))
    assert derive("build", "a.md").code == 0
    assert "Another neuron" in PdfReader(reports / "build" / "a.pdf").pages[0].extract_text()


# ------------------------------------------------------------------------------------------------ parse


def test_parse(derive: Derive) -> None:
    r"""$ derive parse '\frac{\partial L}{\partial z_1} h_0'"""
    run = derive("parse", r"\frac{\partial L}{\partial z_1} h_0")
    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("we read this as  ")
    assert "h_0" in run.out and "z_1" in run.out


def test_parse_plain_text(derive: Derive) -> None:
    run = derive("parse", "relu(z0)*w")
    assert run.code == 0
    assert run.out.splitlines() == ["we read this as  relu(z0)*w", "plain text       (relu(z0)*w)"]


@pytest.mark.parametrize(("text", "column"), [("w_1 x + b", None), (r"\sigma(x", 7), ("x +", 4), ("", 1), ("a @ b", 3)])
def test_parse_json(derive: Derive, text: str, column: int | None) -> None:
    """$ derive parse --to json TEXT"""
    run = derive("parse", "--to", "json", "--", text)
    found = json.loads(run.out)
    assert list(found) == ["ok", "reading", "plain", "latex", "error"]
    assert (found["ok"], found["latex"], run.code) == (column is None, text, int(column is not None))
    if column is None:
        assert found["error"] is None
        assert found["reading"] and found["plain"] == "((w_1*x)+b)"
    else:
        assert list(found["error"]) == ["message", "column"]
        assert found["error"]["message"] and found["error"]["column"] == column
        assert found["reading"] == "" and found["plain"] is None


def test_parse_error(derive: Derive) -> None:
    run = derive("parse", r"\frobnicate x")
    assert (run.code, run.out) == (1, "")
    assert run.err.startswith("error: unknown command") and "^^^" in run.err


def test_parse_standard_input(derive: Derive) -> None:
    r"""$ echo 'x+1' | derive parse -"""
    assert derive("parse", "-", stdin="x+1\n").out == derive("parse", "x+1").out
    assert derive("parse", "-", stdin=b"\xff\xfe").code == 2
    assert derive("parse", "-", stdin="").code == 1


def test_parse_text_that_begins_with_minus(derive: Derive) -> None:
    """$ derive parse -- '-x^2'"""
    run = derive("parse", "--", "-x^2")
    assert run.code == 0 and "plain text       (-(x^2))" in run.out
    assert derive("parse", "-x^2").code == 2


def test_parse_syntax(derive: Derive) -> None:
    assert derive("parse", "--syntax", "plain", "ab").out != derive("parse", "--syntax", "latex", "ab").out
    assert derive("parse", "--syntax", "word", "ab").code == 2


def test_parse_against_a_report(derive: Derive, tmp_path: Path, root: Path) -> None:
    r"""$ derive parse --against reports/skip_connection.md 'z_0(a + b)'"""
    report = root / "reports" / "skip_connection.md"
    plain = derive("parse", r"\omega(a + b)")
    assert plain.code == 0
    against = derive("parse", "--against", report, r"\omega_0(a + b)")
    assert against.code == 0 and "*" in against.out, "ω₀ is a symbol of the report, so this is a product"
    call = derive("parse", "--against", report, "g_0(z_0)")
    assert call.code == 0 and "g_0(z_0)" in call.out, "g₀ is a function of the report"
    assert derive("parse", "--against", "nowhere.md", "x").code == 2
    (tmp_path / "bad.md").write_text(BAD)
    run = derive("parse", "--against", "bad.md", "x")
    assert run.code == 1 and "bad.md:" in run.err


# --------------------------------------------------------------------------------------------- new and list


def test_new(derive: Derive, tmp_path: Path) -> None:
    """$ derive new homework.md && derive build homework.md"""
    run = derive("new", "homework.md")
    assert (run.code, run.out) == (0, "")
    assert "derive build homework.md" in run.err
    text = (tmp_path / "homework.md").read_text()
    assert derive("build", "homework.md", "--to", "pdf,tex,json", "-o", "build").code == 0
    assert files(tmp_path / "build") == ["homework.json", "homework.pdf", "homework.tex"]
    again = derive("new", "homework.md")
    assert again.code == 2 and "exists" in again.err and "--force" in again.err
    (tmp_path / "homework.md").write_text("mine")
    assert derive("new", "homework.md").code == 2
    assert (tmp_path / "homework.md").read_text() == "mine"
    assert derive("new", "--force", "homework.md").code == 0
    assert (tmp_path / "homework.md").read_text() == text


def test_new_without_an_ending_and_in_a_folder(derive: Derive, tmp_path: Path) -> None:
    assert derive("new", "week/two").code == 0
    assert files(tmp_path / "week") == ["two.md"]


def test_new_where_nothing_can_be_written(derive: Derive, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder.md").mkdir()
    for name in ("file/below.md", "folder.md"):
        run = derive("new", "--force", name)
        assert (run.code, run.out) == (2, "")
        assert run.err.startswith("error: cannot write")


def test_list(derive: Derive) -> None:
    """$ derive list"""
    run = derive("list")
    kinds = [line.split()[0] for line in run.out.splitlines()]
    assert run.code == 0
    assert kinds == "primitives losses matrices layers blocks problems optimisers templates engines notation".split()
    for line in run.out.splitlines():
        kind, count = line.split()[:2]
        one = derive("list", kind)
        assert one.code == 0 and len(one.out.splitlines()) == int(count), kind
    assert derive("list", "blcks").code == 2
    assert "did you mean blocks?" in derive("list", "blcks").err


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("primitives", "relu leaky_relu elu sigmoid tanh softplus gelu silu sin cos floor max min abs sign step"),
        ("losses", "absolute squared half_squared bce hinge huber logistic"),
        ("blocks", "conventions given forward composed backward gradients update graph certificate value gradient"),
        ("templates", "homework"),
        ("optimisers", "sgd"),
        ("problems", "networks"),
        ("engines", "latex typst"),
        ("notation", "derivative product log relu_at_0 digits carry decimal"),
    ],
)
def test_list_of_a_kind(derive: Derive, kind: str, names: str) -> None:
    first = {line.split()[0] for line in derive("list", kind).out.splitlines()}
    assert set(names.split()) <= first


# ------------------------------------------------------------------------------------------------- help


@pytest.mark.parametrize("command", ["", "build", "parse", "new", "list"])
def test_help_has_examples(derive: Derive, command: str) -> None:
    words = [command] if command else []
    long, short = derive(*words, "--help"), derive(*words, "-h")
    assert long.code == 0 and long.out == short.out
    assert f"\n    derive {command}".rstrip() in long.out, "an example, ready to be copied"
    assert all(len(line) <= 100 for line in long.out.splitlines())


def test_the_examples_of_the_help_run(derive: Derive, tmp_path: Path) -> None:
    """Every example of `derive parse --help` and `derive list --help` does what it says."""
    import shlex

    for command in ("parse", "list"):
        lines = [line.strip() for line in derive(command, "--help").out.splitlines()]
        examples = [line for line in lines if line.startswith("derive ")]
        assert examples
        for example in examples:
            assert derive(*shlex.split(example)[1:]).code == 0, example


def test_help_names_every_command(derive: Derive) -> None:
    out = derive("--help").out
    order = [out.index(f"\n  {name} ") for name in ("build", "parse", "new", "list")]
    assert order == sorted(order), "in the order of work"


def test_version(derive: Derive) -> None:
    from importlib.metadata import version

    assert derive("--version").out == f"derive {version('derive')}\n"


def test_unknown_command(derive: Derive) -> None:
    run = derive("biuld", "a.md")
    assert (run.code, run.out) == (2, "")
    assert "biuld" in run.err and "did you mean build?" in run.err
    assert derive("frobnicate").code == 2


# ---------------------------------------------------------------------------------------------- processes


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["build", "--help"], ["parse", r"\sigma(w x + b)"]])
def test_what_is_imported_at_the_start(args: list[str]) -> None:
    """Nothing heavy is loaded for help, the version, or the reading of a formula."""
    code = f"""
import sys
from derive.cli import main
try:
    main({args!r})
except SystemExit as end:
    assert not end.code, end.code
heavy = {{"sympy", "numpy", "yaml", "jinja2", "typst", "pylatex", "mpmath", "rich", "pypandoc"}} & set(sys.modules)
sys.exit(f"loaded: {{sorted(heavy)}}" if heavy else 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr


def test_the_module_runs_as_a_program(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "derive", "parse", "-"], input=b"x + 1", capture_output=True, timeout=20
    )
    assert done.returncode == 0 and b"(x+1)" in done.stdout


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    """$ derive list primitives | head -1"""
    program = subprocess.Popen([sys.executable, "-m", "derive", "list", "primitives"], stdout=-1, stderr=-1)
    assert program.stdout is not None and program.stderr is not None
    program.stdout.close()
    err = program.stderr.read()
    program.stderr.close()
    assert program.wait(20) is not None
    assert b"Traceback" not in err, err.decode()


# ---------------------------------------------------------------------------------------- several, quiet, progress


def test_summary_of_several(derive: Derive, reports: Path) -> None:
    assert derive("build", "a.md", "--to", "tex").code == 0
    run = derive("build", "a.md", "b.md", "bad.md", "--to", "tex")
    assert run.err.splitlines()[-1] == "3 reports: 1 built, 1 unchanged, 1 failed"


def test_quiet_says_only_what_is_wrong(derive: Derive, reports: Path) -> None:
    """$ derive build a.md b.md -q"""
    assert derive("build", "a.md", "b.md", "-q", "--to", "tex").err == ""
    run = derive("build", "a.md", "bad.md", "--quiet", "--to", "tex")
    assert run.code == 1 and run.err.startswith("error: ") and "build/" not in run.err


def test_the_engine_that_auto_took_and_why(derive: Derive, reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import dataclasses

    from derive.engines import ENGINES

    monkeypatch.setitem(ENGINES, "latex", dataclasses.replace(ENGINES["latex"], present=lambda: False))
    assert "a.pdf  (typst, embedded, " in derive("build", "a.md", "--engine", "auto").err


def test_the_line_of_progress(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A terminal sees the names of what is being built, and a clean line before anything else is said."""
    from derive.progress import Progress

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    with Progress(["a.md", "b\x1b.md", "c" * 80]) as progress:
        for i in range(3):
            progress.begin(i)
        progress.end(0)
    drawn = capsys.readouterr().err.split("\r\x1b[K")
    assert drawn[1:3] == ["building 1 of 3: a.md", "building 1 of 3: a.md, b?.md"]
    assert len(drawn[3]) < 60 and drawn[3].endswith("…")
    assert drawn[4:] == ["", ""]


def test_no_progress_where_nobody_looks(reports: Path) -> None:
    run = program("build", "a.md", "b.md", "--to", "tex", cwd=reports)
    assert "\x1b" not in run.stderr and "building" not in run.stderr


# ------------------------------------------------------------------------------------------------- completion


def completed(words: str, cwd: Path) -> list[str]:
    """Return what bash would be offered behind these words."""
    parts = words.split(" ")
    environment = {**os.environ, "COMP_WORDS": words, "COMP_CWORD": str(len(parts) - 1)}
    code = "from derive.cli import main; main(prog_name='derive')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env={**environment, "_DERIVE_COMPLETE": "bash_complete"},
        capture_output=True,
        text=True,
    )
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("derive bu", ["build"]),
        ("derive build ", ["a.md", "b.md", "bad.md", "sub/c.md"]),
        ("derive build b", ["b.md", "bad.md"]),
        ("derive build sub/", ["sub/c.md"]),
        ("derive build a.md --to pdf,h", ["pdf,html"]),
        ("derive build a.md --to pdf,tex,html,md,", ["pdf,tex,html,md,json"]),
        ("derive build a.md --engine ", ["auto", "latex", "typst"]),
        ("derive build a.md --st", ["--statement"]),
        ("derive list bl", ["blocks"]),
        ("derive list blocks va", ["value", "vary"]),
        ("derive new x.md --template home", ["homework"]),
        ("derive completion ", ["bash", "zsh", "fish"]),
    ],
)
def test_completion(reports: Path, words: str, offered: list[str]) -> None:
    (reports / "sub").mkdir()
    (reports / "sub" / "c.md").write_text(GOOD)
    (reports / "notes.txt").write_text("")
    assert completed(words, reports) == offered


@pytest.mark.skipif(shutil.which("bash") is None or shutil.which("derive") is None, reason="bash and derive on PATH")
def test_completion_in_bash(derive: Derive, reports: Path) -> None:
    """$ eval "$(derive completion bash)" """
    ask = "COMP_WORDS=(derive build b); COMP_CWORD=2; _derive_completion derive; echo ${COMPREPLY[@]}"
    script = derive("completion", "bash").out + ask
    done = subprocess.run(["bash", "-c", script], cwd=reports, capture_output=True, text=True, timeout=20)
    assert done.stdout.split() == ["b.md", "bad.md"], done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_of_completion(derive: Derive, shell: str) -> None:
    run = derive("completion", shell)
    assert run.code == 0 and f"_DERIVE_COMPLETE={shell}_complete" in run.out


def test_completion_for_an_unknown_shell(derive: Derive) -> None:
    assert derive("completion", "csh").code == 2


# ------------------------------------------------------------------------------------------------------- looks


def test_new_with_a_template(derive: Derive, tmp_path: Path) -> None:
    """$ derive new lecture.md --template handout"""
    assert derive("new", "lecture.md", "--template", "handout").code == 0
    assert "template: handout\n" in (tmp_path / "lecture.md").read_text()
    run = derive("new", "other.md", "--template", "handot")
    assert run.code == 1 and "did you mean handout?" in run.err and files(tmp_path) == ["lecture.md"]


def test_list_of_one(derive: Derive) -> None:
    """$ derive list blocks vary"""
    run = derive("list", "blocks", "vary")
    assert run.code == 0 and run.out.split()[0] == "vary" and len(run.out.splitlines()) == 1
    run = derive("list", "blocks", "vayr")
    assert run.code == 2 and "did you mean vary?" in run.err


def test_parse_notes_what_nobody_knows(derive: Derive, tmp_path: Path) -> None:
    run = derive("parse", "foo(x)")
    assert run.code == 0 and "no known function: foo" in run.err
    assert derive("parse", "\\tanh(x)").err == ""
    derive("new", "homework.md")
    run = derive("parse", "q + w", "--against", "homework.md")
    assert run.code == 0 and "no name of the report: q\n" in run.err
