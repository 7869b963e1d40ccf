"""From expressions back to the paper: LaTeX for people, plain text for programs; both read back as the same."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from derive.expr import ONE, Apply, Expr, Number, Partial, Ref, size
from derive.notation import STANDARD, Notation, show
from derive.ops import primitive
from derive.ops.abstract import is_abstract, taken_apart

# How tightly a piece of LaTeX holds together.
_SUM, _NEGATIVE, _PRODUCT, _POWER, _ATOM = range(5)
_LONGEST_EXPONENT = 24  # parts
_ROW = r" \\ "  # between the rows of cases


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes expressions as LaTeX with the author's spellings.

    names: plain name → LaTeX; functions: primitive → LaTeX of the function as the author writes it; quantities: what
    the author calls ∂of/∂wrt.
    """

    names: Mapping[str, str]
    notation: Notation = STANDARD
    functions: Mapping[str, str] = field(default_factory=dict)
    quantities: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def latex(self, e: Expr) -> str:
        """Return e as LaTeX."""
        return self._piece(e)[0]

    def quantity(self, of: str, wrt: str) -> str:
        """Return ∂of/∂wrt as LaTeX."""
        d = self.notation.derivative
        return rf"\frac{{{d} {self.name(of)}}}{{{d} {self.name(wrt)}}}"

    def name(self, plain: str) -> str:
        return self.names.get(plain, plain)

    def _piece(self, e: Expr) -> tuple[str, int]:
        if isinstance(e, Number):
            text = e.text or _exact(e.value, self.notation)
            return text, _NEGATIVE if text.startswith("-") else _PRODUCT if "\\" in text or "^" in text else _ATOM
        if isinstance(e, Ref):
            return self.name(e.name), _ATOM
        if isinstance(e, Partial):
            return self.quantities.get((e.of, e.wrt)) or self.quantity(e.of, e.wrt), _PRODUCT
        assert isinstance(e, Apply)
        layout = _LAYOUT.get(e.op)
        return layout(self, *e.args) if layout else self._call(e)

    def wrapped(self, e: Expr, least: int, leads: bool = False) -> str:
        """Return e as LaTeX, in brackets where it holds together less than `least`; a leading sign needs none."""
        text, level = self._piece(e)
        return text if level >= least or (leads and level == _NEGATIVE) else brackets(text)

    def _call(self, e: Apply) -> tuple[str, int]:
        if is_abstract(e.op):
            return self._open_call(e)
        template = primitive(e.op).latex
        inner = [self.latex(a) for a in e.args]
        if e.op == "exp" and size(e.args[0]) > _LONGEST_EXPONENT:  # an exponent is small, and no line breaks in it
            return r"\exp" + brackets(inner[0]), _POWER
        if not template.endswith("{}"):
            return template.format(*inner), _POWER
        head = self.functions.get(e.op) or template[:-2].format()
        if e.op == "log" and self.notation.log != "e":
            head = r"\ln"  # here \log has another base
        if any(n == head or n.startswith(head + "^") for n in self.names.values()):  # σ or σ² is a quantity here
            head = rf"\operatorname{{{e.op}}}"
        return head + brackets(inner[0]), _POWER

    def _open_call(self, e: Apply) -> tuple[str, int]:
        name, orders = taken_apart(e.op)
        head = self.functions.get(name, name)
        inner = brackets(", ".join(self.latex(a) for a in e.args))
        if len(orders) == 1:
            return head + "'" * orders[0] + inner, _POWER
        marks = "".join(rf"{self.notation.derivative}_{{{i + 1}}} " * k for i, k in enumerate(orders))
        return marks + head + inner, _POWER if not marks else _PRODUCT

    def _add(self, *terms: Expr) -> tuple[str, int]:
        out = self.wrapped(terms[0], _NEGATIVE, leads=True)
        for t in terms[1:]:
            if isinstance(t, Apply) and t.op == "neg":
                out += " - " + self.wrapped(t.args[0], _PRODUCT)
            else:
                text = self.wrapped(t, _PRODUCT)
                if text.startswith("(-") and isinstance(t, Apply) and t.op == "mul" and isinstance(t.args[0], Number):
                    text = self._factors(t.args)  # (−2) · 3, not (−2 · 3)
                out += " + " + text
        return out, _SUM

    def _neg(self, x: Expr) -> tuple[str, int]:
        return "-" + self.wrapped(x, _PRODUCT), _NEGATIVE

    def _mul(self, *factors: Expr) -> tuple[str, int]:
        text = self._factors(factors)
        if isinstance(factors[0], Number) and text.startswith("(-"):
            first = self.latex(factors[0])
            return first + text[len(first) + 2 :], _NEGATIVE  # a leading minus needs no brackets
        return text, _PRODUCT

    def _factors(self, factors: tuple[Expr, ...]) -> str:
        out = self.wrapped(factors[0], _PRODUCT)
        for left, right in itertools.pairwise(factors):
            text = self.wrapped(right, _PRODUCT)
            out += self._joint(left, right, text) + text
        return out

    def _joint(self, left: Expr, right: Expr, text: str) -> str:
        """Return what stands between two factors: a dot where digits would run together, else a thin gap."""
        if self.notation.product:
            return f" {self.notation.product} "
        numeric = text[0].isdigit() or text.startswith("(-") or (_numeric(left) and _numeric(right))
        if numeric or (_numeric(left) and text.startswith(r"\frac")):
            return r" \cdot "
        wide = isinstance(left, Partial) or any(
            isinstance(e, Ref) and r"\mathit" in self.name(e.name) for e in (left, right)
        )
        return r" \, " if wide else " "

    def _div(self, a: Expr, b: Expr) -> tuple[str, int]:
        if isinstance(a, Apply) and a.op == "neg":
            return rf"-\frac{{{self.latex(a.args[0])}}}{{{self.latex(b)}}}", _NEGATIVE
        return rf"\frac{{{self.latex(a)}}}{{{self.latex(b)}}}", _PRODUCT

    def _pow(self, base: Expr, n: Expr) -> tuple[str, int]:
        if n == Number(Fraction(1, 2)):
            return rf"\sqrt{{{self.latex(base)}}}", _POWER
        text = self.wrapped(base, _POWER)
        if isinstance(base, Apply) and base.op in ("tanh", "sin", "cos", "log") and n == Number(Fraction(2)):
            head, rest = text.split("(", 1) if "\\left" not in text else text.split("\\left", 1)
            return f"{head}^2{'(' if not rest.startswith('(') else chr(92) + 'left'}{rest}", _POWER
        if isinstance(base, Ref) and "^" in text:
            text = brackets(text)
        if isinstance(base, Apply) and base.op in ("pow", "exp"):
            text = brackets(text)
        above = (
            str(n.value) if isinstance(n, Number) and isinstance(n.value, Fraction) and not n.text else self.latex(n)
        )
        return f"{text}^{{{above}}}" if len(above) > 1 else f"{text}^{above}", _POWER

    def _abs(self, x: Expr) -> tuple[str, int]:
        return rf"\left| {self.latex(x)} \right|", _ATOM

    def _step(self, x: Expr) -> tuple[str, int]:
        if "u" in self.names and "step" not in self.functions:
            return self._indicator(x)
        return self.functions.get("step", "u") + brackets(self.latex(x)), _POWER

    def _indicator(self, x: Expr) -> tuple[str, int]:
        return rf"\mathbf{{1}}[{self._above(x, '>')}]", _POWER

    def _above(self, x: Expr, sign: str) -> str:
        """Return x > 0, as a > b where x is a difference."""
        if isinstance(x, Apply) and x.op == "add" and len(x.args) == 2:
            a, b = x.args
            if isinstance(b, Apply) and b.op == "neg":
                return f"{self.latex(a)} {sign} {self.latex(b.args[0])}"
        return f"{self.latex(x)} {sign} 0"

    def _branch(self, condition: Expr, a: Expr, b: Expr) -> tuple[str, int]:
        rows = [rf"{self.latex(a)} & \text{{if }} {self._condition(condition)}"]
        while isinstance(b, Apply) and b.op == "branch":
            condition, a, b = b.args
            rows.append(rf"{self.latex(a)} & \text{{if }} {self._condition(condition)}")
        if b != Apply("nowhere", ()):
            rows.append(rf"{self.latex(b)} & \text{{otherwise}}")
        return rf"\begin{{cases}} {_ROW.join(rows)} \end{{cases}}", _POWER

    def _condition(self, c: Expr) -> str:
        if isinstance(c, Apply) and c.op == "indicator":
            return self._above(c.args[0], ">")
        if isinstance(c, Apply) and c.op == "add" and len(c.args) == 2 and c.args[0] == ONE:
            inner = c.args[1].args[0] if isinstance(c.args[1], Apply) else c
            if isinstance(inner, Apply) and inner.op == "indicator":
                return self._above(inner.args[0], r"\le")
        return f"{self.latex(c)} = 1"

    def _exp(self, x: Expr) -> tuple[str, int]:
        if "e" in self.names.values():
            return rf"\exp{brackets(self.latex(x))}", _POWER
        return f"e^{{{self.latex(x)}}}", _POWER

    def _pi(self) -> tuple[str, int]:
        return r"\pi", _ATOM


