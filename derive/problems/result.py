"""A network as the build's JSON has it."""

from __future__ import annotations

from typing import Any

from derive.expr import Expr, Partial, Value, parts
from derive.language.write import NoPlainForm, plain
from derive.problems.network import Network, State
from derive.steps import adjoint_forms, backward_forms


def result(network: Network) -> dict[str, Any]:
    """Return the network as the build's JSON has it."""
    nodes = network.graph.nodes.values()
    numbers = network.before if network.complete else None
    return {
        "kind": "network",
        "symbols": {n.spelled: n.name for n in nodes},
        "values": {n.spelled: number(numbers.values[n.name]) for n in nodes} if numbers else {},
        "gradients": {n.spelled: _gradient(network, n.name, numbers) for n in nodes},
        "updated": _updated(network),
        "steps": [_step(network, name) for name in network.derivation.steps],
        "certificate": {"points": network.certificate.points, "max_error": network.certificate.max_error},
        **adjoint_names({made.spelled: network.graph[name].spelled for name, made in network.named.items()}),
    }


def adjoint_names(names: dict[str, str]) -> dict[str, Any]:
    """Return the key for what the author calls derivatives of the loss, each with its line; none without names."""
    return {"adjoint_names": names} if names else {}


def _updated(network: Network) -> dict[str, Any]:
    if network.update is None or network.update.rate is None or not network.complete:
        return {}
    return {network.graph[name].spelled: number(network.updated[name]) for name in network.parameters}


def _gradient(network: Network, name: str, numbers: State | None) -> dict[str, Any]:
    closed = network.derivation.closed(name)
    shown = adjoint_forms(network.derivation, name)[-1] if _has_quantity(closed) else closed
    out: dict[str, Any] = {
        "plain": None,
        "latex": network.writer().latex(shown),
        "value": number(numbers.adjoints[name]) if numbers else None,
    }
    try:
        out["plain"] = plain(closed, network.notation)
        if _has_quantity(closed):
            out["definitions"] = _definitions(network, closed)
    except NoPlainForm as missing:
        out["because"] = str(missing)
    return out


def _definitions(network: Network, e: Expr) -> list[list[str]]:
    """Return the adjoints that a long closed form keeps as names, each defined before it is used."""
    needed: dict[str, Expr] = {}
    stack = [e]
    while stack:
        for q in parts(stack.pop()):
            if isinstance(q, Partial) and q.wrt not in needed:
                needed[q.wrt] = network.derivation.steps[q.wrt].adjoint
                stack.append(needed[q.wrt])
    order = [n for n in network.derivation.steps if n in needed]
    return [[plain(Partial(network.graph.loss, n)), plain(needed[n], network.notation)] for n in order]


def _step(network: Network, name: str) -> dict[str, Any]:
    writer, step = network.writer(), network.derivation.steps[name]
    paths = len(step.contributions)
    chain = [
        writer.quantity(network.graph.loss, name),
        *(writer.latex(f) for f in backward_forms(network.shown, name)),
    ]
    rule = {0: "the loss does not depend on it", 1: "chain rule"}.get(paths, f"chain rule, sum over {paths} paths")
    if name == network.graph.loss:
        rule = "seed"
    reasons = dict.fromkeys(c.because for c in step.contributions)
    return {"of": network.graph[name].spelled, "chain": chain, "rule": "; ".join([rule, *reasons])}


def _has_quantity(e: Expr) -> bool:
    return any(isinstance(p, Partial) for p in parts(e))


def number(x: Value) -> int | float:
    """Return a value as a JSON number."""
    return int(x) if x == int(x) and abs(x) < 2**53 else float(x)
