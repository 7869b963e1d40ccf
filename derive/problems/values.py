"""Numbers for the leaves of a network, and its update rule."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from derive.errors import Fault, nearest
from derive.expr import Value
from derive.front.assignments import assignments
from derive.front.entries import Mapping as Entry
from derive.front.entries import Scalar
from derive.front.entries import Value as Given
from derive.graph import Graph, Role
from derive.language import surface as s
from derive.language.grammar import Table, parse
from derive.language.meaning import Scope, lower
from derive.numeric import LARGEST, precisely, value
from derive.ops import DomainError
from derive.optimisers import OPTIMISERS, Optimiser
from derive.problems.line import read_name
from derive.source import Slice

_NO_NUMBER = {"nan": "NaN", "inf": "infinity", "infty": "infinity"}


@dataclass(frozen=True, slots=True)
class Update:
    """An update rule: `rate` is its learning rate, named `symbol` (plain) and set as `latex`; `called` in prose."""

    rule: Optimiser
    rate: Value | None
    symbol: str
    latex: str
    called: str


def read_number(text: Slice) -> Value:
    """Return the number that a text stands for, exact where it is rational; raises a Fault."""
    tree = parse(text)
    if isinstance(tree, (s.Matrix, s.Seq)):
        raise Fault("a matrix or vector cannot be the value of a scalar", text.span(), expected="one number")
    if isinstance(tree, s.Name) and tree.id.lower() in _NO_NUMBER:
        raise Fault(f"{_NO_NUMBER[tree.id.lower()]} is no value", text.span(), expected="a finite number")
    try:
        with precisely():
            number = value(lower(tree, text, Scope()), {})
            if abs(number) > LARGEST:
                raise DomainError("it is larger than 10^300")
            return number
    except DomainError as wrong:
        raise Fault(f"this value cannot be computed: {wrong}", text.span(), expected="a finite number") from None


def names_of_values(given: Given | None) -> list[tuple[Slice, Slice]]:
    """Return (name, value) pairs as texts."""
    if given is None:
        return []
    return [(name, text) for names, text in assignments(given) for name in names]


def read_values(
    pairs: list[tuple[Slice, Slice]], graph: Graph, plain: Mapping[str, str], table: Table
) -> dict[str, Value]:
    """Return plain name → number; raises a Fault for a name that is no leaf or is given two numbers."""
    found: dict[str, Value] = {}
    for name, text in pairs:
        target = plain.get(read_name(name, table))
        if target is None or target not in graph.nodes:
            leaves = ", ".join(n.spelled for n in graph.leaves())
            hint = nearest(name.text, [n.spelled for n in graph.leaves()])
            raise Fault(
                f"a value for {name.text}, which is no symbol of this network",
                name.span(),
                reason=hint,
                expected=f"one of {leaves}",
            )
        if graph[target].role is Role.LINE:
            raise Fault(f"{name.text} is computed by a line and cannot be given a value", name.span())
        if target in found:
            raise Fault(f"{name.text} is given two values", name.span())
        found[target] = read_number(text)
    return found


def read_update(given: Given | None, taken: Mapping[str, str]) -> Update | None:
    """Return the update rule of an entry, None without one."""
    if given is None:
        return None
    if isinstance(given, Scalar):
        return Update(_rule(given), None, *_symbol(None, taken), "learning rate")
    if not isinstance(given, Entry):
        raise Fault(
            "`update` holds a rule and a learning rate",
            given.span,
            expected=r"{rule: sgd, learning_rate: \alpha = 0.1}",
        )
    given.check(("rule", "learning_rate", "called"))
    rule, rate = given.get("rule"), given.get("learning_rate")
    number, symbol = None, None
    if rate is not None:
        if not isinstance(rate, Scalar):
            raise Fault("`learning_rate` is one number", rate.span, expected=r"\alpha = 0.1")
        number, symbol = _rate(rate.text)
    called = given.prose("called", "learning rate")
    return Update(_rule(rule), number, *_symbol(symbol, taken), called)


def _rule(given: Given | None) -> Optimiser:
    if given is None:
        return OPTIMISERS["sgd"]
    name = given.text.text.strip() if isinstance(given, Scalar) else ""
    if name not in OPTIMISERS:
        raise Fault(
            f"unknown update rule `{name}`",
            given.span,
            reason=nearest(name, OPTIMISERS),
            expected=", ".join(OPTIMISERS),
        )
    return OPTIMISERS[name]


def _rate(text: Slice) -> tuple[Value, Slice | None]:
    left, equals, _right = text.text.partition("=")
    number = read_number(text.cut(len(left) + 1, len(text.text)) if equals else text)
    if not math.isfinite(float(number)) or number < 0:
        raise Fault("a learning rate cannot be negative", text.span(), expected="a number above 0")
    return number, text.cut(0, len(left)) if equals else None


def _symbol(name: Slice | None, taken: Mapping[str, str]) -> tuple[str, str]:
    from derive.language.meaning import plain_name
    from derive.language.spelling import beautiful

    if name is None:
        spelled = r"\eta" if "eta" not in taken else r"\alpha"
        return plain_name(spelled[1:], taken.values()), spelled
    id = read_name(name)
    if id in taken:
        raise Fault(f"the learning rate is called {name.text}, which is a symbol of the network", name.span())
    return plain_name(id, taken.values()), beautiful(name.text)
