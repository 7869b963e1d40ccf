"""Shapes that stand below names: `W_{6 \\times 4}`, `z_{1, m \\times 1}`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.check.underset import SHAPED
from derive.language import surface as s
from derive.language.unfold import rebuilt
from derive.language.walk import walk

_SHAPE = re.compile(r"(?:(?P<sub>.*),)?(?P<rows>[A-Za-z0-9_+-]+?)x(?P<columns>[A-Za-z0-9_+-]+)")

_CONSTANTS = ("0", "1", "I")  # whose shape is a part of their name


def stripped(tree: s.Tree) -> s.Tree:
    """Return a tree without the shapes that stand below its names."""
    if isinstance(tree, s.Name):
        found = shaped(tree)
        return found[0] if found is not None else tree
    if isinstance(tree, s.Call) and tree.fn == SHAPED:
        return stripped(tree.args[0])
    return rebuilt(tree, stripped)


def shaped(t: s.Name) -> tuple[s.Name, str, str] | None:
    """Return a name without the shape below it, and the two sizes; None for a name without one."""
    match = _SHAPE.fullmatch(t.sub)
    if match is None or t.base in _CONSTANTS:
        return None
    sub, sup = match["sub"] or "", f"^{t.sup}" if t.sup else ""
    id = (f"{t.base}_{sub}" if sub else t.base) + sup
    return s.Name(t.at, id, t.base, sub, t.sup, t.latex), match["rows"], match["columns"]


def said(tree: s.Tree) -> Iterator[tuple[s.Name, str, str]]:
    """Yield the names with shapes below them."""
    names = (part for part in walk(tree) if isinstance(part, s.Name))
    yield from (found for name in names if (found := shaped(name)) is not None)
