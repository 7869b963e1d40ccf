"""What variants ask of a network: its names as trees, which are alike, its activations, its edges, its formulas."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cached_property
from weakref import WeakKeyDictionary

from derive.check.misconceptions.edits import everywhere, here
from derive.check.subject import Subject
from derive.check.work import spend
from derive.errors import Fault
from derive.expr import Apply, Expr, Partial, Ref, size
from derive.graph import Role
from derive.language import surface as s
from derive.language.grammar import parse
from derive.language.walk import walk
from derive.ops import primitive

_LONGEST = 60  # parts of a composed line
_CLOSED = 300  # parts of a closed form; beyond that nobody has one in mind
_MANY = 12  # lines of a network that may all be confused
_FORMS = 4  # ways to write one gradient that are looked at


class Facts:
    """A network as the author of a formula knows it; computed once for each subject."""

    def __init__(self, subject: Subject) -> None:
        self.subject, self.network, self.graph = subject, subject.network, subject.graph
        self._trees: dict[str, s.Tree | None] = {}
        self._written: dict[int, tuple[Expr, s.Tree | None]] = {}
        self._gradients: dict[str, list[s.Tree]] = {}

    def tree(self, latex: str) -> s.Tree | None:
        if latex not in self._trees:
            try:
                self._trees[latex] = parse(latex, self.subject.table, "latex")
            except Fault:
                self._trees[latex] = None
        return self._trees[latex]

    def written(self, e: Expr) -> s.Tree | None:
        if id(e) not in self._written:
            self._written[id(e)] = e, self.tree(self.network.writer().latex(e))  # kept, so that its id stays its own
        return self._written[id(e)][1]

    @cached_property
    def names(self) -> dict[str, s.Name]:
        """The tree of every node by its plain name, without those that are no single name in a formula (σ²)."""
        trees = {name: self.tree(node.latex) for name, node in self.graph.nodes.items()}
        return {name: tree for name, tree in trees.items() if isinstance(tree, s.Name)}

    @cached_property
    def numbers(self) -> dict[str, float]:
        """The values of the exercise."""
        own = self.subject.own
        return {n: float(own.values[n]) for n in self.names} if own is not None else {}

    def new(self, parameter: str) -> s.Name:
        """Return the name of a parameter after the update."""
        name = self.names[parameter]
        return replace(name, id=f"{name.id}_new", latex=rf"{name.latex}^{{\text{{new}}}}")

    @cached_property
    def activations(self) -> dict[str, tuple[str, str]]:
        """h → (z, op) for each line h = f(z) with an activation f."""
        found = {}
        for node in self.graph.lines():
            match node.expr:
                case Apply(op=op, args=(Ref(name=z), *_)) if primitive(op).kind == "activation" and op != "id":
                    found[node.name] = (z, op)
        return {h: (z, op) for h, (z, op) in found.items() if h in self.names and z in self.names}

    @cached_property
    def alike(self) -> dict[str, list[str]]:
        """Every name with those that differ from it in a label only."""
        stems: dict[tuple[str, bool], list[str]] = {}
        for name, node in self.graph.nodes.items():
            stems.setdefault((_stem(name), node.role is Role.LINE), []).append(name)
        return {name: [n for n in names if n != name] for names in stems.values() for name in names}

    def beside(self, name: str | None) -> list[str]:
        """Return what may be confused with a name in a derivative: all lines with a line, leaves that are alike."""
        if name is None or name not in self.graph.nodes:
            return []
        lines = [n.name for n in self.graph.lines() if n.name != name]
        found = lines if self.graph[name].role is Role.LINE and len(lines) <= _MANY else self.alike[name]
        return [n for n in found if n in self.names]

    @cached_property
    def edges(self) -> list[tuple[str, str, Expr]]:
        """(line, what it reads, its derivative by that)."""
        steps = self.network.derivation.steps
        found = [(c.consumer, name, c.local) for name, step in steps.items() for c in step.contributions]
        return [edge for edge in found if edge[0] in self.names and edge[1] in self.names]

    @cached_property
    def target(self) -> str | None:
        """The data that the loss reads."""
        reads = self.graph[self.graph.loss].reads
        data = [r for r in reads if self.graph[r].role is Role.DATA]
        return data[0] if len(data) == 1 else None

    @cached_property
    def prediction(self) -> str | None:
        """The line that the loss reads."""
        lines = [r for r in self.graph[self.graph.loss].reads if self.graph[r].role is Role.LINE]
        return lines[0] if len(lines) == 1 else None

    def spelled(self, op: str) -> str:
        """Return how a formula calls an activation."""
        return {"sigmoid": "sigma"}.get(op, op)

    def slope(self, of: str, by: str) -> s.Tree:
        return s.Partial(here(), self.names[of], (self.names[by],))

    def gradient(self, name: str) -> list[s.Tree]:
        """Return the ways to write the gradient of the loss by a node, the closed form first."""
        if name not in self._gradients:
            spend(10 * len(self.graph.nodes))
            forms = self.network.forms_of(name, _CLOSED) if name in self.network.derivation.steps else ()
            good = [e for e in forms if size(e) <= _CLOSED and self._holds(e, name)]
            self._gradients[name] = [t for t in map(self.written, good) if t is not None][:_FORMS]
        return self._gradients[name]

    def _holds(self, e: Expr, name: str) -> bool:
        try:
            return self.subject.holds(e, name)
        except (ArithmeticError, KeyError):
            return False

    def local(self, of: str, by: str) -> s.Tree | None:
        return next((self.written(e) for line, read, e in self.edges if (line, read) == (of, by)), None)

    def line(self, name: str) -> s.Tree | None:
        """Return the right side of a line, None for a leaf."""
        expr = self.graph[name].expr
        return self.written(expr) if expr is not None else None

    def composed(self, name: str) -> s.Tree | None:
        """Return a line with the lines that it reads put in, down to the leaves; None where that is long."""
        tree = self.line(name)
        for _ in self.graph.nodes:
            if tree is None or sum(1 for _ in walk(tree)) > _LONGEST:
                return None
            inner = everywhere(tree, self._defined)
            if inner == tree:
                return tree
            tree = inner
        return tree

    def _defined(self, part: s.Tree) -> s.Tree | None:
        node = self.subject.plain(part.id) if isinstance(part, s.Name) else None
        return self.line(node) if node is not None else None

    def update(self, parameter: str) -> s.Tree | None:
        """Return the formula of a parameter after the update."""
        update = self.network.update
        if update is None:
            return None
        return self.written(update.rule.step(Ref(parameter), Partial(self.graph.loss, parameter), Ref(update.symbol)))


def _stem(name: str) -> str:
    head, mark, label = name.rpartition("_")
    if mark and (len(label) == 1 or re.search(r"\d", label)):
        return head + "_" + re.sub(r"\d+|^.$", "", label)
    return re.sub(r"\d+$", "", name)


_FACTS: WeakKeyDictionary[Subject, Facts] = WeakKeyDictionary()


def facts_of(subject: Subject) -> Facts:
    if subject not in _FACTS:
        _FACTS[subject] = Facts(subject)
    return _FACTS[subject]
