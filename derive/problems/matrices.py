"""Whether an entry of `networks` is about vectors and matrices."""

from __future__ import annotations

import re
from collections.abc import Mapping

from derive.front.entries import Mapping as Entry
from derive.front.entries import Value as Given
from derive.problems.inherit import ancestry
from derive.problems.values import names_of_values
from derive.source import Slice

_MATRIX = re.compile(r"\[\s*\[|\\begin\{[bpvBV]?matrix|\(.*,.*\)$|onehot", re.DOTALL)


def has_shapes(entry: Entry, others: Mapping[str, Entry]) -> bool:
    """Return whether an entry, or one that it takes over, has shapes, layers, or a matrix among its values."""
    chain = ancestry(entry, others)
    return any(_spoken(part) or _has_matrix(part.get("values")) for part in chain)


def matrix_value(entry: Entry, others: Mapping[str, Entry]) -> Slice | None:
    """Return the first matrix among the values of an entry that speaks of no shapes, None for any other."""
    chain = ancestry(entry, others)
    if any(_spoken(part) for part in chain):
        return None
    return next((text for part in chain for text in _matrices(part.get("values"))), None)


def _spoken(part: Entry) -> bool:
    return any(part.get(key) is not None for key in ("shapes", "layers"))


def _has_matrix(given: Given | None) -> bool:
    return bool(_matrices(given))


def _matrices(given: Given | None) -> list[Slice]:
    return [text for _, text in names_of_values(given) if _MATRIX.match(text.text.strip())]
