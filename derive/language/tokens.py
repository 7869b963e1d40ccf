"""The lexer: LaTeX or plain text -> tokens, with every bracket paired and the depth bounded."""

from __future__ import annotations

import re

from derive.errors import Fault, nearest
from derive.language import symbols as S
from derive.language.commands import Commands
from derive.language.letters import Letters
from derive.language.rows import continued
from derive.language.scanner import MAX_NESTING, Token, Tokens, closer
from derive.source import Slice

__all__ = ["MAX_LENGTH", "MAX_NESTING", "Token", "Tokens", "tokenise"]

MAX_LENGTH = 200_000

_LATEX = re.compile(
    r"""(?P<skip>(?:\s|%[^\n]*|~)+)
    |(?P<num>(?:[0-9]+\{,\}[0-9]+|[0-9]+(?:\.(?![*/^.])[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<word>[A-Za-z]{3,}(?:_[A-Za-z]{2,}[A-Za-z0-9]*)+|[A-Za-z]+(?:\\_[A-Za-z0-9]+)*)
    |\\(?P<cmd>operatorname\*|[A-Za-z]+)
    |(?P<row>\\\\(?:\[-?[0-9.]+\s*[a-z]+\])?)
    |\\(?P<escape>[^A-Za-z])
    |(?P<op>\*\*|:=|->|=>|<=|>=|!=|==|\.\.\.|\.\*|\./|\.\^|\|\||[-+*/^_()\[\]{},;|'&=<>:$])
    |(?P<letter>[^\x00-\x7f])""",
    re.VERBOSE,
)
_PLAIN = re.compile(
    r"""(?P<skip>(?:\s|%[^\n]*)+)
    |(?P<num>(?:[0-9]+(?:\.(?![*/^.])[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<greek>(?:[A-Za-z][\u0302-\u0308]|[^\W\d_A-Za-z])(?:_[A-Za-z0-9_]+|[0-9]+)?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<op>\*\*|:=|->|<-(?=\s)|=>|<=|>=|!=|==|\.\.\.|\.\*|\./|\.\^|\|\||[-+*/^()\[\],;|'=<>:~])
    |(?P<letter>[^\x00-\x7f])""",
    re.VERBOSE,
)
_BOXED = re.compile(r"\\boxed\s*\{")
_DOT = re.compile(r"(?:\.\.|\\(?:right|[bB]igg?r)\s*\.)$")
_SPACING = frozenset(",;:!> /")
_ESCAPED = {"{": "\\{", "}": "\\}", "|": "||"}


def tokenise(piece: Slice, plain: bool) -> Tokens:
    """Return the tokens of a formula; raise Fault for unknown commands, stray characters and unpaired brackets."""
    if len(piece.text) > MAX_LENGTH:
        title = f"this formula is too long: {len(piece.text)} characters"
        raise Fault(title, piece.span(0, 1), expected=f"at most {MAX_LENGTH} characters")
    return _Lexer(piece, plain).run()


class _Lexer(Letters, Commands):
    def run(self) -> Tokens:
        pos, stop = (0, len(self.text)) if self.plain else _edges(self.text)
        boxed = None if self.plain else _BOXED.match(self.text, pos)
        if boxed and self.closing(boxed.end() - 1) == stop - 1:
            pos, stop = boxed.end(), stop - 1
        laid_out = {} if self.plain else dict(continued(self.text, pos, stop))
        match = (_PLAIN if self.plain else _LATEX).match
        while pos < stop:
            if pos in laid_out:
                pos = laid_out[pos]
                continue
            found = match(self.text, pos, stop)
            if found is None:
                raise self.stray(pos)
            kind, end = str(found.lastgroup), found.end()
            if kind != "skip":
                end = getattr(self, "on_" + kind)(found[kind], pos, end) or end
            pos = end
        if self.opened:
            opening = self.items[self.opened[-1]]
            raise self.fault("this bracket is never closed", opening.start, opening.end, expected=closer(opening))
        self.items += [Token("eof", "", stop, stop)] * 3  # so that one may look ahead
        return Tokens(self.items, self.closers)

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

    def on_op(self, text: str, start: int, end: int) -> int | None:
        if text == "**":
            fault = self.fault("a power is written with ^", start, end, fix=self.text.replace("**", "^")[:200])
            fault.change = ("**", "^")
            raise fault
        if text == "$" and not self.dropped:
            raise self.fault("a $ within a formula", start, end, expected="one formula at a time")
        if text == "$" or (text == "&" and not self.tables) or (text == "}" and start in self.dropped):
            self.dropped.discard(start)
        elif text == "}" and self.is_blank():
            self.items.pop()
            self.opened.pop()
        elif text in S.RELATIONS:
            self.add("rel", S.RELATIONS[text], start, end)
        elif text == "...":
            self.add("dots", text, start, end)
        else:
            self.add("op", S.OPERATORS.get(text, text), start, end)
        return None

    def is_blank(self) -> bool:
        """Tell whether the group that ends here is an empty one that only keeps things apart, as in a{}b."""
        if not self.items or self.items[-1].kind != "op" or self.items[-1].text != "{":
            return False
        before = self.items[-2] if len(self.items) > 1 else None
        if before is None or before.text in S.LETTERS or before.text in ("top", "intercal"):
            return True
        return before.kind != "cmd" and before.text not in ("_", "^", "}")

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
        elif name in S.ROUNDING:
            if S.ROUNDING[name]:
                self.add("cmd", S.ROUNDING[name], start, end)
            self.add("op", "(" if S.ROUNDING[name] else ")", start, end)
        elif name in S.LEFT or name in S.RIGHT:
            return self.sized(name in S.LEFT, start, end)
        elif name in S.WORDS:
            return self.words(name, start, end)
        elif name in S.ANNOTATIONS or name in S.NOTED:
            return self.annotation(name, start, end)
        elif name in ("begin", "end"):
            return self.environment(name, start, end)
        elif name not in S.COMMANDS:
            hint = S.NOT_READ.get(name) or nearest(name, S.COMMANDS)
            raise self.fault(f"unknown command \\{name}", start, end, reason=hint)
        elif name not in S.IGNORED:
            self.add("cmd", name, start, end)
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
