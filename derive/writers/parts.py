"""Where a formula may be parted when the line gets short, for formats that are read on pages of any width."""

from __future__ import annotations

from derive.writers.measure import Atom, join, measure, read

NARROW = 14.0  # em: a line that a phone shows


def parts(latex: str) -> list[str]:
    """Return a formula in pieces: before each of its outer relations and behind each outer comma a line may end.

    The pieces joined are the formula. One that fits a narrow line stays whole.
    """
    if measure(latex) <= NARROW:
        return [latex]
    pieces: list[list[Atom]] = [[]]
    depth = 0
    for atom in read(latex):
        depth += (atom.kind == "open") - (atom.kind == "close")
        if depth == 0 and atom.kind == "relation" and pieces[-1] and not _waits(pieces[-1]):
            pieces.append([])
        pieces[-1].append(atom)
        if depth == 0 and atom.source.strip() == ",":
            pieces.append([])
    return [join(piece) for piece in pieces if piece]


def _waits(piece: list[Atom]) -> bool:
    r"""Does what stands last belong to the relation that follows it: another relation, blanks alone, \not?"""
    last = piece[-1]
    return last.kind == "relation" or last.source.strip() == r"\not" or not join(piece).strip()
