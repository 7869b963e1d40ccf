"""Sums that were not taken: over the entries of a matrix of squares, over the samples of a batch."""

from __future__ import annotations

from collections.abc import Iterator

from derive.check.misconceptions.edits import here, spots
from derive.check.misconceptions.matrices.setting import MatrixSetting, near
from derive.check.misconceptions.record import Change, Example, Misconception
from derive.check.quantities import Grid, Quantity, grid, shape_of, total
from derive.language import surface as s

_BATCH = {
    "forward": "Z = X W + b, L = \\lVert Z - Y \\rVert_F^2",
    "shapes": "X \\in R^{N x d}, W \\in R^{d x K}, b \\in R^{1 x K}",
    "data": "X, Y",
    "values": "X = [[1, 2], [3, 4]], W = [[1, 0], [0, 1]], b = [0, 1], Y = [[0, 1], [1, 0]]",
}


def _squares(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield the matrix of squares for a squared norm."""
    for part, put in spots(tree):
        if isinstance(part, s.Pow) and isinstance(part.base, s.Bars) and part.base.double:
            made = s.Pow(here(), part.base.body, part.exponent, True)
            yield Change(put(made), part, made)


def _entries(left: s.Tree, right: s.Tree, setting: MatrixSetting) -> Change | None:
    """Tell a number from the matrix whose entries have it as their sum."""

    def same(a: Quantity, b: Quantity, bound: object) -> bool:
        return not isinstance(a, Grid) and isinstance(b, Grid) and near(a, total(b))

    return Change(right, left, right) if setting.everywhere(left, right, same) else None


def _unsummed(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield formulas without the row or column of ones that sums over the samples."""
    for part, put in spots(tree):
        if isinstance(part, s.Mul):
            for k, factor in enumerate(part.factors):
                body = factor.body if isinstance(factor, s.Transpose) else factor
                if isinstance(body, s.Name) and body.base == "1":
                    factors = (*part.factors[:k], *part.factors[k + 1 :])
                    signs = (*part.signs[: max(k - 1, 0)], *part.signs[max(k, 1) :])
                    made = factors[0] if len(factors) == 1 else s.Mul(part.at, factors, signs)
                    yield Change(put(made), factor, None)


def _samples(left: s.Tree, right: s.Tree, setting: MatrixSetting) -> Change | None:
    """Tell a sum over rows or columns from what should have been summed."""

    def same(a: Quantity, b: Quantity, bound: object) -> bool:
        if not isinstance(b, Grid) or shape_of(a) == b.shape or (isinstance(a, Grid) and 1 not in a.shape):
            return False
        down = grid([[sum(column) for column in zip(*b.rows, strict=True)]])
        across = grid([[sum(row)] for row in b.rows])
        return near(a, down) or near(a, across)

    return Change(right, left, right) if setting.everywhere(left, right, same) else None


def _averaged(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield formulas times a size, or divided by it."""
    for size in sorted(setting.subject.network.dims):
        n = s.Name(here(), size, size, "", "", size)
        yield Change(s.Mul(here(), (n, tree), ("",)), s.Div(here(), s.Num(here(), "1"), n, "frac"), None)
        yield Change(s.Div(here(), tree, n, "frac"), n, None)


SUMS = (
    Misconception(
        "matrix-for-sum",
        "A matrix of squares is not its sum",
        "The loss is a number: the sum of the squared differences of all entries. The matrix of the squares is the "
        "step before. Add its entries.",
        "the left side is a number, the sum of the entries of the right one",
        Example(_BATCH, r"L = (Z - Y)^{\odot 2}", r"L = \sum_{i,k} (z_{ik} - y_{ik})^2"),
        _squares,
        relates=_entries,
    ),
    Misconception(
        "batch-not-summed",
        "Not summed over the batch",
        "A bias is added to every sample, so its gradient is the sum of what each sample gives. "
        "A row (or a column) for each sample is left over where that sum was not taken.",
        "the right side still has a row or a column for each sample: the gradient is their sum",
        Example(
            _BATCH,
            r"\frac{\partial L}{\partial b} = 2 (Z - Y)",
            r"\frac{\partial L}{\partial b} = 2 \cdot \mathbf{1}_N^\top (Z - Y)",
        ),
        _unsummed,
        relates=_samples,
    ),
    Misconception(
        "mean-for-sum",
        "A factor that is a number of samples or of entries",
        "A mean has the factor 1/N in front of the sum, and so has its gradient; a sum has none. Look at the loss: "
        "what stands in front of it stands in front of every gradient.",
        "the factor {right} is missing, or one too many",
        Example(
            {
                "forward": "Z = X W, L = \\frac{1}{N} \\lVert Z - Y \\rVert_F^2",
                "shapes": "X \\in R^{N x d}, W \\in R^{d x K}",
                "data": "X, Y",
            },
            r"\frac{\partial L}{\partial Z} = 2 (Z - Y)",
            r"\frac{\partial L}{\partial Z} = \frac{2}{N} (Z - Y)",
        ),
        _averaged,
    ),
)
