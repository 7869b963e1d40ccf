"""Arguments of Python as an entry of the front matter: the same texts, the same readers, the same messages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from numbers import Rational, Real
from typing import Any

from derive.errors import Fault
from derive.front.entries import Mapping as Entry
from derive.front.entries import Scalar, Value
from derive.source import Slice, of_text

Given = str | Sequence[str] | Mapping[str, Any] | None

_NESTED = ("update", "notation")  # the arguments whose own keys are words, not mathematics
# What is left of \alpha, \beta, \varphi, \frac, \theta, \rho … in a text that is not raw.
_LOST = re.compile(r"[\a\b\v\f]|\t(?=heta|anh|au\b|imes|ext|frac|ilde)|\r(?=ho)")


def entry(given: Mapping[str, Given]) -> Entry:
    """Return the entry that the arguments stand for, without those that are None.

    Each text is a source of its own, `<forward>`, `<values>` …; a list is its lines, a mapping its assignments.
    Numbers of Python are taken as they are printed, so that 0.1 is one tenth. Raises a Fault for anything else.
    """
    entries = tuple((of_text(key, f"<{key}>"), _value(key, v)) for key, v in given.items() if v is not None)
    return Entry(entries, entries[0][1].span if entries else _text("forward", "").span())


def _value(key: str, given: Any) -> Value:
    if isinstance(given, Mapping) and key in _NESTED:
        pairs = tuple((_text(key, str(k)), Scalar(_text(str(k), _item(key, v)))) for k, v in given.items())
        return Entry(pairs, _text(key, "\n".join(f"{k}: {v.text.text}" for k, v in pairs)).span())
    if isinstance(given, Mapping):
        given = [f"{name} = {_item(key, value)}" for name, value in given.items()]
    if isinstance(given, (list, tuple)):
        given = "\n".join(_item(key, item) for item in given)
    return Scalar(_text(key, _item(key, given)))


def _item(key: str, given: Any) -> str:
    """Return a text, or a number as a text of the same value."""
    if isinstance(given, str):
        return given
    if isinstance(given, Rational) and not isinstance(given, bool):
        return str(given.numerator) if given.denominator == 1 else f"{given.numerator}/{given.denominator}"
    if isinstance(given, (Real, Decimal)) and not isinstance(given, bool):
        return str(given)
    if key == "values" and isinstance(given, (list, tuple)) and given:
        inside = ", ".join(_item(key, x) for x in given)
        return f"[{inside}]" if isinstance(given, list) else f"({inside})"
    raise Fault(
        f"`{key}` cannot be made from {type(given).__name__} {given!r:.40}",
        expected="texts and numbers",
        reason="arrays are for the function that derive.evaluate returns" if hasattr(given, "shape") else "",
    )


def _text(name: str, text: str) -> Slice:
    made = of_text(text, f"<{name}>")
    if found := _LOST.search(text):
        title = "Python has read a backslash and the letter behind it as one character"
        raise Fault(title, made.span(*found.span()), expected=r'a raw text, r"\frac{…}{…}", with an r before it')
    return made
