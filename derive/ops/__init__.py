"""The primitive operations: every value, derivative, formula and sentence about one stands in its record."""

from __future__ import annotations

from derive.ops import activations, arithmetic, functions, losses
from derive.ops.abstract import abstract, is_abstract
from derive.ops.primitive import DomainError, Primitive

PRIMITIVES: dict[str, Primitive] = {
    p.name: p for module in (arithmetic, functions, activations, losses) for p in module.PRIMITIVES
}
DEFAULTS = activations.DEFAULTS

# Spelling in a text → name. The structural ones (add, mul, …) are written as operators, not called.
SPELLINGS: dict[str, str] = {
    spelling: p.name
    for p in PRIMITIVES.values()
    if p.name not in ("add", "mul", "neg", "div", "pow", "pi")
    for spelling in (p.name, *p.spellings)
}


def primitive(op: str) -> Primitive:
    """Return the record of an operation; a KeyError names an operation that nobody defined."""
    if is_abstract(op):
        return abstract(op)
    return functions.NOWHERE if op == "nowhere" else PRIMITIVES[op]


__all__ = ["DEFAULTS", "PRIMITIVES", "SPELLINGS", "DomainError", "Primitive", "primitive"]
