"""The graph of a network: named nodes in evaluation order, each with one small expression over earlier ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from derive.expr import Expr, names
from derive.source import Span


class Role(Enum):
    DATA = "data"
    PARAMETER = "parameter"
    CONSTANT = "constant"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Form:
    """One right side of a line as it is shown; `expr` is None where it only names a function (`g_0(z_0)`)."""

    latex: str
    expr: Expr | None


@dataclass(frozen=True, slots=True)
class Node:
    """A leaf or a line of the forward pass.

    name: plain name; spelled: as the report first writes it; latex: as it is set.
    where: the line in the report.
    head: the left side as set (`\\mathcal{L}(\\hat{y}, y)`); forms: the right sides, the last one is the definition.
    """

    name: str
    spelled: str
    latex: str
    role: Role
    expr: Expr | None = None
    head: str = ""
    forms: tuple[Form, ...] = ()
    where: Span | None = field(default=None, compare=False)

    @property
    def reads(self) -> tuple[str, ...]:
        return names(self.expr) if self.expr is not None else ()


@dataclass(frozen=True)
class Graph:
    """Nodes by plain name, leaves first, then the lines in evaluation order; `loss` is the scalar at the end."""

    nodes: Mapping[str, Node]
    loss: str
    consumers: Mapping[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        readers: dict[str, list[str]] = {name: [] for name in self.nodes}
        for node in self.lines():
            for read in node.reads:
                readers[read].append(node.name)
        object.__setattr__(self, "consumers", {k: tuple(v) for k, v in readers.items()})

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def lines(self) -> Iterator[Node]:
        """Yield the forward pass in evaluation order."""
        return (n for n in self.nodes.values() if n.role is Role.LINE)

    def leaves(self) -> Iterator[Node]:
        return (n for n in self.nodes.values() if n.role is not Role.LINE)

    def reaching(self) -> frozenset[str]:
        """Return the names on which the loss depends, itself included."""
        found, stack = {self.loss}, [self.loss]
        while stack:
            for read in self.nodes[stack.pop()].reads:
                if read not in found:
                    found.add(read)
                    stack.append(read)
        return frozenset(found)
