"""Which reports need no building: a record in the user's cache says what an output was made from.

The key covers everything that goes in: the report, the options, the looks, derive's own sources, the versions of all
installed libraries, the engine. Only the standard library is imported before a record has been looked up.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Record:
    """What a build made: the files by name with their hashes, the engine, notes for the author."""

    key: str
    files: dict[str, str]
    engine: str
    notes: tuple[str, ...]


def key_of(report: Path, formats: tuple[str, ...], engine: str, statement: bool) -> str:
    """Return the hash of everything that a build depends on; raises OSError where the report cannot be read."""
    parts: list[bytes] = [report.name.encode(), report.read_bytes()]
    parts.append(repr((sorted(formats), engine, statement, sys.version, sorted(_libraries()))).encode())
    parts.append(repr(_tex()).encode())
    for root in (_PACKAGE, _PACKAGE.parent / "templates", report.resolve().parent / "templates"):
        for file in sorted(_sources(root)):
            parts += [str(file.relative_to(root)).encode(), file.read_bytes()]
    return _hash(b"".join(_hash(part).encode() for part in parts))


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


def _sources(root: Path) -> Iterator[Path]:
    """Yield the files of a folder that can change what is written."""
    if root.is_dir():
        yield from (file for file in root.rglob("*") if file.is_file() and "__pycache__" not in file.parts)


def _libraries() -> Iterator[str]:
    """Yield the installed libraries with their versions, as the names of their records."""
    for folder in sys.path:
        if folder and os.path.isdir(folder):
            yield from (entry.name for entry in os.scandir(folder) if entry.name.endswith((".dist-info", ".egg-info")))


def _tex() -> tuple[str, float] | None:
    """Return the TeX that would be run, and when it was installed."""
    program = shutil.which("pdflatex")
    return (program, os.stat(program).st_mtime) if program else None
