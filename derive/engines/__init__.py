"""Engines: from a document to a PDF; the only place that compiles anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from derive.document import Document
from derive.engines import latex, typst
from derive.engines.made import Made
from derive.errors import Fault, nearest
from derive.writers import WRITERS
from derive.writers.templates import Look


@dataclass(frozen=True, slots=True)
class Engine:
    """format: the writer whose source it takes. present: can it run here? run: from a folder with main.* to a PDF."""

    format: str
    present: Callable[[], bool]
    run: Callable[[Path], Made]


# In the order in which `auto` tries them.
ENGINES: dict[str, Engine] = {
    "latex": Engine("tex", latex.present, latex.run),
    "typst": Engine("typ", lambda: True, typst.run),
}


def compile(document: Document, look: Look, engine: str = "auto") -> Made:
    """Return the PDF and what made it; `auto` is LaTeX where it is installed, else Typst.

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
        raise Fault(
            f"the engine {engine} is not installed",
            expected=f"one of {', '.join(latex.PROGRAMS)} on the PATH",
            fix="--engine typst, which needs nothing else",
        )
    source, files = WRITERS[chosen.format](document, look)
    with TemporaryDirectory(prefix="derive-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for file, content in {**files, f"main.{chosen.format}": source.encode()}.items():
            (folder / file).write_bytes(content)
        return chosen.run(folder)
