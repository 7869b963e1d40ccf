"""Every printed derivative of a matrix network against the change of the loss when that name alone is moved.

The formulas are read again from their LaTeX and evaluated; the loss is evaluated from the lines as they were written.
Terms and rules of differentiation take no part in the comparison.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import isqrt
from typing import TYPE_CHECKING, Any

from derive.certify import Certificate
from derive.check import quantities as q
from derive.check.quantities import Grid, Quantity
from derive.errors import Fault
from derive.graph import Role
from derive.matrices.certify import BOUND
from derive.matrices.entry_terms import Place
from derive.matrices.latex import latex
from derive.matrices.orient import oriented
from derive.numeric import precisely
from derive.ops import DomainError
from derive.ops.primitive import real
from derive.problems.matrix.assume import summing
from derive.problems.matrix.entry_forms import entry_forms, entry_tree
from derive.problems.matrix.numbers import backward, parsed
from derive.problems.matrix.world import World, forward

if TYPE_CHECKING:
    from derive.problems.matrix.network import MatrixNetwork

_POINTS, _TRIES = 4, 40
_LARGEST = 4000  # entries of a matrix
_TINY = Fraction(1, 10**10)
_STEP = Fraction(1, 10**20)  # below 1 - σ(z) where σ is saturated, with digits left of 50


def certify(network: MatrixNetwork) -> Certificate:
    """Return the certificate; raises a Fault that names the first derivative that is wrong."""
    if not network.loss:  # nothing is derived
        return Certificate(0, 0.0)
    errors = _at_points(network, _error)
    return Certificate(len(errors), max(errors))


def certify_entries(network: MatrixNetwork, name: str, texts: Sequence[str], place: Place) -> None:
    """Raise a Fault where one of several formulas for the entries of a derivative is wrong."""

    def error(network: MatrixNetwork, number: int) -> float:
        world, rng = _world(network, number)
        slope = _Slope(world, name, rng)
        return max(_require(network, name, x, slope.error(_by_entries(world, name, x, place))) for x in texts)

    _at_points(network, error)


def _at_points(network: MatrixNetwork, error: Callable[[MatrixNetwork, int], float]) -> list[float]:
    """Return errors at several points where there are values; raises a Fault where there are not enough of them."""
    errors: list[float] = []
    reason = ""
    with precisely():
        for number in range(_TRIES):
            if len(errors) == _POINTS:
                break
            try:
                errors.append(error(network, number))
            except (DomainError, ZeroDivisionError, OverflowError) as outside:
                reason = str(outside)
            except ArithmeticError as wrong:
                raise Fault(f"`{network.name}` could not be certified: {wrong}", network.entry.span) from None
    if len(errors) < _POINTS:
        raise Fault(f"`{network.name}` has no value at the points tried", network.entry.span, reason=reason)
    return errors


def require_small(network: MatrixNetwork) -> None:
    """Raise a Fault where a matrix has too many entries for numbers of 50 digits."""
    sizes = dict.fromkeys(network.dims, 2)
    for n in network.names.values():
        rows, columns = (d.value(sizes) for d in n.symbol.shape)
        if rows * columns > _LARGEST:
            title = f"{n.spelled} is {rows}×{columns}, too large to certify this network at such sizes"
            expected = (
                r"letters for the sizes, as in W \in R^{m x n}; what holds for all of them is certified at small ones"
            )
            raise Fault(title, network.entry.span, expected=expected)


def _by_entries(world: World, name: str, text: str, place: Place) -> Quantity:
    network = world.network
    tree = entry_tree(network, parsed(network, text))
    return world.entries(tree, place, network.names[name].symbol.shape)


def _world(network: MatrixNetwork, number: int) -> tuple[World, random.Random]:
    """Return a random point with all values and derivatives there."""
    rng = random.Random(f"{network.name} {number}")
    world = World(network, _sizes(network, rng))
    for n in network.names.values():
        if n.role is not Role.LINE:
            drawn = _drawn(n.symbol.shape, world, rng, number)
            world.values[n.id] = summing(drawn, network.sums[n.name]) if n.name in network.sums else drawn
    forward(world)
    backward(world)
    return world, rng


def _error(network: MatrixNetwork, number: int) -> float:
    world, rng = _world(network, number)
    worst = 0.0
    for name in network.adjoints:
        if name != network.loss:
            slope = _Slope(world, name, rng)
            for text, found in _printed(world, name):
                worst = max(worst, _require(network, name, text, slope.error(found)))
    return worst


def _printed(world: World, name: str) -> Iterator[tuple[str, Quantity]]:
    """Yield every formula that may be printed for a derivative, with its value in the layout of the variable."""
    network, adjoint = world.network, world.network.adjoints[name]
    forms = [(t, False) for t in (adjoint.term, adjoint.closed, adjoint.shown) if t is not None]
    forms += [(adjoint.rows, True)] if adjoint.rows is not None else []
    for term, rows in forms:
        world.rows = rows
        text = latex(oriented(term), network.spelled)
        found = world.value(parsed(network, text))
        yield text, q.transposed(found) if rows else found
    world.rows = False
    if network.indices.free:
        entries = entry_forms(network, name)
        yield from ((text, _by_entries(world, name, text, entries.place)) for text in entries.texts)


def _require(network: MatrixNetwork, name: str, text: str, error: float) -> float:
    if not error <= BOUND:
        title = f"the derivative by {network.names[name].spelled} could not be certified"
        raise Fault(title, network.entry.span, reason=f"{text} differs from the numeric derivative")
    return error


class _Slope:
    """The derivative of the loss along a random direction of one name."""

    def __init__(self, world: World, name: str, rng: random.Random) -> None:
        self.value = world.values[world.network.names[name].id]
        self.direction = q.mapped(self.value, lambda x: _number(rng) * _room(x))
        self.slope, self.size = _slope(world, name, self.direction)

    def error(self, found: Quantity) -> float:
        """Return the relative error of a gradient against it."""
        return _compared(found, self.direction, self.slope, self.size, self.value)


def _sizes(network: MatrixNetwork, rng: random.Random) -> dict[str, int]:
    names = sorted(network.dims)
    sizes = list(range(2, 2 + max(len(names), 3)))
    rng.shuffle(sizes)
    return dict(zip(names, sizes, strict=False))


def _number(rng: random.Random) -> Any:
    return real(Fraction(rng.choice((-1, 1)) * rng.randint(1, 999), 500))


def _room(x: Any) -> Any:
    """Return how far a value may be moved: a probability that is almost 0 has to stay above it."""
    size = abs(real(x))
    return size if 0 < size < real(_TINY) else real(Fraction(1))


def _drawn(shape: Any, world: World, rng: random.Random, number: int) -> Quantity:
    rows, columns = (d.value(world.sizes) for d in shape)
    positive = number % 4 == 3  # where logarithms of a leaf have a value
    small = real(Fraction(1, max(1, isqrt(max(rows, columns)) // 2)))  # or sums of many saturate what follows
    drawn = [[small * _number(rng) for _ in range(columns)] for _ in range(rows)]
    cells = [[abs(x) if positive else x for x in row] for row in drawn]
    return q.grid(cells)


def _slope(world: World, name: str, direction: Quantity) -> tuple[Any, Any]:
    """Return the derivative of the loss along a direction of one name, everything behind it following."""
    values = []
    for sign in (1, -1):
        step = real(sign * _STEP)
        moved = World(world.network, world.sizes, dict(_before(world, name)))
        id = world.network.names[name].id
        moved.values[id] = q.plus(world.values[id], q.mapped(direction, lambda x, step=step: step * x))  # type: ignore[misc]
        forward(moved)
        values.append(real(moved.values[world.network.names[world.network.loss].id]))
    return (values[0] - values[1]) / real(2 * _STEP), abs(values[0])


def _before(world: World, name: str) -> dict[str, Quantity]:
    """Return what does not change when a name is moved: the leaves, and the lines up to it."""
    network = world.network
    lines = [line.name for line in network.lines]
    kept = lines[: lines.index(name)] if name in lines else []
    return {n.id: world.values[n.id] for n in network.names.values() if n.role is not Role.LINE or n.name in kept}


def _compared(found: Quantity, direction: Quantity, slope: Any, size: Any, like: Quantity) -> float:
    if q.shape_of(found) != q.shape_of(like):
        return float("inf")
    cells = found.cells if isinstance(found, Grid) else [found]
    moves = direction.cells if isinstance(direction, Grid) else [direction]
    total = sum((real(x) * y for x, y in zip(cells, moves, strict=True)), real(Fraction(0)))
    off = abs(total - slope)
    if off <= (size + 1) * real(Fraction(1, 10**28)):
        return 0.0
    return float(off / max(abs(total), abs(slope)))
