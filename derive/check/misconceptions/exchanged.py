"""Values from before or after the update, and the target of another sample or class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from derive.check.misconceptions.edits import (
    Put,
    bare,
    everywhere,
    negated,
    number,
    plus,
    spots,
)
from derive.check.misconceptions.figures import as_shown
from derive.check.misconceptions.record import Change, Example, Misconception, nothing
from derive.check.misconceptions.setting import Setting
from derive.check.quantities import Scalar
from derive.graph import Role
from derive.language import surface as s

_STEP = {
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


def _other_time(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield formulas with a parameter after the update in place of the one before, and the other way round."""
    subject, own = setting.bench.subject, setting.bench.subject.own
    if subject.network.update is None:
        return
    for part, put in spots(tree):
        if isinstance(part, s.Name):
            node, after = setting.node(part), subject.after(part.id)
            if after in setting.facts.names:
                yield Change(put(setting.facts.names[after]), part, setting.facts.names[after])
            elif node in subject.network.parameters and node in setting.facts.names:
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
        moved = everywhere(tree, lambda t: pair.get(setting.node(t) or ""))
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


EXCHANGED = (
    Misconception(
        "stale-value",
        "A value from before or after the update",
        "All gradients of one step are taken at the parameters before the step; only when all are known are the "
        "parameters exchanged, all at once. From then on the new values hold everywhere.",
        "{wrong} was used, {right} holds here",
        Example(
            _STEP,
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
