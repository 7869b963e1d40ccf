"""The layout of chains: from `left = a = b …` to rows that fit the line, the same for every format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from derive.document import Aligned, Chain, Inline, Link
from derive.writers.measure import Atom, join, measure, opened, read, width

LINE = 39.5  # em: 160 mm (A4 less 25 mm left and right) in 11 pt are 41; the rest is for what is estimated
_INDENT = 1.0  # a continued row stands a \quad further right
_BOX = 0.65
_LABEL = 2.5
_SPILL = 1.02  # of the line may be taken, as widths are estimates
_REASON, _GAP = 11.5, 1.5  # the column of reasons, and what parts it from the rows
_WIDEST_LEFT = 0.4  # of the line; a wider left side gets a row of its own


@dataclass(frozen=True, slots=True)
class Row:
    """One printed row: what stands left and right of the alignment point.

    first: begins a chain that is set apart from the one above. continued: goes on with the expression of the row above.
    why: the reason of the step, on the first row of its chain.
    """

    left: str
    right: str
    first: bool = False
    continued: bool = False
    label: str = ""
    why: tuple[Inline, ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of an expression that stays together; `lead` is printed before it only where it begins a row."""

    latex: str
    width: float
    lead: str = ""


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


def scale(made: list[Row], line: float) -> float:
    """Return how much smaller rows must be set to fit the line: 1, or less where something in them cannot break."""
    widest = max((measure(row.left) + measure(row.right) + row.continued * _INDENT for row in made), default=0.0)
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
        latex, wide = _side(chain, link, room)
        if held and used + wide > room:
            yield Row(left, held)
            left, held, used = "", "", 0.0
        if wide > room:
            yield from _expression(left, link.relation, link.latex, room)
            left = ""
        else:
            held, used = f"{held} {latex}".lstrip(), used + wide
    if held:
        yield Row(left, held)


def _side(chain: Chain, link: Link, room: float) -> tuple[str, float]:
    """Return a relation with its right side, framed if it is the boxed one, and the width of that."""
    latex, wide = f"{link.relation} {link.latex}", measure(f"{link.relation} {link.latex}")
    if chain.boxed and link is chain.links[-1] and wide + _BOX <= room:
        return rf"{link.relation} \boxed{{{link.latex}}}", wide + _BOX
    return latex, wide


def _expression(left: str, relation: str, latex: str, room: float) -> Iterator[Row]:
    """Yield the rows of one side that may be too wide for one."""
    room -= max(measure(relation), _INDENT)
    lines: list[str] = []
    used = 0.0
    for piece in _pieces("", read(latex), room, 0):
        if lines and used + piece.width <= room:
            lines[-1] += piece.latex
            used += piece.width
        else:
            lines.append(f"{piece.lead} {piece.latex}" if lines else piece.latex)
            used = piece.width + measure(piece.lead)
    yield Row(left, f"{relation} {lines[0].strip()}".strip())
    for line in lines[1:]:
        yield Row("", line.strip(), continued=True)


def _pieces(lead: str, atoms: list[Atom], room: float, level: int) -> Iterator[_Piece]:
    """Yield the parts of an expression; a part wider than `room` is taken apart at the next kind of place.

    The kinds, the most welcome first: sums, products, sums inside brackets, products inside brackets.
    """
    wide = width(atoms)
    if wide <= room or level == 4:
        yield _Piece(join(atoms), wide, lead)
        return
    atoms = [part for atom in atoms for part in (opened(atom) if level >= 2 else [atom])]
    start, depth = 0, 0
    for at, atom in enumerate(atoms):
        depth += (atom.kind == "open") - (atom.kind == "close")
        before = atoms[at - 1] if at else None
        here = atom.kind == ("sum", "product")[level % 2]
        meets = level % 2 == 1 and before is not None and _meet(before, atom)
        outside = depth - (atom.kind == "open") <= 0 or level >= 2
        if at > start and (here or meets) and outside:
            yield from _pieces(lead, atoms[start:at], room, level + 1)
            start, lead = at, "" if here else r"\cdot"
    yield from _pieces(lead, atoms[start:], room, level + 1)


def _meet(before: Atom, after: Atom) -> bool:
    """Do two factors stand beside each other here? A name before a bracket may be a function: not there."""
    if after.source[0] in "{!./" or before.source in (".", "/"):
        return False
    if after.kind == "open":
        return before.kind == "close"
    return before.kind in ("ord", "close") and after.kind in ("ord", "word")
