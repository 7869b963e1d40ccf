"""Kinds of problems: one module each, found here by its section of the front matter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from derive.certify import Certificate
from derive.errors import Fault
from derive.front.entries import Mapping as Entry
from derive.notation import Notation
from derive.problems.load_network import load
from derive.problems.matrices import has_shapes, matrix_value
from derive.problems.result import result


class Problem(Protocol):
    """What every kind of problem offers: its name, its certificate, notes for the author."""

    @property
    def name(self) -> str: ...

    @property
    def certificate(self) -> Certificate: ...

    def notes(self) -> list[str]: ...


Load = Callable[[str, Entry, Mapping[str, Entry], Notation, Collection[object]], Problem]


@dataclass(frozen=True, slots=True)
class Kind:
    """section: key of the front matter; load: entry → problem; result: its part of the JSON; shows: in words.

    suits: whether an entry of the section is of this kind; the first kind that suits is taken.
    """

    section: str
    load: Load
    result: Callable[[Any], dict[str, Any]]
    shows: str
    suits: Callable[[Entry, Mapping[str, Entry]], bool] = lambda entry, others: True


def _load_matrices(
    name: str, entry: Entry, others: Mapping[str, Entry], notation: Notation, earlier: Collection[object]
) -> Problem:
    from derive.problems.matrix.load import load as load_matrices

    try:
        return load_matrices(name, entry, others, notation, earlier)
    except Fault as fault:
        where = matrix_value(entry, others)
        if where is None:
            raise
        title = "a matrix or a vector is the value of a name that the lines use as a number"
        expected = "one number, or `shapes` for a network of matrices"
        raise Fault(title, where.span(), expected=expected, reason=fault.title) from None


def _matrix_result(problem: Any) -> dict[str, Any]:
    from derive.problems.matrix.result import result as matrix_result

    return matrix_result(problem)


# By kind; a section may have several.
PROBLEMS: dict[str, Kind] = {
    "matrix networks": Kind(
        "networks",
        _load_matrices,
        _matrix_result,
        "a network of vectors and matrices (with `shapes`): the same in matrix form",
        has_shapes,
    ),
    "networks": Kind("networks", load, result, "a network and its loss: forward, backward, numbers, update"),
}
SECTIONS = tuple(dict.fromkeys(kind.section for kind in PROBLEMS.values()))

# Sections that the report format names but no module reads yet.
_PLANNED = "gradients functions objectives optimizers quadratics expectations identities architectures".split()
RESERVED = tuple(section for section in _PLANNED if section not in SECTIONS)


def kind_of(section: str, entry: Entry, others: Mapping[str, Entry]) -> str:
    """Return the kind of an entry."""
    return next(key for key, kind in PROBLEMS.items() if kind.section == section and kind.suits(entry, others))
