r"""One entry of a term, with indices: [A x]_i is \sum_j a_ij x_j.

An entry of a name is itself a name, x[i], and a sum over an index a term of its own, so that everything that is known
of scalars (common factors, fractions) holds for entries too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from itertools import pairwise

from derive.matrices import functions as f
from derive.matrices import sums as a
from derive.matrices.dims import Dim
from derive.matrices.term import Term, make, ordered

LETTERS = "ijklpqrstuv"
Place = tuple[str, str]  # indices of row and column, "" for the only one


class NoEntries(Exception):
    """A term whose entries have no formula with indices here; the text names the operation."""


def free_letters(shape: tuple[Dim, Dim], taken: Iterable[str], wanted: tuple[str, ...] = ()) -> Place:
    """Return indices for an entry of something of a shape: the wanted ones, else the first that are not taken."""
    left = iter([*wanted, *(x for x in LETTERS if x not in {*taken, *wanted})])
    rows, columns = (next(left) if d.number != 1 else "" for d in shape)
    return rows, columns


def entry(t: Term, place: Place, taken: frozenset[str] = frozenset()) -> Term:
    """Return the entry of a term at a place as a scalar; raises NoEntries. taken: letters that are no indices."""
    return _Entries(taken | set(place)).at(t, place)


def big_sum(letter: str, size: Dim, body: Term) -> Term:
    """Return a sum over an index with what does not depend on it in front."""
    factors = body.args if body.op == "mul" else (body,)
    inside = [x for x in factors if letter in indices_of(x)]
    outside = [x for x in factors if letter not in indices_of(x)]
    if not inside:
        return a.mul(a.dim(size), body)
    return a.mul(*outside, make("bigsum", (a.mul(*inside),), (letter, size)))


def indices_of(t: Term) -> frozenset[str]:
    """Return the indices that stand free in an entry."""
    free: dict[int, frozenset[str]] = {}
    for x in ordered(t):
        own = frozenset(_of_name(x)) if x.op == "sym" else frozenset()
        own = own.union(*(free[id(y)] for y in x.args))
        free[id(x)] = own - {x.data[0]} if x.op == "bigsum" else own
    return free[id(t)]


def _of_name(t: Term) -> tuple[str, ...]:
    _, bracket, rest = t.data[0].partition("[")
    return tuple(rest[:-1].split(",")) if bracket else ()


def written_out(t: Term, sizes: Mapping[str, int], at: Mapping[str, int] | None = None) -> Term:
    """Return an entry with its sums written out, indices and dimensions as numbers: x[1] + x[2] over 2."""
    at = at or {}
    match t.op:
        case "bigsum":
            letter, size = t.data
            return a.add(*(written_out(t.args[0], sizes, {**at, letter: k + 1}) for k in range(size.value(sizes))))
        case "sym":
            return _numbered(t, at)
        case "dim":
            return a.num(Fraction(t.data.value(sizes)))
    args = [written_out(x, sizes, at) for x in t.args]
    return _SCALARS[t.op](t, *args) if t.op in _SCALARS else t


def _numbered(t: Term, at: Mapping[str, int]) -> Term:
    places = _of_name(t)
    if not places:
        return t
    name = t.data[0].partition("[")[0]
    return a.sym(f"{name}[{','.join(str(at.get(i, i)) for i in places)}]")


class _Entries:
    def __init__(self, taken: frozenset[str]) -> None:
        self.taken = taken

    def at(self, t: Term, place: Place) -> Term:
        rule = _RULES.get(t.op)
        if rule is None:
            raise NoEntries(t.op)
        return rule(self, t, place)

    def name(self, t: Term, place: Place) -> Term:
        letters = ",".join(x for x in place if x)
        return a.sym(f"{t.data[0]}[{letters}]") if letters else t

    def each(self, t: Term, place: Place) -> list[Term]:
        """Return the entries of the arguments; a scalar is the same for all."""
        return [self.at(x, ("", "") if x.scalar else place) for x in t.args]

    def fresh(self, *places: str) -> str:
        return next(x for x in LETTERS if x not in self.taken and x not in places)

    def identity(self, t: Term, place: Place) -> Term:
        if place[0] != place[1]:
            raise NoEntries("the identity")
        return a.ONE

    def product(self, t: Term, place: Place) -> Term:
        """Return Σ over what neighbours share; a diagonal matrix has one index for both of its sides."""
        letters = self.between(t, place)
        inner = _Entries(self.taken | set(letters))
        factors = []
        for x, at in zip(t.args, pairwise(letters), strict=True):
            factors.append(inner.at(x.args[0], (at[0], "")) if x.op == "diag" else inner.at(x, at))
        body = a.mul(*factors)
        sums = {letter: x.columns for letter, x in zip(letters[1:-1], t.args, strict=False) if letter not in place}
        for letter, size in reversed(sums.items()):
            body = big_sum(letter, size, body) if letter else body
        return body

    def between(self, t: Term, place: Place) -> list[str]:
        """Return the indices before, between and behind the factors of a product."""
        letters = [place[0]]
        for k, x in enumerate(t.args[:-1], 1):
            if x.op == "diag":
                letters.append(letters[-1])
            elif all(y.op == "diag" for y in t.args[k:]):
                letters.append(place[1])
            else:
                letters.append("" if x.columns.number == 1 else self.fresh(*letters, *place))
        return [*letters, place[1]]

    def total(self, t: Term, body: Callable[[_Entries, Place], Term], of: Term) -> Term:
        """Return the sum over all entries of something."""
        place = free_letters(of.shape, self.taken)
        found = body(_Entries(self.taken | {x for x in place if x}), place)
        for letter, size in reversed(list(zip(place, of.shape, strict=True))):
            found = big_sum(letter, size, found) if letter else found
        return found

    def trace(self, t: Term, place: Place) -> Term:
        letter = self.fresh()
        inner = _Entries(self.taken | {letter})
        return big_sum(letter, t.args[0].rows, inner.at(t.args[0], (letter, letter)))


def _squares(self: _Entries, t: Term, place: Place) -> Term:
    of = t.args[0]
    total = self.total(t, lambda inner, at: a.power(inner.at(of, at), a.num(2)), of)
    return a.power(total, a.num(Fraction(1, 2)))


Rule = Callable[[_Entries, Term, Place], Term]
# Operations on scalars, of which an entry is made: what they are with other arguments.
_SCALARS: dict[str, Callable[..., Term]] = {
    "add": lambda t, *x: a.add(*x),
    "mul": lambda t, *x: a.mul(*x),
    "pow": lambda t, x, n: a.power(x, n),
    "map": lambda t, x, *more: f.entrywise(t.data, x, *more),
    "fn": lambda t, x: f.opened(t.data[0], x, t.data[1]),
}


def _scalar(self: _Entries, t: Term, place: Place) -> Term:
    made: Term = _SCALARS[t.op](t, *self.each(t, place))
    return made


_RULES: dict[str, Rule] = {
    **dict.fromkeys(_SCALARS, _scalar),
    **dict.fromkeys(("num", "dim", "pi"), lambda self, t, place: t),
    "sym": _Entries.name,
    "ones": lambda self, t, place: a.ONE,
    "zeros": lambda self, t, place: a.ZERO,
    "eye": _Entries.identity,
    "scale": lambda self, t, place: a.mul(*self.each(t, place)),
    "had": lambda self, t, place: a.mul(*self.each(t, place)),
    "hpow": lambda self, t, place: a.power(self.at(t.args[0], place), a.num(t.data)),
    "hpow_by": lambda self, t, place: a.power(*self.each(t, place)),
    "T": lambda self, t, place: self.at(t.args[0], (place[1], place[0])),
    "matmul": _Entries.product,
    "sum": lambda self, t, place: self.total(t, lambda inner, at: inner.at(t.args[0], at), t.args[0]),
    "tr": _Entries.trace,
    "norm": _squares,
}
