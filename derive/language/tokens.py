"""The lexer: LaTeX or plain text -> tokens, with every bracket paired and the depth bounded."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from derive.errors import Fault, nearest
from derive.language import symbols as S
from derive.source import Slice

MAX_LENGTH = 200_000
MAX_NESTING = 100

_LATEX = re.compile(
    r"""(?P<skip>(?:\s|%[^\n]*|~)+)
    |(?P<num>(?:\d+\{,\}\d+|\d+(?:\.(?![*/^.])\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<word>[A-Za-z]{3,}(?:_[A-Za-z]{2,}[A-Za-z0-9]*)+|[A-Za-z]+(?:\\_[A-Za-z0-9]+)*)
    |\\(?P<cmd>operatorname\*|[A-Za-z]+)
    |(?P<row>\\\\(?:\[-?[\d.]+\s*[a-z]+\])?)
    |\\(?P<escape>[^A-Za-z])
    |(?P<op>\*\*|:=|->|=>|<=|>=|!=|==|\.\.\.|\.\*|\./|\.\^|\|\||[-+*/^_()\[\]{},;|'&=<>:$])
    |(?P<letter>[^\x00-\x7f])""",
    re.VERBOSE,
)
_PLAIN = re.compile(
    r"""(?P<skip>(?:\s|%[^\n]*)+)
    |(?P<num>(?:\d+(?:\.(?![*/^.])\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<greek>(?:[A-Za-z][\u0302-\u0308]|[^\W\d_A-Za-z])(?:_[A-Za-z0-9_]+|\d+)?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<op>\*\*|:=|->|<-(?=\s)|=>|<=|>=|!=|==|\.\.\.|\.\*|\./|\.\^|\|\||[-+*/^()\[\],;|'=<>:~])
    |(?P<letter>[^\x00-\x7f])""",
    re.VERBOSE,
)
_CONDITION = re.compile(r"\s*(if|for|when|where|wenn|falls|für)\b(?=\s*\S)")
_WORDS = re.compile(r"\s*[^\W\d_](?:[\w\s-]|\\_)*")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_ENVIRONMENT = re.compile(r"\s*\{\s*([A-Za-z]+\*?)\s*\}")
_COLUMNS = re.compile(r"\s*\{[lcr|\s]*\}")
_DOT = re.compile(r"(?:\.\.|\\(?:right|[bB]igg?r)\s*\.)$")
_SPACING = frozenset(",;:!> /")
_ESCAPED = {"{": "\\{", "}": "\\}", "|": "||"}
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


def tokenise(piece: Slice, plain: bool) -> Tokens:
    """Return the tokens of a formula; raise Fault for unknown commands, stray characters and unpaired brackets."""
    if len(piece.text) > MAX_LENGTH:
        title = f"this formula is too long: {len(piece.text)} characters"
        raise Fault(title, piece.span(0, 1), expected=f"at most {MAX_LENGTH} characters")
    return _Lexer(piece, plain).run()


class _Lexer:
    def __init__(self, piece: Slice, plain: bool) -> None:
        self.piece, self.text, self.plain = piece, piece.text, plain
        self.items: list[Token] = []
        self.closers: dict[int, int] = {}
        self.opened: list[int] = []
        self.tables = 0  # environments that are open
        self.dropped: set[int] = set()  # closing braces that belong to what was read through
        self.braces: dict[int, int] | None = None

    def run(self) -> Tokens:
        pos, stop = (0, len(self.text)) if self.plain else _edges(self.text)
        match = (_PLAIN if self.plain else _LATEX).match
        while pos < stop:
            found = match(self.text, pos, stop)
            if found is None:
                raise self.stray(pos)
            kind, end = str(found.lastgroup), found.end()
            if kind != "skip":
                end = getattr(self, "on_" + kind)(found[kind], pos, end) or end
            pos = end
        if self.opened:
            opening = self.items[self.opened[-1]]
            raise self.fault("this bracket is never closed", opening.start, opening.end, expected=_closer(opening))
        self.items += [Token("eof", "", stop, stop)] * 3  # so that one may look ahead
        return Tokens(self.items, self.closers)

    def fault(self, title: str, start: int, end: int, **more: str) -> Fault:
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
            raise self.fault(title, opening.start, opening.end, expected=_closer(opening), reason=reason)
        self.closers[self.opened.pop()] = len(self.items)

    def on_num(self, text: str, start: int, end: int) -> None:
        if self.text[end : end + 1] == "." and self.text[end + 1 : end + 2].isdigit():
            raise self.fault("this number has two decimal points", start, end + 2, expected="digits with one point")
        last = self.items[-1] if self.items else None
        if not self.plain and last and len(text) > 1 and last.kind == "op" and last.text in ("_", "^"):
            where = "lowers" if last.text == "_" else "raises"
            reason = f"without braces LaTeX {where} only the first digit"
            fix = f"{self.text[: last.end]}{{{text}}}{self.text[end:]}" if len(self.text) < 200 else f"{{{text}}}"
            raise self.fault("more than one digit without braces", start, end, reason=reason, fix=fix)
        self.add("num", text.replace("{,}", "."), start, end)

    def on_word(self, text: str, start: int, end: int) -> int | None:
        if self.plain and text[0] == "_" and self.items and self.items[-1].end == start and len(text) > 1:
            self.add("op", "_", start, start + 1)  # `softmax(x)_1`
            return start + 1
        self.add("word", text.replace("\\_", "_"), start, end)
        return None

    def on_greek(self, text: str, start: int, end: int) -> int | None:
        first = unicodedata.normalize("NFC", text)
        name = _plain_letter(first[0]) if len(first) < 2 or first[1] not in S.MARKS else f"{S.MARKS[first[1]]}_{text[0]}"
        if name is None:
            return self.on_letter(text[0], start, start + 1)
        rest = first[1:] if first[1:2] not in S.MARKS else first[2:]
        self.add("word", name + rest, start, end)
        return None

    def on_letter(self, char: str, start: int, end: int) -> int | None:
        if char in S.UNICODE:
            return self.on_cmd(S.UNICODE[char], start, end)
        if char in S.SIGNS:
            return self.on_op(S.SIGNS[char], start, end)
        for table, sign in ((S.RAISED, "^"), (S.LOWERED, "_")):
            if char in table:
                return self.script(table, sign, start)
        base, mark = (unicodedata.normalize("NFD", char) + "  ")[:2]
        if mark in S.MARKS and base.isascii():
            for kind, text in (("cmd", S.MARKS[mark]), ("op", "{"), ("word", base), ("op", "}")):
                self.add(kind, text, start, end)
            return None
        plain = unicodedata.normalize("NFKC", char)
        if len(plain) != 1 or plain == char:
            raise self.stray(start)
        if plain.isascii() and plain.isalpha():
            return self.on_word(plain, start, end)
        return self.on_letter(plain, start, end)

    def script(self, table: dict[str, str], sign: str, start: int) -> int:
        end = start
        while self.text[end : end + 1] in table and end < len(self.text):
            end += 1
        self.add("op", sign, start, start)
        self.add("op", "{", start, start)
        for place in range(start, end):
            char = table[self.text[place]]
            last = self.items[-1]
            if char.isdigit() and last.kind == "num":
                self.items[-1] = last._replace(text=last.text + char, end=place + 1)
            else:
                self.add("num" if char.isdigit() else "word" if char.isalpha() else "op", char, place, place + 1)
        self.add("op", "}", end, end)
        return end

    def on_op(self, text: str, start: int, end: int) -> int | None:
        if text == "**":
            raise self.fault("a power is written with ^", start, end, fix=self.text.replace("**", "^")[:200])
        if text == "$" and not self.dropped:
            raise self.fault("a $ within a formula", start, end, expected="one formula at a time")
        if text == "$" or (text == "&" and not self.tables) or (text == "}" and start in self.dropped):
            self.dropped.discard(start)
        elif text in S.RELATIONS:
            self.add("rel", S.RELATIONS[text], start, end)
        elif text == "...":
            self.add("dots", text, start, end)
        else:
            self.add("op", S.OPERATORS.get(text, text), start, end)
        return None

    def on_row(self, text: str, start: int, end: int) -> None:
        self.add("row", text, start, end)

    def on_escape(self, text: str, start: int, end: int) -> int | None:
        if text in _ESCAPED:
            return self.on_op(_ESCAPED[text], start, end)
        if text not in _SPACING and not text.isspace():
            raise self.fault(f"unknown command \\{text}", start, end)
        return None

    def on_cmd(self, name: str, start: int, end: int) -> int | None:
        if name in S.RELATIONS:
            self.add("rel", S.RELATIONS[name], start, end)
        elif name in S.OPERATORS:
            sign = S.OPERATORS[name]
            self.add("dots" if sign == "..." else "op", sign, start, end)
        elif name in S.LEFT or name in S.RIGHT:
            return self.sized(name in S.LEFT, start, end)
        elif name in S.WORDS:
            return self.words(name, start, end)
        elif name in S.ANNOTATIONS or name in S.NOTED:
            return self.annotation(name, start, end)
        elif name in ("begin", "end"):
            return self.environment(name, start, end)
        elif name not in S.COMMANDS:
            hint = nearest(name, S.COMMANDS)
            raise self.fault(f"unknown command \\{name}", start, end, reason=hint)
        elif name not in S.IGNORED:
            self.add("cmd", name, start, end)
        return None

    def sized(self, left: bool, start: int, end: int) -> int:
        """Read what stands behind \\left or \\right: bars get their direction, a dot becomes a bracket."""
        while self.text[end : end + 1].isspace():
            end += 1
        for sign, spellings in (("||", ("\\|", "\\Vert", "||")), ("|", ("|", "\\vert")), (".", (".",))):
            for spelling in spellings:
                if self.text.startswith(spelling, end):
                    end += len(spelling)
                    side = ("(." if left else ".)") if sign == "." else sign + ("<" if left else ">")
                    self.add("op", side, start, end)
                    return end
        return end

    def words(self, name: str, start: int, end: int) -> int | None:
        opening = self.skip(end)
        if self.text[opening : opening + 1] != "{":
            self.add("cmd", name.rstrip("*"), start, end)
            return None
        closing = self.closing(opening)
        condition = _CONDITION.match(self.text, opening + 1, closing)
        if condition:
            self.add("text", condition[1], start, condition.end())
            self.dropped.add(closing)
            return condition.end()
        content = self.text[opening + 1 : closing]
        if not _WORDS.fullmatch(content):
            self.add("cmd", name.rstrip("*"), start, end)
            return None
        self.add("text", content.replace("\\_", "_"), start, closing + 1)
        return closing + 1

    def annotation(self, name: str, start: int, end: int) -> int:
        opening = self.skip(end)
        if self.text[opening : opening + 1] != "{":
            raise self.fault(f"\\{name} without its argument", start, end, expected="{")
        after = self.closing(opening) + 1
        if name in S.NOTED:
            second = self.skip(after)
            if self.text[second : second + 1] == "{":
                self.dropped.add(self.closing(second))
                return second + 1
        return after

    def environment(self, command: str, start: int, end: int) -> int:
        found = _ENVIRONMENT.match(self.text, end)
        name = found[1] if found else ""
        if found is None or (name not in S.MATRICES and name not in S.CASES):
            reason = nearest(name, S.MATRICES | S.CASES)
            if name.rstrip("*") in ("align", "aligned", "equation", "gather", "split", "eqnarray"):
                reason = "one formula is read at a time, without the environment around it"
            raise self.fault(f"unknown environment {name}".rstrip(), start, end, reason=reason, expected="cases, pmatrix …")
        end = found.end()
        if command == "begin" and name == "array":
            columns = _COLUMNS.match(self.text, end)
            end = columns.end() if columns else end
        self.tables += 1 if command == "begin" else -1
        if command == "end" and self.opened:
            opening = self.items[self.opened[-1]]
            if opening.kind == "begin" and opening.text != name:
                raise self.fault(f"this {opening.text} ends as {name}", start, end, expected=f"\\end{{{opening.text}}}")
        self.add(command, name if command == "begin" else "end", start, end)
        return end

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


def _closer(opening: Token) -> str:
    if opening.kind == "begin":
        return f"\\end{{{opening.text}}}"
    return {"(.": "\\right", "|<": "\\right|", "||<": "\\right\\|"}.get(opening.text, _CLOSERS[opening.text][0])


def _plain_letter(char: str) -> str | None:
    """Return the plain spelling of a Greek, accented or fancy letter, or None."""
    if S.UNICODE.get(char) in S.LETTERS:
        return S.LETTERS[S.UNICODE[char]]
    base, mark = (unicodedata.normalize("NFD", char) + "  ")[:2]
    if mark in S.MARKS and base.isascii():
        return f"{S.MARKS[mark]}_{base}"
    plain = unicodedata.normalize("NFKC", char)
    if plain != char and len(plain) == 1 and plain not in S.RAISED and char not in S.RAISED and char not in S.LOWERED:
        return plain if plain.isascii() and plain.isalpha() else _plain_letter(plain)
    return None


def _edges(text: str) -> tuple[int, int]:
    """Return where the formula begins and ends within its dollars and its final punctuation."""
    start, stop = 0, len(text)
    while text[start : start + 1].isspace():
        start += 1
    for opening in ("$$", "$", "\\[", "\\("):
        if text.startswith(opening, start):
            start += len(opening)
            break
    marks = 1
    while stop > start:
        shown = text[start:stop] if stop - start < 8 else text[stop - 8 : stop]
        if shown[-1].isspace():
            stop -= 1
        elif shown.endswith(("\\\\", "\\]", "\\)", "\\,", "\\;", "\\!")):
            stop -= 2
        elif shown[-1] == "$":
            stop -= 1
        elif marks and shown[-1] in ".,;" and not _DOT.search(shown):
            stop, marks = stop - 1, 0
        else:
            break
    return start, max(start, stop)
