"""An installed LaTeX."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from derive.engines.made import Made
from derive.errors import Fault

PROGRAMS = ("pdflatex", "lualatex")
_SECONDS = 60
_RUNS = 4
_RERUN = re.compile(r"Rerun to get|Table widths have changed|Label\(s\) may have changed|rerunfilecheck Warning")
_ENVIRONMENT = {
    "openin_any": "p",
    "openout_any": "p",
    "SOURCE_DATE_EPOCH": "0",
    "FORCE_SOURCE_DATE": "1",
    "max_print_line": "200",
}


def present() -> bool:
    return shutil.which("pdflatex") is not None


def run(folder: Path) -> Made:
    """Run pdflatex until the page numbers stand still. It reads no rc file, which latexmk would, and starts faster."""
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "main.tex"]
    for _ in range(_RUNS):
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, **_ENVIRONMENT},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise Fault(f"pdflatex did not finish in {_SECONDS} seconds") from None
        log = _read(folder / "main.log")
        if done.returncode:
            raise Fault("pdflatex failed", reason=_tail(log))
        if not _RERUN.search(log):
            break
    return Made((folder / "main.pdf").read_bytes(), "latex: pdflatex")


def _read(file: Path) -> str:
    return file.read_text(errors="replace") if file.is_file() else ""


def _tail(log: str) -> str:
    """Return the log from its first error on, a few lines."""
    start = max(log.find("\n!"), 0)
    return "\n".join(log[start:].strip().splitlines()[:12]) if start else log[-800:].strip()
