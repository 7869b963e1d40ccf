"""Formulas in words, for those who listen to a document: what a formula's LaTeX says, in plain English.

In the manner of the rules that screen readers use for mathematics: short where nothing can be misheard ("a over b"),
with an end that is said where something could ("the fraction with numerator … end fraction").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from derive.writers import spoken
from derive.writers.formulas import fenced
from derive.writers.phrases import (
    Piece,
    Scripts,
    closed,
    fraction,
    grouped,
    headed,
    said,
    scripted,
    single,
    tabled,
    within,
)

_TOKEN = re.compile(
    r"\\(?:begin|end)\s*\{[^{}]*\}|\\(?:text\w*|mbox|math(?:rm|it|sf|tt)|operatorname\*?)\s*\{(?:[^{}]|\{[^{}]*\})*\}"
    r"|\\[A-Za-z]+\*?|\\.|:=|\d+(?:(?:\.|\{,\})\d+)*|.",
    re.DOTALL,
)
_DEEPEST = 40
_BY_CLOSE = {close: name for name, close in spoken.BRACKETS.values()}
_STOPS = {"}", "&", r"\\", r"\right"}


@lru_cache(maxsize=1024)
def speak(latex: str) -> str:
    """Return a formula in words. Never fails, and is empty for nothing: an unknown command is said by its name."""
    tokens = [t for t in _TOKEN.findall(fenced(latex)) if not t.isspace() and t not in spoken.SILENT]
    words = _Reader(tokens).rows()
    words = re.sub(r"\s+", " ", re.sub(r"[\\{}$^_&]", " ", words)).replace(" ,", ",").replace(" ;", ";").strip()
    return words or "blank"


class _Reader:
    """Reads tokens from left to right; what cannot be understood is said as it stands."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at, self.depth = tokens, 0, 0

    def peek(self) -> str:
        """Return the next token, "" at the end."""
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def next(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def rows(self) -> str:
        """Return everything, row by row; a stop that nothing waits for is passed over."""
        return "; ".join(row for cells in self.table() if (row := " ".join(filter(None, cells))))

    def table(self, end: str = "") -> list[list[str]]:
        """Return the cells of each row up to the end of an environment, which is consumed."""
        made: list[list[str]] = [[]]
        row: list[Piece] = []
        while token := self.peek():
            row += self.row(set())
            token = self.peek()
            if token in ("&", r"\\") or token.startswith(r"\end"):
                self.at += 1
                made[-1].append(said(row))
                row = []
                if token == r"\\":
                    made.append([])
                elif token != "&" and end:
                    return made
            elif token:
                self.at += 1
        made[-1].append(said(row))
        return made

    def row(self, until: Iterable[str]) -> list[Piece]:
        """Return the pieces up to a token of `until` or to a stop, which is left unread."""
        pieces: list[Piece] = []
        while (token := self.peek()) and token not in _STOPS and token not in until and not token.startswith(r"\end"):
            pieces.append(self.piece())
        return pieces

    def piece(self) -> Piece:
        """Return the next thing with its scripts."""
        token = self.next()
        if token in "^_'":
            self.at -= 1
            return self.scripts(Piece(""), "")
        self.depth += 1
        piece = self.atom(token) if self.depth < _DEEPEST else Piece(token.lstrip("\\"))
        self.depth -= 1
        return self.scripts(piece, token)

    def atom(self, token: str) -> Piece:
        for table, kind in (
            (spoken.RELATIONS, "relation"),
            (spoken.OPERATORS, "operator"),
            (spoken.PREFIXES, "prefix"),
        ):
            if token in table:
                return Piece(table[token], kind)
        if token in ("|", r"\vert"):  # those in pairs have become fences
            return Piece("evaluated at" if self.peek() == "_" else "vertical bar", "mark")
        if token in spoken.BRACKETS:
            return self.bracket(token)
        if token in spoken.MARKS:
            return Piece(spoken.MARKS[token], "mark")
        if token in spoken.FUNCTIONS or token in spoken.EXTREMES:
            return Piece(spoken.FUNCTIONS.get(token) or spoken.EXTREMES[token], "function")
        if token in spoken.LARGE:
            return Piece(f"the {spoken.LARGE[token]}", "function")
        if token.startswith("\\") or token == "{":
            return self.command(token)
        return Piece(token.replace("{,}", ","))

    def command(self, token: str) -> Piece:
        if token == "{":
            return grouped(self.group())
        if token.startswith(r"\begin"):
            return self.environment(re.sub(r".*\{|\}|\*", "", token))
        if token in spoken.FRACTIONS:
            return fraction(self.argument(), self.argument())
        if token in (r"\binom", r"\dbinom", r"\tbinom"):
            return Piece(f"{closed(self.argument(), 'upper')} choose {closed(self.argument(), 'lower')}", tail=True)
        if token in spoken.STACKED:
            first, second = self.argument(), self.argument()
            kind = second[0].kind if len(second) == 1 else "ord"
            return Piece(f"{said(second)} with {said(first)} {spoken.STACKED[token]}", kind)
        if token == r"\sqrt":
            return self.root()
        if token == r"\left":
            return self.fence()
        if token.endswith("}") or token in spoken.TEXTS:
            return self.text(token.partition("{")[2][:-1] if token.endswith("}") else self.next())
        if token in spoken.ACCENTS or token in spoken.ALPHABETS or token in spoken.ROUND:
            return self.dressed(token)
        return Piece(spoken.SYMBOLS.get(token, re.sub(r"[^A-Za-z]", "", token)))

    # ------------------------------------------------------------------------------------------ arguments

    def group(self) -> list[Piece]:
        """Return what stands up to the brace that closes, which is consumed."""
        pieces = self.row(())
        while (token := self.peek()) and token != "}":
            if token in (r"\right", r"\left") or token.startswith(r"\end"):
                break
            self.at += 1
            pieces += [Piece(";", "mark"), *self.row(())] if token == r"\\" else self.row(())
        self.at += self.peek() == "}"
        return pieces

    def argument(self) -> list[Piece]:
        """Return the argument of a command: a group, or the next thing without its scripts."""
        token = self.peek()
        if not token or token in _STOPS:
            return []
        if token.isdecimal() and len(token) > 1:  # \frac12
            self.tokens[self.at] = token[1:]
            return [Piece(token[0])]
        self.at += 1
        if token == "{":
            return self.group()
        self.depth += 1
        piece = self.atom(token) if self.depth < _DEEPEST else Piece(token.lstrip("\\"))
        self.depth -= 1
        return [piece]

    # ------------------------------------------------------------------------------------------ kinds of things

    def text(self, written: str) -> Piece:
        written = re.sub(r"\\[,;:! ]|[\\{}$]", " ", written)
        words = " ".join(written.split())
        if words in ("T", "d") or len(words) < 2:
            return Piece("transpose" if words == "T" else words)
        if self.peek() in ("(", r"\left"):
            return Piece(words, "function")
        prose = written != words or words in spoken.PROSE or not words.isalnum()
        return Piece(words, "text" if prose else "ord", name=True)

    def dressed(self, token: str) -> Piece:
        """Return a letter with an accent or of an alphabet, or something with a frame around it."""
        inner = self.argument()
        if token in spoken.ACCENTS:
            name = spoken.ACCENTS[token]
            return Piece(f"{closed(inner, 'group')} {name}" if name != "vector" else f"vector {said(inner)}")
        name = spoken.ALPHABETS.get(token) or spoken.ROUND[token]
        words = f"{name} {closed(inner, name)}"
        return Piece(spoken.FAMILIAR.get(words, words), tail=not single(inner))

    def root(self) -> Piece:
        index = ""
        if self.peek() == "[":
            self.at += 1
            index = said(self.row("]"))
            self.at += self.peek() == "]"
        name = {"": "square ", "2": "square ", "3": "cube "}.get(index, f"{index}-th ")
        return Piece(f"the {name}root of {closed(self.argument(), 'root')}", tail=True)

    def bracket(self, token: str) -> Piece:
        """Return what stands in a pair of brackets, as far as it goes where nothing closes it."""
        name, close = spoken.BRACKETS[token]
        if close == token and close not in self.tokens[self.at :]:
            return Piece(spoken.MARKS[token], "mark")
        pieces = self.row({")", "]"} if token in "([" else {close})
        end = self.peek()
        if end not in _BY_CLOSE:
            return within(name, pieces, "")
        self.at += 1
        return within(name, pieces, _BY_CLOSE[end])

    def fence(self) -> Piece:
        r"""Return what stands between \left and \right."""
        opening = self.next()
        pieces = self.row(())
        while (token := self.peek()) and token != r"\right" and token not in ("}",) and not token.startswith(r"\end"):
            self.at += 1
            pieces += [Piece(";" if token == r"\\" else ",", "mark"), *self.row(())]
        closing = ""
        if self.peek() == r"\right":
            self.at += 1
            closing = self.next()
        if opening == "." and closing in ("|", r"\vert", r"\rvert"):
            return Piece(f"{said(pieces)}, evaluated at", "evaluated")
        if opening not in spoken.BRACKETS:
            return grouped(pieces)
        name = spoken.BRACKETS[opening][0]
        return within(name, pieces, _BY_CLOSE.get(closing, name) if closing != "." else "")

    def environment(self, name: str) -> Piece:
        if name == "array":
            self.argument()
        self.depth += 1
        rows = [[c for c in cells if c] for cells in self.table("end")] if self.depth < _DEEPEST else []
        self.depth -= 1
        return tabled(name, [cells for cells in rows if cells])

    # ------------------------------------------------------------------------------------------ scripts

    def scripts(self, piece: Piece, token: str) -> Piece:
        """Return a thing with what stands above and below it."""
        scripts = Scripts()
        while (mark := self.peek()) in ("^", "_", "'", r"\prime"):
            self.at += 1
            if mark == "^":
                scripts.above = [*(scripts.above or []), *self.argument()]
            elif mark == "_":
                scripts.below = [*(scripts.below or []), *self.argument()]
            else:
                scripts.primes += 1
        if piece.kind == "function":
            return self.function(headed(piece.words, token, scripts), token)
        return scripted(piece, token, scripts)

    def function(self, words: str, token: str) -> Piece:
        """Return a function with the "of" before its argument, if it has one."""
        after = self.peek()
        if not after or after in _STOPS or after in spoken.RELATIONS or after in ",;)]":
            return Piece(words)
        if token == r"\arg":
            return Piece("arg", "function")
        if token not in spoken.LARGE and after in ("(", r"\left"):
            argument = self.piece()
            return Piece(f"{words} of {argument.inside or argument.words}", tail=bool(argument.inside))
        return Piece(f"{words} of", "function")
