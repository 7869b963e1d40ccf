"""`--shape 'W: m x n'` and `--assume 'A symmetric'`: what is known about names beforehand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from derive.check.quantities import Grid
from derive.check.value import Valuation
from derive.check.work import Unread
from derive.errors import Fault
from derive.language import surface as s
from derive.language.grammar import parse
from derive.source import Slice, of_text

_SHAPE = re.compile(r"(?P<name>[^:]+):\s*(?P<rows>.+?)(?:\s*(?:\bx\b|×|\\times)\s*(?P<columns>.+))?", re.DOTALL)
_RANGE = re.compile(r"(?P<name>.+?)\s+(?:in|\\in|∈)\s*[(\[](?P<low>[^,]+),(?P<high>[^,]+)[)\]]", re.DOTALL)
_BOUND = re.compile(r"(?P<name>.+?)\s*(?P<sign>>=?|<=?|\\geq?\b|\\leq?\b|\\g?lt?\b)\s*(?P<bound>[^<>]+)", re.DOTALL)
_WORDS = ("symmetric", "positive definite", "positive determinant", "positive", "invertible", "integer", "real")


@dataclass(frozen=True, slots=True)
class Assumption:
    """What holds for one name: an open interval, whole numbers only, a kind of matrix."""

    low: Fraction | None = None
    high: Fraction | None = None
    integer: bool = False
    kinds: frozenset[str] = frozenset()

    def allows(self, x: Fraction) -> bool:
        inside = (self.low is None or x > self.low) and (self.high is None or x < self.high)
        return inside and (not self.integer or x.denominator == 1)


@dataclass(frozen=True, slots=True)
class Known:
    """Assumptions and shapes by id; a dimension is a formula in whole numbers."""

    assumptions: Mapping[str, Assumption] = field(default_factory=dict)
    shapes: Mapping[str, tuple[s.Tree, s.Tree]] = field(default_factory=dict)

    def of(self, id: str) -> Assumption:
        """Return what is assumed of a name; `x_3` inherits from `x`."""
        return self.assumptions.get(id) or self.assumptions.get(id.partition("_")[0]) or Assumption()

    @property
    def dimensions(self) -> frozenset[str]:
        """The names that stand in shapes."""
        from derive.language.walk import walk

        trees = [dim for pair in self.shapes.values() for dim in pair]
        return frozenset(node.id for tree in trees for node in walk(tree) if isinstance(node, s.Name))


def read(shapes: Iterable[str], assumptions: Iterable[str]) -> Known:
    """Return what some options say; a Fault at one that cannot be read."""
    found: dict[str, tuple[s.Tree, s.Tree]] = {}
    for text in shapes:
        id, dims = _shape(of_text(text, "<shape>"))
        if id in found:
            raise Fault(f"the shape of {id} is given twice", of_text(text, "<shape>").span())
        if dims is not None:
            found[id] = dims
    known: dict[str, Assumption] = {}
    for text in assumptions:
        id, new = _assumption(of_text(text, "<assume>"))
        known[id] = _joined(known.get(id, Assumption()), new)
        if (low := known[id].low) is not None and (high := known[id].high) is not None and low >= high:
            raise Fault(f"nothing is left for {id}", of_text(text, "<assume>").span(), reason=f"{low} < {id} < {high}")
    return Known(known, found)


def _name(text: Slice) -> str:
    tree = parse(text)
    if not isinstance(tree, s.Name):
        raise Fault("this is no name", text.span(), expected="one name, such as W or \\beta")
    return tree.id


def _cut(text: Slice, match: re.Match[str], group: str) -> Slice:
    start, end = match.span(group)
    inner = match[group]
    return text.cut(start + len(inner) - len(inner.lstrip()), end - (len(inner) - len(inner.rstrip())))


def _shape(text: Slice) -> tuple[str, tuple[s.Tree, s.Tree] | None]:
    found = _SHAPE.fullmatch(text.text)
    if found is None:
        raise Fault("this is no shape", text.span(), expected="W: m x n, x: n, or a: scalar")
    id = _name(_cut(text, found, "name"))
    if found["rows"].strip() == "scalar":
        return id, None
    rows = parse(_cut(text, found, "rows"))
    columns = parse(_cut(text, found, "columns")) if found["columns"] else s.Num((0, 0), "1")
    return id, (rows, columns)


def _assumption(text: Slice) -> tuple[str, Assumption]:
    for word in _WORDS:
        if text.text.strip().endswith(word):
            head = text.text[: text.text.rindex(word)]
            id = _name(text.cut(0, len(head.rstrip().removesuffix(" is").rstrip())))
            return id, Assumption(integer=word == "integer", kinds=frozenset({word} - {"integer", "real"}))
    if found := _RANGE.fullmatch(text.text.strip()):
        low, high = (_number(_cut(text, found, g)) for g in ("low", "high"))
        return _name(_cut(text, found, "name")), Assumption(low, high)
    if found := _BOUND.fullmatch(text.text.strip()):
        bound = _number(_cut(text, found, "bound"))
        above = found["sign"].startswith((">", r"\g"))
        # A bound that is allowed itself is rarely what a formula turns on: it is left out.
        return _name(_cut(text, found, "name")), Assumption(bound, None) if above else Assumption(None, bound)
    expected = f"A {', '.join(_WORDS)}; x > 0; x in (0, 1)"
    raise Fault("this is no assumption", text.span(), expected=expected)


def _number(text: Slice) -> Fraction:
    try:
        found = Valuation(NoNames()).value(parse(text))
    except (ArithmeticError, Unread):
        found = None
    if not isinstance(found, Fraction) or isinstance(found, Grid):
        raise Fault("this is no number", text.span())
    return found


def _joined(a: Assumption, b: Assumption) -> Assumption:
    low = b.low if a.low is None else a.low if b.low is None else max(a.low, b.low)
    high = b.high if a.high is None else a.high if b.high is None else min(a.high, b.high)
    return replace(a, low=low, high=high, integer=a.integer or b.integer, kinds=a.kinds | b.kinds)


class NoNames:
    """A world without names."""

    log = "e"
    at_zero = Fraction(0)

    def known(self, id: str) -> bool:
        return False

    def name(self, id: str) -> None:
        return None

    def function(self, id: str, primes: int, stands: bool = True) -> None:
        return None

    def quotient(self, tree: s.Partial) -> None:
        return None
