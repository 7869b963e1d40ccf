"""Engines: from a document to a PDF; the only place that compiles anything."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from derive.document import Document
from derive.errors import Fault, nearest
from derive.writers import WRITERS
from derive.writers.templates import Look

_SECONDS = 60
_RUNS = 4
_RERUN = re.compile(r"Rerun to get|Table widths have changed|Label\(s\) may have changed|rerunfilecheck Warning")
# TeX may read and write in its own folder only; a fixed date makes the same bytes of the same input.
_ENVIRONMENT = {
    "openin_any": "p",
    "openout_any": "p",
    "SOURCE_DATE_EPOCH": "0",
    "FORCE_SOURCE_DATE": "1",
    "max_print_line": "200",
}


@dataclass(frozen=True, slots=True)
class Engine:
    """format: the writer whose source it takes. present: can it run here? run: from a folder with main.* to a PDF."""

    format: str
    present: Callable[[], bool]
    run: Callable[[Path], bytes]


def compile(document: Document, look: Look, engine: str = "auto") -> tuple[bytes, str]:
    """Return the PDF and the name of the engine that made it; `auto` is LaTeX where it is installed, else Typst.

    Raises a Fault for an unknown or a missing engine, a run that fails or does not end, and what the writers refuse.
    """
    if engine == "auto":
        engine = next(name for name, known in ENGINES.items() if known.present())
    if engine not in ENGINES:
        raise Fault(
            f"no engine is called {engine!r}", expected=", ".join(["auto", *ENGINES]), reason=nearest(engine, ENGINES)
        )
    chosen = ENGINES[engine]
    if not chosen.present():
        raise Fault(f"the engine {engine} is not installed", fix="--engine typst needs nothing else")
    source, files = WRITERS[chosen.format](document, look)
    with TemporaryDirectory(prefix="derive-") as name:
        folder = Path(name)
        for file, content in {**files, f"main.{chosen.format}": source.encode()}.items():
            (folder / file).write_bytes(content)
        return chosen.run(folder), engine


def _latex(folder: Path) -> bytes:
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
    return (folder / "main.pdf").read_bytes()


def _read(file: Path) -> str:
    return file.read_text(errors="replace") if file.is_file() else ""


def _tail(log: str) -> str:
    """Return the log from its first error on, a few lines."""
    start = max(log.find("\n!"), 0)
    return "\n".join(log[start:].strip().splitlines()[:12]) if start else log[-800:].strip()


def _typst(folder: Path) -> bytes:
    """Run the embedded Typst with its embedded fonts alone, so that every machine makes the same bytes."""
    import typst

    try:
        made = typst.compile(str(folder / "main.typ"), root=str(folder), font_paths=[], ignore_system_fonts=True)
    except typst.TypstError as error:
        reason = "\n".join([str(error.message), *error.hints, *error.trace])
        raise Fault("typst failed", reason=reason.replace(str(folder) + os.sep, "")[-1500:]) from None
    return bytes(made)


# In the order in which `auto` tries them.
ENGINES: dict[str, Engine] = {
    "latex": Engine("tex", lambda: shutil.which("pdflatex") is not None, _latex),
    "typst": Engine("typ", lambda: True, _typst),
}
