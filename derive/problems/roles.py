"""Which leaves are data, parameters and constants, and which gradients are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from derive.errors import Fault, nearest
from derive.graph import Graph, Role
from derive.problems.line import read_name
from derive.source import Slice


@dataclass(frozen=True)
class Roles:
    """The lists of an entry: `data`, `parameters`, `wrt`, `constants`.

    Of data and parameters one is enough, the other is the rest; with neither, every leaf is a parameter.
    """

    lists: Mapping[str, list[Slice]]
    own: frozenset[str] = frozenset()  # the lists that this very entry gives; names of taken-over ones may be gone

    def declared(self) -> dict[str, Slice]:
        """Return id → where it is listed."""
        return {read_name(item): item for items in self.lists.values() for item in items}

    @cached_property
    def _ids(self) -> dict[str, set[str]]:
        return {key: {read_name(item) for item in listed} for key, listed in self.lists.items()}

    def ids(self, key: str) -> set[str]:
        return self._ids[key]

    def of(self, id: str) -> Role:
        """Return the role of a leaf."""
        if id in self.ids("constants"):
            return Role.CONSTANT
        data, parameters = self.ids("data"), self.ids("parameters")
        if id in parameters:
            return Role.PARAMETER
        return Role.DATA if id in data or (parameters and not data) else Role.PARAMETER if not parameters else Role.DATA

    def check(self, graph: Graph, plain: Mapping[str, str]) -> None:
        """Raise a Fault at a listed name that is no leaf, or that stands in two lists."""
        seen: dict[str, str] = {}
        for key in ("data", "parameters", "constants"):
            for item in self.lists[key]:
                name = self._known(item, key, graph, plain)
                if name is None:
                    continue
                if graph[name].role is Role.LINE:
                    raise Fault(f"{item.text} is computed by a line and cannot be listed under {key}", item.span())
                if name in seen:
                    raise Fault(f"{item.text} is listed under {seen[name]} and under {key}", item.span())
                seen[name] = key

    def wrt(self, graph: Graph, plain: Mapping[str, str]) -> tuple[str, ...]:
        """Return the names whose gradients are shown: `wrt`, by default the parameters."""
        listed = tuple(n for n in (self._known(item, "wrt", graph, plain) for item in self.lists["wrt"]) if n)
        return listed or tuple(n.name for n in graph.leaves() if n.role is Role.PARAMETER)

    def _known(self, item: Slice, key: str, graph: Graph, plain: Mapping[str, str]) -> str | None:
        name = plain.get(read_name(item))
        if name is None and key in self.own:
            known = [n.spelled for n in graph.leaves()]
            title = f"{item.text} in `{key}` is no symbol of the network"
            raise Fault(title, item.span(), reason=nearest(item.text, known), expected="one of " + ", ".join(known))
        return name
