"""Bad input: one message that says where, what and what would be right; no traceback; the old output stays whole.

A `‹` in a report marks where the message must point; a `«` marks the line only. They are taken out before the report
is written.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from derive.report import LONGEST

SECONDS = 5
FRONT = r"""---
title: Exercise
networks:
  net:
    forward: |
      z = w x + b
      L = (z - y)^2
    data: x, y
    values: x = 2, y = 1, w = 1, b = 0
    update: {rule: sgd, learning_rate: \eta = 0.1}
---
"""
BLOCKS = "{{ net.forward }}\n\n{{ net.backward(numbers=true) }}\n"


def changed(old: str, new: str) -> str:
    """Return the usual report with one piece of its front matter changed."""
    assert FRONT.count(old) == 1, old
    return FRONT.replace(old, new) + BLOCKS


def added(lines: str) -> str:
    """Return the usual report with lines added to the front matter."""
    return FRONT.removesuffix("---\n") + lines + "\n---\n" + BLOCKS


def network(*lines: str, **keys: str) -> str:
    """Return a report of one network with these lines and keys."""
    forward = "".join(f"      {line}\n" for line in lines)
    more = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    return f"---\ntitle: Exercise\nnetworks:\n  net:\n    forward: |\n{forward}{more}---\n{BLOCKS}"


def body(text: str) -> str:
    return FRONT + text + "\n"


# name → report with a mark, words of the message
Case = tuple[str, tuple[str, ...]]
PLACED: dict[str, Case] = {
    # ------------------------------------------------------------------------------------- front matter
    "empty file": ("‹", ("no front matter", "---")),
    "no front matter": ("‹# Exercise\n", ("no front matter",)),
    "front matter never closed": ("‹---\ntitle: x\n", ("not closed",)),
    "broken YAML": ("---\nnetworks: {net: [‹}\n---\n", ("YAML", "bracket")),
    "quote not closed": ("---\ntitle: ‹'x\n---\n", ("quote is not closed",)),
    "tab": ("---\nnetworks:\n‹\tnet: 1\n---\n", ("tab", "blanks")),
    "wrong indentation": ("---\na:\n  b: 1\n    c‹: 2\n---\n", ("indentation",)),
    "colon in a text": ("---\ntitle: a‹: b\n---\n", ("`:`", 'title: "a: b"')),
    "unknown key of a report": (added("‹titel: x"), ("titel", "did you mean title?")),
    "unknown key of a network": (changed("values:", "‹vaules:"), ("vaules", "did you mean values?")),
    "unknown key of an update": (changed("rule:", "‹rul:"), ("rul", "did you mean rule?")),
    "unknown key of a notation": (added("notation: {‹digit: 3}"), ("digit", "did you mean digits?")),
    "unknown digits": (added("notation: {digits: ‹many}"), ("many", "6 decimals")),
    "unknown value at the kink": (added("notation: {relu_at_0: ‹2}"), ("relu_at_0", "1/2")),
    "notation is no mapping": (added("notation: ‹exact"), ("notation",)),
    "numbering without a counter": (added("numbering: ‹x y"), ("x y", "1 (a) i")),
    "authors as a mapping": (added("authors: ‹{a: b}"), ("authors", "[Team Gradient]")),
    "title twice": (added("‹title: x"), ("title", "given twice", "lines 2 and 11")),
    "unknown template": (added("template: ‹hamework"), ("hamework", "did you mean homework?")),
    "template outside": (added("template: ‹../../x"), ("../../x", "homework")),
    "template by path": (added("template: ‹/etc"), ("/etc", "homework")),
    "other section": ("---\n‹gradients:\n  g: {f: x^2}\n---\n", ("gradients", "cannot be built yet", "networks")),
    "networks as a list": ("---\nnetworks: ‹[a, b]\n---\n", ("networks", "named entries")),
    "a network without lines": ("---\nnetworks:\n  net:\n    ‹data: x\n---\n", ("no line", "forward")),
    "empty forward": ("---\nnetworks:\n  net:\n    ‹forward: |\n---\n", ("no line", "forward")),
    "entry name with a blank": ("---\nnetworks:\n  ‹my net: {forward: z = x}\n---\n", ("my net",)),
    "entry with the name of a block": ("---\nnetworks:\n  ‹compare: {forward: z = x}\n---\n", ("compare",)),
    "anchor": ("---\nnetworks: ‹&a\n  net: {forward: z = x}\n---\n", ("anchor", "like")),
    "alias": ("---\nnetworks: ‹*a\n---\n", ("alias", "like")),
    "merge key": ("---\nnetworks:\n  net:\n    ‹<<: x\n---\n", ("merge", "like")),
    "tag": ("---\nnetworks: ‹!!python/object/apply:os.system ['ls']\n---\n", ("tag",)),
    "NUL": (added("subtitle: a‹\0b"), ("NUL",)),
    "control character": (added("subtitle: a‹\x07b"), ("U+0007",)),
    # ----------------------------------------------------------------------------- what YAML does to numbers
    "braces around mathematics": (
        changed("values: x = 2, y = 1, w = 1, b = 0", r"values: {\hat‹{y}: 1}"),
        ("mathematics in braces", r"values: \hat{y} = 1"),
    ),
    "decimal comma in a mapping": (
        changed("values: x = 2, y = 1, w = 1, b = 0", "values: {x: ‹0,5}"),
        ("decimal comma", "x = 0.5"),
    ),
    "decimal comma in a line": (changed("x = 2,", "x = 2,‹5,"), ("`5` has no `=`", "decimal comma", "x = 2.5")),
    "comment that swallows": ("---\ntitle: Homework ‹#3\n---\n", ("`#`", 'title: "Homework #3"')),
    "at sign": ("---\ntitle: ‹@x\n---\n", ("`@`", 'title: "@x"')),
    "percent at the start": ("---\n‹% a remark\ntitle: x\n---\n", ("`%`", "# a remark")),
    # -------------------------------------------------------------------------------------- forward pass
    "used before its line": (network("h = ‹z + 1", "z = w x", "L = h^2"), ("z is used before its line", "line 7")),
    "cycle": (network("h = ‹z + 1", "z = h x", "L = h^2"), ("depends on itself", "cycle")),
    "itself": (network("h = ‹h + 1", "L = h^2"), ("h depends on itself", "cycle")),
    "defined twice": (network("h = x", "‹h = w", "L = h^2"), ("h is defined twice", "line 6")),
    "brace not closed": (network(r"z = \frac{w}‹{x", "L = z^2"), ("`{` is not closed",)),
    "brace never opened": (network(r"z = \frac{w}‹}{x}", "L = z^2"), ("never opened",)),
    "parenthesis not closed": (network("z = ‹(w + x", "L = z^2"), ("`(` is not closed",)),
    "parenthesis never opened": (network("z = w + x‹)", "L = z^2"), ("never opened",)),
    "line without an equals sign": (network("‹z w x", "L = z^2"), ("equals sign", "name = formula")),
    "nothing right of the equals sign": (network("z = ‹= x", "L = z^2"), ("nothing stands right",)),
    "line that ends at its equals sign": (network("z = w x", "L =‹"), ("nothing stands right",)),
    "nothing left of the equals sign": (network("‹= x", "L = z^2"), ("a name is missing",)),
    "sum on the left": (network("‹z + 1 = x", "L = z^2"), ("`z + 1` is not one name",)),
    "number on the left": (network("‹2 z = x", "L = z^2"), ("`2 z` is not one name",)),
    "unknown command": (network(r"z = ‹\frobnicate x", "L = z^2"), (r"unknown command \frobnicate",)),
    "unknown function": (network("z = ‹rellu(x)", "L = z^2"), ("unknown function rellu", "relu")),
    "unknown function, LaTeX": (network(r"z = ‹\operatorname{rellu}(x)", "L = z^2"), ("rellu",)),
    "function with empty brackets": (network(r"z = \sigma‹()", "L = z^2"), ("empty",)),
    "function without argument": (network(r"«z = \log", "L = z^2"), ("log",)),
    "too many arguments": (network("z = ‹relu(x, w)", "L = z^2"), ("relu takes 1 argument, not 2",)),
    "too few arguments": (network("z = w x", "L = ‹BCE(z)"), ("BCE takes 2 arguments, not 1",)),
    "stray character": (network("z = w x ‹&", "L = z^2"), ("'&'",)),
    "list in a line": (network("z = ‹[[1, 2], [3, 4]] x", "L = z^2"), ("list", "scalars")),
    "Python's power": (network("z = x‹**2", "L = z^2"), ("^",)),
    # ------------------------------------------------------------------------------- roles, values, update
    "value for no symbol": (changed("b = 0", "b = 0, ‹q = 3"), ("q, which is no symbol", "one of w, x, b, y")),
    "value for a line": (changed("b = 0", "b = 0, ‹z = 1"), ("z is computed by a line",)),
    "value twice": (changed("b = 0", "b = 0, ‹x = 1"), ("x is given two values",)),
    "NaN": (changed("b = 0", "b = ‹nan"), ("NaN", "finite number")),
    "NaN, YAML": (changed("b = 0", "b = ‹.nan"), ("'.'",)),
    "infinity": (changed("b = 0", r"b = ‹\infty"), ("infinity", "finite number")),
    "division by zero in a value": (changed("b = 0", "b = ‹1/0"), ("division by zero",)),
    "unknown name in a value": (changed("b = 0", "b = ‹c"), ("c",)),
    "matrix for a scalar": (changed("x = 2", "x = ‹[[1, 2], [3, 4]]"), ("matrix", "one number")),
    "vector for a scalar": (changed("x = 2", "x = ‹(1, 2)"), ("vector", "one number")),
    "more names than values": (changed("x = 2", "‹w_1, ..., w_8 = 1, 2"), ("8 names and 2 values",)),
    "power tower, Python": (changed("b = 0", "b = 9‹**9**9**9"), ("^",)),
    "power tower, LaTeX": (changed("b = 0", "b = ‹9^{9^{9^9}}"), ("too large",)),
    "power tower, plain": (changed("b = 0", "b = ‹9^9^9^9"), ("larger than 10^300",)),
    "unknown datum": (changed("data: x, y", "data: x, y, ‹q"), ("q in `data` is no symbol", "one of w, x, b, y")),
    "line as a datum": (changed("data: x, y", "data: x, ‹z"), ("z is computed by a line",)),
    "datum and parameter": (changed("    data:", "    parameters: ‹x\n    data:"), ("data", "parameters")),
    "unknown wrt": (changed("    data:", "    wrt: ‹q\n    data:"), ("q in `wrt` is no symbol",)),
    "unknown loss": (changed("    data:", "    loss: ‹q\n    data:"), ("q", "line")),
    "leaf as loss": (changed("    data:", "    loss: ‹x\n    data:"), ("x", "line")),
    "unknown function in where": (changed("    data:", "    where: f = ‹rellu\n    data:"), ("rellu", "relu")),
    "where without a function": (changed("    data:", "    where: ‹any\n    data:"), ("where",)),
    "also without an equals sign": (changed("    data:", "    also: ‹q\n    data:"), ("also", "other name")),
    "also for an unknown name": (changed("    data:", "    also: ‹q = r\n    data:"), ("q",)),
    "also for a line": (changed("    data:", "    also: x = ‹z\n    data:"), ("z", "line")),
    "negative rate": (changed("0.1", "-0.1").replace(r"\eta =", r"‹\eta ="), ("negative",)),
    "rate that is no number": (changed(r"\eta = 0.1", "‹fast"), ("fast",)),
    "rate called like a symbol": (changed(r"\eta = 0.1", "‹w = 0.1"), ("called w",)),
    "unknown optimiser": (changed("rule: sgd", "rule: ‹sdg"), ("sdg", "did you mean sgd?")),
    "like an unknown network": (
        added("").replace("---\n{{", "  two: {like: ‹nett}\n---\n{{"),
        ("no network `nett`", "did you mean net?"),
    ),
    "like in a circle": (
        added("").replace("---\n{{", "  two: {like: three}\n  three: {like: ‹two}\n---\n{{"),
        ("circle",),
    ),
    "like itself": (added("").replace("---\n{{", "  two: {like: ‹two}\n---\n{{"), ("circle",)),
    # ---------------------------------------------------------------------------------------------- body
    "unknown block": (
        body("{{ net.forward }}\n\n‹{{ net.forwad }}"),
        ("unknown block `forwad`", "did you mean forward?"),
    ),
    "unknown entry": (body("‹{{ nett.forward }}"), ("nett", "did you mean net?")),
    "entry without a block": (body("‹{{ net }}"), ("which block of `net`?", "{{ net.forward }}")),
    "unknown option": (body("‹{{ net.forward(number=true) }}"), ("number", "did you mean numbers?")),
    "option with a wrong value": (body("‹{{ net.forward(numbers=1) }}"), ("`numbers` is true or false",)),
    "option with an unknown word": (body('‹{{ net.update(as="grapf") }}'), ("as",)),
    "unknown digits of a block": (body('‹{{ net.forward(digits="many") }}'), ("many", "6 decimals")),
    "unknown name in a block": (body('text ‹{{ net.value("q") }} text'), ("no q", "one of w, x, b, y, z, L")),
    "block without its name": (body("‹{{ net.value }}"), ("`value` takes 1 name",)),
    "block with too many names": (body('‹{{ net.value("z", "L") }}'), ("`value` takes 1 name",)),
    "from behind to": (body('‹{{ net.backward(from="w", to="z") }}'), ("from",)),
    "from what is no step": (body('‹{{ net.backward(from="x") }}'), ("x", "step")),
    "vary an unknown name": (body('‹{{ net.vary("q", "1, 2") }}'), ("no q",)),
    "vary without values": (body('‹{{ net.vary("w", "") }}'), ("vary",)),
    "vary with too many steps": (body('‹{{ net.vary("w", "1", steps="100000") }}'), ("steps", "1000")),
    "vary with steps that are no numbers": (body('‹{{ net.vary("w", "1", steps="a, 3") }}'), ("steps",)),
    "compare with itself alone": (body("‹{{ compare(net) }}"), ("two networks",)),
    "compare with an unknown one": (body("‹{{ compare(net, nett) }}"), ("nett", "did you mean net?")),
    "power in the body": (body("‹{{ 9**9**9 }}"), ("only blocks and options",)),
    "power as an option": (body("‹{{ net.forward(digits=9**9**9) }}"), ("only blocks and options",)),
    "attribute of a text": (body("‹{{ ''.__class__ }}"), ("only blocks and options",)),
    "attribute of an entry": (body("‹{{ net.__class__ }}"), ("__class__",)),
    "attribute of a block": (body("‹{{ net.forward.__globals__ }}"), ("net",)),
    "call of a builtin": (body("‹{{ range(10**9) }}"), ("only blocks and options",)),
    "filter": (body("‹{{ net.forward|safe }}"), ("only blocks and options",)),
    "empty expression": (body("‹{{ }}"), ("empty",)),
    "unclosed expression": (body("text ‹{{ net.forward\n\nmore"), ("`{{` is not closed", "}}")),
    "unclosed solution": (body("text\n\n‹::: solution\ntext"), ("not closed", ":::")),
    "solution that was never opened": (body("text\n\n‹:::"), ("closes nothing", "::: solution")),
    "unknown kind of a block": (body("‹::: soluton\nx\n:::"), ("soluton", "did you mean solution?")),
    "block in a heading": (body("# A ‹{{ net.forward }}"), ("heading",)),
    "block in a formula": (body("$$‹{{ net.forward }}$$"), ("formula",)),
    "points that are no number": (body("# A {‹points=many}"), ("many", "points=4")),
    "unknown attribute of a heading": (body("# A {‹pts=3}"), ("pts", "did you mean points?")),
    "heading of an unknown entry": (body("# A {‹of=nett}"), ("nett", "did you mean net?")),
    "raw LaTeX environment": (body("‹\\begin{center}x\\end{center}"), ("LaTeX environment",)),
    "private character": (body("a ‹\ue000 b"), ("U+E000",)),
    "unknown command in a formula of the text": (body("text $‹\\frobnicate{x}$ text"), ("frobnicate",)),
    "half a fraction in the text": (body("text $‹\\frac{1}$ text"), ("frac",)),
    "command that runs programs": (body("text $‹\\write18{ls}$ text"), ("write",)),
    "picture of a file": (body("text ![x](‹/etc/passwd) text"), ("picture",)),
    # --------------------------------------------------------------------- no value at the given numbers
    "division by zero": (
        network("«z = w / x", "L = z^2", values="w = 1, x = 0"),
        ("z", "division by zero", "w = 1, x = 0\n"),
    ),
    "division by a node that is zero": (
        network("d = x - 1", "«z = w / d", "L = z^2", values="w = 1, x = 1"),
        ("z", "division by zero", "d = 0"),
    ),
    "log of a negative": (network("z = w x", "«L = log(z)", values="w = 1, x = -2"), ("L", "log of -2\n", "z = -2\n")),
    "root of a negative": (network("z = w x", "«L = sqrt(z)", values="w = 1, x = -2"), ("L", "square root", "-2")),
    "negative power of zero": (network("z = w x", "«L = z^{-1}", values="w = 0, x = 2"), ("L", "power of zero")),
    "fractional power of a negative": (network("z = w x", "«L = z^{0.5}", values="w = -1, x = 2"), ("L", "-2")),
}


def marked(report: str) -> tuple[str, str]:
    """Return a report without its mark, and how the place in the message begins: line:column or line."""
    before, mark, after = report.partition("‹" if "‹" in report else "«")
    assert mark
    column = f"{len(before) - before.rfind(chr(10))}\n" if mark == "‹" else ""
    return before + after, f"{before.count(chr(10)) + 1}:{column}"


@pytest.fixture
def attempt(derive: Callable[..., Any], tmp_path: Path) -> Callable[[str | bytes], Any]:
    """Build a report that must fail over an older output; return the run."""

    def build(report: str | bytes, name: str = "homework.md") -> Any:
        data = report if isinstance(report, bytes) else report.encode()
        (tmp_path / name).write_bytes(data)
        old = tmp_path / "out" / "homework.pdf"
        old.parent.mkdir(exist_ok=True)
        old.write_text("old")
        run = derive("build", name, "-o", "out", "--to", "pdf,tex,json")
        assert run.code in (1, 2), "it was built"
        assert old.read_bytes() == b"old", "the old output is gone"
        assert [f.name for f in old.parent.iterdir()] == ["homework.pdf"], "something was written"
        assert run.out == ""
        assert run.err.startswith("error: ")
        assert "Traceback" not in run.err
        assert run.seconds < SECONDS
        return run

    return build


@pytest.mark.parametrize("name", PLACED)
def test_message_with_a_place(attempt: Callable[..., Any], name: str) -> None:
    report, words = PLACED[name]
    report, place = marked(report)
    run = attempt(report)
    assert run.code == 1
    title = run.err.splitlines()[0]
    assert len(title) > len("error: x") and not title.endswith(".")
    assert f"--> homework.md:{place}" in run.err, run.err
    assert "^" in run.err
    for word in words:
        assert word in run.err, run.err


# Messages about something that is not there, for which any place of the entry will do.
MISSING: dict[str, Case] = {
    "numbers without values": (
        network("z = w x", "L = z^2", values="w = 1"),
        ("net has no value for x", "values: x = …"),
    ),
    "update without a rule": (
        network("z = w x", "L = z^2", values="w = 1, x = 2") + "\n{{ net.update }}\n",
        ("no update", "learning_rate"),
    ),
    "update without a learning rate": (
        network("z = w x", "L = z^2", values="w = 1, x = 2", update="{rule: sgd}") + "\n{{ net.update }}\n",
        ("no learning rate", "learning_rate"),
    ),
    "nothing to certify": (network("z = w x", r"L = \log(-z^2)"), ("cannot be certified",)),
    "value that no float can hold": (changed("b = 0", "b = 1e400"), ("b",)),
}


@pytest.mark.parametrize("name", MISSING)
def test_message_about_what_is_missing(attempt: Callable[..., Any], name: str) -> None:
    report, words = MISSING[name]
    run = attempt(report)
    assert run.code == 1
    assert "homework.md" in run.err, "which report?"
    for word in words:
        assert word in run.err, run.err


@pytest.mark.parametrize("name", ["division by zero", "log of a negative"])
def test_no_value_names_the_report(attempt: Callable[..., Any], name: str) -> None:
    assert "homework.md" in attempt(marked(PLACED[name][0])[0]).err


# ------------------------------------------------------------------------------------ files that cannot be read


@pytest.mark.parametrize(
    "name", ["nowhere.md", "folder", "folder/nowhere.md", "a\nb.md", "-.md", "", "x" * 300 + ".md"]
)
def test_unreadable(derive: Callable[..., Any], tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    run = derive("build", "--", name)
    assert (run.code, run.out) == (2, "")
    assert "cannot read" in run.err
    assert not (tmp_path / "build").exists()


def test_not_utf8(attempt: Callable[..., Any]) -> None:
    run = attempt(b"---\ntitle: x\n---\n\xff\xfe text\n")
    assert "not UTF-8" in run.err and "homework.md:4" in run.err and "0xff" in run.err
    assert run.code == 2, "an unreadable file"


def test_binary_file(attempt: Callable[..., Any]) -> None:
    assert "error" in attempt(bytes(range(256)) * 100).err


@pytest.mark.parametrize(
    "stem",
    ["with blank", "quote'\"", "$(touch hacked)", "`x`", "ümläut", "back\\slash", "-dash", "tex_#%&{}~", "new\nline"],
)
def test_hostile_file_names(derive: Callable[..., Any], tmp_path: Path, stem: str) -> None:
    (tmp_path / f"{stem}.md").write_text(FRONT + BLOCKS)
    run = derive("build", "-o", "out", "--to", "tex,json", "--", f"{stem}.md")
    assert run.code == 0, run.err
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == sorted([f"{stem}.tex", f"{stem}.json"])
    assert not (tmp_path / "hacked").exists()


def test_target_is_a_folder(derive: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "homework.md").write_text(FRONT + BLOCKS)
    blocked = tmp_path / "out" / "homework.json"
    blocked.mkdir(parents=True)
    (blocked / "kept").write_text("kept")
    run = derive("build", "homework.md", "-o", "out", "--to", "json")
    assert run.code == 1
    assert "cannot write" in run.err and "homework.json" in run.err
    assert (blocked / "kept").read_text() == "kept"
    assert [f.name for f in (tmp_path / "out").iterdir()] == ["homework.json"], "no temporary file is left"


def test_folder_below_a_file(derive: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "homework.md").write_text(FRONT + BLOCKS)
    (tmp_path / "file").write_text("old")
    assert derive("build", "homework.md", "-o", "file").code == 2
    run = derive("build", "homework.md", "-o", "file/below", "--to", "tex")
    assert run.code in (1, 2)
    assert "cannot write" in run.err and "file" in run.err
    assert (tmp_path / "file").read_text() == "old"


def test_several_formats_appear_together_or_not_at_all(derive: Callable[..., Any], tmp_path: Path) -> None:
    """The last of three targets cannot be written: the first two keep their old contents."""
    (tmp_path / "homework.md").write_text(FRONT + BLOCKS)
    (tmp_path / "out" / "homework.json").mkdir(parents=True)
    for kind in ("pdf", "tex"):
        (tmp_path / "out" / f"homework.{kind}").write_text("old")
    assert derive("build", "homework.md", "-o", "out", "--to", "pdf,tex,json").code == 1
    assert {(tmp_path / "out" / f"homework.{kind}").read_bytes() for kind in ("pdf", "tex")} == {b"old"}


# ------------------------------------------------------------------------------- large, deep, endless: a time limit


def in_time(*args: str, cwd: Path, seconds: int = SECONDS) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own, which is ended when it has used the time that is allowed.

    It is the time of the processor that counts, so that a busy machine fails no test.
    """
    command = [sys.executable, "-m", "derive", *args]

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60, preexec_fn=limit)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert done.returncode >= 0 and used < seconds, f"{' '.join(args)[:80]} takes more than {seconds} seconds"
    return done


