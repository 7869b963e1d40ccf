"""Numbers for graphs and formulas: exact where the input is exact, 50 digits elsewhere; and compiled NumPy code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from derive.errors import Fault
from derive.expr import Apply, Expr, Number, Partial, Ref, Value, to_sympy
from derive.graph import Graph, Node
from derive.notation import STANDARD, Notation, show
from derive.ops import PRIMITIVES, DomainError, primitive

DIGITS = 50


def value(
    e: Expr,
    env: Mapping[str, Value],
    at_zero: Fraction = Fraction(0),
    quantity: Callable[[Partial], Value] | None = None,
) -> Value:
    """Return the value of e where the names have the values of env.

    at_zero is u(0); quantity gives the value of a derivative that stands as ∂a/∂b. Raises DomainError, KeyError.
    """
    if isinstance(e, Number):
        return e.value
    if isinstance(e, Ref):
        return env[e.name]
    if isinstance(e, Partial):
        assert quantity is not None
        return quantity(e)
    assert isinstance(e, Apply)
    if e.op == "branch":  # only the branch that is taken needs a value
        condition = value(e.args[0], env, at_zero, quantity)
        return value(e.args[1 if condition > 0 else 2], env, at_zero, quantity)
    args = [value(a, env, at_zero, quantity) for a in e.args]
    if e.op == "step" and args[0] == 0:
        return at_zero
    return primitive(e.op).value(*args)


def evaluate(graph: Graph, leaves: Mapping[str, Value], notation: Notation = STANDARD) -> dict[str, Value]:
    """Return the value of every node; raises a Fault that names the node and the values it could not be computed at."""
    env: dict[str, Value] = {n.name: leaves[n.name] for n in graph.leaves()}
    for node in graph.lines():
        env[node.name] = carried(node_value(node, env, notation), notation)
    return env


def carried(x: Value, notation: Notation) -> Value:
    """Return the number to compute on with: all of it, or (carry: shown) what was printed."""
    return show(x, notation)[1] if notation.carry == "shown" else x


def node_value(node: Node, env: Mapping[str, Value], notation: Notation) -> Value:
    assert node.expr is not None
    try:
        return value(node.expr, env, notation.relu_at_0)
    except DomainError as wrong:
        at = ", ".join(f"{r} = {float(env[r]):.6g}" for r in node.reads)
        raise Fault(f"{node.spelled} has no value: {wrong}", expected=f"other values than {at}") from None


def precisely() -> Any:
    """Return a context manager in which values are computed with 50 digits."""
    from mpmath import mp

    return mp.workdps(DIGITS)


def compiled(inputs: Iterable[str], tape: Iterable[tuple[str, Expr]], outputs: Iterable[str]) -> Callable[..., Any]:
    """Return a NumPy function of the inputs that computes the tape line by line and returns the outputs.

    The tape is handed to SymPy's lambdify as its common subexpressions, so that nothing is inlined or searched for.
    """
    import sympy

    symbols: dict[str, Any] = {}

    def symbol(name: str) -> Any:
        return symbols.setdefault(name, sympy.Symbol(f"v{len(symbols)}_", real=True))

    arguments = [symbol(name) for name in inputs]
    lines = [(symbol(name), to_sympy(e, symbol)) for name, e in tape]
    results = [symbol(name) for name in outputs]
    own = {p.name: p.numpy for p in PRIMITIVES.values() if p.numpy is not None}
    return sympy.lambdify(arguments, results, [own, "numpy"], cse=lambda _: (lines, results))  # type: ignore[no-any-return]
