"""Kinds of problems: one module each, found here by its section of the front matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from derive.certify import Certificate
from derive.front.entries import Mapping as Entry
from derive.notation import Notation
from derive.problems import network


class Problem(Protocol):
    """What every kind of problem offers: its name, certificate, part of the build's JSON, notes for the author."""

    @property
    def name(self) -> str: ...

    @property
    def certificate(self) -> Certificate: ...

    def result(self) -> dict[str, Any]: ...

    def notes(self) -> list[str]: ...


Load = Callable[[str, Entry, Mapping[str, Entry], Notation], Problem]


@dataclass(frozen=True, slots=True)
class Kind:
    """section: key of the front matter; load: entry → problem; starter: a new report of this kind; shows: in a word."""

    section: str
    load: Load
    shows: str


PROBLEMS: dict[str, Kind] = {
    k.section: k
    for k in (Kind("networks", network.load, "a network and its loss: forward, backward, numbers, update"),)
}

# Sections that the report format names but no module reads yet.
_PLANNED = "gradients functions objectives optimizers quadratics expectations identities architectures".split()
RESERVED = tuple(section for section in _PLANNED if section not in PROBLEMS)
