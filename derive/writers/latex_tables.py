"""Tables as LaTeX: short ones stay whole, long ones break over pages and repeat their head."""

from __future__ import annotations

import re
from typing import Any

from derive.document import Table
from derive.writers.latex_text import Text, environment
from derive.writers.sizes import WHOLE, fit

_ROOM = {0: "", 1: r"\rule[-2.7ex]{0pt}{6.8ex}", 2: r"\rule[-3.6ex]{0pt}{10.6ex}"}  # by fractions in each other
_MATRIX = re.compile(r"\\begin\{[pb]matrix\}.*?\\end", re.S)
_SIZES = ((1.0, ""), (0.91, r"\small"), (0.82, r"\footnotesize"), (0.73, r"\scriptsize"))


def size_for(scale: float) -> str:
    """Return the command that sets a text so much smaller, the next one that there is; "" for the usual size."""
    return next((name for least, name in _SIZES if scale >= least), r"\tiny")


def table(block: Table, line: float, margin: float, text: Text) -> str:
    """Return a table as LaTeX; `line` and `margin` are the widths of the text and beside it, in em.

    A short table that would have to be set small goes out into the margin.
    """
    columns, scale = fit(block, line)
    whole = len(block.rows) <= WHOLE
    out = whole and scale < 1 and margin > 0
    columns, scale = fit(block, line + margin) if out else (columns, scale)
    caption = text.caption(block.number, block.caption) if block.caption else ""
    form = _columns(block.align, columns)
    size = size_for(scale)
    size += rf"\setlength\tabcolsep{{{6 * scale:.1f}pt}}" if size else ""
    if not whole:
        return f"{{{size}\n{_long(block, form, caption, text)}\n}}"
    parts = [rf"{caption}\\[4pt]" if caption else "", size, _whole(block, form, text)]
    return environment("unbroken", "\n".join(filter(None, parts)), r"[\widest]" if out else "")


def _whole(block: Table, form: str, text: Text) -> str:
    from pylatex import NoEscape, Tabular

    made = Tabular(NoEscape(form), width=len(block.align))
    _head(made, _cells(block.header, text))
    return _rest(made, block, text)


def _long(block: Table, form: str, caption: str, text: Text) -> str:
    from pylatex import LongTable, NoEscape

    made = LongTable(NoEscape(form), width=len(block.align))
    header = _cells(block.header, text)
    if caption:
        wide = rf"\multicolumn{{{len(block.align)}}}{{@{{}}c@{{}}}}{{\makebox[0pt]{{{caption}}}}}\\[4pt]"
        made.append(NoEscape(wide))
        _head(made, header)
        made.append(NoEscape(r"\endfirsthead"))
    _head(made, header)
    made.append(NoEscape(r"\endhead"))
    return _rest(made, block, text)


def _head(made: Any, header: list[str]) -> None:
    from pylatex import NoEscape

    made.append(NoEscape(r"\toprule"))
    if header:
        made.add_row(header)
        made.append(NoEscape(r"\midrule"))


def _rest(made: Any, block: Table, text: Text) -> str:
    from pylatex import NoEscape

    for cells in block.rows:
        made.add_row(_cells(cells, text))
    made.append(NoEscape(r"\bottomrule"))
    return str(made.dumps())


def _cells(cells: tuple[Any, ...], text: Text) -> list[str]:
    from pylatex import NoEscape

    return [NoEscape(_tall(text.line(cell))) for cell in cells]


def _tall(cell: str) -> str:
    """Return a cell with its fractions as large as in a display, and the room that they and matrices need."""
    room = [_ROOM[min(_storeys(cell), 2)]] if r"\frac" in cell else []
    if rows := max((found.count(r"\\") + 1 for found in _MATRIX.findall(cell)), default=0):
        # Around the axis of formulas, and the same above and below.
        half = 0.72 * rows + 0.35
        room.append(rf"\rule[-{half - 0.25:.2f}em]{{0pt}}{{{2 * half:.2f}em}}")
    return cell.replace(r"\frac", r"\dfrac") + "".join(room)


def _storeys(cell: str) -> int:
    """Return how many fractions stand in each other."""
    inside = [False]  # for each brace that is open, whether it is an argument of a fraction
    waiting = [0]  # arguments of a fraction that are still to come
    deepest = 0
    for token in re.findall(r"\\frac\b|\\.|[{}]", cell):
        if token == r"\frac":
            waiting[-1] = 2
        elif token == "{":
            inside.append(waiting[-1] > 0)
            waiting[-1] -= inside[-1]
            waiting.append(0)
            deepest = max(deepest, sum(inside))
        elif token == "}" and len(inside) > 1:
            inside.pop()
            waiting.pop()
    return deepest


def _columns(align: str, widths: list[float]) -> str:
    """Return the columns of a table: as asked, or as wide as given where that is not 0, without padding outside."""
    made = (
        rf">{{\raggedright\arraybackslash}}p{{{wide:.2f}em}}" if wide else c
        for c, wide in zip(align, widths, strict=True)
    )
    return f"@{{}}{''.join(made)}@{{}}"
