"""Formulas in the leaves alone: lines put into each other."""

from __future__ import annotations

from derive.agreement import must_agree
from derive.document import Aligned, Chain, Link
from derive.errors import Fault
from derive.expr import Expr, Ref, rebuild, size
from derive.graph import Role
from derive.narrate.blocks import Ask, Placed
from derive.problems.network import Network

_LONGEST = 400  # parts of a formula that anybody reads


def composed(network: Network, ask: Ask) -> Placed:
    """What the loss reads, or the named nodes, as formulas in the leaves."""
    graph = network.graph
    read = [n for n in graph[graph.loss].reads if graph[n].role is Role.LINE]
    named = [network.find(n, ask.span) for n in ask.names]
    chains = []
    for name in named or read or [graph.loss]:
        latex = network.writer().latex(in_leaves(network, Ref(name), ask))
        chains.append(Chain(graph[name].latex, (Link("=", latex),)))
    return (Aligned(tuple(chains)),)


def in_leaves(network: Network, e: Expr, ask: Ask) -> Expr:
    """Return an expression with every line put in; a Fault where nobody could read it."""
    env: dict[str, Expr] = {}
    title = f"{network.name} is too deep to be written as one formula"
    for node in network.graph.lines():
        assert node.expr is not None
        env[node.name] = _put_in(node.expr, env)
        if size(env[node.name]) > 50 * _LONGEST:
            raise Fault(title, ask.span)
    whole = _put_in(e, env)
    if size(whole) > _LONGEST:
        raise Fault(title, ask.span)
    must_agree(network.derivation, network.notation, whole, e, network.given if network.complete else None)
    return whole


def _put_in(e: Expr, env: dict[str, Expr]) -> Expr:
    return rebuild(e, lambda x: env.get(x.name, x) if isinstance(x, Ref) else x)
