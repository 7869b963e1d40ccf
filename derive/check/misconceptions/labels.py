"""The wrong quantity in the right place: another label, another layer, another time, another target."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derive.check.misconceptions.edits import (
    complements,
    everywhere,
    negated,
    number,
    plus,
    spots,
    times,
    without,
)
from derive.check.misconceptions.figures import as_shown
from derive.check.misconceptions.record import Change, Example, Misconception
from derive.check.misconceptions.setting import Setting
from derive.language import surface as s

_CHAIN = {
    "forward": "z_1 = w_1 x, h_1 = \\sigma(z_1), z_2 = w_2 h_1, h_2 = \\sigma(z_2), L = (h_2 - y)^2",
    "data": "x, y",
    "values": "x = 0.7, y = 0.3, w_1 = 0.4, w_2 = -0.9",
    "update": "rule: sgd, learning_rate: \\alpha = 0.1",
}


def _relabelled(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield formulas with one name, with all its occurrences, or with its number, of another label."""
    alike = setting.facts.alike
    for part, put in spots(tree):
        for other in _others(part, setting):
            yield Change(put(other), part, other)
        if isinstance(part, s.Mul):
            for i, j in complements(part.factors):
                for other in _others(part.factors[i], setting):
                    pair = times(other, plus(number("1"), negated(other)))
                    yield Change(put(times(*without(part.factors, i, j), pair)), part.factors[i], other)
    for part, put, text, names in setting.shown(tree):
        for label in dict.fromkeys(label for name in names for label in alike.get(name, ())):
            value = number(as_shown(setting.own(label), text))
            yield Change(put(value), part, value)
    if isinstance(setting.left, s.Partial) and tree is not setting.left:
        return
    for name in dict.fromkeys(node for part in setting.parts(tree) if (node := setting.node(part)) is not None):
        for label in alike.get(name, ()):
            if label in setting.facts.names and name in setting.facts.names:
                other = setting.facts.names[label]
                moved = everywhere(tree, lambda t, n=name, o=other: o if setting.node(t) == n else None)  # type: ignore[misc]
                yield Change(moved, setting.facts.names[name], other)


def _others(part: s.Tree, setting: Setting) -> Iterator[s.Tree]:
    """Yield a name, a derivative or a number of the network with another label."""
    names, alike = setting.facts.names, setting.facts.alike
    node = setting.node(part)
    if isinstance(part, s.Name) and part.id in setting.bench.own:
        yield from _own_others(part, setting)
    elif node is not None:
        yield from (names[other] for other in alike.get(node, ()) if other in names)
    elif isinstance(part, s.Partial) and len(part.wrt) == 1:
        by, of, loss = setting.world.quantity(part.wrt[0]), setting.world.quantity(part.of), setting.facts.graph.loss
        yield from (s.Partial(part.at, part.of, (names[o],)) for o in setting.facts.beside(by) if o != of)
        if of != loss:
            yield from (s.Partial(part.at, names[o], part.wrt) for o in setting.facts.beside(of) if o not in (by, loss))


def _own_others(name: s.Name, setting: Setting) -> Iterator[s.Tree]:
    """Yield the names that the hand-in has introduced beside one, and that differ from it in the label."""
    for other in setting.bench.own:
        base, _, label = other.rpartition("_")
        if base == name.base and label != name.sub:
            yield replace(name, id=other, sub=label, latex=f"{base}_{{{label}}}")


def _inactive(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield formulas with what goes into an activation in place of what comes out."""
    activations, names = setting.facts.activations, setting.facts.names
    for part, put in spots(tree):
        node = setting.node(part)
        if node in activations:
            yield Change(put(names[activations[node][0]]), part, names[activations[node][0]])
        elif isinstance(part, s.Call) and len(part.args) == 1 and not part.primes and part.fn not in ("log", "ln"):
            yield Change(put(part.args[0]), part, part.args[0])
    for part, put, text, shown in setting.shown(tree):
        for h in (name for name in shown if name in activations):
            other = number(as_shown(setting.own(activations[h][0]), text))
            yield Change(put(other), part, other)


def _activated(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    activations, names = setting.facts.activations, setting.facts.names
    for part, put in spots(tree):
        node = setting.node(part)
        for h in (h for h, (z, _) in activations.items() if z == node):
            yield Change(put(names[h]), names[h], part)
    for part, put, text, shown in setting.shown(tree):
        for h in (h for h, (z, _) in activations.items() if z in shown):
            other = number(as_shown(setting.own(h), text))
            yield Change(put(other), other, part)


INPUTS = (
    Misconception(
        "activation-missing",
        "The input of an activation for its output",
        "A weight is multiplied with what comes out of the layer before, h = σ(z), not with what goes into its "
        "activation. The local derivative by the weight is that same h.",
        "{wrong} stands where {right} belongs",
        Example(
            _CHAIN,
            r"\frac{\partial L}{\partial w_2} = 2 (h_2 - y) h_2 (1 - h_2) z_1",
            r"\frac{\partial L}{\partial w_2} = 2 (h_2 - y) h_2 (1 - h_2) h_1",
        ),
        _inactive,
        _activated,
    ),
)
LABELS = (
    Misconception(
        "wrong-label",
        "A neighbour's label",
        "The quantity is of the right kind, but of another layer or unit. Read the line of the forward pass again and "
        "note which index each of its symbols has.",
        "{wrong} stands where {right} belongs",
        Example(
            _CHAIN,
            r"\frac{\partial L}{\partial w_2} = 2 (h_2 - y) h_2 (1 - h_2) h_2",
            r"\frac{\partial L}{\partial w_2} = 2 (h_2 - y) h_2 (1 - h_2) h_1",
        ),
        _relabelled,
    ),
)
