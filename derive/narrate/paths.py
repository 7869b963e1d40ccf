"""Paths of the chain rule: one edge as a local derivative, and what single paths bring to a gradient."""

from __future__ import annotations

from collections.abc import Iterator

from derive.agreement import must_agree
from derive.differentiate import Contribution
from derive.document import Aligned, Chain, Link, Math
from derive.errors import Fault
from derive.expr import add, mul, names
from derive.narrate.blocks import Ask, Placed
from derive.narrate.common import explained
from derive.problems.network import Network
from derive.rewrite import together
from derive.tidy import tidy

_MOST = 64  # paths, which may double with every node


def local(network: Network, ask: Ask) -> Placed:
    """The derivative of a line by a name that it reads."""
    of, wrt = (network.find(n, ask.span) for n in ask.names)
    found = next((c for c in network.derivation.steps[wrt].contributions if c.consumer == of), None)
    if found is None:
        read = ", ".join(network.graph[n].spelled for n in network.graph[of].reads) or "nothing"
        title = f"the line of {network.graph[of].spelled} does not read {network.graph[wrt].spelled}"
        raise Fault(title, ask.span, expected=f"it reads {read}")
    writer = network.writer()
    sides = dict.fromkeys(writer.latex(e) for e in (tidy(found.raw), found.local))
    links = tuple(Link("=", side) for side in sides)
    return (Aligned((Chain(writer.quantity(of, wrt), links, why=(found.because,)),), explained(ask)),)


def path(network: Network, ask: Ask) -> Placed:
    """What the paths through a node bring to a gradient; a weight names the paths on which it is a factor."""
    name, via = network.find(ask.names[0], ask.span), ask.text("via")
    if not via:
        raise Fault("`path` goes through something", ask.span, expected=r'path("\omega_0", via="\omega_s")')
    through = network.find(via, ask.span)
    terms = [mul(*(c.local for c in edges)) for edges in _paths(network, name, ask) if _passes(edges, through)]
    if not terms:
        title = f"no path from {ask.names[0]} to the loss goes through {via}"
        raise Fault(title, ask.span, expected="a node or a factor on one of its paths")
    whole = add(*terms)
    shown = together(tidy(whole))
    must_agree(network.derivation, network.notation, shown, whole, network.given if network.complete else None)
    return Math(network.writer().latex(shown))


def _passes(edges: tuple[Contribution, ...], through: str) -> bool:
    return any(c.consumer == through or through in names(c.local) for c in edges)


def _paths(network: Network, name: str, ask: Ask) -> list[tuple[Contribution, ...]]:
    """Return every path to the loss, its edges from the loss down."""
    found = []
    for edges in _walk(network, name):
        found.append(edges)
        if len(found) > _MOST:
            raise Fault(f"more than {_MOST} paths lead from {ask.names[0]} to the loss", ask.span)
    return found


def _walk(network: Network, name: str) -> Iterator[tuple[Contribution, ...]]:
    if name == network.graph.loss:
        yield ()
        return
    for c in network.derivation.steps[name].contributions:
        for later in _walk(network, c.consumer):
            yield (*later, c)
