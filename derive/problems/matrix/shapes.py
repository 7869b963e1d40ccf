r"""`shapes: W \in R^{m x n}, x \in R^n`, or `W: m x n`: the shapes of names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from derive.errors import Fault
from derive.language.grammar import parse
from derive.matrices.dims import SCALAR, Dim, Shape, of
from derive.matrices.read import dimension
from derive.problems.line import read_name
from derive.source import Slice

_SPACE = re.compile(
    r"(?P<name>.+?)\s*(?:\\in|∈|in(?=\s))\s*(?:\\mathbb\s*\{?R\}?|\\R|R|ℝ)\s*(?:\^\s*(?:\{(?P<group>[^{}]*)\}|(?P<one>\w)))?\s*",
    re.S,
)
_COLON = re.compile(r"(?P<name>[^:]+):\s*(?P<group>.+)", re.S)
_TIMES = re.compile(r"\\times|×|(?<=[\w\s)}])x(?=[\s\w(])")


def read_shapes(items: Iterable[Slice]) -> dict[str, tuple[Slice, Shape]]:
    """Return id → (where, shape); names before the one with a shape have the same: `A, B \\in R^n`."""
    found: dict[str, tuple[Slice, Shape]] = {}
    waiting: list[Slice] = []
    for item in items:
        match = _SPACE.fullmatch(item.text) or _COLON.fullmatch(item.text)
        if match is None:
            waiting.append(item)
            continue
        names = [*waiting, _piece(item, match, "name")]
        shape = _shape(item, match)
        for name in names:
            id = read_name(name)
            if id in found:
                raise Fault(f"the shape of {name.text} is given twice", name.span())
            found[id] = (name, shape)
        waiting = []
    if waiting:
        raise Fault("this is no shape", waiting[0].span(), expected=r"W \in R^{m x n}, x \in R^n, or W: m x n")
    return found


def _piece(item: Slice, match: re.Match[str], group: str) -> Slice:
    start, end = match.span(group)
    text = match[group]
    return item.cut(start + len(text) - len(text.lstrip()), end - (len(text) - len(text.rstrip())))


def _shape(item: Slice, match: re.Match[str]) -> Shape:
    groups = match.groupdict()
    if groups.get("one"):
        return _dim(_piece(item, match, "one")), of(1)
    if not groups.get("group"):
        return SCALAR
    piece = _piece(item, match, "group")
    if piece.text == "scalar":
        return SCALAR
    at = _TIMES.search(piece.text)
    if at is None:
        return _dim(piece), of(1)
    left = piece.text[: at.start()]
    rows = piece.cut(0, len(left.rstrip()))
    tail = piece.text[at.end() :]
    columns = piece.cut(at.end() + len(tail) - len(tail.lstrip()), len(piece.text))
    return _dim(rows), _dim(columns)


def _dim(text: Slice) -> Dim:
    return dimension(parse(text), text)
