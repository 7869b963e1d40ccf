"""All gradients of a derivation as one NumPy function, for data in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from derive.differentiate import Derivation
from derive.expr import Expr, Partial, Ref, names, parts, rebuild
from derive.numeric import compiled


def gradients(derivation: Derivation, wrt: Iterable[str]) -> Callable[..., dict[str, Any]]:
    """Return a function of the leaves, by plain name as keywords, that returns {name: ∂loss/∂name}.

    Leaves are numbers or arrays of one batch; the gradient of each sample stands at its place. A gradient that
    depends on no leaf is a number.
    """
    graph, wanted = derivation.graph, tuple(wrt)
    leaves = [n.name for n in graph.leaves()]
    adjoints = _needed(derivation, wanted)
    tape = [(name, _named(derivation.steps[name].adjoint)) for name in derivation.steps if name in adjoints]
    primals = _read(derivation, (e for _, e in tape))
    lines = [(n.name, n.expr) for n in graph.lines() if n.expr is not None and n.name in primals]
    function = compiled(leaves, [*lines, *((_adjoint(name), e) for name, e in tape)], map(_adjoint, wanted))
    return lambda **arrays: dict(zip(wanted, function(*(arrays[n] for n in leaves)), strict=True))


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


def _read(derivation: Derivation, adjoints: Iterable[Expr]) -> set[str]:
    """Return the names whose values the adjoints read, directly or through other lines."""
    found: set[str] = set()
    stack = [n for e in adjoints for n in names(e) if n in derivation.graph.nodes]
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack.extend(derivation.graph[name].reads)
    return found
