"""The forms in which a derived quantity is shown, from the chain rule to the closed form."""

from __future__ import annotations

from collections.abc import Iterator

from derive.differentiate import Contribution, Derivation
from derive.expr import ONE, Expr, Partial, add, mul
from derive.rewrite import flatten, tidy

READABLE = 60  # parts of a closed form that is still shown with everything substituted


def backward_forms(d: Derivation, name: str) -> tuple[Expr, ...]:
    """Return ∂loss/∂name as a student writes it: chain rule, substituted, simplified; equal neighbours left out.

    All forms have the value of the gradient; a 0 for what the loss does not read.
    """
    step, loss = d.steps[name], d.graph.loss
    if name == loss:
        return (ONE,)
    forms = [*_chain_rule(loss, name, step.contributions), *_substituted(d, step.contributions)]
    forms.append(d.closed(name, READABLE))
    return tuple(_distinct(forms))


def adjoint_forms(d: Derivation, name: str) -> tuple[Expr, ...]:
    """Return ∂loss/∂name in the symbols of later adjoints only: chain rule, then with the local derivatives."""
    step, loss = d.steps[name], d.graph.loss
    return tuple(_distinct([*_chain_rule(loss, name, step.contributions), tidy(step.adjoint)]))


def _chain_rule(loss: str, name: str, contributions: tuple[Contribution, ...]) -> Iterator[Expr]:
    if contributions and any(c.consumer != loss for c in contributions):
        yield add(*(_factors(loss, c.consumer, name) for c in contributions))


def _factors(loss: str, consumer: str, name: str) -> Expr:
    last = Partial(consumer, name)
    return last if consumer == loss else mul(Partial(loss, consumer), last)


def _substituted(d: Derivation, contributions: tuple[Contribution, ...]) -> Iterator[Expr]:
    if len(contributions) == 1:
        (c,) = contributions
        upstream = d.closed(c.consumer, READABLE)
        yield flatten(mul(upstream, c.raw))
        yield flatten(mul(upstream, c.local))
    elif contributions:
        yield add(*(tidy(mul(d.closed(c.consumer, READABLE), c.local)) for c in contributions))


def _distinct(forms: list[Expr]) -> Iterator[Expr]:
    seen: list[Expr] = []
    for form in forms:
        if form not in seen:
            seen.append(form)
            yield form
