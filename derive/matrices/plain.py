"""A term as plain text, in the language that the plain reader reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from derive.expr import Ref
from derive.matrices import layout
from derive.matrices.entrywise import lifted
from derive.matrices.term import Term
from derive.ops import PRIMITIVES

FUNCTIONS = frozenset(
    "exp log sin cos tan tanh cosh sqrt abs sign sigmoid softplus relu step erf".split(),
)
_SUM, _PRODUCT, _POWER, _ATOM = range(4)


class Unwritable(Exception):
    """A term for which the plain language has no words."""


def plain(t: Term, names: Mapping[Term, str] | None = None) -> str:
    """Return a term as text; `names` stand for whole parts. Raises Unwritable."""
    return _Plain(names or {}).at(t, _SUM)


def writable(t: Term) -> bool:
    try:
        plain(t)
    except Unwritable:
        return False
    return True


class _Plain:
    def __init__(self, names: Mapping[Term, str]) -> None:
        self.names = names

    def at(self, t: Term, level: int) -> str:
        """Return a term, in brackets where it binds less than `level`."""
        text, own = self.text(t)
        return f"({text})" if own < level else text

    def text(self, t: Term) -> tuple[str, int]:
        if t in self.names:
            return self.names[t], _ATOM
        rule = _RULES.get(t.op)
        if rule is not None:
            return rule(self, t)
        if t.op not in _CALLS:
            raise Unwritable(t.op)
        return f"{t.op}({', '.join(self.at(x, _SUM) for x in t.args)})", _ATOM

    def sum(self, t: Term) -> tuple[str, int]:
        text = ""
        spread = layout.plus_scalars(t)
        for x in layout.summands(t):
            number = layout.as_scalar(x) if spread and x not in self.names else None
            body, sign = self.signed(x if number is None else number)
            text += (f" {sign} " if text else sign.strip("+")) + body
        return text, _SUM

    def signed(self, t: Term) -> tuple[str, str]:
        """Return a summand without its sign, and the sign."""
        if t in self.names or t.op not in ("mul", "scale", "num", "pow"):
            return self.at(t, _PRODUCT), "+"
        q = layout.quotient(t)
        return self.fraction(q)[0], "-" if q.negative else "+"

    def quotient(self, t: Term) -> tuple[str, int]:
        q = layout.quotient(t)
        text, level = self.fraction(q)
        return ("-" + text, _SUM) if q.negative else (text, level)

    def fraction(self, q: layout.Quotient) -> tuple[str, int]:
        if len(q.above) == 1 and not q.below and q.body is None:
            return self.at(q.above[0], _PRODUCT), self.level(q)
        factors = [self.factor(x, first=k == 0) for k, x in enumerate(q.above)]
        if q.body is not None:
            factors.append(self.body(q.body, bool(factors)))
        above = "*".join(factors) or "1"
        if not q.below:
            return above, _PRODUCT if len(factors) > 1 or q.body is not None else self.level(q)
        below = "*".join(self.factor(x, first=False) for x in q.below)
        return f"{above}/{below}" if len(q.below) == 1 else f"{above}/({below})", _PRODUCT

    def level(self, q: layout.Quotient) -> int:
        if not q.above:
            return _ATOM
        return _ATOM if q.above[0].op == "num" else self.text(q.above[0])[1]

    def factor(self, t: Term, first: bool) -> str:
        if t.op == "matmul" and t not in self.names:
            return f"({self.text(t)[0]})"
        return self.at(t, _POWER)

    def body(self, t: Term, behind: bool) -> str:
        if t in self.names:
            return self.names[t]
        if t.op == "had":
            above, _ = layout.entries(t)
            return self.at(t, _PRODUCT) if above else f"({self.text(t)[0]})"
        return self.at(t, _PRODUCT)

    def product(self, t: Term) -> tuple[str, int]:
        return "*".join(self.factor(x, True) for x in t.args), _PRODUCT

    def entries(self, t: Term) -> tuple[str, int]:
        above, below = layout.entries(t)
        if not above and len(t.args) == 1 and t.op == "hpow" and not below:
            raise Unwritable(t.op)
        text = ".*".join(self.entry(x) for x in above) or "1"
        for x in below:
            text += f"./{self.entry(x)}"
        return text, _PRODUCT

    def entry(self, t: Term) -> str:
        return self.at(t, _POWER)

    def entry_power(self, t: Term) -> tuple[str, int]:
        if t.data < 0:
            return self.entries(t)
        if t.data == Fraction(1, 2):
            return f"sqrt({self.at(t.args[0], _SUM)})", _ATOM
        return f"{self.at(t.args[0], _POWER)}.^{self.exponent(t.data)}", _POWER

    def exponent(self, x: Fraction) -> str:
        if x.denominator == 1 and x >= 0:
            return str(x)
        return f"({layout.number_text(x)})" if layout.decimal(abs(x)) or x.denominator == 1 else f"({x})"

    def power(self, t: Term) -> tuple[str, int]:
        base, exponent = t.args
        if exponent.op != "num":
            sign = ".^" if t.op == "hpow_by" else "^"
            return f"{self.at(base, _POWER)}{sign}{self.at(exponent, _ATOM)}", _POWER
        if exponent.data < 0:
            return self.quotient(t)
        if exponent.data == Fraction(1, 2):
            return f"sqrt({self.at(base, _SUM)})", _ATOM
        body = f"({self.text(base)[0]})" if base.op == "matmul" else self.at(base, _POWER)
        return f"{body}^{self.exponent(exponent.data)}", _POWER

    def number(self, t: Term) -> tuple[str, int]:
        if t.data.denominator != 1 and not layout.decimal(abs(t.data)):
            return self.quotient(t)
        text = layout.number_text(abs(t.data))
        return (f"-{text}", _SUM) if t.data < 0 else (text, _ATOM)

    def mapped(self, t: Term) -> tuple[str, int]:
        if t.data in FUNCTIONS and len(t.args) == 1:
            return f"{t.data}({self.at(t.args[0], _SUM)})", _ATOM
        expand = PRIMITIVES[t.data].expand
        if expand is None:
            raise Unwritable(t.data)
        env = {str(k): x for k, x in enumerate(t.args)}
        return self.text(lifted(expand(*map(Ref, env)), env))

    def transposed(self, t: Term) -> tuple[str, int]:
        return f"{self.at(t.args[0], _POWER)}'", _POWER

    def matrix_power(self, t: Term) -> tuple[str, int]:
        return f"{self.at(t.args[0], _POWER)}^{t.data}", _POWER

    def block(self, t: Term) -> tuple[str, int]:
        """Return [[A, B], [C, D]]: an addition to the language, as it has no matrices of its own."""
        columns = t.data[1]
        rows = [t.args[k : k + columns] for k in range(0, len(t.args), columns)]
        return "[" + ", ".join("[" + ", ".join(self.at(x, _SUM) for x in row) + "]" for row in rows) + "]", _ATOM

    def inverse(self, t: Term) -> tuple[str, int]:
        inner = t.args[0]
        if inner.op == "T" and inner.args[0].op == "sym":
            return f"inv({self.at(inner.args[0], _SUM)})'", _POWER
        if inner.op == "mpow" and inner not in self.names:
            return f"inv({self.at(inner.args[0], _SUM)})^{inner.data}", _POWER
        return f"inv({self.at(inner, _SUM)})", _ATOM


def _dims(name: str) -> Callable[[_Plain, Term], tuple[str, int]]:
    def rule(self: _Plain, t: Term) -> tuple[str, int]:
        wanted = t.shape if name != "eye" else t.shape[:1]
        wanted = wanted[:1] if name != "eye" and t.columns.number == 1 else wanted
        return f"{name}({','.join(map(str, wanted))})", _ATOM

    return rule


_RULES: dict[str, Callable[[_Plain, Term], tuple[str, int]]] = {
    "sym": lambda self, t: (t.data[0], _ATOM),
    "num": _Plain.number,
    "dim": lambda self, t: (str(t.data), _ATOM if len(t.data.terms) == 1 and len(t.data.terms[0][0]) == 1 else _SUM),
    "pi": lambda self, t: ("3.141592653589793", _ATOM),
    "ones": _dims("ones"),
    "zeros": _dims("zeros"),
    "eye": _dims("eye"),
    "comm": lambda self, t: (f"comm({','.join(map(str, t.data))})", _ATOM),
    "add": _Plain.sum,
    "mul": _Plain.quotient,
    "scale": _Plain.quotient,
    "matmul": _Plain.product,
    "had": _Plain.entries,
    "hpow": _Plain.entry_power,
    "hpow_by": _Plain.power,
    "pow": _Plain.power,
    "map": _Plain.mapped,
    "T": _Plain.transposed,
    "mpow": _Plain.matrix_power,
    "inv": _Plain.inverse,
    "toep": lambda self, t: (f"toep({self.at(t.args[0], _SUM)},{t.data})", _ATOM),
    "block": _Plain.block,
}
_CALLS = frozenset(
    "sum tr det logdet norm norm1 diag diagvec vec kron softmax rowsoftmax colsoftmax logsumexp huber clip".split()
)
