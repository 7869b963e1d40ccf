"""Two formulas that are written apart use the same names: a word of one may be a product of names of the other."""

from __future__ import annotations

from derive.check.functions import FUNCTIONS
from derive.language import surface as s
from derive.language.unfold import rebuilt
from derive.language.walk import walk
from derive.ops import SPELLINGS

_LONGEST = 6  # letters of a word that is taken for a product


def together(left: s.Tree, right: s.Tree, a: str, b: str) -> tuple[s.Tree, s.Tree]:
    """Return two trees, read from two texts, in which names mean the same.

    A word that is no name of the other formula, but all letters of which are, is their product: `2ab`. A power between
    a function of the other formula and a bracket is one of the value: `\\sigma^2(x)`.
    """
    ids = [{n.id for n in walk(tree) if isinstance(n, s.Name)} for tree in (left, right)]
    calls = [{n.fn for n in walk(tree) if isinstance(n, s.Call)} for tree in (left, right)]
    return (
        _applied(_parted(left, ids[0], ids[1]), calls[1] - calls[0], a),
        _applied(_parted(right, ids[1], ids[0]), calls[0] - calls[1], b),
    )


def unknown_functions(tree: s.Tree) -> set[str]:
    """Return the functions of a formula that nobody knows."""
    return {n.fn for n in walk(tree) if isinstance(n, s.Call) and n.fn not in SPELLINGS and n.fn not in FUNCTIONS}


def _parted(tree: s.Tree, own: set[str], other: set[str]) -> s.Tree:
    words = {id for id in own - other if 1 < len(id) <= _LONGEST and id.isascii() and id.isalpha() and set(id) <= other}
    return _with_products(tree, words) if words else tree


def _with_products(tree: s.Tree, words: set[str]) -> s.Tree:
    if isinstance(tree, s.Name) and tree.id in words:
        return _product(tree)
    if isinstance(tree, s.Pow) and isinstance(tree.base, s.Name) and tree.base.id in words:
        letters = _product(tree.base)
        exponent = _with_products(tree.exponent, words)
        last = s.Pow(tree.at, letters.factors[-1], exponent, tree.entrywise)  # ab^2 is a b^2
        return s.Mul(tree.at, (*letters.factors[:-1], last), letters.signs)
    return rebuilt(tree, lambda child: _with_products(child, words))


def _product(name: s.Name) -> s.Mul:
    start = name.at[0]
    letters = tuple(
        s.Name((start + k, start + k + 1), letter, letter, "", "", letter) for k, letter in enumerate(name.id)
    )
    return s.Mul(name.at, letters, ("",) * (len(letters) - 1))


def _applied(tree: s.Tree, functions: set[str], text: str) -> s.Tree:
    """Return a tree in which f^2(x) is f(x)^2, for functions that the other formula calls."""
    if not functions:
        return tree
    if isinstance(tree, s.Mul):
        factors, signs = [tree.factors[0]], list[str]()
        for sign, factor in zip(tree.signs, tree.factors[1:], strict=True):
            head = factors[-1]
            if (
                isinstance(head, s.Pow)
                and isinstance(head.base, s.Name)
                and head.base.id in functions
                and not sign
                and text[head.at[1] :].lstrip().startswith(("(", "\\left(", "{("))
            ):
                call = s.Call((head.at[0], factor.at[1]), head.base.id, (_applied(factor, functions, text),))
                factors[-1] = s.Pow((head.at[0], factor.at[1]), call, head.exponent, head.entrywise)
            else:
                factors.append(factor)
                signs.append(sign)
        if len(factors) < len(tree.factors):
            return factors[0] if len(factors) == 1 else s.Mul(tree.at, tuple(factors), tuple(signs))
    return rebuilt(tree, lambda child: _applied(child, functions, text))
