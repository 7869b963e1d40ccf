"""`\\newcommand` of a submission: definitions are read and put in; nothing is executed."""

from __future__ import annotations

import re
from collections.abc import Mapping

_DEFINITION = re.compile(
    r"\\(?:re|provide)?newcommand\*?\s*(?:\{\s*\\(?P<a>[A-Za-z]+)\s*\}|\\(?P<b>[A-Za-z]+))\s*(?:\[(?P<count>[1-9])\])?\s*(?=\{)"
    r"|\\def\s*\\(?P<c>[A-Za-z]+)\s*(?P<marks>(?:\#[1-9])*)\s*(?=\{)"
    r"|\\DeclareMathOperator\*?\s*\{\s*\\(?P<operator>[A-Za-z]+)\s*\}\s*(?=\{)"
)
_LONGEST, _MOST = 20_000, 400  # characters of a formula, replacements in it
Macros = Mapping[str, tuple[int, str]]


def definitions(text: str) -> tuple[dict[str, tuple[int, str]], str]:
    """Return the commands that a text defines as name → (number of arguments, body), and the text without them.

    What is taken out is replaced by blanks, so that every place stays.
    """
    found: dict[str, tuple[int, str]] = {}
    out, at = [], 0
    for match in _DEFINITION.finditer(text):
        if match.start() < at:
            continue
        end = closing(text, match.end())
        if end is None:
            continue
        body = text[match.end() + 1 : end]
        name = match["a"] or match["b"] or match["c"] or match["operator"]
        count = int(match["count"] or len(match["marks"] or "") // 2)
        found[name] = (count, rf"\operatorname{{{body}}}" if match["operator"] else body)
        out += [text[at : match.start()], re.sub(r"[^\n]", " ", text[match.start() : end + 1])]
        at = end + 1
    return found, "".join([*out, text[at:]])


def closing(text: str, opening: int) -> int | None:
    """Return where the brace that opens here is closed, None if it never is."""
    depth = 0
    for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, opening):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.start()
    return None


def expanded(text: str, macros: Macros) -> str:
    """Return a formula with the commands put in; what grows beyond all bounds stays as it is and is not read."""
    if not macros:
        return text
    names = re.compile(r"\\(" + "|".join(sorted(macros, key=len, reverse=True)) + r")(?![A-Za-z])")
    for _ in range(_MOST):
        match = names.search(text)
        if match is None or len(text) > _LONGEST:
            return text
        count, body = macros[match[1]]
        end = match.end()
        arguments = []
        for _ in range(count):
            argument, end = _argument(text, end)
            arguments.append(argument)
        for k, argument in enumerate(arguments, 1):
            body = body.replace(f"#{k}", argument)
        text = (
            f"{text[: match.start()]}{{{body}}}{text[end:]}" if count else f"{text[: match.start()]}{body} {text[end:]}"
        )
    return text


def _argument(text: str, at: int) -> tuple[str, int]:
    while at < len(text) and text[at].isspace():
        at += 1
    if at < len(text) and text[at] == "{":
        end = closing(text, at)
        if end is not None:
            return text[at + 1 : end], end + 1
    one = re.compile(r"\\[A-Za-z]+|.?", re.DOTALL).match(text, at)
    return (one[0], one.end()) if one else ("", at)
