"""An entry of `networks`, read into a Network."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from derive.conventions import read_notation
from derive.errors import Fault, nearest
from derive.front.entries import Mapping as Entry
from derive.front.entries import Scalar
from derive.front.entries import Value as Given
from derive.front.lines import entries
from derive.front.ranges import expand
from derive.graph import Graph
from derive.language.grammar import Table
from derive.notation import Notation
from derive.problems.adjoint_names import AdjointName, parted, read_adjoint_names, require_apart
from derive.problems.forward import ForwardPass
from derive.problems.inherit import ancestry, last_given, merged_lines
from derive.problems.line import read_functions, read_line, read_name
from derive.problems.network import Network
from derive.problems.roles import Roles
from derive.problems.unrolled import unrolled
from derive.problems.values import names_of_values, read_update, read_values
from derive.source import Slice

KEYS = tuple("forward data parameters wrt constants values update where like also loss notation".split())
EXAMPLE = r"forward: |" + "\n      z = w x\n      L = (z - y)^2"


def load(
    name: str, entry: Entry, others: Mapping[str, Entry], notation: Notation, earlier: Collection[object] = ()
) -> Network:
    """Return the network of an entry of `networks`; raises a Fault at what is wrong with it.

    others: the entries that it may be `like`; earlier: problems of the report, of which one may have the same lines.
    """
    entry.check(KEYS)
    network = _Loader(name, ancestry(entry, others), notation).load()
    twins = (n for n in earlier if isinstance(n, Network) and n.graph == network.graph and n.named == network.named)
    return replace(network, twin=next((n for n in twins if n.notation == network.notation), None))


class _Loader:
    def __init__(self, name: str, chain: list[Entry], notation: Notation) -> None:
        self.name, self.chain, self.entry = name, chain, chain[-1]
        for part in chain:
            notation = read_notation(part.get("notation"), notation)
        self.notation = notation
        self.joined: set[str] = set()
        lines = merged_lines(chain, lambda given: [read_line(item) for item in unrolled(entries(given))])
        self.lines, self.naming = parted(lines)
        if not self.lines:
            raise Fault(f"the network {name} has no line", self.entry.span, expected="at least one line", fix=EXAMPLE)

    def load(self) -> Network:
        also = self._also()
        values = self._values()
        lists = {key: self._listed(key) for key in ("data", "parameters", "wrt", "constants")}
        roles = Roles({k: v for k, (v, _) in lists.items()}, frozenset(k for k, (_, own) in lists.items() if own))
        functions = {k: f for part in self.chain for k, f in read_functions(self._items(part, "where")).items()}
        declared = {**roles.declared(), **{id: text for id, (text, _, _) in values.items()}}
        known_as = {also.get(k, k): v for k, v in declared.items()}
        joined = frozenset(self.joined)
        forward = ForwardPass(self.lines, self.notation, functions, also, known_as, joined=joined)
        graph = forward.read(self._loss, roles.of)
        if len(self.chain) > 1:
            reached = graph.reaching()
            graph = Graph({k: n for k, n in graph.nodes.items() if k in reached}, graph.loss)
        plain = {id: name for id, name in forward.plain.items() if name in graph.nodes}
        named = self._named(graph, plain, also)
        self._check_also(also, forward.plain)
        table = Table(frozenset(plain) | frozenset(also))
        resolved = {**{other: plain[id] for other, id in also.items() if id in plain}, **plain}
        known = [(name, text) for name, text, own in values.values() if own or read_name(name, table) in resolved]
        given = read_values(known, graph, resolved, table)
        roles.check(graph, resolved)
        update = read_update(last_given(self.chain, "update")[0], plain)
        wrt = roles.wrt(graph, resolved)
        return Network(
            self.name,
            graph,
            self.notation,
            wrt,
            given,
            update,
            plain,
            also,
            forward.spellings,
            functions,
            self.entry,
            named,
        )

    def _named(self, graph: Graph, plain: Mapping[str, str], also: Mapping[str, str]) -> dict[str, AdjointName]:
        """Return what the author calls derivatives of the loss, by line."""
        loss = next(id for id, name in plain.items() if name == graph.loss)
        lines = [line for line in self.lines if line.id in plain]
        found = read_adjoint_names(self.naming, lines, loss, lambda id: also.get(id, id))
        require_apart(found, self.naming, plain)
        return {plain[id]: made for id, made in found.items()}

    def _values(self) -> dict[str, tuple[Slice, Slice, bool]]:
        """Return id → (name, value, whether this very entry gives it); later entries override earlier ones."""
        found: dict[str, tuple[Slice, Slice, bool]] = {}
        for part in self.chain:
            seen: set[str] = set()
            for name, text in names_of_values(part.get("values")):
                id = read_name(name)
                if id in seen:
                    raise Fault(f"{name.text} is given two values", name.span())
                seen.add(id)
                found[id] = (name, text, part is self.entry)
        return found

    def _items(self, part: Entry, key: str) -> list[Slice]:
        given: Given | None = part.get(key)
        return entries(given) if given is not None else []

    def _listed(self, key: str) -> tuple[list[Slice], bool]:
        given, own = last_given(self.chain, key)
        return (expand(entries(given)) if given is not None else []), own

    def _also(self) -> dict[str, str]:
        """Return other name → name in the report."""
        found: dict[str, str] = {}
        for item in (item for part in self.chain for item in self._items(part, "also")):
            left, equals, _right = item.text.partition("=")
            if not equals:
                raise Fault("`also` gives other names", item.span(), expected="name in the report = other name")
            id, other = read_name(item.cut(0, len(left))), read_name(item.cut(len(left) + 1, len(item.text)))
            if id != other and any(line.id == other for line in self.lines):
                title, where = f"{other} in `also` is itself a line", item.cut(len(left) + 1, len(item.text))
                raise Fault(title, where.span(), expected="name in the report = other name")
            if id != other:
                found[other] = id
            else:
                self.joined.add(id)
        return found

    def _check_also(self, also: Mapping[str, str], plain: Mapping[str, str]) -> None:
        """Raise where `also` gives another name to nothing."""
        for item in (item for part in self.chain for item in self._items(part, "also")):
            left = item.cut(0, item.text.index("="))
            id = read_name(left)
            if id not in plain and id not in also:
                raise Fault(f"{id} in `also` is no symbol of the network", left.span(), nearest(id, plain))

    def _loss(self, plain: Mapping[str, str]) -> str:
        given, _ = last_given(self.chain, "loss")
        if given is None:
            return plain[self.lines[-1].id]
        if not isinstance(given, Scalar):
            raise Fault("`loss` names one line", given.span)
        id = read_name(given.text)
        if id not in {line.id for line in self.lines}:
            hint = nearest(id, [line.id for line in self.lines])
            raise Fault(f"the loss {given.text.text} is not the left side of a line", given.span, reason=hint)
        return plain[id]
