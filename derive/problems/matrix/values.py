"""Numbers, vectors and matrices of the front matter: `[[1, 2], [3, 4]]`, `(1, 2)`, `\\begin{pmatrix}…`."""

from __future__ import annotations

from fractions import Fraction

from derive.check.quantities import Grid, Mismatch, Quantity, grid
from derive.check.value import TooLong, Unread, Valuation
from derive.errors import Fault
from derive.language import surface as s
from derive.language.grammar import parse
from derive.numeric import precisely
from derive.ops import DomainError
from derive.source import Slice


class _Nothing:
    """A world without names."""

    log = "e"
    at_zero = Fraction(0)

    def known(self, id: str) -> bool:
        return False

    def name(self, id: str) -> None:
        return None

    def function(self, id: str, primes: int, stands: bool = True) -> None:
        return None

    def quotient(self, tree: s.Partial) -> None:
        return None


def read_matrix(text: Slice) -> Quantity:
    """Return the value that a text stands for, exact where it is rational; raises a Fault.

    `[[1, 2], [3, 4]]` are rows, `(1, 2)` is a column, `[1, 2]` a row.
    """
    tree = parse(text)
    try:
        with precisely():
            if isinstance(tree, s.Seq) and tree.kind == "list" and not any(isinstance(x, s.Seq) for x in tree.items):
                return grid([[_number(x, text) for x in tree.items]])
            return Valuation(_Nothing()).value(tree)
    except (DomainError, Mismatch, Unread, TooLong, ZeroDivisionError) as wrong:
        expected = "a number, (1, 2) for a column, [[1, 2], [3, 4]] for a matrix"
        raise Fault(f"this value cannot be read: {wrong}", text.span(), expected=expected) from None


def _number(tree: s.Tree, text: Slice) -> Quantity:
    found = Valuation(_Nothing()).value(tree)
    if isinstance(found, Grid):
        raise Fault("a matrix in a row of numbers", text.span())
    return found
