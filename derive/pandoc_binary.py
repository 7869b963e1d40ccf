"""The bundled pandoc program: where it is, and how it is run."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from functools import partial
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


def _bounded(seconds: int) -> None:
    """Bound the processor time of a child, so that it ends even when this process is killed before it."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    bound = seconds if hard == resource.RLIM_INFINITY else min(seconds, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (bound, bound))


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
            preexec_fn=partial(_bounded, seconds) if os.name == "posix" else None,
        )

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