_LAYOUT: dict[str, Callable[..., tuple[str, int]]] = {
    "add": Writer._add,
    "mul": Writer._mul,
    "neg": Writer._neg,
    "div": Writer._div,
    "pow": Writer._pow,
    "abs": Writer._abs,
    "step": Writer._step,
    "indicator": Writer._indicator,
    "branch": Writer._branch,
    "pi": Writer._pi,
    "exp": Writer._exp,
}


def brackets(text: str) -> str:
    """Return text in round brackets that are as tall as it is."""
    tall = "\\frac" in text or "\\sum" in text
    return rf"\left( {text} \right)" if tall else f"({text})"


def _numeric(e: Expr) -> bool:
    return isinstance(e, Number) or (isinstance(e, Apply) and bool(e.args) and all(_numeric(a) for a in e.args))


def _exact(value: object, notation: Notation) -> str:
    if isinstance(value, Fraction):
        if value.denominator == 1:
            return str(value)
        sign = "-" if value < 0 else ""
        return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    return show(value, notation)[0]


# ---------------------------------------------------------------------------------------------- plain text

# The functions of the plain-text syntax; everything else is expanded into them.
_PLAIN = frozenset("exp log sin cos tanh sqrt abs sign sigmoid softplus relu step erf huber".split())


class NoPlainForm(ValueError):
    """An expression with a function that plain text does not have."""


