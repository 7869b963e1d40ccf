"""A report that has not changed is not built again; everything that goes into a build changes its key."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from derive import cache
from derive.many import build_one
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
    out = build_one(report, report.parent / "out", formats or FORMATS, "typst", options.get("statement", False))
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


def test_a_look_beside_the_report_changes_the_key(report: Path) -> None:
    key = cache.key_of(report, FORMATS, "typst", False)
    look = report.parent / "templates" / "own"
    look.mkdir(parents=True)
    (look / "template.tex").write_text("x")
    assert cache.key_of(report, FORMATS, "typst", False) != key


def test_sources_libraries_and_tex_change_the_key(
    report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [cache.key_of(report, FORMATS, "typst", False)]
    package = tmp_path / "copy" / "derive"
    shutil.copytree(cache._PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(cache, "_PACKAGE", package)
    (package / "expr.py").write_text("# another program\n")
    keys.append(cache.key_of(report, FORMATS, "typst", False))
    library = tmp_path / "site"
    (library / "typst-99.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(library))
    keys.append(cache.key_of(report, FORMATS, "typst", False))
    monkeypatch.setattr(cache, "_tex", lambda: ("/elsewhere/pdflatex", 1.0))
    keys.append(cache.key_of(report, FORMATS, "typst", False))
    assert len(set(keys)) == 4


def test_a_failed_build_is_not_remembered(report: Path) -> None:
    report.write_text(REPORT.replace(r"h = \sigma(z)", r"h = \sigma(q z"), encoding="utf-8")
    for _ in range(2):
        assert build_one(report, report.parent / "out", FORMATS, "typst", False).code == 1
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
        "import sys; from pathlib import Path; from derive.many import build_one;"
        "out = build_one(Path('homework.md'), Path('out'), ('tex', 'json'), 'typst', False);"
        "heavy = {'yaml', 'jinja2', 'mpmath', 'sympy', 'typst', 'pylatex', 'numpy'} & set(sys.modules);"
        "assert out.engine == 'unchanged' and not heavy, (out, heavy)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=report.parent, check=True)
