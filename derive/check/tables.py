"""Values in tables: a name and its number stand in cells side by side, `| $L$ | 0.9 |`, or one above the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from derive.check.decorations import RELATED
from derive.check.region import Region
from derive.source import Slice, Source

DOUBT = "it stands in a table: is it meant as a claim about this exercise?"
_ROW = re.compile(
    r"^[ \t>]*+\|(?P<cells>[^\n]*)\|[ \t]*$"
    r"|^(?P<latex>[^\n&|%]{0,300}(?:(?<!\\)&[^\n&%]{0,300})+?)\\\\[ \t]*(?:\\[a-z]+[ \t]*)*$",
    re.MULTILINE,
)
_TABULAR = re.compile(r"\\(begin|end)\s*\{(?:tabular[x*]?|longtable|tabularx)\}")
_NUMBER = re.compile(
    r"[ $*`]*(?P<value>[-−+]?[ ]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
    r"(?:[eE][-+]?[0-9]+|\s*(?:\\cdot|\\times|·|×)\s*10\^(?:[0-9]|\{[-−]?[0-9]+\}))?)[ $*`]*"
)
# A formula in marks, or a name that no word of a sentence looks like: z_1, h1, L, dw, \hat{y}.
_NAME = re.compile(
    r"[ *`]*(?:\$`?\s*(?P<marked>[^$`=]+?)\s*=?\s*`?\$\s*=?"
    r"|(?P<bare>d?[A-Za-zα-ωΑ-Ω](?:_\w|_\{\w{1,6}\}|\d{1,2})?'?)\s*=?)[ *`]*"
)
_RULE = re.compile(r"[\s|:\-]*")
_LONGEST = 1000  # characters of a row


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell without blanks and marks, by its place. kind: "name", "number", "" for any other. edge: where it ends."""

    start: int
    text: str
    kind: str
    edge: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


Row = list[_Cell]


def in_tables(source: Source, text: str) -> Iterator[Region]:
    """Yield for each name with a number beside or below it the two as one formula."""
    for table in _tables(text):
        for name, number in _pairs(table, text):
            yield _region(source, name, number)


def unseen(text: str) -> Iterator[int]:
    """Yield where tables begin that hold numbers and of which a row with numbers is not read."""
    for table in _tables(text):
        taken = {number.start for _, number in _pairs(table, text)}
        if any(cell.kind == "number" and cell.start not in taken for row in table for cell in row):
            yield table[0][0].start


def _pairs(table: list[Row], text: str) -> Iterator[tuple[_Cell, _Cell]]:
    """Yield the names of a table with their numbers."""
    head, *body = table
    kinds = [{cell.kind for cell in row} for row in table]
    if len(head) > 1 and kinds[0] == {"name"} and len(body) == 1 and kinds[1] == {"number"}:
        yield from zip(head, body[0], strict=False)
    for row in table:
        found = [cell for cell in row if cell.kind]
        between = text[row[0].edge : found[-1].start] if found else ""
        if [cell.kind for cell in found] == ["name", "number"] and row[0].kind and not RELATED.search(between):
            yield found[0], found[1]


def _region(source: Source, name: _Cell, number: _Cell) -> Region:
    gap, rest = name.edge - name.end, number.start - name.edge - 1
    whole = name.text + " " * gap + "=" + " " * rest + number.text
    return Region(Slice(source, name.start, whole), "inline", DOUBT)


def _tables(text: str) -> Iterator[list[Row]]:
    """Yield the tables as rows of cells, without the rules between them."""
    table: list[Row] = []
    end = -1
    for found in _ROW.finditer(text):
        kind = "cells" if found["cells"] is not None else "latex"
        if len(found[0]) > _LONGEST or (kind == "latex" and not _in_tabular(text, found.start())):
            continue
        if table and found.start() > end + 1 and text[end : found.start()].strip():
            yield table
            table = []
        if not _RULE.fullmatch(found[kind]):
            table.append(list(_cells(found.start(kind), found[kind], "|" if kind == "cells" else "&")))
        end = found.end()
    if table:
        yield table


def _in_tabular(text: str, at: int) -> bool:
    marks = [found[1] for found in _TABULAR.finditer(text, max(0, at - 20_000), at)]
    return bool(marks) and marks[-1] == "begin"


def _cells(start: int, row: str, mark: str) -> Iterator[_Cell]:
    at = start
    for part in re.split(rf"(?<!\\){re.escape(mark)}", row):
        yield _cell(part, at)
        at += len(part) + 1


def _cell(text: str, at: int) -> _Cell:
    edge = at + len(text)
    if (number := _NUMBER.fullmatch(text.replace("\t", " "))) is not None:
        return _Cell(at + number.start("value"), number["value"], "number", edge)
    name = _NAME.fullmatch(text.replace("\t", " "))
    if name is None or RELATED.search(name["marked"] or ""):
        return _Cell(at, text, "", edge)
    kind = "marked" if name["marked"] else "bare"
    return _Cell(at + name.start(kind), name[kind], "name", edge)
