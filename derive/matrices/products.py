"""Products of matrices, entry by entry and Kronecker's, transposes and inverses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

from derive.matrices import sums as a
from derive.matrices.dims import SCALAR, of, shown
from derive.matrices.entries import entry_power as entry_power  # products are asked for here, of either kind
from derive.matrices.entries import had as had
from derive.matrices.sums import ONE, Clash, eye, num, ones, power, scale, zeros
from derive.matrices.term import Term, make

ROWS_SUM, COLUMNS_SUM = "rows sum to 1", "columns sum to 1"  # traits of names


def matmul(*factors: Term) -> Term:
    """Return the matrix product; scalars stand in front. Raises Clash."""
    scalars, matrices = _parted(factors)
    for left, right in pairwise(matrices):
        if left.columns != right.rows:
            raise Clash(f"the shapes do not fit: {shown(left.shape)} · {shown(right.shape)}")
    if not matrices:
        return a.product(scalars)
    shape = (matrices[0].rows, matrices[-1].columns)
    if any(a.is_zero(m) for m in matrices):
        return zeros(shape)
    return scale(a.product(scalars), _joined(matrices))


def _parted(factors: Iterable[Term]) -> tuple[list[Term], list[Term]]:
    """Return the scalars of a product and its matrices, products opened."""
    scalars: list[Term] = []
    matrices: list[Term] = []
    for f in factors:
        if f.op == "scale":
            scalars.append(f.args[0])
            f = f.args[1]
        if f.op == "matmul" and (matrices or not f.scalar or len(scalars) == 0):
            if f.scalar:
                scalars.append(f)
            else:
                matrices.extend(f.args)
        elif f.scalar:
            scalars.append(f)
        else:
            matrices.append(f)
    return scalars, matrices


def _joined(matrices: list[Term]) -> Term:
    """Return a product of matrices with everything put together that meets."""
    found: list[Term] = []
    scalars: list[Term] = []
    for m in matrices:
        found.append(m)
        while len(found) > 1:
            met = _meet(found[-2], found[-1])
            if met is None:
                break
            del found[-2:]
            if met.op == "scale":
                scalars.append(met.args[0])
                met = met.args[1]
            if met.scalar and (found or m is not matrices[-1]):
                scalars.append(met)
            elif met.op == "matmul":
                found.extend(met.args)
                break
            else:
                found.append(met)
    if a.is_zero(found[0]) if found else False:
        return zeros((matrices[0].rows, matrices[-1].columns))
    inner, found = _inner(found)
    made = ONE if not found else found[0] if len(found) == 1 else _row(found)
    return scale(a.product([*scalars, *inner]), made)


def _row(factors: list[Term]) -> Term:
    """Return the term of a product that nothing can be put together in."""
    shape = (factors[0].rows, factors[-1].columns)
    other = tuple(transpose(f) for f in reversed(factors)) if shape == SCALAR else None
    return make("matmul", factors, shape=shape, orders=[other] if other else ())


def _inner(factors: list[Term]) -> tuple[list[Term], list[Term]]:
    """Return the scalars inside a product, as in a·(b'·c)·d', and the factors around them."""
    scalars: list[Term] = []
    at = 0
    while at < len(factors):
        if factors[at].rows.number == 1:
            end = next((k for k in range(at, len(factors)) if factors[k].columns.number == 1), None)
            if end is not None and end - at + 1 < len(factors):
                inner = factors[at : end + 1]
                scalars.append(_row(inner) if len(inner) > 1 else inner[0])
                factors = [*factors[:at], *factors[end + 1 :]]
                continue
        at += 1
    return scalars, factors


def _meet(x: Term, y: Term) -> Term | None:
    """Return what two neighbours in a product are together, None where they stay two."""
    if x.op == "eye":
        return y
    if y.op == "eye":
        return x
    if _inverse_of(x) is y or _inverse_of(y) is x:
        return eye(x.rows)
    if x.op == "ones" and y.op == "ones":
        return scale(a.dim(x.columns), ones(x.rows, y.columns))
    if (y.op == "ones" and _sums(x, ROWS_SUM)) or (x.op == "ones" and _sums(y, COLUMNS_SUM)):
        return ones(x.rows, y.columns)
    if x.op == "diag" and y.op == "diag":
        return diag(had(x.args[0], y.args[0]))
    if x.op == "diag" and y.columns.number == 1:
        return had(x.args[0], y)
    if y.op == "diag" and x.rows.number == 1:
        return had(x, transpose(y.args[0]))
    if x.op == "kron" and y.op == "kron":
        return _mixed(x, y)
    if x.op == "ones" and x.rows.number == 1 and y.columns.number == 1:
        return total(y)
    if y.op == "ones" and y.columns.number == 1 and x.rows.number == 1:
        return total(x)
    if x.op == "kron" and y.op == "vec":
        return _kron_vec(x, y)
    if x.rows.number == 1 and y.columns.number == 1 and "had" in (x.op, y.op):
        return _cancelled(x, y)
    if x.op == y.op == "comm" and x.data == (y.data[1], y.data[0]):
        return eye(x.rows)
    if x.op == y.op == "block":
        return _blocks(x, y)
    return _powers(x, y)


def _sums(t: Term, trait: str) -> bool:
    """Return whether the rows (or columns) of a name, or of its transpose, are known to sum to 1."""
    if t.op == "T":
        t, trait = t.args[0], COLUMNS_SUM if trait == ROWS_SUM else ROWS_SUM
    return t.op == "sym" and trait in t.data[1]


def _cancelled(x: Term, y: Term) -> Term | None:
    """Return (y/s)'·s as the sum of y, and its like, where entries cancel."""
    together = had(transpose(x), y)
    if _count(together) <= _count(x) + _count(y) - 2:
        return total(together)
    return None


def _count(t: Term) -> int:
    return len(t.args) if t.op == "had" else 1


def _blocks(x: Term, y: Term) -> Term | None:
    """The product of matrices of blocks, where the blocks fit."""
    (rows, inner), (height, columns) = x.data, y.data
    left = [x.args[k : k + inner] for k in range(0, len(x.args), inner)]
    right = [y.args[k : k + columns] for k in range(0, len(y.args), columns)]
    if inner != height or any(m.columns != row[0].rows for m, row in zip(left[0], right, strict=True)):
        return None
    cells = [
        a.add(*(matmul(m, row[j]) for m, row in zip(line, right, strict=True))) for line in left for j in range(columns)
    ]
    if len(cells) == 1:
        return cells[0]
    shape = (x.rows, y.columns)
    return make("block", cells, (rows, columns), shape)


def _powers(x: Term, y: Term) -> Term | None:
    (base, n), (other, m) = _power(x), _power(y)
    if base is not other or base.rows != base.columns:
        return None
    return matrix_power(base, n + m)


def _power(t: Term) -> tuple[Term, int]:
    if t.op == "mpow":
        return t.args[0], t.data
    if t.op == "inv":
        base, n = _power(t.args[0])
        return base, -n
    return t, 1


def _inverse_of(t: Term) -> Term | None:
    return t.args[0] if t.op == "inv" else None


def _mixed(x: Term, y: Term) -> Term | None:
    """(A⊗B)(C⊗D) = AC⊗BD where the shapes fit."""
    (b, c), (d, e) = x.args, y.args
    if b.columns != d.rows or c.columns != e.rows:
        return None
    return kron(matmul(b, d), matmul(c, e))


def _kron_vec(x: Term, y: Term) -> Term | None:
    """(A⊗B) vec X = vec(B X A')."""
    left, right = x.args
    body = y.args[0]
    if right.columns != body.rows or left.columns != body.columns:
        return None
    return vec(matmul(right, body, transpose(left)))


def matrix_power(base: Term, n: int) -> Term:
    """Return a whole power of a square matrix."""
    if base.rows != base.columns:
        raise Clash(f"a power of a matrix that is not square: {shown(base.shape)}")
    if base.scalar:
        return power(base, num(n))
    if n == 0:
        return eye(base.rows)
    if n < 0:
        return inverse(matrix_power(base, -n))
    if n == 1 or base.op == "eye":
        return base
    if base.op == "scale":
        return scale(power(base.args[0], num(n)), matrix_power(base.args[1], n))
    if base.op == "mpow":
        return matrix_power(base.args[0], base.data * n)
    if base.op == "diag":
        return diag(entry_power(base.args[0], num(n)))
    if base.op == "inv":
        return inverse(matrix_power(base.args[0], n))
    return make("mpow", (base,), n, base.shape)


def transpose(t: Term) -> Term:
    """Return the transpose, carried to the names inside."""
    if t.scalar:
        return t
    rule = _TRANSPOSED.get(t.op)
    return rule(t) if rule else make("T", (t,), shape=(t.columns, t.rows))


def _sym_transposed(t: Term) -> Term:
    return t if "symmetric" in t.data[1] else make("T", (t,), shape=(t.columns, t.rows))


def _each(rebuild: Callable[..., Term]) -> Callable[[Term], Term]:
    return lambda t: rebuild(*(transpose(x) for x in t.args))


_TRANSPOSED: dict[str, Callable[[Term], Term]] = {
    "T": lambda t: t.args[0],
    "sym": _sym_transposed,
    "ones": lambda t: ones(t.columns, t.rows),
    "zeros": lambda t: zeros((t.columns, t.rows)),
    "eye": lambda t: t,
    "diag": lambda t: t,
    "comm": lambda t: commutation(t.data[1], t.data[0]),
    "add": _each(a.add),
    "scale": lambda t: scale(t.args[0], transpose(t.args[1])),
    "matmul": lambda t: matmul(*(transpose(x) for x in reversed(t.args))),
    "had": _each(had),
    "hpow": lambda t: entry_power(transpose(t.args[0]), num(t.data)),
    "map": lambda t: make("map", (transpose(t.args[0]), *t.args[1:]), t.data, (t.columns, t.rows)),
    "fn": lambda t: make("fn", (transpose(t.args[0]),), t.data, (t.columns, t.rows)),
    "inv": lambda t: inverse(transpose(t.args[0])),
    "mpow": lambda t: matrix_power(transpose(t.args[0]), t.data),
    "kron": _each(lambda x, y: kron(x, y)),
    "vec": lambda t: make("T", (t,), shape=(t.columns, t.rows)),
    "block": lambda t: make(
        "block",
        [transpose(t.args[i * t.data[1] + j]) for j in range(t.data[1]) for i in range(t.data[0])],
        (t.data[1], t.data[0]),
        (t.columns, t.rows),
    ),
}


def symmetric(t: Term) -> bool:
    return t.rows == t.columns and transpose(t) is t


def inverse(t: Term) -> Term:
    """Return the inverse of a square matrix. Raises Clash."""
    if t.rows != t.columns:
        raise Clash(f"the inverse of a matrix that is not square: {shown(t.shape)}")
    if t.scalar:
        return power(t, num(-1))
    if t.op == "inv":
        return t.args[0]
    if t.op == "eye":
        return t
    if t.op == "scale":
        return scale(power(t.args[0], num(-1)), inverse(t.args[1]))
    if t.op == "diag":
        return diag(entry_power(t.args[0], num(-1)))
    if t.op == "kron" and all(x.rows == x.columns for x in t.args):
        return kron(*(inverse(x) for x in t.args))
    return make("inv", (t,), shape=t.shape)


def kron(x: Term, y: Term) -> Term:
    """Return Kronecker's product."""
    if x.scalar or y.scalar:
        return scale(x, y) if x.scalar else scale(y, x)
    if x.op == "scale":
        return scale(x.args[0], kron(x.args[1], y))
    if y.op == "scale":
        return scale(y.args[0], kron(x, y.args[1]))
    shape = (x.rows * y.rows, x.columns * y.columns)
    if a.is_zero(x) or a.is_zero(y):
        return zeros(shape)
    if x.op == y.op == "eye":
        return eye(shape[0])
    if x.op == y.op == "ones":
        return ones(*shape)
    if x.op == y.op == "diag":
        return diag(kron(x.args[0], y.args[0]))
    if x.columns.number == 1 and y.rows.number == 1:
        return matmul(x, y)
    if x.rows.number == 1 and y.columns.number == 1:
        return matmul(y, x)
    return make("kron", (x, y), shape=shape)


def diag(t: Term) -> Term:
    """Return the diagonal matrix of a column. Raises Clash."""
    if t.columns.number != 1:
        raise Clash(f"diag of a {shown(t.shape)} matrix, not of a column")
    if t.scalar:
        return t
    if t.op == "ones":
        return eye(t.rows)
    if t.op == "scale":
        return scale(t.args[0], diag(t.args[1]))
    shape = (t.rows, t.rows)
    return zeros(shape) if a.is_zero(t) else make("diag", (t,), shape=shape)


def vec(t: Term) -> Term:
    """Return the columns of a matrix under each other."""
    if t.columns.number == 1:
        return t
    if t.rows.number == 1:
        return transpose(t)
    if t.op == "scale":
        return scale(t.args[0], vec(t.args[1]))
    shape = (t.rows * t.columns, of(1))
    if t.op == "ones":
        return ones(*shape)
    if a.is_zero(t):
        return zeros(shape)
    return make("vec", (t,), shape=shape)


def commutation(m: object, n: object) -> Term:
    """Return the matrix K with K·vec A = vec A' for A of m×n (Magnus and Neudecker, ch. 3.7)."""
    rows, columns = of(m), of(n)  # type: ignore[arg-type]
    size = rows * columns
    if 1 in (rows.number, columns.number):
        return eye(size)
    return make("comm", data=(rows, columns), shape=(size, size))


def total(t: Term) -> Term:
    """Return the sum of all entries."""
    if t.scalar:
        return t
    if t.op == "scale":
        return a.mul(t.args[0], total(t.args[1]))
    if t.op == "ones":
        return a.dim(t.rows * t.columns)
    if a.is_zero(t):
        return a.ZERO
    if t.op == "eye":
        return a.dim(t.rows)
    if _sums(t, ROWS_SUM) or _sums(t, COLUMNS_SUM):
        return a.dim(t.rows if _sums(t, ROWS_SUM) else t.columns)
    if t.op in ("vec", "diag", "T"):
        return total(t.args[0])
    if t.op == "matmul" and t.args[-1].op == "ones" and t.columns.number == 1:
        return total(matmul(*t.args[:-1]))
    if t.op == "matmul" and t.args[0].op == "ones" and t.rows.number == 1:
        return total(matmul(*t.args[1:]))
    turned = transpose(t)
    return make("sum", (turned if turned.size < t.size else t,), orders=[(transpose(t),), (t,)])
