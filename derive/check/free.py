"""Points for formulas whose names may have any value: drawn when they are asked for, always the same ones."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from derive.check import quantities as q
from derive.check.assume import Assumption, Known
from derive.check.functions import FUNCTIONS
from derive.check.quantities import Grid, Quantity, Scalar, operate
from derive.check.value import Valuation
from derive.language import surface as s
from derive.language.symbols import FUNCTIONS as NAMED
from derive.language.walk import walk
from derive.ops import SPELLINGS, DomainError
from derive.ops.primitive import real

# How far from 0 the values of a point lie; the first is the point 0, "tie" gives all names one value.
SCALES = (
    "0",
    "1",
    "1",
    "3",
    "1",
    "tie",
    "1/10",
    "10",
    "1",
    "3",
    "tie",
    "1",
    "1/100",
    "30",
    "1",
    "2",
    "5",
    "1",
    "1",
    "3",
)
_WHOLE = (0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9, 12, 17)  # how far from the least one whole numbers lie
# Points at which whole numbers are about so large: a formula may be another one beyond the small numbers.
LARGE = {6: 5, 9: 12, 14: 25, 17: 9}
_HIGHEST = 4  # order of a derivative
_RANGE = "\x00range"  # how far a sum without bounds goes


@dataclass(slots=True)
class Free:
    """One point, by its number. Names get values as they are met; `given` fixes some of them.

    snaps: the point lies where something bends, as exactly as can be computed.
    """

    number: int
    wanted: Known
    integers: frozenset[str]
    given: dict[str, Quantity] = field(default_factory=dict)
    found: dict[str, Quantity] = field(default_factory=dict)
    log: str = "e"
    at_zero: Fraction = Fraction(0)
    snaps: bool = False
    positive: bool = False  # names of which nothing is assumed are positive here

    def known(self, id: str) -> bool:
        return False

    def with_value(self, id: str, value: Quantity) -> Free:
        """Return the same point but for one name."""
        return replace(self, given={**self.found, **self.given, id: value}, found={})

    def name(self, id: str) -> Quantity | None:
        id = canonical(id)
        if (entry := self._entry(id)) is not None:
            return entry
        if id in self.given:
            self.found[id] = self.given[id]
        elif id not in self.found:
            drawn = self._draw(id)
            if drawn is None:
                return None
            self.found[id] = drawn
        return self.found[id]

    def function(self, id: str, primes: int, stands: bool = True) -> Callable[..., Quantity] | None:
        """Return an arbitrary smooth function for a name that no primitive has."""
        return arbitrary(id, primes) if arbitrary_name(id) else None

    def _entry(self, id: str) -> Quantity | None:
        """Return an entry of a matrix whose shape is declared, None for any other name."""
        base, _, sub = id.partition("_")
        if base not in self.wanted.shapes or id in self.wanted.shapes or not (found := re.findall(r"\d+", sub)):
            return None
        at = [int(k) for k in (sub if sub.isdigit() and len(sub) == 2 else found)]
        whole = self.name(base)
        shape = whole.shape if isinstance(whole, Grid) else (1, 1)
        row, column = at[0], at[1] if len(at) > 1 else 1
        if (
            len(at) > 2
            or "".join(found) != sub.replace(",", "")
            or not (0 < row <= shape[0] and 0 < column <= shape[1])
        ):
            return None
        return whole.rows[row - 1][column - 1] if isinstance(whole, Grid) else whole

    def quotient(self, tree: s.Partial) -> Quantity | None:
        """Return the derivative of a formula by a name in it; of what is a quantity a number, always the same one.

        None where it is the derivative of something that is known in another way.
        """
        from derive.language.reading import reading

        of, by = tree.of, [name.id for name in tree.wrt if isinstance(name, s.Name)]
        if isinstance(of, s.Name) and by == [of.id]:
            return Fraction(1)
        inside = {n.id for n in walk(of) if isinstance(n, s.Name)}
        if not isinstance(of, s.Name) and len(by) == len(tree.wrt) and inside.issuperset(by):
            return self._slope(of, by)
        known = not isinstance(of, s.Name) and not (isinstance(of, s.Call) and arbitrary_name(of.fn))
        if known or any(name in self.wanted.shapes for name in by) or (isinstance(of, s.Name) and of.id in by):
            return None
        return self.name(f"\x00{reading(tree)}")

    def _slope(self, of: s.Tree, names: list[str]) -> Quantity:
        """Return a derivative of a formula, by differences; raises DomainError where it jumps."""
        from mpmath import mp

        by = list(dict.fromkeys(names))
        orders = tuple(names.count(id) for id in by)
        values = [self.name(id) for id in by]
        if len(names) > _HIGHEST or any(v is None or isinstance(v, Grid) for v in values):
            raise DomainError("this derivative")

        def at(*x: Scalar) -> Scalar:
            point: Free = self
            for id, moved in zip(by, x, strict=True):
                point = point.with_value(id, moved)
            return real(Valuation(point).scalar(of, "what is differentiated"))

        place = tuple(real(v) for v in values)
        found = mp.diff(at, place if len(by) > 1 else place[0], orders if len(by) > 1 else orders[0])
        if len(by) == 1:
            sides = [mp.diff(at, place[0], orders[0], direction=way) for way in (1, -1)]
            if abs(sides[0] - sides[1]) > mp.sqrt(mp.eps) * (1 + abs(found)):
                raise DomainError("a derivative at a kink")
        return found

    def _draw(self, id: str) -> Quantity | None:
        if id in ("e", "pi", "π", "infty"):
            return None
        if id == "I" and id not in self.wanted.shapes and (size := self._square()) is not None:
            return q.grid(q.identity(size).rows)
        rng = random.Random(f"{self.number} {id}")
        if id == _RANGE or id in self.integers or id in self.wanted.dimensions:
            if id in self.integers and id not in self.wanted.dimensions:
                return Fraction(_whole(self.wanted.of(id), rng, 1, LARGE.get(self.number, 0)))
            return self._drawn_dimension(id, rng)
        shape = self.wanted.shapes.get(id)
        if shape is None:
            return self._number(id, rng)
        rows, columns = (self._dimension(tree) for tree in shape)
        return self._matrix(self.wanted.of(id), rows, columns, rng)

    def whole(self) -> dict[str, int]:
        """Return the values of the names that stand in the bounds of sums: where one is an index, it is a number."""
        values = {id: self.name(id) for id in self.integers}
        return {id: int(x) for id, x in values.items() if isinstance(x, Fraction)}

    def _drawn_dimension(self, id: str, rng: random.Random) -> Fraction:
        known = self.wanted.of(id)
        low = int(known.low // 1) + 1 if known.low is not None else 2
        high = -(-known.high // 1) - 1 if known.high is not None else low + 3
        return Fraction(rng.randint(low, max(low, min(int(high), low + 3))))

    def _square(self) -> int | None:
        """Return the size of all matrices that are square, None where there are several or none."""
        pairs = [tuple(self._dimension(tree) for tree in shape) for shape in self.wanted.shapes.values()]
        sizes = {rows for rows, columns in pairs if rows == columns}
        return sizes.pop() if len(sizes) == 1 else None

    def _dimension(self, tree: s.Tree) -> int:
        found = Valuation(self).value(tree)
        if not isinstance(found, Fraction) or found.denominator != 1 or not 0 < found <= 12:
            raise DomainError("a dimension that is no small whole number")
        return int(found)

    def _number(self, id: str, rng: random.Random) -> Fraction:
        known = self.wanted.of(id)
        if known.integer:
            return Fraction(_whole(known, rng, None, LARGE.get(self.number, 0)))
        if self.positive and known.low is None and known.high is None:
            known = replace(known, low=Fraction(0))
        scale = SCALES[self.number % len(SCALES)]
        if scale == "tie":
            rng = random.Random(f"{self.number}")
        return drawn(known, rng, Fraction(0) if scale == "0" else Fraction(1 if scale == "tie" else scale))

    def _matrix(self, known: Assumption, rows: int, columns: int, rng: random.Random) -> Quantity:
        scale = SCALES[self.number % len(SCALES)]
        size = Fraction(0) if scale == "0" else Fraction(1 if scale == "tie" else scale)
        inside = replace(known, low=Fraction(0)) if "positive" in known.kinds else known
        made = Grid(tuple(tuple(drawn(inside, rng, size) for _ in range(columns)) for _ in range(rows)))
        if known.kinds & {"symmetric", "positive definite", "invertible", "positive determinant"} and rows != columns:
            raise q.Mismatch(f"a {rows}×{columns} matrix is not square")
        if "positive definite" in known.kinds:
            return q.plus(q.times(made, q.transposed(made)), q.identity(rows))
        if "symmetric" in known.kinds:
            return q.plus(made, q.transposed(made))
        if known.kinds & {"invertible", "positive determinant"}:
            return _regular(made, "positive determinant" in known.kinds)
        return q.grid(made.rows)


def arbitrary_name(id: str) -> bool:
    """Return whether a function of this name may be any."""
    return id not in SPELLINGS and id not in FUNCTIONS and id not in NAMED


def arbitrary(id: str, primes: int) -> Callable[..., Quantity]:
    """Return a smooth function that stands for any function of this name, or a derivative of it."""
    return lambda *args: _smooth(id, primes, [a for a in args if not isinstance(a, Grid)], len(args))


def drawn(known: Assumption, rng: random.Random, scale: Fraction) -> Fraction:
    """Return a number of two decimals about as large as the scale, inside of what is assumed."""
    step = Fraction(rng.randint(1, 250), 100)
    if known.low is not None and known.high is not None:
        return known.low + (known.high - known.low) * Fraction(rng.randint(1, 99), 100)
    if known.low is not None:
        return known.low + step * (scale or Fraction(1, 1000))
    if known.high is not None:
        return known.high - step * (scale or Fraction(1, 1000))
    return step * scale * rng.choice((-1, 1))


def _whole(known: Assumption, rng: random.Random, least: int | None = None, large: int = 0) -> int:
    """Return a whole number: mostly a small one, or one that is about as `large` as this.

    least: what it is at least, None where it may be negative.
    """
    low = int(known.low // 1) + 1 if known.low is not None else least
    high = -(-known.high // 1) - 1 if known.high is not None else None
    if low is None:
        size = (large + rng.choice(_WHOLE)) * rng.choice((-1, 1))
        return size if high is None else int(high) - abs(size)
    found = low + large + rng.choice(_WHOLE)
    return found if high is None else rng.randint(low, max(low, min(int(high), low + 20)))


def canonical(id: str) -> str:
    """Return the id of a name with its one-letter indices without commas: w_1,2 is w_12."""
    base, mark, sub = id.partition("_")
    parts = sub.split(",")
    return base + mark + "".join(parts) if len(parts) > 1 and all(len(p) == 1 and p.isalnum() for p in parts) else id


def _regular(made: Grid, positive: bool) -> Quantity:
    """Return a matrix moved away from the singular ones, with a positive determinant if that is wanted."""
    moved = q.plus(made, q.mapped(q.identity(made.shape[0]), lambda x: 3 * x))
    if q.determinant(moved) == 0:
        raise DomainError("a singular matrix")
    if positive and q.determinant(moved) < 0 and isinstance(moved, Grid):
        return Grid((tuple(-x for x in moved.rows[0]), *moved.rows[1:]))
    return moved


def _smooth(id: str, primes: int, args: list[Scalar], count: int) -> Scalar:
    """Return the value of a function chosen by its name, or of its derivative: Σ a sin(b·x + c) + d, analytic."""
    if len(args) < count or (primes and count != 1):
        raise DomainError(f"{id} of a matrix")
    rng = random.Random(id)
    shift = Fraction(rng.randint(-9, 9), 7)  # drawn for derivatives, too, so that they are those of the function
    total: Scalar = Fraction(0) if primes else shift
    for _ in range(3):
        a, c = Fraction(rng.randint(1, 30), 10), Fraction(rng.randint(-30, 30), 10)
        inner: Scalar = c
        slopes = [Fraction(rng.randint(-20, 20), 10) or Fraction(1) for _ in range(count)]
        for b, x in zip(slopes, args, strict=True):
            inner = operate("add", inner, operate("mul", b, x))
        wave = operate("cos" if primes % 2 else "sin", inner)
        sign = -1 if primes % 4 in (2, 3) else 1
        total = operate("add", total, operate("mul", sign * a * (slopes[0] ** primes if count else 1), wave))
    return total
