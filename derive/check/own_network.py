"""A network from the lines of a hand-in, through the same reader as a report's; what cannot be read is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from derive.certify import certify
from derive.check.own_lines import Line, Own, rate
from derive.errors import Fault
from derive.front.entries import Mapping as Entry
from derive.front.entries import Scalar
from derive.notation import STANDARD
from derive.problems.load_network import load
from derive.problems.network import Network
from derive.source import of_text

_TRIES = 12
_LOSSES = ("L", "loss", "Loss", "E", "J", "C", "ell", "mathcal_L", "MSE", "BCE", "RSS")
_EVERYTHING = r"\mathcal{E}_{all}"  # the sum of all names, where they belong to nothing else
_MOST = 60
_WIDEST_CHECK = 1000  # node evaluations at a point of a network that is certified
_LINES = 120  # of a network; more than that no exercise has


@dataclass(frozen=True)
class Built:
    """A network, the ids of the lines and values in it, and these as text."""

    network: Network
    ids: frozenset[str]
    shown: tuple[str, ...]


def build(own: Own, losses: Counter[str], name: str) -> Built | None:
    """Return the network of a part, None where its lines make none."""
    lines, values = dict(own.lines), dict(own.values)
    for _ in range(_TRIES):
        loss = _loss(Own(lines, values), losses)
        order = _order(lines, loss) if loss else []
        if not order or len(order) > _LINES:
            return None
        given = {id: value for id, value in values.items() if any(id in lines[line].reads for line in order)}
        try:
            network = _load(name, Own({id: lines[id] for id in order}, given), own)
        except _Bad as bad:
            lines, values = _without(lines, values, order, list(given), bad)
            continue
        if network is None:
            return None
        text = [f"{lines[id].left} = {lines[id].right}" for id in order]
        numbers = ", ".join(f"{name} = {number}" for name, number, _ in given.values())
        return Built(network, frozenset((*order, *given)), (*text, *([numbers] if numbers else [])))
    return None


def anything(names: Mapping[str, str], values: Own) -> Network | None:
    """Return a network in which names are leaves without a role, so that they may have any value."""
    chosen = dict(list(names.items())[:_MOST])
    for _ in range(_TRIES):
        forward = f"{_EVERYTHING} = " + " + ".join(chosen.values() or ["t"])
        given = ", ".join(f"{name} = {number}" for id, (name, number, _) in values.values.items() if id in chosen)
        try:
            return load("own", _entry({"forward": forward, "values": given}), {}, STANDARD)
        except Fault as fault:
            bad = fault.span.text if fault.span is not None else ""
            fewer = {id: latex for id, latex in chosen.items() if latex not in bad and bad not in latex}
            chosen = fewer if bad and len(fewer) < len(chosen) else {}
    return None


class _Bad(Exception):
    """A text of an entry that cannot be read: which one, and the number of its line or item."""

    def __init__(self, key: str, at: int) -> None:
        super().__init__(key, at)
        self.key, self.at = key, at


def _entry(texts: Mapping[str, str]) -> Entry:
    made = tuple((of_text(key, key), Scalar(of_text(text, f"<{key}>"))) for key, text in texts.items() if text)
    return Entry(made, made[0][1].span)


def _load(name: str, used: Own, own: Own) -> Network | None:
    """Return the network (its last line is the loss), its derivation checked; None where the check fails.

    Raises _Bad at what cannot be read.
    """
    # In LaTeX a line keeps the arguments that its name is written with.
    forward = [f"{line.left} = {'{}' * line.left.endswith(')')}{line.right}" for line in used.lines.values()]
    values = [f"{spelled} = {number}" for spelled, number, _ in used.values.values()]
    texts = {"forward": "\n".join(forward), "values": "\n".join(values)}
    entry = _entry(texts)
    step = rate(own)
    if step is not None:
        spelled, number, _ = own.values[step]
        update = _entry({"rule": "sgd", "learning_rate": f"{spelled} = {number}"})
        entry = replace(entry, entries=(*entry.entries, (of_text("update", "update"), update)))
    try:
        network = load(name, entry, {}, STANDARD)
    except Fault as fault:
        where = fault.span.source.name.strip("<>") if fault.span is not None else ""
        if fault.span is None or where not in texts:
            return None
        raise _Bad(where, fault.span.source.position(fault.span.start)[0] - 1) from None
    try:
        # The long forms of gradients are left out: none is printed, and with many paths they take minutes.
        certify(network.derivation, network.notation, {}, network.given if network.complete else None, _WIDEST_CHECK)
    except Fault:
        return None
    return network


def _without(
    lines: dict[str, Line], values: dict[str, tuple[str, str, int]], order: list[str], given: list[str], bad: _Bad
) -> tuple[dict[str, Line], dict[str, tuple[str, str, int]]]:
    """Return the lines and values without the one that cannot be read."""
    if bad.key == "values" and bad.at < len(given):
        return lines, {id: value for id, value in values.items() if id != given[bad.at]}
    gone = order[min(bad.at, len(order) - 1)]
    return {id: line for id, line in lines.items() if id != gone}, values


def _loss(own: Own, losses: Counter[str]) -> str:
    """Return the line that is differentiated most often, else the last one that no other reads; "" for none."""
    read = {id for line in own.lines.values() for id in line.reads}
    ends = [id for id in own.lines if id not in read]
    asked = [id for id, _ in losses.most_common() if id in ends]
    called = [id for id in ends if id.partition("_")[0] in _LOSSES]
    return next(iter([*asked[:1], *called[-1:], *ends[-1:]]), "")


def _order(lines: Mapping[str, Line], loss: str) -> list[str]:
    """Return the lines that reach the loss, each behind what it reads; a circle gives none."""
    done: list[str] = []
    open_: set[str] = set()
    stack = [(loss, False)]
    while stack:
        id, finished = stack.pop()
        if finished:
            open_.discard(id)
            done.append(id)
        elif id in open_:
            return []
        elif id not in done:
            open_.add(id)
            stack.append((id, True))
            stack += [(other, False) for other in sorted(lines[id].reads) if other in lines and other not in done]
    return done
