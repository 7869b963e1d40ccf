"""A matrix network as the build's JSON has it."""

from __future__ import annotations

from typing import Any

from derive.check.quantities import Grid, Quantity
from derive.matrices.plain import Unwritable, plain
from derive.matrices.term import ordered
from derive.problems.matrix.forms import Adjoint, symbol
from derive.problems.matrix.network import MatrixNetwork
from derive.problems.result import adjoint_names, number


def result(network: MatrixNetwork) -> dict[str, Any]:
    """Return the network under the keys of the JSON; matrices are lists of rows."""
    names = network.names.values()
    numbers = network.before if network.complete else None
    return {
        "kind": "network",
        "symbols": {n.spelled: n.name for n in names},
        "values": {n.spelled: rows(numbers.values[n.name]) for n in names if n.name in numbers.values}
        if numbers
        else {},
        "gradients": {n.spelled: _gradient(network, n.name) for n in names if network.loss},
        "updated": {network.names[n].spelled: rows(x) for n, x in network.updated.items()} if numbers else {},
        "steps": [_step(network, adjoint) for adjoint in network.adjoints.values()],
        "certificate": {"points": network.certificate.points, "max_error": network.certificate.max_error},
        "assumptions": [f"{way} of {network.names[n].spelled} sum to 1" for n, way in network.sums.items()],
        "shapes": {n.spelled: [] if n.symbol.scalar else [str(d) for d in n.symbol.shape] for n in names},
        **adjoint_names({made.spelled: network.names[name].spelled for name, made in network.named.items()}),
    }


def rows(x: Quantity) -> Any:
    """Return a number, or a matrix as a list of rows."""
    return [[number(cell) for cell in row] for row in x.rows] if isinstance(x, Grid) else number(x)


def _gradient(network: MatrixNetwork, name: str) -> dict[str, Any]:
    adjoint = network.adjoints[name]
    best = adjoint.closed if adjoint.closed is not None else adjoint.term
    value = rows(network.before.adjoints[name]) if network.complete else None
    out: dict[str, Any] = {"plain": None, "latex": _texts(network, name)[-1], "value": value}
    try:
        if any(x.op == "sym" and x.data[0].startswith("∂") for x in ordered(best)):
            out["because"] = "it holds the derivative of a loss that is left open, or of a line with a long formula"
        else:
            out["plain"] = plain(best)
    except Unwritable as word:
        out["because"] = f"{word} has no plain form"
    return out


def _texts(network: MatrixNetwork, name: str) -> list[str]:
    """Return a derivative in the adjoints of later lines, and with those put in."""
    return [form.text for form in network.printed[name] if not form.rows]


def _step(network: MatrixNetwork, adjoint: Adjoint) -> dict[str, Any]:
    forms = _texts(network, adjoint.name)
    paths = len(adjoint.contributions)
    rule = {0: "the loss does not depend on it", 1: "chain rule"}.get(paths, f"chain rule, sum over {paths} paths")
    if adjoint.name == network.loss:
        rule = "seed"
    if adjoint.given and adjoint.term is symbol(network, adjoint.name):
        rule = "given"
    quantity = network.quantity(adjoint.name)
    return {"of": network.names[adjoint.name].spelled, "chain": list(dict.fromkeys([quantity, *forms])), "rule": rule}
