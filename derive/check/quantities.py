"""What a formula has as its value: a number, or a grid of numbers; operations that keep order and shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from derive.ops import PRIMITIVES, DomainError
from derive.ops.primitive import real

Scalar = Any  # Fraction where exact, mpmath.mpf elsewhere
LONGEST = 4096  # bits of an exact number


class Mismatch(ArithmeticError):
    """Two shapes that do not fit; the text names both."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A matrix as rows of numbers; a vector is a single column."""

    rows: tuple[tuple[Scalar, ...], ...]

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.rows), len(self.rows[0]) if self.rows else 0

    @property
    def cells(self) -> list[Scalar]:
        return [cell for row in self.rows for cell in row]


Quantity = Scalar | Grid


def binary_size(x: Scalar) -> int:
    """Return k so that 2^(k-1) ≤ |x| < 2^(k+1) for x ≠ 0."""
    if isinstance(x, Fraction):
        return x.numerator.bit_length() - x.denominator.bit_length()
    _, mantissa, exponent, _ = x._mpf_
    return int(exponent + mantissa.bit_length())


def shape_of(q: Quantity) -> tuple[int, int] | tuple[()]:
    return q.shape if isinstance(q, Grid) else ()


def shape_text(q: Quantity) -> str:
    """Return a shape in words: "2×3", "a number"."""
    return "×".join(map(str, q.shape)) if isinstance(q, Grid) else "a number"


def grid(rows: Sequence[Sequence[Scalar]]) -> Quantity:
    """Return a grid, a number where it has a single cell."""
    made = Grid(tuple(tuple(row) for row in rows))
    return made.rows[0][0] if made.shape == (1, 1) else made


def blocks(rows: Sequence[Sequence[Quantity]]) -> Quantity:
    """Return a matrix of numbers and matrices; raises Mismatch where they do not fit.

    A 0 beside, above or below a matrix stands for zeros.
    """
    found: list[list[Scalar]] = []
    for row in _filled(rows):
        cells = [cell.rows if isinstance(cell, Grid) else ((cell,),) for cell in row]
        if len({len(cell) for cell in cells}) != 1:
            raise Mismatch(" beside ".join(shape_text(cell) for cell in row))
        found += [[x for part in line for x in part] for line in zip(*cells, strict=True)]
    if len({len(row) for row in found}) > 1:
        raise Mismatch("rows of different lengths")
    return grid(found)


def _filled(rows: Sequence[Sequence[Quantity]]) -> list[list[Quantity]]:
    """Return blocks with a matrix of zeros where a 0 stands among matrices."""
    if len({len(row) for row in rows}) != 1:
        return [list(row) for row in rows]
    widths = [max((x.shape[1] for x in column if isinstance(x, Grid)), default=1) for column in zip(*rows, strict=True)]
    found = []
    for row in rows:
        height = max((x.shape[0] for x in row if isinstance(x, Grid)), default=1)
        zeros = [grid([[Fraction(0)] * width] * height) for width in widths]
        found.append([x if isinstance(x, Grid) or x != 0 else z for x, z in zip(row, zeros, strict=True)])
    return found


def mapped(q: Quantity, function: Callable[[Scalar], Scalar]) -> Quantity:
    """Return a function applied to every entry."""
    return Grid(tuple(tuple(function(x) for x in row) for row in q.rows)) if isinstance(q, Grid) else function(q)


def paired(a: Quantity, b: Quantity, function: Callable[[Scalar, Scalar], Scalar], sign: str) -> Quantity:
    """Return a function of the entries of two quantities; a number goes with every entry of a grid."""
    if not isinstance(a, Grid):
        return mapped(b, lambda y: function(a, y))
    if not isinstance(b, Grid):
        return mapped(a, lambda x: function(x, b))
    if a.shape != b.shape:
        raise Mismatch(f"{shape_text(a)} {sign} {shape_text(b)}")
    pairs = zip(a.rows, b.rows, strict=True)
    return Grid(tuple(tuple(function(x, y) for x, y in zip(r, s, strict=True)) for r, s in pairs))


def operate(op: str, *args: Scalar) -> Scalar:
    """Return a primitive operation on numbers, exact where that stays short; raises DomainError."""
    found = PRIMITIVES[op].value(*args)
    if isinstance(found, Fraction) and found.numerator.bit_length() + found.denominator.bit_length() > LONGEST:
        return real(found)
    return found


def plus(a: Quantity, b: Quantity) -> Quantity:
    if (shape_of(a) == ()) != (shape_of(b) == ()):
        raise Mismatch(f"{shape_text(a)} + {shape_text(b)}")
    return paired(a, b, lambda x, y: operate("add", x, y), "+")


def repeated(a: Quantity, b: Quantity) -> tuple[Quantity, Quantity]:
    """Return two summands, a row or a column among them repeated so that it has the shape of the other."""
    if not (isinstance(a, Grid) and isinstance(b, Grid)) or a.shape == b.shape:
        return a, b
    (m, n), (k, j) = a.shape, b.shape
    if m == 1 and n == j:
        return Grid(a.rows * k), b
    if k == 1 and n == j:
        return a, Grid(b.rows * m)
    if n == 1 and m == k:
        return Grid(tuple(row * j for row in a.rows)), b
    if j == 1 and m == k:
        return a, Grid(tuple(row * n for row in b.rows))
    return a, b


