r"""Matrices written out entry by entry, with dots where they are large: w_11 & w_12 & \cdots & w_1n."""

from __future__ import annotations

from collections.abc import Callable

from derive.matrices.dims import Dim
from derive.matrices.latex import dimension

Cell = Callable[[str, str], str]  # row, column → an entry as LaTeX
_MOST = 3  # rows or columns that are all written
_DOTS = ""


def places(d: Dim, first: int = 2) -> list[str]:
    """Return the numbers of rows or columns that are written, "" for those that dots stand for."""
    if d.number is not None and d.number <= _MOST:
        return [str(k + 1) for k in range(d.number)]
    return [*(str(k + 1) for k in range(first)), _DOTS, dimension(d)]


def subscript(*indices: str) -> str:
    """Return indices beside each other, with commas where one has several letters: 12, or 1,n+1."""
    return ("" if all(len(i) == 1 for i in indices) else ",").join(indices)


def matrix(cell: Cell, rows: list[str], columns: list[str]) -> str:
    """Return a matrix of the entries at some places."""
    written = [_row(cell, row, columns) if row else _between(columns) for row in rows]
    return r"\begin{pmatrix} " + r" \\ ".join(" & ".join(row) for row in written) + r" \end{pmatrix}"


def _row(cell: Cell, row: str, columns: list[str]) -> list[str]:
    return [cell(row, column) if column else r"\cdots" for column in columns]


def _between(columns: list[str]) -> list[str]:
    return [r"\vdots" if column else r"\ddots" for column in columns]


def sum_of_products(left: Cell, right: Cell, inner: Dim) -> Cell:
    """Return the entries of a product as sums, the first and the last term of long ones."""

    def cell(row: str, column: str) -> str:
        terms = [f"{left(row, p)} {right(p, column)}" if p else r"\dots" for p in places(inner, first=1)]
        return " + ".join(terms)

    return cell
