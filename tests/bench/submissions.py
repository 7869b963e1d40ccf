"""How the checker does on real submissions, line by line against labels: python tests/bench/submissions.py [FOLDER].

FOLDER holds `seeds/` (the submissions) and `gold/lines_dev.json` (labels of their lines); without one, `../shared`
beside the project. A line is flagged if a claim on it is wrong, mismatched or follow_through, and decided if none is
undecided or unread; contested lines do not count.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from derive.check.claims import HandIn, read
from derive.check.hand_in import check
from derive.checking.against import against
from derive.source import Source

ROOT = Path(__file__).resolve().parent.parent.parent
FLAGS, OPEN = {"wrong", "mismatched", "follow_through"}, {"undecided", "unread"}
# submission, report, the lines that are answered by it: 002 has open questions beside them
RUNS = (
    ("000", "skip_connection", ((1, 10**9),)),
    ("001", "vanishing_gradients", ((1, 10**9),)),
    ("002", "foundations", ((31, 34), (140, 10**9))),
)
Lines = tuple[tuple[int, int], ...]


def verdicts(file: Path, report: str, lines: Lines) -> dict[int, set[str]]:
    """Return the verdicts on each line of a submission."""
    hand_in = read(Source(file.name, file.read_text(encoding="utf-8")), latex=False)
    claims = tuple(c for c in hand_in.claims if _within(c.line, lines))
    asks = against(ROOT / "reports" / f"{report}.md")
    found: dict[int, set[str]] = defaultdict(set)
    for judged in check(HandIn(hand_in.source, claims, hand_in.macros, hand_in.parts), asks.subjects, asks.asked):
        found[judged.claim.line].add(judged.verdict.kind)
    return found


def _within(line: int, lines: Lines) -> bool:
    return any(first <= line <= last for first, last in lines)


def table(shared: Path) -> list[dict[str, Any]]:
    """Return one row for each submission: how many of its lines are flagged and decided, by their label."""
    gold = json.loads((shared / "gold" / "lines_dev.json").read_text(encoding="utf-8"))
    rows = []
    for start, report, lines in RUNS:
        (file,) = (shared / "seeds").glob(f"{start}_*")
        begin = time.perf_counter()
        found = verdicts(file, report, lines)
        seconds = time.perf_counter() - begin
        labels = {g["line"]: g["label"] for g in gold if g["seed"] == file.name and _within(g["line"], lines)}
        row: dict[str, Any] = {"submission": start, "seconds": round(seconds, 2)}
        for label in ("wrong", "ok"):
            mine = [line for line, given in labels.items() if given == label]
            row[label] = len(mine)
            row[f"{label} flagged"] = sum(bool(found[line] & FLAGS) for line in mine)
            row[f"{label} decided"] = sum(bool(found[line]) and not found[line] & OPEN for line in mine)
        rows.append(row)
    return rows


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared"
    for row in table(folder):
        print("  ".join(f"{key}: {value}" for key, value in row.items()))
