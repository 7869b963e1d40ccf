r"""Lines for several values of an index: `h_t = \tanh(w x_t + u h_{t-1}), \quad t = 1, \dots, 3` are three lines."""

from __future__ import annotations

import re

from derive.errors import Fault
from derive.source import Slice

_START = re.compile(
    r"(?P<index>[A-Za-z])\s*=\s*(?P<first>\d+)(?:\s*(?:\\dots|\\ldots|\\cdots|\.\.\.)\s*(?P<last>\d+))?"
)
_DOTS = re.compile(r"\\[lc]?dots|\.\.\.")
_SCRIPT = re.compile(r"(?P<sign>[_^])(?:\{(?P<group>[^{}]*)\}|(?P<one>[A-Za-z]))")
_MOST = 60  # lines that one may stand for


def unrolled(items: list[Slice]) -> list[Slice]:
    """Return items in which a range of an index behind a line is written out; a Fault for one that cannot be."""
    found: list[Slice] = []
    at = 0
    while at < len(items):
        start = _START.fullmatch(items[at].text.strip()) if found else None
        if start is None or not _stands_in(start["index"], found[-1].text):
            found.append(items[at])
            at += 1
            continue
        values, at = _values(items, at, start)
        line = found.pop()
        found += [Slice(line.source, line.start, _put_in(line.text, start["index"], k)) for k in values]
    return found


def _values(items: list[Slice], at: int, start: re.Match[str]) -> tuple[list[int], int]:
    """Return the values of the index, and where the items go on: `t = 1, \\dots, 3` or `l = 1, 2`."""
    first, values = int(start["first"]), [int(start["first"])]
    end = at + 1
    if start["last"]:
        values = list(range(first, int(start["last"]) + 1))
    elif end + 1 < len(items) and _DOTS.fullmatch(items[end].text.strip()) and items[end + 1].text.strip().isdigit():
        values = list(range(first, int(items[end + 1].text) + 1))
        end += 2
    else:
        while end < len(items) and items[end].text.strip().isdigit():
            values.append(int(items[end].text))
            end += 1
    if not values or len(values) > _MOST:
        raise Fault(f"a line for {len(values)} values of an index", items[at].span(), expected=f"1 to {_MOST} values")
    return values, end


def _stands_in(index: str, line: str) -> bool:
    """Return whether an index stands in a subscript or a superscript of a line."""
    return any(re.search(rf"(?<![A-Za-z]){index}(?![A-Za-z])", m["group"] or m["one"]) for m in _SCRIPT.finditer(line))


def _put_in(line: str, index: str, value: int) -> str:
    """Return a line with a number for an index: h_{t-1} becomes h_{2} for t = 3."""

    def script(match: re.Match[str]) -> str:
        text = match["group"] if match["group"] is not None else match["one"]
        made = _computed(text, index, value)
        if made == text:
            return match[0]
        return f"{match['sign']}{made}" if len(made) == 1 else f"{match['sign']}{{{made}}}"

    return _SCRIPT.sub(script, line)


def _computed(text: str, index: str, value: int) -> str:
    text = re.sub(rf"(?<![A-Za-z]){index}(?![A-Za-z])", str(value), text)
    return re.sub(r"(\d+)\s*([+-])\s*(\d+)", lambda m: str(int(m[1]) + int(f"{m[2]}{m[3]}")), text)