def plain(e: Expr, notation: Notation = STANDARD) -> str:
    """Return e in plain text, fully bracketed where precedence matters; raises NoPlainForm (floor, open functions)."""
    if isinstance(e, Number):
        text = str(e.value) if isinstance(e.value, Fraction) else str(float(e.value))
        return f"({text})" if "/" in text or text.startswith("-") else text
    if isinstance(e, Ref):
        return e.name
    if isinstance(e, Partial):
        return f"d{e.of}_d{e.wrt}"
    assert isinstance(e, Apply)
    if e.op in ("add", "mul", "neg", "div", "pow"):
        return _plain_operator(e, notation)
    if e.op == "step" and notation.relu_at_0 != 0:
        return _plain_step(plain(e.args[0], notation), notation.relu_at_0)
    if e.op in _PLAIN:
        return f"{e.op}({', '.join(plain(a, notation) for a in e.args)})"
    if is_abstract(e.op):
        raise NoPlainForm(f"{taken_apart(e.op)[0]} is left open")
    expand = primitive(e.op).expand
    if expand is None:
        raise NoPlainForm(f"plain text has no {e.op}")
    return plain(expand(*e.args), notation)


def _plain_operator(e: Apply, notation: Notation) -> str:
    inner = [plain(a, notation) for a in e.args]
    if e.op == "add":
        return "(" + "".join(t if i == 0 or t.startswith("-") else "+" + t for i, t in enumerate(inner)) + ")"
    if e.op == "neg":
        return f"(-{inner[0]})"
    return "(" + {"mul": "*", "div": "/", "pow": "^"}[e.op].join(inner) + ")"


def _plain_step(x: str, at_zero: Fraction) -> str:
    return f"(1-step(-{x}))" if at_zero == 1 else f"((1+sign({x}))/2)"


__all__ = ["NoPlainForm", "Writer", "brackets", "plain"]
