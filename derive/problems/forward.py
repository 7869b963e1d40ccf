"""The forward pass of a network: lines as they stand on paper, read into a graph."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from derive.errors import Fault
from derive.graph import Form, Graph, Node, Role
from derive.language import surface as s
from derive.language.grammar import Table, parse, syntax_of
from derive.language.meaning import OPEN, Function, Scope, lower, plain_name
from derive.language.occurrences import quantities
from derive.language.spelling import beautiful, latex_of, with_operators
from derive.language.unfold import unfolded
from derive.language.walk import walk
from derive.notation import Notation
from derive.ops import SPELLINGS
from derive.problems.line import ARGUMENTS, Line, read_name
from derive.source import Slice, Span


@dataclass
class ForwardPass:
    """Reads lines into nodes. `declared` holds the ids that other keys of the entry name."""

    lines: list[Line]
    notation: Notation
    functions: dict[str, Function]
    also: dict[str, str]
    declared: dict[str, Slice] = field(default_factory=dict)
    plain: dict[str, str] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)
    joined: frozenset[str] = frozenset()  # ids that `also` gives two styles
    called: set[str] = field(default_factory=set)
    spellings: dict[str, str] = field(default_factory=dict)  # primitive → how the author writes the function

    def read(self, loss: Callable[[Mapping[str, str]], str], role: Callable[[str], Role]) -> Graph:
        """Return the graph; `loss` picks the loss among {id: plain name}, `role` gives the role of a leaf's id."""
        self._check_order_of_names()
        trees = [[self._parse(side) for side in line.sides] for line in self.lines]
        self._collect_names(trees)
        self._check_use(trees)
        lines = [self._node(line, sides) for line, sides in zip(self.lines, trees, strict=True)]
        ids = {line.id for line in self.lines}
        leaves = [self._leaf(id, role(id)) for id in self.plain if id not in ids]
        graph = {n.name: n for n in (*leaves, *lines)}
        return Graph(graph, loss(self.plain))

    def table(self) -> Table:
        names = {line.id for line in self.lines} | set(self.declared) | set(self.also)
        return Table(frozenset(names), frozenset(self.functions))

    def _check_order_of_names(self) -> None:
        seen: dict[str, Line] = {}
        for line in self.lines:
            if line.id in seen:
                first = seen[line.id].head.span().source.position(seen[line.id].head.start)[0]
                raise Fault(f"{line.name.text} is defined twice", line.head.span(), f"first in line {first}")
            seen[line.id] = line

    def _parse(self, side: Slice) -> s.Tree:
        head = re.match(r"\\?[A-Za-z]+(_(\w|\{\w+\}))?\s*(\\left\s*)?\(", side.text)
        table = self.table()
        if head and ARGUMENTS.sub("", side.text).strip() == side.text[: head.end() - 1].removesuffix(r"\left").strip():
            id = read_name(Slice(side.source, side.start, side.text[: head.end() - 1].removesuffix(r"\left").strip()))
            if id not in table.names:
                table = Table(table.names, table.functions | {id})
        return unfolded(parse(side, table), side)

    def _collect_names(self, trees: list[list[s.Tree]]) -> None:
        """Give every id its plain name and its first spelling, in reading order."""
        known = self.table().names
        self.called = {t.fn for sides in trees for tree in sides for t in walk(tree) if isinstance(t, s.Call)}
        self.called -= {line.id for line in self.lines}
        for line, sides in zip(self.lines, trees, strict=True):
            self._meet(line.id, line.name.text, line.name.span())
            for text, tree in zip(line.sides, sides, strict=True):
                for id, where in quantities(tree, known):
                    target = self.also.get(id, id)
                    if not (self._constant(target) or self._other_name(line, tree, id)):
                        self._check_quantity(id, text, where)
                        self._meet(target, _spelling(text, where), text.span(*where.at))

    def _check_quantity(self, id: str, text: Slice, where: s.Tree) -> None:
        """Raise where the name of a function stands as a quantity (`\\log`, or σ beside σ(z))."""
        declared = id in self.declared or any(line.id == id for line in self.lines)
        known = id in SPELLINGS and len(id) > 1 and id != "sigma"
        if not declared and (known or id in self.called or id in self.functions):
            spelled = text.text[where.at[0] : where.at[1]]
            title = f"the function {spelled} stands without an argument"
            raise Fault(title, text.span(*where.at), expected=f"{spelled}(…)")

    def _constant(self, id: str) -> bool:
        return id in ("pi", "e") and id not in self.declared

    def _other_name(self, line: Line, tree: s.Tree, id: str) -> bool:
        """Return whether a side is a bare unknown name between others: `\\hat{y} = a = σ(z)` calls ŷ also a."""
        is_line = any(other.id == id for other in self.lines)
        if (
            isinstance(tree, s.Name)
            and len(line.sides) > 1
            and not is_line
            and id not in self.declared
            and id not in self.plain
        ):
            last = line.sides[-1]
            if tree.at[1] <= len(last.text) and parse(last, self.table()) == tree:
                return False
            self.also[id] = line.id
            return True
        return False

    def _meet(self, id: str, spelled: str, where: Span) -> None:
        if id not in self.plain:
            self.plain[id] = plain_name(id, self.plain.values())
            self.spelled[id] = spelled
        elif _style(spelled) != _style(self.spelled[id]) and id not in self.joined:
            title = f"{spelled} and {self.spelled[id]} are read as the same name"
            fix = f"also: {self.spelled[id]} = {spelled}"
            raise Fault(title, where, expected="one spelling, or names that differ in more than their style", fix=fix)

    def _check_use(self, trees: list[list[s.Tree]]) -> None:
        """Raise where a line reads a later one, or itself."""
        place = {line.id: i for i, line in enumerate(self.lines)}
        reads = [{id: where for tree in sides for id, where in quantities(tree, self.table().names)} for sides in trees]
        for i, line in enumerate(self.lines):
            for id in reads[i]:
                j = place.get(id, -1)
                if j < i:
                    continue
                side, where = self._where(line, trees[i], id)
                span = side.span(*where.at)
                if j == i or self._follows(j, i, reads, place):
                    raise Fault(
                        f"{line.name.text} depends on itself", span, "a cycle", expected="a network without cycles"
                    )
                later = self.lines[j].head.source.position(self.lines[j].head.start)[0]
                raise Fault(
                    f"{id} is used before its line",
                    span,
                    f"defined in line {later}",
                    expected="lines in the order of evaluation",
                )

    def _where(self, line: Line, sides: list[s.Tree], id: str) -> tuple[Slice, s.Tree]:
        known = self.table().names
        return next(
            (text, where)
            for text, tree in zip(line.sides, sides, strict=True)
            for i, where in quantities(tree, known)
            if i == id
        )

    def _follows(self, start: int, goal: int, reads: list[dict[str, s.Tree]], place: dict[str, int]) -> bool:
        seen, stack = set(), [start]
        while stack:
            i = stack.pop()
            if i == goal:
                return True
            if i not in seen:
                seen.add(i)
                stack += [place[id] for id in reads[i] if id in place]
        return False

    def _leaf(self, id: str, role: Role) -> Node:
        return Node(self.plain[id], self.spelled[id], beautiful(self.spelled[id]), role)

    def _node(self, line: Line, sides: list[s.Tree]) -> Node:
        self._leave_loss_open(line, sides[-1])
        expr = lower(sides[-1], line.sides[-1], self.scope())
        self._remember_spelling(sides[-1], line.sides[-1])
        forms = []
        for text, tree in zip(line.sides[:-1], sides[:-1], strict=True):
            forms.append(self._middle(text, tree, line, expr))
        forms.append(Form(self._set(line.sides[-1], sides[-1]), expr))
        name = self.plain[line.id]
        spelled = self.spelled[line.id]
        head = self._set_head(line)
        return Node(name, spelled, beautiful(spelled), Role.LINE, expr, head, tuple(forms), line.text.span())

    def _leave_loss_open(self, line: Line, tree: s.Tree) -> None:
        """A loss may stay abstract: in the last line `L = f(y)`, an unknown f is left open."""
        letter = isinstance(tree, s.Call) and len(tree.fn.split("_")[0]) == 1
        if line is self.lines[-1] and isinstance(tree, s.Call) and letter and tree.fn not in SPELLINGS:
            self.functions.setdefault(tree.fn, Function(OPEN, latex=beautiful(tree.fn)))

    def _middle(self, text: Slice, tree: s.Tree, line: Line, definition: object) -> Form:
        """Return a side before the last one: it names a function or the node itself, or is a formula of its own."""
        shown = self._set(text, tree)
        if isinstance(tree, s.Name) and self.also.get(tree.id) == line.id:
            return Form(shown, None)
        if isinstance(tree, s.Call) and tree.fn not in self.functions and tree.fn not in SPELLINGS:
            names = tuple(self.plain[a.id] for a in tree.args if isinstance(a, s.Name) and a.id in self.plain)
            if len(names) == len(tree.args):
                self.functions[tree.fn] = Function("", names, definition)  # type: ignore[arg-type]
            return Form(shown, None)
        return Form(shown, lower(tree, text, self.scope()))

    def scope(self) -> Scope:
        return Scope(self.plain, self.also, self.functions, self.notation.log)

    def _remember_spelling(self, tree: s.Tree, text: Slice) -> None:
        for t in walk(tree):
            if isinstance(t, s.Call) and t.fn in SPELLINGS and t.primes == 0 and t.base is None:
                piece = text.text[t.at[0] : t.at[1]]
                head = piece.split("(", 1)[0].removesuffix(r"\left").strip()
                if "(" in piece and head and "{" + head not in piece and syntax_of(text.text) == "latex":
                    self.spellings.setdefault(SPELLINGS[t.fn], with_operators(head))

    def _set(self, text: Slice, tree: s.Tree) -> str:
        """Return a side as it is set: the author's LaTeX with beautiful names; plain text is written anew."""
        if syntax_of(self._whole(text)) == "latex":
            return with_operators(_respelled(text.text, parse(text, self.table())))
        return latex_of(tree, text, self.scope(), self.names(), self.notation)

    def _whole(self, text: Slice) -> str:
        return next(
            (
                line.text.text
                for line in self.lines
                if line.text.start <= text.start < line.text.start + len(line.text.text)
            ),
            text.text,
        )

    def _set_head(self, line: Line) -> str:
        if syntax_of(line.text.text) == "latex":
            return beautiful(line.name.text) + line.head.text[len(line.name.text) :]
        return beautiful(line.name.text)

    def names(self) -> dict[str, str]:
        """Return plain name → LaTeX."""
        return {plain: beautiful(self.spelled[id]) for id, plain in self.plain.items()}


def _style(spelled: str) -> str:
    """Return a spelling without what makes no difference: blanks and brackets."""
    return re.sub(r"[\s{}]", "", spelled)


def _spelling(text: Slice, where: s.Tree) -> str:
    """Return how a name is spelled; one out of a sum that was written out (x_1 of x_i) is not in the text."""
    return where.latex if isinstance(where, s.Name) else text.text[where.at[0] : where.at[1]]


def _respelled(text: str, tree: s.Tree) -> str:
    names = sorted((t.at for t in walk(tree) if isinstance(t, s.Name)), reverse=True)
    for start, end in names:
        text = text[:start] + beautiful(text[start:end]) + text[end:]
    return text
