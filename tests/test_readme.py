"""The README does what it says: its commands run, its report builds, its tables are complete."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from derive.build import BLOCKS
from derive.errors import Fault
from derive.front.frontmatter import read
from derive.notation import KEYS as NOTATION
from derive.problems import load_network
from derive.report import KEYS as REPORT
from derive.source import Source

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def fenced(language: str) -> list[str]:
    """Return the blocks of code in a language."""
    return [m[2] for m in re.finditer(rf"^(`{{3,}}){language}\n(.*?)^\1$", README, re.S | re.M)]


COMMANDS = [line.split("#")[0].strip() for block in fenced("sh") for line in block.splitlines() if line.strip()]
SETUP = [line for line in COMMANDS if line.startswith("python3 -m venv")]


def first_report() -> str:
    (report,) = fenced("markdown")
    return report


@pytest.fixture
def here(tmp_path: Path, root: Path) -> Path:
    """A folder with what the commands of the README name."""
    shutil.copytree(root / "reports", tmp_path / "reports")
    (tmp_path / "homework.md").write_text(first_report(), encoding="utf-8")
    return tmp_path


# ---------------------------------------------------------------------------------------------- commands


def test_two_commands_do_all_the_set_up() -> None:
    assert len(SETUP) == 2, "one line each"
    build, test = SETUP
    for line in SETUP:
        assert re.search(r"\.venv/bin/pip install -q (-e )?['\"]?\.", line)
    assert build.endswith(".venv/bin/derive build reports/skip_connection.md")
    assert test.endswith(".venv/bin/python -m pytest -n 2")


def test_the_set_up_names_what_there_is(root: Path) -> None:
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"derive": "derive.cli:main"}
    assert "[test]" in SETUP[1] and "test" in project["optional-dependencies"]
    assert (root / "reports" / "skip_connection.md").is_file()
    least = re.search(r"Python (\d\.\d+) or later", README)
    assert least is not None and project["requires-python"] == f">={least[1]}"


def derive_commands() -> list[str]:
    """Return the commands of the blocks and of the running text."""
    inline = re.findall(r"`(derive [^`]+)`", README)
    return [c for c in dict.fromkeys([*COMMANDS, *inline]) if c.startswith("derive ")]


@pytest.mark.parametrize("command", derive_commands())
def test_commands(derive: Callable[..., Any], here: Path, command: str) -> None:
    words = shlex.split(command)[1:]
    if words[0] == "new":
        (here / words[1]).unlink()
    words = [
        x for w in words for x in ([str(f.relative_to(here)) for f in here.glob(w)] if w.endswith("*.md") else [w])
    ]
    run = derive(*words)
    if "latex" in words and shutil.which("pdflatex") is None:
        assert run.code == 1 and "not installed" in run.err
        return
    assert run.code == 0, run.err


def test_there_are_commands_of_every_kind() -> None:
    assert {c.split()[1] for c in derive_commands()} == {"build", "parse", "new", "list", "equal", "explain", "grad"}


def test_the_derivative_shown_is_the_one_printed(derive: Callable[..., Any]) -> None:
    (shown,) = (block for block in fenced("console") if block.startswith("$ derive grad"))
    command, _, output = shown.partition("\n")
    run = derive(*shlex.split(command)[2:])
    assert run.code == 0 and run.out == output


def test_the_first_report_builds(derive: Callable[..., Any], here: Path) -> None:
    run = derive("build", "homework.md", "--to", "pdf,tex,json", "-o", "build")
    assert run.code == 0, run.err
    assert "writes `build/homework.pdf`" in README and (here / "build" / "homework.pdf").is_file()
    tex = (here / "build" / "homework.tex").read_text(encoding="utf-8")
    assert "The loss falls from" in tex and "4 points" in tex


def test_the_error_shown_is_the_error_printed(derive: Callable[..., Any], here: Path) -> None:
    (shown,) = (block for block in fenced("text") if block.startswith("error: "))
    place = re.search(r"--> homework\.md:(\d+):\d+", shown)
    source = re.search(r"^\d+ \| (.*)$", shown, re.M)
    assert place is not None and source is not None
    lines = first_report().splitlines()
    at = next(i for i, line in enumerate(lines) if line.strip().startswith("values:"))
    lines[at] = source[1]
    lines[at:at] = ["    # a line more"] * (int(place[1]) - 1 - at)
    lines = lines if at <= int(place[1]) - 1 else [line for i, line in enumerate(lines) if i != 1]
    (here / "homework.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    run = derive("build", "homework.md")
    assert run.code == 1
    assert run.err == shown


# ------------------------------------------------------------------------------------------------ tables


def table_after(heading: str) -> list[str]:
    """Return the words in code of the first column of a table."""
    rows = README[README.index(heading) :].split("\n\n")[0].splitlines()[2:]
    return [word for row in rows for word in re.findall(r"`([^`]+)`", row.split("|")[1])]


def test_every_key_of_a_network_is_described() -> None:
    table = README[README.index("| key of a network |") :].split("\n\n")[0]
    assert set(table_after("| key of a network |")) <= set(load_network.KEYS)
    assert set(load_network.KEYS) <= set(re.findall(r"`(\w+)`", table))


@pytest.mark.parametrize("key", table_after("| key of a network |"))
def test_every_key_described_is_accepted(key: str) -> None:
    front, _ = read(Source("r.md", f"---\n{key}: x\n---\n"))
    front.check(load_network.KEYS)
    with pytest.raises(Fault, match="unknown key"):
        read(Source("r.md", f"---\n{key}s_: x\n---\n"))[0].check(load_network.KEYS)


def test_examples_of_the_keys_are_read(derive: Callable[..., Any], tmp_path: Path) -> None:
    """The values that the table gives as examples build together."""
    report = r"""---
