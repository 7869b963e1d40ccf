"""Lists on both sides of a relation: `z_1, h_1 = 0.7, 0.67` and `(z_1, h_1) = (0.7, 0.67)` are two statements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from derive.check.statement import Sign, Statement
from derive.source import Slice

_NUMBER = r"[-−+]?\s*(?:\d+\.\d+|\d+)"
_STUCK = re.compile(rf"{_NUMBER}(?:,{_NUMBER})+")  # numbers without a blank between them
_PLAIN = re.compile(_NUMBER)
_NAME = re.compile(r"\\?[A-Za-zα-ω][\w{}\\^']{0,40}|\\d?frac\s*\{\\?(?:partial|delta|d)[^=]{1,80}\}")
_INDEX = re.compile(r"[ijklmnst]")  # i = 1, 2, 3 is a range
_TUPLE = re.compile(r"(?:\\left\s*)?[(\[](?P<items>.*?)(?:\\right\s*)?[)\]]", re.DOTALL)
UNPAIRED = "a list of values that does not go with as many names"
_MOST = 40  # elements of a list


def unlisted(row: list[Statement], text: str, base: int) -> list[Statement]:
    """Return the statements of a row, element by element where lists are compared. base: where the text starts."""
    out: list[Statement] = []
    for run in _runs(row, text, base):
        out += _paired(run) if len(run) > 1 or run[0].signs else run
    return out


def _runs(row: list[Statement], text: str, base: int) -> Iterator[list[Statement]]:
    """Yield statements that only commas part."""
    run: list[Statement] = []
    for one in row:
        if run:
            last = run[-1].sides[-1]
            between = text[last.start + len(last.text) - base : one.sides[0].start - base]
            if between.strip(" \n\t{}") != ",":
                yield run
                run = []
        run.append(one)
    if run:
        yield run


def _paired(run: list[Statement]) -> list[Statement]:
    if any(one.whole is not None for one in run) or len(run) > _MOST:
        return run
    for start in range(len(run)):
        if not run[start].signs and (made := _chains(run[start:])) is not None:
            return run[:start] + made
    return list(_rest(run))


def _chains(run: list[Statement]) -> list[Statement] | None:
    """Return one chain for each element of lists that are all of a length, None where they are not."""
    lists: list[list[Slice]] = [[]]
    signs: list[Sign] = []
    for one in run:
        for at, side in enumerate(one.sides):
            if at:
                lists.append([])
                signs.append(one.signs[at - 1])
            lists[-1] += _parted(side)
    if not signs or len(lists[0]) < 2 or len({len(elements) for elements in lists}) > 1:
        return None
    if not all(_NAME.fullmatch(e.text) for e in lists[0]) or any(_mixed(elements) for elements in lists[1:]):
        return None
    return [Statement(tuple(chain), tuple(signs), run[0].words) for chain in zip(*lists, strict=True)]


def _mixed(elements: list[Slice]) -> bool:
    """Return whether some elements are names and others are not, so that these are no lists of values."""
    return len({_NAME.fullmatch(e.text) is not None for e in elements}) > 1


def _parted(side: Slice) -> list[Slice]:
    """Return the numbers of a side that is a list of them without blanks, else the side."""
    if not _STUCK.fullmatch(side.text) or "." not in side.text:
        return [side]
    return [side.cut(m.start(), m.end()) for m in re.finditer(r"[^,]+", side.text)]


def _rest(run: list[Statement]) -> Iterator[Statement]:
    """Yield statements with tuples taken apart; a value that is followed by further ones is not read."""
    for one, after in zip(run, [*run[1:], None], strict=True):
        tuples = [_items(side) for side in one.sides]
        if one.signs and all(tuples) and len({len(items) for items in tuples}) == 1:
            yield from (replace(one, sides=chain) for chain in zip(*tuples, strict=True))
            continue
        more = after is not None and not after.signs and _PLAIN.fullmatch(after.sides[0].text) is not None
        listed = one.signs and len(_parted(one.sides[-1])) > 1
        index = _INDEX.fullmatch(one.sides[0].text) is not None
        value = _PLAIN.fullmatch(one.sides[-1].text) is not None
        yield replace(one, unread=UNPAIRED) if one.signs and not index and ((more and value) or listed) else one


def _items(side: Slice) -> list[Slice]:
    """Return the elements of a tuple, [] for anything else."""
    found = _TUPLE.fullmatch(side.text)
    if found is None:
        return []
    items, depth, start = list[Slice](), 0, found.start("items")
    for at in range(start, found.end("items")):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(side.text[at], 0)
        if depth < 0:
            return []
        if side.text[at] == "," and depth == 0:
            items.append(side.cut(start, at))
            start = at + 1
    items.append(side.cut(start, found.end("items")))
    return items if 1 < len(items) <= _MOST and all(item.text for item in items) else []
