"""`derive equal`: whether two formulas mean the same for all real values, by their values at many points.

Numerical zero testing at random points decides equality of analytic expressions with probability 1 (Schwartz 1980;
Gonnet 1984); what is not analytic is also tried on both sides of each kink and exactly on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

from derive.check.agree import TooFine, agree
from derive.check.assume import Known
from derive.check.free import LARGE, SCALES, Free
from derive.check.quantities import Grid, Mismatch, Quantity, binary_size, shape_text
from derive.check.same_names import together, unknown_functions
from derive.check.value import Kink, TooLong, Unread, Valuation
from derive.errors import Fault
from derive.language import surface as s
from derive.language.grammar import parse
from derive.language.walk import walk
from derive.ops import DomainError
from derive.ops.primitive import real
from derive.source import of_text

_LEAST = 10  # points at which both sides must have a value
_BESIDE = ("0", "1/1000", "-1/1000", "1", "-1", "25", "-25")  # where a kink is looked at, as distances from it
_KINKS = 24
_LARGEST = 1020  # bits of a number that a float holds


@dataclass(frozen=True, slots=True)
class Answer:
    """verdict: equal, different or undecided. witness: a point where the sides differ, with their values there.

    points: at how many both were compared. because: why nothing could be decided. sides: both values there, with all
    their digits.
    """

    verdict: str
    witness: dict[str, Any] | None = None
    points: int = 0
    because: str = ""
    sides: tuple[Quantity, Quantity] | None = None

    def as_json(self) -> dict[str, Any]:
        more = {"because": self.because} if self.because else {}
        return {"verdict": self.verdict, "witness": self.witness, "points": self.points, **more}


def equal(a: str, b: str, known: Known | None = None, digits: int | None = None, syntax: str = "auto") -> Answer:
    """Return whether two formulas are equal; with `digits`, whether b is a rounded (or cut) to so many decimals.

    What cannot be read or has no value is undecided, with the reason; raises nothing for a bad formula.
    """
    try:
        left, right = (_formula(text, name, syntax) for text, name in ((a, "<A>"), (b, "<B>")))
    except Fault as fault:
        return Answer("undecided", because=str(fault))
    left, right = together(left, right, a, b)
    answer = _Comparison(left, right, known or Known(), digits).answer()
    mine, others = unknown_functions(left), unknown_functions(right)
    if answer.verdict == "different" and bool(mine) != bool(others):
        strange = mine | others
        return Answer("undecided", because=f"nothing is known of the function {', '.join(sorted(strange))}")
    return answer


def _formula(text: str, name: str, syntax: str) -> s.Tree:
    tree = parse(of_text(text, name), syntax=syntax)
    if isinstance(tree, s.Relation):
        raise Fault("a relation is no value", of_text(text, name).span(*tree.places[0]), expected="one side of it")
    return tree


@dataclass(slots=True)
class _Comparison:
    left: s.Tree
    right: s.Tree
    known: Known
    digits: int | None
    compared: int = 0
    only_one: int = 0
    neither: int = 0
    kinks: dict[tuple[Any, ...], Kink] = field(default_factory=dict)

    def answer(self) -> Answer:
        try:
            return self._answer()
        except Unread as part:
            return Answer("undecided", because=f"not read: {part}")
        except TooLong as wide:
            return Answer("undecided", because=str(wide))
        except Mismatch as clash:
            return Answer("undecided", because=f"the shapes do not fit: {clash}")

    def _answer(self) -> Answer:
        integers = _integers(self.left, self.right)
        names: dict[str, Quantity] = {}
        for number in range(len(SCALES)):
            point = Free(number, self.known, integers)
            if found := self._different(point):
                return found
            names = point.found or names
            if not names:
                break  # no name: one point is all there is
        if names and self.compared < _LEAST:  # a logarithm, a root: there are more points inside of their domain
            for number in range(len(SCALES)):
                if found := self._different(Free(number, self.known, integers, positive=True)):
                    return found
        for point in self._beside_kinks(integers):
            if found := self._different(point):
                return found
        return self._equal(constant=not names)

    def _equal(self, constant: bool) -> Answer:
        if self.compared and (constant or self.compared >= _LEAST):
            if self.only_one * 5 <= self.compared:
                return Answer("equal", points=self.compared)
            reason = "one side has a value at many points where the other has none; say more with --assume"
            return Answer("undecided", points=self.compared, because=reason)
        return Answer(
            "undecided", points=self.compared, because=f"both sides have a value at only {self.compared} points"
        )

    def _different(self, point: Free) -> Answer | None:
        """Compare the sides at a point; return the answer if they differ there."""
        made: list[Valuation] = []

        def both() -> tuple[Quantity, Quantity, int, int]:
            made[:] = [Valuation(point), Valuation(point)]
            a, b = (v.value(tree) for v, tree in zip(made, (self.left, self.right), strict=True))
            return a, b, max(v.largest for v in made), min(v.least for v in made)

        try:
            same, a, b = agree(both)
        except TooLong:
            if point.number not in LARGE:
                raise
            return None  # a sum that is too long with a large number
        except (DomainError, TooFine, ZeroDivisionError, OverflowError, ValueError):
            self._undefined(point)
            return None
        for v in made:
            self.kinks.update(v.kinks)
        self.compared += 1
        if same or (self.digits is not None and _rounds(a, b, self.digits)):
            return None
        return Answer("different", _witness(point, a, b), self.compared, sides=(a, b))

    def _undefined(self, point: Free) -> None:
        has = 0
        for tree in (self.left, self.right):
            try:
                Valuation(point).value(tree)
                has += 1
            except (DomainError, ZeroDivisionError, OverflowError, ValueError):
                pass
        self.only_one += has == 1

    def _beside_kinks(self, integers: frozenset[str]) -> Iterator[Free]:
        """Yield points at each kink and on both sides of it, near and far."""
        for base in (1, 2):
            for kink in list(self.kinks.values())[:_KINKS]:
                point = Free(base, self.known, integers)
                try:
                    kink(point)
                except ArithmeticError:
                    continue
                for id, value in list(point.found.items()):
                    if isinstance(value, Fraction) and id not in integers:
                        yield from self._around(point, kink, id, value)

    def _around(self, point: Free, kink: Kink, id: str, value: Fraction) -> Iterator[Free]:
        root = _root(point, kink, id, value)
        for distance in _BESIDE if root is not None else ():
            moved = root + Fraction(distance) if root is not None else value
            if self.known.of(id).allows(moved):
                yield point.with_value(id, moved)


def _root(point: Free, kink: Kink, id: str, value: Fraction) -> Fraction | None:
    """Return where a kink lies along one name: exactly where it is linear in it, else by bisection."""

    def at(x: Fraction) -> Any:
        try:
            return kink(point.with_value(id, x))
        except ArithmeticError:
            return None

    ends = [at(value + k) for k in (0, 1, 2)]
    if all(isinstance(e, Fraction) for e in ends) and ends[2] - ends[1] == ends[1] - ends[0]:
        return value - ends[0] / (ends[1] - ends[0]) if ends[1] != ends[0] else None
    places = [value + Fraction(k, 2) for k in range(-40, 41)]
    signs = [(x, y) for x in places if (y := at(x)) is not None]
    for (x0, y0), (x1, y1) in pairwise(signs):
        if real(y0) * real(y1) <= 0 and y0 != y1:
            return _bisected(at, x0, x1, y0)
    return None


def _bisected(at: Any, low: Fraction, high: Fraction, below: Any) -> Fraction:
    for _ in range(24):
        middle = (low + high) / 2
        found = at(middle)
        if found is None or found == 0:
            return middle
        if (found > 0) == (below > 0):
            low = middle
        else:
            high = middle
    return low


def _integers(*trees: s.Tree) -> frozenset[str]:
    """Return the names that stand in the bounds of sums: they are whole numbers."""
    sums = [node for tree in trees for node in walk(tree) if isinstance(node, s.BigSum)]
    bounds = [bound for node in sums for bound in (node.lower, node.upper) if bound is not None]
    indices = {index for node in sums for index in node.indices}
    return frozenset(n.id for bound in bounds for n in walk(bound) if isinstance(n, s.Name)) - indices


def _rounds(a: Quantity, b: Quantity, digits: int) -> bool:
    """Return whether b is a rounded or cut to so many decimals, entry by entry."""
    if isinstance(a, Grid) or isinstance(b, Grid):
        if not (isinstance(a, Grid) and isinstance(b, Grid)) or a.shape != b.shape:
            return False
        return all(_rounds(x, y, digits) for x, y in zip(a.cells, b.cells, strict=True))
    unit = Fraction(1, 10**digits)
    scaled, shown = real(a) / real(unit), real(b) / real(unit)
    if abs(shown - round(shown)) > real(Fraction(1, 10**9)):
        return False
    return bool(abs(scaled - shown) <= real(Fraction(1, 2)) or (0 <= (scaled - shown) * (1 if a >= 0 else -1) < 1))


def _witness(point: Free, a: Quantity, b: Quantity) -> dict[str, Any]:
    at = {id: _number(x) for id, x in point.found.items() if not id.startswith("\x00")}
    found: dict[str, Any] = {"at": at, "left": _number(a), "right": _number(b)}
    if isinstance(a, Grid) != isinstance(b, Grid) or (isinstance(a, Grid) and a.shape != b.shape):
        found["shapes"] = [shape_text(a), shape_text(b)]
    return found


def _number(x: Quantity) -> Any:
    """Return a quantity in the numbers of JSON; None for one that is too large for them."""
    if isinstance(x, Grid):
        return [[_number(cell) for cell in row] for row in x.rows]
    if x != 0 and binary_size(x) > _LARGEST:
        return None
    return int(x) if abs(x) < 2**53 and x == int(x) else float(x)
