"""One relation, held against a network: symbols at random points, numbers at the numbers of the exercise.

A side with names on both sides must hold for all values; where a side is numbers, the digits shown are what is claimed.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from derive.check.agree import APART, close
from derive.check.bench import Bench, Verdict, constant, decimal, settled, unknown_function
from derive.check.open_digits import OpenDigits
from derive.check.quantities import Mismatch, Quantity, Scalar
from derive.check.rounding import claims, literal, shown, slack, unit, within
from derive.check.subject import Point
from derive.check.value import Valuation
from derive.check.work import TooLong, Unread
from derive.check.world import NetworkWorld
from derive.language import surface as s
from derive.language.walk import walk
from derive.numeric import DIGITS, precisely
from derive.ops import DomainError
from derive.ops.primitive import real

_LEAST = 3


def judge(
    left: s.Tree, right: s.Tree, approximate: bool, bench: Bench, open_digits: Mapping[str, Fraction] | None = None
) -> Verdict:
    """Return the verdict on left = right (or ≈); never "correct" where something was not understood.

    open_digits: numbers, by their digits, that are uncertain by so much beside those that the exercise makes so.
    """
    left, right = _there(left, right), _there(right, left)
    try:
        with precisely():
            if bench.subject.of_matrices:
                return _of_matrices(left, right, approximate, bench, open_digits or {})
            numbers = [constant(side) and not _named(side, bench) for side in (left, right)]
            if any(numbers) or _stated(left, right, bench):
                found = _numeric(left, right, approximate, bench, open_digits or {})
            else:
                found = _symbolic(left, right, approximate, bench, open_digits or {})
            unknown = unknown_function(left, right, bench) if found.kind == "wrong" else ""
            return Verdict("undecided", f"{unknown} may be any function") if unknown else found
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


def _named(tree: s.Tree, bench: Bench) -> bool:
    """Return whether a name that mostly is a constant, such as e, is one of the network here."""
    return any(isinstance(node, s.Name) and bench.subject.plain(node.id) for node in walk(tree))


def _stated(left: s.Tree, right: s.Tree, bench: Bench) -> bool:
    """Return whether both sides are leaves: `w_1 = w_2` is no law but says that their values are the same."""
    if not (isinstance(left, s.Name) and isinstance(right, s.Name)) or bench.meant is None:
        return False
    nodes = [bench.subject.plain(side.id) for side in (left, right)]
    return None not in nodes and nodes[0] != nodes[1] and all(n in bench.meant.leaves for n in nodes)


def _of_matrices(
    left: s.Tree, right: s.Tree, approximate: bool, bench: Bench, open_digits: Mapping[str, Fraction]
) -> Verdict:
    """Return the verdict on an equation of matrices; shapes that stand below names must be theirs."""
    from derive.check.matrices.below import stripped
    from derive.check.matrices.shapes import misfit
    from derive.check.matrices.sized import sizings

    clash = misfit((left, right), bench)
    if clash is not None:
        return clash
    left, right = stripped(left), stripped(right)
    found: Verdict | None = None
    for sides in sizings(left, right, bench):
        one = _sized(*sides, approximate, bench, open_digits)
        if one.kind == "correct" or found is None or found.kind == "mismatched":
            found = one
        if found.kind == "correct":
            break
    return found or Verdict("undecided", "the sizes are not known")


def _sized(
    left: s.Tree, right: s.Tree, approximate: bool, bench: Bench, open_digits: Mapping[str, Fraction]
) -> Verdict:
    from derive.check.matrices.explicit import written_out

    explicit = written_out(left, right, bench)
    if explicit is not None:
        return explicit
    found = _compared(left, right, approximate, bench, open_digits)
    if found.kind == "mismatched" and isinstance(right, s.Seq) and right.kind == "tuple":
        row = s.Matrix(right.at, (right.items,))  # (1, 2) may be a row that is written so
        turned = _compared(left, row, approximate, bench, open_digits)
        return turned if turned.kind != "mismatched" else found
    return found


def _compared(
    left: s.Tree, right: s.Tree, approximate: bool, bench: Bench, open_digits: Mapping[str, Fraction]
) -> Verdict:
    from derive.check.matrices.judge import has_indices, symbolic

    numbers = constant(left) or constant(right) or _stated(left, right, bench)
    if numbers and not has_indices(left, right, bench):
        try:
            return _numeric(left, right, approximate, bench, open_digits)
        except Mismatch as clash:
            return Verdict("mismatched", str(clash))
    verdict = _at_own(left, right, symbolic(left, right, bench), approximate, bench, open_digits)
    unknown = unknown_function(left, right, bench) if verdict.kind == "wrong" else ""
    return Verdict("undecided", f"{unknown} may be any function") if unknown else verdict


def _symbolic(
    left: s.Tree, right: s.Tree, approximate: bool, bench: Bench, open_digits: Mapping[str, Fraction]
) -> Verdict:
    """Compare two sides with names at the points of the network, derivatives of lines read in either way."""
    verdict = Verdict("undecided", "it has a value at too few points")
    for total in (False, True):
        verdict = _at_points(left, right, bench, total)
        if verdict.kind in ("correct", "undecided"):
            break
    return _at_own(left, right, verdict, approximate, bench, open_digits)


def _at_own(
    left: s.Tree,
    right: s.Tree,
    verdict: Verdict,
    approximate: bool,
    bench: Bench,
    open_digits: Mapping[str, Fraction],
) -> Verdict:
    """Return a verdict, or where numbers have been put in that at the numbers of the exercise."""
    wrong = verdict.kind in ("wrong", "mismatched")
    if wrong and (decimal(left) or decimal(right) or approximate) and bench.subject.own is not None:
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
            sides = [world.valuation(), world.valuation()]
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
    return exact or max(v.largest for v in sides) - min(v.least for v in sides) < APART


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
    if point is None and not (settled(left, bench) and settled(right, bench)):
        return Verdict("undecided", "the exercise has no numbers")
    world = bench.world(point) if point is not None else bench.world(bench.subject.points[0])
    sides = (world.valuation(), world.valuation())
    a, b = sides[0].value(left), sides[1].value(right)
    if point is None and (a, b) != _elsewhere(left, right, bench):
        return Verdict("undecided", "the exercise has no numbers")

    def slack_of(by: OpenDigits) -> Quantity:
        return slack((left, right), lambda *moved: _both((left, right), world, moved), by.by)

    open_by = OpenDigits(bench, left, right, open_digits, approximate)
    off = slack_of(open_by)
    noise = real(Fraction(1, 10 ** (DIGITS - 6))) * 2 ** max(v.largest for v in sides)
    if within(a, b, right, approximate, off, noise):
        return _sure(a, b, right, approximate, noise, sides)
    if within(b, a, left, approximate, off, noise):
        if _finer(left, right):
            return Verdict("undecided", "the right side has digits that the left one does not show")
        return _sure(a, b, left, approximate, noise, sides)
    if decimal(left) or decimal(right):
        off = slack_of(open_by.carried())
        if within(a, b, right, approximate, off, noise) or within(b, a, left, approximate, off, noise):
            return Verdict("undecided", "it is right if the last digit of a number in it is one too many")
    return Verdict("wrong", truth=a, witness={"at": {}, "left": a, "right": b})


def _elsewhere(left: s.Tree, right: s.Tree, bench: Bench) -> tuple[Quantity, Quantity]:
    """Return two sides without names at another point: f(2) may read more than its argument."""
    world = bench.world(bench.subject.points[-1])
    return world.valuation().value(left), world.valuation().value(right)


def _both(
    sides: tuple[s.Tree, s.Tree], world: NetworkWorld, moved: tuple[Mapping[s.Range, Scalar], ...]
) -> tuple[Quantity, Quantity]:
    a, b = (world.valuation(numbers).value(tree) for tree, numbers in zip(sides, moved, strict=True))
    return a, b


def _sure(
    a: Quantity, b: Quantity, written: s.Tree, approximate: bool, noise: Scalar, sides: tuple[Valuation, ...]
) -> Verdict:
    """Return "correct" unless the numbers on the way are so far apart that their digits say nothing."""
    steps = [shown(number, approximate) for number in claims(written)]
    if (steps and noise < real(min(steps)) / 1000) or _certain(a, b, list(sides)):
        return Verdict("correct")
    return Verdict("undecided", "the numbers on the way are too far apart")


def _finer(left: s.Tree, right: s.Tree) -> bool:
    """Return whether a number is followed by one with more digits."""
    a, b = literal(left), literal(right)
    return a is not None and b is not None and unit(b.text) < unit(a.text)
