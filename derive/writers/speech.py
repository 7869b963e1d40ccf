"""Formulas in words, for those who listen to a document: what a formula's LaTeX says, in plain English.

In the manner of the rules that screen readers use for mathematics: short where nothing can be misheard ("a over b"),
with an end that is said where something could ("the fraction with numerator … end fraction").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from derive.writers import spoken
from derive.writers.formulas import fenced

_TOKEN = re.compile(
    r"\\(?:begin|end)\s*\{[^{}]*\}|\\(?:text\w*|mbox|math(?:rm|it|sf|tt)|operatorname\*?)\s*\{(?:[^{}]|\{[^{}]*\})*\}"
    r"|\\[A-Za-z]+\*?|\\.|:=|\d+(?:(?:\.|\{,\})\d+)*|.",
    re.DOTALL,
)
_DEEPEST = 40
_STOPS = {"}", "&", r"\\", r"\right"}


@dataclass(slots=True)
class _Piece:
    """Words for one thing of a formula.

    kind: ord, operator, relation, mark, function (of what follows), prefix, text or bracket (a whole pair of them).
    closed: needs no end to be said. tail: what follows must be set apart. base: its words without a power.
    """

    words: str
    kind: str = "ord"
    closed: bool = True
    tail: bool = False
    scripted: bool = False
    base: str = ""
    inside: str = ""


@lru_cache(maxsize=1024)
def speak(latex: str) -> str:
    """Return a formula in words. Never fails, and is empty for nothing: an unknown command is said by its name."""
    tokens = [t for t in _TOKEN.findall(fenced(latex)) if not t.isspace() and t not in spoken.SILENT]
    words = _Reader(tokens).rows()
    words = re.sub(r"\s+", " ", re.sub(r"[\\{}$^_&]", " ", words)).replace(" ,", ",").replace(" ;", ";").strip()
    return words or "blank"


def _said(pieces: list[_Piece]) -> str:
    """Return pieces as one line of words, with the signs and products between them named."""
    out: list[str] = []
    before: _Piece | None = None
    for piece in pieces:
        words = piece.words
        if before is None or before.kind not in ("ord", "bracket", "text"):
            words = spoken.LEADING.get(words, words) if piece.kind == "operator" else words
        elif before.kind != "text" and _multiplied(before, piece):
            out.append(", times" if before.tail else "times")
        out.append(words)
        before = piece if words or piece.kind == "ord" else before
    return " ".join(word for word in out if word)


def _multiplied(left: _Piece, right: _Piece) -> bool:
    """Must a product be said between two things that stand beside each other?"""
    if not left.words or right.kind not in ("ord", "bracket", "function", "prefix"):  # {} is no factor
        return False
    if right.kind == "bracket":  # what stands before it may be a function, unless it cannot be one
        return left.tail or left.words[:1].isdigit()
    plain = len(left.words) == 1 and not right.words[:1].isdigit() and right.kind == "ord" and not right.tail
    return not plain and left.kind in ("ord", "bracket")


def _bound(pieces: list[_Piece], name: str) -> str:
    """Return what stands in a script: letters and digits beside each other need no end."""
    if len(pieces) in (2, 3) and all(p.kind == "ord" and p.closed and not p.scripted for p in pieces):
        return " ".join(p.words for p in pieces)
    return _closed(pieces, name)


def _closed(pieces: list[_Piece], name: str) -> str:
    """Return pieces with an end that is said, unless they are one thing."""
    words = _said(pieces)
    return words if _single(pieces) else f"{words} end {name}"


def _single(pieces: list[_Piece]) -> bool:
    """Is this one thing, maybe with a sign?"""
    if len(pieces) == 2 and pieces[0].words in spoken.LEADING:
        pieces = pieces[1:]
    return len(pieces) == 1 and pieces[0].kind in ("ord", "text") and pieces[0].closed


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
        row: list[_Piece] = []
        while token := self.peek():
            row += self.row(set())
            token = self.peek()
            if token in ("&", r"\\") or token.startswith(r"\end"):
                self.at += 1
                made[-1].append(_said(row))
                row = []
                if token == r"\\":
                    made.append([])
                elif token != "&" and end:
                    return made
            elif token:
                self.at += 1
        made[-1].append(_said(row))
        return made

    def row(self, until: Iterable[str]) -> list[_Piece]:
        """Return the pieces up to a token of `until` or to a stop, which is left unread."""
        pieces: list[_Piece] = []
        while (token := self.peek()) and token not in _STOPS and token not in until and not token.startswith(r"\end"):
            pieces.append(self.piece())
        return pieces

    def piece(self) -> _Piece:
        """Return the next thing with its scripts."""
        token = self.next()
        if token in "^_'":
            self.at -= 1
            return self.scripts(_Piece(""), "")
        self.depth += 1
        piece = self.atom(token) if self.depth < _DEEPEST else _Piece(token.lstrip("\\"))
        self.depth -= 1
        return self.scripts(piece, token)

    def atom(self, token: str) -> _Piece:
        for table, kind in (
            (spoken.RELATIONS, "relation"),
            (spoken.OPERATORS, "operator"),
            (spoken.PREFIXES, "prefix"),
        ):
            if token in table:
                return _Piece(table[token], kind)
        if token in ("|", r"\vert"):  # those in pairs have become fences
            return _Piece("evaluated at" if self.peek() == "_" else "vertical bar", "mark")
        if token in spoken.BRACKETS:
            return self.bracket(token)
        if token in spoken.MARKS:
            return _Piece(spoken.MARKS[token], "mark")
        if token in spoken.FUNCTIONS or token in spoken.EXTREMES:
            return _Piece(spoken.FUNCTIONS.get(token) or spoken.EXTREMES[token], "function")
        if token in spoken.LARGE:
            return _Piece(f"the {spoken.LARGE[token]}", "function")
        if token.startswith("\\") or token == "{":
            return self.command(token)
        return _Piece(token.replace("{,}", ","))

    def command(self, token: str) -> _Piece:
        if token == "{":
            return _grouped(self.group())
        if token.startswith(r"\begin"):
            return self.environment(re.sub(r".*\{|\}|\*", "", token))
        if token in spoken.FRACTIONS:
            return _fraction(self.argument(), self.argument())
        if token in (r"\binom", r"\dbinom", r"\tbinom"):
            return _Piece(f"{_closed(self.argument(), 'upper')} choose {_closed(self.argument(), 'lower')}", tail=True)
        if token in spoken.STACKED:
            first, second = self.argument(), self.argument()
            kind = second[0].kind if len(second) == 1 else "ord"
            return _Piece(f"{_said(second)} with {_said(first)} {spoken.STACKED[token]}", kind)
        if token == r"\sqrt":
            return self.root()
        if token == r"\left":
            return self.fence()
        if token.endswith("}") or token in spoken.TEXTS:
            return self.text(token.partition("{")[2][:-1] if token.endswith("}") else self.next())
        if token in spoken.ACCENTS or token in spoken.ALPHABETS or token in spoken.ROUND:
            return self.dressed(token)
        return _Piece(spoken.SYMBOLS.get(token, re.sub(r"[^A-Za-z]", "", token)))

    # ------------------------------------------------------------------------------------------ arguments

    def group(self) -> list[_Piece]:
        """Return what stands up to the brace that closes, which is consumed."""
        pieces = self.row(())
        while (token := self.peek()) and token != "}":
            if token in (r"\right", r"\left") or token.startswith(r"\end"):
                break
            self.at += 1
            pieces += [_Piece(";", "mark"), *self.row(())] if token == r"\\" else self.row(())
        self.at += self.peek() == "}"
        return pieces

    def argument(self) -> list[_Piece]:
        """Return the argument of a command: a group, or the next thing without its scripts."""
        token = self.peek()
        if not token or token in _STOPS:
            return []
        if token.isdecimal() and len(token) > 1:  # \frac12
            self.tokens[self.at] = token[1:]
            return [_Piece(token[0])]
        self.at += 1
        if token == "{":
            return self.group()
        self.depth += 1
        piece = self.atom(token) if self.depth < _DEEPEST else _Piece(token.lstrip("\\"))
        self.depth -= 1
        return [piece]

    # ------------------------------------------------------------------------------------------ kinds of things

    def text(self, written: str) -> _Piece:
        written = re.sub(r"\\[,;:! ]|[\\{}$]", " ", written)
        words = " ".join(written.split())
        if words in ("T", "d") or len(words) < 2:
            return _Piece("transpose" if words == "T" else words)
        if self.peek() in ("(", r"\left"):
            return _Piece(words, "function")
        prose = written != words or words in spoken.PROSE or not words.isalnum()
        return _Piece(words, "text" if prose else "ord")

    def dressed(self, token: str) -> _Piece:
        """Return a letter with an accent or of an alphabet, or something with a frame around it."""
        inner = self.argument()
        if token in spoken.ACCENTS:
            name = spoken.ACCENTS[token]
            return _Piece(f"{_closed(inner, 'group')} {name}" if name != "vector" else f"vector {_said(inner)}")
        name = spoken.ALPHABETS.get(token) or spoken.ROUND[token]
        words = f"{name} {_closed(inner, name)}"
        return _Piece(spoken.FAMILIAR.get(words, words), tail=not _single(inner))

    def root(self) -> _Piece:
        index = ""
        if self.peek() == "[":
            self.at += 1
            index = _said(self.row("]"))
            self.at += self.peek() == "]"
        name = {"": "square ", "2": "square ", "3": "cube "}.get(index, f"{index}-th ")
        return _Piece(f"the {name}root of {_closed(self.argument(), 'root')}", tail=True)

    def bracket(self, token: str) -> _Piece:
        """Return what stands in a pair of brackets, as far as it goes where nothing closes it."""
        name, close = spoken.BRACKETS[token]
        if close == token and close not in self.tokens[self.at :]:
            return _Piece(spoken.MARKS[token], "mark")
        pieces = self.row({")", "]"} if token in "([" else {close})
        end = self.peek()
        if end not in _BY_CLOSE:
            return _within(name, pieces, "")
        self.at += 1
        return _within(name, pieces, _BY_CLOSE[end])

    def fence(self) -> _Piece:
        r"""Return what stands between \left and \right."""
        opening = self.next()
        pieces = self.row(())
        while (token := self.peek()) and token != r"\right" and token not in ("}",) and not token.startswith(r"\end"):
            self.at += 1
            pieces += [_Piece(";" if token == r"\\" else ",", "mark"), *self.row(())]
        closing = ""
        if self.peek() == r"\right":
            self.at += 1
            closing = self.next()
        if opening == "." and closing in ("|", r"\vert", r"\rvert"):
            return _Piece(f"{_said(pieces)}, evaluated at", "evaluated")
        if opening not in spoken.BRACKETS:
            return _grouped(pieces)
        name = spoken.BRACKETS[opening][0]
        return _within(name, pieces, _BY_CLOSE.get(closing, name) if closing != "." else "")

    def environment(self, name: str) -> _Piece:
        if name == "array":
            self.argument()
        self.depth += 1
        rows = [[c for c in cells if c] for cells in self.table("end")] if self.depth < _DEEPEST else []
        self.depth -= 1
        rows = [cells for cells in rows if cells]
        if name in ("cases", "dcases", "rcases"):
            said = "; ".join(f"case {i}: {', '.join(cells)}" for i, cells in enumerate(rows, 1))
            return _Piece(f"{len(rows)} cases: {said}; end cases", tail=True)
        if name not in spoken.MATRICES:
            return _Piece("; ".join(" ".join(cells) for cells in rows), "text")
        kind = {"vmatrix": "determinant", "Vmatrix": "norm"}.get(name, "matrix")
        if all(len(cells) == 1 for cells in rows):
            return _Piece(f"the column vector {', '.join(c[0] for c in rows)}, end vector", tail=True)
        if len(rows) == 1:
            return _Piece(f"the row vector {', '.join(rows[0])}, end vector", tail=True)
        said = "; ".join(f"row {i}: {', '.join(cells)}" for i, cells in enumerate(rows, 1))
        return _Piece(f"the {len(rows)} by {max(map(len, rows))} {kind}, {said}; end {kind}", tail=True)

    # ------------------------------------------------------------------------------------------ scripts

    def scripts(self, piece: _Piece, token: str) -> _Piece:
        """Return a thing with what stands above and below it."""
        below: list[_Piece] | None = None
        above: list[_Piece] | None = None
        primes = 0
        while (mark := self.peek()) in ("^", "_", "'", r"\prime"):
            self.at += 1
            if mark == "^":
                above = [*(above or []), *self.argument()]
            elif mark == "_":
                below = [*(below or []), *self.argument()]
            else:
                primes += 1
        if piece.kind == "evaluated" or piece.words == "evaluated at":
            kind = "ord" if piece.kind == "evaluated" else "text"
            return _Piece(f"{piece.words} {_said(below or [])}", kind, tail=True)
        if piece.kind == "function":
            return self.function(piece, token, below, above, primes)
        if below is None and above is None and not primes:
            return piece
        words = piece.words + ("," if piece.tail else "")
        if token in (r"\underbrace", r"\overbrace"):
            return _Piece(f"{words} with {_said((below or []) + (above or []))} beside it", tail=True)
        words += f" sub {_bound(below, 'sub')}" if below is not None else ""
        words += {0: "", 1: " prime", 2: " double prime"}.get(primes, f" {primes} primes")
        raised = f"{words} {_power(above)}" if above is not None else words
        raised = raised.replace(" times ", " by ") if token == r"\mathbb" else raised
        kind = "ord" if piece.kind in ("text", "bracket") else piece.kind
        return _Piece(raised, kind, piece.closed, piece.tail, True, words)

    def function(
        self, piece: _Piece, token: str, below: list[_Piece] | None, above: list[_Piece] | None, primes: int
    ) -> _Piece:
        """Return a function with its scripts and the "of" before its argument."""
        words = piece.words
        if token in spoken.LARGE and below is not None:
            words += f" from {_said(below)} to {_said(above)}" if above else f" over {_said(below)}"
        elif token == r"\lim" and below is not None:
            words = f"the limit as {_said(below)}".replace(" to ", " approaches ")
        elif token in spoken.EXTREMES and below is not None:
            words += f" over {_said(below)},"
        elif below is not None:
            words += f" base {_bound(below, 'base')}" if token == r"\log" else f" sub {_bound(below, 'sub')}"
        words += " prime" * primes
        if above is not None and not (token in spoken.LARGE and below):
            words += f" {_power(above)}"
        if not self.peek() or self.peek() in _STOPS or self.peek() in spoken.RELATIONS or self.peek() in ",;)]":
            return _Piece(words)
        if token == r"\arg":
            return _Piece("arg", "function")
        if token not in spoken.LARGE and self.peek() in ("(", r"\left"):
            argument = self.piece()
            return _Piece(f"{words} of {argument.inside or argument.words}", tail=bool(argument.inside))
        return _Piece(f"{words} of", "function")


_BY_CLOSE = {close: name for name, close in spoken.BRACKETS.values()}


def _grouped(pieces: list[_Piece]) -> _Piece:
    """Return a group as one thing: braces are not heard."""
    if len(pieces) == 1:
        return pieces[0]
    return _Piece(_said(pieces), closed=not pieces)


def _within(name: str, pieces: list[_Piece], closing: str) -> _Piece:
    words = _said(pieces)
    if name in ("absolute value", "norm"):
        return _Piece(f"the {name} of {_closed(pieces, name)}", tail=True)
    close = f" close {closing}" if closing else ""
    return _Piece(f"open {name} {words}{close}", "bracket", inside=words if _single(pieces) else "")


def _power(above: list[_Piece]) -> str:
    words = _said(above)
    if len(above) == 1 and above[0].words in spoken.POWERS:
        return spoken.POWERS[above[0].words]
    if len(above) == 1 and (above[0].kind in ("text", "bracket") or (words.isalpha() and len(words) > 1)):
        return f"superscript {words}"
    return f"to the power {_bound(above, 'power')}" if words else ""


def _fraction(above: list[_Piece], below: list[_Piece]) -> _Piece:
    if derivative := _derivative(above, below):
        return derivative
    up, down = _said(above), _said(below)
    if up == "1" and down in spoken.HALVES:
        return _Piece(f"one {spoken.HALVES[down]}", tail=True)
    if _single(above) and _single(below) and not (above[0].tail or below[0].tail):
        return _Piece(f"{up} over {down}", tail=True, closed=False)
    return _Piece(f"the fraction with numerator {up} and denominator {down} end fraction", tail=True)


def _derivative(above: list[_Piece], below: list[_Piece]) -> _Piece | None:
    """Return a quotient of differentials as the derivative that it is, None for any other fraction."""
    marks = ("partial", "d", "delta")
    if (
        not above
        or len(below) < 2
        or below[0].words not in marks
        or (above[0].base or above[0].words) != below[0].words
    ):
        return None
    order = spoken.ORDERS.get(above[0].words.removeprefix(above[0].base).strip(), "") if above[0].base else ""
    if above[0].base and not order:
        return None
    names = [p.base if order and p.scripted else p.words for p in below if p.words != below[0].words]
    kind = "partial derivative" if below[0].words == "partial" else "derivative"
    of = f" of {_said(above[1:])}" if len(above) > 1 else ""
    words = f"the {order}{kind}{of} with respect to {' and '.join(names)}"
    return _Piece(words, tail=True) if of else _Piece(words, "function")
