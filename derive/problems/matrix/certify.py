"""Every printed derivative of a matrix network against differences of its lines; terms and rules take no part.

The formulas are read again from their LaTeX, the lines are evaluated as they were written. Each derivative is compared
at its real inputs: if moving a name v changes the lines that read it by Δc, then Σ ⟨∂L/∂c, Δc⟩ is ⟨∂L/∂v, Δv⟩; from the
loss back, where ∂L/∂L is 1, this says that all of them are right (the chain rule). Where the ∂L/∂c have vanished, which
says nothing, any numbers take their place. Then the loss itself is followed, with single names moved and with all
leaves at once. All this takes time in proportion to the number of lines.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
from derive.matrices.points import several
from derive.numeric import precisely
from derive.ops import DomainError
from derive.ops.primitive import real
from derive.problems.matrix.assume import summing
from derive.problems.matrix.entry_forms import entry_forms, entry_tree
from derive.problems.matrix.numbers import adjoint, backward, parsed
from derive.problems.matrix.world import World, abstract, forward

if TYPE_CHECKING:
    from derive.problems.matrix.network import MatrixLine, MatrixNetwork

_POINTS, _TRIES = 4, 40
_MOST_LINES = 20  # lines evaluated at a point to follow single names to the loss
_TINY, _VAST = Fraction(1, 10**10), 10**6
_STEP = Fraction(1, 10**20)  # below 1 - σ(z) where σ is saturated, with digits left of 50
_LOST = Fraction(1, 10**28)  # what differences with such a step leave over, beside the values they come from


def certify(network: MatrixNetwork) -> Certificate:
    """Return the certificate; raises a Fault that names the first derivative that is wrong."""
    if not network.loss:  # nothing is derived
        return Certificate(0, 0.0)
    errors = _at_points(network, _Point.error)
    return Certificate(len(errors), max(errors))


def certify_entries(network: MatrixNetwork, name: str, texts: Sequence[str], place: Place) -> None:
    """Raise a Fault where one of several formulas for the entries of a derivative is wrong."""
    _at_points(network, lambda point: point.entries(name, texts, place))


def _at_points(network: MatrixNetwork, error: Callable[[_Point], float]) -> list[float]:
    """Return errors at several points where there are values; raises a Fault where there are not enough of them."""
    errors: list[float] = []
    reason = ""
    with precisely():
        for number in range(_TRIES):
            if len(errors) == _POINTS:
                break
            try:
                errors.append(error(_Point(network, number)))
            except (DomainError, ZeroDivisionError, OverflowError) as outside:
                reason = str(outside)
            except ArithmeticError as wrong:
                raise Fault(f"`{network.name}` could not be certified: {wrong}", network.entry.span) from None
    if len(errors) < _POINTS:
        raise Fault(f"`{network.name}` has no value at the points tried", network.entry.span, reason=reason)
    return errors


@dataclass(frozen=True, slots=True)
class _Slope:
    """A derivative along a direction by differences; noise: what these may leave over."""

    slope: Any
    noise: Any


class _Point:
    """One point at which the derivatives of a network are compared."""

    def __init__(self, network: MatrixNetwork, number: int) -> None:
        self.network, self.rng = network, random.Random(f"{network.name} {number}")
        self.world = World(network, _sizes(network, self.rng, number))
        for n in network.names.values():
            if n.role is not Role.LINE:
                drawn = _drawn(n.symbol.shape, self.world, self.rng, number)
                self.world.values[n.id] = summing(drawn, network.sums[n.name]) if n.name in network.sums else drawn
        forward(self.world)
        self._within(number)
        self.directions = {
            n.name: q.mapped(self.world.values[n.id], lambda x: _number(self.rng) * _room(x))
            for n in network.names.values()
            if n.name != network.loss
        }

    def error(self) -> float:
        """Return the largest relative error; raises a Fault at the first derivative that is wrong."""
        worst = 0.0
        for name in self.network.adjoints:
            self.world.adjoints[name] = adjoint(self.world, name)
            if name != self.network.loss:
                local = self._local(name, self.world)
                worst = max(worst, self._compared(name, local, self.world), self._forms(name, local.noise))
                if abs(local.slope) <= local.noise and not self.network.adjoints[name].given:
                    worst = max(worst, self._with_any(name))
        for name in self._followed():
            worst = max(worst, self._compared(name, self._slope([name]), self.world))
        return max(worst, self._whole())

    def _within(self, number: int) -> None:
        """Raise DomainError for values that saturate what follows, unless milder points have them, too."""
        if number < _TRIES // 2 and any(abs(x) > _VAST for v in self.world.values.values() for x in _flat(v)):
            raise DomainError(f"values beyond {_VAST}")

    def _value(self, name: str) -> Quantity:
        return self.world.values[self.network.names[name].id]

    def _with_any(self, name: str) -> float:
        """Return the error of a derivative where those by the lines that read the name are any numbers."""
        drawn = {x.name: q.mapped(self._value(x.name), lambda _: _number(self.rng)) for x in self.network.readers[name]}
        drawn |= {self.network.loss: Fraction(1)} if self.network.loss in drawn else {}
        world = World(self.network, self.world.sizes, self.world.values, {**self.world.adjoints, **drawn})
        world.adjoints[name] = adjoint(world, name)
        return self._compared(name, self._local(name, world), world)

    def _local(self, name: str, world: World) -> _Slope:
        """Return Σ ⟨∂L/∂c, Δc⟩ over the lines c that read a name."""
        slope = noise = real(Fraction(0))
        for line in self.network.readers[name]:
            ends = [_flat(_line_value(line, self._moved([name], sign))) for sign in (1, -1)]
            gradient = _flat(world.adjoints[line.name])
            slope += sum(g * (x - y) for g, x, y in zip(gradient, *ends, strict=True)) / real(2 * _STEP)
            noise += sum(abs(g) * (abs(x) + 1) for g, x in zip(gradient, ends[0], strict=True))
        return _Slope(slope, noise * real(_LOST))

    def _moved(self, names: list[str], sign: int) -> World:
        """Return the world with some names moved along their directions, all else as it was."""
        values, step = dict(self.world.values), real(sign * _STEP)
        for name in names:
            id = self.network.names[name].id
            values[id] = q.plus(values[id], q.mapped(self.directions[name], lambda x: step * x))
        return World(self.network, self.world.sizes, values)

    def _slope(self, names: list[str]) -> _Slope:
        """Return the derivative of the loss where some names are moved and all that is behind them follows."""
        ends = []
        for sign in (1, -1):
            moved = self._moved(names, sign)
            for line in self._behind(names):
                del moved.values[self.network.names[line.name].id]
            forward(moved)
            ends.append(real(moved.values[self.network.names[self.network.loss].id]))
        return _Slope((ends[0] - ends[1]) / real(2 * _STEP), (abs(ends[0]) + 1) * real(_LOST))

    def _behind(self, names: list[str]) -> list[MatrixLine]:
        """Return the lines that follow from some names, in their order."""
        met, stack = set(names), list(names)
        while stack:
            found = {line.name for line in self.network.readers[stack.pop()]} - met
            met |= found
            stack += found
        return [line for line in self.network.lines if line.name in met and line.name not in names]

    def _followed(self) -> list[str]:
        """Return names that are followed to the loss one by one, of a deep network some that are drawn."""
        names = list(self.directions)
        self.rng.shuffle(names)
        cost, found = 0, []
        for name in names:
            cost += len(self._behind([name])) + 1
            found.append(name)
            if cost > _MOST_LINES:
                break
        return found

    def _whole(self) -> float:
        """Return the error of the derivatives by all leaves together."""
        leaves = [n.name for n in self.network.names.values() if n.role is not Role.LINE]
        followed = self._slope(leaves)
        total = sum((self._along(name, self.world) for name in leaves), real(Fraction(0)))
        return self._checked(abs(total - followed.slope), max(abs(total), abs(followed.slope)), followed.noise, "")

    def _along(self, name: str, world: World) -> Any:
        pairs = zip(_flat(world.adjoints[name]), _flat(self.directions[name]), strict=True)
        return sum((x * y for x, y in pairs), real(Fraction(0)))

    def _compared(self, name: str, numeric: _Slope, world: World, text: str = "") -> float:
        """Return the error of an adjoint along the direction of its name."""
        if q.shape_of(world.adjoints[name]) != q.shape_of(self._value(name)):
            raise self._fault(name, text)
        total = self._along(name, world)
        return self._checked(abs(total - numeric.slope), max(abs(total), abs(numeric.slope)), numeric.noise, name, text)

    def entries(self, name: str, texts: Sequence[str], place: Place) -> float:
        """Return the largest error of formulas for the entries of a derivative; raises a Fault at a wrong one."""
        backward(self.world)
        numeric, worst = self._slope([name]), 0.0
        for text in texts:
            found = {**self.world.adjoints, name: self._by_entries(name, text, place)}
            there = World(self.network, self.world.sizes, self.world.values, found)
            worst = max(worst, self._compared(name, numeric, there, text))
        return worst

    def _by_entries(self, name: str, text: str, place: Place) -> Quantity:
        tree = entry_tree(self.network, parsed(self.network, text))
        return self.world.entries(tree, place, self.network.names[name].symbol.shape)

    def _forms(self, name: str, noise: Any) -> float:
        """Return how far the other forms of a derivative are from the one in the adjoints of later lines."""
        first, worst = self.world.adjoints[name], 0.0
        for text, found in self._others(name):
            if q.shape_of(found) != q.shape_of(first):
                raise self._fault(name, text)
            pairs = list(zip(_flat(found), _flat(first), strict=True))
            off, size = max(abs(x - y) for x, y in pairs), max(max(abs(x), abs(y)) for x, y in pairs)
            worst = max(worst, self._checked(off, size, noise, name, text))
        return worst

    def _others(self, name: str) -> Iterator[tuple[str, Quantity]]:
        """Yield the other formulas that may be printed for a derivative, with their values in the variable's layout."""
        for form in self.network.printed[name][1:]:
            self.world.rows = form.rows
            found = self.world.value(form.tree)
            self.world.rows = False
            yield form.text, q.transposed(found) if form.rows else found
        if self.network.indices.free:
            made = entry_forms(self.network, name)
            yield from ((text, self._by_entries(name, text, made.place)) for text in made.texts)

    def _checked(self, off: Any, size: Any, noise: Any, name: str, text: str = "") -> float:
        """Return the relative error, 0 below the noise of the differences; raises a Fault where it is too large."""
        if not off <= max(noise, size * BOUND):
            raise self._fault(name, text)
        return float(off / size) if size * BOUND > noise else 0.0

    def _fault(self, name: str, text: str) -> Fault:
        if not name:
            title = f"the derivatives of `{self.network.name}` could not be certified together"
            return Fault(title, self.network.entry.span)
        title = f"the derivative by {self.network.names[name].spelled} could not be certified"
        text = text or self.network.printed[name][0].text
        return Fault(title, self.network.entry.span, reason=f"{text} differs from the numeric derivative")


