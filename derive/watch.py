"""Reports that are built again whenever they are saved.

Files are looked at several times a second. That costs next to nothing for the few that a report consists of, sees a
file that an editor has replaced under its name, and works on every file system.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from derive import cache
from derive.many import Order, Outcome, build_one

_PAUSE = 0.15  # seconds between two looks
_CALM = 0.04  # seconds without a change after which a save is taken to be finished
_LONGEST = 1.0  # seconds that a save may take, or a file be missing while it is replaced

State = dict[Path, tuple[int, int, int] | None]


def watch(reports: Sequence[Path], order: Order, tell: Callable[[Outcome], None]) -> None:
    """Build reports, then each one again when something that it is made from changes; ends by KeyboardInterrupt."""
    seen: dict[Path, State] = {}
    for path in reports:
        seen[path] = _state(path)
        tell(build_one(path, order))
    again = replace(order, fresh=False)
    while True:
        time.sleep(_PAUSE)
        for path in reports:
            now = _state(path)
            if now != seen[path]:
                seen[path] = _settled(path, now)
                tell(build_one(path, again))


def _state(report: Path) -> State:
    """Return what tells whether a file has changed, for each that a report is made from; None where it is missing."""
    return {file: _mark(file) for file in cache.inputs(report)}


def _mark(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _settled(report: Path, state: State) -> State:
    """Wait until a save is finished and return the state then."""
    end = time.monotonic() + _LONGEST
    while time.monotonic() < end:
        time.sleep(_CALM)
        before, state = state, _state(report)
        if state == before and state[report] is not None:
            break
    return state
