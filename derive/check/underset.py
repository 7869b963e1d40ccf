"""`\\underset{m \\times n}{W}`, `\\underbrace{W X}_{m \\times n}`: formulas with shapes that they are said to have."""

from __future__ import annotations

import re

SHAPED = "shapedas"  # the function that stands for it: shapedas(formula, rows, columns)
_COMMAND = re.compile(r"\\(underset|underbrace)\s*(?=\{)")
_SHAPE = re.compile(
    r"(?:\\in\s*\\mathbb\s*\{?R\}?\s*\^\s*\{)?\s*(?P<rows>[^{}]+?)\s*\\times\s*(?P<columns>[^{}]+?)\s*\}?"
)
_NAME = re.compile(
    r"\s*(?:\\(?:mathbf|boldsymbol|vec|hat|bar|tilde|bm)\s*\{[A-Za-z]\}|\\?[A-Za-z]+)"
    r"(?P<scripts>(?:[_^](?:\{[^{}]*\}|\w))*)\s*"
)
_SPACES = re.compile(r"\\[,;:! ]|~|\\quad")


def with_shapes(text: str) -> str:
    """Return a side in which shapes below a name are its subscript, those below a formula a function of it."""
    out, at = "", 0
    while (found := _COMMAND.search(text, at)) is not None:
        made = _made(text, found)
        if made is None:
            out, at = out + text[at : found.end()], found.end()
            continue
        out, at = out + text[at : found.start()] + made[0], made[1]
    return out + text[at:]


def _made(text: str, found: re.Match[str]) -> tuple[str, int] | None:
    """Return what stands for a command, and where it ends; None for one without a shape."""
    first = _group(text, found.end())
    if first is None:
        return None
    gap = re.compile(r"\s*_?\s*").match(text, first[1])
    second = _group(text, gap.end()) if gap is not None else None
    if second is None:
        return None
    below, body = (first[0], second[0]) if found[1] == "underset" else (second[0], first[0])
    shape = _SHAPE.fullmatch(_SPACES.sub(" ", below).strip())
    if shape is None:
        return None
    return _shaped(with_shapes(body), shape["rows"], shape["columns"]), second[1]


def _group(text: str, at: int) -> tuple[str, int] | None:
    """Return what stands in the braces at a place, and where they end."""
    if text[at : at + 1] != "{":
        return None
    depth = 0
    for k in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[k], 0) if text[k - 1] != "\\" else 0
        if depth == 0:
            return text[at + 1 : k], k + 1
    return None


def _shaped(body: str, rows: str, columns: str) -> str:
    name = _NAME.fullmatch(body)
    if name is None or body.strip().startswith(("\\frac", "\\left")):
        return rf" \operatorname{{{SHAPED}}}({body}, {rows}, {columns})"
    own = re.search(r"_(?:\{([^{}]*)\}|(\w))", name["scripts"])
    shape = rf"{rows} \times {columns}"
    if own is None:
        return f" {body}_{{{shape}}}"
    start, end = (name.start("scripts") + k for k in own.span())
    return f" {body[:start]}_{{{own[1] or own[2]},{shape}}}{body[end:]}"
