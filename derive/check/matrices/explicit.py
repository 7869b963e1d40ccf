"""`Y = [… \\dots …]`: a matrix that is written out with dots, held against what it is said to be, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from derive.check.agree import close
from derive.check.bench import Bench, Verdict
from derive.check.matrices.dots import Shown, has_dots
from derive.check.matrices.indices import extents
from derive.check.matrices.judge import READINGS, Reading, certain
from derive.check.matrices.letters import lettered
from derive.check.matrices.subject import MatrixSubject
from derive.check.matrices.valuation import MatrixValuation
from derive.check.matrices.world import MatrixWorld
from derive.check.quantities import Grid, Mismatch
from derive.check.subject import Point
from derive.check.work import Unread
from derive.language import surface as s
from derive.numeric import DIGITS
from derive.ops import DomainError

_PLACES = ((2, 3), (3, 2), (3, 3))  # values of the first two free indices: neither at the beginning nor at the end


@dataclass(frozen=True, slots=True)
class _Unlike:
    """An entry that is another one: its row and column, and what stands there."""

    place: tuple[int, int]
    size: tuple[int, int]
    cell: s.Tree


def written_out(left: s.Tree, right: s.Tree, bench: Bench) -> Verdict | None:
    """Return the verdict on a side that is a matrix with dots, None where neither or both are."""
    forms = [isinstance(tree, s.Matrix) and has_dots(tree) for tree in (left, right)]
    if forms.count(True) != 1:
        return None
    matrix, other = (left, right) if forms[0] else (right, left)
    assert isinstance(matrix, s.Matrix)
    first: Verdict | None = None
    for reading in READINGS:
        found = _read(matrix, other, bench, reading)
        if found.kind == "correct":
            return found
        first = found if first is None or first.kind == "undecided" else first
    return first


def _read(matrix: s.Matrix, other: s.Tree, bench: Bench, reading: Reading) -> Verdict:
    try:
        shown = Shown.of(matrix)
    except Unread as part:
        return Verdict("undecided", str(part))
    worst: Verdict | None = None
    letters = _letters(other, bench, reading) if shown.alone else [""]
    for letter in letters:
        found = _compared(shown, other, letter, bench, reading)
        if found.kind == "correct":
            return found
        worst = worst or found
    return worst or Verdict("undecided", "which row or column stands between the dots?")


def _worlds(bench: Bench, reading: Reading) -> Iterator[tuple[MatrixWorld, Point]]:
    from dataclasses import replace

    for point in [*bench.subject.loose, *bench.points]:
        world = bench.world(point, reading.total)
        assert isinstance(world, MatrixWorld)
        yield replace(world, composing=reading.composing), point


def _letters(other: s.Tree, bench: Bench, reading: Reading) -> list[str]:
    """Return the free indices of a formula."""
    for world, point in _worlds(bench, reading):
        try:
            return list(extents(other, world.whole, world.valuation().value, point.sizes))
        except ArithmeticError:
            continue
    return []


def _compared(shown: Shown, other: s.Tree, letter: str, bench: Bench, reading: Reading) -> Verdict:
    count = 0
    for world, point in _worlds(bench, reading):
        for places in _PLACES if letter else _PLACES[:1]:
            try:
                unlike = _unlike(shown, other, letter, places, world, point)
            except (DomainError, ZeroDivisionError, OverflowError):
                continue
            except Mismatch as clash:
                return Verdict("mismatched", str(clash))
            if unlike is not None:
                row, column = (
                    _number(k, n, letter, bench, point) for k, n in zip(unlike.place, unlike.size, strict=True)
                )
                where = f"row {row}, column {column}"
                return Verdict("wrong", f"the entry in {where} is another one")
            count += 1
    return Verdict("correct") if count > 1 else Verdict("undecided", "it has a value at too few points")


def _unlike(
    shown: Shown, other: s.Tree, letter: str, places: tuple[int, int], world: MatrixWorld, point: Point
) -> _Unlike | None:
    """Return the first entry that differs, None where all are right; raises DomainError where nothing can be said."""
    free = extents(other, world.whole, world.valuation().value, point.sizes)
    bound = dict(zip(free, (*places, *[2] * len(free)), strict=False))
    v = _bound(world, bound)
    whole = v.value(other)
    if not isinstance(whole, Grid):
        raise Mismatch("a number = a matrix")
    for row, column, cell in shown.cells(whole.shape, bound.get(letter)):
        inner = _bound(world, bound)
        try:
            found = inner.value(cell)
        except DomainError:  # an entry that the matrix does not have
            return _Unlike((row, column), whole.shape, cell)
        if isinstance(found, Grid) or not close(
            whole.rows[row][column], found, max(v.largest, inner.largest), DIGITS - 6
        ):
            return _Unlike((row, column), whole.shape, cell)
        if not certain([v, inner]):
            raise DomainError("the numbers on the way are too far apart")
    return None


def _number(at: int, size: int, letter: str, bench: Bench, point: Point) -> str:
    """Return the number of a row or a column, as a letter where it is the last one or stands alone."""
    assert isinstance(bench.subject, MatrixSubject)
    if at + 1 == size:
        return lettered(str(size), point.sizes, bench.subject)
    return letter if letter and at > 0 else str(at + 1)


def _bound(world: MatrixWorld, bound: dict[str, int]) -> MatrixValuation:
    v = world.valuation()
    v.bound = dict(bound)
    return v
