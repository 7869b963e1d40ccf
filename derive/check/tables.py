"""Tables of printed values: `| $L$ | 0.9 |` says that L is 0.9."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.check.region import Region
from derive.source import Slice, Source

DOUBT = "it stands in a table: is it meant as a claim about this exercise?"
_ROW = re.compile(
    r"^[ \t>]*+\|(?P<cells>[^\n]*)\|[ \t]*$"
    r"|^(?P<latex>[^\n&|%]{0,300}(?:(?<!\\)&[^\n&%]{0,300})+?)\\\\[ \t]*(?:\\[a-z]+[ \t]*)*$",
    re.MULTILINE,
)
_TABULAR = re.compile(r"\\(begin|end)\s*\{(?:tabular[x*]?|longtable|tabularx)\}")
_NUMBER = re.compile(r"[ \t$*`]*(?P<value>[-−+]?[ ]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)[ \t$*`]*")
_NAME = re.compile(
    r"[ \t*`]*(?:\$`?)?[ \t]*"
    r"(?P<name>\\(?:d?frac|partial|nabla)[^|$]{1,80}|\\?[A-Za-zα-ω][A-Za-z0-9_{}\\^'*+\[\] ]{0,30})"
    r"(?:`?\$)?[ \t*`]*"
)
_RULE = re.compile(r"[\s|:\-]*")
Cell = tuple[int, str]


def in_tables(source: Source, text: str) -> Iterator[Region]:
    """Yield for each name with a number beside or below it the two as one formula."""
    for table in _tables(text):
        rows = [row for row in table if not all(_RULE.fullmatch(cell) for _, cell in row)]
        for row in rows if all(len(row) == 2 for row in rows) else ():
            yield from _pair(source, row[0], row[1])


def unseen(text: str) -> Iterator[int]:
    """Yield where tables begin that hold numbers and are more than names with a number each."""
    for table in _tables(text):
        rows = [row for row in table if not all(_RULE.fullmatch(cell) for _, cell in row)]
        numbers = any(_NUMBER.fullmatch(cell) for row in rows for _, cell in row)
        if numbers and not all(len(row) == 2 for row in rows):
            yield rows[0][0][0]


def _pair(source: Source, left: Cell, right: Cell) -> Iterator[Region]:
    name, value = _NAME.fullmatch(left[1]), _NUMBER.fullmatch(right[1])
    if name is None or value is None or not _is_name(name["name"], left[1]):
        return
    start = left[0] + name.start("name")
    bar = right[0] - 1
    inner = name["name"]
    gap, rest = bar - start - len(inner), right[0] + value.start("value") - bar - 1
    yield Region(Slice(source, start, inner + " " * gap + "=" + " " * rest + value["value"]), "inline", DOUBT)


def _is_name(name: str, cell: str) -> bool:
    """Return whether a cell is a name of mathematics and no word."""
    return "$" in cell or re.fullmatch(r"[A-Za-zα-ω]{1,2}(?:_?\{?\w{1,5}\}?)?", name.strip()) is not None


def _tables(text: str) -> Iterator[list[list[Cell]]]:
    """Yield the tables as rows of cells with their places."""
    table: list[list[Cell]] = []
    end = -1
    for found in _ROW.finditer(text):
        kind = "cells" if found["cells"] is not None else "latex"
        if kind == "latex" and not _in_tabular(text, found.start()):
            continue
        if table and found.start() > end + 1 and text[end : found.start()].strip():
            yield table
            table = []
        table.append(list(_cells(found.start(kind), found[kind], "|" if kind == "cells" else "&")))
        end = found.end()
    if table:
        yield table


def _in_tabular(text: str, at: int) -> bool:
    marks = [found[1] for found in _TABULAR.finditer(text, max(0, at - 20_000), at)]
    return bool(marks) and marks[-1] == "begin"


def _cells(start: int, row: str, mark: str) -> Iterator[Cell]:
    at = 0
    for part in re.split(rf"(?<!\\){re.escape(mark)}", row):
        yield start + at, part
        at += len(part) + 1
