"""Values of terms in 50 digits: what a derivative is certified with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from derive.check import functions as fn
from derive.check import quantities as q
from derive.check.quantities import Grid, Quantity, operate
from derive.matrices.numbers import Sizes
from derive.matrices.term import Term
from derive.ops.primitive import real

Rule = Callable[[Term, list[Quantity], Sizes], Quantity]


def evaluated(order: list[Term], leaves: Mapping[Term, Quantity], sizes: Sizes) -> dict[int, Quantity]:
    """Return the value of every term by its id; raises DomainError where one has none."""
    found: dict[int, Quantity] = {}
    for t in order:
        known = leaves.get(t)
        found[id(t)] = RULES[t.op](t, [found[id(x)] for x in t.args], sizes) if known is None else known
    return found


def _fold(join: Callable[[Quantity, Quantity], Quantity]) -> Rule:
    def rule(t: Term, xs: list[Quantity], sizes: Sizes) -> Quantity:
        found = xs[0]
        for x in xs[1:]:
            found = join(found, x)
        return found

    return rule


def _map(t: Term, xs: list[Quantity], sizes: Sizes) -> Quantity:
    if len(xs) == 1:
        return q.mapped(xs[0], lambda x: operate(t.data, x))
    if len(xs) == 2:
        return q.paired(xs[0], xs[1], lambda x, y: operate(t.data, x, y), t.data)
    raise q.Mismatch(f"{t.data} of {len(xs)} arguments")


def _one(function: Callable[..., Quantity]) -> Rule:
    return lambda t, xs, sizes: function(*xs)


def _shape(t: Term, sizes: Sizes) -> tuple[int, int]:
    return t.rows.value(sizes), t.columns.value(sizes)


def _filled(value: int) -> Rule:
    def rule(t: Term, xs: list[Quantity], sizes: Sizes) -> Quantity:
        rows, columns = _shape(t, sizes)
        return q.grid([[q.Fraction(value)] * columns] * rows)

    return rule


def _commutation(t: Term, xs: list[Quantity], sizes: Sizes) -> Quantity:
    m, n = (d.value(sizes) for d in t.data)
    ones = {(i * n + j, j * m + i) for i in range(m) for j in range(n)}
    return q.grid([[q.Fraction(int((r, c) in ones)) for c in range(m * n)] for r in range(m * n)])


def _toeplitz(t: Term, xs: list[Quantity], sizes: Sizes) -> Quantity:
    w = xs[0].cells if isinstance(xs[0], Grid) else [xs[0]]
    n = t.data.value(sizes)
    rows = range(n + len(w) - 1)
    return q.grid([[w[i - j] if 0 <= i - j < len(w) else q.Fraction(0) for j in range(n)] for i in rows])


def _rows(x: Quantity) -> tuple[tuple[Any, ...], ...]:
    return x.rows if isinstance(x, Grid) else ((x,),)


def _block(t: Term, xs: list[Quantity], sizes: Sizes) -> Quantity:
    rows, columns = t.data
    found: list[list[Any]] = []
    for i in range(rows):
        cells = [_rows(x) for x in xs[i * columns : (i + 1) * columns]]
        found += [[c for part in line for c in part] for line in zip(*cells, strict=True)]
    return q.grid(found)


def _slice(t: Term, xs: list[Quantity], sizes: Sizes) -> Quantity:
    (top, left), (rows, columns) = ((d.value(sizes) for d in pair) for pair in (t.data, t.shape))
    return q.grid([row[left : left + columns] for row in _rows(xs[0])[top : top + rows]])


def _clip(x: Any, low: Any, high: Any) -> Any:
    return low if x < low else high if x > high else x


def _clipped(x: Quantity, low: Any, high: Any) -> Quantity:
    return q.mapped(x, lambda e: _clip(e, low, high))


def _huber(x: Quantity, delta: Any) -> Quantity:
    def each(r: Any) -> Any:
        size = real(abs(r))
        return size * size / 2 if size <= real(delta) else real(delta) * (size - real(delta) / 2)

    return q.mapped(x, each)


RULES: dict[str, Rule] = {
    "num": lambda t, xs, sizes: t.data,
    "dim": lambda t, xs, sizes: q.Fraction(t.data.value(sizes)),
    "pi": lambda t, xs, sizes: operate("pi"),
    "ones": _filled(1),
    "zeros": _filled(0),
    "eye": lambda t, xs, sizes: q.grid(q.identity(t.rows.value(sizes)).rows),
    "comm": _commutation,
    "add": _fold(q.plus),
    "scale": _fold(q.times),
    "mul": _fold(q.times),
    "had": _fold(q.entrywise),
    "matmul": _fold(q.times),
    "pow": lambda t, xs, sizes: q.to_the(xs[0], xs[1]),
    "hpow": lambda t, xs, sizes: q.to_the(xs[0], t.data, each=True),
    "hpow_by": lambda t, xs, sizes: q.to_the(xs[0], xs[1], each=True),
    "map": _map,
    "T": _one(q.transposed),
    "inv": _one(q.inverse),
    "mpow": lambda t, xs, sizes: q.to_the(xs[0], q.Fraction(t.data)),
    "sum": _one(q.total),
    "tr": _one(q.trace),
    "det": _one(q.determinant),
    "logdet": _one(fn.FUNCTIONS["logdet"]),
    "norm": _one(q.norm),
    "norm1": _one(lambda x: q.norm(x, "1")),
    "diag": _one(fn.FUNCTIONS["diag"]),
    "diagvec": _one(fn.FUNCTIONS["diagvec"]),
    "vec": _one(fn.FUNCTIONS["vec"]),
    "kron": _one(fn.FUNCTIONS["kron"]),
    "toep": _toeplitz,
    "block": _block,
    "slice": _slice,
    "softmax": _one(lambda x: q.softmax(x, "columns")),
    "colsoftmax": _one(lambda x: q.softmax(x, "columns")),
    "rowsoftmax": _one(lambda x: q.softmax(x, "rows")),
    "logsumexp": _one(fn.FUNCTIONS["logsumexp"]),
    "huber": _one(_huber),
    "clip": _one(_clipped),
}
