"""Functions of matrices, entry by entry or as a whole."""

from __future__ import annotations

from fractions import Fraction

from derive.matrices import sums as a
from derive.matrices.dims import Dim, of, shown
from derive.matrices.products import had, kron, matmul, transpose
from derive.matrices.sums import ONE, Clash, eye, mul, num, power, scale
from derive.matrices.term import Term, make


def entrywise(name: str, t: Term, *more: Term) -> Term:
    """Return a function of a number (a primitive, by name) at every entry; `more` are scalars or of the same shape."""
    if name == "sqrt":
        return power(t, num(Fraction(1, 2))) if t.scalar else _root(t)
    if name == "exp" and t is a.ZERO:
        return ONE
    if name == "log" and t.op == "map" and t.data == "exp":
        return t.args[0]
    if name == "log" and t is ONE:
        return a.ZERO
    if name == "abs" and t.op == "num":
        return num(abs(t.data))
    if name == "abs" and t.scalar and t.op == "norm":
        return t
    if name == "log" and t.op == "map" and t.data == "abs" and t.args[0].op == "det":
        return log_determinant(t.args[0].args[0])
    return make("map", (t, *more), name, t.shape)


def _root(t: Term) -> Term:
    from derive.matrices.products import entry_power

    return entry_power(t, num(Fraction(1, 2)))


def trace(t: Term) -> Term:
    """Return the trace of a square matrix. Raises Clash."""
    _square(t, "the trace")
    if t.scalar:
        return t
    if t.op == "scale":
        return mul(t.args[0], trace(t.args[1]))
    if t.op == "eye":
        return a.dim(t.rows)
    if a.is_zero(t):
        return a.ZERO
    if t.op == "kron" and all(x.rows == x.columns for x in t.args):
        return mul(*(trace(x) for x in t.args))
    if t.op == "matmul":
        return _trace_of_product(t)
    if t.op == "add" and any(_rank_one(x) for x in t.args):
        return a.add(*(trace(x) for x in t.args))
    return make("tr", (t,), orders=[(transpose(t),)])


def _rank_one(t: Term) -> bool:
    body = t.args[1] if t.op == "scale" else t
    return body.op == "matmul" and any(x.rows.number == 1 for x in body.args[1:])


def _trace_of_product(t: Term) -> Term:
    factors = t.args
    for k in range(1, len(factors)):
        if factors[k].rows.number == 1:
            return matmul(*factors[k:], *factors[:k])
    turns = [(*factors[k:], *factors[:k]) for k in range(len(factors))]
    others = [make("matmul", turn, shape=(turn[0].rows, turn[-1].columns)) for turn in turns[1:]]
    turned = [transpose(other) for other in (t, *others)]
    return make("tr", (t,), orders=[(other,) for other in (*others, *turned)])


def _square(t: Term, what: str) -> None:
    if t.rows != t.columns:
        raise Clash(f"{what} of a matrix that is not square: {shown(t.shape)}")


def determinant(t: Term) -> Term:
    """Return the determinant of a square matrix. Raises Clash."""
    _square(t, "the determinant")
    if t.scalar:
        return t
    if t.op == "eye":
        return ONE
    if t.op == "inv":
        return power(determinant(t.args[0]), num(-1))
    return make("det", (t,), orders=[(transpose(t),)])


def log_determinant(t: Term) -> Term:
    """Return log |det|, as `logdet` is understood for any sign. Raises Clash."""
    _square(t, "the determinant")
    if t.scalar:
        return entrywise("log", entrywise("abs", t))
    if t.op == "eye":
        return a.ZERO
    if t.op == "inv":
        return a.neg(log_determinant(t.args[0]))
    return make("logdet", (t,), orders=[(transpose(t),)])


def norm(t: Term) -> Term:
    """Return the root of the sum of squares: the Euclidean norm of a column, Frobenius' of a matrix."""
    if t.scalar:
        return entrywise("abs", t)
    return make("norm", (_vector(t),))


