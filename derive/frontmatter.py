"""The front matter of a report: YAML read as positions and text, never as numbers, dates or truth values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from derive.errors import Fault, Unreadable, nearest
from derive.source import Slice, Source, Span

_FENCE = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)
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
                raise unknown_key(key, names)


Value = Scalar | Sequence | Mapping


def unknown_key(key: Slice, known: Iterable[str]) -> Fault:
    """Return the Fault for a key that means nothing here, with the nearest known key."""
    names = list(known)
    return Fault(f"unknown key `{key.text}`", key.span(), nearest(key.text, names), expected=", ".join(names))


def decode(data: bytes, name: str) -> Source:
    """Return the bytes of a file as a Source, without a byte order mark; a Fault where they are not UTF-8."""
    try:
        return Source(name, data.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(
            f"the file is not UTF-8: byte {error.start} (line {line}) is 0x{data[error.start]:02x}",
            path=f"{name}:{line}",
            expected="a text file in UTF-8",
            reason="it was saved in another encoding, or is not a text file",
        ) from None


def _fences(source: Source) -> tuple[int, int, int]:
    """Return where the YAML begins and ends and where the body begins."""
    text = source.text
    begin = len(text) - len(text.lstrip("\ufeff \t\r\n"))
    opening = _FENCE.match(text, begin) if text.rfind("\n", 0, begin) == begin - 1 or begin < 2 else None
    if opening is None:
        later = _FENCE.search(text)
        reason = "something stands before the first `---`" if later else ""
        here = Span(source, begin, begin + len(text[begin:].split("\n", 1)[0]))
        expected = "`---` as the first line, then the problems, then `---` and the text"
        raise Fault("the report has no front matter", here, expected=expected, reason=reason, fix="---")
    closing = _FENCE.search(text, opening.end())
    if closing is None:
        here = Span(source, opening.start(), opening.start() + 3)
        raise Fault("the front matter is not closed", here, expected="a line `---` between it and the text", fix="---")
    return min(opening.end() + 1, closing.start()), closing.start(), min(closing.end() + 1, len(text))


def read(source: Source) -> tuple[Mapping, Slice]:
    """Return the front matter and the body of a report.

    A Fault with its position tells what is wrong: no front matter, no YAML, a key given twice, something of YAML
    that a report does not use (anchors, tags, merge keys), or a character that no text has.
    """
    null = source.text.find("\0")
    if null >= 0:
        raise Fault("the file has a NUL byte", Span(source, null, null + 1), expected="a text file in UTF-8")
    begin, end, body = _fences(source)
    from derive.yaml_tree import compose  # imports the YAML library

    value = compose(Slice(source, begin, source.text[begin:end]))
    if not isinstance(value, Mapping):
        expected = "lines `key: value`"
        raise Fault("the front matter is not a mapping", value.span, expected=expected, fix="title: …")
    return value, Slice(source, body, source.text[body:])
