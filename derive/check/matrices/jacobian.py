"""Derivatives of vectors and matrices as linear maps, whatever layout they are written in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from derive.check.quantities import Grid, Mismatch, Quantity, grid, mapped, shape_of, transposed
from derive.ops.primitive import real

Shape = tuple[int, int] | tuple[()]
_DIGITS, _STEP = 160, Fraction(1, 10**50)  # the error of a central difference is of the order of its square


@dataclass(frozen=True, slots=True)
class Part:
    """Entries of a matrix by their places when it is read row by row, and the shape that they have together."""

    places: tuple[int, ...]
    shape: Shape

    @staticmethod
    def of(row: int | None, column: int | None, whole: tuple[int, int]) -> Part:
        """Return an entry, or a row (no column), or a column (no row)."""
        height, width = whole
        rows = range(height) if row is None else [row]
        columns = range(width) if column is None else [column]
        places = tuple(i * width + j for i in rows for j in columns)
        return Part(places, () if len(places) == 1 else (len(rows), len(columns)))


@dataclass(frozen=True, slots=True)
class Jacobian:
    """The derivative of one quantity by another: a row for each entry of the first, both read row by row."""

    rows: tuple[tuple[Any, ...], ...]
    of: Shape
    wrt: Shape

    def after(self, inner: Jacobian) -> Jacobian:
        """Return the chain rule: the derivative of what `self` differentiates by what `inner` is taken by."""
        if self.wrt != inner.of:
            raise Mismatch(f"a derivative by {_text(self.wrt)} · one of {_text(inner.of)}")
        columns = list(zip(*inner.rows, strict=True))
        rows = tuple(
            tuple(sum((x * y for x, y in zip(row, c, strict=True)), Fraction(0)) for c in columns) for row in self.rows
        )
        return Jacobian(rows, self.of, inner.wrt)

    def shown(self, numerator: bool) -> Quantity | None:
        """Return the derivative as it is written; None for one that is no matrix.

        By a scalar it has the shape of what is differentiated. Of a scalar it has the shape of the variable, in
        numerator layout the transposed one. Of a column by a column there is a row for each output.
        """
        if self.wrt == ():
            return self._shaped([row[0] for row in self.rows], self.of)
        if self.of == ():
            found = self._shaped(list(self.rows[0]), self.wrt)
            return transposed(found) if numerator else found
        return grid(self.rows) if 1 in self.of and 1 in self.wrt else None

    def diagonal(self) -> Quantity | None:
        """Return the derivative of a function that acts on every entry, None where it is no such function."""
        off = [x for i, row in enumerate(self.rows) for j, x in enumerate(row) if i != j]
        if self.of != self.wrt or self.of == () or any(abs(real(x)) > real(_STEP) for x in off):
            return None
        return self._shaped([row[i] for i, row in enumerate(self.rows)], self.of)

    def part(self, output: Part | None, input: Part | None) -> Jacobian:
        """Return the derivative of some entries, or by some: None for all of them."""
        rows = self.rows if output is None else tuple(self.rows[k] for k in output.places)
        if input is not None:
            rows = tuple(tuple(row[k] for k in input.places) for row in rows)
        return Jacobian(rows, self.of if output is None else output.shape, self.wrt if input is None else input.shape)

    @staticmethod
    def _shaped(cells: Sequence[Any], shape: Shape) -> Quantity:
        if not shape:
            return cells[0]
        _, width = shape
        return grid([cells[k : k + width] for k in range(0, len(cells), width)])


def _text(shape: Shape) -> str:
    return "×".join(map(str, shape)) if shape else "a number"


def of_adjoint(adjoint: Quantity) -> Jacobian:
    """Return the derivative of a scalar from its gradient, which has the shape of the variable."""
    return Jacobian((tuple(_cells(adjoint)),), (), shape_of(adjoint))


def by_differences(function: Callable[[Quantity], Quantity], at: Quantity) -> Jacobian:
    """Return the derivative of a function at a point by central differences with many digits."""
    from mpmath import mp

    with mp.workdps(_DIGITS):
        step = real(_STEP)
        columns, shape = [], shape_of(function(at))
        for k in range(len(_cells(at))):
            ends = [_cells(function(_moved(at, k, sign * step))) for sign in (1, -1)]
            columns.append([_slope(a, b, step) for a, b in zip(*ends, strict=True)])
    return Jacobian(tuple(zip(*columns, strict=True)), shape, shape_of(at))


def _slope(a: Any, b: Any, step: Any) -> Any:
    """Return a quotient of differences; 0 where nothing but rounding is left of it."""
    off = real(a) - real(b)
    return off / (2 * step) if abs(off) > step * step * (1 + abs(real(a))) else Fraction(0)


def _cells(x: Quantity) -> list[Any]:
    return x.cells if isinstance(x, Grid) else [x]


def _moved(x: Quantity, place: int, step: Any) -> Quantity:
    count = iter(range(len(_cells(x))))
    return mapped(x, lambda cell: real(cell) + step if next(count) == place else cell)
