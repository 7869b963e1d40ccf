"""How long reading takes, in one process: a row of ten terms, and the slowest formula of the collection."""

from __future__ import annotations

import json
import statistics
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Any

from derive.errors import Fault
from derive.language.grammar import parse
from derive.language.reading import reading

COLLECTION = Path(__file__).parents[1] / "data" / "parses.json"
ROW = (
    r"\frac{\partial L}{\partial w_1} = \delta_1 x_1 + \delta_2 x_2 - \omega_s h_0 + \sigma(z_1) w_1 + 2 (\hat{y} - y)"
    r" + \frac{1}{2} a^{[1]} - b_1 h_1 (1 - h_1) + \theta_1^2 + \alpha \text{ReLU}(z_2) - \lambda w_3"
)


def timed(f: Callable[[], Any], calls: int) -> float:
    """Return the milliseconds of one call, without the collection of what else the process holds."""
    return 1000 * timeit.timeit(f, number=calls) / calls


def read(text: str) -> str | None:
    try:
        return reading(parse(text, syntax="latex"))
    except Fault:
        return None


def measure(repeats: int = 31) -> dict[str, float]:
    """Return milliseconds: the median for the row, and the median of the formula that takes longest."""
    texts = [entry["latex"] for entry in json.loads(COLLECTION.read_text(encoding="utf-8"))]
    assert read(ROW) is not None
    row = statistics.median(timed(lambda: read(ROW), 10) for _ in range(repeats))
    once = {text: timed(lambda t=text: read(t), 1) for text in texts}
    slowest = sorted(once, key=once.__getitem__)[-10:]
    longest = max(statistics.median(timed(lambda t=text: read(t), 1) for _ in range(repeats)) for text in slowest)
    return {"row of ten terms, ms": row, "slowest formula, ms": longest}


if __name__ == "__main__":
    print("reading")
    for name, value in measure().items():
        print(f"  {name:24} {value:8.3f}")