@pytest.mark.parametrize(
    "formula",
    [
        "(" * 10_000 + "x" + ")" * 10_000,
        "{" * 10_000 + "x" + "}" * 10_000,
        r"\frac{1}{" * 10_000 + "x" + "}" * 10_000,
        r"\sqrt{" * 10_000 + "x" + "}" * 10_000,
        "-" * 10_000 + "x",
        "x" + "^{x" * 10_000 + "}" * 10_000,
        "x" + "_{x" * 10_000 + "}" * 10_000,
        "relu(" * 10_000 + "x" + ")" * 10_000,
        "|" * 10_001 + "x" + "|" * 10_001,
        "(" * 10_000,
        "[" * 10_000 + "]" * 10_000,
        r"\left(" * 10_000,
        r"\begin{cases}" * 10_000,
    ],
    ids=lambda text: text[:12],
)
def test_nesting_of_ten_thousand(derive: Callable[..., Any], attempt: Callable[..., Any], formula: str) -> None:
    run = attempt(network(f"z = {formula}", "L = z^2"))
    assert run.code == 1
    assert "homework.md:6:" in run.err
    assert all(len(line) < 200 for line in run.err.splitlines())
    assert derive("parse", "--", formula).code == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("9**9**9**9", 1),
        ("9^{9^{9^9}}", 0),
        ("9^9^9^9", 0),
        ("2^{10^8}", 0),
        ("1e99999999", None),
        ("10^{-99999999}", 0),
    ],
)
def test_powers_are_not_computed_by_parse(tmp_path: Path, text: str, code: int | None) -> None:
    done = in_time("parse", text, cwd=tmp_path)
    assert done.returncode in ((0, 1) if code is None else (code,))
    assert "Traceback" not in done.stderr
    if done.returncode:
        assert "^" in done.stderr