def norm_1(t: Term) -> Term:
    """Return the sum of the absolute entries."""
    return entrywise("abs", t) if t.scalar else make("norm1", (_vector(t),))


def _vector(t: Term) -> Term:
    return t.args[0] if t.op in ("T", "vec") else t


def diagonal(t: Term) -> Term:
    """Return the diagonal of a square matrix as a column. Raises Clash."""
    _square(t, "the diagonal")
    if t.scalar:
        return t
    if t.op == "diag":
        return t.args[0]
    if t.op == "eye":
        return a.ones(t.rows)
    if t.op == "scale":
        return scale(t.args[0], diagonal(t.args[1]))
    if t.op == "T":
        return diagonal(t.args[0])
    if t.op == "matmul" and len(t.args) == 2 and t.args[0].columns.number == 1:
        return had(t.args[0], transpose(t.args[1]))
    return make("diagvec", (t,), shape=(t.rows, of(1)))


def softmax(t: Term, by: str = "") -> Term:
    """Return the softmax of a column, or of each row ("row") or column ("col") of a matrix. Raises Clash."""
    if t.scalar:
        return ONE
    if not by and t.rows.number == 1:
        return transpose(softmax(transpose(t)))
    if not by and t.columns.number != 1:
        raise Clash(f"softmax of a {shown(t.shape)} matrix: rowsoftmax or colsoftmax?")
    if by == "col" and t.columns.number == 1:
        by = ""
    return make(f"{by}softmax", (t,), shape=t.shape)


def log_sum_exp(t: Term) -> Term:
    return t if t.scalar else make("logsumexp", (_vector(t),))


def toeplitz(w: Term, n: Dim) -> Term:
    """Return the (n+k-1)×n matrix T with T·x = w * x, the full convolution with a column of n entries."""
    if w.columns.number != 1:
        raise Clash(f"toep of a {shown(w.shape)} matrix, not of a column")
    if n.number == 1:
        return w
    return make("toep", (w,), n, (w.rows + n - 1, n))


def opened(name: str, t: Term, primes: int = 0) -> Term:
    """Return a function that is left open, or a derivative of it, at every entry."""
    return make("fn", (t,), (name, primes), t.shape)


def unvec(t: Term, like: Term) -> Term:
    """Return the matrix of the shape of `like` whose columns are those of t: vec's inverse.

    unvec v = (vec(I)' ⊗ I)(I ⊗ v), where nothing shorter is known (Magnus and Neudecker, ch. 2).
    """
    from derive.matrices.products import vec

    if like.columns.number == 1:
        return t
    if like.rows.number == 1:
        return transpose(t)
    if t.op == "vec" and t.args[0].shape == like.shape:
        return t.args[0]
    if t.op == "add":
        return a.add(*(unvec(x, like) for x in t.args))
    if t.op == "scale":
        return scale(t.args[0], unvec(t.args[1], like))
    if t.op == "ones":
        return a.ones(*like.shape)
    m, n = like.shape
    return matmul(kron(transpose(vec(eye(n))), eye(m)), kron(eye(n), t))


def block(rows: int, columns: int, *cells: Term) -> Term:
    """Return a matrix of blocks, row by row; all shapes must fit. Raises Clash."""
    heights = [cells[i * columns].rows for i in range(rows)]
    widths = [cells[j].columns for j in range(columns)]
    for k, cell in enumerate(cells):
        if (cell.rows, cell.columns) != (heights[k // columns], widths[k % columns]):
            whole = shown((heights[k // columns], widths[k % columns]))
            raise Clash(f"the blocks do not fit: {shown(cell.shape)} where {whole} has its place")
    if rows == columns == 1:
        return cells[0]
    shape = (sum(heights[1:], heights[0]), sum(widths[1:], widths[0]))
    return make("block", cells, (rows, columns), shape)