title: x
notation: {derivative: d}
networks:
  net:
    forward: |
      z = w_1 x + w_2
      h = g(z) = \text{ReLU}(z)
      L = \sigma(f(h))
    data: x
    constants: w_2
    wrt: w_1
    values: x = 1, w_1 = w_2 = 0.5
    update: {rule: sgd, learning_rate: \alpha = 1}
    where: f = \text{ReLU}
    also: x = x_1
    loss: L
  other: {like: net, parameters: w_1, notation: {product: \cdot}}
---
{{ net.backward(numbers=true) }}
"""
    for example in (
        r"h = g(z) = \text{ReLU}(z)",
        "w_1 = w_2 = 0.5",
        r"{rule: sgd, learning_rate: \alpha = 1}",
        r"f = \text{ReLU}",
        "x = x_1",
    ):
        assert example in README and example in report
    (tmp_path / "r.md").write_text(
        report.replace("    data: x\n", "", 1).replace("constants: w_2", "constants: x, w_2")
    )
    run = derive("build", "r.md", "--to", "json")
    assert run.code == 0, run.err


def test_every_key_of_a_report_is_described() -> None:
    section = README[README.index("## The front matter") : README.index("## The body")]
    missing = [key for key in REPORT if f"`{key}`" not in section and f"`{key}:" not in section and key != "networks"]
    assert not missing


def test_notation_is_described_or_listed(derive: Callable[..., Any]) -> None:
    section = README[README.index("`notation` knows") :].split("\n\n")[0]
    described = set(re.findall(r"`(\w+)`", section)) & set(NOTATION)
    assert {"derivative", "product", "log", "relu_at_0", "digits", "carry", "decimal"} <= described
    assert "`derive list notation`" in README
    listed = {line.split()[0] for line in derive("list", "notation").out.splitlines()}
    assert listed == set(NOTATION)


def test_blocks_are_listed_and_those_of_the_table_exist(derive: Callable[..., Any]) -> None:
    listed = {line.split()[0] for line in derive("list", "blocks").out.splitlines()}
    offered = {name for offers in BLOCKS.values() for name in offers}
    assert offered <= listed
    named = {re.match(r"\w+", word)[0] for word in table_after("| block | shows |") if not word.endswith("=")}  # type: ignore[index]
    assert named <= offered | {"compare"}, "the README names a block that there is not"
    assert {"forward", "backward", "gradients", "update", "conventions", "given", "vary", "compare"} <= named


def test_options_named_for_blocks_exist() -> None:
    rows = README[README.index("| block | shows |") :].split("\n\n")[0]
    options = {m[1] for m in re.finditer(r"\b(\w+)=", rows)}
    assert options <= {o for offers in BLOCKS.values() for offer in offers.values() for o in offer.options}


def test_files_that_are_named_exist(root: Path) -> None:
    for word in re.findall(r"`(?:python )?((?:tests|reports|templates)/[\w./]+)`", README) + re.findall(
        r"(?<!!\[caption)\]\(([^)#:]+)\)", README
    ):
        assert (root / word).exists(), word
