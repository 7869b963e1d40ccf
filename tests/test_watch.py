"""`derive build --watch`: a process that builds at every save, keeps the last good output, and ends with Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from derive.starter import REPORT

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="{}" height="9"/></svg>'
LINE = re.compile(r"^\d\d:\d\d:\d\d  (.*)  \((.*)\)$")


class Watching:
    """The command in a process of its own, and the lines it has said."""

    def __init__(self, folder: Path, *args: str) -> None:
        command = [sys.executable, "-m", "derive", "build", *args, "--watch", "-o", "out"]
        self.folder = folder
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        self.said: list[str] = []
        self.read = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line.rstrip("\n"))

    def next(self, seconds: float = 20) -> tuple[str, list[str]]:
        """Wait for the next line about a build; return it and the lines before it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for i in range(self.read, len(self.said)):
                if LINE.match(self.said[i]):
                    before, self.read = self.said[self.read : i], i + 1
                    return self.said[i], before
            time.sleep(0.01)
        pytest.fail(f"nothing was built: {self.said}")

    def interrupt(self) -> int:
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(10)


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Callable[..., Watching]]:
    (tmp_path / "homework.md").write_text(REPORT, encoding="utf-8")
    started: list[Watching] = []

    def start(*args: str) -> Watching:
        started.append(Watching(tmp_path, *args))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def save(file: Path, text: str) -> None:
    """Write as editors do: a new file that takes the place of the old one."""
    fresh = file.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, file)


def test_saves_are_built_and_a_broken_one_keeps_the_last_output(
    watching: Callable[..., Watching], tmp_path: Path
) -> None:
    report, page = tmp_path / "homework.md", tmp_path / "out" / "homework.tex"
    run = watching("homework.md", "--to", "tex")
    assert "out/homework.tex  (" in run.next()[0]

    save(report, REPORT.replace("Exercise 1", "Exercise 2"))
    line, _ = run.next()
    assert "Exercise 2" in page.read_text(encoding="utf-8")
    seconds = re.search(r"(\d+\.\d\d) s\)$", line)
    assert seconds is not None and float(seconds[1]) < 1, "libraries stay loaded"

    good = page.read_bytes()
    save(report, REPORT.replace("{{ net.forward }}", "{{ net.forwad }}"))
    line, before = run.next()
    assert "the last output stays" in line
    assert "error: unknown block `forwad`" in before and page.read_bytes() == good

    report.write_text(REPORT.replace("Exercise 1", "Exercise 3"), encoding="utf-8")  # in place
    assert "out/homework.tex" in run.next()[0]
    assert "Exercise 3" in page.read_text(encoding="utf-8")

    report.unlink()
    line, before = run.next()
    assert "error: cannot read homework.md" in before
    save(report, REPORT)
    assert "out/homework.tex" in run.next()[0]

    assert run.interrupt() == 0
    assert not [line for line in run.said if "Traceback" in line or "Aborted" in line]
    assert list(tmp_path.glob("out/.*")) == []


def test_pictures_looks_and_several_reports(watching: Callable[..., Watching], tmp_path: Path, root: Path) -> None:
    (tmp_path / "curve.svg").write_text(SVG.format(3))
    look = tmp_path / "templates" / "own"
    look.mkdir(parents=True)
    template = (root / "templates" / "homework" / "template.tex").read_text(encoding="utf-8")
    (look / "template.tex").write_text(template, encoding="utf-8")
    own = REPORT.replace("template: homework", "template: own") + '\n![A curve](curve.svg){alt="A curve"}\n'
    (tmp_path / "own.md").write_text(own, encoding="utf-8")

    run = watching("homework.md", "own.md", "--to", "tex")
    assert ["homework" in run.next()[0], "own" in run.next()[0]] == [True, True]

    save(tmp_path / "curve.svg", SVG.format(7))
    line, _ = run.next()
    assert "out/own" in line and "homework" not in line, "only the report that names it"
    save(tmp_path / "homework.md", REPORT.replace("Exercise 1", "Exercise 2"))
    line, _ = run.next()
    assert "out/homework" in line and "own" not in line

    save(look / "template.tex", "% mine\n")
    while "out/own" not in run.next()[0]:
        pass
    assert (tmp_path / "out" / "own.tex").read_text(encoding="utf-8") == "% mine\n"
    assert run.interrupt() == 0


def test_nothing_is_built_when_nothing_changes(watching: Callable[..., Watching], tmp_path: Path) -> None:
    run = watching("homework.md", "--to", "tex")
    run.next()
    said = len(run.said)
    time.sleep(0.6)
    assert len(run.said) == said
    os.utime(tmp_path / "homework.md")
    assert "(unchanged)" in run.next()[0]


def test_watching_needs_a_place_for_json(watching: Callable[..., Watching], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "derive", "build", "homework.md", "--watch", "--to", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "-o" in done.stderr
