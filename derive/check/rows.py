"""From a region to its sides: rows, statements within a row, relations within a statement; offsets are kept.

Only brackets, environments and a few commands are looked at, so that damage in one side leaves the others whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from derive.language import symbols as S
from derive.source import Slice

# Environments whose rows are rows of the page; all others (cases, matrices) are one thing.
_ROWS = frozenset(
    "aligned align split gathered gather alignedat alignat array eqnarray flalign multline equation".split()
)
_TOKEN = re.compile(
    r"""
    \\begin\s*\{(?P<begin>[A-Za-z]+)\*?\}(?P<options>\s*+(?:\[[^\]]{0,99}\]|\{[^{}]{0,99}\})?)
  | \\end\s*\{(?P<end>[A-Za-z]+)\*?\}
  | (?P<row>\\\\(?:\s*+\[[^\]\n]{0,40}\])?|\\cr\b|\\newline\b)
  | \\(?P<left>left|[bB]igg?l)(?![A-Za-z])\s*(?:\\[A-Za-z]+|\\.|.)
  | \\(?P<right>right|[bB]igg?r)(?![A-Za-z])\s*(?:\\[A-Za-z]+|\\.|.)
  | \\(?P<words>text|textrm|textit|textbf|mbox|textnormal|intertext|shortintertext)\s*\{(?P<said>[^{}]*)\}
  | \\(?P<note>label|tag|hspace|vspace)\*?\s*\{[^{}]*\}
  | (?P<quad>\\q?quad\b)
  | (?P<colon>\\colon\s*+=)
  | \\(?P<command>[A-Za-z]+)
  | (?P<escape>\\.)
  | (?P<plain>=:|:=|==|<=|>=|!=|->|<-|=>)
  | (?P<run>[A-Za-z0-9 ]+)
  | (?P<one>.)
