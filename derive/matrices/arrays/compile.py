"""A tape of terms as one NumPy function of the names that stand in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from derive.matrices.arrays import runtime
from derive.matrices.arrays.code import part
from derive.matrices.arrays.rules import RULES
from derive.matrices.arrays.tape import Tape
from derive.matrices.term import Term, ordered


def compiled(tape: Tape, inputs: Sequence[Term], outputs: Sequence[Term]) -> Callable[..., list[Any]]:
    """Return a function of arrays in two dimensions (scalars: numbers) that returns such arrays, each its own."""

    def below(t: Term) -> Iterable[Term]:
        if t in tape.parts:
            return ()
        return (tape.definitions[t],) if t in tape.definitions else t.args

    names = [f"a{k}" for k in range(len(inputs))]
    tape.parts |= {t: part(name, *tape.shape(t)) for name, t in zip(names, inputs, strict=True)}
    for t in ordered(*outputs, inputs=below):
        if t in tape.definitions:
            tape.parts[t] = tape.parts[tape.definitions[t]]
        elif t not in tape.parts:
            tape.parts[t] = RULES[t.op](tape, t, [tape.parts[x] for x in t.args])
    texts = [x.text if x.scalar else tape.code.full(x) for x in (tape.parts[t] for t in outputs)]
    space: dict[str, Any] = {"np": np, **vars(runtime), **tape.functions}
    exec(tape.code.source(names, texts), space)  # a text of numbers and own names alone
    return _each_its_own(space["function"])


def _each_its_own(function: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """Return a function whose results share no memory with its arguments or with each other."""

    def called(*arrays: Any) -> list[Any]:
        with np.errstate(all="ignore"):
            found = function(*arrays)
        met = set(map(id, arrays))
        for k, x in enumerate(found):
            if isinstance(x, np.ndarray) and (x.base is not None or id(x) in met):
                found[k] = x.copy()
            met.add(id(x))
        return found

    return called
