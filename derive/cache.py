"""Which reports need no building: a record in the user's cache says what an output was made from.

The key covers everything that goes in: the report, the pictures it names, the options, the looks, derive's own
sources, the versions of all installed libraries, the TeX that would be run. Only the standard library is imported
before a record has been looked up.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent
_LARGEST = 100_000_000  # bytes of a file that is read, more than any that a build takes
_LONGEST_NAME = 300
# How the name of a picture ends, and what stands before it, a word or a text in brackets.
_ENDING = re.compile(r"\.(?:svg|pdf|png|jpe?g)(?![A-Za-z0-9])", re.IGNORECASE)
_BEFORE = (re.compile(r"[\s()<>\[\]{}\"'`|]"), re.compile(r"[()<>\n\"]"))


@dataclass(frozen=True, slots=True)
class Record:
    """What a build made: the files by name with their hashes, the engine, notes for the author."""

    key: str
    files: dict[str, str]
    engine: str
    notes: tuple[str, ...]


def key_of(report: Path, formats: tuple[str, ...], engine: str, statement: bool) -> str:
    """Return the hash of everything that a build depends on; raises OSError where the report cannot be read."""
    text = report.read_bytes()
    options = (report.name, sorted(set(formats)), engine, statement, _tex(formats, engine), _program(_PACKAGE))
    parts = [repr(options), _hash(text)]
    parts += [f"{name} {_content(file)}" for name, file in sorted(pictures(report, text).items())]
    for root in looks(report):
        parts += [f"{file.relative_to(root)} {_content(file)}" for file in sorted(_files(root))]
    return _hash("\n".join(parts).encode(errors="surrogateescape"))


def inputs(report: Path) -> list[Path]:
    """Return the files of an author that a build reads: the report, pictures that it names, looks beside it."""
    try:
        named = pictures(report, report.read_bytes()).values()
    except OSError:
        named = dict[str, Path]().values()
    return [report, *named, *_files(_beside(report))]


def pictures(report: Path, text: bytes) -> dict[str, Path]:
    """Return name → path of whatever may be the name of a picture in a report; not all of them need be there."""
    from urllib.parse import unquote

    prose = text.decode(errors="replace")
    ended = {prose[max(0, m.start() - _LONGEST_NAME) : m.end()] for m in _ENDING.finditer(prose)}
    named = {before.split(piece)[-1] for piece in ended for before in _BEFORE}
    root = report.resolve().parent
    return {name: root / name for name in named | {unquote(name) for name in named}}


def looks(report: Path) -> tuple[Path, ...]:
    """Return the folders that the look of a report may come from."""
    return _beside(report), _PACKAGE / "_templates", _PACKAGE.parent / "templates"


def _beside(report: Path) -> Path:
    return report.resolve().parent / "templates"


def find(folder: Path, report: Path, key: str) -> Record | None:
    """Return the record of a build with this key whose files are still what it wrote, None otherwise."""
    try:
        stored: dict[str, Any] = json.loads(place(folder, report).read_bytes())
        record = Record(stored["key"], stored["files"], stored["engine"], tuple(stored["notes"]))
        whole = all(_hash((folder / name).read_bytes()) == known for name, known in record.files.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return record if whole and record.key == key and record.files else None


def remember(folder: Path, report: Path, record: Record) -> None:
    """Write the record of a build; where none can be written, the next build is not skipped."""
    target = place(folder, report)
    temporary = target.with_suffix(f".{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        stored = {"key": record.key, "files": record.files, "engine": record.engine, "notes": record.notes}
        temporary.write_text(json.dumps(stored))
        os.replace(temporary, target)
    except OSError:
        with suppress(OSError):
            temporary.unlink()


def place(folder: Path, report: Path) -> Path:
    """Return where the record of an output is kept."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(home) / "derive" / f"{_hash(str(folder.resolve() / report.stem).encode())}.json"


def hashes(files: tuple[Path, ...]) -> dict[str, str]:
    """Return file name → hash."""
    return {file.name: _hash(file.read_bytes()) for file in files}


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _content(file: Path) -> str:
    """Return the hash of a file, or why it cannot be read."""
    try:
        return _hash(file.read_bytes()) if file.is_file() and file.stat().st_size <= _LARGEST else "none"
    except (OSError, ValueError) as wrong:
        return type(wrong).__name__


def _files(root: Path) -> Iterator[Path]:
    """Yield the files of a folder that can change what is written."""
    if root.is_dir():
        yield from (file for file in root.rglob("*") if file.is_file() and "__pycache__" not in file.parts)


@functools.cache
def _program(package: Path) -> str:
    """Return the hash of what runs: derive, its libraries, Python. Once: a process goes on with what it has loaded."""
    libraries = {
        entry.name
        for folder in sys.path
        if folder and os.path.isdir(folder)
        for entry in os.scandir(folder)
        if entry.name.endswith((".dist-info", ".egg-info"))
    }
    sources = [f"{file.relative_to(package)} {_content(file)}" for file in sorted(_files(package))]
    return _hash("\n".join([sys.version, *sorted(libraries), *sources]).encode())


def _tex(formats: tuple[str, ...], engine: str) -> list[tuple[str | int, ...]]:
    """Return the TeX that may be run, what says that it has been installed anew, and where it looks for its files."""
    if "pdf" not in formats or engine == "typst":
        return []
    found = [shutil.which(name) for name in ("pdflatex", "lualatex", "latexmk")]
    known = [(program, os.stat(program)) for program in found if program]
    programs = [(program, stat.st_mtime_ns, stat.st_size) for program, stat in known]
    return [*programs, *sorted(item for item in os.environ.items() if item[0].startswith("TEX"))]
