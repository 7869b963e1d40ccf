"""Lines and names as they are written, before it is known what the names mean."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from derive.errors import Fault, nearest
from derive.language import surface as s
from derive.language.grammar import Table, parse
from derive.language.meaning import OPEN, Function, compound_id
from derive.language.spelling import beautiful
from derive.ops import SPELLINGS
from derive.source import Slice

ARGUMENTS = re.compile(r"\s*(\\left|\\bigl|\\big)?\s*\((?:[^()]|\([^()]*\))*(\\right|\\bigr|\\big)?\s*\)\s*$")
_NOTHING = Table()


@dataclass(frozen=True, slots=True)
class Line:
    """One line before its names are known: `head = side = … = side`."""

    text: Slice
    id: str
    name: Slice  # the left side without its arguments
    head: Slice
    sides: tuple[Slice, ...]


def read_line(text: Slice) -> Line:
    """Return a line parted at its equals signs; raises a Fault where the left side is not one name."""
    places = _equals(text.text)
    if not places:
        name, _, rest = text.text.partition(" ")
        change = (text.text, f"{name} = {rest.strip()}") if rest.strip() else ("", "")
        title = "a line of the forward pass needs an equals sign"
        raise Fault(title, text.span(), expected="name = formula", change=change)
    edges = [*places, len(text.text)]
    head = text.cut(0, places[0])
    sides = tuple(text.cut(a + 1, b) for a, b in zip(places, edges[1:], strict=False))
    for side in sides:
        if not side.text:
            raise Fault("nothing stands right of the equals sign", side.span(0, 0) if side.start else text.span())
    name = ARGUMENTS.sub("", head.text)
    stem = Slice(head.source, head.start, name.rstrip() or head.text)
    return Line(text, read_name(stem), stem, head, sides)


def _equals(text: str) -> list[int]:
    """Return where equals signs stand outside all brackets and environments."""
    depth, found = 0, []
    for m in re.finditer(r"\\begin|\\end|\\.|[{(\[\])}]|=", text):
        token = m[0]
        depth += token in ("{", "(", "[", "\\begin")
        depth -= token in ("}", ")", "]", "\\end")
        if token == "=" and depth == 0 and text[m.start() - 1 : m.start()] not in ("<", ">", "!", ":"):
            found.append(m.start())
    return found


def read_name(text: Slice, table: Table = _NOTHING) -> str:
    """Return the id of a text that must be one name."""
    if not text.text:
        raise Fault("a name is missing", text.span(0, 0))
    tree = parse(text, table)
    if isinstance(tree, s.Name):
        return tree.id
    if compound := compound_id(tree):
        return compound
    if (
        isinstance(tree, s.Mul)
        and all(isinstance(f, s.Name) and f.id.isalpha() for f in tree.factors)
        and text.text.isalpha()
    ):
        return text.text  # `lr` where a name must stand
    raise Fault(f"`{text.text}` is not one name", text.span(), expected=r"a name such as z_1, \hat{y} or L(y, \hat{y})")


def read_functions(items: Iterable[Slice]) -> dict[str, Function]:
    """Return what `where:` says: `f = \\text{ReLU}`, `\\sigma = any`, `f = g = \\tanh`."""
    found: dict[str, Function] = {}
    for item in items:
        *names, last = [item.cut(a, b) for a, b in _between(item.text)]
        word = re.sub(r"\\(text|operatorname|mathrm)\s*\{(.*)\}$", r"\2", last.text).lstrip("\\").strip()
        if not names:
            raise Fault("`where` gives functions", item.span(), expected=r"f = \text{ReLU}, or \sigma = any")
        op = OPEN if word in ("any", OPEN) else SPELLINGS.get(word)
        if op is None:
            raise Fault(
                f"unknown function {last.text}",
                last.span(),
                reason=nearest(word, SPELLINGS),
                expected="a known function or any",
            )
        for name in names:
            found[read_name(name)] = Function(op, latex=beautiful(name.text))
    return found


def _between(text: str) -> list[tuple[int, int]]:
    edges = [-1, *_equals(text), len(text)]
    return [(a + 1, b) for a, b in itertools.pairwise(edges)]
