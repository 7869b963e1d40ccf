"""A network with a scalar loss: the forward pass as written, its backward pass, its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from derive.certify import Certificate, certify
from derive.conventions import read_notation
from derive.differentiate import Derivation, differentiate
from derive.errors import Fault, nearest
from derive.expr import Apply, Expr, Number, Partial, Value, parts
from derive.front.entries import Mapping as Entry
from derive.front.entries import Scalar
from derive.front.entries import Value as Given
from derive.front.lines import entries
from derive.front.ranges import expand
from derive.graph import Graph, Role
from derive.language.grammar import Table
from derive.language.meaning import OPEN, Function
from derive.language.write import NoPlainForm, Writer, plain
from derive.notation import Notation
from derive.numeric import carried, evaluate, precisely, value
from derive.ops import DomainError
from derive.ops.abstract import is_abstract, taken_apart
from derive.points import kinks_of
from derive.problems.forward import ForwardPass, read_functions, read_line, read_name
from derive.problems.inherit import ancestry, last_given, merged_lines
from derive.problems.roles import Roles
from derive.problems.values import Update, names_of_values, read_update, read_values
from derive.source import Slice, Span
from derive.steps import adjoint_forms, backward_forms

KEYS = tuple("forward data parameters wrt constants values update where like also loss notation".split())
_LATER = ("shapes", "layers")
EXAMPLE = r"forward: |" + "\n      z = w x\n      L = (z - y)^2"


@dataclass(frozen=True)
class State:
    """All numbers of a network for one choice of its parameters.

    rough: with `carry: shown`, the names whose values were rounded, and "d" + name for adjoints.
    """

    values: Mapping[str, Value]
    adjoints: Mapping[str, Value]
    rough: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Network:
    """One entry of `networks`. Everything that follows from it is computed when it is first asked for.

    wrt: leaves whose gradients the document shows; given: plain name → number, {} without numbers;
    plain: id → plain name; spellings: primitive → how the author writes it.
    """

    name: str
    graph: Graph
    notation: Notation
    wrt: tuple[str, ...]
    given: Mapping[str, Value]
    update: Update | None
    plain: Mapping[str, str]
    also: Mapping[str, str]
    spellings: Mapping[str, str]
    functions: Mapping[str, Function]
    entry: Entry = field(repr=False)

    @cached_property
    def derivation(self) -> Derivation:
        return differentiate(self.graph)

    @cached_property
    def forms(self) -> dict[str, tuple[Expr, ...]]:
        """Every form of every adjoint that a document can show."""
        d = self.derivation
        return {name: (*backward_forms(d, name), *adjoint_forms(d, name)) for name in d.steps}

    @cached_property
    def certificate(self) -> Certificate:
        """The certificate; raises a Fault where a step fails."""
        try:
            return certify(self.derivation, self.notation, self.forms, self.given if self.complete else None)
        except Fault as fault:
            fault.span = fault.span or self.entry.span
            raise

    @cached_property
    def open(self) -> tuple[str, ...]:
        """The functions that are left open; a network with one has formulas but no numbers."""
        ops = [e.op for n in self.graph.lines() if n.expr is not None for e in parts(n.expr) if isinstance(e, Apply)]
        return tuple(dict.fromkeys(taken_apart(op)[0] for op in ops if is_abstract(op)))

    @property
    def complete(self) -> bool:
        """Whether there are numbers: every leaf has a value and no function is left open."""
        return not self.open and all(n.name in self.given for n in self.graph.leaves())

    def _place(self, key: str) -> Span:
        """Return where a key of the entry stands, else the entry."""
        return next((name.span() for name, _ in self.entry.entries if name.text == key), self.entry.span)

    def missing(self) -> list[str]:
        """Return the leaves without a value, as they are spelled."""
        return [n.spelled for n in self.graph.leaves() if n.name not in self.given]

    @cached_property
    def before(self) -> State:
        """The numbers at the given values; a Fault says which value is missing or which node has none."""
        if self.open:
            title = f"{self.name} has no numbers, since {', '.join(self.open)} is left open"
            raise Fault(title, self._place("where"), expected=f"where: {self.open[0]} = a known function")
        if not self.complete:
            lacking = ", ".join(self.missing())
            title = f"{self.name} has no value for {lacking}"
            raise Fault(title, self._place("values"), expected=f"values: {lacking} = …")
        return self.state(self.given)

    def state(self, leaves: Mapping[str, Value]) -> State:
        """Return the numbers of a forward and a backward pass."""
        with precisely():
            values, rough = evaluate(self.graph, leaves, self.notation)
            found: dict[str, Value] = {}
            for name, step in self.derivation.steps.items():
                try:
                    e = value(step.adjoint, values, self.notation.relu_at_0, lambda q: found[q.wrt])
                except DomainError as wrong:
                    title = f"the derivative of {self.graph.loss} by {self.graph[name].spelled} has no value: {wrong}"
                    where = self.graph[step.contributions[0].consumer].where
                    raise Fault(title, where, expected="other values of the leaves") from None
                found[name] = carried(e, self.notation)
                rough |= {f"d{name}"} if found[name] != e else set()
        return State(values, found, frozenset(rough))

    def kinks_hit(self) -> list[tuple[str, Expr]]:
        """Return (primitive, expression) for each kink that lies exactly at the given values."""
        if not self.complete:
            return []
        with precisely():
            at = [(k, value(k[1], self.before.values, self.notation.relu_at_0)) for k in kinks_of(self.graph)]
        return list(dict.fromkeys(k for k, v in at if v == 0))

    def notes(self) -> list[str]:
        """Return what an author should know beyond the document."""
        hit = ", ".join(f"{self.writer().latex(k)} = 0" for _, k in self.kinks_hit())
        note = f"{self.name}: the given values lie exactly on a kink ({hit}); a convention is used there"
        return [note] if hit else []

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(n.name for n in self.graph.leaves() if n.role is Role.PARAMETER)

    def stepped(self, leaves: Mapping[str, Value], rate: Value) -> dict[str, Value]:
        """Return the leaves after one step of the update rule."""
        assert self.update is not None
        state = self.state(leaves)
        new = dict(leaves)
        with precisely():
            for name in self.parameters:
                step = self.update.rule.step(Number(state.values[name]), Number(state.adjoints[name]), Number(rate))
                new[name] = value(step, {})
        return new

    @cached_property
    def updated(self) -> dict[str, Value]:
        """The leaves after the update that the entry asks for."""
        if self.update is None:
            raise Fault(
                f"{self.name} has no update", self.entry.span, fix=r"update: {rule: sgd, learning_rate: \eta = 0.1}"
            )
        if self.update.rate is None:
            raise Fault(
                f"the update of {self.name} has no learning rate",
                self.entry.span,
                fix=r"update: {learning_rate: \eta = 0.1}",
            )
        _ = self.before
        return self.stepped(self.given, self.update.rate)

    @cached_property
    def after(self) -> State:
        """The numbers after the update."""
        return self.state(self.updated)

    def writer(self) -> Writer:
        """Return the writer with the names as this network sets them."""
        names = {n.name: n.latex for n in self.graph.nodes.values()}
        if self.update is not None:
            names[self.update.symbol] = self.update.latex
        open_ = {id: f.latex for id, f in self.functions.items() if f.op == OPEN}
        return Writer(names, self.notation, {**self.spellings, **open_})

    def find(self, spelled: str, where: Any = None) -> str:
        """Return the plain name that a block's argument means; a Fault with the nearest known one otherwise."""
        text = Slice(where.source, where.start, spelled) if where is not None else None
        id = read_name(text, self.table()) if text is not None else spelled
        id = self.also.get(id, id)
        if id in self.plain:
            return self.plain[id]
        known = [n.spelled for n in self.graph.nodes.values()]
        raise Fault(
            f"{self.name} has no {spelled}",
            where,
            reason=nearest(spelled, known),
            expected="one of " + ", ".join(known),
        )

    def table(self) -> Table:
        return Table(frozenset(self.plain) | frozenset(self.also))

    # ------------------------------------------------------------------------------------- the JSON contract

    def result(self) -> dict[str, Any]:
        """Return the network as the build's JSON has it."""
        nodes = self.graph.nodes.values()
        numbers = self.before if self.complete else None
        return {
            "kind": "network",
            "symbols": {n.spelled: n.name for n in nodes},
            "values": {n.spelled: number(numbers.values[n.name]) for n in nodes} if numbers else {},
            "gradients": {n.spelled: self._gradient(n.name, numbers) for n in nodes},
            "updated": self._updated(),
            "steps": [self._step(name) for name in self.derivation.steps],
            "certificate": {"points": self.certificate.points, "max_error": self.certificate.max_error},
        }

    def _updated(self) -> dict[str, Any]:
        if self.update is None or self.update.rate is None or not self.complete:
            return {}
        return {self.graph[name].spelled: number(self.updated[name]) for name in self.parameters}

    def _gradient(self, name: str, numbers: State | None) -> dict[str, Any]:
        closed = self.derivation.closed(name)
        out: dict[str, Any] = {
            "plain": None,
            "latex": self.writer().latex(self.forms[name][-1] if _has_quantity(closed) else closed),
            "value": number(numbers.adjoints[name]) if numbers else None,
        }
        try:
            out["plain"] = plain(closed, self.notation)
            if _has_quantity(closed):
                out["definitions"] = self._definitions(closed)
        except NoPlainForm as missing:
            out["because"] = str(missing)
        return out

    def _definitions(self, e: Expr) -> list[list[str]]:
        """Return the adjoints that a long closed form keeps as names, each defined before it is used."""
        needed: dict[str, Expr] = {}
        stack = [e]
        while stack:
            for q in parts(stack.pop()):
                if isinstance(q, Partial) and q.wrt not in needed:
                    needed[q.wrt] = self.derivation.steps[q.wrt].adjoint
                    stack.append(needed[q.wrt])
        order = [n for n in self.derivation.steps if n in needed]
        return [[plain(Partial(self.graph.loss, n)), plain(needed[n], self.notation)] for n in order]

    def _step(self, name: str) -> dict[str, Any]:
        writer, step = self.writer(), self.derivation.steps[name]
        paths = len(step.contributions)
        chain = [
            writer.quantity(self.graph.loss, name),
            *(writer.latex(f) for f in backward_forms(self.derivation, name)),
        ]
        rule = {0: "the loss does not depend on it", 1: "chain rule"}.get(paths, f"chain rule, sum over {paths} paths")
        if name == self.graph.loss:
            rule = "seed"
        reasons = dict.fromkeys(c.because for c in step.contributions)
        return {"of": self.graph[name].spelled, "chain": chain, "rule": "; ".join([rule, *reasons])}


