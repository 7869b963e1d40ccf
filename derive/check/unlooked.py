"""What of a hand-in is not looked at although it may hold answers: code, tables of many values, what is too long."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.check.region import Region
from derive.check.tables import unseen
from derive.source import Source

_LONG = 2000  # characters of a formula without a relation that nobody writes
_ASSIGNED = re.compile(r"[A-Za-z_]\w*\s*=(?!=)|=\s*[0-9]")
_MOST = 20


def notes(source: Source, clean: str, regions: list[Region]) -> tuple[str, ...]:
    """Return what a reader is told was left out. clean: the text without code and comments."""
    found = sorted({*_code(source, clean), *_tables(source, clean), *_long(source, regions)})
    more = [f"and {len(found) - _MOST} more places that were not looked at"] if len(found) > _MOST else []
    return (*(f"line {line}: {what}" for line, what in found[:_MOST]), *more)


def _code(source: Source, clean: str) -> Iterator[tuple[int, str]]:
    """Yield blocks that were blanked as code and hold what looks like an assignment."""
    lines, kept = source.text.split("\n"), clean.split("\n")
    closed = 0
    for at, (line, shown) in enumerate(zip(lines, kept, strict=True), 1):
        opens = re.match(r"[ \t]*(?:`{3,}|~{3,}|\\begin\{(?:verbatim|lstlisting|minted))", line)
        if opens and not shown.strip() and at > closed:
            inside = _until_shown(lines[at : at + 400], kept[at : at + 400])
            closed = at + inside.count("\n") + 2
            if _ASSIGNED.search(inside):
                yield at, "a block of code is not looked at; formulas stand between dollar signs"


def _until_shown(lines: list[str], clean: list[str]) -> str:
    inside = []
    for line, shown in zip(lines, clean, strict=True):
        if shown.strip() or re.match(r"[ \t]*(?:`{3,}|~{3,}|\\end\{)", line):
            break
        inside.append(line)
    return "\n".join(inside)


def _tables(source: Source, clean: str) -> Iterator[tuple[int, str]]:
    for start in unseen(clean):
        yield source.position(start)[0], "a table holds values that are not looked at"


def _long(source: Source, regions: list[Region]) -> Iterator[tuple[int, str]]:
    for region in regions:
        if len(region.text.text) > _LONG and not region.has_relation:
            yield source.position(region.start)[0], "a formula without a relation is too long and is not looked at"
