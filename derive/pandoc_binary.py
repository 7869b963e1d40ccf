"""The bundled pandoc program: where it is, and how it is run."""

from __future__ import annotations

import importlib.util
import shutil
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


def run_pandoc(args: list[str], text: str, seconds: float = 60) -> str:
    """Return what pandoc writes for a text; a Fault with its first words where it fails or takes too long."""
    import subprocess

    try:
        done = subprocess.run(
            [pandoc_path(), *args], input=text.encode("utf-8", "replace"), capture_output=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        raise Fault(f"pandoc did not finish within {seconds:g} seconds") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        raise Fault(f"pandoc failed: {said or f'exit code {done.returncode}'}")
    return done.stdout.decode("utf-8")
