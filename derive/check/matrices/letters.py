"""Sizes as the letters of the exercise again: 4×6 is m×n where these are the only sizes it can be."""

from __future__ import annotations

import re
from collections.abc import Mapping

from derive.check.matrices.subject import MatrixSubject
from derive.check.quantities import Quantity, shape_of


def lettered(text: str, sizes: Mapping[str, int], subject: MatrixSubject) -> str:
    """Return a text with letters for the numbers that are sizes; as it is where a number may be something else."""
    numbers = [n.symbol.shape for n in subject.network.names.values()]
    fixed = {d.number for shape in numbers for d in shape if d.number is not None}
    names = {size: name for name, size in sizes.items()}
    if len(names) < len(sizes) or fixed & set(names):
        return text
    return re.sub(r"\d+", lambda found: names.get(int(found[0]), found[0]), text)


def shape(x: Quantity, sizes: Mapping[str, int], subject: MatrixSubject) -> str:
    """Return a shape in words: "m×n", "a number"."""
    return lettered("×".join(map(str, shape_of(x))), sizes, subject) or "a number"
