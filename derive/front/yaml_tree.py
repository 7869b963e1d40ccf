"""From YAML to values with positions. Only the composer of the library is used, so nothing is constructed."""

from __future__ import annotations

import re
from typing import Any

import yaml

from derive.errors import Fault
from derive.front.entries import Mapping, Scalar, Sequence, Value
from derive.front.yaml_faults import fault_of
from derive.source import Slice, Span

_DEEPEST = 30
_RUN = re.compile(r"(\\+)([A-Za-z]?)")
_LONE = re.compile(r"(?<!\\)(?:\\\\)*\\[A-Za-z]")
_NUMBER_SIGN = re.compile(r"[ \t]+#\d")
_REFUSED = {
    "alias": ("an alias (`*name`)", "`like: NAME` takes over another entry; a text that begins with `*` is quoted"),
    "anchor": ("an anchor (`&name`)", "`like: NAME` takes over another entry; a text that begins with `&` is quoted"),
    "tag": ("a tag (`!name`)", "every value is a text; one that begins with `!` is quoted"),
}


class _AnyEscape(dict[str, str]):
    """What a backslash may stand before in double quotes: everything but a line end (NUL ends the input)."""

    def __contains__(self, letter: object) -> bool:
        return letter not in ("\0", "\r", "\n", "\x85", "\u2028", "\u2029")

    def __missing__(self, letter: str) -> str:
        return letter


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """PyYAML's scanner, parser and composer; values stay texts, so LaTeX in double quotes is no escape."""

    ESCAPE_REPLACEMENTS = _AnyEscape()
    depth = 0

    def forward(self, length: int = 1) -> None:
        """Advance; the library's own walks over each character, which takes most of its time."""
        piece = self.buffer[self.pointer : self.pointer + length]
        if piece.isascii() and "\n" not in piece and "\r" not in piece:
            self.pointer += len(piece)
            self.index += len(piece)
            self.column += len(piece)
        else:
            super().forward(length)

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        return ""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        self.refuse(event)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def refuse(self, event: Any) -> None:
        """Raise for what a report does not use: aliases, anchors, tags, and nesting without end."""
        kind = "alias" if isinstance(event, yaml.AliasEvent) else "anchor" if event.anchor else ""
        kind = kind or ("tag" if getattr(event, "tag", None) else "")
        if kind or self.depth >= _DEEPEST:
            raise _Refusal(kind, event.start_mark.index)


class _Refusal(Exception):
    def __init__(self, kind: str, index: int) -> None:
        self.kind, self.index = kind, index


def compose(text: Slice) -> Value:
    """Return the tree of a YAML text; an empty text is an empty mapping. Raises a Fault where it cannot be read."""
    try:
        node = yaml.compose(text.text, _Loader)
    except yaml.YAMLError as error:
        raise fault_of(error, text) from None
    except _Refusal as refusal:
        span = text.span(refusal.index, refusal.index + 1)
        if not refusal.kind:
            raise Fault(f"the front matter is nested more than {_DEEPEST} levels deep", span) from None
        what, reason = _REFUSED[refusal.kind]
        raise Fault(f"{what} is not read in a report", span, reason=reason) from None
    return Mapping((), text.span(0, 0)) if node is None else _value(node, text)


def _value(node: Any, text: Slice) -> Value:
    start, end = node.start_mark.index, node.end_mark.index
    match node:
        case yaml.ScalarNode():
            return _scalar(node.style, start, end, text)
        case yaml.SequenceNode():
            return Sequence(tuple(_value(item, text) for item in node.value), _span(text, start, end))
        case _:
            return Mapping(_entries(node, text), _span(text, start, end))


def _span(text: Slice, start: int, end: int) -> Span:
    return text.cut(start, end).span()


