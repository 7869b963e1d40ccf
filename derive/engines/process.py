"""A program that may hang: run with a time limit, and ended together with all that it has started."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from derive.pandoc_binary import bound


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float) -> int:
    """Return the exit code; raises subprocess.TimeoutExpired. Whatever happens, nothing of it goes on running."""
    started = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,  # its end tells at once that the program has ended; to wait for that means to poll
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    bound(started.pid, seconds)
    try:
        started.communicate(timeout=seconds)
        return started.returncode
    finally:
        if started.poll() is None:
            _end(started)


def _end(started: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(started.pid, signal.SIGKILL)
        else:
            started.kill()
    started.wait()
