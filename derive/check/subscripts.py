"""Names with indices: `x_i` in a sum is x_3, `w_{12}` may be an entry of a matrix w."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from derive.check import quantities as q
from derive.check.quantities import Grid, Quantity
from derive.language import surface as s
from derive.ops import DomainError

if TYPE_CHECKING:
    from derive.check.value import Valuation


def indexed(t: s.Name, v: Valuation) -> str:
    """Return the id of a name with its bound indices put in (`x_{i+1}` → x_3), "" where it has none."""
    found = [i for i in v.bound if re.search(rf"(?<![A-Za-z]){i}(?![A-Za-z])|^[a-z]*{i}[a-z]*$", t.sub)]
    if not found or not t.sub:
        return ""
    return f"{t.base}_{','.join(map(str, subscripts(t, v)))}"


def subscripts(t: s.Name, v: Valuation) -> list[int | str]:
    """Return the subscripts of a name as numbers where they are; `ij` are two of them."""
    parts = [p for p in t.sub.split(",") if p]
    if len(parts) == 1 and re.fullmatch(r"[A-Za-z0-9]+", parts[0]) and parts[0] not in v.bound:
        parts = re.findall(r"\d+|[A-Za-z]", parts[0])
    return [subscript(p, v) for p in parts]


def subscript(text: str, v: Valuation) -> int | str:
    terms = re.findall(r"([+-]?)([A-Za-z]+|\d+)", text)
    if "".join(sign + word for sign, word in terms) != text:
        return text
    total = 0
    for sign, word in terms:
        number = int(word) if word.isdigit() else v.bound.get(word)
        if number is None and len(terms) > 1:
            free = v.world.name(word)  # x_{n+1-k}
            number = int(free) if isinstance(free, Fraction) and free.denominator == 1 else None
        if number is None:
            return text
        total += -number if sign == "-" else number
    return total


def entry(t: s.Name, spelled: str, v: Valuation) -> Quantity | None:
    """Return an entry of a declared vector or matrix."""
    whole = v.world.name(t.base)
    at = subscripts(t, v)
    if not isinstance(whole, Grid) or not all(isinstance(k, int) for k in at):
        return None
    row, column = (int(at[0]), int(at[1])) if len(at) == 2 else (int(at[0]), 1)
    if len(at) == 1 and whole.shape[0] == 1:
        row, column = column, row
    if len(at) > 2 or not (1 <= row <= whole.shape[0] and 1 <= column <= whole.shape[1]):
        raise DomainError(f"{spelled} lies outside of the {q.shape_text(whole)} matrix {t.base}")
    return whole.rows[row - 1][column - 1]
