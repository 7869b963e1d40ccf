"""Chains as rows of align*, with the reasons of steps beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.document import Aligned
from derive.writers.chains import Row, beside, rows, scale, short, spread
from derive.writers.formulas import fenced
from derive.writers.latex_tables import size_for
from derive.writers.latex_text import Text, environment, escape

_WHOLE = 4  # rows of a chain that stay on one page
_GAP = "[.9ex]"  # between chains, added to \jot between all rows


def aligned(block: Aligned, line: float, margin: float, text: Text) -> str:
    """Return chains as LaTeX; `line` and `margin` are the widths of the text and beside it, in em."""
    for chain in block.chains:
        for part in (chain.left, *(f"{link.relation} {link.latex}" for link in chain.links)):
            text.math(part)
    wide, reasons = beside(block, line, margin)
    laid, wide = (rows(block, wide), wide) if reasons else spread(block, wide, margin)
    size = size_for(scale(laid, wide))
    chains = list(_chains(laid))
    lines = [part for at, chain in enumerate(chains) for part in _lines(chain, at + 1 == len(chains), text)]
    lines = list(_kept(lines, [len(chain) for chain in chains], short(laid)))
    made = environment("align*", "\n".join(lines))
    made = environment("explained", made) if reasons else made
    made = environment("widened", made) if wide > line else made
    return f"{{{size}\n{made}\n}}" if size else made


def _chains(made: list[Row]) -> Iterator[list[Row]]:
    """Yield the rows of each chain: where none is set apart, each is a row."""
    apart = any(row.first for row in made)
    chain: list[Row] = []
    for row in made:
        if chain and (row.first or not apart):
            yield chain
            chain = []
        chain.append(row)
    yield chain


def _lines(chain: list[Row], last: bool, text: Text) -> Iterator[str]:
    """Yield the rows of a chain with their ends; no page ends between a reason's first row and the next one."""
    why = text.line(chain[0].why)
    for at, row in enumerate(chain):
        ending = at + 1 == len(chain)
        beside = ""
        if why and at == 0:
            beside = rf"\reason[{len(chain)}]{{{why}}}" if len(chain) > 1 else rf"\reason{{{why}}}"
        elif why and ending:
            beside = r"\reasonend"
        end = "" if ending and last else rf" \\{_GAP if ending and _set_apart(chain) else ''}"
        yield _row(row, beside) + (end.replace(r"\\", r"\\*") if why and at == 0 and not ending else end)


def _kept(lines: list[str], sizes: list[int], short: bool) -> Iterator[str]:
    """Yield rows of which no page parts the first two, the last two, those of a short chain, any of a short block."""
    last = len(lines) - 2
    inside = [at + 1 < size <= _WHOLE for size in sizes for at in range(size)]
    for at, line in enumerate(lines):
        kept = short or inside[at] or at in (0, last)
        yield re.sub(r" \\\\(?!\*)(?=(\[\.9ex\])?$)", r" \\\\*", line) if kept else line


def _set_apart(chain: list[Row]) -> bool:
    return chain[0].first


def _row(row: Row, beside: str) -> str:
    """Return a row without its end; what stands beside it hangs on its tag."""
    label = escape(row.label)
    tag = rf" \tag{{{label}}}" if label else ""
    if beside:
        tag = rf" \tag*{{{f'({label})' if label else ''}{beside}}}"
    right = rf"\quad {{}}{row.right}" if row.continued else row.right
    return fenced(f"{row.left} &{right}".lstrip()) + tag
