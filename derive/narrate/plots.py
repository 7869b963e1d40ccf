"""What the plots of a report share: the figure around one, and its content in words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from derive.document import Figure, Inline, Plot, Series
from derive.errors import Fault
from derive.expr import Value
from derive.narrate.blocks import Ask
from derive.narrate.common import caption, label
from derive.narrate.numbers import value_of
from derive.notation import Notation
from derive.numeric import precisely
from derive.ops.primitive import real, short

OPTIONS = ("caption", "label", "alt", "width")
_WIDE = 30  # times larger: then only powers of ten show both ends
_LISTED = 12  # numbers that a sentence can hold
_POWER = re.compile(r"(?:(?P<factor>[\d.,{}-]+) \\times |(?P<sign>-?))10\^\{(?P<exponent>-?\d+)\}")


def figure(ask: Ask, plot: Plot, notation: Notation, alt: str, said: tuple[Inline, ...] = ()) -> tuple[Figure]:
    """Return a plot as a block, with the author's words, or ours, for what it shows."""
    width = ask.text("width", "80%")
    found = re.fullmatch(r"\s*(\d{1,3}(?:\.\d+)?)\s*%\s*", width)
    if not found or not 10 <= float(found[1]) <= 100:
        raise Fault(f"`width` cannot be `{width}`", ask.span, expected="a part of the line from 10% to 100%")
    plot = replace(plot, share=float(found[1]) / 100, decimal=notation.decimal)
    return (Figure(plot, ask.text("alt") or alt, caption(ask) or said, width, key=label(ask)),)


def wide(values: Sequence[float]) -> bool:
    """Return whether numbers need a logarithmic axis, and can have one."""
    return bool(values) and min(values) > 0 and max(values) > _WIDE * min(values)


def number(x: Value, notation: Notation) -> str:
    """Return a number as it is said: 2.5 times 10 to the power of -7."""
    latex = _POWER.sub(lambda m: f"{_said(m)}10 to the power of {m['exponent']}", value_of(x, notation))
    return re.sub(r"\\frac\{(\d+)\}\{(\d+)\}", r"\1/\2", latex).replace("{,}", ",")


def _said(power: re.Match[str]) -> str:
    return f"{power['factor']} times " if power["factor"] else power["sign"]


def listed(values: Sequence[Value | None], notation: Notation) -> str:
    """Return numbers as a list, None as a run that diverged; of many only how they go."""
    if len(values) <= _LISTED:
        return separated(["diverges" if v is None else number(v, notation) for v in values], notation)
    return course([v for v in values if v is not None], notation)


def separated(words: Sequence[str], notation: Notation) -> str:
    """Return words with numbers as a list in which no decimal comma is taken for the next item."""
    return ("; " if notation.decimal == "," else ", ").join(words)


def course(y: Sequence[Value], notation: Notation, at: Sequence[str] = ()) -> str:
    """Return how a curve goes, `at` naming its points: "falls from 2 to 0.5 at step 3, then rises to 1"."""
    if not y:
        return "has no values"
    with precisely():
        size = [real(v) for v in y]
    signs = [(b > a) - (b < a) for a, b in pairwise(size)]
    if not any(signs):
        return f"stays at {number(y[0], notation)}"
    turns = _turns(signs)
    if len(turns) > 2:
        low, high, first, last = (number(v, notation) for v in (min(y, key=real), max(y, key=real), y[0], y[-1]))
        return f"starts at {first}, goes up and down between {low} and {high}, and ends at {last}"
    steadily = " steadily" if len(y) > 2 and not turns and all(signs) else ""
    said = []
    for start, end in pairwise([0, *turns, len(y) - 1]):
        verb = "rises" if size[end] > size[start] else "falls"
        origin = f"{steadily} from {number(y[0], notation)}" if start == 0 else ""
        place = f" {at[end]}" if at and end < len(y) - 1 else ""
        said.append(f"{verb}{origin} to {number(y[end], notation)}{place}")
    return ", then ".join(said)


def _turns(signs: Sequence[int]) -> list[int]:
    """Return where a curve turns from rising to falling or back, the first point of a level top."""
    found, last, since = list[int](), 0, 0
    for i, sign in enumerate(signs):
        if sign and last and sign != last:
            found.append(since)
        if sign:
            last, since = sign, i + 1
    return found


def counted(steps: int) -> str:
    return f"{steps} step{'s' * (steps != 1)}"


def leaving(values: Sequence[Value | None]) -> tuple[float, ...]:
    """Return the heights of a curve: no number where there is none, infinite where it goes beyond all bounds."""
    last = max((i for i, v in enumerate(values) if v is not None), default=-1)
    beyond = {last + 1: math.inf}
    return tuple(beyond.get(i, math.nan) if v is None else height(v) for i, v in enumerate(values))


def height(x: Value) -> float:
    """Return a number as the height of a point; a Fault where it is beyond those of a picture."""
    found = float(x)
    if not math.isfinite(found) or (found == 0 and x != 0):
        raise Fault("a picture cannot be drawn", reason=f"it would have to show {short(x)}")
    return found


def fitted(series: Sequence[Series]) -> list[float]:
    """Return the heights that the axes must show: of curves that leave only the beginning."""
    seen = [(s, [y for y in s.y if math.isfinite(y)]) for s in series]
    top = max((y for s, ys in seen for y in ([2 * v for v in ys[:1]] if math.inf in s.y else ys)), default=0.0)
    return [y for _, ys in seen for y in ys if y <= top]
