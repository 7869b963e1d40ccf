"""Sums and matrices with dots: parts that are shown stand as they are, those left out go on from one to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from derive.check.matrices.indices import places
from derive.check.quantities import Quantity, blocks
from derive.check.work import Unread
from derive.language import surface as s
from derive.language.unfold import rebuilt
from derive.language.walk import walk
from derive.ops import DomainError

if TYPE_CHECKING:
    from derive.check.matrices.valuation import MatrixValuation

_MOST = 60  # terms or rows that are left out


def has_dots(tree: s.Tree) -> bool:
    return any(isinstance(x, s.Dots) for x in walk(tree))


def indices(tree: s.Tree, v: MatrixValuation) -> list[int]:
    """Return the numbers of all indices in a formula, in the order in which they stand."""
    found: list[int] = []
    for part in walk(tree):
        for _, at, _ in places(part, v.world.whole) if isinstance(part, s.Name) and part.sub else ():
            numbers = [v.place(text) for text in at]
            if None not in numbers:
                found += [n for n in numbers if n is not None]
                break
    return found


def put(tree: s.Tree, numbers: Sequence[int], v: MatrixValuation) -> s.Tree:
    """Return a formula with other numbers for its indices."""
    left = list(numbers)

    def at(part: s.Tree) -> s.Tree:
        if not isinstance(part, s.Name):
            return rebuilt(part, at)
        for head, texts, _ in places(part, v.world.whole) if part.sub else ():
            if all(v.place(text) is not None for text in texts):
                taken, left[: len(texts)] = left[: len(texts)], []
                return _entry(part, head, taken)
        return part

    return at(tree)


def _entry(t: s.Name, head: str, numbers: Sequence[int]) -> s.Name:
    base, _, sub = head.partition("^")[0].partition("_")
    subs = ",".join([*([sub] if sub else []), *map(str, numbers)])
    return s.Name(t.at, f"{base}_{subs}" + (f"^{t.sup}" if t.sup else ""), base, subs, t.sup, t.latex)


def between(first: s.Tree, last: s.Tree, v: MatrixValuation) -> list[s.Tree]:
    """Return the formulas from one to another, both left out, where an index counts from the first to the last."""
    a, b = indices(first, v), indices(last, v)
    steps = {y - x for x, y in zip(a, b, strict=False) if x != y}
    if len(a) != len(b) or len(steps) != 1 or not _alike(first, last):
        raise Unread("what the dots stand for is not clear", first.at)
    count = steps.pop()
    if count < 1 or count > _MOST:
        raise DomainError("dots between neighbours")
    moving = [x != y for x, y in zip(a, b, strict=True)]
    return [put(first, [x + k * m for x, m in zip(a, moving, strict=True)], v) for k in range(1, count)]


def _alike(a: s.Tree, b: s.Tree) -> bool:
    """Return whether two formulas are the same but for indices."""
    kinds = [[(type(x), x.base if isinstance(x, s.Name) else "") for x in walk(t)] for t in (a, b)]
    return kinds[0] == kinds[1]


def terms(t: s.Add, v: MatrixValuation) -> list[s.Tree]:
    """Return all terms of a sum with dots; raises Unread where it is not clear what they stand for."""
    found: list[s.Tree] = []
    for at, term in enumerate(t.terms):
        if not isinstance(term, s.Dots):
            found.append(term)
            continue
        if at == 0 or at + 1 >= len(t.terms) or isinstance(t.terms[at + 1], s.Dots):
            raise Unread("a sum without an end", t.at)
        found += _hidden(t.terms[:at], t.terms[at + 1], v)
    return found


def _hidden(before: Sequence[s.Tree], last: s.Tree, v: MatrixValuation) -> list[s.Tree]:
    """Return what dots stand for, from the terms before them to the one behind; one of those may be out of line."""
    first: Unread | None = None
    counts = {}
    for shown, term in enumerate(reversed(before[-2:])):
        try:
            counts[shown] = between(term, last, v)[shown:]
        except Unread as unclear:
            first = first or unclear
    if len({len(hidden) for hidden in counts.values()}) != 1:
        raise first or Unread("what the dots stand for is not clear", last.at)
    return next(iter(counts.values()))


def whole(t: s.Matrix, v: MatrixValuation) -> Quantity:
    """Return a matrix with dots, all of it: its corners say how it goes on."""
    shown = Shown.of(t)
    rows = [_across([row[k] for k in shown.kept_columns], shown.columns, v) for row in shown.rows]
    down = [_across([row[k] for row in rows], shown.down, v) for k in range(min(map(len, rows)))]
    if len({len(row) for row in rows}) != 1 or len({len(column) for column in down}) != 1:
        raise Unread("rows of different lengths", t.at)
    return blocks([[v.value(column[k]) for column in down] for k in range(len(down[0]))])


def _across(cells: Sequence[s.Tree], groups: Sequence[int], v: MatrixValuation) -> list[s.Tree]:
    """Return cells with those put in that dots between groups stand for."""
    found, at = list(cells[: groups[0]]), groups[0]
    for length in groups[1:]:
        found += between(cells[at - 1], cells[at], v)
        found += cells[at : at + length]
        at += length
    return found


@dataclass(frozen=True)
class Shown:
    """The cells of a matrix with dots that are shown: rows without dots; down, columns: how many stand together."""

    rows: tuple[tuple[s.Tree, ...], ...]
    down: tuple[int, ...]
    columns: tuple[int, ...]
    kept_columns: tuple[int, ...] = field(default=())

    @staticmethod
    def of(t: s.Matrix) -> Shown:
        full = [not all(isinstance(cell, s.Dots) for cell in row) for row in t.rows]
        rows = tuple(row for row, kept in zip(t.rows, full, strict=True) if kept)
        width = min((len(row) for row in rows), default=0)
        if not rows or any(len(row) != width for row in rows):
            raise Unread("rows of different lengths", t.at)
        kept = [not all(isinstance(row[k], s.Dots) for row in rows) for k in range(width)]
        columns = tuple(k for k, is_kept in enumerate(kept) if is_kept)
        if any(isinstance(row[k], s.Dots) for row in rows for k in columns):
            raise Unread("dots in the place of an entry", t.at)
        return Shown(rows, _groups(full), _groups(kept), columns)

    def cells(self, size: tuple[int, int], middle: int | None) -> Iterator[tuple[int, int, s.Tree]]:
        """Yield row, column and formula of each cell; middle: which row or column stands alone between dots.

        Raises DomainError where a matrix of that size has no room for them.
        """
        down, across = _numbers(self.down, size[0], middle), _numbers(self.columns, size[1], middle)
        for row, cells in zip(down, self.rows, strict=True):
            for column, k in zip(across, self.kept_columns, strict=True):
                yield row, column, cells[k]

    @property
    def alone(self) -> bool:
        """Whether a row or a column stands between dots."""
        return len(self.down) > 2 or len(self.columns) > 2


def _groups(kept: Sequence[bool]) -> tuple[int, ...]:
    found = [0]
    for is_kept in kept:
        if is_kept:
            found[-1] += 1
        elif found[-1]:
            found.append(0)
    return tuple(n for n in found if n)


def _numbers(groups: Sequence[int], size: int, middle: int | None) -> list[int]:
    """Return the numbers of the rows (or columns) that stand together: from the first on, up to the last."""
    if len(groups) == 1:
        if groups[0] != size:
            raise DomainError(f"{groups[0]} rows or columns where there are {size}")
        return list(range(size))
    first, *between_, last = groups
    if len(between_) > 1 or (between_ and (between_[0] != 1 or middle is None)):
        raise DomainError("more than one row between dots")
    alone = [middle - 1] if between_ and middle is not None else []
    if first + len(alone) + last > size or any(not first <= k < size - last for k in alone):
        raise DomainError("no room for what is left out")
    return [*range(first), *alone, *range(size - last, size)]
