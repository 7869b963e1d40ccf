"""An installed LaTeX: pdflatex, else lualatex, run until its page numbers stand still.

This is what latexmk does; without it no rc file is read, which could run commands, and the start is faster. Numbers of
pages and entries of the contents are kept from build to build, so that mostly one run is enough.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from derive.engines import kept, preamble, process, tex_log
from derive.engines.made import Made
from derive.errors import Fault

PROGRAMS = ("pdflatex", "lualatex")
SECONDS = 60.0  # for a run
_RUNS = 5
_STATE = ("main.aux", "main.toc", "main.out")
# TeX may read and write in its own folder only; a fixed date makes the same bytes of the same input.
_ENVIRONMENT = {
    "openin_any": "p",
    "openout_any": "p",
    "SOURCE_DATE_EPOCH": "0",
    "FORCE_SOURCE_DATE": "1",
    "max_print_line": "1000",
    "error_line": "250",
    "half_error_line": "230",
}


def present() -> bool:
    return any(map(shutil.which, PROGRAMS))


def run(folder: Path) -> Made:
    """Return the PDF of main.tex. Raises a Fault for a run that fails, with the line of the report, or does not end."""
    program = next(name for name in PROGRAMS if shutil.which(name))
    source = (folder / "main.tex").read_text(encoding="utf-8")
    form = preamble.format_of(source, str(shutil.which(program)), _ENVIRONMENT) if program == "pdflatex" else None
    name = _head(source)
    old = _restore(folder, kept.load(name))
    done = _settled(folder, program, form)
    if not done and (form or old):  # what was kept may be at fault: once more, from nothing
        kept.drop(kept.place() / f"{name}.json", *([form] if form else []), *(folder / file for file in _STATE))
        done = _settled(folder, program)
    if not done:
        raise tex_log.fault(program, _read(folder / "main.log").decode(errors="replace"), source)
    state = _state(folder)
    if state != old:
        kept.save(name, state)
    return Made((folder / "main.pdf").read_bytes(), f"latex: {program}")


def _settled(folder: Path, program: str, form: Path | None = None) -> bool:
    """Run TeX until what it has written for its next run stands still; False for a run that fails.

    form: a format that holds the preamble.
    """
    command = [program, "-interaction=batchmode", "-halt-on-error", "-no-shell-escape", "-file-line-error"]
    environment = dict(_ENVIRONMENT)
    if form is not None:
        source = (folder / "main.tex").read_text(encoding="utf-8")
        (folder / "short.tex").write_text(preamble.without(source), encoding="utf-8")
        environment["TEXFORMATS"] = f"{form.parent}{os.pathsep}"
        command += [f"-fmt={form.stem}", "-jobname=main", "short.tex"]
    else:
        command += ["main.tex"]
    before = _state(folder)
    for _ in range(_RUNS):
        try:
            if process.run(command, folder, environment, SECONDS):
                return False
        except subprocess.TimeoutExpired:
            title = f"{program} did not finish in {SECONDS:g} seconds"
            raise Fault(title, reason="the document is very long, or its look never ends") from None
        after = _state(folder)
        if after == before:
            break
        before = after
    return True


def _state(folder: Path) -> dict[str, str]:
    """Return what a run has written and the next one depends on."""
    found = {name: _read(folder / name).decode("latin-1") for name in _STATE}
    # Entries for contents that nobody has asked for change with every page; those asked for are in main.toc.
    lines = found["main.aux"].splitlines(keepends=True)
    return {**found, "main.aux": "".join(line for line in lines if not line.startswith("\\@writefile"))}


def _restore(folder: Path, state: dict[str, Any]) -> dict[str, str]:
    """Write what an earlier build has kept, and return it; nothing where it is not as it should be."""
    if set(state) != set(_STATE) or not all(isinstance(text, str) for text in state.values()):
        return {}
    for name, text in state.items():
        (folder / name).write_bytes(text.encode("latin-1", "replace"))
    return state


def _head(source: str) -> str:
    """Return the name of a document: it is probably the same one if all before its first page is the same."""
    return hashlib.sha256(source.partition("\\begin{document}")[0].encode()).hexdigest()[:40]


def _read(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""
