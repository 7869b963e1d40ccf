"""The state of the lexer: the tokens so far, and every bracket paired within a bounded depth."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Any, NamedTuple

from derive.errors import Fault
from derive.source import Slice

MAX_NESTING = 100

_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_CLOSERS = {
    "(": (")", ".)"),
    "[": ("]", ".)"),
    "{": ("}",),
    "\\{": ("\\}", ".)"),
    "(.": (")", "]", "\\}", ".)", "|>", "||>"),
    "|<": ("|>", ".)"),
    "||<": ("||>", ".)"),
    "begin": ("end",),
}
_CLOSING = frozenset(closer for closers in _CLOSERS.values() for closer in closers)


class Token(NamedTuple):
    """kind: num, word, text, cmd, op, rel, begin, end, row, eof; `text` is its canonical spelling."""

    kind: str
    text: str
    start: int
    end: int


class Tokens(NamedTuple):
    """The tokens of a formula, closed by an eof, and for each opening bracket the index of its closing one."""

    items: list[Token]
    closers: dict[int, int]


class Scanner(ABC):
    """What all parts of the lexer share; `plain` tells whether the text is plain text and not LaTeX."""

    def __init__(self, piece: Slice, plain: bool) -> None:
        self.piece, self.text, self.plain = piece, piece.text, plain
        self.items: list[Token] = []
        self.closers: dict[int, int] = {}
        self.opened: list[int] = []
        self.tables = 0  # environments that are open
        self.dropped: set[int] = set()  # closing braces that belong to what was read through
        self.braces: dict[int, int] | None = None

    @abstractmethod
    def on_word(self, text: str, start: int, end: int) -> int | None: ...

    @abstractmethod
    def on_op(self, text: str, start: int, end: int) -> int | None: ...

    @abstractmethod
    def on_cmd(self, name: str, start: int, end: int) -> int | None: ...

    def fault(self, title: str, start: int, end: int, **more: Any) -> Fault:
        return Fault(title, self.piece.span(start, end), **more)

    def stray(self, pos: int) -> Fault:
        char = self.text[pos]
        reason = "the text is read as plain text, which has no \\, {, } or $" if self.plain and char in "\\{}$" else ""
        return self.fault(f"the character {char!r} cannot be read here", pos, pos + 1, reason=reason)

    def add(self, kind: str, text: str, start: int, end: int) -> None:
        here = len(self.items)
        if text in _CLOSING and kind in ("op", "end"):
            self.close("end" if kind == "end" else text, start, end)
        elif kind == "begin" or (kind == "op" and text in _CLOSERS):
            self.opened.append(here)
            if len(self.opened) > MAX_NESTING:
                expected = f"at most {MAX_NESTING} brackets within one another"
                raise self.fault("this formula is nested too deeply", start, end, expected=expected)
        self.items.append(Token(kind, text, start, end))

    def close(self, text: str, start: int, end: int) -> None:
        if not self.opened:
            raise self.fault("this bracket was never opened", start, end)
        opening = self.items[self.opened[-1]]
        if text not in _CLOSERS["begin" if opening.kind == "begin" else opening.text]:
            there = self.piece.source.position(self.piece.start + start)[1]
            reason = f"the next closing bracket, {self.text[start:end]} in column {there}, is another one"
            title = "this bracket is not closed"
            raise self.fault(title, opening.start, opening.end, expected=closer(opening), reason=reason)
        self.closers[self.opened.pop()] = len(self.items)

    def skip(self, pos: int) -> int:
        while self.text[pos : pos + 1].isspace():
            pos += 1
        return pos

    def closing(self, opening: int) -> int:
        """Return where the brace opened at `opening` is closed; all of them are found once."""
        if self.braces is None:
            self.braces, stack = {}, []
            for found in _BRACE.finditer(self.text):
                if found[0] == "{":
                    stack.append(found.start())
                elif found[0] == "}" and stack:
                    self.braces[stack.pop()] = found.start()
        if opening not in self.braces:
            raise self.fault("this bracket is never closed", opening, opening + 1, expected="}")
        return self.braces[opening]


def closer(opening: Token) -> str:
    if opening.kind == "begin":
        return f"\\end{{{opening.text}}}"
    return {"(.": "\\right", "|<": "\\right|", "||<": "\\right\\|"}.get(opening.text, _CLOSERS[opening.text][0])
