"""What the names of a matrix network mean at one point."""

from __future__ import annotations

import random
import re
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
from derive.matrices.dims import SCALAR, Shape
from derive.matrices.indexed import capital
from derive.ops import PRIMITIVES, DomainError
from derive.ops.primitive import real

if TYPE_CHECKING:
    from derive.problems.matrix.network import MatrixLine, MatrixNetwork

_WORK = 3_000_000
ANY = "any"
KRONECKER = "delta"
_DELTA = re.compile(rf"{KRONECKER}_(\d+),(\d+)")


@dataclass
class World:
    """Values of leaves and lines by id, and of adjoints by plain name; sizes of the dimensions."""

    network: MatrixNetwork
    sizes: Mapping[str, int]
    values: dict[str, Quantity] = field(default_factory=dict)
    adjoints: dict[str, Quantity] = field(default_factory=dict)
    rows: bool = False  # whether adjoints are meant in numerator layout
    bound: dict[str, int] = field(default_factory=dict)  # values of the indices in what is being computed
    slopes: dict[tuple[str, str, int], Quantity] = field(default_factory=dict)  # of lines, by what was moved

    @property
    def log(self) -> str:
        return self.network.notation.log

    @property
    def at_zero(self) -> Fraction:
        return self.network.notation.relu_at_0

    def known(self, id: str) -> bool:
        id = self.network.also.get(id, id)
        return id in self.network.plain or any(made.id == id for made in self.network.named.values())

    def name(self, id: str) -> Quantity | None:
        id = self.network.also.get(id, id)
        if id in self.values:
            return self.values[id]
        if id in self.sizes:
            return Fraction(self.sizes[id])
        if id in self.network.names:  # its plain name
            return self.values.get(self.network.names[id].id)
        found = constant(id, self.sizes)
        found = self._capital(id) if found is None else found
        for look in (self._adjoint, self._kronecker, self._sample):
            found = look(id) if found is None else found
        return found

    def _sample(self, id: str) -> Quantity | None:
        """Return a row of a matrix of samples as a column: x_2 of X, where there is no x."""
        base, _, number = id.rpartition("_")
        plain = self.network.plain
        name = next((plain[x] for x in (base, capital(base)) if x in plain), "") if base and number.isdigit() else ""
        if not name or any(d.number == 1 for d in self.network.names[name].symbol.shape):
            return None
        whole = self.values.get(self.network.names[name].id)
        inside = isinstance(whole, Grid) and 0 < int(number) <= len(whole.rows)
        return q.grid([[x] for x in whole.rows[int(number) - 1]]) if inside else None  # type: ignore[union-attr]

    def _kronecker(self, id: str) -> Quantity | None:
        """Return δ with two numbers, where nothing else has that name."""
        at = _DELTA.fullmatch(id) if KRONECKER not in self.network.ids else None
        return Fraction(int(at[1] == at[2])) if at else None

    def _adjoint(self, id: str) -> Quantity | None:
        """Return the derivative that an author's name for one means."""
        name = next((name for name, made in self.network.named.items() if made.id == id), "")
        return self._as_meant(self.adjoints.get(name))

    def _as_meant(self, found: Quantity | None) -> Quantity | None:
        return q.transposed(found) if self.rows and found is not None else found

    def _capital(self, id: str) -> Quantity | None:
        """Return the matrix Y for the y of y_ij."""
        return self.values.get(capital(id)) if id.rpartition("_")[2][:1].islower() else None

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
        """Return ∂loss/∂name where it is known, or an entry of it; of another line than the loss its own derivative."""
        if len(tree.wrt) != 1 or not isinstance(tree.wrt[0], s.Name):
            return None
        wrt = tree.wrt[0]
        if isinstance(tree.of, s.Name) and self.network.loss not in (self._plain(tree.of), ""):
            from derive.problems.matrix.slopes import slope_of_line

            return slope_of_line(self, tree.of, wrt)
        found = self._as_meant(self.adjoints.get(self._plain(wrt)))
        if wrt.id in self.network.plain or wrt.id in self.network.also or not isinstance(found, Grid):
            return found
        return self.entry(found, wrt)

    def _plain(self, x: s.Name) -> str:
        """Return the plain name of a line or leaf, of which x is the whole or an entry; "" for any other."""
        ids = (self.network.also.get(x.id, x.id), x.base)
        return next((self.network.plain[id] for id in ids if id in self.network.plain), "")

    def entry(self, whole: Quantity, x: s.Name) -> Quantity:
        """Return the entry of a matrix at the subscripts of a name."""
        inner = World(self.network, self.sizes, {x.base: whole})
        return Valuation(inner, bound=dict(self.bound)).name(x)

    def value(self, tree: s.Tree, bound: dict[str, int] | None = None) -> Quantity:
        """Return the value of a tree; bound: values of the indices that stand free in it."""
        self.bound = bound if bound is not None else {}  # sums add their indices to it
        return Valuation(self, spread=True, broadcast=True, most=_WORK, bound=self.bound).value(tree)

    def entries(self, tree: s.Tree, place: tuple[str, ...], shape: Shape) -> Quantity:
        """Return the matrix of the values of a formula for all values of its free indices.

        place: the index of the row and that of the column, "" where there is one row or column.
        """
        rows, columns = (d.value(self.sizes) for d in shape)
        at = [[dict(zip(place, (r + 1, c + 1), strict=False)) for c in range(columns)] for r in range(rows)]
        values = [[self.value(tree, {i: k for i, k in bound.items() if i}) for bound in row] for row in at]
        return q.blocks(values) if shape != SCALAR else values[0][0]


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
            world.values[id] = of_line(line, world) if line.body is not None else abstract(line, world)


def of_line(line: MatrixLine, world: World) -> Quantity:
    """Return the value of a line with a formula, from the formula as it was written."""
    if not line.indices or line.body is None or line.entry is None:
        return world.value(line.tree)
    return world.entries(line.entry, line.indices, line.body.shape)


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
