"""Values of the front matter: texts, lists and mappings with their positions, never numbers, dates or truth values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from derive.errors import Fault, nearest
from derive.source import Slice, Span

_ESCAPE = re.compile(r"\\([\"\\])")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text. `text` is a piece of the source: without quotes, without the `|` line, else as written."""

    text: Slice

    @property
    def span(self) -> Span:
        return self.text.span()

    @property
    def prose(self) -> str:
        """The text as one line of prose: line ends folded, escaped quotes plain."""
        raw, before = self.span.text, self.text.source.text[max(0, self.text.start - 1) : self.text.start]
        if before == "'":
            raw = raw.replace("''", "'")
        elif before == '"':
            raw = _ESCAPE.sub(r"\1", raw)
        return " ".join(raw.split())


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the file; no key stands twice."""

    entries: tuple[tuple[Slice, Value], ...]
    span: Span

    def get(self, key: str) -> Value | None:
        """Return the value of a key, None where it is not given."""
        return next((value for name, value in self.entries if name.text == key), None)

    def require(self, key: str, example: str = "") -> Value:
        """Return the value of a key; a Fault at the mapping (with the example as its fix) where it is missing."""
        value = self.get(key)
        if value is None:
            raise Fault(f"the key `{key}` is missing", self.span, expected=f"a line `{key}: …`", fix=example)
        return value

    def prose(self, key: str, default: str = "") -> str:
        """Return the text of a key as one line; a Fault where its value is not a text."""
        value = self.get(key)
        if value is None:
            return default
        if not isinstance(value, Scalar):
            raise Fault(f"`{key}` is a text", value.span, expected="one text, not a list or a mapping")
        return value.prose

    def check(self, known: Iterable[str]) -> None:
        """Raise a Fault at the first key that is not a known one."""
        names = list(known)
        for key, _ in self.entries:
            if key.text not in names:
                fault = unknown_key(key, names)
                left = nearest(key.text, [name for name in names if self.get(name) is None], least=0.7)
                # A key that is given already may be meant, but to write it twice is no correction.
                fault.label = left or str(fault.label)
                raise fault


Value = Scalar | Sequence | Mapping


def unknown_key(key: Slice, known: Iterable[str]) -> Fault:
    """Return the Fault for a key that means nothing here, with the nearest known key."""
    names = list(known)
    return Fault(f"unknown key `{key.text}`", key.span(), nearest(key.text, names), expected=", ".join(names))
