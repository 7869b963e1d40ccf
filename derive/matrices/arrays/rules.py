"""How each operation on terms is written in NumPy."""

from __future__ import annotations

from collections.abc import Callable

from derive.errors import Fault
from derive.matrices.arrays import entries as e
from derive.matrices.arrays.code import Part, number, part, transposed
from derive.matrices.arrays.functions import mapped
from derive.matrices.arrays.linear import diagonal_of_product, product, total
from derive.matrices.arrays.tape import Tape
from derive.matrices.term import Term

Rule = Callable[[Tape, Term, list[Part]], Part]


def _matmul(tape: Tape, t: Term, args: list[Part]) -> Part:
    if len(args) == 2 and t.args[1].columns.number == 1:
        left = t.args[0]
        turned = left.op == "T"
        toep = left.args[0] if turned else left
        if toep.op == "toep":
            texts = (tape.code.full(tape.parts[toep.args[0]]), tape.code.full(args[1]))
            text = tape.code.name(f"{'slid' if turned else 'convolved'}({', '.join(texts)})")
            return _sized(tape, t, text)
    return product(tape.code, args)


def _diag(tape: Tape, t: Term, args: list[Part]) -> Part:
    rows, columns = tape.shape(t)
    return Part(args[0].text, rows, columns, args[0].even, diagonal=True)


def _diagvec(tape: Tape, t: Term, args: list[Part]) -> Part:
    inner = t.args[0]
    if inner.op == "matmul":
        return diagonal_of_product(tape.code, [tape.parts[x] for x in inner.args])
    if args[0].diagonal:
        return Part(args[0].text, args[0].rows, 1, args[0].even)
    text = tape.code.name(f"np.diagonal({tape.code.full(args[0])}).reshape(-1, 1)")
    return part(text, args[0].rows, 1)


def _trace(tape: Tape, t: Term, args: list[Part]) -> Part:
    return total(tape.code, _diagvec(tape, t, args))


def _softmax(axis: int) -> Rule:
    def rule(tape: Tape, t: Term, args: list[Part]) -> Part:
        return _sized(tape, t, tape.code.name(f"softmax({tape.code.full(args[0])}, {axis})"))

    return rule


def _sized(tape: Tape, t: Term, text: str) -> Part:
    """Return an array of the shape of a term; one entry is a number."""
    rows, columns = tape.shape(t)
    return part(text, rows, columns) if rows * columns > 1 else number(tape.code.name(f"{text}[0, 0]"))


def _whole(template: str) -> Rule:
    """Return the rule of a function of whole matrices; {} stand for them."""

    def rule(tape: Tape, t: Term, args: list[Part]) -> Part:
        text = tape.code.name(template.format(*map(tape.code.full, args)))
        return number(text) if t.scalar else _sized(tape, t, text)

    return rule


def _toeplitz(tape: Tape, t: Term, args: list[Part]) -> Part:
    return _whole(f"toeplitz({{}}, {t.data.value(tape.sizes)})")(tape, t, args)


def _commutation(tape: Tape, t: Term, args: list[Part]) -> Part:
    m, n = (d.value(tape.sizes) for d in t.data)
    return _sized(tape, t, tape.code.name(f"commutation({m}, {n})"))


def _block(tape: Tape, t: Term, args: list[Part]) -> Part:
    rows, columns = t.data
    texts = list(map(tape.code.full, args))
    cells = ", ".join(f"[{', '.join(texts[i * columns : (i + 1) * columns])}]" for i in range(rows))
    return _sized(tape, t, tape.code.name(f"np.block([{cells}])"))


def _constant(text: str) -> Rule:
    return lambda tape, t, args: number(text, *tape.shape(t))


def _open(tape: Tape, t: Term, args: list[Part]) -> Part:
    raise Fault(f"{t.data[0]} is left open, it has no numbers", expected="a known function")


RULES: dict[str, Rule] = {
    "num": lambda tape, t, args: number(e.written(t.data)),
    "dim": lambda tape, t, args: number(e.written(t.data.value(tape.sizes))),
    "pi": _constant("np.pi"),
    "ones": _constant("1.0"),
    "zeros": _constant("0.0"),
    "eye": lambda tape, t, args: Part("1.0", *tape.shape(t), (True, True), diagonal=True),
    "comm": _commutation,
    "add": e.add,
    "scale": e.scale,
    "mul": e.had,
    "had": e.had,
    "matmul": _matmul,
    "pow": e.power,
    "hpow": lambda tape, t, args: e.raised(tape.code, args[0], t.data),
    "hpow_by": lambda tape, t, args: tape.code.each("np.power({}, {})", *args),
    "map": mapped,
    "T": lambda tape, t, args: transposed(tape.code, args[0]),
    "inv": _whole("np.linalg.inv({})"),
    "mpow": lambda tape, t, args: _whole(f"np.linalg.matrix_power({{}}, {t.data})")(tape, t, args),
    "sum": lambda tape, t, args: total(tape.code, args[0]),
    "tr": _trace,
    "det": _whole("np.linalg.det({})"),
    "logdet": _whole("np.linalg.slogdet({})[1]"),
    "norm": lambda tape, t, args: tape.code.each("np.sqrt({})", e.squares(tape, t)),
    "norm1": lambda tape, t, args: total(tape.code, tape.code.each("np.abs({})", args[0])),
    "diag": _diag,
    "diagvec": _diagvec,
    "vec": _whole("{}.reshape(-1, 1, order='F')"),
    "kron": _whole("np.kron({}, {})"),
    "toep": _toeplitz,
    "block": _block,
    "softmax": _softmax(0),
    "colsoftmax": _softmax(0),
    "rowsoftmax": _softmax(1),
    "logsumexp": _whole("log_sum_exp({})"),
    "huber": lambda tape, t, args: tape.code.each("huber({}, {})", *args),
    "clip": lambda tape, t, args: tape.code.each("np.clip({}, {}, {})", *args),
    "fn": _open,
}
