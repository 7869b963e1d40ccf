"""Kinds of problems: one module each, found here by its section of the front matter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from derive.certify import Certificate
from derive.front.entries import Mapping as Entry
from derive.notation import Notation
from derive.problems.load_network import load
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
    """section: key of the front matter; load: entry → problem; result: its part of the JSON; shows: in words."""

    section: str
    load: Load
    result: Callable[[Any], dict[str, Any]]
    shows: str


PROBLEMS: dict[str, Kind] = {
    k.section: k
    for k in (Kind("networks", load, result, "a network and its loss: forward, backward, numbers, update"),)
}

# Sections that the report format names but no module reads yet.
_PLANNED = "gradients functions objectives optimizers quadratics expectations identities architectures".split()
RESERVED = tuple(section for section in _PLANNED if section not in PROBLEMS)
