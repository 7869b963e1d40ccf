"""What stands in the brackets of a layer: sizes, numbers of steps, activations, rates."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from derive.errors import Fault, nearest
from derive.language.grammar import parse
from derive.matrices.dims import Dim
from derive.matrices.read import dimension as read_dimension
from derive.ops import PRIMITIVES, SPELLINGS
from derive.source import Slice

# Those that a command of LaTeX writes; all others stand in \operatorname.
_COMMANDS = {"sigmoid": r"\sigma", "tanh": r"\tanh"}
_MOST = 60


def dimension(text: Slice) -> Dim:
    """Return a size: 3, m or n + 1. Raises a Fault."""
    found = read_dimension(parse(text), text)
    if found.number is not None and found.number < 1:
        raise Fault(f"a layer of {found.number} units", text.span(), expected="a dimension such as 3, n or n + k - 1")
    return found


def whole(text: Slice) -> int:
    """Return a small whole number from 1. Raises a Fault."""
    if not text.text.isdigit() or not 0 < int(text.text) <= _MOST:
        raise Fault(f"{text.text} is no number from 1 to {_MOST}", text.span(), expected="a whole number, such as 3")
    return int(text.text)


def activation(text: Slice) -> Callable[[str], str] | None:
    """Return how an activation is written at a value, None for the identity. Raises a Fault."""
    word = text.text.lstrip("\\")
    if word == "softmax":
        return lambda x: rf"\operatorname{{softmax}}({x})"
    op = SPELLINGS.get(word, "")
    known = {p.name: p for p in PRIMITIVES.values() if p.kind == "activation"}
    if op not in known:
        raise Fault(
            f"unknown activation {text.text}",
            text.span(),
            reason=nearest(word, (*known, "softmax")),
            expected=", ".join((*known, "softmax")),
        )
    if op == "id":
        return None
    command = _COMMANDS.get(op) or rf"\operatorname{{{(*known[op].spellings, op)[0]}}}"
    return lambda x: f"{command}({x})"


def rate(text: Slice) -> str:
    """Return a rate of dropout as it is written: a number from 0 to below 1, or a name. Raises a Fault."""
    if re.fullmatch(r"[A-Za-z]|\\[A-Za-z]+", text.text):
        return text.text
    try:
        value = Fraction(text.text)
    except (ValueError, ZeroDivisionError):
        value = Fraction(-1)
    if not 0 <= value < 1:
        raise Fault(f"{text.text} is no rate of dropout", text.span(), expected="a number such as 0.5, or a name, p")
    return text.text
