"""A report that has not changed is not built again; everything that goes into a build changes its key."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from derive import cache
from derive.many import Order, build_one
from derive.starter import REPORT

FORMATS = ("tex", "json")


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "homework.md"
    path.write_text(REPORT, encoding="utf-8")
    return path


def build(report: Path, *formats: str, **options: bool) -> str:
    """Return what set the PDF, or "unchanged"."""
    out = build_one(report, Order(report.parent / "out", formats or FORMATS, statement=options.get("statement", False)))
    assert not out.faults
    return out.engine


def test_the_second_build_is_skipped_and_the_files_stay(report: Path) -> None:
    assert build(report) == ""
    before = {f.name: f.read_bytes() for f in (report.parent / "out").iterdir() if f.is_file()}
    assert build(report) == "unchanged"
    assert {f.name: f.read_bytes() for f in (report.parent / "out").iterdir() if f.is_file()} == before


def test_touching_without_a_change_builds_nothing(report: Path) -> None:
    build(report)
    os.utime(report, (1, 1))
    assert build(report) == "unchanged"


def test_a_changed_report_is_built(report: Path) -> None:
    build(report)
    report.write_text(REPORT.replace("w = 0.5", "w = 0.25"), encoding="utf-8")
    assert build(report) == ""
    assert build(report) == "unchanged"


def test_other_options_build(report: Path) -> None:
    build(report)
    assert build(report, "tex") == ""
    assert build(report, "tex", statement=True) == ""


@pytest.mark.parametrize("harm", [Path.unlink, lambda p: p.write_text("changed by hand")])
def test_an_output_that_is_gone_or_changed_is_built_again(report: Path, harm: object) -> None:
    build(report)
    harm(report.parent / "out" / "homework.json")  # type: ignore[operator]
    assert build(report) == ""
    assert '"report"' in (report.parent / "out" / "homework.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "record", ["", "{", "[]", '{"key": 1}', '{"key": "x", "files": [], "engine": "", "notes": []}']
)
def test_a_broken_record_only_means_another_build(report: Path, record: str) -> None:
    build(report)
    cache.place(report.parent / "out", report).write_text(record)
    assert build(report) == ""
    assert build(report) == "unchanged"


# ---------------------------------------------------------------------------------------------------- the key


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the program's sources and looks that a test may change; returns its package."""
    package = tmp_path / "copy" / "derive"
    for folder in (cache._PACKAGE, cache._PACKAGE.parent / "templates"):
        shutil.copytree(folder, package.parent / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(cache, "_PACKAGE", package)
    yield package
    cache._program.cache_clear()


@pytest.fixture
def scene(report: Path, program: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """A report with all that a build may read."""
    pictures = "![a](one.svg){alt=x} ![b](<with blank.png>) ![c](figures/caf%C3%A9.PDF) [d]: other.jpeg missing.svg"
    report.write_text(f"{REPORT}\n{pictures}\n", encoding="utf-8")
    (report.parent / "figures").mkdir()
    for name in ("one.svg", "with blank.png", "figures/café.PDF", "other.jpeg", "unnamed.svg"):
        (report.parent / name).write_text(name)
    look = report.parent / "templates" / "own" / "template.tex"
    look.parent.mkdir(parents=True)
    look.write_text("own")
    programs = report.parent / "bin"
    programs.mkdir()
    for name in ("pdflatex", "lualatex", "latexmk"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    return {"report": report, "folder": report.parent, "look": look, "bin": programs, "package": program}


def key(report: Path, engine: str = "auto", statement: bool = False, formats: tuple[str, ...] = ("pdf", "tex")) -> str:
    cache._program.cache_clear()  # as in a process of its own
    return cache.key_of(report, formats, engine, statement)


def add(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes((file.read_bytes() if file.is_file() else b"") + b" ")


Scene = dict[str, Path]
CHANGES: dict[str, Callable[[Scene], object]] = {
    "the report": lambda s: add(s["report"]),
    "a picture": lambda s: add(s["folder"] / "one.svg"),
    "a picture with a blank in its name": lambda s: add(s["folder"] / "with blank.png"),
    "a picture in a folder, its name encoded": lambda s: add(s["folder"] / "figures" / "café.PDF"),
    "a picture named elsewhere": lambda s: add(s["folder"] / "other.jpeg"),
    "a picture that goes": lambda s: (s["folder"] / "one.svg").unlink(),
    "a picture that comes": lambda s: add(s["folder"] / "missing.svg"),
    "a look beside the report": lambda s: add(s["look"]),
    "a new file of that look": lambda s: add(s["look"].with_name("look.toml")),
    "a look of the program": lambda s: add(s["package"].parent / "templates" / "homework" / "template.typ"),
    "what looks share": lambda s: add(s["package"].parent / "templates" / "_shared" / "new.tex"),
    "a source of the program": lambda s: add(s["package"] / "expr.py"),
    "a source in a folder": lambda s: add(s["package"] / "ops" / "losses.py"),
    "a library": lambda s: (s["folder"] / "site" / "typst-99.dist-info").mkdir(parents=True),
    "pdflatex": lambda s: add(s["bin"] / "pdflatex"),
    "lualatex": lambda s: os.utime(s["bin"] / "lualatex", (1, 1)),
    "latexmk that goes": lambda s: (s["bin"] / "latexmk").unlink(),
    "where TeX looks": lambda s: os.environ.__setitem__("TEXINPUTS", "/elsewhere:"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_key_changes_with(scene: Scene, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    monkeypatch.syspath_prepend(str(scene["folder"] / "site"))
    monkeypatch.setenv("TEXINPUTS", "")
    (scene["folder"] / "site").mkdir()
    before = key(scene["report"])
    CHANGES[change](scene)
    assert key(scene["report"]) != before


def test_the_key_changes_with_each_option(scene: Scene) -> None:
    report = scene["report"]
    other = report.with_name("other.md")
    shutil.copy(report, other)
    keys = [key(report), key(other), key(report, "latex"), key(report, "typst"), key(report, statement=True)]
    keys += [key(report, formats=kinds) for kinds in (("pdf",), ("tex",), ("pdf", "tex", "html"))]
    assert len(set(keys)) == len(keys)


def test_the_key_changes_with_nothing_else(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    report, folder = scene["report"], scene["folder"]
    before = key(report)
    for file in (report, folder / "one.svg", scene["look"], scene["package"] / "expr.py"):
        os.utime(file, (1, 1))
    assert key(report) == before, "time"
    assert key(report, formats=("tex", "pdf", "tex")) == before, "order"
    for file in (folder / "unnamed.svg", folder / "notes.txt", scene["package"] / "__pycache__" / "x.pyc"):
        add(file)
    assert key(report) == before, "files that no report names"
    monkeypatch.chdir(folder / "figures")
    assert key(Path("..") / "homework.md") == before, "the folder's name spelled differently"
    (folder / "link").symlink_to(folder)
    assert key(folder / "link" / "homework.md") == before
    monkeypatch.setenv("LANG", "C")
    assert key(report) == before, "the environment"
    shutil.move(folder / "bin" / "pdflatex", folder / "kept")
    typst = key(report, "typst")
    shutil.move(folder / "kept", folder / "bin" / "pdflatex")
    assert key(report, "typst") == typst, "TeX where none is run"


def test_what_is_watched_are_the_files_of_the_author(scene: Scene) -> None:
    found = {os.path.relpath(file, scene["folder"]) for file in cache.inputs(scene["report"])}
    named = {"homework.md", "one.svg", "with blank.png", "figures/café.PDF", "other.jpeg", "missing.svg"}
    assert named | {"templates/own/template.tex"} <= found and "unnamed.svg" not in found


@pytest.mark.parametrize("name", ["pipe.svg", "folder.svg", "link.svg"])
def test_what_only_looks_like_a_picture_stops_nothing(report: Path, name: str) -> None:
    os.mkfifo(report.parent / "pipe.svg")
    (report.parent / "folder.svg").mkdir()
    (report.parent / "link.svg").symlink_to("/dev/zero")
    report.write_text(f"{REPORT}\n{name}\n", encoding="utf-8")
    assert build(report) == "" and build(report) == "unchanged"


def test_a_save_during_the_build_is_not_taken_for_what_was_built(report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import derive.build

    real = derive.build.build

    def slow(path: Path, *rest: object) -> object:
        built = real(path, *rest)  # type: ignore[arg-type]
        path.write_text(REPORT.replace("w = 0.5", "w = 0.25"), encoding="utf-8")
        return built

    monkeypatch.setattr(derive.build, "build", slow)
    assert build(report) == ""
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(report.parent / "cache"))
    report.write_text(REPORT, encoding="utf-8")
    assert build(report) == "", "no record was kept of it"


# ---------------------------------------------------------------------------------------- failures and messages


def test_a_failed_build_is_not_remembered(report: Path) -> None:
    report.write_text(REPORT.replace(r"h = \sigma(z)", r"h = \sigma(q z"), encoding="utf-8")
    for _ in range(2):
        assert build_one(report, Order(report.parent / "out", FORMATS)).code == 1
    assert not (report.parent / "out").exists()


def test_a_cache_that_cannot_be_written_only_means_another_build(report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (report.parent / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(report.parent / "file" / "below"))
    assert build(report) == build(report) == ""


def test_force_and_the_message(report: Path) -> None:
    def derive(*args: str) -> str:
        command = [sys.executable, "-m", "derive", "build", "homework.md", "-o", "out", "--to", "json", *args]
        return subprocess.run(command, cwd=report.parent, capture_output=True, text=True, check=True).stderr

    assert "unchanged" not in derive()
    assert "out/homework.json  (unchanged)" in derive()
    assert "unchanged" not in derive("--force")


def test_the_look_up_imports_nothing_heavy(report: Path) -> None:
    build(report)
    code = (
        "import sys; from pathlib import Path; from derive.many import Order, build_one;"
        "out = build_one(Path('homework.md'), Order(Path('out'), ('tex', 'json')));"
        "heavy = {'yaml', 'jinja2', 'mpmath', 'sympy', 'typst', 'pylatex', 'numpy'} & set(sys.modules);"
        "assert out.engine == 'unchanged' and not heavy, (out, heavy)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=report.parent, check=True)