@pytest.mark.parametrize("number", ["1e99999999", "2^{10^8}", "10^{400}", "9^9^9", "1e400", "-1e400", r"\exp(10^6)"])
def test_numbers_beyond_all_bounds(tmp_path: Path, number: str) -> None:
    """As a value and inside a line: an error or a document, in time, without a traceback."""
    (tmp_path / "value.md").write_text(changed("b = 0", f"b = {number}"))
    (tmp_path / "line.md").write_text(network(f"z = w x + {number}", "L = z^2", values="w = 1, x = 2"))
    done = in_time("build", "value.md", "line.md", "--to", "json", "-o", "out", cwd=tmp_path)
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr
    assert done.stderr.count("error: ") >= (done.returncode == 1)


@pytest.mark.parametrize("piece", ["word ", "x", "{{ ", "---\n"])
def test_a_megabyte(attempt: Callable[..., Any], piece: str) -> None:
    """A report of 1 MB is refused with a message, or whatever is wrong with it is told."""
    run = attempt(FRONT + piece * (1_000_000 // len(piece)))
    assert run.code == 1
    assert "homework.md" in run.err and len(run.err) < 3000
    assert "too long" in run.err.splitlines()[0]


def as_long_as_allowed(before: str, piece: str, after: str = "") -> str:
    return before + piece * ((LONGEST - len(before + after)) // len(piece)) + after


LINES = network("z = w x + b", "L = z^2", values="w = 1").partition("values: w = 1")
LONG: dict[str, tuple[str, int]] = {
    "words": (as_long_as_allowed(FRONT, "word "), 0),
    "formula": (as_long_as_allowed(FRONT + "$x", " + x", "$\n"), 0),
    "open expressions": (as_long_as_allowed(FRONT, "{{ net.value("), 1),
    "open blocks": (as_long_as_allowed(FRONT, "::: solution\n"), 1),
    "title": (as_long_as_allowed("---\ntitle: ", "x", "\n---\n"), 0),
    "brackets of YAML": (as_long_as_allowed("---\ntitle: ", "[", "\n---\n"), 1),
    "digits": (as_long_as_allowed(LINES[0] + LINES[1], "1", LINES[2]), 1),
    "values": (as_long_as_allowed(LINES[0] + LINES[1], ", w = 1", LINES[2]), 1),
    "sum": (as_long_as_allowed("---\nnetworks:\n  net:\n    forward: z = x", " + x", "\n---\n"), 1),
    "one line": (as_long_as_allowed("", "x"), 1),
    "dashes": (as_long_as_allowed("", "-"), 1),
}


@pytest.mark.parametrize("name", LONG)
def test_reports_as_long_as_they_may_be(tmp_path: Path, name: str) -> None:
    report, code = LONG[name]
    (tmp_path / "homework.md").write_text(report)
    done = in_time("build", "homework.md", "--to", "json", "-o", "out", cwd=tmp_path)
    assert "Traceback" not in done.stderr and "to be a report" not in done.stderr
    assert done.returncode == code, done.stderr[:400]
    assert done.stderr.startswith("error: ") or code == 0
    assert len(done.stderr) < 3000


@pytest.mark.parametrize(
    "text",
    ["[" * 1_000, "> " * 1_000 + "x", "*" * 20_000 + "x", "# A\n\n" * 500, "{{ " * 50_000],
    ids=["brackets", "quotes", "stars", "headings", "expressions"],
)
def test_markdown_that_is_hard_to_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "homework.md").write_text(FRONT + text)
    done = in_time("build", "homework.md", "--to", "json", "-o", "out", cwd=tmp_path)
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "formula",
    ["x" + " x" * 100, "x" + " + w x" * 200, "sigmoid(" * 30 + "x" + ")" * 30, "x / (1 + " * 30 + "x" + ")" * 30],
    ids=["product", "sum", "sigmoids", "fractions"],
)
def test_long_formulas(tmp_path: Path, formula: str) -> None:
    """A long line is no reason to wait; one that is too long may be refused."""
    (tmp_path / "homework.md").write_text(network(f"z = {formula}", "L = z^2", values="w = 1, x = 0.5"))
    done = in_time("build", "homework.md", "--to", "json", "-o", "out", cwd=tmp_path)
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr


# --------------------------------------------------------------------------------------- what builds all the same


@pytest.mark.parametrize("engine", ["typst", "latex"])
def test_text_of_an_author_is_text(derive: Callable[..., Any], tmp_path: Path, engine: str) -> None:
    """TeX, HTML and Typst in the prose and in the title block are printed as they stand and never executed."""
    from derive.engines import ENGINES

    if not ENGINES[engine].present():
        engine = "typst"
    hostile = r'50% & #1 $ _x ^y ~z {a} \input{x} #import "a" #sys <b>bold</b> @ref `code` "quoted"'
    quoted = hostile.replace("'", "''")
    report = f"---\ntitle: '{quoted}'\nauthors: ['{quoted}']\ncourse: '{quoted}'\n---\n"
    report += '# A <script>alert(1)</script> #x\n\n#import "x": * and #sys.version and 50\\% & \\$ <b>x</b>\n\n'
    report += "- #let x = 1\n\n`\\input{/etc/passwd}`\n\n```{=latex}\n\\input{/etc/passwd}\n```\n\n{% raw %} {{{x}}}\n"
    (tmp_path / "homework.md").write_text(report)
    run = derive("build", "homework.md", "--engine", engine, "--to", "pdf,tex")
    assert run.code == 0, run.err
    text = " ".join(page.extract_text() for page in PdfReader(tmp_path / "build" / "homework.pdf").pages)
    for piece in (
        "50%",
        "#1",
        r"\input{x}",
        "#import",
        "<b>bold</b>",
        "<script>",
        "#sys.version",
        "{% raw %}",
        "root:",
    ):
        assert (piece in text) == (piece != "root:"), piece


def test_duplicate_heading_ids(derive: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "homework.md").write_text(FRONT + "# A {#a}\n\n# B {#a}\n")
    run = derive("build", "homework.md")
    assert run.code in (0, 1)
    if run.code:
        assert "a" in run.err and "homework.md:14" in run.err


@pytest.mark.parametrize(("value", "u"), [("0", 0), ("1", 1), ("1/2", 0.5)])
def test_a_kink_hit_exactly(derive: Callable[..., Any], tmp_path: Path, value: str, u: float) -> None:
    """The document is built, with the convention in it."""
    report = network("z = w x", r"h = \text{ReLU}(z)", "L = (h - t)^2", values="w = 2, x = 0, t = 3")
    report = report.replace("title: Exercise", f"title: Exercise\nnotation: {{relu_at_0: {value}}}")
    (tmp_path / "homework.md").write_text(report)
    run = derive("build", "homework.md", "--to", "pdf,json", "-o", ".")
    assert run.code == 0, run.err
    found = json.loads((tmp_path / "homework.json").read_text())["problems"]["net"]
    assert found["gradients"]["z"]["value"] == -6 * u
    text = "".join("".join(page.extract_text() for page in PdfReader(tmp_path / "homework.pdf").pages).split())
    assert "kink" in text
    assert "u(0)=" in text.replace("𝑢", "u")
    assert "sign(0)" not in text, "a convention that this network does not use"


@pytest.mark.parametrize(
    ("value", "number"), [("1e-8", 1e-8), ("010", 10), ("0.1", 0.1), (".5", 0.5), ("1{,}5", 1.5), ("+3", 3)]
)
def test_numbers_are_read_by_the_grammar(derive: Callable[..., Any], tmp_path: Path, value: str, number: float) -> None:
    """`1e-8` is a number and `010` is ten, whatever YAML thinks."""
    for i, values in enumerate((f"w = {value}, x = 1", f"'w = {value}, x = 1'", f'"w = {value}, x = 1"')):
        (tmp_path / f"r{i}.md").write_text(network("z = w x", "L = z^2", values=values))
    if "{" not in value:
        (tmp_path / "r3.md").write_text(network("z = w x", "L = z^2", values=f"{{w: {value}, x: 1}}"))
    run = derive("build", *sorted(f.name for f in tmp_path.glob("*.md")), "--to", "json")
    assert run.code == 0, run.err
    for report in json.loads(run.out):
        assert report["problems"]["net"]["values"]["w"] == number


def test_words_of_yaml_are_names(derive: Callable[..., Any], tmp_path: Path) -> None:
    r"""`y`, `on`, `no` are no truth values, and `"\beta"` is no backspace."""
    report = network("z = y no", r"L = (z - \beta)^2", data="[y, no]", values='{y: 2, no: 3, "\\beta": 1}')
    (tmp_path / "homework.md").write_text(report)
    run = derive("build", "homework.md", "--to", "json")
    assert run.code == 0, run.err
    assert json.loads(run.out)["problems"]["net"]["values"] == {"y": 2, "no": 3, r"\beta": 1, "z": 6, "L": 25}


def test_messages_of_several_reports(derive: Callable[..., Any], tmp_path: Path) -> None:
    for name in ("one.md", "two.md"):
        (tmp_path / name).write_text(marked(PLACED["division by zero"][0])[0])
    run = derive("build", "one.md", "two.md")
    assert run.code == 1
    assert "one.md" in run.err and "two.md" in run.err


def test_no_locale_is_needed(tmp_path: Path) -> None:
    """Messages with ‹…› and Greek letters come out where the terminal speaks ASCII only."""
    (tmp_path / "homework.md").write_text(changed("b = 0", "b = 0, ω = 1"), encoding="utf-8")
    env = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "derive", "build", "homework.md"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, timeout=20)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
