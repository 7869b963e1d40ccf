"""The bundled pandoc program: where it is, and how it is run."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from derive.errors import Fault


def pandoc_path() -> str:
    """Return the path of pandoc: the one in the wheel, else one on PATH; a Fault where there is none.

    The package around the binary is found but not imported, which would take longer than a run of pandoc.
    """
    spec = importlib.util.find_spec("pypandoc")
    if spec is not None and spec.origin is not None:
        for name in ("pandoc", "pandoc.exe"):
            path = Path(spec.origin).parent / "files" / name
            if path.is_file():
                return str(path)
    found = shutil.which("pandoc")
    if found is None:
        raise Fault("pandoc is missing", expected="the package pypandoc_binary", fix="pip install pypandoc_binary")
    return found


def bound(process: int, seconds: float) -> None:
    """Bound the processor time of a child, so that it ends even when this process is killed before it.

    From outside, where the system can do that: code that runs in the child makes its start slower, and is not safe
    beside threads.
    """
    try:
        from resource import RLIM_INFINITY, RLIMIT_CPU, prlimit
    except ImportError:
        return
    with suppress(OSError):  # it may have ended
        hard = prlimit(process, RLIMIT_CPU)[1]
        most = int(seconds) + 1 if hard == RLIM_INFINITY else min(int(seconds) + 1, hard)
        prlimit(process, RLIMIT_CPU, (most, most))


def run_pandoc(args: list[str], text: str, explain: Callable[[str], Fault] | None = None, seconds: int = 20) -> str:
    """Return what pandoc writes for a text; a Fault where it takes too long or fails, made by `explain` of its log."""
    return start_pandoc(args, text, explain, seconds)()


def start_pandoc(
    args: list[str], text: str, explain: Callable[[str], Fault] | None = None, seconds: int = 20
) -> Callable[[], str]:
    """Start pandoc and return at once a function that waits for what it writes, as in `run_pandoc`."""
    import subprocess
    import tempfile

    with tempfile.TemporaryFile() as given:
        given.write(text.encode("utf-8", "replace"))
        given.seek(0)
        started = subprocess.Popen(
            [pandoc_path(), *args],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    bound(started.pid, seconds)

    def finish() -> str:
        try:
            out, errors = started.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise Fault(f"pandoc did not finish within {seconds:g} seconds") from None
        finally:
            started.kill()
            started.wait()
        if started.returncode:
            log = errors.decode("utf-8", "replace").strip() or f"exit code {started.returncode}"
            raise explain(log) if explain else Fault("pandoc failed", reason=log.split("\n")[0])
        return out.decode("utf-8")

    return finish
