"""From a region to its sides: rows, statements within a row, relations within a statement; offsets are kept.

Only brackets, environments and a few commands are looked at, so that damage in one side leaves the others whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from derive.check.decorations import RELATED, looked_through
from derive.check.lists import unlisted
from derive.check.statement import Sign, Statement
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
  | (?P<defined>\\(?:vcent)?colon\s*+=)|(?P<unequal>\\not\s*+=)
  | \\(?P<command>[A-Za-z]+)
  | (?P<escape>\\.)
  | (?P<plain>:\s?=|=\s?:|==|<=|>=|!=|->|<-|=>)
  | (?P<run>[A-Za-z0-9 ]+)
  | (?P<one>.)
""",
    re.VERBOSE | re.DOTALL,
)
_LONGEST, _MOST_WORDS = 20_000, 400  # characters of a side that goes on over rows, and of words in front
_ARROWS = {"implies", "Rightarrow", "Longrightarrow", "iff", "Leftrightarrow"}
_SIGNS = {
    **S.RELATIONS,
    "≈": "~",
    "≃": "~",
    "←": "<-",
    "⇒": "=>",
    "→": "->",
    "∈": "in",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "≡": "=",
    "≜": ":=",
    "≔": ":=",
    "≐": "=",
    "≅": "~",
    "∼": "sim",
    "≪": "<<",
    "≫": ">>",
    "⟵": "<-",
    "＝": "=",
}
_SCRIPT = "a script"
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
    "at",
    "bei",
    "since",
    "und",
    "mit",
    "für",
}


# What a row begins with that goes on with an expression: an empty group, a text or a space, then an operator.
_GOES_ON = re.compile(r"(?:\{\}|\\text\s*\{\s*\}|\\q?quad|\\[,;:! ]|\s)*(?:[-+]|\\(?:cdot|times|pm|odot)(?![A-Za-z]))")


_GOES_OVER = re.compile(r"(?:[-+*]|\\(?:cdot|times|pm|odot))\s*\Z")


@dataclass(slots=True)
class _Piece:
    """What is gathered for one side: parts of the source, with alignment marks and notes blanked."""

    start: int
    parts: list[str] = field(default_factory=list)
    blank: bool = True


def statements(region: Slice) -> list[Statement]:
    """Return the statements of a region in their order."""
    text = looked_through(region.text)
    rows = _split(Slice(region.source, region.start, text))
    return [made for row in rows for made in unlisted(row, text, region.start)]


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
        self.within: Sign | None = None  # the first relation in brackets of the statement at hand

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

    def said(self, found: re.Match[str]) -> None:
        """Take a relation that stands in words within a formula."""
        sign = RELATED.search(found["said"])
        if sign is not None and (relation := _SIGNS.get(sign[0].removeprefix("\\"))) is not None:
            whole = Slice(self.region.source, self.region.start + found.start("said"), found["said"])
            one = Sign(relation, sign[0], whole.start + sign.start())
            self.rows[-1].append(self.taken_out(Statement((whole,), ()), one))

    def scripted(self) -> bool:
        """Return whether what opens now is a subscript or a superscript: what it holds is no statement."""
        last = next((part for part in reversed(self.sides[-1].parts) if not part.isspace()), "")
        return last.rstrip().endswith(("_", "^"))

    def close(self, at: int) -> None:
        """End a statement; what is neither formula nor relation leaves nothing."""
        if self.signs or not all(side.blank for side in self.sides):
            sides = tuple(self._slice(side) for side in self.sides)
            made = Statement(sides, tuple(self.signs), self.words.strip())
            if self.within is not None and not self.signs:
                made = self.taken_out(made, self.within)
            goes_on = _GOES_ON.match(sides[0].text) is not None and (self.aligned or not self.signs)
            if not ((goes_on or self.unfinished()) and self.continued(made)):
                self.rows[-1].append(made)
            self.words, self.aligned = "", False
        self.sides, self.signs, self.within = [_Piece(at)], [], None

    def taken_out(self, made: Statement, sign: Sign) -> Statement:
        """Return a statement without relations as what stands before and behind one that is in its brackets."""
        (whole,) = made.sides
        at = sign.start - whole.start
        sides = (whole.cut(0, at), whole.cut(at + len(sign.text), len(whole.text)))
        return Statement(sides, (sign,), made.words, whole)

    def unfinished(self) -> bool:
        """Return whether the row above ends in an operator."""
        above = self.rows[-2] if len(self.rows) > 1 and not self.rows[-1] else []
        return bool(above and _GOES_OVER.search(above[-1].sides[-1].text))

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
    elif kind == "left" or text == "\\{" or (kind == "one" and text in "({["):
        made.enter(_SCRIPT if made.scripted() else text[-1])
        made.add(text)
    elif kind == "right" or text == "\\}" or (kind == "one" and text in ")}]"):
        if made.depth:
            made.leave()
        made.add(text)
    elif kind == "note":
        made.add(" " * len(text))
    elif made.depth:
        if made.within is None and not made.open[_SCRIPT] and (relation := _relation(found)) not in (None, ":"):
            made.within = Sign(str(relation), text, region.start + found.start())
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
            made.said(found)
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
    if found["command"]:
        return _SIGNS.get(found["command"])
    if found["defined"] or found["unequal"]:
        return ":=" if found["defined"] else "!="
    if found["plain"]:
        sign = "".join(found[0].split())
        return "=" if sign == "=:" else _SIGNS.get(sign)
    return _SIGNS.get(found[0]) if found["one"] else None


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
        if one.whole is not None:
            yield one
            continue
        if one.signs and not one.sides[0].text and before is not None:
            one = replace(one, sides=(before, *one.sides[1:]))
        before = one.sides[-1] if one.signs or one.sides[-1].text else before
        yield one
