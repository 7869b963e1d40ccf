"""Output appears whole or not at all, also where builds meet or are killed."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from derive.errors import Fault

_WAITING = ".derive-"  # how the folders begin in which files wait for their rename
_PATIENCE = 10.0  # seconds for another build that writes to the same folder, which takes milliseconds


def write_all(folder: Path, contents: dict[str, bytes]) -> tuple[Path, ...]:
    """Write files beside their targets and rename them at the end: a reader sees the old ones or the new ones.

    Returns their paths; raises a Fault where one cannot be written, and then no target has changed.
    """
    target = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder), _waiting_room(folder) as room:
            for name, data in contents.items():
                target = folder / name
                if target.is_dir():
                    raise IsADirectoryError(21, "Is a directory")
                (room / name).write_bytes(data)
            for name in contents:
                target = folder / name
                os.replace(room / name, target)
    except OSError as wrong:
        raise Fault(f"cannot write {target}", path=str(target), reason=wrong.strerror or str(wrong)) from None
    return tuple(folder / name for name in contents)


@contextmanager
def _waiting_room(folder: Path) -> Iterator[Path]:
    room = Path(tempfile.mkdtemp(prefix=_WAITING, dir=folder))
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other build writes to a folder; whatever still waits there was left by one that was killed.

    The system frees the lock of a process that dies. Where folders cannot be locked, nothing is waited for or removed.
    """
    handle = _lock(folder)
    try:
        if handle is not None:
            for left in folder.glob(f"{_WAITING}*"):
                shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _lock(folder: Path) -> int | None:
    """Return a handle that holds the lock of a folder, None where there is none to be had."""
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        return None
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() < end:
                time.sleep(0.01)
                continue
        except OSError:
            pass
        os.close(handle)
        return None
