"""Where a formula that is too wide for a line breaks: before sums, then in products, inside brackets only at last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from derive.writers.measure import Atom, join, measure, opened, read, width

INDENT = 1.0  # em: a continued row stands a \quad further right


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of an expression that stays together; `lead` is printed before it only where it begins a row.

    first: of a later summand that takes several rows; torn: of any summand that does.
    """

    latex: str
    width: float
    lead: str = ""
    first: bool = False
    torn: bool = False


def broken(relation: str, latex: str, room: float) -> tuple[list[str], bool]:
    """Return the lines of one side, and whether a product is torn: a long summand begins on a line of its own."""
    room -= max(measure(relation), INDENT)
    lines: list[str] = []
    used, torn = 0.0, False
    for piece in _pieces("", read(latex), room, 0):
        torn = torn or piece.torn
        if lines and not piece.first and used + piece.width <= room:
            lines[-1] += piece.latex
            used += piece.width
        else:
            lines.append(f"{piece.lead} {piece.latex}" if lines else piece.latex)
            used = piece.width + measure(piece.lead)
    return [line.strip() for line in lines], torn


def _pieces(lead: str, atoms: list[Atom], room: float, level: int) -> Iterator[_Piece]:
    """Yield the parts of an expression; a part wider than `room` is taken apart at the next kind of place.

    The kinds, the most welcome first: sums, products, sums inside brackets, products inside brackets.
    """
    wide = width(atoms)
    if wide <= room or level == 4:
        yield _Piece(join(atoms), wide, lead, torn=level > 1)
        return
    atoms = [part for atom in atoms for part in (opened(atom) if level >= 2 else [atom])]
    start = 0
    for at in _ends(atoms, level):
        yield from _part(lead, atoms[start:at], room, level, summand=start > 0)
        start, lead = at, "" if atoms[at].kind in ("sum", "product") else r"\cdot"
    yield from _part(lead, atoms[start:], room, level, summand=start > 0)


def _part(lead: str, atoms: list[Atom], room: float, level: int, summand: bool) -> Iterator[_Piece]:
    """Yield the pieces of one part; a later summand that has to be taken apart begins a line."""
    pieces = list(_pieces(lead, atoms, room, level + 1))
    first = summand and level == 0 and len(pieces) > 1
    yield from [replace(pieces[0], first=True), *pieces[1:]] if first else pieces


def _ends(atoms: list[Atom], level: int) -> Iterator[int]:
    """Yield the places at which an expression may be parted at a level."""
    depth = start = 0
    for at, atom in enumerate(atoms):
        depth += (atom.kind == "open") - (atom.kind == "close")
        before = atoms[at - 1] if at else None
        here = atom.kind == ("sum", "product")[level % 2]
        meets = level % 2 == 1 and before is not None and _meet(before, atom)
        outside = depth - (atom.kind == "open") <= 0 or level >= 2
        if at > start and (here or meets) and outside:
            yield at
            start = at


def _meet(before: Atom, after: Atom) -> bool:
    """Do two factors stand beside each other here? A name before a bracket may be a function: not there."""
    if after.source[0] in "{!./" or before.source in (".", "/"):
        return False
    if after.kind == "open":
        return before.kind == "close"
    return before.kind in ("ord", "close") and after.kind in ("ord", "word")
