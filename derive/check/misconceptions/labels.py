"""The wrong quantity in the right place: another label, another layer, another time, another target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from derive.check.misconceptions.edits import Put, bare, complements, everywhere, negated, number, plus, spots, times, without
from derive.check.misconceptions.record import Change, Example, Misconception, nothing
from derive.check.misconceptions.setting import Setting, as_shown
from derive.check.quantities import Scalar
from derive.graph import Role
from derive.language import surface as s

_CHAIN = {
    "forward": "z_1 = w_1 x, h_1 = \\sigma(z_1), z_2 = w_2 h_1, h_2 = \\sigma(z_2), L = (h_2 - y)^2",
    "data": "x, y",
    "values": "x = 0.7, y = 0.3, w_1 = 0.4, w_2 = -0.9",
    "update": "rule: sgd, learning_rate: \\alpha = 0.1",
}
_CLASSIFIER = {
    "forward": "z = w x, q = \\sigma(z), L = -(y \\log q + (1 - y) \\log(1 - q))",
    "data": "x, y",
    "values": "x = 0.7, y = 1, w = 0.4",
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
            if label in setting.facts.names:
                other = setting.facts.names[label]
                moved = everywhere(tree, lambda t, n=name, o=other: o if setting.node(t) == n else None)  # type: ignore[misc]
                yield Change(moved, setting.facts.names[name], other)


def _others(part: s.Tree, setting: Setting) -> Iterator[s.Tree]:
    """Yield a name, a derivative or a number of the network with another label."""
    names, alike = setting.facts.names, setting.facts.alike
    node = setting.node(part)
    if node is not None:
        yield from (names[other] for other in alike.get(node, ()) if other in names)
    elif isinstance(part, s.Partial) and len(part.wrt) == 1:
        by, of = setting.world.quantity(part.wrt[0]), setting.world.quantity(part.of)
        yield from (s.Partial(part.at, part.of, (names[o],)) for o in alike.get(by or "", ()) if o in names)
        if of is not None and of != setting.facts.graph.loss:
            yield from (s.Partial(part.at, names[o], part.wrt) for o in alike.get(of, ()) if o in names)


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


def _other_time(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield formulas with a parameter after the update in place of the one before, and the other way round."""
    subject, own = setting.bench.subject, setting.bench.subject.own
    if subject.network.update is None:
        return
    for part, put in spots(tree):
        if isinstance(part, s.Name):
            node, after = setting.node(part), subject.after(part.id)
            if after is not None:
                yield Change(put(setting.facts.names[after]), part, setting.facts.names[after])
            elif node in subject.network.parameters:
                yield Change(put(setting.facts.new(node)), part, setting.facts.new(node))
    if own is not None:
        for part, put in spots(tree):
            yield from _other_number(part, put, own.values, own.updated)


def _other_number(
    part: s.Tree, put: Put, before: Mapping[str, Scalar], after: Mapping[str, Scalar]
) -> Iterator[Change]:
    inner = bare(part)
    if not isinstance(inner, s.Num) or not isinstance(part, (s.Num, s.Neg)):
        return
    value = Fraction(inner.text) if part is inner else -Fraction(inner.text)
    for name, new in after.items():
        for one, other in ((before[name], new), (new, before[name])):
            if one == value and ("." in inner.text or value == 0):
                stale = number(as_shown(other, inner.text))
                yield Change(put(stale), part, stale)


def _other_target(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield formulas for the other class, with target and prediction exchanged, or with other data as the target."""
    facts = setting.facts
    if facts.target is None or facts.target not in facts.names:
        return
    target = facts.names[facts.target]
    options = [facts.names[n] for n in facts.graph.nodes if n in facts.names and facts.graph[n].role is Role.DATA]
    others: list[s.Tree] = [plus(number("1"), negated(target)), *(o for o in options if o is not target)]
    for other in others:
        moved = everywhere(tree, lambda t, o=other: o if setting.node(t) == facts.target else None)  # type: ignore[misc]
        if moved != tree:
            yield Change(moved, target, other)
    if facts.prediction in facts.names and any(isinstance(part, (s.Call, s.Div)) for part in setting.parts(tree)):
        pair = {facts.target: facts.names[facts.prediction], facts.prediction: target}
        moved = everywhere(tree, lambda t: pair.get(setting.node(t)) if isinstance(t, s.Name) else None)
        if moved != tree:
            yield Change(moved, target, facts.names[facts.prediction])
    yield from _target_numbers(tree, setting)


def _target_numbers(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    own, facts = setting.bench.subject.own, setting.facts
    if own is None or facts.target is None:
        return
    data = [v for n, v in own.values.items() if facts.graph[n].role is Role.DATA and n != facts.target]
    for part, put, text, names in setting.shown(tree):
        if facts.target in names:
            for other in (1 - own.values[facts.target], *data):
                value = number(as_shown(other, text))
                yield Change(put(value), part, value)


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
    Misconception(
        "stale-value",
        "A value from before or after the update",
        "All gradients of one step are taken at the parameters before the step; only when all are known are the "
        "parameters exchanged, all at once. From then on the new values hold everywhere.",
        "{wrong} was used, {right} holds here",
        Example(
            _CHAIN,
            r"\frac{\partial L}{\partial h_1} = 2 (h_2 - y) h_2 (1 - h_2) w_2^{new}",
            r"\frac{\partial L}{\partial h_1} = 2 (h_2 - y) h_2 (1 - h_2) w_2",
        ),
        _other_time,
    ),
    Misconception(
        "wrong-target",
        "Another target",
        "The loss compares the prediction with the target of this sample. Another sample's target, the other class, or "
        "prediction and target exchanged give another loss.",
        "the target {right} is not {wrong}",
        Example(_CLASSIFIER, r"\frac{\partial L}{\partial z} = q - (1 - y)", r"\frac{\partial L}{\partial z} = q - y"),
        _other_target,
        nothing,
    ),
)
