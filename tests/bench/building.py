"""How long all reports take with two jobs, `derive build reports/*.md --jobs 2 --force`, beside `import sympy`.

python tests/bench/building.py [REPEATS]: both in fresh processes and in turn, medians.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPORTS = Path(__file__).resolve().parent.parent.parent / "reports"
IMPORT = ("-c", "import sympy")


def measure(repeats: int = 5) -> dict[str, float]:
    """Return the seconds of `import sympy`, those of the build, and the build's multiple of the import."""
    with tempfile.TemporaryDirectory() as name:
        reports = sorted(map(str, REPORTS.glob("*.md")))
        build = ("-m", "derive", "build", *reports, "--jobs", "2", "--force", "-o", str(Path(name) / "out"))
        runs = {"import sympy": IMPORT, f"build of {len(reports)} reports": build}
        times: dict[str, list[float]] = {what: [] for what in runs}
        for round in range(repeats + 1):
            for what, arguments in runs.items():
                seconds = timed(Path(name), arguments)
                if round:  # the first fills the caches of the disk
                    times[what].append(seconds)
    found = {f"{what}, s": statistics.median(t) for what, t in times.items()}
    pairs = zip(*reversed(times.values()), strict=True)
    return {**found, "multiple": statistics.median(a / b for a, b in pairs)}


def timed(folder: Path, arguments: tuple[str, ...]) -> float:
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    print("all reports with two jobs")
    for name, value in measure(*map(int, sys.argv[1:2])).items():
        print(f"  {name:24} {value:8.2f}")
