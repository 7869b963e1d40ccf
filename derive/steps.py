"""The forms in which a derived quantity is shown, from the chain rule to the closed form."""

from __future__ import annotations

from collections.abc import Iterator

from derive.differentiate import Contribution, Derivation
from derive.expr import ONE, Apply, Expr, Number, Partial, add, mul, neg
from derive.rewrite import flatten, opened
from derive.tidy import tidy

READABLE = 60  # parts of a closed form that is still shown with everything substituted
SHORT = 25  # parts of one that fits into a table


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
    if name == loss:
        return (ONE,)
    by_adjoints = add(*(_by_adjoint(loss, c) for c in step.contributions))
    return tuple(_distinct([*_chain_rule(loss, name, step.contributions), by_adjoints]))


def _by_adjoint(loss: str, c: Contribution) -> Expr:
    """Return adjoint · local derivative with the sign and the number of the latter in front."""
    if c.consumer == loss:
        return c.local
    adjoint, local = Partial(loss, c.consumer), c.local
    negative = isinstance(local, Apply) and local.op == "neg"
    if isinstance(local, Apply) and negative:
        local = local.args[0]
    factors = local.args if isinstance(local, Apply) and local.op == "mul" else (local,)
    numbers = [f for f in factors if isinstance(f, Number)]
    body = mul(*numbers, adjoint, *(f for f in factors if not isinstance(f, Number)))
    return neg(body) if negative else body


def _chain_rule(loss: str, name: str, contributions: tuple[Contribution, ...]) -> Iterator[Expr]:
    """Yield the sum over consumers. Where the loss itself is one of several, its own derivative is written out:

    ∂loss/∂name would have to mean the direct dependence and the whole gradient at once.
    """
    if any(c.consumer != loss for c in contributions):
        yield add(*(_factors(loss, c, name) for c in contributions))


def _factors(loss: str, c: Contribution, name: str) -> Expr:
    return c.local if c.consumer == loss else mul(Partial(loss, c.consumer), Partial(c.consumer, name))


def _substituted(d: Derivation, contributions: tuple[Contribution, ...]) -> Iterator[Expr]:
    if len(contributions) == 1:
        (c,) = contributions
        upstream = d.upstream(c.consumer, READABLE)
        yield flatten(mul(upstream, opened(c.raw)))
    elif contributions:
        yield add(*(tidy(mul(d.upstream(c.consumer, READABLE), c.local)) for c in contributions))


def _distinct(forms: list[Expr]) -> Iterator[Expr]:
    seen: list[Expr] = []
    for form in forms:
        if form not in seen:
            seen.append(form)
            yield form
