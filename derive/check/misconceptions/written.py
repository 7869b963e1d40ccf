"""A surface tree as LaTeX; names stand as they were spelled."""

from __future__ import annotations

from itertools import pairwise

from derive.check.underset import SHAPED
from derive.language import surface as s
from derive.language.walk import children

_SIGNS = {"odot": r"\odot", "circ": r"\circ", "otimes": r"\otimes"}
_SUM, _SIGNED, _PRODUCT, _POWER, _ATOM = range(5)
_COMMANDS = frozenset("sin cos tan tanh exp log ln max min det arg".split())
_GREEK = frozenset("alpha beta gamma delta epsilon eta theta lambda mu nu xi rho sigma tau phi psi omega".split())


def latex(tree: s.Tree, derivative: str = r"\partial") -> str:
    """Return a tree as LaTeX; derivatives are written with the sign `derivative`."""
    return _piece(tree, derivative)[0]


def _piece(tree: s.Tree, d: str) -> tuple[str, int]:
    match tree:
        case s.Num():
            return _number(tree.text), _ATOM if "e" not in tree.text.lower() else _PRODUCT
        case s.Name():
            return tree.latex, _ATOM
        case s.Neg():
            return "-" + _wrapped(tree.body, _PRODUCT, d), _SIGNED
        case s.Add():
            return _sum(tree, d), _SUM
        case s.Mul():
            return _product(tree, d), _PRODUCT
        case s.Div():
            return rf"\frac{{{latex(tree.above, d)}}}{{{latex(tree.below, d)}}}", _PRODUCT
        case s.Pow():
            exponent = latex(tree.exponent, d)
            return f"{_base(tree.base, d)}^{{{rf'{chr(92)}odot {exponent}' if tree.entrywise else exponent}}}", _POWER
        case s.Root():
            degree = f"[{latex(tree.degree, d)}]" if tree.degree is not None else ""
            return rf"\sqrt{degree}{{{latex(tree.body, d)}}}", _POWER
        case s.Bars():
            sign = r"\|" if tree.double else "|"
            return rf"\left{sign}{latex(tree.body, d)}\right{sign}", _ATOM
        case s.Call():
            return _call(tree, d), _POWER
        case s.Transpose():
            return rf"{_base(tree.body, d)}^{{\top}}", _POWER
        case s.Index():
            return rf"\left[{latex(tree.body, d)}\right]_{{{tree.sub}}}", _ATOM
        case s.Matrix():
            rows = r" \\ ".join(" & ".join(latex(cell, d) for cell in row) for row in tree.rows)
            return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}", _ATOM
        case s.BigSum():
            below = ",".join(tree.indices) + (f"={latex(tree.lower, d)}" if tree.lower is not None else "")
            above = f"^{{{latex(tree.upper, d)}}}" if tree.upper is not None else ""
            return rf"\{'prod' if tree.product else 'sum'}_{{{below}}}{above} {_wrapped(tree.body, _PRODUCT, d)}", _SUM
        case s.Partial():
            below = r" \, ".join(f"{d} {latex(w, d)}" for w in tree.wrt)
            return rf"\frac{{{d} {latex(tree.of, d)}}}{{{below}}}", _PRODUCT
        case _:
            inner = ", ".join(latex(child, d) for child in children(tree))
            return f"({inner})", _ATOM


def _base(tree: s.Tree, d: str) -> str:
    """Return what stands below an exponent: a name that has one itself is put in brackets."""
    return f"({tree.latex})" if isinstance(tree, s.Name) and tree.sup else _wrapped(tree, _ATOM, d)


def _wrapped(tree: s.Tree, least: int, d: str) -> str:
    text, level = _piece(tree, d)
    return text if level >= least else rf"\left({text}\right)" if r"\frac" in text else f"({text})"


def _number(text: str) -> str:
    mantissa, _, exponent = text.lower().partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def _sum(tree: s.Add, d: str) -> str:
    out = _wrapped(tree.terms[0], _SIGNED, d)
    for term in tree.terms[1:]:
        minus = isinstance(term, s.Neg)
        out += f" - {_wrapped(term.body, _PRODUCT, d)}" if minus else f" + {_wrapped(term, _PRODUCT, d)}"  # type: ignore[union-attr]
    return out


def _product(tree: s.Mul, d: str) -> str:
    pieces = [_factor(f, tree, d) for f in tree.factors]
    out = pieces[0]
    for sign, ((a, left), (b, right)) in zip(tree.signs, pairwise(zip(tree.factors, pieces, strict=True)), strict=True):
        if sign in _SIGNS:
            out += f" {_SIGNS[sign]} {right}"
            continue
        dot = isinstance(b, s.Num) or right.startswith(("(-", r"\left(-"))
        wide = isinstance(a, s.Partial) or isinstance(b, s.Partial)
        out += (r" \cdot " if dot else r" \, " if wide and left else " ") + right
    return out


def _factor(tree: s.Tree, product: s.Mul, d: str) -> str:
    """Return a factor, in brackets where it is a product of another kind: ⊙ in a product of matrices."""
    kinds = [{sign in _SIGNS for sign in t.signs} for t in (tree, product) if isinstance(t, s.Mul)]
    mixed = len(kinds) == 2 and (kinds[0] | kinds[1] == {True, False})
    return rf"\left({latex(tree, d)}\right)" if mixed else _wrapped(tree, _PRODUCT, d)


def _call(tree: s.Call, d: str) -> str:
    if tree.fn == SHAPED:
        return latex(tree.args[0], d)
    known = tree.fn in _COMMANDS or tree.fn in _GREEK
    head = f"\\{tree.fn}" if known else tree.fn if len(tree.fn) == 1 else _long(tree.fn)
    base = f"_{{{latex(tree.base, d)}}}" if tree.base is not None else ""
    return f"{head}{base}{chr(39) * tree.primes}({', '.join(latex(a, d) for a in tree.args)})"


def _long(fn: str) -> str:
    """Return a function with a subscript, or a word."""
    stem, _, sub = fn.partition("_")
    return f"{stem}_{{{sub}}}" if sub and len(stem) == 1 else rf"\operatorname{{{fn.replace('_', ' ')}}}"
