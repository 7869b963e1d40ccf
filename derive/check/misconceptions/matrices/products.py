"""Products of matrices that are put together wrongly: transposes, order, ⊙ for a product, factors that are missing."""

from __future__ import annotations

from derive.check.misconceptions.matrices import edits
from derive.check.misconceptions.record import Changes, Example, Misconception
from derive.check.misconceptions.signs import signs

_LAYER = {
    "forward": "z = W x + b, h = \\sigma(z), L = \\lVert h - y \\rVert^2",
    "shapes": "x \\in R^n, W \\in R^{m x n}",
    "data": "x, y",
}
_BATCH = {
    "forward": "Z = X W + b, L = \\lVert Z - Y \\rVert_F^2",
    "shapes": "X \\in R^{N x d}, W \\in R^{d x K}, b \\in R^{1 x K}",
    "data": "X, Y",
}
_DEEP = {
    "forward": "z = W x, h = \\tanh(z), y = V h, L = f(y)",
    "shapes": "x \\in R^n, W \\in R^{m x n}, V \\in R^{k x m}",
}

PRODUCTS = (
    Misconception(
        "outer-product",
        "Inner and outer product confused",
        "Of two columns δ and x, δ xᵀ is a matrix with an entry for each pair, δᵀ x is a number. The gradient "
        "by a weight matrix has an entry for each pair of an output and an input, so it is the outer product.",
        "the product of the two vectors should be {right}",
        Example(
            _LAYER,
            r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial z}^\top x",
            r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial z} x^\top",
        ),
        edits.outer,
    ),
    Misconception(
        "transpose-lost",
        "A transpose is missing, or one too many",
        "Going backwards a matrix acts transposed: y = W x gives ∂L/∂x = Wᵀ ∂L/∂y. Write the shapes below the factors. "
        "The inner ones must agree, the outer ones are those of the result.",
        "{wrong} stands where {right} belongs",
        Example(
            _DEEP,
            r"\frac{\partial L}{\partial x} = W \frac{\partial L}{\partial z}",
            r"\frac{\partial L}{\partial x} = W^\top \frac{\partial L}{\partial z}",
        ),
        edits.transposes,
    ),
    Misconception(
        "product-order",
        "The factors of a matrix product in the wrong order",
        "A B and B A are different matrices, if both exist at all. With samples as rows the input stands in front: "
        "Z = X W gives ∂L/∂W = Xᵀ ∂L/∂Z. With samples as columns it stands behind.",
        "the order should be {right}",
        Example(
            _BATCH,
            r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial Z} X^\top",
            r"\frac{\partial L}{\partial W} = X^\top \frac{\partial L}{\partial Z}",
        ),
        edits.orders,
    ),
    Misconception(
        "elementwise-product",
        "A matrix product in the place of ⊙, or ⊙ in that of a matrix product",
        "A function that acts on every entry is differentiated entry by entry: its slope joins with ⊙. A weight matrix "
        "mixes entries: it joins as a matrix product. Both keep the shapes right in some cases, so shapes do not tell.",
        "the factors should be joined as in {right}",
        Example(
            _DEEP,
            r"\frac{\partial L}{\partial z} = \frac{\partial L}{\partial h} (1 - h \odot h)",
            r"\frac{\partial L}{\partial z} = \frac{\partial L}{\partial h} \odot (1 - h \odot h)",
        ),
        edits.elementwise,
        edits.joined,
    ),
    Misconception(
        "input-missing",
        "A factor of the chain rule is missing",
        "The gradient by a parameter is the error at its output times what the parameter is multiplied with: "
        "∂L/∂W = ∂L/∂Y Xᵀ. An activation adds its slope. Without the input the gradient would not depend on the data.",
        "the factor {right} is missing",
        Example(
            {"forward": "Y = W X, L = f(Y)", "shapes": "W \\in R^{n x n}, X \\in R^{n x n}"},
            r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial Y}",
            r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial Y} X^\top",
        ),
        edits.without_factor,
        edits.with_factor,
    ),
)

LAST = "input-missing"

# What is known of numbers, looked for in formulas of matrices.
SHARED: dict[str, tuple[Changes, str]] = {
    "derivative-at-wrong-point": (edits.at_another_point, "{wrong} stands where {right} belongs"),
    "activation-missing": (edits.inactive, "{wrong} stands where {right} belongs"),
    "square-missing": (edits.unsquared, "{wrong} stands where {right} belongs"),
    "activation-for-derivative": (edits.undifferentiated, "{wrong} stands where {right} belongs"),
    "factor-two": (edits.doubled, "a factor 2 or 1/2 is missing, or one too many"),
    "sign": (signs, "{wrong} should be {right}"),
    "wrong-label": (edits.relabelled, "{wrong} stands where {right} belongs"),
}
