"""`notation:` of a report or an entry, read into a Notation."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from derive.errors import Fault, nearest
from derive.front.entries import Mapping, Scalar, Value
from derive.notation import CHOICES, KEYS, Notation, read_digits


def read_notation(value: Value | None, base: Notation) -> Notation:
    """Return base with the conventions that an entry gives; raises a Fault for a key or a choice that there is not."""
    if value is None:
        return base
    if not isinstance(value, Mapping):
        raise Fault("`notation` holds conventions", value.span, expected=f"keys among {', '.join(KEYS)}")
    value.check(KEYS)
    chosen: dict[str, Any] = {}
    for key, choice in value.entries:
        if not isinstance(choice, Scalar):
            raise Fault(f"`{key.text}` is one word", choice.span)
        chosen[key.text] = _choice(key.text, choice)
    return replace(base, **chosen)


def _choice(key: str, choice: Scalar) -> Any:
    text = choice.text.text.strip()
    if key == "digits":
        digits = read_digits(text)
        if digits is None:
            raise Fault(f"digits cannot be `{text}`", choice.span, expected="exact, 6 decimals, 4 significant")
        return digits
    text = {"comma": ",", "point": "."}.get(text, text) if key == "decimal" else text
    known = CHOICES.get(key)
    if known is not None and text not in known:
        raise Fault(
            f"{key} cannot be `{text}`",
            choice.span,
            reason=nearest(text, known),
            expected=", ".join(k for k in known if k),
        )
    return Fraction(text) if key == "relu_at_0" else text
