r"""`6.26 \cdot 10^{-3}` on paper is one number with three digits."""

from __future__ import annotations

from collections.abc import Sequence

from derive.language import surface as s

_LARGEST = 400


def joined(tree: s.Mul) -> s.Tree:
    """Return a product in which a decimal and the power of ten behind it are one number; 3 · 10³ stays as it is."""
    factors, signs = [tree.factors[0]], list[str]()
    for sign, factor in zip(tree.signs, tree.factors[1:], strict=True):
        one = _number(factors[-1], factor)
        if one is None:
            factors.append(factor)
            signs.append(sign)
        else:
            factors[-1] = one
    return _product(tree, factors, signs)


def _product(tree: s.Mul, factors: Sequence[s.Tree], signs: Sequence[str]) -> s.Tree:
    return factors[0] if len(factors) == 1 else s.Mul(tree.at, tuple(factors), tuple(signs))


def _number(a: s.Tree, b: s.Tree) -> s.Tree | None:
    """Return a times b where that is a number in powers of ten, None for anything else."""
    negative, inner = isinstance(a, s.Neg), a.body if isinstance(a, s.Neg) else a
    if not isinstance(inner, s.Num) or "e" in inner.text.lower() or not isinstance(b, s.Pow) or b.entrywise:
        return None
    below = isinstance(b.exponent, s.Neg)
    exponent = b.exponent.body if isinstance(b.exponent, s.Neg) else b.exponent
    if not (isinstance(b.base, s.Num) and b.base.text == "10" and isinstance(exponent, s.Num)):
        return None
    whole = exponent.text.isdigit() and len(exponent.text) < 4 and int(exponent.text) <= _LARGEST
    if not whole or not ("." in inner.text or below):
        return None
    made = s.Num((inner.at[0], b.at[1]), f"{inner.text}e{'-' * below}{exponent.text}")
    return s.Neg((a.at[0], b.at[1]), made) if negative else made
