"""Shapes that are not what they are said to be: a matrix for a number, a row for a column, a diagonal for a matrix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from derive.check.matrices.shapes import space
from derive.check.misconceptions.edits import here, spots
from derive.check.misconceptions.matrices.setting import MatrixSetting, near
from derive.check.misconceptions.record import Change, Example, Misconception
from derive.check.quantities import Grid, Quantity, shape_of, transposed
from derive.language import surface as s
from derive.language.walk import walk

_PRODUCT = {"forward": "Y = W X, L = f(Y)", "shapes": "W \\in R^{m x d}, X \\in R^{d x n}"}
_COLUMN = {
    "forward": "z = W x, h = \\sigma(z), y = V h, L = f(y)",
    "shapes": "x \\in R^n, W \\in R^{m x n}, V \\in R^{k x m}",
}


def _bare(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield formulas without the indices behind brackets."""
    for part, put in spots(tree):
        if isinstance(part, s.Index):
            yield Change(put(part.body), part, part.body)


def _dropped(left: s.Tree, right: s.Tree, setting: MatrixSetting) -> Change | None:
    """Tell an entry on the left from the matrix of these entries on the right."""

    def same(a: Quantity, b: Quantity, bound: dict[str, int]) -> bool:
        at = tuple(bound.values())
        if isinstance(a, Grid) or not isinstance(b, Grid) or not at:
            return False
        row, column = (at[0], at[1] if len(at) > 1 else 1) if b.shape[0] > 1 else (1, at[0])
        return row <= b.shape[0] and column <= b.shape[1] and near(a, b.rows[row - 1][column - 1])

    if not setting.everywhere(left, right, same):
        return None
    letters = "".join(setting.letters(left))
    return Change(right, s.Index(here(), right, letters), right)


def _transposed(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    if isinstance(setting.left, s.Partial) or any(isinstance(x, s.Partial) for x in walk(setting.left)):
        yield Change(s.Transpose(here(), tree), tree, s.Transpose(here(), tree))


def _layout(left: s.Tree, right: s.Tree, setting: MatrixSetting) -> Change | None:
    """Tell a derivative from its transpose, which is right in the other layout."""
    if not any(isinstance(x, s.Partial) for x in walk(left)):
        return None
    same = _also(lambda a, b: near(transposed(a), b) and isinstance(a, Grid))
    if setting.everywhere(left, right, same) or setting.in_other_layout(left, right):
        return Change(right, s.Transpose(here(), right), right)
    return None


def _undiagonal(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    for part, put in spots(tree):
        if isinstance(part, s.Call) and part.fn == "diag" and len(part.args) == 1:
            yield Change(put(part.args[0]), part, part.args[0])


def _diagonal(left: s.Tree, right: s.Tree, setting: MatrixSetting) -> Change | None:
    def is_diagonal(a: Quantity, b: Quantity) -> bool:
        if not (isinstance(a, Grid) and isinstance(b, Grid)) or a.shape[0] != a.shape[1] or 1 not in b.shape:
            return False
        cells = [[x if i == j else 0 for j in range(a.shape[1])] for i, x in enumerate(b.cells)]
        return len(b.cells) == a.shape[0] and near(a, Grid(tuple(map(tuple, cells))))

    if setting.everywhere(left, right, _also(is_diagonal)):
        return Change(right, s.Call(here(), "diag", (right,)), right)
    return None


def _also(same: Any) -> Any:
    return lambda a, b, bound: same(a, b)


def _exchanged(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield a space of matrices with rows and columns exchanged."""
    if isinstance(tree, s.Pow) and (dims := space(tree)) is not None and len(dims) == 2:
        made = replace(tree, exponent=s.Mul(here(), dims[::-1], ("*",)))
        yield Change(made, tree, made)


def _no_tensor(left: s.Tree, right: s.Tree, setting: MatrixSetting) -> Change | None:
    """Tell a derivative that is no matrix."""
    if not isinstance(left, s.Partial) or shape_of(setting.value(right) or 0) == ():
        return None
    slope = setting.jacobian(left)
    return None if slope is None or slope.shown(False) is not None else Change(right, left, right)


SHAPES = (
    Misconception(
        "tensor-as-matrix",
        "The derivative of a matrix by a matrix is no matrix",
        "∂Y/∂W has an entry for each pair of an entry of Y and an entry of W, so it has four indices. What stands "
        "beside ∂L/∂Y in the gradient is what is left of it when it has been summed over the entries of Y.",
        "{right} has four indices, {wrong} has two",
        Example(
            _PRODUCT,
            r"\frac{\partial Y}{\partial W} = X",
            r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial Y} X^\top",
        ),
        lambda tree, setting: iter(()),
        relates=_no_tensor,
    ),
    Misconception(
        "indices-dropped",
        "An entry is not the matrix",
        "With indices on one side there is a number, without them on the other a matrix. They are no equals. "
        "Write the entry of the matrix, [A]_ij, and leave the indices away on both sides in the next line.",
        "the left side is an entry, the right one the whole matrix: it should be {right}",
        Example(
            _PRODUCT,
            r"\frac{\partial L}{\partial w_{ij}} = \frac{\partial L}{\partial Y} X^\top",
            r"\frac{\partial L}{\partial w_{ij}} = \left[\frac{\partial L}{\partial Y} X^\top\right]_{ij}",
        ),
        _bare,
        relates=_dropped,
    ),
    Misconception(
        "diagonal-as-vector",
        "A vector for the diagonal matrix",
        "A function that acts on every entry has a Jacobian that is diagonal: diag(f'(z)). The vector f'(z) alone is "
        "its diagonal. With ⊙ the vector is right, in a product of Jacobians the matrix is.",
        "{wrong} is only the diagonal: it should be {right}",
        Example(
            _COLUMN,
            r"\frac{\partial h}{\partial z} = h \odot (1 - h)",
            r"\frac{\partial h}{\partial z} = \operatorname{diag}(h \odot (1 - h))",
        ),
        _undiagonal,
        relates=_diagonal,
    ),
    Misconception(
        "other-layout",
        "Right in the other layout",
        "In denominator layout a derivative by a vector is a column, in numerator layout a row. Both are in use. "
        "The report has chosen one of them; whoever uses the other says so once, in a sentence in front.",
        "this is a convention: in the other layout (rows for columns) the line is right",
        Example(
            _COLUMN,
            r"\frac{\partial L}{\partial x} = \frac{\partial L}{\partial z}^\top W",
            r"\frac{\partial L}{\partial x} = W^\top \frac{\partial L}{\partial z}",
        ),
        _transposed,
        relates=_layout,
    ),
    Misconception(
        "wrong-shape",
        "It has another shape",
        "W with m rows and n columns takes a column of n entries to one of m, so a layer of m units has a matrix of m "
        "rows. The shape of a gradient is that of what it is taken by. Write rows first, then columns.",
        "rows first, then columns",
        Example(_PRODUCT, r"X \in \mathbb{R}^{n \times d}", r"X \in \mathbb{R}^{d \times n}"),
        _exchanged,
    ),
)
