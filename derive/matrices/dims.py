"""Dimensions of matrices: polynomials with whole coefficients in named sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

Monomial = tuple[str, ...]


@dataclass(frozen=True)
class Dim:
    """A dimension such as 3, n, n + k - 1 or m·n; equal dimensions compare equal."""

    terms: tuple[tuple[Monomial, int], ...]

    def __add__(self, other: Dim | int) -> Dim:
        total = Counter(dict(self.terms))
        for monomial, count in of(other).terms:
            total[monomial] += count
        return _made(total)

    def __sub__(self, other: Dim | int) -> Dim:
        return self + of(other) * -1

    def __mul__(self, other: Dim | int) -> Dim:
        total: Counter[Monomial] = Counter()
        for a, m in self.terms:
            for b, n in of(other).terms:
                total[tuple(sorted((*a, *b)))] += m * n
        return _made(total)

    @property
    def number(self) -> int | None:
        """The value of a dimension without names, None for any other."""
        if not self.terms:
            return 0
        return self.terms[0][1] if len(self.terms) == 1 and not self.terms[0][0] else None

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(name for monomial, _ in self.terms for name in monomial)

    def value(self, sizes: Mapping[str, int]) -> int:
        total = 0
        for monomial, count in self.terms:
            for name in monomial:
                count *= sizes[name]
            total += count
        return total

    def solved(self, name: str, sizes: Mapping[str, int], value: int) -> int | None:
        """Return the size of one name with which the dimension has a value, None where there is none."""
        at = [self.value({**sizes, name: k}) for k in (0, 1)]
        slope = at[1] - at[0]
        found = (value - at[0]) // slope if slope else 0
        return found if found > 0 and self.value({**sizes, name: found}) == value else None

    def __str__(self) -> str:
        """Return the dimension in plain text: n + k - 1."""
        text = ""
        for monomial, count in sorted(self.terms, key=lambda t: (not t[0], t[1] < 0)):
            size = abs(count)
            body = "*".join((*([str(size)] if size != 1 or not monomial else []), *monomial))
            text += (" - " if count < 0 else " + ") + body
        return (text[3:] if text.startswith(" + ") else "-" + text[3:]) if text else "0"


Shape = tuple[Dim, Dim]


def _made(total: Mapping[Monomial, int]) -> Dim:
    return Dim(tuple(sorted((m, c) for m, c in total.items() if c)))


def of(x: Dim | int | str) -> Dim:
    """Return a number or a name as a dimension."""
    if isinstance(x, Dim):
        return x
    return _made({(x,): 1}) if isinstance(x, str) else _made({(): x})


ONE = of(1)
SCALAR: Shape = (ONE, ONE)


def shown(shape: Shape) -> str:
    """Return a shape in words: "m×n", "a scalar"."""
    if shape == SCALAR:
        return "a scalar"
    if any(name.startswith("?") for d in shape for name in d.names):
        return "of an open size"
    rows, columns = (f"({d})" if len(d.terms) > 1 or "*" in str(d) else str(d) for d in shape)
    return f"{rows}×{columns}"
