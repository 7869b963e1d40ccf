"""What several blocks of a network share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from derive.document import Inline, Math
from derive.errors import Fault
from derive.narrate.blocks import Ask, Placed
from derive.notation import read_digits
from derive.problems.matrix.network import MatrixNetwork
from derive.problems.network import Network, State

N = TypeVar("N", Network, MatrixNetwork)


def rounded(make: Callable[[N, Ask], Placed]) -> Callable[[N, Ask], Placed]:
    """Return a block that takes the option `digits` for itself."""

    def made(network: N, ask: Ask) -> Placed:
        text = ask.text("digits")
        if not text:
            return make(network, ask)
        digits = read_digits(text)
        if digits is None:
            raise Fault(f"digits cannot be `{text}`", ask.span, expected="exact, 6 decimals, 4 significant")
        return make(replace(network, notation=replace(network.notation, digits=digits)), ask)

    return made


def state_of(network: Network, ask: Ask) -> State:
    return network.after if ask.flag("after") else network.before


def explained(ask: Ask) -> bool | None:
    """Return whether the author wants the steps of a block explained, None where this is left to the report."""
    return ask.flag("explain") if "explain" in ask.options else None


def cell(latex: str) -> tuple[Inline, ...]:
    return (Math(latex),)


def caption(ask: Ask) -> tuple[Inline, ...]:
    """Return the caption that the author gives."""
    given = ask.text("caption")
    return (given,) if given else ()


def label(ask: Ask) -> str:
    """Return the name by which the text refers to a picture or a table."""
    given = ask.text("label").lstrip("#")
    return f"#{given}" if given else ""


def forward_key(network: Network, name: str) -> str:
    """Return what a reference calls the line of a node."""
    return f"{network.name}.{name}"


def backward_key(network: Network, name: str) -> str:
    """Return what a reference calls the derivative of the loss by a node."""
    return f"{network.name}.d.{name}"


def chosen(names: list[str], network: Network, ask: Ask, find: Callable[..., str] | None = None) -> list[str]:
    """Return the names asked for, or those between the options `from` and `to`; find: spelling → plain name."""
    find = find or network.find
    if ask.names:
        return [find(n, ask.span) for n in ask.names]
    first, last = ask.text("from"), ask.text("to")
    start = _place(names, find(first, ask.span), first, ask) if first else 0
    stop = _place(names, find(last, ask.span), last, ask) if last else len(names) - 1
    if start > stop and names:
        raise Fault(f"{first} comes after {last} here", ask.span, fix=f'from="{last}", to="{first}"')
    return names[start : stop + 1]


def _place(names: list[str], name: str, spelled: str, ask: Ask) -> int:
    if name not in names:
        raise Fault(f"{spelled} is no step of this block", ask.span)
    return names.index(name)


def quantity(network: Network, name: str) -> str:
    return network.writer().quantity(network.graph.loss, name)
