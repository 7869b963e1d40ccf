r"""Mathematics as lines: a text is parted at commas and line ends that stand outside every bracket.

`%` begins a comment. A line that begins or ends with an operator or a relation belongs to its neighbour, and so do
all lines within an open bracket or an open `\begin{…}`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from derive.errors import Fault
from derive.front.entries import Mapping, Scalar, Sequence, Value
from derive.source import Slice

_OPERATORS = r"""
    cdots?p? | times | odot | otimes | oplus | ominus | circ | ast | star | div | pm | mp | setminus | cup | cap
    | leq? | geq? | neq? | ll | gg | approx | equiv | sim | simeq | propto | in | notin | mid | coloneqq
    | to | gets | mapsto | (?:[lL]ong)?[lL]eft(?:right)?arrow | (?:[lL]ong)?[rR]ightarrow | implies | iff
"""
_TOKEN = re.compile(
    rf"""
    (?P<row> \\\\ )
  | (?P<end> \r?\n | \r )
  | (?P<space> [^\S\r\n]+ | ; | ~ | \\q?quad(?![A-Za-z]) | \\[,;:!>\ ] )
  | (?P<comment> %[^\r\n]* )
  | (?P<comma> , )
  | (?P<open> [(\[{{] | \\\{{ | \\begin\s*\{{[^{{}}\n]*\}} | \\left\s*(?:\\[A-Za-z]+|\\?[^A-Za-z\s])
            | \\(?:l(?:brace|brack|angle|floor|ceil|group|[vV]ert))(?![A-Za-z]) )
  | (?P<close> [)\]}}] | \\\}} | \\end\s*\{{[^{{}}\n]*\}} | \\right\s*(?:\\[A-Za-z]+|\\?[^A-Za-z\s])
            | \\(?:r(?:brace|brack|angle|floor|ceil|group|[vV]ert))(?![A-Za-z]) )
  | (?P<other> [\^_][^\S\r\n]*[-+*/<>=] | [A-Za-z0-9.']+ )
  | (?P<operator> [-+*/=<>&^_:·×⊙∘≈≤≥≠≡∼∈→←⇒⇔−±] | \\(?:{_OPERATORS})(?![A-Za-z]) )
  | (?P<rest> \\[A-Za-z]+\*? | \\[^\r\n] | . )
    """,
    re.VERBOSE,
)
_BLANK = re.compile(r"[^\r\n]")


@dataclass(slots=True)
class _Cutter:
    """Goes over the tokens of a text once and notes where its items begin and end."""

    text: Slice
    clean: list[str] = field(default_factory=list)
    items: list[tuple[int, int]] = field(default_factory=list)
    brackets: list[re.Match[str]] = field(default_factory=list)
    start: int = -1
    end: int = -1
    open_end: bool = False  # the item so far ends with an operator
    line_ended: bool = False  # a line end came after it

    def run(self) -> list[Slice]:
        for match in _TOKEN.finditer(self.text.text):
            kind = match.lastgroup or ""
            outside = not self.brackets
            drop = kind == "comment" or (kind == "row" and outside)
            self.clean.append(_BLANK.sub(" ", match[0]) if drop else match[0])
            if kind in ("space", "comment"):
                continue
            if outside and kind in ("row", "end"):
                self.line_ended = True
            elif outside and kind == "comma":
                self.finish()
            elif kind != "end":
                self.take(match, kind)
        if self.brackets:
            raise _unclosed(self.text, self.brackets[0])
        self.finish()
        clean = "".join(self.clean)
        return [Slice(self.text.source, self.text.start + a, clean[a:b]) for a, b in self.items]

    def take(self, match: re.Match[str], kind: str) -> None:
        """Add a token that is no blank to the item, or begin a new item with it."""
        if self.line_ended and not (kind == "operator" or self.open_end) and not self.brackets:
            self.finish()
        self.line_ended = False
        if self.start < 0:
            self.start = match.start()
        self.end = match.end()
        self.open_end = kind == "operator"
        if kind == "open":
            self.brackets.append(match)
        elif kind == "close" and self.brackets:
            self.brackets.pop()

    def finish(self) -> None:
        if self.start >= 0:
            self.items.append((self.start, self.end))
        self.start, self.open_end, self.line_ended = -1, False, False


def _unclosed(text: Slice, bracket: re.Match[str]) -> Fault:
    return Fault(f"`{bracket[0]}` is not closed", text.span(bracket.start(), bracket.end()))


def items(text: Slice) -> list[Slice]:
    """Return the items of a text in their order, without comments; a Fault at a bracket that is never closed."""
    return _Cutter(text).run()


def entries(value: Value | Slice) -> list[Slice]:
    """Return the items of a value of the front matter, whichever way it is written.

    A text is parted as by `items`, a list item by item. An entry `key: value` of a mapping is one item: its piece
    of the source with `=` for `:`. A Fault tells of an open bracket or of an entry that cannot stand in one line.
    """
    match value:
        case Slice():
            return items(value)
        case Scalar():
            return items(value.text)
        case Sequence() if value.items and not any(isinstance(item, Sequence) for item in value.items):
            return [piece for item in value.items for piece in entries(item)]
        case Sequence():
            return [_raw(item) for item in value.items]
        case Mapping():
            return [_equation(key, item) for key, item in value.entries]


def _raw(value: Value) -> Slice:
    """Return a value as one item: a text, or a list in brackets such as a matrix."""
    if isinstance(value, Scalar):
        return value.text
    text = value.span.text
    if isinstance(value, Mapping) or not text.startswith("["):
        expected = "a number, a vector or a matrix `[[…], […]]`"
        raise Fault("a value stands here in one line", value.span, expected=expected)
    return Slice(value.span.source, value.span.start, text)


def _equation(key: Slice, value: Value) -> Slice:
    item = _raw(value)
    if not item.text:
        raise Fault(f"`{key.text}` has no value", key.span(), fix=f"{key.text}: 1")
    end = key.start + len(key.text)
    between = key.source.text[end : item.start]
    colon = between.index(":")
    between = _BLANK.sub(" ", between[:colon]) + "=" + _BLANK.sub(" ", between[colon + 1 :])
    return Slice(key.source, key.start, key.text + between + item.text)
