"""How known matrix derivatives come out: python tests/bench/gradients.py [FILE].

FILE has cases as in `tests/data/gradients.json`. For each: whether the result has the values of the expected one at
random points and sizes, its size in operations beside that of the expected one (definitions counted once), and the
seconds that it took with its certificate.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive.errors import Fault
from derive.matrices.grad import answer
from derive.matrices.plain import plain
from derive.matrices.question import ask

DATA = Path(__file__).resolve().parent.parent / "data"
sys.path.insert(0, str(DATA))
import plain_syntax  # noqa: E402

_WORDS = {"sym": "symmetric", "pd": "positive definite", "inv": "invertible", "detpos": "positive determinant"}


@dataclass(frozen=True)
class Row:
    """What came out of one case."""

    name: str
    right: bool
    operations: int
    expected: int
    seconds: float
    because: str = ""


def cases(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cases"]
    return found


def arguments(case: dict[str, Any]) -> dict[str, Any]:
    """Return a case as a question is asked on the command line."""
    dims = case.get("dims", {})
    shapes, assumed = [], []
    for name, shape in case["vars"].items():
        shape = [dims[d] if isinstance(dims.get(d), str) else d for d in shape]
        shapes.append(f"{name}: {' x '.join(shape) or 'scalar'}")
    for name, words in case.get("assume", {}).items():
        for word in [words] if isinstance(words, str) else words:
            if word == "pos":
                assumed.append(f"{name} positive" if case["vars"][name] else f"{name} > 0")
            elif word in _WORDS:
                assumed.append(f"{name} {_WORDS[word]}")
    lets = [f"{name} = {body}" for name, body in case.get("defs") or []]
    return {
        "formula": case["f"],
        "wrt": case["wrt"],
        "shapes": shapes,
        "lets": lets,
        "assume": assumed,
        "kind": case["kind"],
    }


def operations(tree: Any) -> int:
    """Return the operators and calls of a parsed text."""
    kind, *rest = tree
    if kind in ("num", "name"):
        return 0
    parts = rest[1] if kind == "call" else [x for x in rest if isinstance(x, tuple)]
    return 1 + sum(map(operations, parts))


def size(texts: list[str]) -> int:
    return sum(operations(plain_syntax.parse(text)) for text in texts)


def measured(case: dict[str, Any]) -> Row:
    """Return what comes out of a case."""
    expected = size([case["result"], *(body for _, body in case.get("result_defs") or [])])
    start = time.perf_counter()
    try:
        found = answer(ask(**arguments(case)))
    except Fault as fault:
        return Row(case["id"], False, 0, expected, time.perf_counter() - start, f"{fault.title} {fault.reason}")
    seconds = time.perf_counter() - start
    definitions = [[plain(name), plain(body)] for name, body in found.definitions]
    again = {**case, "result": found.plain, "result_defs": definitions, "alt_results": []}
    right, messages, _, _ = plain_syntax.check(again)
    made = size([found.plain, *(body for _, body in definitions)])
    return Row(case["id"], right, made, expected, seconds, "; ".join(messages[:1]))


def main(path: Path) -> None:
    """Print the table."""
    rows = [measured(case) for case in cases(path)]
    print(f"{'case':<16}{'right':>6}{'operations':>12}{'expected':>10}{'ratio':>7}{'seconds':>9}")
    for row in rows:
        ratio = row.operations / max(row.expected, 1)
        word = "yes" if row.right else "no"
        print(
            f"{row.name:<16}{word:>6}{row.operations:>12}{row.expected:>10}{ratio:>7.2f}{row.seconds:>9.3f}"
            f"  {row.because}"
        )
    right = [row for row in rows if row.right]
    whole, wanted = sum(row.operations for row in right), sum(row.expected for row in right)
    print(f"\nright: {len(right)} of {len(rows)}; operations {whole} for {wanted} expected ({whole / wanted:.2f})")
    print(f"slowest: {max(row.seconds for row in rows):.2f} s; all together {sum(row.seconds for row in rows):.1f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "gradients.json")
