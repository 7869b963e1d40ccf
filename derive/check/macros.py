"""`\\newcommand` of a submission: definitions are read and put in; nothing is executed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_DEFINITION = re.compile(
    r"\\(?:re|provide)?newcommand\*?\s*+(?:\{\s*+\\(?P<a>[A-Za-z]++)\s*+\}|\\(?P<b>[A-Za-z]++))\s*+(?:\[(?P<count>[1-9])\])?+\s*+(?=\{)"
    r"|\\def\s*+\\(?P<c>[A-Za-z]++)\s*+(?P<marks>(?:\#[1-9])*+)\s*+(?=\{)"
    r"|\\DeclareMathOperator\*?\s*+\{\s*+\\(?P<operator>[A-Za-z]++)\s*+\}\s*+(?=\{)"
)
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_COMMAND = re.compile(r"\\([A-Za-z]++)")
_LONGEST, _MOST = 20_000, 400  # characters of a formula, replacements in it
Macros = Mapping[str, tuple[int, str]]
_ENVIRONMENT = re.compile(
    r"\\(?:re)?newenvironment\*?\s*+\{\s*+(?P<name>[A-Za-z]++\*?)\s*+\}\s*+(?:\[[1-9]\]){0,2}+\s*+(?=\{)"
)
_MATHS = re.compile(r"\\begin\s*\{(?!center|quote|itemize|enumerate|flush|minipage|tabular|figure)|\$|\\\[|\\\(")
_OPENS = re.compile(r"\s*(?:\\begin\s*\{[A-Za-z]+\*?\}|\$\$?|\\\[|\\\()\s*")
_CLOSES = re.compile(r"\s*(?:\\end\s*\{[A-Za-z]+\*?\}|\$\$?|\\\]|\\\))\s*")


@dataclass(frozen=True, slots=True)
class OwnMarks:
    """What a text defines to begin and end formulas with: environments, commands that open one and that close one."""

    environments: tuple[str, ...] = ()
    openers: tuple[str, ...] = ()
    closers: tuple[str, ...] = ()


NO_MARKS = OwnMarks()


def own_marks(text: str, macros: Macros) -> tuple[OwnMarks, str]:
    """Return what a text defines to begin and end formulas with, and the text without these definitions."""
    closers: dict[int, int] | None = None
    names, out, at = list[str](), [], 0
    for match in _ENVIRONMENT.finditer(text):
        closers = pairs(text) if closers is None else closers
        end = closers.get(match.end())
        if end is None or match.start() < at:
            continue
        if _MATHS.search(text, match.end(), end):
            names.append(match["name"])
        second = re.compile(r"\s*+").match(text, end + 1)
        end = closers.get(second.end() if second else end, end)
        out += [text[at : match.start()], re.sub(r"[^\n]", " ", text[match.start() : end + 1])]
        at = end + 1
    openers = tuple(name for name, (count, body) in macros.items() if not count and _OPENS.fullmatch(body))
    closing = tuple(name for name, (count, body) in macros.items() if not count and _CLOSES.fullmatch(body))
    return OwnMarks(tuple(names), openers, closing), "".join([*out, text[at:]])


def with_relation(macros: Macros, related: re.Pattern[str]) -> frozenset[str]:
    """Return the commands that put a relation into a formula, by themselves or by others."""
    found = {name for name, (_, body) in macros.items() if related.search(body)}
    for _ in range(10):  # levels of commands in commands
        more = {name for name, (_, body) in macros.items() if any(m[1] in found for m in _COMMAND.finditer(body))}
        if more <= found:
            break
        found |= more
    return frozenset(found)


def unrolled(text: str, macros: Macros) -> tuple[str, list[int]]:
    """Return a formula with the commands put in, and for each of its characters where it comes from."""
    places, at = list(range(len(text) + 1)), 0
    for _ in range(_MOST):
        match = next((m for m in _COMMAND.finditer(text, at) if m[1] in macros), None)
        if match is None:
            break
        once = expanded(text[match.start() :], macros, 1)
        kept = len(text) - _end_of_call(text, match, macros)
        if len(once) + match.start() > _LONGEST:
            break
        at = match.start()
        new = len(once) - kept
        places = [*places[:at], *[places[at]] * new, *places[len(places) - 1 - kept :]]
        text = text[:at] + once
    return text, places


def _end_of_call(text: str, match: re.Match[str], macros: Macros) -> int:
    end = match.end()
    for _ in range(macros[match[1]][0]):
        _, end = _argument(text, end)
    return end


def definitions(text: str) -> tuple[dict[str, tuple[int, str]], str]:
    """Return the commands that a text defines as name → (number of arguments, body), and the text without them.

    What is taken out is replaced by blanks, so that every place stays.
    """
    found: dict[str, tuple[int, str]] = {}
    out, at = [], 0
    closers: dict[int, int] | None = None
    for match in _DEFINITION.finditer(text):
        if match.start() < at:
            continue
        closers = pairs(text) if closers is None else closers
        end = closers.get(match.end())
        if end is None:
            continue
        body = text[match.end() + 1 : end]
        name = match["a"] or match["b"] or match["c"] or match["operator"]
        count = int(match["count"] or len(match["marks"] or "") // 2)
        found[name] = (count, rf"\operatorname{{{body}}}" if match["operator"] else body)
        out += [text[at : match.start()], re.sub(r"[^\n]", " ", text[match.start() : end + 1])]
        at = end + 1
    return found, "".join([*out, text[at:]])


def pairs(text: str) -> dict[int, int]:
    """Return where each brace that opens is closed."""
    found: dict[int, int] = {}
    open_: list[int] = []
    for match in _BRACE.finditer(text):
        if match[0] == "{":
            open_.append(match.start())
        elif match[0] == "}" and open_:
            found[open_.pop()] = match.start()
    return found


def closing(text: str, opening: int) -> int | None:
    """Return where the brace that opens here is closed, None if it never is."""
    depth = 0
    for match in _BRACE.finditer(text, opening):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.start()
    return None


def expanded(text: str, macros: Macros, most: int = _MOST) -> str:
    """Return a formula with the commands put in; what grows beyond all bounds stays as it is and is not read."""
    if not macros:
        return text
    at = 0
    for _ in range(most):
        match = next((m for m in _COMMAND.finditer(text, at) if m[1] in macros), None)
        if match is None:
            return text
        count, body = macros[match[1]]
        end = match.end()
        arguments = []
        for _ in range(count):
            argument, end = _argument(text, end)
            arguments.append(argument)
        longest = len(body) + len(text) + sum(body.count(f"#{k}") * len(a) for k, a in enumerate(arguments, 1))
        if longest > _LONGEST:
            return text
        body = "".join(_put(piece, arguments) for piece in re.split(r"(#[1-9])", body))
        at = match.start()  # what stands before it holds no command any more
        text = f"{text[:at]}{{{body}}}{text[end:]}" if count else f"{text[:at]}{body} {text[end:]}"
    return text


def _put(piece: str, arguments: list[str]) -> str:
    """Return the argument that a piece of a body stands for, else the piece."""
    at = int(piece[1]) if re.fullmatch(r"#[1-9]", piece) else 0
    return arguments[at - 1] if 0 < at <= len(arguments) else piece


def _argument(text: str, at: int) -> tuple[str, int]:
    while at < len(text) and text[at].isspace():
        at += 1
    if at < len(text) and text[at] == "{":
        end = closing(text, at)
        if end is not None:
            return text[at + 1 : end], end + 1
    one = re.compile(r"\\[A-Za-z]+|.?", re.DOTALL).match(text, at)
    return (one[0], one.end()) if one else ("", at)
