"""The front matter of a report: where it begins and ends, and its entries."""

from __future__ import annotations

import re

from derive.errors import Fault, Unreadable
from derive.front.entries import Mapping
from derive.source import Slice, Source, Span

_FENCE = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)


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
    from derive.front.yaml_tree import compose  # imports the YAML library

    value = compose(Slice(source, begin, source.text[begin:end]))
    if not isinstance(value, Mapping):
        expected = "lines `key: value`"
        raise Fault("the front matter is not a mapping", value.span, expected=expected, fix="title: …")
    return value, Slice(source, body, source.text[body:])
