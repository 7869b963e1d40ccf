"""The gradients of a derivation, or the values of a graph, as one NumPy function for data in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from derive.differentiate import Derivation
from derive.expr import Apply, Expr, Partial, Ref, call, names, parts, rebuild
from derive.graph import Graph
from derive.numeric import compiled

Function = Callable[..., dict[str, Any]]


def gradients(derivation: Derivation, wrt: Iterable[str], at_zero: Fraction = Fraction(0)) -> Function:
    """Return a function of the leaves, by plain name as keywords, that returns {name: ∂loss/∂name}.

    Leaves are numbers or arrays of one batch; the gradient of each sample stands at its place. A gradient that
    depends on no leaf is a number. at_zero is u(0), the value of the unit step at its kink.
    """
    graph, wanted = derivation.graph, tuple(wrt)
    adjoints = _needed(derivation, wanted)
    tape = [(name, _named(derivation.steps[name].adjoint)) for name in derivation.steps if name in adjoints]
    lines = _lines(graph, (n for _, e in tape for n in names(e)))
    return _function(graph, [*lines, *((_adjoint(name), e) for name, e in tape)], wanted, _adjoint, at_zero)


def values(graph: Graph, nodes: Iterable[str], at_zero: Fraction = Fraction(0)) -> Function:
    """Return a function of the leaves, as `gradients` does, that returns {name: value}."""
    wanted = tuple(nodes)
    return _function(graph, _lines(graph, wanted), wanted, str, at_zero)


def _function(
    graph: Graph, tape: list[tuple[str, Expr]], wanted: tuple[str, ...], called: Callable[[str], str], at_zero: Fraction
) -> Function:
    leaves = [n.name for n in graph.leaves()]
    function = compiled(leaves, [(name, _at_kinks(e, at_zero)) for name, e in tape], map(called, wanted))
    return lambda **arrays: dict(zip(wanted, function(*(arrays[n] for n in leaves)), strict=True))


def _at_kinks(e: Expr, at_zero: Fraction) -> Expr:
    """Return e with unit steps that are `at_zero` at 0, made from ones that are 0 there."""
    if at_zero == 0 or not isinstance(e, Apply):
        return e
    args = tuple(_at_kinks(a, at_zero) for a in e.args)
    if e.op != "step":
        return Apply(e.op, args)
    return (1 - at_zero) * call("step", *args) + at_zero * (1 - call("step", -args[0]))


def _adjoint(name: str) -> str:
    return f"∂{name}"  # no plain name begins so


def _named(e: Expr) -> Expr:
    return rebuild(e, lambda x: Ref(_adjoint(x.wrt)) if isinstance(x, Partial) else x)


def _needed(derivation: Derivation, wanted: tuple[str, ...]) -> set[str]:
    """Return the names whose adjoints are read on the way to those wanted."""
    found, stack = set(wanted), list(wanted)
    while stack:
        for q in parts(derivation.steps[stack.pop()].adjoint):
            if isinstance(q, Partial) and q.wrt not in found:
                found.add(q.wrt)
                stack.append(q.wrt)
    return found


def _lines(graph: Graph, read: Iterable[str]) -> list[tuple[str, Expr]]:
    """Return the lines that give the names read, directly or through other lines."""
    found: set[str] = set()
    stack = [name for name in read if name in graph.nodes]
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack.extend(graph[name].reads)
    return [(n.name, n.expr) for n in graph.lines() if n.expr is not None and n.name in found]
