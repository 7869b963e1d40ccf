"""The layout of chains: from `left = a = b …` to rows that fit the line, the same for every format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from derive.document import Aligned, Chain, Inline
from derive.writers.breaking import INDENT, broken
from derive.writers.measure import measure

LINE = 39.5  # em: 160 mm (A4 less 25 mm left and right) in 11 pt are 41; the rest is for what is estimated
_BOX = 0.65
_LABEL = 2.5
_SPILL = 1.02  # of the line may be taken, as widths are estimates
_REASON, _GAP = 11.5, 1.5  # the column of reasons, and what parts it from the rows
_TOGETHER = 8  # lines that do not go over a page; a tall row is two
_WIDEST_LEFT = 0.4  # of the line; a wider left side gets a row of its own


@dataclass(frozen=True, slots=True)
class Row:
    """One printed row: what stands left and right of the alignment point.

    first: begins a chain that is set apart from the one above. continued: goes on with the expression of the row above.
    why: the reason of the step, on the first row of its chain. torn: a product of it goes on in another row.
    """

    left: str
    right: str
    first: bool = False
    continued: bool = False
    label: str = ""
    why: tuple[Inline, ...] = ()
    torn: bool = False


def beside(aligned: Aligned, line: float, margin: float) -> tuple[float, float]:
    """Return the widths of the rows and of the reasons beside them, in em; the second is 0 where there are none.

    Reasons stand in the margin of the look; where it has none, they take their room from the line.
    """
    if not any(chain.why for chain in aligned.chains):
        return line, 0.0
    return (line, margin) if margin else (line - _REASON - _GAP, _REASON)


def rows(aligned: Aligned, line: float = LINE) -> list[Row]:
    """Return the rows of some chains; each at most `line` em wide by estimate, unless it cannot break."""
    lefts = [measure(chain.left) for chain in aligned.chains]
    narrow = [wide for wide in lefts if wide <= line * _WIDEST_LEFT]
    room = line - max(narrow, default=0.0)
    parts: list[list[Row]] = []
    for chain, left in zip(aligned.chains, lefts, strict=True):
        own = room - (_LABEL if chain.label else 0.0)
        made = list(_chain(chain, own, beside=left <= line * _WIDEST_LEFT and bool(chain.links)))
        made[-1] = replace(made[-1], label=chain.label)
        made[0] = replace(made[0], why=chain.why)
        parts.append(made)
    # Short plain lines stand together; chains of several rows, and fractions, need air between them.
    apart = any(len(made) > 1 or _tall(row) for made in parts for row in made)
    return [replace(row, first=apart and i == 0) for made in parts for i, row in enumerate(made)]


def spread(aligned: Aligned, line: float, margin: float) -> tuple[list[Row], float]:
    """Return the rows of chains without reasons and the line that they take.

    That is the margin of the look as well where they would not fit otherwise, or a product would break.
    """
    made = rows(aligned, line)
    if not margin or (scale(made, line) == 1.0 and not any(row.torn for row in made)):
        return made, line
    return rows(aligned, line + margin), line + margin


def short(made: list[Row]) -> bool:
    """Return whether rows are so few that they stand on one page."""
    return sum(2 if _tall(row) else 1 for row in made) <= _TOGETHER


def scale(made: list[Row], line: float) -> float:
    """Return how much smaller rows must be set to fit the line: 1, or less where something in them cannot break."""
    widest = max((measure(row.left) + measure(row.right) + row.continued * INDENT for row in made), default=0.0)
    return min(1.0, line / widest) if widest > line * _SPILL else 1.0


def _tall(row: Row) -> bool:
    return any(tall in row.left + row.right for tall in ("\\frac", "\\begin", "\\boxed", "\\sum"))


def _chain(chain: Chain, room: float, beside: bool) -> Iterator[Row]:
    """Yield a chain's rows; `beside`: the left side stands left of the alignment point, not on a row of its own."""
    left = chain.left
    if not beside:
        yield from _expression("", "", chain.left, room)
        left = ""
    held, used = "", 0.0
    for link in chain.links:
        framed = chain.boxed and link is chain.links[-1]
        latex = rf"{link.relation} \boxed{{{link.latex}}}" if framed else f"{link.relation} {link.latex}"
        wide = measure(latex)
        if held and used + wide > room:
            yield Row(left, held)
            left, held, used = "", "", 0.0
        if wide > room:
            yield from (_frame if framed else _expression)(left, link.relation, link.latex, room)
            left = ""
        else:
            held, used = f"{held} {latex}".lstrip(), used + wide
    if held:
        yield Row(left, held)


def _frame(left: str, relation: str, latex: str, room: float) -> Iterator[Row]:
    """Yield one row with a frame around the lines of a side that is too wide for one."""
    lines, torn = broken(relation, latex, room - _BOX)
    if len(lines) == 1:
        yield Row(left, rf"{relation} \boxed{{{lines[0]}}}")
        return
    body = r" \\ ".join(("& " if k == 0 else r"& \quad {} ") + line for k, line in enumerate(lines))
    yield Row(left, rf"{relation} \boxed{{\begin{{aligned}} {body} \end{{aligned}}}}", torn=torn)


def _expression(left: str, relation: str, latex: str, room: float) -> Iterator[Row]:
    """Yield the rows of one side that may be too wide for one."""
    lines, torn = broken(relation, latex, room)
    yield Row(left, f"{relation} {lines[0]}".strip(), torn=torn)
    for line in lines[1:]:
        yield Row("", line, continued=True)
