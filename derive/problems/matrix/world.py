"""What the names of a matrix network mean at one point."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from derive.check import quantities as q
from derive.check.calls import primitive_function
from derive.check.free import arbitrary
from derive.check.functions import FUNCTIONS
from derive.check.quantities import Grid, Quantity
from derive.check.value import Valuation
from derive.language import surface as s
from derive.matrices.constants import constant
from derive.ops import PRIMITIVES, DomainError
from derive.ops.primitive import real

if TYPE_CHECKING:
    from derive.problems.matrix.network import MatrixLine, MatrixNetwork

_WORK = 3_000_000
ANY = "any"


@dataclass
class World:
    """Values of leaves and lines by id, and of adjoints by plain name; sizes of the dimensions."""

    network: MatrixNetwork
    sizes: Mapping[str, int]
    values: dict[str, Quantity] = field(default_factory=dict)
    adjoints: dict[str, Quantity] = field(default_factory=dict)
    rows: bool = False  # whether adjoints are meant in numerator layout

    @property
    def log(self) -> str:
        return self.network.notation.log

    @property
    def at_zero(self) -> Fraction:
        return self.network.notation.relu_at_0

    def known(self, id: str) -> bool:
        return self.network.also.get(id, id) in self.network.plain

    def name(self, id: str) -> Quantity | None:
        id = self.network.also.get(id, id)
        if id in self.values:
            return self.values[id]
        if id in self.sizes:
            return Fraction(self.sizes[id])
        if id in self.network.names:  # its plain name
            return self.values.get(self.network.names[id].id)
        return constant(id, self.sizes) or self._capital(id)

    def _capital(self, id: str) -> Quantity | None:
        """Return the matrix Y for the y of y_ij."""
        head, bar, last = id.rpartition("_")
        return self.values.get(f"{head}{bar}{last[:1].upper()}{last[1:]}") if last[:1].islower() else None

    def function(self, id: str, primes: int, stands: bool = True) -> Callable[..., Quantity] | None:
        op = self.network.functions.get(id)
        if op == ANY:
            inner = arbitrary(f"open {id}", primes)
            return lambda x: q.mapped(x, inner)
        if op == "id" and not primes:
            return lambda x: x
        if op is not None:
            return _mapped(primitive_function(op, primes, self.at_zero))
        if id == "softmax" and not primes:
            return self._softmax
        if primes == 1 and (name := _primitive(id)):
            return _mapped(primitive_function(name, 1, self.at_zero))
        return None

    def _softmax(self, x: Quantity) -> Quantity:
        if isinstance(x, Grid) and 1 not in x.shape:
            return q.softmax(x, "rows" if self.network.samples != "columns" else "columns")
        return q.softmax(x)

    def quotient(self, tree: s.Partial) -> Quantity | None:
        """Return ∂loss/∂name where it is known."""
        if len(tree.wrt) != 1 or not isinstance(tree.wrt[0], s.Name):
            return None
        id = tree.wrt[0].id
        name = self.network.plain.get(self.network.also.get(id, id))
        found = self.adjoints.get(name) if name else None
        return q.transposed(found) if self.rows and found is not None else found

    def value(self, tree: s.Tree) -> Quantity:
        return Valuation(self, spread=True, broadcast=True, most=_WORK).value(tree)


def _primitive(id: str) -> str:
    from derive.ops import SPELLINGS

    name = SPELLINGS.get(id, "")
    return name if name and PRIMITIVES[name].arity == 1 else ""


def _mapped(function: Callable[..., Quantity]) -> Callable[..., Quantity]:
    return lambda x: q.mapped(x, function)


def forward(world: World, until: str = "") -> None:
    """Compute the lines of the network in the world of its leaves, those that have no value yet."""
    for line in world.network.lines:
        id = world.network.names[line.name].id
        if id not in world.values:
            world.values[id] = world.value(line.tree) if line.body is not None else abstract(line, world)


def abstract(line: MatrixLine, world: World) -> Quantity:
    """Return the value of a stand-in for a loss f(Y): Σ a·sin(b·y + c), with numbers chosen by the place of y."""
    return sum((_term(cell, k, 0) for k, cell in enumerate(_cells(world, line))), Fraction(0))


def abstract_slope(line: MatrixLine, world: World) -> Quantity:
    """Return the derivative of that stand-in by Y."""
    y = world.values[world.network.names[line.of].id]
    cells = iter([_term(cell, k, 1) for k, cell in enumerate(_cells(world, line))])
    return q.mapped(y, lambda _: next(cells))


def _cells(world: World, line: MatrixLine) -> list[Any]:
    y = world.values[world.network.names[line.of].id]
    return y.cells if isinstance(y, Grid) else [y]


def _term(y: Any, place: int, primes: int) -> Any:
    from mpmath import mp

    rng = random.Random(place)
    a, b, c = (Fraction(rng.randint(3, 20), 10) for _ in range(3))
    if isinstance(y, Grid):
        raise DomainError("a matrix in a matrix")
    inner = real(b) * real(y) + real(c)
    return real(a * b) * mp.cos(inner) if primes else real(a) * mp.sin(inner)


__all__ = ["FUNCTIONS", "World", "abstract", "abstract_slope", "forward"]
