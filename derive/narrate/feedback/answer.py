"""What `derive equal` and `derive explain` say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from derive.check.equal import Answer
from derive.check.misconceptions.record import Misconception
from derive.check.quantities import Grid, Quantity, shape_text
from derive.narrate.feedback.plain import plain
from derive.ops.primitive import real

_DIGITS = 60


def told(answer: Answer) -> str:
    """Return the answer in a few lines: the verdict, a point where the sides differ, why nothing was decided."""
    if answer.verdict == "equal":
        points = f"compared at {answer.points} points" if answer.points > 1 else "compared exactly"
        return f"equal  ({points})\n"
    if answer.verdict == "undecided" or answer.witness is None:
        return f"undecided: {answer.because}\n"
    left, right = (_value(answer.witness[side]) for side in ("left", "right"))
    if answer.sides is not None and (left == right or None in (answer.witness["left"], answer.witness["right"])):
        left, right = _told_apart(*answer.sides)
    at = ", ".join(f"{name} = {_value(value)}" for name, value in answer.witness["at"].items())
    return f"different\n{f'at {at}: ' if at else ''}left {left}, right {right}\n"


def _told_apart(a: Quantity, b: Quantity) -> tuple[str, str]:
    """Return two quantities with digits enough to differ; of two matrices the first entries that do."""
    if isinstance(a, Grid) and isinstance(b, Grid) and a.shape == b.shape:
        x, y, row, column = next(
            (x, y, i, j)
            for i, (r, q) in enumerate(zip(a.rows, b.rows, strict=True), 1)
            for j, (x, y) in enumerate(zip(r, q, strict=True), 1)
            if x != y
        )
        left, right = _told_apart(x, y)
        return f"{left} in row {row}, column {column}", right
    if isinstance(a, Grid) or isinstance(b, Grid):
        return shape_text(a), shape_text(b)
    for digits in range(6, _DIGITS):
        left, right = (_shown(x, digits) for x in (a, b))
        if left != right:
            break
    return left, right


def _shown(x: Any, digits: int) -> str:
    from mpmath import mp

    with mp.workdps(_DIGITS):
        return str(mp.nstr(real(x), digits, strip_zeros=True)).removesuffix(".0")


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
