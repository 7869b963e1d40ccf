"""Points at which terms are compared: sizes for dimensions, matrices for names."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from derive.matrices.dims import Dim
from derive.matrices.term import Term


def sizes(dims: Iterable[Dim], least: int = 2, turn: int = 0) -> dict[str, int]:
    """Return a size for every name, all different, so that no two shapes agree by chance.

    No dimension with names is 1, where much is equal by chance; with another `least` all sizes are others.
    """
    dims = list(dims)
    names = sorted({name for d in dims for name in d.names})
    for more in range(40):
        found, smallest = (
            {name: size + more + (k + turn) % max(len(names), 1) for k, name in enumerate(names)} for size in (least, 2)
        )
        if several(dims, found) and several(dims, smallest):
            break
    return found


def several(dims: Iterable[Dim], at: Mapping[str, int]) -> bool:
    """Return whether with some sizes every dimension is above 0, above 1 where it has a name."""
    return all(d.value(at) > bool(d.names) for d in dims)


def generator(seed: str) -> Any:
    """Return a source of random numbers that is the same for the same text."""
    import numpy as np

    return np.random.default_rng(zlib.crc32(seed.encode()))


def matrix(t: Term, at: Mapping[str, int], seed: str) -> Any:
    """Return an array for a name, as it was assumed to be."""
    import numpy as np

    name, traits = t.data
    rng = generator(f"{seed} {name}")
    rows, columns = t.rows.value(at), t.columns.value(at)
    x = rng.normal(size=(rows, columns)) * 0.8
    if "positive" in traits or ("positive determinant" in traits and rows != columns):
        x = rng.uniform(0.4, 1.8, size=(rows, columns))
    if "symmetric" in traits and rows == columns:
        x = x + x.T
    if "positive definite" in traits:
        x = x @ x.T + np.eye(rows)
    elif traits & {"invertible", "positive determinant"} and rows == columns:
        x = x + 2 * np.eye(rows)
    for trait, axis in (("rows sum to 1", 1), ("columns sum to 1", 0)):
        if trait in traits:
            x = rng.uniform(0.4, 1.8, size=(rows, columns))
            x = x / x.sum(axis=axis, keepdims=True)
    return x
