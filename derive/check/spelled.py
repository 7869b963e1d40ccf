"""Spellings of hand-ins in the one that is read everywhere: `\\num{0.9}`, `24.4\\%`, `0,9`, `∇_w L`."""

from __future__ import annotations

import re

from derive.check.powers_of_ten import joined
from derive.check.underset import with_shapes
from derive.language import surface as s
from derive.language.unfold import rebuilt

_DIGITS = r"(?<![\d.])\d++(?:\.\d++)?"
_NUM = re.compile(r"\\num\s*(?:\[[^\]]{0,60}\])?\s*\{\s*([-+]?[\d.,]+(?:[eE][-+]?\d+)?)\s*\}")
_PERCENT = re.compile(rf"({_DIGITS})\s*(?:\\%|%\s*\Z)")
_E = rf"({_DIGITS})\s*\\(?:mathrm|text|textrm)\s*\{{\s*[eE]\s*"
_EXPONENT = re.compile(_E + r"(?:\}\s*\{)?\s*([-+]?\d+)\s*\}")
_EXPONENT_BEHIND = re.compile(_E + r"([-+])\s*\}\s*\{?(\d+)\}?")
_EMPTY = re.compile(r"(?<![\w\\^}\])])\{[ \t]*\}")
_COMMA = re.compile(r"(?<![\d.,])(\d+),(\d+)(?![\d.,])")


def spelled(text: str) -> str:
    """Return a side with numbers spelled as a report spells them."""
    text = _NUM.sub(lambda m: m[1].replace(",", "."), text)
    text = _with_points(text)
    text = _PERCENT.sub(r"\1e-2", text)
    text = with_shapes(_EMPTY.sub(" ", text))
    return _EXPONENT_BEHIND.sub(r"\1e\2\3", _EXPONENT.sub(r"\1e\2", text))


def _with_points(text: str) -> str:
    """Return a side with a point for each decimal comma; not in brackets and subscripts, where commas separate."""
    if "," not in text:
        return text
    outside = _outside(text)

    def number(found: re.Match[str]) -> str:
        # 1,2 may be a list and 1,234 a thousand
        clear = found[1] == "0" or (len(found[2]) not in (1, 3))
        return f"{found[1]}.{found[2]}" if clear and outside[found.start()] else found[0]

    return _COMMA.sub(number, text)


def _outside(text: str) -> list[bool]:
    """Return for each place whether a comma there stands in no bracket but the braces of a command."""
    open_: list[bool] = []
    found, before, inside = [], "", 0
    for sign in text:
        if sign in "([{":
            open_.append(sign != "{" or before in ("_", "^", "\\"))
            inside += open_[-1]
        elif sign in ")]}" and open_:
            inside -= open_.pop()
        before = before if sign.isspace() else sign
        found.append(not inside)
    return found


def as_meant(tree: s.Tree) -> s.Tree:
    """Return a tree with `8.9 · 10^{-2}` as one number, and with `∇_w L` as the derivative that it is."""
    tree = rebuilt(tree, as_meant)
    if isinstance(tree, s.Mul):
        return joined(tree)
    return slope(tree) if isinstance(tree, s.Nabla) else tree


def slope(tree: s.Nabla) -> s.Tree:
    """Return a gradient of a quantity by one name as a derivative, any other as it is."""
    if not tree.wrt or not isinstance(tree.body, (s.Name, s.Call)):
        return tree
    base, _, sub = tree.wrt.partition("_")
    return s.Partial(tree.at, tree.body, (s.Name(tree.at, tree.wrt, base, sub, "", tree.wrt),))
