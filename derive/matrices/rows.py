"""Vectors under a sum: x_i as a row of X, and what is computed with it, for all i at once.

A sum over samples such as Σ_i (y_i - w'·x_i)² has one number for each i, y - X·w; a vector for each i is a matrix of
rows. Products of them are taken from left to right.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derive.matrices import products as p
from derive.matrices import sums as a
from derive.matrices.term import Term


@dataclass(frozen=True, slots=True)
class Rows:
    """A column for each value of an index, as the rows of a matrix; `lying` for their transposes.

    index "" is a plain matrix or column, the same for all.
    """

    term: Term
    index: str = ""
    lying: bool = False


@dataclass(frozen=True, slots=True)
class Numbers:
    """A number for each value of some indices: a scalar, a column, or a matrix."""

    term: Term
    indices: tuple[str, ...] = ()


class Unclear(Exception):
    """A product that gives neither numbers nor rows; the text says which."""


def product(x: Rows | Numbers, y: Rows | Numbers) -> Rows | Numbers:
    """Return a product of two neighbours. Raises Unclear."""
    if isinstance(x, Numbers) and isinstance(y, Numbers):
        raise Unclear("two numbers")
    if isinstance(x, Numbers) or isinstance(y, Numbers):
        number, rows = (x, y) if isinstance(x, Numbers) else (y, x)
        assert isinstance(number, Numbers) and isinstance(rows, Rows)
        return _scaled(rows, number)
    if not x.index and not y.index:
        found = p.matmul(x.term, y.term)
        return Numbers(found) if found.scalar else Rows(found)
    if not x.index and not y.lying:
        found = p.matmul(y.term, p.transpose(x.term))
        return Numbers(found, (y.index,)) if x.term.rows.number == 1 else Rows(found, y.index)
    if x.lying and not y.index:
        found = p.matmul(x.term, y.term)
        return Numbers(found, (x.index,)) if y.term.columns.number == 1 else Rows(found, x.index, True)
    if x.lying and y.index and not y.lying:
        if x.index == y.index:
            return Numbers(p.matmul(p.had(x.term, y.term), a.ones(x.term.columns)), (x.index,))
        return Numbers(p.matmul(x.term, p.transpose(y.term)), (x.index, y.index))
    raise Unclear("a product of vectors that is a matrix for each index")


def _scaled(rows: Rows, number: Numbers) -> Rows:
    if not number.indices:
        return Rows(a.scale(number.term, rows.term), rows.index, rows.lying)
    if number.indices != (rows.index,) and (rows.index or len(number.indices) != 1 or rows.term.columns.number != 1):
        raise Unclear("a vector times a number with another index")
    if not rows.index:  # a column for each value: the outer product
        return Rows(p.matmul(number.term, p.transpose(rows.term)), number.indices[0], rows.lying)
    return Rows(p.had(rows.term, p.matmul(number.term, a.ones(1, rows.term.columns))), rows.index, rows.lying)


def total(terms: list[Rows | Numbers]) -> Rows:
    """Return a sum of columns, those without an index repeated. Raises Unclear."""
    rows = [x for x in terms if isinstance(x, Rows)]
    indices = {x.index for x in rows} - {""}
    if len(rows) < len(terms) or len(indices) > 1 or len({x.lying for x in rows if x.index}) > 1:
        raise Unclear("a sum of what does not fit")
    if not indices:
        return Rows(a.add(*(x.term for x in rows)))
    index = indices.pop()
    first = next(x for x in rows if x.index)
    full = [x.term if x.index else p.matmul(a.ones(first.term.rows), _lying(x, first)) for x in rows]
    return Rows(a.add(*full), index, first.lying)


def _lying(x: Rows, like: Rows) -> Term:
    return x.term if like.lying else p.transpose(x.term)


def turned(x: Rows) -> Rows:
    """Return the transpose."""
    return Rows(x.term, x.index, not x.lying) if x.index else Rows(p.transpose(x.term))


def norm(x: Rows) -> Numbers:
    """Return the Euclidean norm of each row."""
    from derive.matrices.functions import norm as whole

    if not x.index:
        return Numbers(whole(x.term))
    squares = p.matmul(p.had(x.term, x.term), a.ones(x.term.columns))
    return Numbers(p.entry_power(squares, a.num(Fraction(1, 2))), (x.index,))


def summed(x: Rows) -> Term:
    """Return Σ_i of the columns, as a column."""
    found = p.matmul(p.transpose(x.term), a.ones(x.term.rows))
    return p.transpose(found) if x.lying else found
