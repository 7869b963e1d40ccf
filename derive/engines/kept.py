"""What one run of TeX leaves for the next, in the user's cache; all of it may be lost at any time."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

_MOST = {".fmt": 12, ".json": 200}  # a format has some 7 MB


def place() -> Path:
    """Return the folder, which need not be there."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(home) / "derive" / "tex"


def load(name: str) -> dict[str, Any]:
    """Return what is kept under a name, nothing where that is lost or damaged."""
    try:
        found = json.loads((place() / f"{name}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def save(name: str, found: dict[str, Any]) -> None:
    """Keep something in one move; where nothing can be written, the next run takes longer."""
    target = place() / f"{name}.json"
    temporary = target.with_suffix(f".{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(found))
        os.replace(temporary, target)
    except OSError:
        drop(temporary)
    tidy()


def drop(*files: Path) -> None:
    for file in files:
        with suppress(OSError):
            file.unlink()


def tidy() -> None:
    """Remove what has not been of use for the longest time."""
    for ending, most in _MOST.items():
        with suppress(OSError):
            used = sorted(place().glob(f"*{ending}"), key=lambda file: file.stat().st_mtime, reverse=True)
            drop(*used[most:])
