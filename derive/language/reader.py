"""The cursor over the tokens of a formula, and what every part of the grammar may ask of the others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from derive.errors import Fault
from derive.language.names import Table
from derive.language.surface import Tree
from derive.language.tokens import MAX_NESTING, Token, Tokens
from derive.source import Slice

_OPENING = frozenset(("(", "[", "{", "\\{", "(.", "|<", "||<"))
_NO_OPERAND = frozenset(("top", "intercal", "star", "dagger"))


class Reader(ABC):
    """The tokens of one formula, how far they are read, and what is declared.

    bar is the undirected bar that the innermost bracket waits for, else "".
    """

    def __init__(self, piece: Slice, tokens: Tokens, table: Table, plain: bool) -> None:
        self.piece, self.source = piece, piece.text
        self.tokens, self.closers = tokens
        self.table, self.plain = table, plain
        self.i = 0
        self.end = 0  # where the part that was read last ends
        self.bar = ""
        self.level = 0
        self.parsed: dict[int, tuple[Tree, int]] = {}  # brackets read before it was known what they are

    @abstractmethod
    def relation(self) -> Tree: ...

    @abstractmethod
    def expression(self) -> Tree: ...

    @abstractmethod
    def product(self) -> Tree: ...

    @abstractmethod
    def factor(self) -> Tree: ...

    def take(self) -> Token:
        """Return the token at hand and go to the next one."""
        token = self.tokens[self.i]
        self.i += 1
        self.end = token.end
        return token

    def sees(self, *texts: str) -> bool:
        """Tell whether the token at hand is one of these operators."""
        token = self.tokens[self.i]
        return token.kind == "op" and token.text in texts

    def expect(self, text: str) -> Token:
        if not self.sees(text):
            raise self.unexpected(f"expected {text}")
        return self.take()

    def split(self, length: int) -> Token:
        """Take the first characters of the word or number at hand; the rest stays."""
        token = self.tokens[self.i]
        width = token.end - token.start
        if length >= len(token.text) or width != len(token.text):
            return self.take()
        self.end = token.start + length
        self.tokens[self.i] = Token(token.kind, token.text[length:], self.end, token.end)
        return Token(token.kind, token.text[:length], token.start, self.end)

    def starts(self) -> bool:
        """Tell whether an operand begins here, so that what stands before is multiplied by it."""
        kind, text, _, _ = self.tokens[self.i]
        if kind == "op":
            return text in _OPENING or (text in ("|", "||") and not self.bar and not self.bar_of_evaluation())
        return kind in ("num", "word", "text", "begin", "dots") or (kind == "cmd" and text not in _NO_OPERAND)

    def bar_of_evaluation(self) -> bool:
        """Tell whether a bar with a subscript stands here, as in f|_{x = 0}."""
        after = self.tokens[self.i + 1]
        return not self.bar and self.sees("|") and after.kind == "op" and after.text == "_"

    def items(self, opening: int) -> list[Tree]:
        """Return the expressions, parted by commas, in the brackets opened at a token; go behind them."""
        self.i, closing = opening + 1, self.closers[opening]
        bar, self.bar = self.bar, ""
        if self.i == closing:
            raise self.fault("these brackets are empty", self.tokens[opening].start, self.tokens[closing].end)
        out = [self.expression()]
        while self.i < closing and self.sees(",", ";"):
            self.take()
            out.append(self.expression())
        if self.i != closing:
            raise self.unexpected(f"expected {self.tokens[closing].text}")
        self.take()
        self.bar = bar
        return out

    def deeper(self, by: int) -> None:
        self.level += by
        if self.level > MAX_NESTING + 2:
            token = self.tokens[self.i]
            raise self.fault("this formula is nested too deeply", token.start, token.end)

    def fault(self, title: str, start: int, end: int, **more: Any) -> Fault:
        return Fault(title, self.piece.span(start, end), **more)

    def fault_at(self, token: Token, title: str, **more: Any) -> Fault:
        return self.fault(title, token.start, token.end, **more)

    def missing(self) -> Fault:
        """Return the fault of a place where an operand should stand."""
        token, before = self.tokens[self.i], self.tokens[self.i - 1] if self.i else None
        reason = (
            f"the formula ends after {self.source[before.start : before.end]}" if before else "the formula is empty"
        )
        if token.kind != "eof":
            reason = "" if before is None else f"nothing stands before {self.source[token.start : token.end]}"
        expected = "a number, a name or an opening bracket"
        return self.fault_at(token, "an operand is missing", expected=expected, reason=reason)

    def unexpected(self, label: str = "") -> Fault:
        """Return the fault of a token that nothing can be made of here."""
        token = self.tokens[self.i]
        title, more = f"{self.source[token.start : token.end]} cannot be read here", {"label": label}
        if token.kind == "eof":
            title = "the formula ends too early"
        elif token.kind == "rel":
            title, more["reason"] = "a relation within an expression", "an = may stand only between whole formulas"
        elif token.kind == "text" or token.text in ("and", "or"):
            title, more["expected"] = "words within a formula", "one formula"
        elif token.text == ",":
            title, more["reason"] = "a comma between two formulas", "a decimal comma is written 0{,}5"
        elif token.kind == "row":
            title, more["expected"] = "a line break within a formula", "one formula at a time"
        elif token.text in ("|", "||", "|>", "||>"):
            title, more["expected"] = "a bar without its other half", "\\left| … \\right|"
        return self.fault_at(token, title, **more)