def _has_quantity(e: Expr) -> bool:
    return any(isinstance(p, Partial) for p in parts(e))


def number(x: Value) -> int | float:
    """Return a value as a JSON number."""
    return int(x) if x == int(x) and abs(x) < 2**53 else float(x)


# ------------------------------------------------------------------------------------------------ loading


def load(name: str, entry: Entry, others: Mapping[str, Entry], notation: Notation) -> Network:
    """Return the network of an entry of `networks`; raises a Fault at what is wrong with it."""
    for key, _ in entry.entries:
        if key.text in _LATER:
            title = f"`{key.text}` is for networks of vectors and matrices, which cannot be read yet"
            raise Fault(title, key.span(), expected="scalar lines")
    entry.check(KEYS)
    return _Loader(name, ancestry(entry, others), notation).load()


class _Loader:
    def __init__(self, name: str, chain: list[Entry], notation: Notation) -> None:
        self.name, self.chain, self.entry = name, chain, chain[-1]
        for part in chain:
            notation = read_notation(part.get("notation"), notation)
        self.notation = notation
        self.joined: set[str] = set()
        self.lines = merged_lines(chain, lambda given: [read_line(item) for item in entries(given)])
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
        self._check_also(also, forward.plain)
        table = Table(frozenset(plain) | frozenset(also))
        resolved = {**{other: plain[id] for other, id in also.items() if id in plain}, **plain}
        known = [(name, text) for name, text, own in values.values() if own or read_name(name, table) in resolved]
        given = read_values(known, graph, resolved, table)
        roles.check(graph, resolved)
        update = read_update(last_given(self.chain, "update")[0], plain)
        wrt = roles.wrt(graph, resolved)
        return Network(
            self.name, graph, self.notation, wrt, given, update, plain, also, forward.spellings, functions, self.entry
        )

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
