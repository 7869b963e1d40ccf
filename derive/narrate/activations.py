"""An activation function and its derivative as curves, the derivative by the rules that derive the network's."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from derive.certify import certify
from derive.differentiate import differentiate
from derive.document import Inline, Math, Plot, Series
from derive.errors import Fault
from derive.expr import Apply, Expr, Ref, Value, names, parts, rebuild, substitute
from derive.graph import Graph, Node, Role
from derive.narrate import plots
from derive.narrate.blocks import Ask, Placed
from derive.narrate.curves import Curve, X, at, seen, traced
from derive.narrate.numbers import enumeration
from derive.notation import Notation, shown
from derive.numeric import precisely, value
from derive.ops import primitive
from derive.ops.abstract import is_abstract
from derive.points import kinks_of
from derive.problems.network import Network
from derive.problems.values import read_number
from derive.source import Slice, of_text

_HALF = 5  # the usual range on both sides of 0
_LARGEST = 10**6


class Applied(NamedTuple):
    """A function of X that a line applies to an argument."""

    function: Expr
    argument: Expr


@dataclass(frozen=True, slots=True)
class Drawn:
    """A function or its derivative with its curve and its name as set; said: in words."""

    expr: Expr
    curve: Curve
    latex: str
    said: str


def activation(network: Network, ask: Ask) -> Placed:
    """The activation function of a node with its derivative; with values, where the nodes of the network lie."""
    name = network.find(ask.names[0], ask.span)
    applied = _applied(network, name, ask)
    places = _places(network, applied) if ask.flag("values") else {}
    low, high = _range(ask, places)
    both = _both(network, name, applied.function, low, high, ask)
    inside = {node: x for node, x in places.items() if low <= float(x) <= high}
    series = tuple(s for drawn in both for s in _series(network, drawn, inside, drawn is both[0]))
    alt = _said(both, places, low, high, network.notation)
    return plots.figure(ask, Plot(series, (Math(X),), ()), network.notation, alt)


def _applied(network: Network, name: str, ask: Ask) -> Applied:
    """Return the first activation function in the line of a node, or what the line does to the only name it reads."""
    node = network.graph[name]
    found = next(_activations(network, node), None)
    if found is None and node.expr is not None and len(node.reads) == 1:
        found = Applied(substitute(node.expr, {node.reads[0]: Ref(X)}), Ref(node.reads[0]))
    if found is None:
        known = [n.spelled for n in network.graph.lines() if any(_activations(network, n))]
        expected = f"one of {', '.join(known)}" if known else ""
        raise Fault(f"there is no activation function at {ask.names[0]}", ask.span, expected=expected)
    left_open = [e.op.split(":")[1] for e in parts(found.function) if isinstance(e, Apply) and is_abstract(e.op)]
    if left_open:
        raise Fault(f"{left_open[0]} is left open, so it has no curve", ask.span)
    return found


def _activations(network: Network, node: Node) -> Iterator[Applied]:
    for e in parts(node.expr) if node.expr is not None else ():
        if isinstance(e, Apply) and (is_abstract(e.op) or primitive(e.op).kind == "activation"):
            yield Applied(Apply(e.op, (Ref(X), *(_number(a, network) for a in e.args[1:]))), e.args[0])


def _number(e: Expr, network: Network) -> Expr:
    """Return an argument such as the slope of a LeakyReLU with the values of its names."""
    if not names(e):
        return e
    return rebuild(e, lambda x: shown(network.before.values[x.name], network.notation)[0] if isinstance(x, Ref) else x)


def _places(network: Network, applied: Applied) -> dict[str, Value]:
    """Return node → argument, for each node that has this very function."""
    found: dict[str, Value] = {}
    with precisely():
        for node in network.graph.lines():
            for other in _activations(network, node):
                if other.function == applied.function:
                    found[node.name] = value(other.argument, network.before.values, network.notation.relu_at_0)
    return found


def _range(ask: Ask, places: Mapping[str, Value]) -> tuple[Fraction, Fraction]:
    low, high = (_bound(ask, option) for option in ("from", "to"))
    low = Fraction(min([-_HALF, *(math.floor(float(x)) for x in places.values())])) if low is None else low
    high = Fraction(max([_HALF, *(math.ceil(float(x)) for x in places.values())])) if high is None else high
    if not -_LARGEST <= low < high <= _LARGEST:
        raise Fault("`from` must be less than `to`", ask.span, expected=f"from=-{_HALF}, to={_HALF}")
    return low, high


def _bound(ask: Ask, option: str) -> Fraction | None:
    given = ask.options.get(option)
    if given is None:
        return None
    found = read_number(Slice(ask.span.source, ask.span.start, str(given)) if ask.span else of_text(str(given)))
    return found if isinstance(found, Fraction) else Fraction(float(found))


def _both(network: Network, name: str, function: Expr, low: Fraction, high: Fraction, ask: Ask) -> tuple[Drawn, Drawn]:
    """Return the function and its derivative, which is certified like that of a network."""
    line = Node("f", "f", "f", Role.LINE, function)
    graph = Graph({X: Node(X, X, X, Role.PARAMETER), "f": line}, "f")
    derivation = differentiate(graph)
    slope = substitute(derivation.closed(X), {"f": function})  # rules may be written with the output
    try:
        certify(derivation, network.notation, {X: (slope,)})
    except Fault as fault:
        fault.span = fault.span or ask.span
        raise
    kinks = [kink for _, kink in kinks_of(graph)]
    curves = [traced(e, kinks, low, high, network.notation.relu_at_0) for e in (function, slope)]
    if not seen(curves[0].y):
        raise Fault("the function has no value in this range", ask.span, expected="other `from` and `to`")
    latex, said = _names(network, name, function)
    head, bracket, rest = latex.partition("(")
    prime = (rf"\left({head}\right)'" if "^" in head else f"{head}'") + bracket + rest
    return Drawn(function, curves[0], latex, said), Drawn(slope, curves[1], prime, "its derivative")


def _names(network: Network, name: str, function: Expr) -> tuple[str, str]:
    """Return what a function is called: \\sigma(x), or h(x) for one that has no name of its own."""
    if isinstance(function, Apply) and function.args[:1] == (Ref(X),) and primitive(function.op).kind == "activation":
        writer = network.writer()
        return replace(writer, names={**writer.names, X: X}).latex(function), f"{function.op}({X})"
    return f"{network.graph[name].latex}({X})", f"{name}({X})"


def _series(network: Network, drawn: Drawn, places: Mapping[str, Value], first: bool) -> Iterator[Series]:
    """Yield the curve, both sides and the value at each jump, and the points of the network on it."""
    curve, at_zero = drawn.curve, network.notation.relu_at_0
    yield Series((Math(drawn.latex),), _floats(curve.x), _floats(curve.y))
    sides = [(j.x, side) for j in curve.jumps for side in (j.left, j.right) if float(side) != float(j.there)]
    yield from _marks(sides, "rings")
    yield from _marks([(j.x, j.there) for j in curve.jumps], "points")
    title: tuple[Inline, ...] = ("at ", *enumeration([network.graph[n].latex for n in places])) if first else ()
    with precisely():
        yield from _marks([(x, at(drawn.expr, x, at_zero)) for x in places.values()], "points", title)


def _marks(points: list[tuple[Value, Value]], kind: str, title: tuple[Inline, ...] = ()) -> Iterator[Series]:
    if points:
        yield Series(title, _floats(x for x, _ in points), _floats(y for _, y in points), kind)


def _floats(values: object) -> tuple[float, ...]:
    return tuple(math.nan if v is None else float(v) for v in values)  # type: ignore[attr-defined]


def _said(
    both: tuple[Drawn, Drawn], places: Mapping[str, Value], low: Fraction, high: Fraction, notation: Notation
) -> str:
    words = []
    for drawn in both:
        curve = drawn.curve
        where = [
            f"at {X} = {plots.number(x, notation)}" for x, y in zip(curve.x, curve.y, strict=True) if y is not None
        ]
        words.append(f"{drawn.said} {plots.course(seen(curve.y), notation, where)}")
        for jump in curve.jumps:
            x, left, right, there = (plots.number(v, notation) for v in (jump.x, jump.left, jump.right, jump.there))
            words[-1] += f"; at {X} = {x} it jumps from {left} to {right} and is set to {there}"
    between = f"{X} from {plots.number(low, notation)} to {plots.number(high, notation)}"
    nodes = ", ".join(f"{node} at {X} = {plots.number(x, notation)}" for node, x in places.items())
    return f"For {between}, {words[0]}; {words[1]}." + (f" At the given values: {nodes}." if nodes else "")
