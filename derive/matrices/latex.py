"""A term as LaTeX, as it stands in a book: (WX - Y)Xᵀ, with fractions, ⊙ and norms."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction

from derive.matrices import layout
from derive.matrices.dims import Dim, Shape
from derive.matrices.term import Term, ordered
from derive.ops import PRIMITIVES

_SUM, _PRODUCT, _POWER, _ATOM = range(4)
# Functions that are written with a letter, which another name may have.
_LETTERS = {"step": "u", "sigmoid": "sigma"}
# A name with a layer in its superscript: the sign of a transpose stands beside it, W^{[1]\top}.
_LABELLED = re.compile(r"([^^]*\^\{(?:\[[^][^{}]*\]|\([^()^{}]*\)))\}")
_TALL = ("\\frac", "\\begin", "\\sum")


def latex(t: Term, spelled: Mapping[str, str] | None = None) -> str:
    """Return a term as LaTeX; `spelled` says how names are written, those that do not occur among them."""
    used = frozenset(x.data[0] for x in ordered(t) if x.op == "sym")
    return _Latex(spelled or {}, used | frozenset(spelled or ())).at(t, _SUM)


def brackets(text: str) -> str:
    tall = any(mark in text for mark in _TALL)
    return rf"\left({text}\right)" if tall else f"({text})"


def dims(shape: Shape) -> str:
    """Return a shape as a subscript: n, or m \\times n."""
    rows, columns = map(dimension, shape)
    return rows if shape[1].number == 1 else rf"{rows} \times {columns}"


def dimension(d: Dim) -> str:
    return str(d).replace("*", " ").replace("_", r"\_")


class _Latex:
    def __init__(self, spelled: Mapping[str, str], used: frozenset[str]) -> None:
        self.spelled, self.used = spelled, used

    def at(self, t: Term, level: int) -> str:
        text, own = self.text(t)
        return brackets(text) if own < level else text

    def text(self, t: Term) -> tuple[str, int]:
        rule = _RULES.get(t.op)
        if rule is not None:
            return rule(self, t)
        return rf"\operatorname{{{t.op}}}" + brackets(", ".join(self.at(x, _SUM) for x in t.args)), _ATOM

    def sum(self, t: Term) -> tuple[str, int]:
        text = ""
        for x in layout.summands(layout.flipped(t)):
            q = layout.quotient(x) if x.op in ("mul", "scale", "num", "pow") else None
            body = self.fraction(q)[0] if q else self.at(x, _PRODUCT)
            sign = "-" if q and q.negative else "+"
            text += (f" {sign} " if text else sign.strip("+")) + body
        return text, _SUM

    def quotient(self, t: Term) -> tuple[str, int]:
        turned = layout.flipped(t)
        if turned.op == "add":
            return self.sum(turned)
        q = layout.quotient(turned)
        text, level = self.fraction(q)
        return ("-" + text, _SUM) if q.negative else (text, level)

    def fraction(self, q: layout.Quotient) -> tuple[str, int]:
        """Return ± above/below · body: numbers and scalars in a fraction, a matrix behind it."""
        above = list(q.above)
        if q.body is None:
            if not q.below:
                return self.row(above), _PRODUCT if len(above) > 1 else self.text(above[0])[1] if above else _ATOM
            return self.over(above, q.below), _PRODUCT
        if q.below and not above and self.slender(q):
            top = self.at(q.body, _SUM)
            if r"\frac" not in top:  # no fractions in fractions
                return rf"\frac{{{top}}}{{{self.row(list(q.below))}}}", _PRODUCT
        body = self.body(q.body)
        if not above and not q.below:
            return body, _PRODUCT
        front = self.over(above, q.below) if q.below else " ".join(map(self.scalar_factor, above))
        return f"{front} {body}", _PRODUCT

    def slender(self, q: layout.Quotient) -> bool:
        """Return whether a matrix stands better above the line: names and sums over what is no plain number."""
        return q.body is not None and q.body.op in ("sym", "add", "T") and any(x.op != "num" for x in q.below)

    def over(self, above: list[Term], below: tuple[Term, ...]) -> str:
        top = self.row(above) if len(above) > 1 else self.at(above[0], _SUM) if above else "1"
        bottom = self.row(list(below)) if len(below) > 1 else self.at(below[0], _SUM)
        return rf"\frac{{{top}}}{{{bottom}}}"

    def row(self, factors: list[Term]) -> str:
        if len(factors) == 1:
            return self.at(factors[0], _PRODUCT)
        return " ".join(self.scalar_factor(x) for x in factors) or "1"

    def scalar_factor(self, t: Term) -> str:
        # x'y beside other factors is one number.
        return brackets(self.text(t)[0]) if t.op == "matmul" else self.at(t, _POWER)

    def body(self, t: Term) -> str:
        # A number in front of A ⊙ B may stand with A alone: it is the same.
        return brackets(self.text(t)[0]) if t.op == "kron" else self.at(t, _PRODUCT)

    def product(self, t: Term) -> tuple[str, int]:
        return " ".join(self.at(x, _POWER) for x in t.args), _PRODUCT

    def entries(self, t: Term) -> tuple[str, int]:
        above, below = layout.entries(t)
        text = r" \odot ".join(self.entry(x) for x in above) or self.ones(t.shape)
        for x in below:
            text += rf" \oslash {self.entry(x)}"
        return text, _PRODUCT

    def entry(self, t: Term) -> str:
        """Return a factor of an entrywise product: other products in it have brackets."""
        return brackets(self.text(t)[0]) if t.op == "matmul" else self.at(t, _POWER)

    def entry_power(self, t: Term) -> tuple[str, int]:
        exponent = str(t.data.numerator) if t.data.denominator == 1 else f"{t.data.numerator}/{t.data.denominator}"
        return self.raised(t.args[0], rf"\odot {exponent}"), _POWER

    def raised(self, base: Term, exponent: str) -> str:
        text, level = self.text(base)
        bare = level == _ATOM or (base.op == "sym" and "^" not in text)
        bare = bare and not text.startswith(r"\frac")
        if exponent == r"\top" and base.op == "sym" and (label := _LABELLED.fullmatch(text)):
            return rf"{label[1]}\top}}"
        return f"{text if bare else brackets(text)}^{{{exponent}}}"

    def power(self, t: Term) -> tuple[str, int]:
        base, exponent = t.args
        if exponent.op != "num":
            mark = r"\odot " if t.op == "hpow_by" else ""
            return self.raised(base, mark + self.at(exponent, _SUM)), _POWER
        if exponent.data < 0:
            return self.quotient(t)
        if exponent.data == Fraction(1, 2):
            return rf"\sqrt{{{self.at(base, _SUM)}}}", _ATOM
        if base.op == "map" and base.data in ("sin", "cos", "tanh") and exponent.data.denominator == 1:
            return rf"\{base.data}^{{{exponent.data}}}" + brackets(self.at(base.args[0], _SUM)), _ATOM
        n: Fraction = exponent.data
        return self.raised(base, str(n) if n.denominator == 1 else f"{n.numerator}/{n.denominator}"), _POWER

    def number(self, t: Term) -> tuple[str, int]:
        if t.data.denominator != 1 and not layout.decimal(abs(t.data)):
            return self.quotient(t)
        text = layout.number_text(abs(t.data))
        return (f"-{text}", _SUM) if t.data < 0 else (text, _ATOM)

    def mapped(self, t: Term) -> tuple[str, int]:
        inner = [self.at(x, _SUM) for x in t.args]
        template = self.spelled.get(f"op {t.data}", "") or PRIMITIVES[t.data].latex
        if t.data in _LETTERS and _LETTERS[t.data] in self.used:
            template = rf"\operatorname{{{{{t.data}}}}}{{}}"
        if not template:
            return (
                rf"\left|{inner[0]}\right|"
                if t.data == "abs" and t.scalar
                else rf"\operatorname{{{t.data}}}{brackets(inner[0])}"
            ), _ATOM
        if t.data == "exp":
            return (rf"e^{{{inner[0]}}}", _POWER) if t.scalar else (r"\exp" + brackets(inner[0]), _ATOM)
        if len(inner) > 1:
            return template.format(*inner), _ATOM
        return template.format(brackets(inner[0])), _ATOM

    def transposed(self, t: Term) -> tuple[str, int]:
        return self.raised(t.args[0], r"\top"), _POWER

    def matrix_power(self, t: Term) -> tuple[str, int]:
        return self.raised(t.args[0], str(t.data)), _POWER

    def inverse(self, t: Term) -> tuple[str, int]:
        inner = t.args[0]
        if inner.op == "T" and inner.args[0].op == "sym":
            return self.raised(inner.args[0], r"-\top"), _POWER
        if inner.op == "mpow":
            return self.raised(inner.args[0], f"-{inner.data}"), _POWER
        return self.raised(inner, "-1"), _POWER

    def norm(self, t: Term) -> tuple[str, int]:
        inner = t.args[0]
        sub = "1" if t.op == "norm1" else "2" if inner.columns.number == 1 else "F"
        return rf"\lVert {self.at(inner, _SUM)} \rVert_{{{sub}}}", _ATOM

    def ones(self, shape: Shape) -> str:
        return rf"\mathbf{{1}}_{{{dims(shape)}}}"

    def name(self, t: Term) -> tuple[str, int]:
        text = self.spelled.get(t.data[0], spelled(t.data[0]))
        if text.startswith("-"):
            return text, _SUM
        return text, _POWER if "^" in text and not text.startswith("\\begin") else _ATOM

    def block(self, t: Term) -> tuple[str, int]:
        columns = t.data[1]
        rows = [t.args[k : k + columns] for k in range(0, len(t.args), columns)]
        body = r" \\ ".join(" & ".join(self.at(x, _SUM) for x in row) for row in rows)
        return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}", _ATOM

    def kron(self, t: Term) -> tuple[str, int]:
        return r" \otimes ".join(self.at(x, _PRODUCT) if x.op == "kron" else self.entry(x) for x in t.args), _PRODUCT


def spelled(id: str) -> str:
    """Return a plain name as LaTeX: W_1 → W_{1}, mu → \\mu, hat_y → \\hat{y}."""
    from derive.language import symbols as S
    from derive.language.names import split

    base, sub = split(id)
    accents = {word: command for command, word in S.ACCENTS.items()}
    head, _, rest = base.partition("_")
    if rest and head in accents:
        body = rf"\{accents[head]}{{{spelled(rest)}}}"
    elif base in S.GREEK:
        body = rf"\{base}"
    else:
        letters = base.rstrip("0123456789")
        digits = base[len(letters) :]
        word = letters if len(letters) == 1 else rf"\mathrm{{{letters}}}".replace("_", r"\_")
        if letters in S.GREEK:
            word = rf"\{letters}"
        if digits and not sub:
            return f"{word}_{{{digits}}}"
        body = word + digits
    return f"{body}_{{{sub}}}" if sub else body


_RULES: dict[str, Callable[[_Latex, Term], tuple[str, int]]] = {
    "sym": _Latex.name,
    "num": _Latex.number,
    "dim": lambda self, t: (dimension(t.data), _ATOM if len(t.data.terms) == 1 else _SUM),
    "pi": lambda self, t: (r"\pi", _ATOM),
    "ones": lambda self, t: (self.ones(t.shape), _ATOM),
    "zeros": lambda self, t: (rf"\mathbf{{0}}_{{{dims(t.shape)}}}", _ATOM),
    "eye": lambda self, t: (f"I_{{{dimension(t.rows)}}}", _ATOM),
    "comm": lambda self, t: (f"K_{{{dimension(t.data[0])},{dimension(t.data[1])}}}", _ATOM),
    "add": _Latex.sum,
    "mul": _Latex.quotient,
    "scale": _Latex.quotient,
    "matmul": _Latex.product,
    "had": _Latex.entries,
    "kron": _Latex.kron,
    "hpow": _Latex.entry_power,
    "hpow_by": _Latex.power,
    "pow": _Latex.power,
    "map": _Latex.mapped,
    "T": _Latex.transposed,
    "mpow": _Latex.matrix_power,
    "inv": _Latex.inverse,
    "norm": _Latex.norm,
    "norm1": _Latex.norm,
    "block": _Latex.block,
    "fn": lambda self, t: (
        self.spelled.get(f"fn {t.data[0]}", spelled(t.data[0])) + "'" * t.data[1] + brackets(self.at(t.args[0], _SUM)),
        _ATOM,
    ),
    "det": lambda self, t: (rf"\det{brackets(self.at(t.args[0], _SUM))}", _ATOM),
    "logdet": lambda self, t: (rf"\log\left|\det{brackets(self.at(t.args[0], _SUM))}\right|", _PRODUCT),
    "toep": lambda self, t: (
        r"\operatorname{toep}" + brackets(f"{self.at(t.args[0], _SUM)}, {dimension(t.data)}"),
        _ATOM,
    ),
    "diag": lambda self, t: (rf"\operatorname{{diag}}{brackets(self.at(t.args[0], _SUM))}", _ATOM),
    "diagvec": lambda self, t: (rf"\operatorname{{diagvec}}{brackets(self.at(t.args[0], _SUM))}", _ATOM),
}
