"""Intermediate results: the values of parts of a formula, of a line or a gradient, which stand rounded on paper.

Only what is inexact can be rounded: data, whole numbers and short exact results are what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import islice

from derive.check.quantities import Grid, Scalar, operate
from derive.check.subject import Point, Subject
from derive.check.world import NetworkWorld
from derive.expr import Apply, Expr, Number, Partial, Ref, call, mul, parts
from derive.graph import Role
from derive.language import surface as s
from derive.language.walk import walk
from derive.numeric import value
from derive.ops import SPELLINGS, DomainError

_MOST = 80  # parts that are looked at, of a side and of each formula behind a name
_NEIGHBOURS = 6  # of a product or a sum, that may be computed first
_EXPONENTIAL, _LARGE = ("sigmoid", "tanh", "softplus"), 100
_SHORT = 10**4  # an exact result with at most four decimals stands as it is


def digits(text: str) -> int:
    """Return the number of significant digits of a number as it is written."""
    mantissa = text.lower().partition("e")[0]
    return max(1, len(mantissa.replace(".", "").lstrip("0")))


def intermediate(side: s.Tree, subject: Subject, point: Point, world: NetworkWorld) -> list[Scalar]:
    """Return the inexact values of the parts of a side and of the formulas that its names stand for."""
    found = [*_of_tree(side, world)]
    for formula in () if subject.of_matrices else _meant(side, subject, world):
        found += _of_formula(formula, subject, point)
    return [x for x in found if _inexact(x)]


def slopes(subject: Subject, point: Point) -> list[Scalar]:
    """Return the inexact local derivatives of a network, each line by what it reads."""
    edges = [c.local for step in subject.network.derivation.steps.values() for c in step.contributions]
    return [x for e in edges[:_MOST] for x in _values([e], subject, point) if _inexact(x)]


def _inexact(x: Scalar) -> bool:
    return not isinstance(x, Fraction) or (x * _SHORT).denominator != 1


def _of_tree(side: s.Tree, world: NetworkWorld) -> Iterator[Scalar]:
    for part in islice(parts_of(side), _MOST):
        if isinstance(part, (s.Num, s.Name)):
            continue
        try:
            x = world.valuation().value(part)
        except (ArithmeticError, ValueError):
            continue
        if isinstance(x, Grid):
            yield from x.cells
        else:
            yield x
            yield from _inside(part, world)


def parts_of(tree: s.Tree) -> Iterator[s.Tree]:
    """Yield the parts of a formula that may be computed first: also some neighbours of a product or a sum."""
    for part in walk(tree):
        yield part
        if isinstance(part, s.Mul):
            for a, b in _neighbours(len(part.factors)):
                yield s.Mul(part.at, part.factors[a:b], part.signs[a : b - 1])
        elif isinstance(part, s.Add):
            for a, b in _neighbours(len(part.terms)):
                yield s.Add(part.at, part.terms[a:b])


def _neighbours(count: int) -> Iterator[tuple[int, int]]:
    for first in range(count):
        for last in range(first + 2, min(count, first + _NEIGHBOURS) + 1):
            yield first, last


def _inside(part: s.Tree, world: NetworkWorld) -> Iterator[Scalar]:
    """Yield the exponentials that a sigmoid or a tanh is made of."""
    if not isinstance(part, s.Call) or SPELLINGS.get(part.fn) not in _EXPONENTIAL or len(part.args) != 1:
        return
    x = world.valuation().value(part.args[0])
    if not isinstance(x, Grid) and abs(x) < _LARGE:
        yield from (operate("exp", operate("mul", Fraction(k), x)) for k in (1, -1, 2, -2))


def _meant(side: s.Tree, subject: Subject, world: NetworkWorld) -> Iterator[Expr]:
    """Yield the formulas of the lines, gradients and new values that a side names."""
    network = subject.network
    for part in walk(side):
        match part:
            case s.Name() if (parameter := subject.after(part.id)) is not None and network.update is not None:
                gradient = Partial(network.graph.loss, parameter)
                yield network.update.rule.step(Ref(parameter), gradient, Ref(network.update.symbol))
            case s.Name() if (node := subject.plain(part.id)) is not None:
                expr = network.graph[node].expr
                if network.graph[node].role is Role.LINE and expr is not None:
                    yield expr
            case s.Partial(wrt=(s.Name(id=id),)) if (node := subject.plain(id)) in network.derivation.steps:
                step = network.derivation.steps[node or ""]
                yield step.adjoint
                yield from (c.raw for c in step.contributions)


def _of_formula(formula: Expr, subject: Subject, point: Point) -> Iterator[Scalar]:
    inner: list[Expr] = [e for e in parts(formula) if isinstance(e, Apply)]
    for e in inner[:_MOST]:
        if isinstance(e, Apply) and e.op in _EXPONENTIAL:
            inner += [call("exp", mul(Number(Fraction(k)), e.args[0])) for k in (1, -1, 2, -2)]
    yield from _values(inner[:_MOST], subject, point)


def _values(formulas: Iterable[Expr], subject: Subject, point: Point) -> Iterator[Scalar]:
    network = subject.network
    env = dict(point.values)
    if network.update is not None and point.rate is not None:
        env[network.update.symbol] = point.rate
    for e in formulas:
        try:
            yield value(e, env, network.notation.relu_at_0, lambda q: point.adjoints[q.wrt])
        except (DomainError, ArithmeticError, KeyError, ValueError):
            continue
