"""Mistakes with signs, and with the update, whose sign is its point."""

from __future__ import annotations

from collections.abc import Iterator

from derive.check.misconceptions.edits import bare, negated, plus, spots, times, without
from derive.check.misconceptions.record import Change, Example, Misconception, nothing
from derive.check.misconceptions.setting import Setting
from derive.language import surface as s
from derive.ops import PRIMITIVES, SPELLINGS

_UNIT = {
    "forward": "z = w x, h = \\sigma(z), L = (y - h)^2",
    "data": "x, y",
    "values": "x = 0.7, y = 1, w = 0.4",
    "update": "rule: sgd, learning_rate: \\alpha = 0.1",
}


def signs(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    for part, put in spots(tree):
        if isinstance(part, s.Add):
            for k, term in enumerate(part.terms):
                flipped = negated(term)
                yield Change(put(plus(*part.terms[:k], flipped, *part.terms[k + 1 :])), term, flipped)
    yield Change(negated(tree), tree, negated(tree))


def _mirrored(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield activations of the argument with the other sign."""
    for part, put in spots(tree):
        if isinstance(part, s.Call) and len(part.args) == 1 and _activation(part.fn, setting):
            other = s.Call(part.at, part.fn, (negated(part.args[0]),), part.primes, part.base)
            yield Change(put(other), part, other)


def _activation(fn: str, setting: Setting) -> bool:
    named = setting.facts.network.functions.get(fn)
    op = named.op if named is not None else SPELLINGS.get(fn, "")
    return op in PRIMITIVES and PRIMITIVES[op].kind == "activation" and op not in ("tanh", "id")


def _steps(tree: s.Tree, setting: Setting) -> Iterator[tuple[s.Tree, s.Add, int]]:
    """Yield the sums of an update with the place of the term that is subtracted."""
    if not isinstance(setting.left, s.Name) and not _updates(setting.left, setting):
        return
    name = setting.left.id if isinstance(setting.left, s.Name) else ""
    if name and setting.bench.new(name) is None:
        return
    if isinstance(tree, s.Add) and len(tree.terms) == 2:
        yield tree, tree, 1


def _updates(left: s.Tree, setting: Setting) -> bool:
    """Return whether a side is itself the formula of an update."""
    return any(isinstance(n, s.Name) and setting.bench.subject.is_rate(n.id) for n in setting.parts(left))


def _uphill(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    for _, part, k in _steps(tree, setting):
        term = part.terms[k]
        yield Change(plus(part.terms[0], negated(term)), term, negated(term))


def _unscaled(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    for _, part, k in _steps(tree, setting):
        step = bare(part.terms[k])
        for i, factor in enumerate(step.factors if isinstance(step, s.Mul) else ()):
            assert isinstance(step, s.Mul)
            if i == 0 or (isinstance(factor, s.Name) and setting.bench.subject.is_rate(factor.id)):
                rest = times(*without(step.factors, i))
                yield Change(plus(part.terms[0], negated(rest)), right=factor)


SIGNS = (
    Misconception(
        "reversed-update",
        "A step up instead of down",
        "The gradient points to where the loss grows fastest. To make it smaller, subtract the gradient times the "
        "learning rate; a negative gradient then makes the parameter larger.",
        "the step goes against the gradient: {right}, not {wrong}",
        Example(
            _UNIT,
            r"w^{new} = w + \alpha \frac{\partial L}{\partial w}",
            r"w^{new} = w - \alpha \frac{\partial L}{\partial w}",
        ),
        _uphill,
    ),
    Misconception(
        "rate-missing",
        "The learning rate is missing",
        "The gradient says in which direction to go, the learning rate how far. The step that is subtracted is their "
        "product.",
        "the step has the factor {right}",
        Example(
            _UNIT,
            r"w^{new} = w - \frac{\partial L}{\partial w}",
            r"w^{new} = w - \alpha \frac{\partial L}{\partial w}",
        ),
        _unscaled,
        nothing,
    ),
    Misconception(
        "sigma-of-wrong-sign",
        "Activation of the wrong sign",
        "The sign of the argument was lost on the way into the function. For the sigmoid there is a check: "
        "σ(−z) = 1 − σ(z), so the value must lie above 1/2 where z is positive and below where it is negative.",
        "{wrong} was computed in place of {right}",
        Example(_UNIT, r"h = \sigma(-z)", r"h = \sigma(z)"),
        _mirrored,
    ),
    Misconception(
        "sign",
        "A sign is wrong",
        "A minus was lost or gained, often where the inner derivative of y − h or of 1 − h is −1. Write the inner "
        "derivative as a factor of its own before the product is simplified.",
        "the sign is wrong: {right}, not {wrong}",
        Example(
            _UNIT,
            r"\frac{\partial L}{\partial h} = 2 (y - h)",
            r"\frac{\partial L}{\partial h} = -2 (y - h)",
        ),
        signs,
    ),
)
