"""A tape of terms as one NumPy function of the names that stand in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from derive.matrices.arrays import runtime
from derive.matrices.arrays.code import Code, Part, part
from derive.matrices.arrays.functions import primitive
from derive.matrices.arrays.rules import RULES
from derive.matrices.term import Term, ordered


class Tape:
    """Names with what they stand for, at certain sizes; at_zero: u(0), the unit step at its kink."""

    def __init__(
        self, definitions: Mapping[Term, Term], sizes: Mapping[str, int], at_zero: Fraction = Fraction(0)
    ) -> None:
        self.definitions, self.sizes, self.at_zero = definitions, sizes, at_zero
        self.code = Code()
        self.parts: dict[Term, Part] = {}
        self.functions: dict[str, Callable[..., Any]] = {}

    def compiled(self, inputs: Sequence[Term], outputs: Sequence[Term]) -> Callable[..., list[Any]]:
        """Return a function of arrays in two dimensions (scalars: numbers) that returns such arrays, each its own."""
        for k, t in enumerate(inputs):
            self.parts[t] = part(f"a{k}", *self.shape(t))
        for t in ordered(*outputs, inputs=self._inputs):
            if t not in self.parts:
                self.parts[t] = self._part(t)
        names = [f"a{k}" for k in range(len(inputs))]
        texts = [x.text if x.scalar else self.code.full(x) for x in (self.parts[t] for t in outputs)]
        space: dict[str, Any] = {"np": np, **vars(runtime), **self.functions}
        exec(self.code.source(names, texts), space)  # noqa: S102 - the text is made of numbers and own names alone
        return _each_its_own(space["function"])

    def shape(self, t: Term) -> tuple[int, int]:
        return t.rows.value(self.sizes), t.columns.value(self.sizes)

    def meaning(self, t: Term) -> Term:
        """Return what a name stands for, other terms as they are."""
        return self.definitions.get(t, t)

    def function(self, name: str) -> str:
        """Return what a primitive is called in the code."""
        self.functions.setdefault(f"f_{name}", primitive(name))
        return f"f_{name}"

    def _inputs(self, t: Term) -> Iterable[Term]:
        if t in self.parts:
            return ()
        return (self.definitions[t],) if t in self.definitions else t.args

    def _part(self, t: Term) -> Part:
        if t in self.definitions:
            return self.parts[self.definitions[t]]
        return RULES[t.op](self, t, [self.parts[x] for x in t.args])


def _each_its_own(function: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """Return a function whose results share no memory with its arguments or with each other."""

    def called(*arrays: Any) -> list[Any]:
        with np.errstate(all="ignore"):
            found = function(*arrays)
        met = set(map(id, arrays))
        for k, x in enumerate(found):
            if isinstance(x, np.ndarray) and (x.base is not None or id(x) in met):
                found[k] = x = x.copy()
            met.add(id(x))
        return found

    return called
