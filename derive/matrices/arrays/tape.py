"""What is known while terms are written as code: definitions, sizes, the parts so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from derive.matrices.arrays.code import Code, Part
from derive.matrices.term import Term
from derive.ops import PRIMITIVES


@dataclass
class Tape:
    """Names with what they stand for, at certain sizes; at_zero: u(0), the unit step at its kink.

    parts: terms that the code computes. functions: primitives that it calls, by their names there.
    """

    definitions: Mapping[Term, Term]
    sizes: Mapping[str, int]
    at_zero: Fraction = Fraction(0)
    code: Code = field(default_factory=Code)
    parts: dict[Term, Part] = field(default_factory=dict)
    functions: dict[str, Callable[..., Any]] = field(default_factory=dict)

    def shape(self, t: Term) -> tuple[int, int]:
        return t.rows.value(self.sizes), t.columns.value(self.sizes)

    def meaning(self, t: Term) -> Term:
        """Return what a name stands for, other terms as they are."""
        return self.definitions.get(t, t)

    def function(self, name: str) -> str:
        """Return what a primitive is called in the code."""
        self.functions.setdefault(f"f_{name}", primitive(name))
        return f"f_{name}"


def primitive(name: str) -> Callable[..., Any]:
    """Return a primitive as a NumPy function: its own, or compiled from the formula that it is."""
    known = PRIMITIVES[name]
    if known.numpy is not None:
        return known.numpy
    from derive.expr import Ref, call
    from derive.numeric import compiled

    arguments = [f"x{k}" for k in range(known.arity)]
    function = compiled(arguments, [("y", call(name, *map(Ref, arguments)))], ["y"])
    return lambda *x: function(*x)[0]
