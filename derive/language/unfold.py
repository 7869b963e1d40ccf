"""Sums with numbers as bounds, written out: `\\sum_{i=1}^{3} x_i` becomes x_1 + x_2 + x_3."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from derive.errors import Fault
from derive.language import surface as s
from derive.source import Slice

_MOST = 50  # terms


def unfolded(tree: s.Tree, text: Slice) -> s.Tree:
    """Return a tree without sums; a Fault at a sum whose bounds are no whole numbers, or which has too many terms."""
    if isinstance(tree, s.BigSum):
        terms = [_at(tree.body, tree.indices[0], k) for k in _range(tree, text)]
        parts = tuple(unfolded(t, text) for t in terms)
        if len(parts) == 1:
            return parts[0]
        return s.Mul(tree.at, parts, ("*",) * (len(parts) - 1)) if tree.product else s.Add(tree.at, parts)
    return rebuilt(tree, lambda part: unfolded(part, text))


def _range(tree: s.BigSum, text: Slice) -> range:
    low, high = _whole(tree.lower), _whole(tree.upper)
    span = text.span(*tree.at)
    if len(tree.indices) != 1 or low is None or high is None:
        raise Fault("a sum needs whole numbers as bounds here", span, expected=r"\sum_{i=1}^{3} x_i")
    if not 0 <= high - low < _MOST:
        raise Fault(f"a sum from {low} to {high} cannot be written out", span, expected=f"1 to {_MOST} terms")
    return range(low, high + 1)


def _whole(tree: s.Tree | None) -> int | None:
    if isinstance(tree, s.Neg):
        inner = _whole(tree.body)
        return None if inner is None else -inner
    return int(tree.text) if isinstance(tree, s.Num) and tree.text.isdigit() and len(tree.text) < 7 else None


def _at(tree: s.Tree, index: str, k: int) -> s.Tree:
    """Return a tree with a number for the index, in formulas and in subscripts (`x_i`, `y_{i+1}`, `w_{ij}`)."""
    if isinstance(tree, s.Name):
        if tree.id == index:
            number = s.Num(tree.at, str(abs(k)))
            return number if k >= 0 else s.Neg(tree.at, number)
        return _indexed(tree, index, k)
    return rebuilt(tree, lambda part: _at(part, index, k))


def _indexed(name: s.Name, index: str, k: int) -> s.Name:
    if index not in re.findall("[A-Za-z]", name.sub) or len(index) > 1:
        return name
    sub = name.sub.replace(index, str(k))
    if re.fullmatch(r"\d+([-+]\d+)+", sub):
        sub = str(sum(int(part) for part in re.findall(r"[-+]?\d+", sub)))
    spelled = re.sub(
        r"_(\{[^{}]*\}|[^{\s])", lambda _: f"_{{{sub}}}" if len(sub) > 1 else f"_{sub}", name.latex, count=1
    )
    mark = "_" if name.sub else ""
    return replace(name, id=name.id.replace(f"{mark}{name.sub}", f"_{sub}", 1), sub=sub, latex=spelled)


def rebuilt(tree: s.Tree, change: Callable[[s.Tree], s.Tree]) -> s.Tree:
    """Return a node with its parts changed."""

    def changed(part: Any) -> Any:
        if isinstance(part, tuple):
            return tuple(changed(p) for p in part)
        return change(part) if isinstance(part, s.Tree) else part

    return replace(tree, **{f.name: changed(getattr(tree, f.name)) for f in fields(tree) if f.name != "at"})
