"""What students get wrong with vectors and matrices, and which of it explains a wrong line."""

from __future__ import annotations

from derive.check.misconceptions.matrices.products import PRODUCTS
from derive.check.misconceptions.matrices.shapes import SHAPES
from derive.check.misconceptions.matrices.sums import SUMS
from derive.check.misconceptions.record import Misconception

__all__ = ["MATRICES"]

# The order is that in which explanations are preferred: the special before the general.
MATRICES: tuple[Misconception, ...] = (*SHAPES, *SUMS, *PRODUCTS)
