"""By how much the numbers of a claim may be off: as roundings of quantities, or of parts of the other side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from derive.check.bench import Bench, constant
from derive.check.intermediate import digits, intermediate, slopes
from derive.check.quantities import Grid, Scalar, times
from derive.check.rounding import uncertain, unit
from derive.language import surface as s
from derive.language.walk import walk


@dataclass
class OpenDigits:
    """said: numbers, by their digits, with what they are uncertain by in any case.

    last: each number is taken as computed with rounded ones, so that its last digit may be one too many.
    """

    bench: Bench
    left: s.Tree
    right: s.Tree
    said: Mapping[str, Fraction]
    approximate: bool
    last: bool = False
    parts: dict[int, list[Scalar]] = field(default_factory=dict)

    def carried(self) -> OpenDigits:
        return replace(self, last=True)

    def by(self, n: s.Num) -> Fraction:
        if n.text in self.said or Fraction(n.text) in self._exact:
            return self.said.get(n.text, Fraction(0))
        found = uncertain(n, self._quantities, self.last) or (
            unit(n.text) / 2 if n.text in self._fresh else Fraction(0)
        )
        if found or "." not in n.text or digits(n.text) < 2:
            return found
        told = self.bench.told.get(n.text)
        if told is not None:  # an equation of numbers is about them as they stand
            return min(told, unit(n.text) / 2) if constant(self.left) and constant(self.right) else told
        return uncertain(n, self._beside(n), self.last)

    def _beside(self, n: s.Num) -> list[Scalar]:
        """Return the intermediate results of the side that a number does not stand in."""
        other = 0 if any(n is part for part in walk(self.right)) else 1
        if other not in self.parts:
            point, subject = self.bench.meant, self.bench.subject
            world = self.bench.world(point if point is not None else subject.points[0])
            found = intermediate((self.left, self.right)[other], subject, world.point, world)
            local = [] if point is None or subject.of_matrices else slopes(subject, point)
            self.parts[other] = [*found, *local]
        return self.parts[other]

    @cached_property
    def _fresh(self) -> frozenset[str]:
        """The decimals that only the right side of ≈ has, with three digits at least: they have been rounded."""
        if not self.approximate:
            return frozenset()
        before = {n.text for n in walk(self.left) if isinstance(n, s.Num)}
        new = [n.text for n in walk(self.right) if isinstance(n, s.Num) and n.text not in before and "." in n.text]
        return frozenset(text for text in new if unit(text) * 100 <= Fraction(text))

    @cached_property
    def _exact(self) -> set[Fraction]:
        return {abs(x) for x in self._quantities if isinstance(x, Fraction)}

    @cached_property
    def _quantities(self) -> list[Scalar]:
        """Every number of the exercise, which may stand rounded on paper."""
        subject = self.bench.subject
        found: list[Scalar] = []
        for point in (subject.own, subject.after_update):
            if point is not None:
                rate = [point.rate] if point.rate is not None else []
                known = [*point.values.values(), *point.adjoints.values(), *point.updated.values(), *rate]
                known += [times(r, point.adjoints[p]) for r in rate for p in subject.network.parameters]
                found += [x for one in known for x in (one.cells if isinstance(one, Grid) else [one])]
        return found
