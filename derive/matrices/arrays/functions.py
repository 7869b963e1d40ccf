"""Functions at every entry in NumPy, stable where their arguments are large."""

from __future__ import annotations

from derive.matrices.arrays.code import Part
from derive.matrices.arrays.tape import Tape
from derive.matrices.term import Term

_TEMPLATES = {
    "exp": "np.exp({})",
    "log": "np.log({})",
    "sin": "np.sin({})",
    "cos": "np.cos({})",
    "tanh": "np.tanh({})",
    "abs": "np.abs({})",
    "sign": "np.sign({})",
    "relu": "np.maximum({}, 0.0)",
    "sigmoid": "sigmoid({})",
    "softplus": "softplus({})",
    "id": "{}",
}
_SOFTMAX = {"softmax": 0, "colsoftmax": 0, "rowsoftmax": 1}


def mapped(tape: Tape, t: Term, args: list[Part]) -> Part:
    """Return a function at every entry."""
    if t.data == "step":
        return tape.code.each(f"step({{}}, {float(tape.at_zero)!r})" if tape.at_zero else "1.0 * ({} > 0)", args[0])
    if t.data == "log" and (stable := _logarithm(tape, t.args[0])) is not None:
        return stable
    template = _TEMPLATES.get(t.data)
    if template is None:
        template = f"{tape.function(t.data)}({', '.join(['{}'] * len(args))})"
    return tape.code.each(template, *args)


def _logarithm(tape: Tape, t: Term) -> Part | None:
    """Return log softmax(z), log σ(z) or log(1 - σ(z)) from z, None for any other argument."""
    body = tape.meaning(t)
    if body.op in _SOFTMAX:
        rows, columns = tape.shape(body)
        text = tape.code.name(f"log_softmax({tape.code.full(tape.parts[body.args[0]])}, {_SOFTMAX[body.op]})")
        return Part(text, rows, columns, (rows == 1, columns == 1))
    if body.op == "map" and body.data == "sigmoid":
        return tape.code.each("-softplus(-{})", tape.parts[body.args[0]])
    below = tape.meaning(_from_one(body))
    if below.op == "map" and below.data == "sigmoid":
        return tape.code.each("-softplus({})", tape.parts[below.args[0]])
    return None


def _from_one(t: Term) -> Term:
    """Return x for 1 - x, t itself for any other term."""
    if t.op != "add" or len(t.args) != 2:
        return t
    for one, rest in (t.args, t.args[::-1]):
        whole = one.op == "ones" or (one.op == "num" and one.data == 1)
        if whole and rest.op in ("scale", "mul") and len(rest.args) == 2 and rest.args[0].op == "num":
            return rest.args[1] if rest.args[0].data == -1 else t
    return t
