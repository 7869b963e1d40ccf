"""Functions of matrices that a formula may call; those of numbers are the primitives."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derive.check import quantities as q
from derive.check.quantities import Grid, Mismatch, Quantity, Scalar, operate
from derive.ops import DomainError
from derive.ops.primitive import real, short


def _whole(n: Quantity) -> int:
    if isinstance(n, Grid) or not isinstance(n, Fraction) or n.denominator != 1 or not 0 < n <= 50:
        raise DomainError("a dimension that is no small whole number")
    return int(n)


def _filled(value: int) -> Callable[..., Quantity]:
    def made(rows: Quantity, columns: Quantity = Fraction(1)) -> Quantity:
        return q.grid([[Fraction(value)] * _whole(columns)] * _whole(rows))

    return made


def _column(x: Quantity, what: str) -> Grid:
    if not isinstance(x, Grid):
        return Grid(((x,),))
    if x.shape[1] != 1:
        raise Mismatch(f"{what} of a {q.shape_text(x)} matrix")
    return x


def _diag(x: Quantity) -> Quantity:
    entries = [row[0] for row in _column(x, "diag").rows]
    return q.grid([[e if i == j else Fraction(0) for j in range(len(entries))] for i, e in enumerate(entries)])


def _diagvec(x: Quantity) -> Quantity:
    rows = x.rows if isinstance(x, Grid) else ((x,),)
    return q.grid([[rows[i][i]] for i in range(min(len(rows), len(rows[0])))])


def _vec(x: Quantity) -> Quantity:
    return q.grid([[cell] for column in zip(*x.rows, strict=True) for cell in column]) if isinstance(x, Grid) else x


def _kron(a: Quantity, b: Quantity) -> Quantity:
    left, right = (x.rows if isinstance(x, Grid) else ((x,),) for x in (a, b))
    return q.grid([[operate("mul", x, y) for x in r for y in s] for r in left for s in right])


def _logsumexp(x: Quantity) -> Scalar:
    cells = x.cells if isinstance(x, Grid) else [x]
    top = max(cells, key=real)
    shifted = q.total(Grid((tuple(operate("exp", operate("add", c, -top)) for c in cells),)))
    return operate("add", top, operate("log", shifted))


def _logdet(x: Quantity) -> Scalar:
    return operate("log", abs(q.determinant(x)))


def _commutation(m: Quantity, n: Quantity) -> Quantity:
    """Return K with K·vec A = vec A' for A of m×n."""
    rows, columns = _whole(m), _whole(n)
    ones = {(i * columns + j, j * rows + i) for i in range(rows) for j in range(columns)}
    size = range(rows * columns)
    return q.grid([[Fraction(int((r, c) in ones)) for c in size] for r in size])


def _toeplitz(w: Quantity, n: Quantity) -> Quantity:
    """Return T with T·x = w * x, the full convolution with a column of n entries."""
    cells, columns = [row[0] for row in _column(w, "toep").rows], _whole(n)
    rows = range(columns + len(cells) - 1)
    return q.grid([[cells[i - j] if 0 <= i - j < len(cells) else Fraction(0) for j in range(columns)] for i in rows])


def _clip(x: Quantity, low: Quantity, high: Quantity) -> Quantity:
    if isinstance(low, Grid) or isinstance(high, Grid):
        raise Mismatch("clip between matrices")
    return q.mapped(x, lambda e: low if real(e) < real(low) else high if real(e) > real(high) else e)


def _numeric(name: str, inside: Callable[[Scalar], bool] = lambda x: True) -> Callable[[Quantity], Quantity]:
    """Return a function of numbers, entry by entry; `inside` says where it has a real value."""

    def found(x: Quantity) -> Quantity:
        from mpmath import mp

        def one(cell: Scalar) -> Scalar:
            at = real(cell)
            if not inside(at):
                raise DomainError(f"{name} of {short(cell)}")
            try:
                return getattr(mp, _SPELLED.get(name, name))(at)
            except (ValueError, ZeroDivisionError):
                raise DomainError(f"{name} of {short(cell)}") from None

        return q.mapped(x, one)

    return found


def _whole_part(name: str, up: bool) -> Callable[[Quantity], Quantity]:
    def one(x: Scalar) -> Scalar:
        from mpmath import mp

        if isinstance(x, Fraction):
            return Fraction(-(-x // 1) if up else x // 1)
        return (mp.ceil if up else mp.floor)(x)

    return lambda x: q.mapped(x, one)


def _decimal_log(x: Quantity) -> Quantity:
    return q.over(q.mapped(x, lambda cell: operate("log", cell)), operate("log", Fraction(10)))


_SPELLED = {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "artanh": "atanh"}
FUNCTIONS: dict[str, Callable[..., Quantity]] = {
    "tr": q.trace,
    "trace": q.trace,
    "det": q.determinant,
    "logdet": _logdet,
    "inv": q.inverse,
    "norm": q.norm,
    "norm1": lambda x: q.norm(x, "1"),
    "sum": q.total,
    "diag": _diag,
    "diagvec": _diagvec,
    "vec": _vec,
    "kron": _kron,
    "comm": _commutation,
    "toep": _toeplitz,
    "clip": _clip,
    "eye": lambda n: q.grid(q.identity(_whole(n)).rows),
    "ones": _filled(1),
    "zeros": _filled(0),
    "softmax": q.softmax,
    "rowsoftmax": lambda x: q.softmax(x, "rows"),
    "colsoftmax": lambda x: q.softmax(x, "columns"),
    "logsumexp": _logsumexp,
    "lg": _decimal_log,
    "ceil": _whole_part("ceil", up=True),
    "floor": _whole_part("floor", up=False),
    **{name: _numeric(name) for name in ("tan", "sec", "sinh", "cosh", "arctan", "atan")},
    **{name: _numeric(name, lambda x: x != 0) for name in ("cot", "csc", "coth")},
    **{name: _numeric(name, lambda x: abs(x) <= 1) for name in ("arcsin", "arccos")},
    "artanh": _numeric("artanh", lambda x: abs(x) < 1),
}
