"""The sizes of tables and pictures and the names of their files, the same for every format."""

from __future__ import annotations

import re
from zlib import crc32

from derive.document import Inline, Math, Table
from derive.errors import Fault
from derive.writers.measure import measure

WHOLE = 16  # a table of at most so many rows is not parted between pages
_GAP = 1.1  # em between columns
_CHARACTER = 0.5  # em, on average


def stem(name: str) -> str:
    """Return the beginning of the names of a document's pictures: letters that no target takes for code."""
    clean = re.sub(r"[^A-Za-z0-9_-]+", "-", name)
    return clean if clean == name else f"{clean}-{crc32(name.encode()):08x}"


def fraction(width: str) -> float:
    """Return a picture's width ("80%") as a part of the line. Raises a Fault for anything else."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", width)
    if not found or not 0 < float(found[1]) <= 100:
        raise Fault(f"{width!r} is no width of a picture", expected="a percentage of the line, such as 80%")
    return float(found[1]) / 100


def fit(table: Table, line: float) -> tuple[list[float], float]:
    """Return for a table the widths of the columns whose text must wrap (else 0), and the scale at which it fits."""
    rows = [table.header, *table.rows]
    widths = [max((_width(row[at]) for row in rows if at < len(row)), default=0.0) for at in range(len(table.align))]
    room = line - _GAP * (len(widths) - 1)
    if sum(widths) <= room:
        return [0.0] * len(widths), 1.0
    # Only text wraps well; a formula breaks at few places, so its column is set smaller instead.
    texts = [
        all(isinstance(p, str) for row in rows for cell in row[at : at + 1] for p in cell) for at in range(len(widths))
    ]
    wraps = [t and c == "l" and w > room / len(widths) for t, c, w in zip(texts, table.align, widths, strict=True)]
    fixed = sum(wide for wide, wrap in zip(widths, wraps, strict=True) if not wrap)
    if any(wraps) and room - fixed > 8.0 * sum(wraps):
        share = (room - fixed) / sum(wide for wide, wrap in zip(widths, wraps, strict=True) if wrap)
        return [wide * share if wrap else 0.0 for wide, wrap in zip(widths, wraps, strict=True)], 1.0
    return [0.0] * len(widths), line / (sum(widths) + line - room)


def _width(cell: tuple[Inline, ...]) -> float:
    return sum(measure(part.latex) if isinstance(part, Math) else _CHARACTER * len(part) for part in cell)
