"""What a formula asks of the place where it is computed: what its names, functions and derivatives are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, runtime_checkable

from derive.check.quantities import Quantity, Scalar
from derive.language import surface as s


class World(Protocol):
    """What the names of a formula mean at one point."""

    @property
    def log(self) -> str:
        """Return the base of a bare log: "e", "2" or "10"."""

    @property
    def at_zero(self) -> Fraction:
        """Return u(0), the unit step at 0."""

    def known(self, id: str) -> bool:
        """Return whether a compound such as `sigma^2` is declared as one name."""

    def name(self, id: str) -> Quantity | None:
        """Return the value of a name, None where it has none."""

    def function(self, id: str, primes: int, stands: bool = True) -> Callable[..., Quantity] | None:
        """Return a function of the world, or a derivative of it; None where it knows none of that name.

        stands: no argument is a number, so that the call may be a node with what it depends on.
        """

    def quotient(self, tree: s.Partial) -> Quantity | None:
        """Return the value of ∂of/∂wrt, None where it has none."""


@runtime_checkable
class Movable(Protocol):
    """A world that knows what follows when some of its names have other values."""

    def moved_to(self, values: Mapping[str, Quantity]) -> World | None:
        """Return the world in which names have these values, None where it cannot be told what follows."""


Kink = Callable[[World], Scalar]


@dataclass(slots=True)
class At:
    """A world in which some names have other values: what stands before an evaluation bar."""

    world: World
    values: Mapping[str, Quantity]

    @property
    def log(self) -> str:
        return self.world.log

    @property
    def at_zero(self) -> Fraction:
        return self.world.at_zero

    def known(self, id: str) -> bool:
        return self.world.known(id)

    def name(self, id: str) -> Quantity | None:
        return self.values[id] if id in self.values else self.world.name(id)

    def function(self, id: str, primes: int, stands: bool = True) -> Callable[..., Quantity] | None:
        return self.world.function(id, primes, stands)

    def quotient(self, tree: s.Partial) -> Quantity | None:
        return None  # a derivative there would have to be taken before the values are put in
