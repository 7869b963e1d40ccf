"""Products and sums of parts: ones are sums, diagonal matrices factors, columns times rows are broadcast."""

from __future__ import annotations

from collections.abc import Sequence

from derive.matrices.arrays.code import Code, Part, number, part, transposed


def matmul(code: Code, a: Part, b: Part) -> Part:
    """Return the product of two matrices."""
    rows, columns = a.rows, b.columns
    if a.diagonal and b.diagonal:
        product = code.times(_held(a), _held(b))
        return Part(product.text, rows, columns, product.even, diagonal=True)
    if a.diagonal:
        return _shaped(code.times(_held(a), b), rows, columns)
    if b.diagonal:
        return _shaped(code.times(a, transposed(code, _held(b))), rows, columns)
    if a.even[1]:
        return _outer(code, Part(a.text, rows, 1, a.even), column_sums(code, b))
    if b.even[0]:
        return _outer(code, row_sums(code, a), Part(b.text, 1, columns, b.even))
    if a.even[0] and b.even[1]:
        return number(code.name(f"np.vdot({a.text}, {b.text})"), rows, columns)
    return part(code.name(f"{a.text} @ {b.text}"), rows, columns, (a.even[0], b.even[1]))


def _held(p: Part) -> Part:
    """Return the column of a diagonal."""
    return Part(p.text, p.rows, 1, p.even)


def _outer(code: Code, column: Part, row: Part) -> Part:
    """Return a column times a row."""
    even = (column.even[0], row.even[1])
    return Part(code.times(column, row).text, column.rows, row.columns, even)


def _shaped(p: Part, rows: int, columns: int) -> Part:
    return part(p.text, rows, columns, p.even)


def product(code: Code, factors: Sequence[Part]) -> Part:
    """Return a product of matrices, the cheapest one of two neighbours first."""
    return reduced(code, factors, 1)[0]


def reduced(code: Code, factors: Sequence[Part], count: int) -> list[Part]:
    """Return so many factors of the same product."""
    found = list(factors)
    while len(found) > count:
        k = min(range(len(found) - 1), key=lambda k: _cost(found[k], found[k + 1]))
        found[k : k + 2] = [matmul(code, found[k], found[k + 1])]
    return found


def _cost(a: Part, b: Part) -> int:
    rows, columns = 1 if a.even[0] else a.rows, 1 if b.even[1] else b.columns
    return rows * columns * (1 if a.diagonal or b.diagonal or a.even[1] or b.even[0] else a.columns)


def column_sums(code: Code, p: Part) -> Part:
    """Return the sum of every column, as a row."""
    if p.diagonal:
        return transposed(code, _held(p))
    if p.even[0]:
        return Part(_times(code, p.text, p.rows), 1, p.columns, p.even)
    sums = f"{p.text}.sum()" if p.even[1] else f"{p.text}.sum(axis=0, keepdims=True)"
    return Part(code.name(sums), 1, p.columns, (True, p.even[1]))


def row_sums(code: Code, p: Part) -> Part:
    """Return the sum of every row, as a column."""
    if p.diagonal:
        return _held(p)
    if p.even[1]:
        return Part(_times(code, p.text, p.columns), p.rows, 1, p.even)
    sums = f"{p.text}.sum()" if p.even[0] else f"{p.text}.sum(axis=1, keepdims=True)"
    return Part(code.name(sums), p.rows, 1, (p.even[0], True))


def total(code: Code, p: Part) -> Part:
    """Return the sum of all entries."""
    if p.diagonal or p.even == (False, False):
        text = code.name(f"np.sum(np.broadcast_to({p.text}, ({p.rows}, 1)))" if p.diagonal else f"{p.text}.sum()")
        return number(text)
    sums = row_sums(code, p) if p.even[1] else column_sums(code, p)
    return row_sums(code, sums) if p.even[0] and not p.even[1] else column_sums(code, sums)


def _times(code: Code, text: str, count: int) -> str:
    return text if count == 1 else code.name(f"{text} * {count}")


def diagonal_of_product(code: Code, factors: Sequence[Part]) -> Part:
    """Return the diagonal of a product as a column; the product itself is not needed for it."""
    left, right = reduced(code, factors, 2)
    return row_sums(code, code.times(left, transposed(code, right)))
