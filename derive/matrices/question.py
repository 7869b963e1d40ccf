"""A question for a derivative, read: the formula, its names with their shapes, and what is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from derive.check.assume import Known
from derive.check.assume import read as assumed
from derive.errors import Fault, nearest
from derive.language import surface as s
from derive.language.grammar import Table, parse, syntax_of
from derive.language.meaning import plain_name
from derive.language.walk import walk
from derive.matrices import sums as a
from derive.matrices.dims import SCALAR, Shape, shown
from derive.matrices.indexed import capital
from derive.matrices.plain import plain, writable
from derive.matrices.read import Names, constant, dimension, read
from derive.matrices.sums import Clash
from derive.matrices.term import Term
from derive.source import Slice, of_text

KINDS = ("gradient", "gradient_sym", "jacobian", "hessian")
LAYOUTS = ("denominator", "numerator")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_REWRITTEN = frozenset({"tan", "sinh", "cosh"})
_SMALL = 3  # a size with which it is computed as it is
_LONGEST = 20_000  # characters of a formula


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, as terms and as trees.

    free: the variable as it is differentiated by, without what is assumed of it; wrt: with it.
    lets: names with what they stand for. ids: plain name → id in the texts. shaped: the names that have shapes.
    sizes: names that stand for large numbers among the dimensions while the derivative is found and certified.
    notes: what a reader should be told.
    """

    formula: Term
    tree: s.Tree
    wrt: Term
    free: Term
    lets: Mapping[Term, Term]
    let_trees: Sequence[tuple[str, s.Tree]]
    kind: str
    layout: str
    known: Known
    leaves: Sequence[str]
    ids: Mapping[str, str]
    spelled: Mapping[str, str]
    notes: Sequence[str] = ()
    shaped: Sequence[Term] = ()
    wrt_text: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def taken(self) -> frozenset[str]:
        """Every plain name that stands for something already."""
        return frozenset(self.ids) | self.known.dimensions


@dataclass(slots=True)
class _Reader:
    known: Known
    shapes: Mapping[str, Shape]
    dims: frozenset[str]
    wrt: str
    table: Table
    ids: dict[str, str] = field(default_factory=dict)
    terms: dict[str, Term] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)
    scalars: list[str] = field(default_factory=list)

    def parse(self, text: Slice) -> s.Tree:
        tree = parse(text, self.table, syntax_of(text.text))
        if syntax_of(text.text) == "plain":
            _no_entries(tree, text)
        return tree

    def declare(self, id: str, shape: Shape) -> None:
        known = self.known.of(id)
        traits = {*known.kinds, *({"symmetric"} if "positive definite" in known.kinds else ())}
        traits |= {"positive"} if known.low is not None and known.low >= 0 else set()
        plain = id if _IDENTIFIER.fullmatch(id) and id not in self.ids else plain_name(id, self.ids)
        self.ids[plain] = id
        self.terms[id] = a.sym(plain, shape, *sorted(traits - ({"symmetric"} if id == self.wrt else set())))

    def note(self, tree: s.Tree) -> None:
        """Take names that have no shape as scalars, and how names are spelled."""
        for name in walk(tree):
            if not isinstance(name, s.Name):
                continue
            self.spelled.setdefault(name.id, name.latex)
            if self.unknown(name, tree):
                self.declare(name.id, SCALAR)
                self.scalars.append(name.id)

    def unknown(self, name: s.Name, tree: s.Tree) -> bool:
        if name.id in self.terms or name.id in self.dims or name.id in ("pi", "π", "e"):
            return False
        if constant(name, self.dims) is not None or name.id in _indices(tree):
            return False
        wholes = [self.terms[id] for id in (name.base, capital(name.base)) if id in self.terms]
        return not (name.sub and any(not whole.scalar for whole in wholes))