def times(a: Quantity, b: Quantity) -> Quantity:
    """Return the product: of matrices where both are, else by a number."""
    if not (isinstance(a, Grid) and isinstance(b, Grid)):
        return paired(a, b, lambda x, y: operate("mul", x, y), "·")
    if a.shape[1] != b.shape[0]:
        raise Mismatch(f"{shape_text(a)} · {shape_text(b)}")
    columns = list(zip(*b.rows, strict=True))
    if all(isinstance(x, Fraction) for x in (*a.cells, *b.cells)):
        return grid([[_dot(row, column) for column in columns] for row in a.rows])
    from mpmath import mp

    left, right = ([[real(x) for x in line] for line in lines] for lines in (a.rows, columns))
    return grid([[mp.fdot(row, column) for column in right] for row in left])


def _dot(a: Sequence[Scalar], b: Sequence[Scalar]) -> Scalar:
    total: Scalar = Fraction(0)
    for x, y in zip(a, b, strict=True):
        total = operate("add", total, operate("mul", x, y))
    return total


def entrywise(a: Quantity, b: Quantity) -> Quantity:
    return paired(a, b, lambda x, y: operate("mul", x, y), "⊙")


def over(a: Quantity, b: Quantity, each: bool = False) -> Quantity:
    """Return the quotient; by a matrix only entry by entry (`each`)."""
    if isinstance(b, Grid) and not each:
        raise Mismatch(f"{shape_text(a)} / {shape_text(b)}")
    return paired(a, b, lambda x, y: operate("div", x, y), "/")


def transposed(q: Quantity) -> Quantity:
    return Grid(tuple(zip(*q.rows, strict=True))) if isinstance(q, Grid) else q


def to_the(base: Quantity, exponent: Quantity, each: bool = False) -> Quantity:
    """Return a power; of a matrix only a whole one, unless it is taken entry by entry."""
    if isinstance(exponent, Grid):
        raise Mismatch(f"{shape_text(base)} ^ {shape_text(exponent)}")
    if not isinstance(base, Grid) or each:
        return mapped(base, lambda x: operate("pow", x, exponent))
    if base.shape[0] != base.shape[1]:
        raise Mismatch(f"a power of a {shape_text(base)} matrix")
    if not isinstance(exponent, Fraction) or exponent.denominator != 1 or abs(exponent) > 64:
        raise DomainError("a matrix to a power that is not a small whole number")
    factor = base if exponent > 0 else inverse(base)
    result: Quantity = identity(base.shape[0])
    for _ in range(abs(int(exponent))):
        result = times(result, factor)
    return result


def identity(n: int) -> Grid:
    return Grid(tuple(tuple(Fraction(int(i == j)) for j in range(n)) for i in range(n)))


def _square(q: Quantity, what: str) -> Grid:
    if not isinstance(q, Grid):
        return Grid(((q,),))
    if q.shape[0] != q.shape[1]:
        raise Mismatch(f"{what} of a {shape_text(q)} matrix")
    return q


def determinant(q: Quantity) -> Scalar:
    """Return the determinant by elimination with pivots."""
    return _eliminated(_square(q, "the determinant"))[0]


def inverse(q: Quantity) -> Quantity:
    made = _eliminated(_square(q, "the inverse"))[1]
    if made is None:
        raise DomainError("the inverse of a singular matrix")
    return made if isinstance(q, Grid) else made.rows[0][0]


def _eliminated(q: Grid) -> tuple[Scalar, Grid | None]:
    """Return the determinant and the inverse (None where there is none), by Gauss-Jordan elimination."""
    n = q.shape[0]
    rows = [[*row, *unit] for row, unit in zip(q.rows, identity(n).rows, strict=True)]
    det: Scalar = Fraction(1)
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(real(rows[i][k])))
        if rows[pivot][k] == 0:
            return Fraction(0), None
        if pivot != k:
            rows[k], rows[pivot], det = rows[pivot], rows[k], -det
        det = operate("mul", det, rows[k][k])
        rows[k] = [operate("div", x, rows[k][k]) for x in rows[k]]
        for i in range(n):
            if i != k and rows[i][k] != 0:
                rows[i] = [
                    operate("add", x, operate("mul", -rows[i][k], y)) for x, y in zip(rows[i], rows[k], strict=True)
                ]
    return det, Grid(tuple(tuple(row[n:]) for row in rows))


def total(q: Quantity) -> Scalar:
    """Return the sum of all entries."""
    found: Scalar = Fraction(0)
    for x in q.cells if isinstance(q, Grid) else [q]:
        found = operate("add", found, x)
    return found


def trace(q: Quantity) -> Scalar:
    square = _square(q, "the trace")
    return total(Grid((tuple(square.rows[i][i] for i in range(square.shape[0])),)))


def norm(q: Quantity, kind: str = "") -> Scalar:
    """Return a norm: "1" (sum of absolute entries), else the root of the sum of squares."""
    if not isinstance(q, Grid):
        return abs(q)
    if kind == "1":
        return total(mapped(q, abs))
    return operate("sqrt", total(mapped(q, lambda x: operate("mul", x, x))))


def softmax(q: Quantity, by: str = "") -> Quantity:
    """Return the softmax of a vector, or of each row ("rows") or column ("columns") of a matrix."""
    if not isinstance(q, Grid):
        return Fraction(1)
    if by == "columns" or (not by and q.shape[1] == 1):
        return transposed(softmax(transposed(q), "rows"))
    if not by and q.shape[0] != 1:
        raise DomainError("softmax of a matrix, by rows or by columns?")
    return Grid(tuple(_softmax_of(row) for row in q.rows))


def _softmax_of(row: Sequence[Scalar]) -> tuple[Scalar, ...]:
    top = max(row, key=real)
    powers = [operate("exp", operate("add", x, -top)) for x in row]
    whole = total(Grid((tuple(powers),)))
    return tuple(operate("div", p, whole) for p in powers)
