"""Whether an entry of `networks` is about vectors and matrices."""

from __future__ import annotations

import re
from collections.abc import Mapping

from derive.front.entries import Mapping as Entry
from derive.front.entries import Value as Given
from derive.front.lines import entries
from derive.problems.inherit import ancestry
from derive.problems.unrolled import unrolled
from derive.problems.values import names_of_values
from derive.source import Slice

_ENTRY = re.compile(r"[^=]*_\s*(?:([a-z])|\{\s*([a-z]\s*,?\s*[a-z]?)\s*\})\s*=")
_SUM = re.compile(r"\\sum\s*_\s*(?:([a-z])|\{([^{}]*)\})")
_MATRIX = re.compile(r"\[\s*\[|\\begin\{[bpvBV]?matrix|\(.*,.*\)$|onehot", re.DOTALL)


def has_shapes(entry: Entry, others: Mapping[str, Entry]) -> bool:
    """Return whether an entry, or one that it takes over, has shapes, layers, lines about entries, or matrix values."""
    chain = ancestry(entry, others)
    return any(_spoken(part) or _has_matrix(part.get("values")) or _indexed(part) for part in chain)


def _indexed(part: Entry) -> bool:
    """Return whether lines are about entries: y_i on the left, with a sum over i."""
    forward = part.get("forward")
    texts = [item.text for item in unrolled(entries(forward))] if forward is not None else []
    summed = {
        i for text in texts for m in _SUM.finditer(text) for i in re.findall("[a-z]", (m[1] or m[2]).split("=")[0])
    }
    heads = [found[1] or found[2] for text in texts if (found := _ENTRY.match(text))]
    return any(set(re.findall("[a-z]", head)) <= summed for head in heads)


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