def _line_value(line: MatrixLine, world: World) -> Quantity:
    return abstract(line, world) if line.body is None else world.value(line.tree)


def _flat(x: Quantity) -> list[Any]:
    return list(map(real, x.cells)) if isinstance(x, Grid) else [real(x)]


def _sizes(network: MatrixNetwork, rng: random.Random, number: int) -> dict[str, int]:
    """Return sizes for the names in dimensions, all different; they differ from point to point."""
    names = sorted(network.dims)
    more = list(range(max(len(names), 3)))
    rng.shuffle(more)
    for least in range(2, 2 + _TRIES):
        found, smallest = (
            {name: size + k for name, k in zip(names, more, strict=False)} for size in (least + number % 2, least)
        )
        if several(network.dimensions, found) and several(network.dimensions, smallest):
            break
    return found


def _number(rng: random.Random) -> Any:
    return real(Fraction(rng.choice((-1, 1)) * rng.randint(1, 999), 500))


def _room(x: Any) -> Any:
    """Return how far a value may be moved: a probability that is almost 0 has to stay above it."""
    size = abs(real(x))
    return size if 0 < size < real(_TINY) else real(Fraction(1))


def _drawn(shape: Any, world: World, rng: random.Random, number: int) -> Quantity:
    rows, columns = (d.value(world.sizes) for d in shape)
    positive = number % 4 == 3  # where logarithms of a leaf have a value
    many = max(1, isqrt(max(rows, columns)) // 2)
    small = real(Fraction(1, many * 2 ** min(number // 4, 5)))  # or sums of many saturate what follows
    drawn = [[small * _number(rng) for _ in range(columns)] for _ in range(rows)]
    cells = [[abs(x) if positive else x for x in row] for row in drawn]
    return q.grid(cells)
