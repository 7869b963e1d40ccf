"""What `derive equal` and `derive explain` say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from derive.check.equal import Answer
from derive.check.misconceptions.record import Misconception
from derive.narrate.feedback.plain import plain


def told(answer: Answer) -> str:
    """Return the answer in a few lines: the verdict, a point where the sides differ, why nothing was decided."""
    if answer.verdict == "equal":
        points = f"compared at {answer.points} points" if answer.points > 1 else "compared exactly"
        return f"equal  ({points})\n"
    if answer.verdict == "undecided" or answer.witness is None:
        return f"undecided: {answer.because}\n"
    left, right = (_value(answer.witness[side]) for side in ("left", "right"))
    at = ", ".join(f"{name} = {_value(value)}" for name, value in answer.witness["at"].items())
    return f"different\n{f'at {at}: ' if at else ''}left {left}, right {right}\n"


def _value(x: Any) -> str:
    if isinstance(x, list):
        rows = ["[" + ", ".join(_value(cell) for cell in row) + "]" for row in x]
        return "[" + ", ".join(rows) + "]"
    return f"{x:.6g}" if isinstance(x, float) else str(x)


def listed(records: Iterable[Misconception]) -> str:
    """Return all diagnoses, a line each."""
    known = list(records)
    wide = max((len(record.code) for record in known), default=0)
    return "".join(f"{record.code:<{wide}}  {record.title}\n" for record in known)


def explained(record: Misconception) -> str:
    """Return what a diagnosis means, with its example."""
    lines = "\n".join(f"    {plain(line)}" for line in _lines(record.example.network))
    wrong, right = plain(record.example.wrong), plain(record.example.right)
    return (
        f"{record.code}: {record.title}\n\n{record.why}\n\nFor example, with\n{lines}\n"
        f"  ✗ wrong  {wrong}\n  ✓ right  {right}\n"
    )


def _lines(network: dict[str, str]) -> list[str]:
    """Return the lines of an example and the values that it gives."""
    forward = [line.strip() for line in network["forward"].splitlines() if line.strip()]
    return [*forward, *([network["values"]] if network.get("values") else [])]
