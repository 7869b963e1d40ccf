"""Errors of the YAML library as Faults: what an author of a report did, not what the scanner saw."""

from __future__ import annotations

import re
from typing import Any

from derive.errors import Fault
from derive.source import Slice

_LINE = re.compile(r"(\s*(?:- )?[^\s:\"'{}\[\]][^:]*:[ \t]+|\s*- )(.*?)\s*$")
_BROKEN = "the front matter is not valid YAML here"


def fault_of(error: Any, text: Slice) -> Fault:
    """Return the Fault for an error of the YAML library in this text."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        at = getattr(error, "position", 0)
        return Fault("a character that no text has", text.span(at, at + 1), f"U+{ord(text.text[at]):04X}")
    place = _Place(error, text)
    for describe in (_tab, _directive, _quote, _mathematics, _bracket, _colon, _start, _no_colon):
        fault = describe(place)
        if fault is not None:
            return fault
    return Fault(_BROKEN, place.span(), place.problem, fix=place.quoted())


class _Place:
    """Where and why the library stopped."""

    def __init__(self, error: Any, text: Slice) -> None:
        self.text = text
        self.problem: str = error.problem or ""
        self.context: str = error.context or ""
        self.at: int = error.problem_mark.index
        self.began: int = error.context_mark.index if error.context_mark else self.at
        start = text.text.rfind("\n", 0, self.at) + 1
        self.column = self.at - start
        self.line = text.text[start:].split("\n", 1)[0].rstrip("\r")
        self.char = text.text[self.at : self.at + 1]
        self.flow = "flow" in self.context

    def span(self, at: int | None = None) -> Any:
        at = self.at if at is None else at
        return self.text.span(min(at, len(self.text.text)), min(at + 1, len(self.text.text)))

    def quoted(self) -> str:
        """Return the line with its value in quotes, empty if there is nothing to quote."""
        match = _LINE.match(self.line)
        return (match[1] + _quote_text(match[2])).strip() if match and match[2] else ""


def _quote_text(value: str) -> str:
    return f'"{value}"' if '"' not in value else "'" + value.replace("'", "''") + "'"


def _tab(place: _Place) -> Fault | None:
    if place.char != "\t":
        return None
    return Fault("a tab stands where YAML wants blanks", place.span(), fix=place.line.replace("\t", "  "))


def _directive(place: _Place) -> Fault | None:
    """A line that begins with `%` above the first key: a directive for YAML, a comment for its author."""
    if "directive" not in place.context and "<document start>" not in place.problem:
        return None
    match = re.search(r"^%(.*)", place.text.text, re.MULTILINE)
    if match is None:
        return None
    reason = "in the front matter a comment begins with `#`"
    return Fault("a line cannot begin with `%`", place.span(match.start()), reason=reason, fix=f"# {match[1].strip()}")


def _quote(place: _Place) -> Fault | None:
    if "quoted scalar" not in place.context:
        return None
    return Fault("the quote is not closed", place.span(place.began), expected="a closing quote before the next line")


def _mathematics(place: _Place) -> Fault | None:
    """`{` or `[` in the middle of a text inside braces, as in `{\\hat{y}: 1}`."""
    if not (place.flow and place.char and place.char in "{["):
        return None
    return Fault(
        "mathematics in braces is not YAML",
        place.span(),
        expected="mathematics as lines, without braces around it, or each text in quotes",
        reason=f"a `{place.char}` ends the text before it",
        fix=_as_lines(place),
    )


def _as_lines(place: _Place) -> str:
    text = place.text.text
    before = text[text.rfind("\n", 0, place.began) + 1 : place.began]
    entry = max(text.rfind(c, place.began, place.at) for c in ",{[") + 1
    if ": " in text[entry : place.at]:
        start = text.index(": ", entry) + 2
        end = _end(text, start, ",")
        rest = text[end:].split("\n", 1)[0]
        return (before + text[place.began : start] + _quote_text(text[start:end].strip()) + rest).strip()
    inner = text[place.began + 1 : _end(text, place.began + 1, "")]
    key = re.search(r"([^\s{},:]+):\s*$", before)
    lines = re.sub(r":(?=\s)", " =", " ".join(inner.split()))
    return f"{key[1] if key else 'values'}: {lines}"


def _end(text: str, start: int, stops: str) -> int:
    """Return where the bracket around text[start] closes, or the first of the stops outside inner brackets."""
    depth = 0
    for at in range(start, len(text)):
        if depth == 0 and text[at] in stops + "}]\n":
            return at
        depth += (text[at] in "{[") - (text[at] in "}]")
    return len(text)


def _bracket(place: _Place) -> Fault | None:
    if not place.flow:
        return None
    next_line = "\n" in place.text.text[place.began : place.at]
    if next_line or "stream end" in place.problem:
        return Fault("the bracket is not closed", place.span(place.began), expected="`}` or `]`")
    return Fault(_BROKEN, place.span(), place.problem, reason="a bracket or a comma is missing or too many")


def _colon(place: _Place) -> Fault | None:
    if "mapping values are not allowed" not in place.problem:
        return None
    if re.search(r":\s", place.line[: place.column]):
        reason = "a `:` and a blank part a key from its value, so a text with both is quoted"
        return Fault("a `:` inside an unquoted text", place.span(), reason=reason, fix=place.quoted())
    reason = "the line is indented deeper than the one above, which has a value already"
    return Fault("this key stands at the wrong indentation", place.span(), reason=reason)


def _start(place: _Place) -> Fault | None:
    match = _LINE.match(place.line)
    value = match[2] if match else place.line.strip()
    if not value or value[0] not in "{[%@`|>*&!\"'?-":
        return None
    char, fix = value[0], place.quoted()
    if "cannot start" in place.problem:
        char, start = place.char, place.column
        end = _end(place.line, start, ",") if value[0] in "{[" else len(place.line)
        fix = place.line[:start] + _quote_text(place.line[start:end]) + place.line[end:]
    reason = f"`{char}` at the start of a text means something in YAML, so such a text is quoted"
    return Fault(f"an unquoted text begins with `{char}`", place.span(), reason=reason, fix=fix.strip())


def _no_colon(place: _Place) -> Fault | None:
    if "could not find expected ':'" not in place.problem and "<block end>" not in place.problem:
        return None
    at = place.began if "':'" in place.problem else place.at
    line = place.text.text[place.text.text.rfind("\n", 0, at) + 1 :].split("\n", 1)[0]
    glued = re.fullmatch(r"\s*([a-z_]+):(\S.*)", line.rstrip("\r"))
    if glued:
        return Fault("a blank is missing after `:`", place.span(at), fix=f"{glued[1]}: {glued[2]}")
    reason = "a line of a `|` text is indented deeper than its key; or the `---` after the front matter is missing"
    return Fault("this line belongs to no key", place.span(at), expected="`key: value`", reason=reason)