def _no_entries(tree: s.Tree, text: Slice) -> None:
    """Raise at x(1) or x[1], which would be read as a product."""
    for x in walk(tree):
        for left, right, sign in zip(x.factors, x.factors[1:], x.signs, strict=False) if isinstance(x, s.Mul) else ():
            right = right.base if isinstance(right, s.Pow) else right
            number = isinstance(right, s.Num) or (isinstance(right, s.Seq) and right.kind == "list")
            if not sign and isinstance(left, s.Name) and number and text.text[left.at[1]] in "([":
                title = "single entries have no notation in plain text"
                span = text.span(left.at[0], min(right.at[1] + 1, len(text.text)))
                raise Fault(title, span, expected="a whole matrix, or x*1 for a product")


def _indices(tree: s.Tree) -> set[str]:
    return {index for x in walk(tree) if isinstance(x, s.BigSum) for index in x.indices}


def ask(
    formula: str,
    wrt: str,
    shapes: Iterable[str] = (),
    lets: Iterable[str] = (),
    assume: Sequence[str] = (),
    kind: str = "",
    layout: str = "denominator",
) -> Question:
    """Return what some texts ask for; raises a Fault at whatever cannot be read or does not fit.

    formula, lets: plain text or LaTeX. kind: one of KINDS, "" for the gradient of a scalar and the Jacobian of others.
    """
    text = of_text(formula, "<formula>")
    if len(formula) > _LONGEST:
        raise Fault(f"a formula of more than {_LONGEST} characters", text.span(0, 1))
    given = [of_text(let, "<let>") for let in lets]
    fixed = any("[[" in t or "matrix}" in t for t in (formula, *(let.text for let in given)))
    shapes, sizes = (list(shapes), {}) if fixed else _with_names(shapes)
    known = assumed(shapes, assume)
    reader = _reader(known, shapes, of_text(wrt, "<wrt>"), given)
    let_terms, let_trees = _lets(reader, given)
    tree = _one(reader.parse(text), text)
    reader.note(tree)
    term = _read(reader, tree, text)
    tree = _evaluable(tree, term, reader)
    if reader.wrt not in reader.terms:
        _no_such_variable(reader, of_text(wrt, "<wrt>"))
    _check_assumptions(reader, list(assume))
    free = reader.terms[reader.wrt]
    kind = kind or ("gradient" if term.scalar else "jacobian")
    _fits(kind, term, free, text)
    return Question(
        formula=term,
        tree=tree,
        wrt=_traited(free, known, reader.wrt),
        free=free,
        lets=let_terms,
        let_trees=let_trees,
        kind=kind,
        layout=layout,
        known=known,
        leaves=[id for id in reader.ids.values() if id not in dict(let_trees) or id == reader.wrt],
        ids=reader.ids,
        spelled={
            plain: reader.spelled.get(id, id)
            for plain, id in reader.ids.items()
            if set(reader.spelled.get(id, "")) & set("\\^{") or len(plain) == 1
        },
        notes=_notes(reader, term, free, let_terms),
        wrt_text=wrt.strip(),
        sizes=sizes,
        shaped=[reader.terms[id] for id in reader.shapes],
    )


def _with_names(shapes: Iterable[str]) -> tuple[list[str], dict[str, int]]:
    """Return shapes with names for large sizes: what holds for every size is certified at small ones."""
    sizes: dict[str, int] = {}

    def named(part: str) -> str:
        number = part.strip()
        if not number.isdigit() or not _SMALL < int(number) < 10**9:
            return part
        sizes[f"N{number}"] = int(number)
        return part.replace(number, f"N{number}")

    texts = []
    for text in shapes:
        name, colon, shape = text.partition(":")
        texts.append(name + colon + "".join(map(named, re.split(r"(\s+x\s+|×|\\times)", shape))))
    return texts, sizes


def _declared_scalars(shapes: Iterable[str]) -> list[str]:
    """Return the names that are said to be scalars."""
    found = []
    for text in shapes:
        name, _, shape = text.partition(":")
        tree = parse(of_text(name.strip(), "<shape>")) if shape.strip() == "scalar" else None
        found += [tree.id] if isinstance(tree, s.Name) else []
    return found