def _scalar(style: str | None, start: int, end: int, text: Slice) -> Scalar:
    if style in ("|", ">"):
        header = text.text.find("\n", start, end)
        return Scalar(text.cut(header if header >= 0 else end, end))
    if style in ("'", '"'):
        raw = text.text[start + 1 : end - 1]
        plain = raw.replace("''", "' ") if style == "'" else _unescape(raw)
        return Scalar(Slice(text.source, text.start + start + 1, plain))
    if _NUMBER_SIGN.match(text.text, end):
        raise _lost_text(start, end, text)
    return Scalar(text.cut(start, end))


def _lost_text(start: int, end: int, text: Slice) -> Fault:
    """Return the Fault for `title: Homework #3`, of which YAML keeps "Homework"."""
    at = text.text.index("#", end)
    line = text.text[text.text.rfind("\n", 0, start) + 1 :].split("\n", 1)[0].rstrip()
    lead = len(line) - len(text.text[start:].split("\n", 1)[0].rstrip())
    reason = "what stands behind it would be lost"
    fix = f'{line[:lead].lstrip()}"{line[lead:]}"'
    return Fault("a `#` after a blank begins a comment", text.span(at, at + 1), reason=reason, fix=fix)


def _unescape(raw: str) -> str:
    r"""Return the text of a double-quoted scalar, as long as it is in the source.

    `\\` is one backslash, as YAML says; but beside commands with a single backslash an author means by `\\` and
    a blank the end of a matrix row.
    """
    rows = _LONE.search(raw) is not None

    def halve(match: re.Match[str]) -> str:
        run = len(match[1])
        if run == 2 and rows and not match[2]:
            return match[0]
        return " " * (run // 2) + "\\" * (run - run // 2) + match[2]

    return _RUN.sub(halve, raw)


def _entries(node: Any, text: Slice) -> tuple[tuple[Slice, Value], ...]:
    seen: dict[str, Slice] = {}
    entries: list[tuple[Slice, Value]] = []
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            span = _span(text, key_node.start_mark.index, key_node.end_mark.index)
            raise Fault("a key is a text", span, expected="`key: value`")
        key = _scalar(key_node.style, key_node.start_mark.index, key_node.end_mark.index, text).text
        _check_key(key, seen)
        seen[key.text] = key
        if node.flow_style and key_node.end_mark.index == value_node.end_mark.index:
            raise _without_value(key, entries)
        entries.append((key, _value(value_node, text)))
    return tuple(entries)


def _check_key(key: Slice, seen: dict[str, Slice]) -> None:
    if key.text == "<<":
        raise Fault("a merge key is not read in a report", key.span(), reason="`like: NAME` takes over another entry")
    first = seen.get(key.text)
    if first is not None:
        lines = [key.source.position(place.start)[0] for place in (first, key)]
        where = f"in lines {lines[0]} and {lines[1]}" if lines[0] != lines[1] else f"in line {lines[0]}"
        raise Fault(f"the key `{key.text}` is given twice, {where}", key.span(), "again here")


def _without_value(key: Slice, before: list[tuple[Slice, Value]]) -> Fault:
    """Return the Fault for `{…, key}`: a decimal comma, a blank forgotten after `:`, or a comma in the mathematics."""
    name, last = before[-1] if before else (key, None)
    if isinstance(last, Scalar) and last.text.text[-1:].isdigit() and key.text[:1].isdigit():
        whole = last.text.text
        return Fault(
            "a decimal comma parts two entries here",
            Span(key.source, last.text.start, key.start + len(key.text)),
            expected=f"`{whole}.{key.text}`, or as mathematics `{whole}{{,}}{key.text}`",
            reason=f"YAML reads {whole} and then a key {key.text} without a value",
            fix=f"{name.text} = {whole}.{key.text}",
        )
    if ":" in key.text:
        return Fault("a blank is missing after `:`", key.span(), fix=f"{{{key.text.replace(':', ': ', 1)}}}")
    return Fault(
        f"the key `{key.text}` has no value",
        key.span(),
        expected="`{key: value, …}`",
        reason="a comma ends an entry inside braces; write mathematics as lines, without braces",
    )
