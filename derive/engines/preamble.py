"""Preambles that TeX need not read again: each is kept as a format in the user's cache.

A look says with a line how far its preamble is the same for every document. A format is good as long as the files that
it was made from are what they were. Where none can be made or kept, TeX reads the preamble itself.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from derive.engines import kept, process

MARK = "%%% What follows depends on the document."
# xcolor begins the first page with a colour when it is read; a format holds no pages.
_LOST = r"\ifcsname ver@xcolor.sty\endcsname\color{black}\fi"
_PROGRAM = "pdftex"
_SECONDS = 60


def format_of(source: str, program: str, environment: Mapping[str, str]) -> Path | None:
    """Return a format that holds the preamble of a .tex up to the mark, None where there is none.

    program: the path of pdflatex. What is called like the format and ends in .json lists the files it was made from.
    """
    preamble, mark, _ = source.partition(MARK)
    if not mark or shutil.which(_PROGRAM) is None:
        return None
    key = hashlib.sha256(f"{program}\n{os.stat(program).st_mtime_ns}\n{preamble}".encode()).hexdigest()[:40]
    form = kept.place() / f"{key}.fmt"
    try:
        if not form.is_file() or not _good(kept.load(key)):
            kept.save(key, _make(preamble, form, environment))
        os.utime(form)  # it has been of use just now
    except (OSError, subprocess.SubprocessError):
        return None
    return form


def without(source: str) -> str:
    """Return a .tex whose preamble is in a format: the same lines, those up to the mark empty."""
    preamble, _, rest = source.partition(MARK)
    return "%\n" * preamble.count("\n") + _LOST + rest


def _good(inputs: dict[str, int]) -> bool:
    """Are the files that a format was made from still the same?"""
    return bool(inputs) and all(os.path.exists(f) and os.stat(f).st_mtime_ns == then for f, then in inputs.items())


def _make(preamble: str, form: Path, environment: Mapping[str, str]) -> dict[str, int]:
    """Write a format in one move, and return the files that it was made from with their times.

    Raises an OSError where TeX cannot make it or it cannot be written.
    """
    form.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="new-", dir=form.parent, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "kept.tex").write_text(preamble + "\\dump\n", encoding="utf-8")
        command = [_PROGRAM, "-ini", "-recorder", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape"]
        if process.run([*command, "&pdflatex", "kept.tex"], folder, environment, _SECONDS):
            raise OSError("TeX cannot make a format of this preamble")
        record = (folder / "kept.fls").read_text(encoding="utf-8", errors="surrogateescape")
        read = sorted({line[6:] for line in record.splitlines() if line.startswith("INPUT /")})
        os.replace(folder / "kept.fmt", form)
    return {file: os.stat(file).st_mtime_ns for file in read if os.path.exists(file)}