def _reader(known: Known, shapes: Sequence[str], wrt: Slice, lets: Sequence[Slice]) -> _Reader:
    scalars = _declared_scalars(shapes)
    dims = known.dimensions
    made: dict[str, Shape] = {}
    texts = {t.partition(":")[0].strip(): of_text(t, "<shape>") for t in shapes}
    for id, (rows, columns) in known.shapes.items():
        if id in dims:
            title = f"{id} is a dimension here, it cannot have a shape itself"
            raise Fault(title, about=id, expected="another letter for one of the two")
        where = next((t for name, t in texts.items() if name == id), of_text(id, "<shape>"))
        try:
            made[id] = (dimension(rows, where), dimension(columns, where))
        except Fault as fault:
            fault.span = where.span()
            raise
        if any(d.number is not None and d.number <= 0 for d in made[id]):
            raise Fault(f"{id} is {shown(made[id])}", where.span(), expected="sizes above 0")
    made |= dict.fromkeys(scalars, SCALAR)
    names = {*made, *dims}
    names |= {let.text.partition("=")[0].strip() for let in lets if "\\" not in let.text}
    tree = parse(wrt, Table(frozenset(names)))
    if not isinstance(tree, s.Name):
        raise Fault("this is no name", wrt.span(), expected="the name of what to differentiate by, such as W")
    if tree.id in dims:
        raise Fault(f"{tree.latex} is a dimension; nothing can be differentiated by it", wrt.span())
    reader = _Reader(known, made, dims, tree.id, Table(frozenset({*names, tree.id})))
    reader.spelled[tree.id] = tree.latex
    for id, shape in sorted(made.items(), key=lambda pair: not _IDENTIFIER.fullmatch(pair[0])):
        reader.declare(id, shape)
    return reader


def _lets(reader: _Reader, lets: Sequence[Slice]) -> tuple[dict[Term, Term], list[tuple[str, s.Tree]]]:
    terms: dict[Term, Term] = {}
    trees: list[tuple[str, s.Tree]] = []
    for text in lets:
        relation = reader.parse(text)
        if (
            not isinstance(relation, s.Relation)
            or relation.signs != ("=",)
            or not isinstance(relation.sides[0], s.Name)
        ):
            raise Fault("this is no definition", text.span(), expected="a name and what it is, such as r = W*x - y")
        name, body = relation.sides
        assert isinstance(name, s.Name)
        if name.id in reader.terms or name.id in reader.dims:
            what = "a dimension" if name.id in reader.dims else "declared already"
            raise Fault(f"{name.latex} is {what}", text.span(*name.at), expected="a name of its own")
        reader.note(body)
        reader.spelled[name.id] = name.latex
        term = _read(reader, body, text)
        if name.id in reader.shapes and reader.shapes[name.id] != term.shape:
            raise Fault(f"{name.latex} is {shown(term.shape)}", text.span(*body.at))
        reader.table = Table(reader.table.names | {name.id})
        reader.declare(name.id, term.shape)
        terms[reader.terms[name.id]] = term
        trees.append((name.id, _evaluable(body, term, reader)))
    return terms, trees


def _read(reader: _Reader, tree: s.Tree, text: Slice) -> Term:
    try:
        return read(tree, text, Names(reader.terms, reader.dims))
    except Clash as clash:
        if reader.scalars and not clash.reason:
            names = ", ".join(reader.scalars[:5])
            verb = "has no shape and is" if len(reader.scalars) == 1 else "have no shape and are"
            clash.reason = f"{names} {verb} taken as scalar{'s' * (len(reader.scalars) > 1)}"
        raise


