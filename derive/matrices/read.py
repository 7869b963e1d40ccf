"""From a formula and the shapes of its names to a term."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from derive.errors import Fault, nearest
from derive.language import surface as s
from derive.language.grammar import Table, parse
from derive.matrices import functions as f
from derive.matrices import products as p
from derive.matrices import sums as a
from derive.matrices.dims import Dim, of, shown
from derive.matrices.indexed import big_sum, entries
from derive.matrices.sums import Clash
from derive.matrices.term import Term, make, ordered
from derive.matrices.unify import chained, open_name, same_shapes, sized, unified
from derive.ops import DEFAULTS, PRIMITIVES, SPELLINGS
from derive.source import Slice, of_text


@dataclass(frozen=True, slots=True)
class Names:
    """What the names of a formula are: terms by id, the names of dimensions, functions of terms by id.

    broadcast: whether a row or a column beside a matrix is added to each of its rows or columns.
    """

    terms: Mapping[str, Term] = field(default_factory=dict)
    dims: frozenset[str] = frozenset()
    functions: Mapping[str, Callable[..., Term]] = field(default_factory=dict)
    broadcast: bool = False


class Resolved(Exception):
    """The shape of a name that was left open is known now: sizes by the names of its open dimensions."""

    def __init__(self, sizes: Mapping[str, Dim]) -> None:
        super().__init__()
        self.sizes = sizes


def read(tree: s.Tree, text: Slice, names: Names, free: tuple[str, ...] = ()) -> Term:
    """Return the term that a tree means; raises a Fault at the part that has no meaning or does not fit.

    free: indices of which it is a number for each of their values, the entry of a column or a matrix.
    """
    reading = _Reading(text, names)
    found = entries(tree, reading, free) if free else reading.read(tree)
    for x in ordered(found):
        places = [open_name(d)[1:] for d in x.shape if open_name(d)[1:].isdigit()]
        if places:
            at = int(places[0])
            raise Fault("the size of this matrix is open", text.span(at, at + 1), expected="a subscript, as in I_n")
    return found


class _Reading:
    def __init__(self, text: Slice, names: Names, bound: Mapping[str, int] | None = None) -> None:
        self.text, self.names = text, names

    def fault(self, t: s.Tree, title: str, **more: Any) -> Fault:
        return Fault(title, self.text.span(*t.at), **more)

    def read(self, t: s.Tree) -> Term:
        rule = _RULES.get(type(t))
        if rule is None:
            raise self.fault(t, "this has no meaning in a formula of matrices")
        try:
            found: Term = rule(self, t)
        except Clash as clash:
            if clash.span is None:
                clash.span = self.text.span(*self.place(t))
            raise
        return found

    def place(self, t: s.Tree) -> s.Range:
        """Return where an operator stands; the whole of anything else."""
        return t.at

    def number(self, t: s.Num) -> Term:
        if len(t.text) > 400 or len(t.text.lower().partition("e")[2]) > 4:
            raise self.fault(t, "a number with too many digits")
        value = Fraction(t.text)
        if value and not Fraction(1, 10**300) < abs(value) < 10**300:
            raise self.fault(t, "a number beyond 10^±300")
        return a.num(value)

    def name(self, t: s.Name) -> Term:
        known = self.names.terms.get(t.id) or constant(t, self.names.dims)
        if known is not None:
            return known
        if t.id in self.names.dims:
            return a.dim(of(t.id))
        if t.id in ("pi", "π"):
            return make("pi")
        if t.id == "e":
            return f.entrywise("exp", a.ONE)
        hint = nearest(t.id, (*self.names.terms, *self.names.dims))
        expected = f"a shape for it: --shape '{t.id}: m x n', or --shape '{t.id}: scalar'"
        raise self.fault(t, f"unknown name {t.latex}", reason=hint, expected=expected)

    def add(self, t: s.Add) -> Term:
        found = self.read(t.terms[0])
        for before, x in zip(t.terms, t.terms[1:], strict=False):
            found = self.joined(a.add, found, self.read(x), (before.at[1], x.at[0]), "+")
        return found

    def joined(self, join: Callable[..., Term], x: Term, y: Term, at: s.Range, sign: str) -> Term:
        """Return two terms joined; a clash is shown at the operator, with both shapes."""
        sizes = unified(x, y, chained if sign == "·" else same_shapes)
        if any(name.startswith("?leaf") for name in sizes):
            raise Resolved(sizes)
        x, y = sized(x, sizes), sized(y, sizes)
        try:
            if self.names.broadcast and sign == "+":
                return join(*spread(x, y))
            return join(x, y)
        except Clash:
            start, end = at
            span = self.text.span(start, max(end, start + 1))
            fits = "the same shapes" if sign in "+⊙/" else "as many columns on the left as rows on the right"
            raise Clash(
                f"the shapes do not fit: {shown(x.shape)} {sign} {shown(y.shape)}", span, expected=fits
            ) from None

    def neg(self, t: s.Neg) -> Term:
        return a.neg(self.read(t.body))

    def mul(self, t: s.Mul) -> Term:
        found = self.read(t.factors[0])
        for k, (sign, factor) in enumerate(zip(t.signs, t.factors[1:], strict=True)):
            each = sign in ("odot", "circ")
            at = (t.factors[k].at[1], factor.at[0])
            if sign == "otimes":
                found = p.kron(found, self.read(factor))
            else:
                found = self.joined(p.had if each else p.matmul, found, self.read(factor), at, "⊙" if each else "·")
        return found

    def div(self, t: s.Div) -> Term:
        above, below = self.read(t.above), self.read(t.below)
        if t.style == "./":
            at = (t.above.at[1], t.below.at[0])
            return self.joined(p.had, above, p.entry_power(below, a.num(-1)), at, "/")
        if not below.scalar:
            raise self.fault(
                t.below, f"division by {shown(below.shape)} matrix", expected="a scalar, or ./ for entries"
            )
        return a.over(above, below)

    def pow(self, t: s.Pow) -> Term:
        base, exponent = self.read(t.base), self.read(t.exponent)
        if not exponent.scalar:
            raise self.fault(t.exponent, f"an exponent of {shown(exponent.shape)}", expected="a scalar")
        if t.entrywise or base.scalar:
            return p.entry_power(base, exponent)
        if base.rows != base.columns:
            title = f"a power of a matrix that is not square: {shown(base.shape)}"
            raise self.fault(t, title, expected=".^ for a power of every entry")
        if exponent.op != "num" or exponent.data.denominator != 1 or abs(exponent.data) > 20:
            raise self.fault(t.exponent, "a power of a matrix that is no small whole number", expected="an integer")
        return p.matrix_power(base, int(exponent.data))

    def root(self, t: s.Root) -> Term:
        body = self.read(t.body)
        if t.degree is None:
            return f.entrywise("sqrt", body)
        return p.entry_power(body, a.power(self.read(t.degree), a.num(-1)))

    def bars(self, t: s.Bars) -> Term:
        body = self.read(t.body)
        if not t.double:
            if not body.scalar and body.rows == body.columns:
                return f.determinant(body)
            return f.entrywise("abs", body)
        if t.sub in ("", "2", "F"):
            if t.sub == "2" and not body.scalar and 1 not in (body.rows.number, body.columns.number):
                raise self.fault(t, "the spectral norm of a matrix has no rule here", expected="‖·‖_F")
            return f.norm(body)
        if t.sub == "1":
            return f.norm_1(body)
        raise self.fault(t, f"the norm with the subscript {t.sub} is not known", expected="1, 2 or F")

    def transpose(self, t: s.Transpose) -> Term:
        return p.transpose(self.read(t.body))

    def call(self, t: s.Call) -> Term:
        own = self.names.functions.get(t.fn)
        if own is not None and not t.primes:
            return own(*(self.read(x) for x in t.args))
        if t.primes:
            raise self.fault(t, f"the derivative of {t.fn} is no function here")
        if t.fn in ("ones", "zeros", "eye", "comm"):
            return self.constant(t)
        if t.fn == "toep":
            if len(t.args) != 2:
                raise self.fault(t, "toep takes a column and a dimension")
            return f.toeplitz(self.read(t.args[0]), self.dim(t.args[1]))
        args = [self.read(x) for x in t.args]
        if t.fn in FUNCTIONS:
            count, function, _ = FUNCTIONS[t.fn]
            if len(args) != count:
                raise self.fault(t, f"{t.fn} takes {count} argument{'s' * (count > 1)}, here are {len(args)}")
            return function(*args)
        return self.primitive(t, args)

    def primitive(self, t: s.Call, args: list[Term]) -> Term:
        op = SPELLINGS.get(t.fn)
        if op is None:
            known = (*SPELLINGS, *FUNCTIONS, "ones", "zeros", "eye", "comm", "toep")
            raise self.fault(t, f"unknown function {t.fn}", reason=nearest(t.fn, known))
        if t.base is not None:
            base = self.read(t.base)
            return p.had(f.entrywise(op, args[0]), a.power(f.entrywise("log", base), a.num(-1)))
        if op in DEFAULTS and len(args) == 1:
            default = DEFAULTS[op]
            args.append(a.num(default.value))  # type: ignore[attr-defined]
        if len(args) != PRIMITIVES[op].arity:
            raise self.fault(t, f"{t.fn} takes {PRIMITIVES[op].arity} arguments, here are {len(args)}")
        return self.spread(op, args)

    def entry_call(self, t: s.Call) -> str:
        """Return the primitive that a call at every entry means."""
        op = SPELLINGS.get(t.fn)
        if op is None or t.primes or t.base is not None or len(t.args) != PRIMITIVES[op].arity:
            raise self.fault(t, f"{t.fn} has no meaning under a sum over indices")
        return op

    def resolve(self, one: Dim | None, other: Dim) -> None:
        """Raise Resolved where two sizes differ of which one belongs to a name with an open shape."""
        for open_, known in ((one, other), (other, one)):
            if open_ is not None and known is not None and open_name(open_).startswith("?leaf"):
                raise Resolved({open_name(open_): known})

    def big_sum(self, t: s.BigSum) -> Term:
        return big_sum(t, self)

    def spread(self, op: str, args: list[Term]) -> Term:
        """Return a primitive at every entry, in the operations that have closed forms over matrices."""
        if op == "max" and a.ZERO in args:
            return f.entrywise("relu", args[0] if args[1] is a.ZERO else args[1])
        shape = next((x.shape for x in args if not x.scalar), args[0].shape)
        full = [x if x.shape == shape else a.scale(x, a.ones(*shape)) for x in args]
        if any(x.shape != shape for x in full):
            raise Clash(f"the shapes do not fit: {', '.join(shown(x.shape) for x in args)}")
        return f.entrywise(op, *full)

    def constant(self, t: s.Call) -> Term:
        dims = [self.dim(x) for x in t.args]
        if t.fn == "eye" and len(dims) == 1:
            return a.eye(dims[0])
        if t.fn == "comm" and len(dims) == 2:
            return p.commutation(*dims)
        if t.fn in ("ones", "zeros") and len(dims) in (1, 2):
            rows, columns = dims[0], dims[1] if len(dims) == 2 else of(1)
            return a.ones(rows, columns) if t.fn == "ones" else a.zeros((rows, columns))
        raise self.fault(t, f"{t.fn} takes {'one dimension' if t.fn == 'eye' else 'two dimensions'}")

    def dim(self, t: s.Tree) -> Dim:
        return dimension(t, self.text, self.names.dims)

    def matrix(self, t: s.Matrix) -> Term:
        rows = [[self.read(x) for x in row] for row in t.rows]
        return self.blocks(t, rows)

    def blocks(self, t: s.Tree, rows: list[list[Term]]) -> Term:
        if len({len(row) for row in rows}) != 1:
            raise self.fault(t, "the rows of this matrix are not equally long")
        try:
            return f.block(len(rows), len(rows[0]), *(x for row in _filled(rows) for x in row))
        except Clash as clash:
            raise self.fault(t, clash.title) from None

    def seq(self, t: s.Seq) -> Term:
        if t.kind == "list" and t.items and all(isinstance(x, s.Seq) and x.kind == "list" for x in t.items):
            return self.blocks(t, [[self.read(y) for y in x.items] for x in t.items])  # type: ignore[union-attr]
        if t.kind in ("list", "tuple") and t.items:
            return self.blocks(t, [[self.read(x)] for x in t.items])
        raise self.fault(t, "this is no matrix", expected="[[1, 2], [3, 4]], or (1, 2) for a column")


def _filled(rows: list[list[Term]]) -> list[list[Term]]:
    """Return blocks with zeros of the shape of its place for every 0."""

    def size(line: Iterable[Term], side: int) -> Dim:
        return next((x.shape[side] for x in line if x is not a.ZERO), of(1))

    heights, widths = [size(row, 0) for row in rows], [size(column, 1) for column in zip(*rows, strict=True)]
    return [
        [a.zeros((height, width)) if x is a.ZERO else x for x, width in zip(row, widths, strict=True)]
        for row, height in zip(rows, heights, strict=True)
    ]


_CONSTANTS: dict[str, Callable[..., Term]] = {
    "I": lambda n, m=1: a.eye(n),
    "1": a.ones,
    "0": lambda n, m=1: a.zeros((of(n), of(m))),
}


def constant(t: s.Name, dims: frozenset[str]) -> Term | None:
    """Return I_n, 1_n or 0_n; without a subscript the size is left open. None for any other name."""
    made = _CONSTANTS.get(t.base)
    if made is None or t.sup:
        return None
    if not t.sub:
        return made(f"?{t.at[0]}") if t.base in "I1" else None
    for parts in (t.sub.split(","), *((t.sub[:k], t.sub[k + 1 :]) for k, c in enumerate(t.sub) if c == "x")):
        sizes = [_size(part, dims) for part in parts]
        if len(sizes) < 3 and None not in sizes:
            return made(*sizes)
    return None


def _size(text: str, dims: frozenset[str]) -> Dim | None:
    """Return a size that stands in a subscript: 3, n or n+k-1, with names of `dims`; None for anything else."""
    piece = of_text(text)
    try:
        return dimension(parse(piece, Table(dims), "plain"), piece, dims)
    except Fault:
        return None


def spread(x: Term, y: Term) -> tuple[Term, Term]:
    """Return two summands with a row or a column repeated so that it has the shape of the other."""
    if x.scalar or y.scalar or x.shape == y.shape:
        return x, y
    for small, large, first in ((x, y, True), (y, x, False)):
        if small.rows.number == 1 and small.columns == large.columns:
            full = p.matmul(a.ones(large.rows), small)
        elif small.columns.number == 1 and small.rows == large.rows:
            full = p.matmul(small, a.ones(1, large.columns))
        else:
            continue
        return (full, y) if first else (x, full)
    return x, y


def dimension(t: s.Tree, text: Slice, names: frozenset[str] | None = None, printed: bool = False) -> Dim:
    """Return a dimension: sums and products of whole numbers and names, those of `names` where it is given.

    printed: whether names beside each other are a product, which is no way to write one.
    """

    def fault(title: str) -> Fault:
        return Fault(title, text.span(*t.at), expected="a dimension such as 3, n or n + k - 1")

    match t:
        case s.Num() if names and f"N{t.text}" in names:  # a large size, which has a name
            return of(f"N{t.text}")
        case s.Num() if t.text.isdigit() and len(t.text) < 7:
            return of(int(t.text))
        case s.Name():
            if names is not None and t.id not in names:
                raise fault(f"{t.latex} is no dimension")
            if names is None and re.fullmatch(r"\w+x\w+", t.id):
                raise Fault("this is no dimension", text.span(*t.at), expected="blanks around the x, as in m x n")
            return of(t.id)
        case s.Add():
            total = of(0)
            for x in t.terms:
                total = total + dimension(x, text, names, printed)
            return total
        case s.Neg():
            return dimension(t.body, text, names, printed) * -1
        case s.Mul():
            apart = any(
                not sign and not isinstance(left, s.Num) for left, sign in zip(t.factors, t.signs, strict=False)
            )
            if apart and not printed:
                raise fault("this is no dimension")
            product = of(1)
            for x in t.factors:
                product = product * dimension(x, text, names, printed)
            return product
    raise fault("this is no dimension")


# Name → how many arguments, what it makes, what it is.
FUNCTIONS: dict[str, tuple[int, Callable[..., Term], str]] = {
    "sum": (1, p.total, "the sum of all entries"),
    "tr": (1, f.trace, "the trace"),
    "trace": (1, f.trace, "the trace"),
    "Tr": (1, f.trace, "the trace"),
    "det": (1, f.determinant, "the determinant"),
    "logdet": (1, f.log_determinant, "log |det|"),
    "inv": (1, p.inverse, "the inverse"),
    "norm": (1, f.norm, "the root of the sum of squares: Euclidean, Frobenius"),
    "norm1": (1, f.norm_1, "the sum of absolute entries"),
    "diag": (1, p.diag, "the diagonal matrix of a column"),
    "diagvec": (1, f.diagonal, "the diagonal as a column"),
    "vec": (1, p.vec, "the columns under each other"),
    "kron": (2, p.kron, "Kronecker's product"),
    "softmax": (1, f.softmax, "softmax of a column"),
    "rowsoftmax": (1, lambda x: f.softmax(x, "row"), "softmax of each row"),
    "colsoftmax": (1, lambda x: f.softmax(x, "col"), "softmax of each column"),
    "logsumexp": (1, f.log_sum_exp, "log of the sum of exp of all entries"),
    "huber": (2, lambda x, d: make("huber", (x, d), None, x.shape), "huber(r, d): the Huber loss of every entry"),
    "clip": (
        3,
        lambda x, low, high: make("clip", (x, low, high), None, x.shape),
        "clip(x, a, b): every entry within bounds",
    ),
    "tan": (
        1,
        lambda x: p.had(f.entrywise("sin", x), p.entry_power(f.entrywise("cos", x), a.num(-1))),
        "tangent of every entry",
    ),
    "cosh": (
        1,
        lambda x: a.times(Fraction(1, 2), a.add(f.entrywise("exp", x), f.entrywise("exp", a.neg(x)))),
        "hyperbolic cosine of every entry",
    ),
    "sinh": (
        1,
        lambda x: a.times(Fraction(1, 2), a.add(f.entrywise("exp", x), a.neg(f.entrywise("exp", a.neg(x))))),
        "hyperbolic sine of every entry",
    ),
}

_RULES: dict[type, Callable[[_Reading, Any], Term]] = {
    s.Num: _Reading.number,
    s.Name: _Reading.name,
    s.Add: _Reading.add,
    s.Neg: _Reading.neg,
    s.Mul: _Reading.mul,
    s.Div: _Reading.div,
    s.Pow: _Reading.pow,
    s.Root: _Reading.root,
    s.Bars: _Reading.bars,
    s.Transpose: _Reading.transpose,
    s.Call: _Reading.call,
    s.Matrix: _Reading.matrix,
    s.Seq: _Reading.seq,
    s.BigSum: _Reading.big_sum,
}
