"""Parts of a result that equal something shorter, found by their values: a name for them, a sum that is zero.

What agrees at random points of several sizes is taken for equal; the certificate of the result is computed afterwards
and independently of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from derive.matrices import functions as f
from derive.matrices import products as p
from derive.matrices import sums as a
from derive.matrices.cost import cost
from derive.matrices.dims import Dim
from derive.matrices.numbers import Sizes, evaluated
from derive.matrices.points import matrix, sizes
from derive.matrices.rebuild import rebuilt
from derive.matrices.term import Term, make, ordered

_POINTS = ((3, 0), (3, 1), (4, 2))  # the least size and how sizes are dealt
_CLOSE = 1e-9
_LARGEST = 2000  # parts that are compared


def sizes_of(t: Term) -> tuple[Dim, ...]:
    """Return dimensions that stand in a term beside its shape."""
    if t.op == "comm":
        return tuple(t.data)
    return (t.data,) if t.op in ("dim", "toep") else ()


class Values:
    """Values of terms at a few points, computed as they are asked for.

    smooth: as in `numbers`; same: names that have the values of others.
    """

    def __init__(
        self,
        lets: Mapping[Term, Term],
        terms: Iterable[Term],
        smooth: bool = True,
        same: Mapping[Term, Term] | None = None,
    ) -> None:
        self.lets = lets
        every = ordered(*terms, *lets, *lets.values())
        dims = {d for t in every for d in (*t.shape, *sizes_of(t))}
        self.sizes = [Sizes(sizes(dims, least, turn), smooth) for least, turn in _POINTS]
        self.kept: list[Term] = []  # so that no other term gets the id of one
        self.keys: dict[Term, Any] = {}
        self.leaves: list[dict[Term, Any]] = []
        self.known: list[dict[int, Any]] = [{} for _ in _POINTS]
        for number, at in enumerate(self.sizes):
            names = {t: matrix(t, at.sizes, str(number)) + 0j for t in every if t.op == "sym" and t not in lets}
            for t in every:  # the bound of a Huber loss
                if t.op == "huber" and t.args[1] in names:
                    names[t.args[1]] = abs(names[t.args[1]].real) + 0j
            for one, other in (same or {}).items():
                names[one] = names[other] if other in names else matrix(other, at.sizes, str(number)) + 0j
            self.leaves.append(self._with_lets(names, at))

    def _with_lets(self, leaves: dict[Term, Any], at: Sizes) -> dict[Term, Any]:
        for name, body in self.lets.items():
            leaves[name] = evaluated(ordered(body), leaves, at)[id(body)]
        return leaves

    def moved(self, number: int, name: Term, step: float) -> Values:
        """Return the values at one point where a name is moved along a fixed direction."""
        import numpy as np

        leaves = {t: x for t, x in self.leaves[number].items() if t not in self.lets}
        x = leaves[name]
        leaves[name] = x + step * np.cos(np.arange(x.size) + 1.0).reshape(x.shape)
        found = Values.__new__(Values)
        found.lets, found.sizes, found.kept, found.known = self.lets, [self.sizes[number]], [], [{}]
        found.keys = {}
        found.leaves = [found._with_lets(leaves, self.sizes[number])]
        return found

    def at(self, number: int, t: Term) -> Any:
        """Return the value of a term at one point."""
        known, leaves, at = self.known[number], self.leaves[number], self.sizes[number]
        if id(t) not in known:
            order = [x for x in ordered(t) if id(x) not in known]
            self.kept += order
            for x in order:
                if x.op == "sym" and x not in leaves:  # met after the others
                    leaves[x] = matrix(x, at.sizes, str(number)) + 0j
            known.update(evaluated(order, leaves, at, known))
        return known[id(t)]

    def of(self, t: Term) -> list[Any]:
        """Return the values of a term at all points."""
        return [self.at(number, t) for number in range(len(self.sizes))]

    def key(self, t: Term) -> Any:
        """Return what equal terms have in common (nearly always), None where a value is missing."""
        if t not in self.keys:
            self.keys[t] = self._key(t)
        return self.keys[t]

    def _key(self, t: Term) -> Any:
        import numpy as np

        found = []
        for value in self.of(t):
            if not np.isfinite(value).all():
                return None
            weights = np.cos(np.arange(value.size) + 1).reshape(value.shape)
            total = complex((weights * value).sum())
            found.append((f"{total.real:.7e}", f"{total.imag:.7e}") if abs(total) > 1e-12 else ("0", "0"))
        return t.shape, tuple(found)

    def same(self, x: Term, y: Term) -> bool:
        import numpy as np

        pairs = zip(self.of(x), self.of(y), strict=True)
        return all(np.abs(u - v).max() <= _CLOSE * max(np.abs(u).max(), 1e-300) for u, v in pairs)


class Known:
    """Terms by their values, and names with what they stand for: made once, for any number of results."""

    def __init__(self, known: Iterable[Term], lets: Mapping[Term, Term], results: Iterable[Term] = ()) -> None:
        known = list(known)
        self.values = Values(lets, [*results, *known])
        self.table = _table(self.values, [*known, *(p.transpose(name) for name in lets)])

    def merged(self, t: Term) -> Term:
        """Return t with parts that equal a shorter known term replaced by it, and summands that vanish left out."""
        order = ordered(t)
        if len(order) > _LARGEST:
            return t
        tables = (self.table, _table(self.values, _more(order)))
        found: dict[int, Term] = {}
        for x in order:
            again = rebuilt(x, [found[id(y)] for y in x.args])
            again = _without_zeros(_softmaxed(again), self.values)
            found[id(x)] = _shortest(again, self.values, tables)
        return found[id(t)]


def merged(t: Term, known: Iterable[Term], lets: Mapping[Term, Term]) -> Term:
    """Return t with parts that equal a shorter known term replaced by it, and summands that vanish left out."""
    return Known(known, lets, [t]).merged(t) if len(ordered(t)) <= _LARGEST else t


def _more(order: list[Term]) -> list[Term]:
    """Return terms that could stand for parts of a result though nobody wrote them."""
    found = []
    for x in order:
        if x.op == "map" and x.data == "sigmoid":
            found.append(f.entrywise("sigmoid", a.neg(x.args[0])))
        if x.op == "map" and x.data == "exp" and x.columns.number == 1 and not x.scalar:
            found.append(f.softmax(x.args[0]))
    return found


def _table(values: Values, known: Iterable[Term]) -> dict[Any, Term]:
    table: dict[Any, Term] = {}
    for x in ordered(*known):
        if x.op in ("num", "ones", "zeros", "eye", "dim", "comm"):
            continue
        key = values.key(x)
        if key is not None and (key not in table or _rank(x) < _rank(table[key])):
            table[key] = x
    return table


def _rank(t: Term) -> tuple[int, bool]:
    return cost(t), t.op != "sym"


def _softmaxed(t: Term) -> Term:
    """Write exp(x)/sum(exp(x)) as softmax(x), also where other factors stand beside exp(x)."""
    if t.op != "scale":
        return t
    factors = t.args[0].args if t.args[0].op == "mul" else (t.args[0],)
    parts = t.args[1].args if t.args[1].op in ("matmul", "had") else (t.args[1],)
    for f_ in factors:
        whole = f_.args[0] if f_.op == "pow" and f_.args[1].op == "num" and f_.args[1].data == -1 else None
        if whole is None or whole.op != "sum":
            continue
        exp = whole.args[0]
        if exp.op != "map" or exp.data != "exp" or exp.columns.number != 1 or all(x is not exp for x in parts):
            continue
        made = [f.softmax(exp.args[0]) if x is exp else x for x in parts]
        join = p.matmul if t.args[1].op == "matmul" else p.had
        return a.scale(a.product(x for x in factors if x is not f_), join(*made))
    return t


def _shortest(t: Term, values: Values, tables: Iterable[Mapping[Any, Term]]) -> Term:
    if not t.args:
        return t
    if t.op == "hpow" and t.data < 0 and (base := p.entry_power(t.args[0], a.num(-t.data))).op == "hpow":
        under = _shortest(base, values, tables)
        return t if under is base else p.entry_power(under, a.num(-1))
    others = [table[key] for table in tables if (key := values.key(t)) in table]
    other = min(others, key=_rank, default=t)
    return other if _rank(other) < _rank(t) and values.same(t, other) else t


def _without_zeros(t: Term, values: Values) -> Term:
    import numpy as np

    if t.op == "add":
        pairs = [(v, [np.abs(w).max() for w in column]) for v, column in _columns(t, values)]
        if all(np.isfinite(v).all() and np.abs(v).max() <= 1e-11 * max(column) for v, column in pairs):
            return a.zeros(t.shape)
    if t.op == "matmul":
        return _thinned(t, values)
    if t.op in ("sum", "tr"):
        sizes = [(np.abs(v).max(), np.abs(w).max()) for v, w in zip(values.of(t), values.of(t.args[0]), strict=True)]
        if all(np.isfinite(w) and v <= 1e-12 * w for v, w in sizes):
            return a.ZERO
    return t


def _columns(t: Term, values: Values) -> list[tuple[Any, list[Any]]]:
    args = [values.of(x) for x in t.args]
    return [(v, [x[k] for x in args]) for k, v in enumerate(values.of(t))]


def _thinned(t: Term, values: Values) -> Term:
    """Leave out summands of a factor whose product with the others vanishes, as 11'·(X - 11'X/n) does."""
    import numpy as np

    for k, factor in enumerate(t.args):
        if factor.op != "add":
            continue
        kept = []
        for x in factor.args:
            alone = make("matmul", (*t.args[:k], x, *t.args[k + 1 :]), shape=t.shape)
            sizes = [np.abs(v).max() for v in values.of(alone)]
            bound = [np.prod([np.abs(values.of(y)[i]).max() for y in alone.args]) for i in range(len(sizes))]
            if not all(size <= 1e-11 * most for size, most in zip(sizes, bound, strict=True)):
                kept.append(x)
        if len(kept) < len(factor.args):
            return p.matmul(*t.args[:k], a.add(*kept) if kept else a.zeros(factor.shape), *t.args[k + 1 :])
    return t