def _evaluable(tree: s.Tree, term: Term, reader: _Reader) -> s.Tree:
    """Return a tree as it is evaluated: where sizes are left to what stands beside them, they are written out."""
    plainly = any(
        (isinstance(x, s.Name) and x.id not in reader.terms and constant(x, reader.dims) is not None)
        or (isinstance(x, s.Bars) and not x.double)
        or (isinstance(x, s.Call) and x.fn in _REWRITTEN)
        or (isinstance(x, s.Num) and f"N{x.text}" in reader.dims)
        or isinstance(x, s.BigSum | s.Index)
        for x in walk(tree)
    )
    if not plainly or not writable(term):
        return tree
    return parse(of_text(plain(term)), Table(frozenset(reader.ids) | reader.dims), "plain")


def _one(tree: s.Tree, text: Slice) -> s.Tree:
    if isinstance(tree, s.Relation):
        raise Fault("a relation has no derivative", text.span(*tree.places[0]), expected="one side of it")
    return tree


def _no_such_variable(reader: _Reader, text: Slice) -> None:
    """Take a variable that occurs nowhere as a scalar, unless it looks like a slip."""
    hint = nearest(reader.wrt, (*reader.terms, *reader.dims), least=0.7)
    if hint:
        raise Fault(f"{text.text} does not occur in the formula", text.span(), reason=hint)
    reader.declare(reader.wrt, SCALAR)


def _traited(free: Term, known: Known, id: str) -> Term:
    kinds = known.of(id).kinds
    more = {"symmetric"} if kinds & {"symmetric", "positive definite"} else set()
    return a.sym(free.data[0], free.shape, *sorted({*free.data[1], *more}))


def _check_assumptions(reader: _Reader, assume: Iterable[str]) -> None:
    """Raise where something is assumed of a name that there is not, or that cannot be so."""
    for id, known in reader.known.assumptions.items():
        text = next((of_text(t, "<assume>") for t in assume if t.strip().startswith(id)), of_text(id, "<assume>"))
        if id in reader.dims:
            continue
        if id not in reader.terms:
            hint = nearest(id, reader.terms)
            raise Fault(f"something is assumed of {id}, which does not occur", text.span(), reason=hint)
        term = reader.terms[id]
        square = known.kinds & {"symmetric", "positive definite", "invertible", "positive determinant"}
        if square and term.rows != term.columns:
            raise Fault(f"{id} is {shown(term.shape)}, not square", text.span())
        if square and term.scalar and "scalar" not in known.kinds:
            raise Fault(f"{id} is a scalar, not a matrix", text.span(), expected=f"{id} > 0, or --shape '{id}: n x n'")


def _fits(kind: str, term: Term, wrt: Term, text: Slice) -> None:
    if kind not in KINDS:
        raise Fault(f"{kind} is no kind of derivative", expected=", ".join(KINDS))
    if kind != "jacobian" and not term.scalar:
        title = f"the {kind.partition('_')[0]} is that of a scalar, this formula is {shown(term.shape)}"
        raise Fault(title, text.span(), expected="--kind jacobian, or a scalar such as the sum of the entries")
    if kind == "gradient_sym" and wrt.rows != wrt.columns:
        raise Fault(f"entries (i, j) and (j, i) of {shown(wrt.shape)} matrix", text.span(), expected="a square matrix")


def _notes(reader: _Reader, term: Term, wrt: Term, lets: Mapping[Term, Term]) -> list[str]:
    from derive.matrices.adjoint import sequence

    read_ = sequence(term, lets)
    unused = [id for id in reader.shapes if id != reader.wrt and all(x is not reader.terms[id] for x in read_)]
    notes = [f"{', '.join(unused)}: a shape is given, but not used"] if unused else []
    scalars = [id for id in reader.scalars if id != reader.wrt]
    if scalars and len(reader.shapes):
        names = ", ".join(reader.spelled.get(id, id) for id in scalars)
        notes.append(f"{names}: no shape is given, taken as {'a scalar' if len(scalars) == 1 else 'scalars'}")
    if all(x is not wrt for x in read_):
        notes.append(f"{reader.spelled.get(reader.wrt, reader.wrt)} does not occur in the formula: its derivative is 0")
    return notes
