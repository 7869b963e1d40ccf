"""One relation, held against a network: symbols at random points, numbers at the numbers of the exercise.

A side with names on both sides must hold for all values; where a side is numbers, the digits shown are what is claimed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from derive.check.agree import close
from derive.check.intermediate import digits, intermediate, slopes
from derive.check.quantities import Grid, Mismatch, Quantity, Scalar
from derive.check.rounding import literal, shown, slack, uncertain, unit, within
from derive.check.subject import NetworkWorld, Point, Subject
from derive.check.value import TooLong, Unread, Valuation
from derive.expr import Value
from derive.graph import Role
from derive.language import surface as s
from derive.language.walk import walk
from derive.numeric import DIGITS, precisely
from derive.ops import DomainError
from derive.ops.primitive import real

_LEAST = 3
_APART = 120  # bits between the largest and the smallest number of a comparison; 50 digits are 166


@dataclass(frozen=True, slots=True)
class Verdict:
    """correct, wrong, mismatched, undecided, definition, follow_through or unread, and what a reader wants to know.

    truth: the value that should stand on the right; witness: a point where the sides differ; because: in words.
    """

    kind: str
    because: str = ""
    truth: Quantity | None = None
    witness: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Bench:
    """What a hand-in has said so far, beside the network that it speaks of.

    beliefs: (node, whether its gradient is meant) → what it is taken to be instead. after: numbers are those after the
    update. renewed: other names of new values, id → parameter. stepped: the parameters
    whose new values have been spoken of. told: by how much numbers may be off that the hand-in has computed itself.
    """

    subject: Subject
    own: dict[str, s.Tree] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, Quantity] = field(default_factory=dict)
    beliefs: Mapping[tuple[str, bool], s.Tree] = field(default_factory=dict)
    after: bool = False
    renewed: dict[str, str] = field(default_factory=dict)
    stepped: set[str] = field(default_factory=set)
    told: dict[str, Fraction] = field(default_factory=dict)

    @property
    def meant(self) -> Point | None:
        """The point whose numbers are meant: of the exercise, or (`after`) that after its update."""
        return self.then if self.after else self.subject.own

    @property
    def then(self) -> Point | None:
        """The point after the update: of the exercise, or with the new values that the hand-in has said."""
        own, subject = self.subject.own, self.subject
        if own is None:
            return None
        if subject.network.update is not None:
            return subject.later(own, self._moving) if self._moving != frozenset() else None
        new: dict[str, Value] = {}
        for id in [id for id in self.own if subject.after(id) is not None]:
            found = self.world(own).name(id)
            if found is None or isinstance(found, Grid):
                return None
            new[subject.after(id) or ""] = found
        return subject.at({**own.leaves, **new}) if new else None

    @property
    def _moving(self) -> frozenset[str] | None:
        """The parameters that the update changes, None for all: where nothing is data, those that it is said of."""
        data = any(leaf.role is Role.DATA for leaf in self.subject.graph.leaves())
        return None if data else frozenset(self.stepped)

    @property
    def points(self) -> list[Point]:
        """The points at which names are compared."""
        found = [self.subject.later(point, self._moving) for point in self.subject.points] if self.after else []
        return [point for point in found if point is not None] if self.after else self.subject.points

    def world(self, point: Point, total: bool = False) -> NetworkWorld:
        world = NetworkWorld(
            self.subject, point, self.own, self.aliases, total, self.numbers, renewed=self.renewed, later=self.after
        )
        return world.believing(self.beliefs) if self.beliefs else world

    def new(self, id: str) -> str | None:
        """Return the parameter whose new value an id means here, None for any other."""
        return self.renewed.get(id) or self.subject.after(id)

    def knows(self, id: str) -> bool:
        subject = self.subject
        return (
            subject.plain(id) is not None
            or (subject.after(id) is not None and subject.network.update is not None)
            or subject.after_line(id) is not None
            or id in self.renewed
            or subject.is_rate(id)
            or id in self.own
            or id in self.numbers
            or id in ("e", "pi", "infty")
        )


def define(id: str, tree: s.Tree, bench: Bench) -> None:
    """Take a name that the hand-in introduces; where it has the value of a node at every point, it is that node."""
    bench.own[id] = tree
    nodes = set(bench.subject.graph.nodes)
    with precisely():
        for point in bench.subject.points:
            try:
                v = Valuation(bench.world(point))
                found = v.value(tree)
                nodes = {n for n in nodes if close(found, point.values[n], v.largest, DIGITS - 6)}
            except (ArithmeticError, OverflowError, ValueError, RecursionError):
                return
            if not nodes:
                return
    order = list(bench.subject.graph.nodes)
    bench.aliases[id] = min(nodes, key=order.index)


def constant(tree: s.Tree) -> bool:
    """Return whether a tree is made of numbers only."""
    bound = {name for node in walk(tree) if isinstance(node, s.EvalAt) for name, _ in node.points}
    for node in walk(tree):
        if isinstance(node, (s.Partial, s.Nabla, s.BigSum)):
            return False
        if isinstance(node, s.Name) and node.id not in ("e", "pi", "infty") and node.id not in bound:
            return False
    return True


def decimal(tree: s.Tree) -> bool:
    """Return whether a tree holds a number with a decimal point, which is a value put in."""
    return any(isinstance(node, s.Num) and "." in node.text for node in walk(tree))


def judge(
    left: s.Tree, right: s.Tree, approximate: bool, bench: Bench, open_digits: Mapping[str, Fraction] | None = None
) -> Verdict:
    """Return the verdict on left = right (or ≈); never "correct" where something was not understood.

    open_digits: numbers, by their digits, that are uncertain by so much beside those that the exercise makes so.
    """
    if isinstance(left, s.Seq) and isinstance(right, s.Seq) and len(left.items) == len(right.items) > 0:
        pairs = zip(left.items, right.items, strict=True)
        return _joined([judge(a, b, approximate, bench, open_digits) for a, b in pairs])
    left, right = _there(left, right), _there(right, left)
    try:
        with precisely():
            numbers = [constant(side) and not _named(side, bench) for side in (left, right)]
            if not any(numbers) and not _stated(left, right, bench):
                return _symbolic(left, right, approximate, bench, open_digits or {})
            return _numeric(left, right, approximate, bench, open_digits or {})
    except Unread as part:
        return Verdict("undecided", str(part))
    except TooLong as wide:
        return Verdict("undecided", str(wide))
    except Mismatch as clash:
        return Verdict("mismatched", str(clash))
    except (DomainError, ZeroDivisionError, OverflowError, ValueError) as missing:
        return Verdict("undecided", f"it has no value: {missing}")


def _there(side: s.Tree, other: s.Tree) -> s.Tree:
    """Return a formula at the place where the other side is looked at: `∂f/∂z|_{x = 1} = q` is about q there."""
    if not isinstance(other, s.EvalAt) or isinstance(side, s.EvalAt) or constant(side):
        return side
    return s.EvalAt(side.at, side, other.points) if all(constant(x) for _, x in other.points) else side


def _joined(found: list[Verdict]) -> Verdict:
    """Return the verdict on two lists: they are right where all pairs are, and wrong where one is."""
    for kind in ("wrong", "mismatched", "undecided"):
        for at, one in enumerate(found, 1):
            if one.kind == kind:
                return Verdict(kind, f"entry {at}" + (f": {one.because}" if one.because else ""))
    return found[0]


def _named(tree: s.Tree, bench: Bench) -> bool:
    """Return whether a name that mostly is a constant, such as e, is one of the network here."""
    return any(isinstance(node, s.Name) and bench.subject.plain(node.id) for node in walk(tree))


def _stated(left: s.Tree, right: s.Tree, bench: Bench) -> bool:
    """Return whether both sides are leaves: `w_1 = w_2` is no law but says that their values are the same."""
    if not (isinstance(left, s.Name) and isinstance(right, s.Name)) or bench.meant is None:
        return False
    nodes = [bench.subject.plain(side.id) for side in (left, right)]
    return None not in nodes and nodes[0] != nodes[1] and all(n in bench.meant.leaves for n in nodes)


def _symbolic(
    left: s.Tree, right: s.Tree, approximate: bool, bench: Bench, open_digits: Mapping[str, Fraction]
) -> Verdict:
    """Compare two sides with names at the points of the network, derivatives of lines read in either way."""
    verdict = Verdict("undecided", "it has a value at too few points")
    for total in (False, True):
        verdict = _at_points(left, right, bench, total)
        if verdict.kind in ("correct", "undecided"):
            break
    if verdict.kind == "wrong" and (decimal(left) or decimal(right) or approximate) and bench.subject.own is not None:
        numeric = _numeric(left, right, approximate, bench, open_digits)
        if numeric.kind == "correct" and not (decimal(left) or decimal(right)):
            return Verdict("undecided", "it holds at the numbers of the exercise, but not for others")
        return numeric if numeric.kind == "correct" else verdict
    return verdict


def _at_points(left: s.Tree, right: s.Tree, bench: Bench, total: bool) -> Verdict:
    count = 0
    for point in bench.points:
        world = bench.world(point, total)
        try:
            sides = [Valuation(world), Valuation(world)]
            a, b = (v.value(tree) for v, tree in zip(sides, (left, right), strict=True))
        except (DomainError, ZeroDivisionError, OverflowError):
            continue
        if not close(a, b, max(v.largest for v in sides), DIGITS - 6):
            return Verdict("wrong", truth=a, witness=_witness(point, bench, a, b, (left, right)))
        count += _certain(a, b, sides)
    return Verdict("correct") if count >= _LEAST else Verdict("undecided", "it has a value at too few points")


def _certain(a: Quantity, b: Quantity, sides: list[Valuation]) -> bool:
    """Return whether two values that agree do so for sure: all numbers on the way have digits within those computed."""
    exact = isinstance(a, Fraction) and isinstance(b, Fraction)
    return exact or max(v.largest for v in sides) - min(v.least for v in sides) < _APART


def _witness(point: Point, bench: Bench, a: Quantity, b: Quantity, sides: tuple[s.Tree, ...]) -> dict[str, Any]:
    ids = dict.fromkeys(n.id for tree in sides for n in walk(tree) if isinstance(n, s.Name))
    world = bench.world(point)
    at = {id: world.name(id) for id in ids if bench.knows(id)}
    return {"at": at, "left": a, "right": b}


def _numeric(
    left: s.Tree, right: s.Tree, approximate: bool, bench: Bench, open_digits: Mapping[str, Fraction]
) -> Verdict:
    """Compare two sides at the numbers of the exercise; each may stand for all that its digits leave open."""
    point = bench.meant
    if point is None and not (constant(left) and constant(right)):
        return Verdict("undecided", "the exercise has no numbers")
    world = bench.world(point) if point is not None else bench.world(bench.subject.points[0])
    sides = (Valuation(world), Valuation(world))
    a, b = sides[0].value(left), sides[1].value(right)
    off = slack(
        (left, right),
        lambda *moved: _both((left, right), world, moved),
        _Open(bench, left, right, open_digits, _fresh(left, right) if approximate else frozenset()).by,
    )
    noise = real(Fraction(1, 10 ** (DIGITS - 6))) * 2 ** max(v.largest for v in sides)
    if within(a, b, right, approximate, off, noise):
        return _sure(a, b, right, approximate, noise, sides)
    if within(b, a, left, approximate, off, noise):
        if _finer(left, right):
            return Verdict("undecided", "the right side has digits that the left one does not show")
        return _sure(a, b, left, approximate, noise, sides)
    return Verdict("wrong", truth=a, witness={"at": {}, "left": a, "right": b})


def _both(
    sides: tuple[s.Tree, s.Tree], world: NetworkWorld, moved: tuple[Mapping[s.Range, Scalar], ...]
) -> tuple[Quantity, Quantity]:
    a, b = (Valuation(world, numbers=numbers).value(tree) for tree, numbers in zip(sides, moved, strict=True))
    return a, b


def _sure(
    a: Quantity, b: Quantity, written: s.Tree, approximate: bool, noise: Scalar, sides: tuple[Valuation, ...]
) -> Verdict:
    """Return "correct" unless the numbers on the way are so far apart that their digits say nothing."""
    number = literal(written)
    step = shown(number, approximate) if number is not None else Fraction(0)
    if noise < real(step) / 1000 or _certain(a, b, list(sides)):
        return Verdict("correct")
    return Verdict("undecided", "the numbers on the way are too far apart")


def _finer(left: s.Tree, right: s.Tree) -> bool:
    """Return whether a number is followed by one with more digits."""
    a, b = literal(left), literal(right)
    return a is not None and b is not None and unit(b.text) < unit(a.text)


def _fresh(left: s.Tree, right: s.Tree) -> frozenset[str]:
    """Return the decimals that only the right side has, with three digits at least: behind ≈ they have been rounded."""
    before = {n.text for n in walk(left) if isinstance(n, s.Num)}
    new = [n.text for n in walk(right) if isinstance(n, s.Num) and n.text not in before and "." in n.text]
    return frozenset(text for text in new if unit(text) * 100 <= Fraction(text))


class _Open:
    """By how much the numbers of a claim may be off: as roundings of quantities, or of parts of the other side."""

    def __init__(
        self, bench: Bench, left: s.Tree, right: s.Tree, said: Mapping[str, Fraction], fresh: frozenset[str]
    ) -> None:
        self.bench, self.sides, self.said, self.fresh = bench, (left, right), said, fresh
        self.quantities = _quantities(bench)
        self.exact = {abs(x) for x in self.quantities if isinstance(x, Fraction)}
        self.parts: dict[int, list[Scalar]] = {}

    def by(self, n: s.Num) -> Fraction:
        if n.text in self.said or Fraction(n.text) in self.exact:
            return self.said.get(n.text, Fraction(0))
        found = uncertain(n, self.quantities) or (unit(n.text) / 2 if n.text in self.fresh else Fraction(0))
        if found or "." not in n.text or digits(n.text) < 2:
            return found
        told = self.bench.told.get(n.text)
        if told is not None:  # an equation of numbers is about them as they stand
            return min(told, unit(n.text) / 2) if all(constant(side) for side in self.sides) else told
        return uncertain(n, self._beside(n))

    def _beside(self, n: s.Num) -> list[Scalar]:
        """Return the intermediate results of the side that a number does not stand in."""
        other = 0 if any(n is part for part in walk(self.sides[1])) else 1
        if other not in self.parts:
            point, subject = self.bench.meant, self.bench.subject
            world = self.bench.world(point if point is not None else subject.points[0])
            found = [*intermediate(self.sides[other], subject, world.point, world)]
            self.parts[other] = [*found, *(slopes(subject, point) if point is not None else [])]
        return self.parts[other]


def _quantities(bench: Bench) -> list[Scalar]:
    """Return every number of the exercise, which may stand rounded on paper."""
    found: list[Scalar] = []
    for point in (bench.subject.own, bench.subject.after_update):
        if point is not None:
            rate = [point.rate] if point.rate is not None else []
            found += [*point.values.values(), *point.adjoints.values(), *point.updated.values(), *rate]
    return found
