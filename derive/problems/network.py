"""A network with a scalar loss: the forward pass as written, its backward pass, its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from derive.certify import Certificate, certify, certify_also
from derive.differentiate import LONGEST, Derivation, differentiate
from derive.errors import Fault, nearest
from derive.expr import Apply, Expr, Ref, Value, parts
from derive.front.entries import Mapping as Entry
from derive.graph import Graph, Role
from derive.language.grammar import Table
from derive.language.meaning import OPEN, Function
from derive.language.write import Writer
from derive.notation import Notation
from derive.numeric import carried, evaluate, precisely, value
from derive.ops import DomainError
from derive.ops.abstract import is_abstract, taken_apart
from derive.ops.cancellation import enough_digits
from derive.points import kinks_of
from derive.problems.adjoint_names import AdjointName
from derive.problems.line import read_name
from derive.problems.values import Update
from derive.source import Slice, Span
from derive.steps import SHORT, adjoint_forms, backward_forms


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
    plain: id → plain name; spellings: primitive → how the author writes it. named: what the author calls derivatives of
    the loss, by line. twin: another network with the same lines,
    which has the same derivation.
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
    named: Mapping[str, AdjointName] = field(default_factory=dict)
    twin: Network | None = field(default=None, repr=False, compare=False)

    @cached_property
    def derivation(self) -> Derivation:
        return self.twin.derivation if self.twin is not None else differentiate(self.graph)

    @cached_property
    def shown(self) -> Derivation:
        """The derivation as a document shows it: adjoints that have a name are not put into others."""
        return replace(self.derivation, kept=frozenset(self.named), _closed={}) if self.named else self.derivation

    @cached_property
    def forms(self) -> dict[str, tuple[Expr, ...]]:
        """Every form of every adjoint that a document or the JSON can show."""
        if self.twin is not None:
            return self.twin.forms
        return {name: self.forms_of(name) for name in self.derivation.steps}

    def forms_of(self, name: str, longest: int = LONGEST) -> tuple[Expr, ...]:
        """Return every form of one adjoint; `longest`: as many parts as one may have."""
        if self.twin is not None:
            return self.twin.forms_of(name, longest)
        d = self.shown
        closed = (self.derivation.closed(name, longest), d.closed(name, longest), d.closed(name, SHORT))
        return tuple(dict.fromkeys((*closed, *backward_forms(d, name), *adjoint_forms(d, name))))

    @cached_property
    def certificate(self) -> Certificate:
        """The certificate; raises a Fault where a step fails."""
        try:
            given = self.given if self.complete else None
            if self.twin is not None:
                return certify_also(self.twin.certificate, self.derivation, self.notation, self.forms, given)
            return certify(self.derivation, self.notation, self.forms, given)
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
        """Return the numbers of a forward and a backward pass, none of them what rounding has left over."""
        return enough_digits(lambda: self.passes(leaves))

    def passes(self, leaves: Mapping[str, Value]) -> State:
        """Return the numbers of one forward and one backward pass with the digits that are set."""
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

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        return tuple(n.name for n in self.graph.leaves() if n.role is Role.PARAMETER)

    def stepped(self, state: State, rate: Value) -> dict[str, Value]:
        """Return the leaves after one step of the update rule from a state."""
        new = {leaf.name: state.values[leaf.name] for leaf in self.graph.leaves()}
        for name in self.parameters:
            step = value(self._step, {"w": state.values[name], "g": state.adjoints[name], "r": rate})
            new[name] = carried(step, self.notation)
        return new

    @cached_property
    def _step(self) -> Expr:
        """A parameter w after one step against its gradient g with the rate r."""
        assert self.update is not None
        return self.update.rule.step(Ref("w"), Ref("g"), Ref("r"))

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
        if not self.parameters:
            title = f"{self.name} has no parameters, so there is nothing to update"
            raise Fault(title, self._place("update"), expected="leaves that are not data or constants")
        with precisely():
            return self.stepped(self.before, self.update.rate)

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
        quantities = {(self.graph.loss, name): made.latex for name, made in self.named.items()}
        return Writer(names, self.notation, {**self.spellings, **open_}, quantities)

    def find_adjoint(self, spelled: str, where: Any = None) -> str:
        """Return the plain name of what a derivative is by: of a spelling of it, or of the author's derivative."""
        return self.adjoint_name(spelled, where) or self.find(spelled, where)

    def adjoint_name(self, spelled: str, where: Any = None) -> str:
        """Return the line whose derivative the author calls so, "" for any other name."""
        text = Slice(where.source, where.start, spelled) if where is not None and self.named else None
        id = read_name(text, self.table()) if text is not None else spelled
        return next((name for name, made in self.named.items() if made.id == id), "")

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
        return Table(frozenset({*self.plain, *self.also, *(made.id for made in self.named.values())}))
