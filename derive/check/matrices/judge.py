"""One relation between formulas of matrices, held against a network at points of different sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from derive.check.agree import APART, close
from derive.check.bench import Bench, Verdict
from derive.check.matrices.dots import has_dots
from derive.check.matrices.families import ranges
from derive.check.matrices.indices import bindings, extents
from derive.check.matrices.jacobian import Jacobian
from derive.check.matrices.letters import lettered
from derive.check.matrices.subject import MatrixSubject
from derive.check.matrices.valuation import Beyond, MatrixValuation, Tensor
from derive.check.matrices.world import MatrixWorld
from derive.check.quantities import Mismatch, Quantity, entrywise, shape_of, shape_text, times, transposed
from derive.check.subject import Point
from derive.language import surface as s
from derive.language.walk import walk
from derive.numeric import DIGITS
from derive.ops import DomainError
from derive.ops.primitive import real

_LEAST, _ENTRIES = 3, 12


@dataclass(frozen=True, slots=True)
class Reading:
    """How derivatives are read: along all paths, and side by side as the chain rule."""

    total: bool = False
    composing: bool = False


READINGS = (Reading(), Reading(composing=True), Reading(total=True), Reading(total=True, composing=True))


def symbolic(left: s.Tree, right: s.Tree, bench: Bench) -> Verdict:
    """Return the verdict on two sides with names: right if they are so in one reading, else what the first one says."""
    first: Verdict | None = None
    slopes = any(isinstance(x, s.Partial) for tree in (left, right) for x in walk(tree))
    for reading in READINGS if slopes else READINGS[:1]:
        found = _read(left, right, bench, reading)
        if found.kind == "correct":
            return found
        first = found if first is None or first.kind == "undecided" else first
    assert first is not None
    return first


def _read(left: s.Tree, right: s.Tree, bench: Bench, reading: Reading) -> Verdict:
    count, far, beyond = 0, False, ""
    for point in bench.points:
        try:
            sure = True
            for a, b, sides in _values(left, right, point, bench, reading):
                if shape_of(a) != shape_of(b):
                    return Verdict("mismatched", _unlike(a, b, point, bench), truth=a, witness=_witness(point, a, b))
                if not close(a, b, max(v.largest for v in sides), DIGITS - 6):
                    return Verdict("wrong", truth=a, witness=_witness(point, a, b))
                sure = sure and certain(sides)
        except Tensor as part:
            return _factor(left, right, bench) or Verdict("undecided", str(part))
        except Mismatch as wrong:
            return Verdict("mismatched", _lettered(str(wrong), point, bench))
        except Beyond as outside:
            beyond = beyond or (str(outside) if _always_beyond(left, right, point, bench, reading) else "")
            continue
        except (DomainError, ZeroDivisionError, OverflowError):
            continue
        count, far = count + sure, far or not sure
    if count >= _LEAST:
        return Verdict("correct")
    if beyond and not count:
        return Verdict("mismatched", beyond)
    return Verdict(
        "undecided", "the numbers on the way are too far apart" if far else "it has a value at too few points"
    )


def _values(
    left: s.Tree, right: s.Tree, point: Point, bench: Bench, reading: Reading
) -> Iterator[tuple[Quantity, Quantity, list[MatrixValuation]]]:
    """Yield both sides, for each value of the indices that no sum binds."""
    world = _world(point, bench, reading)
    for bound in free(left, right, world):
        yield _both(left, right, world, bound)


def _world(point: Point, bench: Bench, reading: Reading) -> MatrixWorld:
    world = bench.world(point, reading.total)
    assert isinstance(world, MatrixWorld)
    return replace(world, composing=reading.composing)


def _both(
    left: s.Tree, right: s.Tree, world: MatrixWorld, bound: Mapping[str, int]
) -> tuple[Quantity, Quantity, list[MatrixValuation]]:
    sides = [world.valuation(), world.valuation()]
    for v in sides:
        v.bound = dict(bound)
    a, b = (v.value(tree) for v, tree in zip(sides, (left, right), strict=True))
    return a, b, sides


def _always_beyond(left: s.Tree, right: s.Tree, point: Point, bench: Bench, reading: Reading) -> bool:
    """Return whether entries are missing for all indices: a sum that goes too far, no edge as of x_{i+1}."""
    world = _world(point, bench, reading)
    for bound in free(left, right, world):
        try:
            _both(left, right, world, bound)
        except Beyond:
            continue
        except (ArithmeticError, ValueError):
            pass
        return False
    return True


def free(left: s.Tree, right: s.Tree, world: MatrixWorld) -> list[dict[str, int]]:
    """Return the values that the free indices of two sides are looked at with."""
    value = world.valuation().value
    found: dict[str, int] = {}
    sizes = _as_sizes(left, right, world)
    for tree in (left, right):
        for letter, size in extents(tree, world.whole, value, sizes).items():
            if found.setdefault(letter, size) != size:
                raise Mismatch(f"the index {letter} goes to {found[letter]} on the left and to {size} on the right")
    values: dict[str, Sequence[int]] = {letter: range(1, size + 1) for letter, size in found.items()}
    return bindings(values | counts(left, right, world, values), _ENTRIES)


def counts(left: s.Tree, right: s.Tree, world: MatrixWorld, others: Mapping[str, object]) -> dict[str, Sequence[int]]:
    """Return the values of letters that count names, such as the t of h_t; raises DomainError where there are none."""
    found: dict[str, set[int]] = {}
    for tree in (left, right):
        for letter, values in ranges(tree, world.is_known, world.is_line, world.own).items():
            found[letter] = found[letter] & values if letter in found else values
    for letter, values in found.items():
        if not values and letter not in others:
            raise DomainError(f"there is no {letter} for which all of these names exist")
    return {letter: sorted(values) for letter, values in found.items() if letter not in others}


def has_indices(left: s.Tree, right: s.Tree, bench: Bench) -> bool:
    """Return whether two sides are about all entries of something."""
    for point in bench.points[-1:]:
        world = bench.world(point)
        assert isinstance(world, MatrixWorld)
        try:
            return free(left, right, world) != [{}]
        except (ArithmeticError, ValueError):
            return False
    return False


def _as_sizes(left: s.Tree, right: s.Tree, world: MatrixWorld) -> dict[str, int]:
    """Return the sizes whose letters mean them below a name, too: beside dots, and where they stand by themselves.

    Else `\\hat{y}_k` is any entry, also where there are k of them.
    """
    sizes = world.point.sizes
    if has_dots(left) or has_dots(right):
        return dict(sizes)
    alone = {n.id for tree in (left, right) for n in walk(tree) if isinstance(n, s.Name)}
    return {name: size for name, size in sizes.items() if name in alone}


def certain(sides: list[MatrixValuation]) -> bool:
    """Return whether values that agree do so for sure: all numbers on the way have digits within those computed."""
    return max(v.largest for v in sides) - min(v.least for v in sides) < APART


def _unlike(a: Quantity, b: Quantity, point: Point, bench: Bench) -> str:
    return _lettered(f"{shape_text(a)} = {shape_text(b)}", point, bench)


def _lettered(text: str, point: Point, bench: Bench) -> str:
    assert isinstance(bench.subject, MatrixSubject)
    return lettered(text, point.sizes, bench.subject)


def _witness(point: Point, a: Quantity, b: Quantity) -> dict[str, Any]:
    if point.given:
        return {"at": {}, "left": a, "right": b}
    sizes = {name: Fraction(size) for name, size in point.sizes.items()}
    return {"at": sizes, "left": a, "right": b}


def _factor(left: s.Tree, right: s.Tree, bench: Bench) -> Verdict | None:
    """Return the verdict on `∂Y/∂W = X`, where a derivative that is no matrix is said to be one.

    As a factor beside the adjoint of Y it may be what gives the gradient: that is said with =, but meant otherwise.
    """
    if isinstance(right, s.Partial) and not isinstance(left, s.Partial):
        left, right = right, left
    if not isinstance(left, s.Partial) or any(isinstance(x, s.Partial) for x in walk(right)):
        return None
    world = bench.world(bench.points[-1])
    assert isinstance(world, MatrixWorld)
    for order in _AS_ROW if world.numerator else _AS_COLUMN:
        if all(_gives(left, right, point, bench, order) for point in bench.points[-_LEAST:]):
            return Verdict("undecided", "as a factor it stands for the derivative, which is no matrix")
    return Verdict("mismatched", "the derivative of a matrix by a matrix is no matrix")


_Order = Callable[[Quantity, Quantity], Quantity]
# How a factor may stand beside an error that has the shape of what is differentiated, or in numerator layout is turned.
_AS_COLUMN: tuple[_Order, ...] = (times, lambda error, factor: times(factor, error), entrywise)
_AS_ROW: tuple[_Order, ...] = (
    lambda error, factor: transposed(times(factor, transposed(error))),
    lambda error, factor: transposed(times(transposed(error), factor)),
    entrywise,
)


def _gives(left: s.Partial, right: s.Tree, point: Point, bench: Bench, order: _Order) -> bool:
    """Return whether a factor, beside some error, gives what the derivative makes of that error."""
    world = bench.world(point)
    assert isinstance(world, MatrixWorld)
    v = world.valuation()
    try:
        slope, factor = world.jacobian(left, v), v.value(right)
        if slope is None:
            return False
        seed = Jacobian((tuple(real(Fraction(2 * k + 3, k + 2)) for k in range(len(slope.rows))),), (), slope.of)
        error, wanted = seed.shown(numerator=False), seed.after(slope).shown(numerator=False)
        return error is not None and wanted is not None and close(order(error, factor), wanted, v.largest, DIGITS - 15)
    except (ArithmeticError, ValueError):
        return False
