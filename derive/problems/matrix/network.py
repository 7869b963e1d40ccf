"""A network of vectors and matrices: lines, their derivatives in named adjoints, numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from derive.certify import Certificate
from derive.check.quantities import Grid, Quantity
from derive.errors import Fault, nearest
from derive.front.entries import Mapping as Entry
from derive.graph import Role
from derive.language import surface as s
from derive.language.grammar import Table
from derive.matrices.dims import Dim
from derive.matrices.merge import Known, sizes_of
from derive.matrices.term import Term, ordered
from derive.notation import Notation
from derive.problems.adjoint_names import AdjointName
from derive.problems.matrix.forms import Adjoint, adjoints, known, readers
from derive.problems.matrix.free_indices import NONE, FreeIndices
from derive.problems.matrix.general import numbered
from derive.problems.matrix.numbers import Numbers, Printed, numbers, printed, updated
from derive.problems.values import Update
from derive.source import Span


@dataclass(frozen=True, slots=True)
class Name:
    """A leaf or a line: plain name, id, how the author spells it, its role, its symbol with its shape."""

    name: str
    id: str
    spelled: str
    latex: str
    role: Role
    symbol: Term


@dataclass(frozen=True, slots=True)
class MatrixLine:
    """A line of the forward pass; `forms` are its right sides as LaTeX, `body` what it means, `tree` the last side.

    head: its left side as LaTeX. body is None for an abstract loss f(Y), which reads `of`. spread: leaves that are
    added to every row or column. indices: those of its left side, where it is about entries; entry: its last side as
    the author has it.
    """

    name: str
    head: str
    forms: tuple[str, ...]
    tree: s.Tree
    body: Term | None
    of: str = ""
    function: str = ""
    spread: tuple[tuple[str, str], ...] = ()
    span: Span | None = None
    indices: tuple[str, ...] = ()
    entry: s.Tree | None = None


@dataclass(frozen=True)
class MatrixNetwork:
    """One entry of `networks` that has shapes. What follows from it is computed when it is first asked for.

    names: leaves and lines by plain name, in reading order. wrt: whose gradients are shown. given: values by plain
    name; upstream: derivatives of an abstract loss that are given. functions: id → primitive, or "any". loss: "" where
    there is only a forward pass. named: what the author calls derivatives of the loss, by line. general: the
    network with letters for its large sizes, of which everything is derived; numbers: what the letters stand for.
    sums: names whose "rows" or "columns" are assumed to sum to 1.
    """

    name: str
    names: Mapping[str, Name]
    lines: tuple[MatrixLine, ...]
    loss: str
    notation: Notation
    samples: str
    wrt: tuple[str, ...]
    given: Mapping[str, Quantity]
    upstream: Mapping[str, Quantity]
    bound: Mapping[str, int]
    update: Update | None
    also: Mapping[str, str]
    functions: Mapping[str, str]
    spellings: Mapping[str, str]
    entry: Entry = field(repr=False)
    general: MatrixNetwork | None = field(default=None, repr=False)
    numbers: Mapping[str, int] = field(default_factory=dict)
    named: Mapping[str, AdjointName] = field(default_factory=dict)
    indices: FreeIndices = NONE
    sums: Mapping[str, str] = field(default_factory=dict)

    kind = "matrix network"

    @cached_property
    def plain(self) -> dict[str, str]:
        return {n.id: n.name for n in self.names.values()}

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each name in reading order."""
        return {name: place for place, name in enumerate(self.names)}

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all that has a name: lines, leaves, other names of them, derivatives that the author names."""
        return frozenset({*self.plain, *self.also, *(made.id for made in self.named.values())})

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(n.name for n in self.names.values() if n.role is Role.PARAMETER)

    @cached_property
    def _lines(self) -> dict[str, MatrixLine]:
        return {line.name: line for line in self.lines}

    def line(self, name: str) -> MatrixLine | None:
        return self._lines.get(name)

    @cached_property
    def readers(self) -> dict[str, list[MatrixLine]]:
        """The lines that read each name."""
        return readers(self)

    @cached_property
    def known(self) -> Known:
        """The lines, as they are recognised in derivatives."""
        return known(self)

    def find(self, text: str, span: Span | None = None) -> str:
        """Return the plain name for a spelling in the body; raises a Fault that suggests one."""
        id = self._id(text)
        found = self.plain.get(id) or (text if text in self.names else None)
        if found is None:
            spelled = [n.spelled for n in self.names.values()]
            hint = nearest(text, spelled)
            raise Fault(f"{text} is no symbol of `{self.name}`", span, reason=hint, expected=", ".join(spelled))
        return found

    def find_adjoint(self, text: str, span: Span | None = None) -> str:
        """Return the plain name of what a derivative is by: of a spelling of it, or of the author's derivative."""
        return self.adjoint_name(text) or self.find(text, span)

    def adjoint_name(self, text: str) -> str:
        """Return the line whose derivative the author calls so, "" for any other name."""
        id = self._id(text)
        return next((name for name, made in self.named.items() if made.id == id), "")

    def _id(self, text: str) -> str:
        """Return the id of a spelling in the body, of the whole for an entry; the text itself where it is no name."""
        from derive.problems.line import read_name
        from derive.source import of_text

        try:
            id = read_name(of_text(text), self.table)
        except Fault:
            return text
        return self.indices.whole(self.also.get(id, id))

    def require_loss(self, span: Span | None = None) -> None:
        """Raise a Fault where there is only a forward pass."""
        if not self.loss:
            title = f"`{self.name}` has no scalar to be differentiated, so it has a forward pass only"
            raise Fault(title, span, expected="a loss: a line that is a scalar, or a loss as the last layer")

    def latex(self, name: str) -> str:
        return self.names[name].latex

    def quantity(self, name: str) -> str:
        """Return ∂loss/∂name as LaTeX."""
        d = self.notation.derivative
        return rf"\frac{{{d} {self.latex(self.loss)}}}{{{d} {self.latex(name)}}}"

    @cached_property
    def spelled(self) -> dict[str, str]:
        """How names, adjoints and functions are written: derivatives by the name that the author gives them."""
        found = {n.name: n.latex for n in self.names.values()}
        if self.loss:
            found |= {f"∂{n.name}": self.quantity(n.name) for n in self.names.values()}
        found |= {f"∂{name}": made.latex for name, made in self.named.items()}
        return {**found, **self.spellings}

    @cached_property
    def table(self) -> Table:
        return Table(self.ids | self.dims, frozenset(self.functions))

    @cached_property
    def dimensions(self) -> frozenset[Dim]:
        """Every dimension of a name or of a part of a line."""
        every = ordered(*(n.symbol for n in self.names.values()), *(line.body for line in self.lines if line.body))
        return frozenset(d for t in every for d in (*t.shape, *sizes_of(t)))

    @cached_property
    def dims(self) -> frozenset[str]:
        """The names in dimensions."""
        return frozenset(name for d in self.dimensions for name in d.names)

    @cached_property
    def adjoints(self) -> dict[str, Adjoint]:
        """The derivative of the loss by every line and leaf, in the order of the backward pass."""
        if self.general is not None:
            return {name: numbered(x, self.numbers) for name, x in self.general.adjoints.items()}
        return adjoints(self)

    @cached_property
    def printed(self) -> dict[str, tuple[Printed, ...]]:
        """The forms of each derivative as they are printed."""
        return printed(self)

    @cached_property
    def certificate(self) -> Certificate:
        from derive.problems.matrix.certify import certify

        return self.general.certificate if self.general is not None else certify(self)

    @property
    def complete(self) -> bool:
        """Whether the numbers of all leaves are known, and with an abstract loss its derivative."""
        leaves = {n.name for n in self.names.values() if n.role is not Role.LINE}
        abstract = [line for line in self.lines if line.body is None]
        open_ = {id for id, op in self.functions.items() if op == "any"} - {line.function for line in abstract}
        return leaves <= set(self.given) and {line.of for line in abstract} <= set(self.upstream) and not open_

    @cached_property
    def before(self) -> Numbers:
        if not self.complete:
            missing = [n.spelled for n in self.names.values() if n.role is not Role.LINE and n.name not in self.given]
            raise Fault(
                f"`{self.name}` has no numbers", self.entry.span, expected=f"values for {', '.join(missing) or 'all'}"
            )
        return numbers(self, self.given)

    @cached_property
    def updated(self) -> dict[str, Quantity]:
        return updated(self)

    @cached_property
    def after(self) -> Numbers:
        return numbers(self, {**self.given, **self.updated})

    def size(self, d: Dim) -> int | None:
        """Return a dimension as a number where the values say it."""
        return d.value(self.bound) if d.names <= set(self.bound) else None

    def notes(self) -> list[str]:
        return []


def cells(x: Quantity) -> list[object]:
    return list(x.cells) if isinstance(x, Grid) else [x]
