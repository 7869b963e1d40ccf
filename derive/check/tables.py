"""Values in a Markdown table: a name and its number stand in cells side by side, or one above the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from derive.check.rows import Sign, Statement
from derive.source import Slice, Source

_ROW = re.compile(r"^[ \t]*\|(?P<cells>[^\n]*)$", re.MULTILINE)
_RULE = re.compile(r"[\s|:-]*-[\s|:-]*")
_NUMBER = re.compile(r"[-−+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+|\s*(?:\\cdot|\\times|·|×)\s*10\^(?:\d|\{[-−]?\d+\}))?")
# A formula in marks, or a name that no word of a sentence looks like: z_1, h1, L, \hat{y}.
_NAME = re.compile(r"\$(?P<marked>[^$]+)\$|(?P<bare>[A-Za-zα-ωΑ-Ω](?:_\w|_\{\w{1,6}\}|\d{1,2})?'?)")
_LONGEST = 400  # characters of a row


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell without blanks and marks, by its place. kind: "name", "number", "" for any other."""

    start: int
    text: str
    kind: str


def tables(source: Source) -> Iterator[Statement]:
    """Yield what the tables of a text say: each name with the number beside or below it."""
    block: list[re.Match[str]] = []
    for row in _ROW.finditer(source.text):
        if block and row.start() != block[-1].end() + 1:
            yield from _table(source, block)
            block = []
        block.append(row)
    yield from _table(source, block)


def _table(source: Source, rows: list[re.Match[str]]) -> Iterator[Statement]:
    if len(rows) < 3 or not _RULE.fullmatch(rows[1]["cells"]) or any(len(row[0]) > _LONGEST for row in rows):
        return
    head, *body = (_cells(row) for row in (rows[0], *rows[2:]))
    names = [at for at, cell in enumerate(head) if cell.kind == "name"]
    for cells in body:
        kinds = [cell.kind for cell in cells]
        if kinds.count("name") == 1 and kinds.count("number") == 1 and kinds[0] == "name" and not names:
            yield _stated(source, cells[0], next(cell for cell in cells if cell.kind == "number"))
        elif names and "name" not in kinds and len(body) == 1:
            for at in names:
                if at < len(cells) and cells[at].kind == "number":
                    yield _stated(source, head[at], cells[at])


def _cells(row: re.Match[str]) -> list[Cell]:
    found, at = [], row.start("cells")
    for text in row["cells"].split("|"):
        found.append(_cell(text, at))
        at += len(text) + 1
    return found


def _cell(text: str, at: int) -> Cell:
    start = at + len(text) - len(text.lstrip())
    inner = text.strip()
    if (number := _NUMBER.fullmatch(inner.strip("$ "))) is not None:
        return Cell(start + inner.index(number[0]), number[0], "number")
    name = _NAME.fullmatch(re.sub(r"\s*=\s*(\$?)$", r"\1", inner))
    if name is None or re.search(r"[=<>≈]|\\(?:approx|leq?|geq?|in|to)(?![A-Za-z])", name[0]):
        return Cell(start, inner, "")
    text = (name["marked"] or name["bare"]).strip()
    return Cell(start + inner.index(text), text, "name")


def _stated(source: Source, name: Cell, number: Cell) -> Statement:
    left, right = (Slice(source, cell.start, cell.text) for cell in (name, number))
    bar = source.text.index("|", name.start + len(name.text))
    return Statement((left, right), (Sign("=", "|", bar),))
