"""How long the command takes to start, to skip an unchanged report, to build one: multiples of `import sympy`."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPORT = Path(__file__).resolve().parent.parent.parent / "reports" / "skip_connection.md"
IMPORT = ("-c", "import sympy")


def measure(repeats: int = 9, whole: bool = True) -> dict[str, float]:
    """Return the medians of interleaved runs as multiples of `python -c "import sympy"`; whole: builds, too."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = REPORT.read_text(encoding="utf-8")
        (folder / "pictures.md").write_text(text, encoding="utf-8")
        (folder / "plain.md").write_text(text.replace("---\n", "---\npictures: false\n", 1), encoding="utf-8")
        build = ("-m", "derive", "build")
        runs = {
            "import sympy": IMPORT,
            "derive --help": ("-m", "derive", "--help"),
            "unchanged report": (*build, "pictures.md"),
        }
        builds = {
            "build without pictures": (*build, "plain.md", "--force"),
            "build with pictures": (*build, "pictures.md", "--force", "-o", "fresh"),
        }
        runs |= builds if whole else {}
        times: dict[str, list[float]] = {what: [] for what in runs}
        for round in range(repeats + 1):
            for what, args in runs.items():
                seconds = _timed(folder, args)
                if round:  # the first fills the caches of the disk and writes the record
                    times[what].append(seconds)
    typical = {what: statistics.median(seconds) for what, seconds in times.items()}
    return {what: typical[what] / typical["import sympy"] for what in runs if what != "import sympy"}


def _timed(folder: Path, args: tuple[str, ...]) -> float:
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    start = time.perf_counter()
    subprocess.run([sys.executable, *args], cwd=folder, env=environment, capture_output=True, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    print("multiples of import sympy, medians of nine")
    for name, value in measure().items():
        print(f"  {name:28} {value:6.2f}")
