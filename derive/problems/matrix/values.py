"""Numbers, vectors and matrices of the front matter: `[[1, 2], [3, 4]]`, `(1, 2)`, `\\begin{pmatrix}…`."""

from __future__ import annotations

from fractions import Fraction

from derive.check.assume import NoNames
from derive.check.quantities import Grid, Mismatch, Quantity, grid
from derive.check.value import Valuation
from derive.check.work import TooLong, Unread
from derive.errors import Fault
from derive.language import surface as s
from derive.language.grammar import parse
from derive.numeric import precisely
from derive.ops import DomainError
from derive.source import Slice


def read_matrix(text: Slice, width: int = 0) -> Quantity:
    """Return the value that a text stands for, exact where it is rational; raises a Fault.

    `[[1, 2], [3, 4]]` are rows, `(1, 2)` is a column, `[1, 2]` a row; `onehot(1, 3)` has a row for each number with a 1
    at that place; width: how many columns it has, 0 for as many as the largest number.
    """
    tree = parse(text)
    if isinstance(tree, s.Call) and tree.fn == "onehot":
        return _onehot(tree, text, width)
    try:
        with precisely():
            if isinstance(tree, s.Seq) and tree.kind == "list" and not any(isinstance(x, s.Seq) for x in tree.items):
                return grid([[_number(x, text) for x in tree.items]])
            return Valuation(NoNames()).value(tree)
    except (DomainError, Mismatch, Unread, TooLong, ZeroDivisionError) as wrong:
        expected = "a number, (1, 2) for a column, [[1, 2], [3, 4]] for a matrix"
        raise Fault(f"this value cannot be read: {wrong}", text.span(), expected=expected) from None


def _onehot(tree: s.Call, text: Slice, width: int) -> Quantity:
    places = [int(x.text) for x in tree.args if isinstance(x, s.Num) and x.text.isdigit()]
    if len(places) != len(tree.args) or not places or min(places) < 1 or (width and max(places) > width):
        raise Fault("onehot takes the number of the class of each row", text.span(), expected="onehot(1, 3)")
    columns = width or max(places)
    return grid([[Fraction(int(k + 1 == place)) for k in range(columns)] for place in places])


def _number(tree: s.Tree, text: Slice) -> Quantity:
    found = Valuation(NoNames()).value(tree)
    if isinstance(found, Grid):
        raise Fault("a matrix in a row of numbers", text.span())
    return found
