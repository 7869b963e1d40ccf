"""Names of a network in Python: any spelling that the network knows is found."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from derive.check.quantities import Grid
from derive.errors import Fault
from derive.expr import Value
from derive.source import of_text

if TYPE_CHECKING:
    from derive.problems.matrix.network import MatrixNetwork
    from derive.problems.network import Network


class NoSuchName(Fault, KeyError):
    """A name that there is not; a KeyError too, so that `in` and `get` work."""


def find(problem: Network | MatrixNetwork, name: Any) -> str:
    """Return the plain name that a text means: `omega_0` for `\\omega_0`; raises NoSuchName with the nearest one."""
    if name in problem.plain.values():
        return str(name)
    try:
        return problem.find(str(name), of_text(str(name), "<name>").span())
    except Fault as fault:
        raise NoSuchName(**vars(fault)) from None


class Values(Mapping[str, Any]):
    """Numbers and arrays by name, in the order of evaluation; a look-up takes any spelling that the network knows."""

    def __init__(self, problem: Network | MatrixNetwork, numbers: Mapping[str, Any]) -> None:
        self._problem, self._numbers = problem, numbers

    def __getitem__(self, name: str) -> Any:
        found = find(self._problem, name)
        if found not in self._numbers:
            raise NoSuchName(f"{name} is not among these values", expected=", ".join(self._numbers))
        return as_array(found, self._numbers[found])

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def __repr__(self) -> str:
        return repr(dict(self))


def as_float(name: str, x: Value) -> float:
    """Return the float nearest to a value; a Fault where it is too large for one."""
    with suppress(OverflowError):
        if math.isfinite(found := float(x)):
            return found
    raise Fault(f"{name} is too large for a floating-point number")


def as_array(name: str, x: Any) -> Any:
    """Return a matrix as an array of floats, a number as a float."""
    if not isinstance(x, Grid):
        return as_float(name, x)
    import numpy as np

    return np.array([[as_float(name, cell) for cell in row] for row in x.rows])
