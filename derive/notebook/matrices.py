"""Networks of vectors and matrices in Python: values as arrays, gradients in matrix form, NumPy functions."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from derive.document import Aligned, Chain, Link
from derive.errors import Fault
from derive.graph import Role
from derive.matrices.latex import latex
from derive.matrices.orient import oriented
from derive.matrices.plain import Unwritable, plain
from derive.matrices.term import Term, ordered
from derive.notebook.derivation import Derivation, Gradient
from derive.notebook.display import Shown
from derive.notebook.names import Values, as_array, find
from derive.notebook.network import Network
from derive.problems.matrix.network import MatrixNetwork as Problem

if TYPE_CHECKING:
    import numpy as np


_ROUNDED = 1e-6  # how far sums of floats may be from what is assumed of them


@dataclass(frozen=True, eq=False, repr=False)
class MatrixNetwork(Network):
    """A network with shapes; `values` and `updated` are arrays by name, in two dimensions unless they are numbers."""

    problem: Problem  # type: ignore[assignment]

    kind = "matrix networks"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.problem.names)

    @property
    def loss(self) -> str:
        return self.problem.loss

    @cached_property
    def values(self) -> Mapping[str, Any]:  # type: ignore[override]
        return Values(self.problem, self.problem.before.values)

    @cached_property
    def updated(self) -> Mapping[str, Any]:  # type: ignore[override]
        return Values(self.problem, self.problem.updated)

    def differentiate(self) -> Derivation:
        return MatrixDerivation(self)

    def evaluate(self, *names: str) -> Callable[..., dict[str, np.ndarray]]:
        from derive.problems.matrix.arrays import values

        lines = [line.name for line in self.problem.lines]
        return _of_arrays(self.problem, values(self.problem, [find(self.problem, n) for n in names] or lines))

    def __repr__(self) -> str:
        names = self.problem.names.values()
        leaves, lines = ([n.name for n in names if (n.role is Role.LINE) is line] for line in (False, True))
        return f"Network {self.problem.name}: {', '.join(leaves)} → {', '.join(lines)}"


@dataclass(frozen=True, eq=False, repr=False)
class MatrixGradient(Gradient):
    """The derivative of the loss by one name, in its shape."""

    network: MatrixNetwork

    @property
    def latex(self) -> str:
        return latex(oriented(self._best), self.network.problem.spelled)

    @property
    def plain(self) -> str:
        """The closed form as plain text; raises a Fault where there is none."""
        if any(x.op == "sym" and x.data[0].startswith("∂") for x in ordered(self._best)):
            raise Fault(f"the gradient by {self.name} has no plain form: it holds the derivative of a line")
        try:
            return plain(self._best)
        except Unwritable as word:
            raise Fault(f"the gradient by {self.name} has no plain form: {word}") from None

    @property
    def value(self) -> Any:
        """The value at the network's values, an array or a number; raises a Fault as `Network.values` does."""
        return as_array(self.name, self.network.problem.before.adjoints[self.name])

    def sympy(self, leaves: bool = False) -> Any:
        raise Fault("derivatives by matrices are no SymPy expressions", expected="`latex`, `plain` or `value`")

    @property
    def _best(self) -> Term:
        adjoint = self.network.problem.adjoints[self.name]
        return adjoint.closed if adjoint.closed is not None else adjoint.term

    @property
    def _shown(self) -> Shown:
        quantity = self.network.problem.quantity(self.name)
        return Shown((Aligned((Chain(quantity, (Link("=", self.latex),)),)),))


@dataclass(frozen=True, eq=False, repr=False)
class MatrixDerivation(Derivation):
    """The backward pass of a network with shapes."""

    network: MatrixNetwork

    def __getitem__(self, name: str) -> Gradient:
        return MatrixGradient(self.network, find(self.network.problem, name))

    @cached_property
    def values(self) -> Mapping[str, Any]:  # type: ignore[override]
        return Values(self.network.problem, self.network.problem.before.adjoints)

    def table(self, *names: str, **options: str | bool) -> Shown:
        return self.network.show("gradients", *names, **options)

    def evaluate(self, *names: str) -> Callable[..., dict[str, np.ndarray]]:
        from derive.problems.matrix.arrays import gradients

        problem = self.network.problem
        function = gradients(problem, [find(problem, name) for name in names] or problem.wrt)

        def assumed(arrays: Mapping[str, Any]) -> dict[str, Any]:
            for name, way in problem.sums.items():
                _require_sums(name, way, arrays[name])
            return function(arrays)

        return _of_arrays(problem, assumed)


def _of_arrays(
    problem: Problem, function: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> Callable[..., dict[str, np.ndarray]]:
    """Return a function of keywords; the derivative by a leaf has the shape in which the leaf was given."""
    import numpy as np

    if open_ := sorted(id for id, op in problem.functions.items() if op == "any"):
        title = f"{problem.name} has no numbers, since {', '.join(open_)} is left open"
        raise Fault(title, expected=f"where: {open_[0]} = a known function, or a loss that is one")
    leaves = [n.name for n in problem.names.values() if n.role is not Role.LINE]
    own = {name: as_array(name, x) for name, x in problem.given.items()}

    def evaluated(**given: Any) -> dict[str, np.ndarray]:
        arrays = {**own, **{x if x in leaves else _leaf(problem, x, leaves): array for x, array in given.items()}}
        if lacking := [name for name in leaves if name not in arrays]:
            raise Fault(f"{problem.name} has no value for {', '.join(lacking)}", expected=f"f({lacking[0]}=…)")
        found = function({name: _matrix(problem, name, x) for name, x in arrays.items()})
        for name, x in found.items():
            if name in arrays and np.shape(x) != (shape := np.shape(arrays[name])):
                found[name] = np.reshape(x, shape)
        return {name: np.asarray(x) for name, x in found.items()}

    kind, none = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.empty
    arguments = [inspect.Parameter(name, kind, default=own.get(name, none)) for name in leaves if name.isidentifier()]
    evaluated.__signature__ = inspect.Signature(arguments)  # type: ignore[attr-defined]
    return evaluated


def _require_sums(name: str, way: str, array: Any) -> None:
    """Raise a Fault where rows or columns do not sum to 1 of which the derivatives assume it."""
    off = abs(array.sum(axis=1 if way == "rows" else 0) - 1).max()
    if off > _ROUNDED:
        reason = "the derivatives are those for such values"
        raise Fault(f"the {way} of {name} do not sum to 1", expected="numbers whose sum is 1", reason=reason)


def _leaf(problem: Problem, name: str, leaves: list[str]) -> str:
    found = find(problem, name)
    if found not in leaves:
        raise Fault(f"{name} is computed by a line and cannot be given", expected=f"some of {', '.join(leaves)}")
    return found


def _matrix(problem: Problem, name: str, given: Any) -> Any:
    """Return an array in two dimensions, of a scalar a number."""
    if getattr(given, "ndim", 0) == 2 and given.dtype == float and given.size > 1:
        return given
    from derive.notebook.batches import as_floats

    array, symbol = as_floats(name, given, finite=False), problem.names[name].symbol
    if symbol.scalar and array.size == 1:
        return array.reshape(())[()]
    if array.ndim == 1 and 1 in (symbol.rows.number, symbol.columns.number):
        return array.reshape(-1, 1) if symbol.columns.number == 1 else array.reshape(1, -1)
    if array.ndim != 2:
        shape = " × ".join(map(str, symbol.shape)) if not symbol.scalar else "a number"
        raise Fault(f"{name} is an array in {array.ndim} dimensions", expected=shape)
    return array
