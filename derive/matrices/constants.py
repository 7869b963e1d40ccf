"""Values of the matrices that have a name of their own: ones, zeros, the identity, the commutation matrix."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from derive.check import quantities as q
from derive.check.quantities import Quantity
from derive.errors import Fault
from derive.language.grammar import Table, parse
from derive.matrices.read import dimension
from derive.source import of_text

_CONSTANT = re.compile(r"(?P<which>[1I0])_(?P<rows>[^x]+?)(?:x(?P<columns>.+))?|(?P<comm>K)_(?P<m>[^,]+),(?P<n>[^,]+)")
_LARGEST = 1_000_000  # entries


def constant(id: str, sizes: Mapping[str, int]) -> Quantity | None:
    """Return the value of 1_n, 1_mxn, 0_n, 0_mxn, I_n or K_m,n, None where the name is no such matrix.

    K_{m,n} vec A = vec Aᵀ for A of m×n (Magnus and Neudecker, Matrix Differential Calculus, ch. 3, sec. 7).
    """
    match = _CONSTANT.fullmatch(id)
    if match is None:
        return None
    if match["comm"]:
        m, n = (_size(match[name], sizes) for name in "mn")
        if m is None or n is None or not 0 < (m * n) ** 2 <= _LARGEST:
            return None
        return _commutation(m, n)
    rows = _size(match["rows"], sizes)
    columns = _size(match["columns"], sizes) if match["columns"] else 1
    if rows is None or columns is None or not 0 < rows * columns <= _LARGEST:
        return None
    if match["which"] == "I":
        return q.grid(q.identity(rows).rows)
    return q.grid([[Fraction(int(match["which"]))] * columns] * rows)


def _commutation(m: int, n: int) -> Quantity:
    rows = [(i, j) for i in range(m) for j in range(n)]  # vec Aᵀ has a_ij here
    return q.grid([[Fraction(int(k == j * m + i)) for k in range(m * n)] for i, j in rows])


def _size(text: str, sizes: Mapping[str, int]) -> int | None:
    piece = of_text(text)
    try:
        return dimension(parse(piece, Table(frozenset(sizes)), "latex"), piece, printed=True).value(sizes)
    except (Fault, KeyError):
        return None
