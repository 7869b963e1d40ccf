"""One step of an optimiser as an expression in the parameter, its gradient and the learning rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from derive.expr import Expr


@dataclass(frozen=True, slots=True)
class Optimiser:
    """name: as in `update: {rule: …}`; step: (parameter, gradient, rate) → new parameter; because: a sentence."""

    name: str
    step: Callable[[Expr, Expr, Expr], Expr]
    because: str


OPTIMISERS = {
    o.name: o
    for o in (
        Optimiser("sgd", lambda w, g, rate: w - rate * g, "a step of gradient descent goes against the gradient"),
    )
}
