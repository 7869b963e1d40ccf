r"""Names with dots between them: `w_1, ..., w_8` stands for eight names."""

from __future__ import annotations

import re

from derive.errors import Fault
from derive.source import Slice

_DOTS = {"...", "…", r"\dots", r"\ldots", r"\cdots"}
_MOST = 10_000
_DIGITS = re.compile(r"(\d+)")


def is_dots(item: Slice) -> bool:
    return item.text in _DOTS


def expand(items: list[Slice]) -> list[Slice]:
    r"""Return the items with the names that dots stand for; these have the position of the dots.

    The names beside the dots differ in one number; two names before them tell the step (`w_1, w_3, ..., w_9`).
    Raises a Fault at dots that do not stand between two such names.
    """
    out: list[Slice] = []
    for index, item in enumerate(items):
        if is_dots(item):
            if not out or index + 1 == len(items) or is_dots(items[index + 1]):
                raise Fault("dots stand between two names", item.span(), expected="`w_1, ..., w_8`")
            out += _between(out, item, items[index + 1])
        else:
            out.append(item)
    return out


def _between(before: list[Slice], dots: Slice, last: Slice) -> list[Slice]:
    ends = _numbers(before[-1], last)
    if ends is None:
        reason = f"`{before[-1].text}` and `{last.text}` do not differ in one number only"
        raise Fault("it is not clear what these dots stand for", dots.span(), reason=reason, expected="`w_1, ..., w_8`")
    pieces, place, first, final = ends
    step = 1
    previous = _numbers(before[-2], before[-1]) if len(before) > 1 else None
    if previous is not None and (previous[0], previous[1]) == (pieces, place):
        step = previous[3] - previous[2]
    if final <= first or step < 1 or (final - first) % step or (final - first) // step > _MOST:
        reason = f"from {first} to {final} in steps of {step}"
        raise Fault("these dots do not count up to the last name", dots.span(), reason=reason)
    numbers = (str(number) for number in range(first + step, final, step))
    return [Slice(dots.source, dots.start, "".join((*pieces[:place], n, *pieces[place + 1 :]))) for n in numbers]


def _numbers(first: Slice, last: Slice) -> tuple[list[str], int, int, int] | None:
    """Return the pieces of two names (with a blank for the number that differs), its place, and the two numbers."""
    left, right = _DIGITS.split(first.text), _DIGITS.split(last.text)
    if len(left) != len(right):
        return None
    places = [place for place, (a, b) in enumerate(zip(left, right, strict=True)) if a != b]
    if len(places) != 1 or places[0] % 2 == 0 or max(len(left[places[0]]), len(right[places[0]])) > 9:
        return None
    place = places[0]
    return [*left[:place], "", *left[place + 1 :]], place, int(left[place]), int(right[place])