""",
    re.VERBOSE | re.DOTALL,
)
_LONGEST, _MOST_WORDS = 20_000, 400  # characters of a side that goes on over rows, and of words in front
_ARROWS = {"implies", "Rightarrow", "Longrightarrow", "iff", "Leftrightarrow"}
_SIGNS = {
    **S.RELATIONS,
    "=:": "=",
    "≈": "~",
    "≃": "~",
    "←": "<-",
    "⇒": "=>",
    "→": "->",
    "∈": "in",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
}
_JOINING = {
    "and",
    "or",
    "with",
    "where",
    "for",
    "if",
    "so",
    "then",
    "hence",
    "thus",
    "when",
    "since",
    "und",
    "mit",
    "für",
}


# What a row begins with that goes on with an expression: an empty group, a text or a space, then an operator.
_GOES_ON = re.compile(r"(?:\{\}|\\text\s*\{\s*\}|\\q?quad|\\[,;:! ]|\s)*(?:[-+]|\\(?:cdot|times|pm|odot)(?![A-Za-z]))")


@dataclass(frozen=True, slots=True)
class Sign:
    """A relation symbol: what it says, and where it stands in the source."""

    relation: str
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Statement:
    """Sides with the relations between them; the first side is empty where a row goes on with the one before it.

    words: the text in front of it, in the row.
    """

    sides: tuple[Slice, ...]
    signs: tuple[Sign, ...]
    words: str = ""


@dataclass(slots=True)
class _Piece:
    """What is gathered for one side: parts of the source, with alignment marks and notes blanked."""

    start: int
    parts: list[str] = field(default_factory=list)
    blank: bool = True


def statements(region: Slice) -> list[Statement]:
    """Return the statements of a region in their order."""
    return [made for row in _split(region) for made in row]


class _Splitter:
    def __init__(self, region: Slice) -> None:
        self.region = region
        self.depth: list[str] = []
        self.open: Counter[str] = Counter()  # environments in `depth`
        self.rows: list[list[Statement]] = [[]]
        self.sides: list[_Piece] = [_Piece(0)]
        self.signs: list[Sign] = []
        self.words = ""
        self.aligned = False  # the row begins with an alignment mark: there is nothing left of it

    def add(self, text: str) -> None:
        side = self.sides[-1]
        side.parts.append(text)
        side.blank = side.blank and text.isspace()

    def enter(self, name: str) -> None:
        self.depth.append(name)
        self.open[name] += 1

    def leave(self) -> str:
        """Close what was opened last; return what that is."""
        name = self.depth.pop()
        self.open[name] -= 1
        return name

    def close(self, at: int) -> None:
        """End a statement; what is neither formula nor relation leaves nothing."""
        if self.signs or not all(side.blank for side in self.sides):
            sides = tuple(self._slice(side) for side in self.sides)
            made = Statement(sides, tuple(self.signs), self.words.strip())
            if not (self.aligned and _GOES_ON.match(sides[0].text) and self.continued(made)):
                self.rows[-1].append(made)
            self.words, self.aligned = "", False
        self.sides, self.signs = [_Piece(at)], []

    def continued(self, more: Statement) -> bool:
        """Put a row that goes on with the expression above it (`& {} + c`) there; return whether there is one."""
        while len(self.rows) > 1 and not self.rows[-2]:
            del self.rows[-2]
        above = self.rows[-2] if len(self.rows) > 1 else []
        if not above or self.rows[-1] or len(above[-1].sides[-1].text) > _LONGEST:
            return False
        before, after = above[-1].sides[-1], more.sides[0]
        gap = " " * (after.start - before.start - len(before.text))
        whole = Slice(before.source, before.start, before.text + gap + after.text)
        sides = (*above[-1].sides[:-1], whole, *more.sides[1:])
        above[-1] = Statement(sides, (*above[-1].signs, *more.signs), above[-1].words)
        return True

    def _slice(self, side: _Piece) -> Slice:
        text = "".join(side.parts)
        lead = len(text) - len(text.lstrip())
        return Slice(self.region.source, self.region.start + side.start + lead, text.strip())


def _split(region: Slice) -> list[list[Statement]]:
    made = _Splitter(region)
    for found in _TOKEN.finditer(region.text):
        _take(made, found, region)
    made.close(len(region.text))
    return [row for row in made.rows if row]


def _take(made: _Splitter, found: re.Match[str], region: Slice) -> None:
    kind, text = str(found.lastgroup), found[0]
    if found["begin"] or found["end"]:
        _environment(made, found)
    elif kind == "left" or (kind == "one" and text in "({["):
        made.enter(text[-1])
        made.add(text)
    elif kind == "right" or (kind == "one" and text in ")}]"):
        if made.depth:
            made.leave()
        made.add(text)
    elif kind == "note":
        made.add(" " * len(text))
    elif made.depth:
        made.add(text)
    elif kind == "row":
        made.close(found.end())
        made.rows.append([])
    elif (relation := _relation(found)) is not None:
        _related(made, relation, found, region)
    else:
        _outside(made, found)


def _outside(made: _Splitter, found: re.Match[str]) -> None:
    """Take a token outside of all brackets that is no relation."""
    text = found[0]
    if found["said"] is not None:
        words = found["said"].strip()
        if _is_name(made, words):
            made.add(text)
        else:
            made.close(found.end())
            made.words = f"{made.words} {words}"[-_MOST_WORDS:]
    elif (text in ",;" and not _decimal(made, found)) or found["quad"]:
        made.close(found.end())
    elif text == "&" and made.signs and not made.sides[-1].blank:
        made.close(found.end())  # the next column of equations: `a &= b & c &= d`
    elif text == "&":
        made.aligned = made.aligned or not (made.signs or not made.sides[0].blank or made.rows[-1])
        made.add(" ")
    else:
        made.add(text)


def _is_name(made: _Splitter, words: str) -> bool:
    r"""Return whether `\text{…}` is part of a formula: a name such as ReLU, not words between formulas."""
    if words in ("e-", "e+") and "".join(made.sides[-1].parts).rstrip()[-1:].isdigit():
        return True  # the exponent of a number
    return bool(re.fullmatch(r"[A-Za-z0-9]+", words)) and words.lower() not in _JOINING


def _decimal(made: _Splitter, found: re.Match[str]) -> bool:
    """Return whether a comma stands between the digits of a number."""
    text = found.string
    at = found.start()
    return text[at] == "," and text[at - 1 : at].isdigit() and text[at + 1 : at + 2].isdigit()


def _environment(made: _Splitter, found: re.Match[str]) -> None:
    name = found["begin"] or found["end"]
    if found["begin"]:
        transparent = name in _ROWS and not made.depth
        if transparent:
            made.add(" " * len(found[0]))
        else:
            made.enter(name)
            made.add(found[0])
    elif made.open[name]:
        while made.leave() != name:
            pass
        made.add(found[0])
    else:
        made.add(" " * len(found[0]))


def _relation(found: re.Match[str]) -> str | None:
    """Return the relation that a token is, None for any other."""
    if found["colon"]:
        return ":="
    if found["command"]:
        return _SIGNS.get(found["command"])
    return _SIGNS.get(found[0]) if found["plain"] or found["one"] else None


def _related(made: _Splitter, relation: str, found: re.Match[str], region: Slice) -> None:
    if found["command"] in _ARROWS or relation in ("=>", "<=>"):
        made.close(found.end())
        return
    if relation == ":" or (relation == "->" and made.sides[-1].blank):
        made.add(found[0])
        return
    made.signs.append(Sign(relation, found[0], region.start + found.start()))
    made.sides.append(_Piece(found.end()))


def following(made: list[Statement]) -> Iterator[Statement]:
    """Yield statements in which a missing first side is the last side of the statement before."""
    before: Slice | None = None
    for one in made:
        if one.signs and not one.sides[0].text and before is not None:
            one = Statement((before, *one.sides[1:]), one.signs, one.words)
        before = one.sides[-1] if one.signs or one.sides[-1].text else before
        yield one
