"""One relation between formulas of matrices, held against a network at points of different sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from derive.check.agree import close
from derive.check.bench import Bench, Verdict
from derive.check.matrices.indices import bindings, extents
from derive.check.matrices.valuation import MatrixValuation, Tensor
from derive.check.matrices.world import MatrixWorld
from derive.check.quantities import Grid, Mismatch, Quantity, shape_of, shape_text, transposed
from derive.check.subject import Point
from derive.language import surface as s
from derive.language.walk import walk
from derive.numeric import DIGITS
from derive.ops import DomainError

_LEAST, _ENTRIES = 3, 12
_APART = 120  # bits between the largest and the smallest number; 50 digits are 166


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
    count, far = 0, False
    for point in bench.points:
        try:
            sure = True
            for a, b, sides in _values(left, right, point, bench, reading):
                if shape_of(a) != shape_of(b):
                    return Verdict("mismatched", _unlike(a, b), truth=a, witness=_witness(point, a, b))
                if not close(a, b, max(v.largest for v in sides), DIGITS - 6):
                    return Verdict("wrong", truth=a, witness=_witness(point, a, b))
                sure = sure and certain(sides)
        except Tensor as part:
            return _factor(left, right, bench) or Verdict("undecided", str(part))
        except Mismatch as wrong:
            return Verdict("mismatched", str(wrong))
        except (DomainError, ZeroDivisionError, OverflowError):
            continue
        count, far = count + sure, far or not sure
    if count >= _LEAST:
        return Verdict("correct")
    return Verdict(
        "undecided", "the numbers on the way are too far apart" if far else "it has a value at too few points"
    )


def _values(
    left: s.Tree, right: s.Tree, point: Point, bench: Bench, reading: Reading
) -> Iterator[tuple[Quantity, Quantity, list[MatrixValuation]]]:
    """Yield both sides, for each value of the indices that no sum binds."""
    world = bench.world(point, reading.total)
    assert isinstance(world, MatrixWorld)
    world = replace(world, composing=reading.composing)
    for bound in free(left, right, world):
        sides = [world.valuation(), world.valuation()]
        for v in sides:
            v.bound = dict(bound)
        a, b = (v.value(tree) for v, tree in zip(sides, (left, right), strict=True))
        yield a, b, sides


def free(left: s.Tree, right: s.Tree, world: MatrixWorld) -> list[dict[str, int]]:
    """Return the values that the free indices of two sides are looked at with."""
    value = world.valuation().value
    found: dict[str, int] = {}
    for tree in (left, right):
        for letter, size in extents(tree, world.whole, value, world.point.sizes).items():
            if found.setdefault(letter, size) != size:
                raise Mismatch(f"the index {letter} goes to {found[letter]} on the left and to {size} on the right")
    return bindings(found, _ENTRIES)


def certain(sides: list[MatrixValuation]) -> bool:
    """Return whether values that agree do so for sure: all numbers on the way have digits within those computed."""
    return max(v.largest for v in sides) - min(v.least for v in sides) < _APART


def _unlike(a: Quantity, b: Quantity) -> str:
    return f"{shape_text(a)} = {shape_text(b)}"


def _witness(point: Point, a: Quantity, b: Quantity) -> dict[str, Any]:
    return {"at": dict(point.sizes), "left": a, "right": b}


def _factor(left: s.Tree, right: s.Tree, bench: Bench) -> Verdict | None:
    """Return the verdict on `∂Y/∂W = X`, where a derivative that is no matrix is said to be one.

    As a factor beside the adjoint of Y it may be what gives the gradient: that is said with =, but meant otherwise.
    """
    if isinstance(right, s.Partial) and not isinstance(left, s.Partial):
        left, right = right, left
    if not isinstance(left, s.Partial) or any(isinstance(x, s.Partial) for x in walk(right)):
        return None
    for order in _ORDERS:
        if all(_gives(left, right, point, bench, order) for point in bench.points):
            return Verdict("undecided", "as a factor it stands for the derivative, which is no matrix")
    return Verdict("mismatched", "the derivative of a matrix by a matrix is no matrix")


_ORDERS: tuple[Callable[[Quantity, Quantity], Quantity], ...] = ()


def _gives(left: s.Partial, right: s.Tree, point: Point, bench: Bench, order: Any) -> bool:
    return False


__all__ = ["Grid", "symbolic", "transposed"]
