"""How fast hand-ins are checked: python tests/bench/checking.py [FOLDER].

FOLDER holds `seeds/` with the submission 000; without one, `../shared` beside the project; where there is none, a
sample is checked instead. Printed are the milliseconds of a claim after start-up, a whole `derive check` as a multiple
of `import sympy`, and for copies of the submission in two processes how many are checked in a second and the largest
memory of the processes in the second and the last quarter of the time (in the first they start).
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from derive.checking.check import check
from derive.checking.submission import read

ROOT = Path(__file__).resolve().parent.parent.parent
REPORT = ROOT / "reports" / "skip_connection.md"
COMMAND = (sys.executable, "-m", "derive", "check")
SAMPLE = r"""
1)

$$\begin{aligned}
z_0 &= \omega_0 x & h_0 &= \text{ReLU}(z_0) & z_1 &= \omega_1 h_0 & h_1 &= \text{ReLU}(z_1) \\
z_2 &= \omega_s h_0 + \omega_2 h_1 \\
\frac{\partial L}{\partial z_2} &= -\text{sign}(y - \hat{y}) \\
\frac{\partial L}{\partial \omega_2} &= \frac{\partial L}{\partial z_2} \frac{\partial z_2}{\partial \omega_2}
  = -\text{sign}(y - \hat{y}) h_1 \\
\frac{\partial L}{\partial h_1} &= -\text{sign}(y - \hat{y}) \omega_2 \\
\frac{\partial L}{\partial z_1} &= -\text{sign}(y - \hat{y}) \omega_2 u(z_1)
\end{aligned}$$

3)

$$z_0 = \omega_0 x = 0.5 \cdot 1 = 0.5, \quad z_1 = 0.5 \cdot 0.5 = 0.25, \quad z_2 = 0.25 + 0.125 = 0.375$$
"""


def submission(shared: Path, folder: Path) -> Path:
    """Return the submission 000, or a sample that is written into a folder."""
    found = sorted((shared / "seeds").glob("000_*"))
    if found:
        return found[0]
    (folder / "sample.md").write_text(SAMPLE, encoding="utf-8")
    return folder / "sample.md"


def claims(path: Path, repeats: int = 5) -> tuple[int, float]:
    """Return how many claims a submission has, and the milliseconds of one after start-up."""
    check(read(path), REPORT)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        count = len(check(read(path), REPORT).judged)
        seconds.append(time.perf_counter() - start)
    return count, 1000 * statistics.median(seconds) / count


def multiple(path: Path, repeats: int = 5) -> float:
    """Return the time of a whole check as a multiple of that of `import sympy`, runs of both in turn."""
    runs = {"check": (*COMMAND, str(path), "--against", str(REPORT)), "import": (sys.executable, "-c", "import sympy")}
    times: dict[str, list[float]] = {what: [] for what in runs}
    for round in range(repeats + 1):
        for what, args in runs.items():
            start = time.perf_counter()
            subprocess.run(args, capture_output=True, cwd=path.parent)
            times[what] += [time.perf_counter() - start] if round else []  # the first fills the caches of the disk
    return statistics.median(times["check"]) / statistics.median(times["import"])


def many(path: Path, folder: Path, copies: int = 200) -> tuple[float, float, float]:
    """Return how many copies are checked in a second, and the largest memory (MB) early and late."""
    names = [folder / f"copy{i}.md" for i in range(copies)]
    for name in names:
        name.write_bytes(path.read_bytes())
    options = ("--against", str(REPORT), "-o", str(folder / "out"), "--to", "json", "--jobs", "2")
    start = time.perf_counter()
    running = subprocess.Popen(
        [*COMMAND, *map(str, names), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    sampled: list[tuple[float, float]] = []
    while running.poll() is None:
        sampled.append((time.perf_counter() - start, _memory(running.pid)))
        time.sleep(0.02)
    seconds = time.perf_counter() - start
    early = max((size for at, size in sampled if seconds / 4 <= at <= seconds / 2), default=0.0)
    late = max((size for at, size in sampled if at >= seconds * 3 / 4), default=0.0)
    return copies / seconds, early, late


def _memory(process: int) -> float:
    """Return the memory of a process and those it has started, in MB; 0 where the system does not tell."""
    total = 0.0
    try:
        total += int(Path(f"/proc/{process}/statm").read_text().split()[1]) * 4096 / 2**20
        for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
            total += _memory(int(child))
    except (OSError, IndexError):  # it has just ended
        pass
    return total


def main(shared: Path) -> None:
    """Print everything."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = submission(shared, folder)
        if path.parent == folder:
            print(f"{shared} has no submission 000: a sample is checked instead")
        count, each = claims(path)
        print(f"ms for a claim, after start-up ({count} claims)  {each:6.2f}   aim: 10")
        print(f"derive check, multiples of import sympy       {multiple(path):6.2f}   aim: 4")
        speed, early, late = many(path, folder)
        print(f"200 copies, two processes: in a second        {speed:6.1f}")
        print(f"memory, second and last quarter, MB           {early:6.0f} {late:6.0f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared")
