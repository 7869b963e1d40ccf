"""Gradients and values of a matrix network as NumPy functions: its lines and derivatives as one tape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from derive.errors import Fault
from derive.graph import Role
from derive.matrices.arrays.compile import compiled as code_of
from derive.matrices.arrays.tape import Tape
from derive.matrices.cost import cost
from derive.problems.matrix.forms import symbol

if TYPE_CHECKING:
    from derive.matrices.term import Term
    from derive.problems.matrix.forms import Adjoint
    from derive.problems.matrix.network import MatrixNetwork

Arrays = Mapping[str, Any]
Function = Callable[[Arrays], dict[str, Any]]


def gradients(network: MatrixNetwork, wrt: Iterable[str]) -> Function:
    """Return a function of the leaves by plain name, arrays in two dimensions, that returns {name: ∂loss/∂name}.

    What is the same in several derivatives is computed once; the form with fewer operations is taken. The code is made
    when it is first called with arrays of new sizes.
    """
    wanted = tuple(wrt)
    tape = {symbol(network, name): _shortest(x) for name, x in network.adjoints.items() if not x.given}
    return _function(network, tape, {name: symbol(network, name) for name in wanted})


def values(network: MatrixNetwork, names: Iterable[str]) -> Function:
    """Return a function of the leaves, as `gradients` does, that returns {name: value}."""
    return _function(network, {}, {name: network.names[name].symbol for name in names})


def _shortest(adjoint: Adjoint) -> Term:
    closed = adjoint.closed
    return closed if closed is not None and cost(closed) <= cost(adjoint.term) else adjoint.term


def _function(network: MatrixNetwork, tape: Mapping[Term, Term], outputs: Mapping[str, Term]) -> Function:
    lines = {network.names[x.name].symbol: x.body for x in network.lines if x.body is not None}
    leaves = [n for n in network.names.values() if n.role is not Role.LINE]

    @lru_cache(maxsize=16)
    def compiled(*shapes: tuple[int, ...]) -> Callable[..., list[Any]]:
        sizes = sizes_of(network, {n.name: shape or (1, 1) for n, shape in zip(leaves, shapes, strict=True)})
        made = Tape({**lines, **tape}, sizes, network.notation.relu_at_0)
        return code_of(made, [n.symbol for n in leaves], list(outputs.values()))

    def function(arrays: Arrays) -> dict[str, Any]:
        given = [arrays[n.name] for n in leaves]
        found = compiled(*(getattr(x, "shape", ()) for x in given))(*given)
        return dict(zip(outputs, found, strict=True))

    return function


def sizes_of(network: MatrixNetwork, given: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    """Return the sizes of the dimensions that shapes of leaves say; raises a Fault where they do not fit."""
    found: dict[str, int] = {}
    pairs = [(name, d, k) for name, shape in given.items() for d, k in zip(_shape(network, name), shape, strict=True)]
    for _, d, k in sorted(pairs, key=lambda pair: len(pair[1].names) + len(pair[1].terms)):
        unknown = d.names - set(found)
        if len(unknown) == 1 and (size := d.solved(next(iter(unknown)), found, k)) is not None:
            found[next(iter(unknown))] = size
    for name, shape in given.items():
        wanted = _shape(network, name)
        if any(not d.names <= set(found) or d.value(found) != k for d, k in zip(wanted, shape, strict=True)):
            title = f"{network.names[name].spelled} is {shape[0]}×{shape[1]}"
            raise Fault(title, expected=" × ".join(_told(d, found) for d in wanted))
    if missing := sorted(network.dims - set(found)):
        raise Fault(f"no array says how large {missing[0]} is")
    return found


def _shape(network: MatrixNetwork, name: str) -> Any:
    return network.names[name].symbol.shape


def _told(d: Any, found: Mapping[str, int]) -> str:
    """Return a dimension, with its number where it is known."""
    return f"{d} = {d.value(found)}" if d.names and d.names <= set(found) else str(d)
