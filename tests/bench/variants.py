"""Many variants of one report: reports per second and peak memory, one process against two."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPORT = Path(__file__).resolve().parent.parent.parent / "reports" / "skip_connection.md"


def write(folder: Path, count: int) -> list[str]:
    """Write variants that differ in a number, and return their names."""
    text = REPORT.read_text(encoding="utf-8")
    names = [f"variant_{i:02}.md" for i in range(count)]
    for i, name in enumerate(names):
        (folder / name).write_text(text.replace("y = -3", f"y = -{3 + i}"), encoding="utf-8")
    return names


def peak(pid: int) -> int:
    """Return the memory in kB that a process and its children have used at most, each by itself, together."""
    total = 0
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            total += int(line.split()[1]) if line.startswith("VmHWM") else 0
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return total
    return total + sum(peak(int(child)) for child in children)


def run(folder: Path, names: list[str], jobs: int) -> tuple[float, float]:
    """Return the seconds of a build of all reports, and the peak memory in MB (0 where the system does not tell)."""
    command = [sys.executable, "-m", "derive", "build", *names, "-o", "out", "--force", "--quiet", "--jobs", str(jobs)]
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    start, most = time.perf_counter(), 0
    program = subprocess.Popen(command, cwd=folder, env=environment)
    while program.poll() is None:
        most = max(most, peak(program.pid))
        time.sleep(0.02)
    assert program.returncode == 0
    return time.perf_counter() - start, most / 1024


def measure(count: int = 20) -> dict[str, float]:
    """Return reports per second and peak memory for one job and for two, in one run."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        names = write(Path(name), count)
        for jobs in (1, 2):
            seconds, memory = run(Path(name), names, jobs)
            found |= {
                f"reports per second, --jobs {jobs}": count / seconds,
                f"peak memory in MB, --jobs {jobs}": memory,
            }
    found["times faster with --jobs 2"] = found["reports per second, --jobs 2"] / found["reports per second, --jobs 1"]
    return found


if __name__ == "__main__":
    print("20 variants of one report as PDF")
    for name, value in measure().items():
        print(f"  {name:32} {value:8.2f}")
