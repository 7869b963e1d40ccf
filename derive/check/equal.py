"""`derive equal`: whether two formulas mean the same for all real values, by their values at many points.

Numerical zero testing at random points decides equality of analytic expressions with probability 1 (Schwartz 1980;
Gonnet 1984); what is not analytic is also tried on both sides of each kink and exactly on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product
from typing import Any

from derive.check.agree import TooFine, agree
from derive.check.assume import Known
from derive.check.free import LARGE, SCALES, Free
from derive.check.quantities import Grid, Mismatch, Quantity, binary_size, shape_text
from derive.check.roots import roots
from derive.check.same_names import together, unknown_functions
from derive.check.value import Valuation
from derive.check.work import TooLong, Unread, bounded
from derive.check.worlds import Kink
from derive.errors import Fault
from derive.language import surface as s
from derive.language.grammar import parse, syntax_of
from derive.language.walk import walk
from derive.numeric import precisely
from derive.ops import DomainError
from derive.ops.primitive import real
from derive.source import of_text

_LEAST = 10  # points at which both sides must have a value
_BESIDE = ("0", "1/1000", "-1/1000", "1", "-1", "25", "-25")  # where a kink is looked at, as distances from it
_KINKS = 60
_WORK = 300_000  # operations for what lies beside kinks
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
    # In plain text a number beside a matrix stands at every entry.
    plain = tuple((syntax if syntax != "auto" else syntax_of(text)) == "plain" for text in (a, b))
    answer = _Comparison(left, right, known or Known(), digits, plain).answer()
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
    spread: tuple[bool, ...] = (False, False)
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
        with bounded(_WORK):
            for point in self._beside_kinks(integers):
                if found := self._different(point):
                    return found
        return self._equal(constant=not names)

    def _equal(self, constant: bool) -> Answer:
        if len(self.kinks) > _KINKS:
            return Answer("undecided", points=self.compared, because="it bends at too many places")
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
            made[:] = [Valuation(point, bound=point.whole(), snaps=point.snaps, spread=x) for x in self.spread]
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
        for tree, spread in zip((self.left, self.right), self.spread, strict=True):
            try:
                Valuation(point, bound=point.whole(), spread=spread).value(tree)
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
                    if id not in integers and not isinstance(value, int):
                        yield from self._around(point, kink, id, value)

    def _around(self, point: Free, kink: Kink, id: str, value: Quantity) -> Iterator[Free]:
        """Yield points where a name (of a matrix its first or last entry) lies at and beside the zeros of a kink."""
        ends = dict.fromkeys((0, len(value.cells) - 1)) if isinstance(value, Grid) else (0,)
        for cell in ends:
            start = value.cells[cell] if isinstance(value, Grid) else value
            if not isinstance(start, Fraction):
                continue

            def moved(x: Fraction, cell: int = cell) -> Free:
                return point.with_value(id, _put(value, cell, x))

            def at(x: Fraction, moved: Callable[[Fraction], Free] = moved) -> Any:
                try:
                    found = kink(moved(x))
                except (TooLong, Unread):
                    raise
                except (ArithmeticError, ValueError):
                    return None
                return None if isinstance(found, Grid) else found

            with precisely():
                zeros = roots(at, start)
            for root, distance in product(zeros, _BESIDE):
                x = root + Fraction(distance)
                if self.known.of(id).allows(x) and self._keeps_kind(id, value):
                    yield replace(moved(x), snaps=distance == "0")

    def _keeps_kind(self, id: str, value: Quantity) -> bool:
        """Return whether one entry may be moved alone: of a symmetric matrix it may not."""
        return not isinstance(value, Grid) or not self.known.of(id).kinds - {"positive", "real"}


def _put(value: Quantity, cell: int, x: Fraction) -> Quantity:
    """Return a value with one entry replaced."""
    if not isinstance(value, Grid):
        return x
    width = value.shape[1]
    rows = [list(row) for row in value.rows]
    rows[cell // width][cell % width] = x
    return Grid(tuple(tuple(row) for row in rows))


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
