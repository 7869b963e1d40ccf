"""Makes the body of a report ready for pandoc: placeholders become tokens, fenced blocks get blank lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from derive.errors import Fault, nearest
from derive.source import Slice, Span

OPEN, CLOSE = "\ue000", "\ue001"
TOKEN = re.compile(f"{OPEN}(\\d+){CLOSE}")
DIVS = ("solution", "hint", "marks")

_MARK = re.compile(
    r"""
    ^ (?P<code> [ \t>]* (?P<ticks> `{3,} | ~{3,} ) [^`\n]* $ )
  | ^ (?P<div> (?P<lead> [ \t>]* (?:(?:[-*+]|\d+[.)])[ \t]+)? )
        :{3,} [ \t]* (?P<attributes> [^:\n]*? ) [ \t]* :* [ \t\r]* $ )
  | (?P<comment> <!-- )
  | (?P<hole> \{\{ (?=\s) )
  | (?<![`\\\w^{]) (?P<tight> \{\{ [A-Za-z_]\w*\.[a-z]\w* (?:\([^\n]*?\))? \s? \}\} )
    """,
    re.VERBOSE | re.MULTILINE,
)
# An expression ends at }} outside strings; it cannot hold another one or an empty line.
_END = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|(?P<close>\}\})|(?P<stop>\{\{\s|\n[ \t]*\n)")
_PAIR = re.compile(r"\b[\w-]+=(\"[^\"]*\"|[^\s}]*)")
_REMARK = re.compile(r"(?:[ \t]{2,}|\t)%[^\n]*")


@dataclass(frozen=True, slots=True)
class Hole:
    """A placeholder before it is read: `inner` is its expression, None where no `}}` follows."""

    span: Span
    inner: Slice | None


@dataclass(slots=True)
class Prepared:
    """Markdown with tokens, what they stand for, and where each `:::` block begins."""

    body: Slice
    out: list[str] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)
    divs: list[Span] = field(default_factory=list)
    opened: list[Span] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    last_comment: int = field(init=False)

    def __post_init__(self) -> None:
        self.last_comment = self.body.text.rfind("-->")

    @property
    def markdown(self) -> str:
        return "".join(self.out).replace("\r\n", "\n")

    def handle(self, match: re.Match[str]) -> int:
        """Copy what begins at this mark, changed as it must be; return where it ends."""
        match match.lastgroup:
            case "code":
                return self._code(match)
            case "comment":
                end = self.body.text.find("-->", match.end()) if match.end() <= self.last_comment else -1
                self.out.append("" if end >= 0 else match[0])
                return end + 3 if end >= 0 else match.end()
            case "hole":
                return self._hole(match.start())
            case "tight":
                # Braces without the blank are text, but these look like a block that somebody wants.
                line, _ = self.body.span(match.start(), match.end()).source.position(self.body.start + match.start())
                meant = f"{{{{ {match[0][2:-2].strip()} }}}}"
                self.notes.append(
                    f"line {line}: `{match[0]}` is printed as text; with a blank, `{meant}`, it is a block"
                )
                self.out.append(match[0])
                return match.end()
            case _:
                self._div(match)
                return match.end()

    def _code(self, match: re.Match[str]) -> int:
        """Copy a block of code as it is; one that is never closed is text."""
        close = re.compile(rf"^[ \t>]*{match['ticks'][0]}{{{len(match['ticks'])},}}[ \t]*\r?$", re.MULTILINE)
        closing = close.search(self.body.text, match.end())
        end = closing.end() if closing else match.end()
        self.out.append(self.body.text[match.start() : end])
        return end

    def _hole(self, start: int) -> int:
        text = self.body.text
        found = next((m for m in _END.finditer(text, start + 2) if m.lastgroup), None)
        closed = found is not None and found.lastgroup == "close"
        end = found.end() if found and closed else found.start() if found else len(text)
        inner = self.body.cut(start + 2, end - 2) if closed else None
        self.out.append(f"{OPEN}{len(self.holes)}{CLOSE}" + ("" if closed else text[start + 2 : end]))
        self.holes.append(Hole(self.body.span(start, end if closed else start + 2), inner))
        remark = _REMARK.match(text, end) if closed else None
        return remark.end() if remark else end

    def _div(self, match: re.Match[str]) -> None:
        """Put blank lines around a fence, which pandoc needs; check its class and what it closes."""
        span = self.body.span(match.start("div"), match.end("div"))
        given = _PAIR.sub("", match["attributes"])
        names = given.split("{")[0].split() + re.findall(r"\.([^\s{}.#]+)", given)
        for name in names:
            if name not in DIVS:
                known = ", ".join(f"`::: {kind}`" for kind in DIVS)
                raise Fault(f"unknown block `::: {name}`", span, nearest(name, DIVS), expected=known)
        if match["attributes"]:
            self.opened.append(span)
            self.divs.append(span)
        elif not self.opened:
            raise Fault("this `:::` closes nothing", span, expected="`::: solution` above it")
        else:
            self.opened.pop()
        blank = match["lead"].rstrip(" \t") if not match["lead"].strip(" \t>") else ""
        self.out.append(f"{blank}\n{match[0]}\n{blank}")


def prepare(body: Slice) -> Prepared:
    """Return the body with tokens for its placeholders.

    Raises a Fault for an unknown or unbalanced `:::` and for the private characters that tokens are made of.
    """
    for private in (OPEN, CLOSE):
        at = body.text.find(private)
        if at >= 0:
            raise Fault(f"the character U+{ord(private):04X} cannot stand in a report", body.span(at, at + 1))
    prepared = Prepared(body)
    at = 0
    while (match := _MARK.search(body.text, at)) is not None:
        prepared.out.append(body.text[at : match.start()])
        at = max(prepared.handle(match), match.start() + 1)
    prepared.out.append(body.text[at:])
    if prepared.opened:
        raise Fault("this block is not closed", prepared.opened[-1], expected="a line `:::` after it", fix=":::")
    return prepared
