"""The feedback as a document: a summary, then the hand-in again with a remark behind each passage."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from derive.document import Document, Heading, Inline, Math, Meta, Note, Table
from derive.narrate.feedback.passages import LONGEST, Passage, Piece, passages
from derive.narrate.feedback.remarks import WORDS, Feedback, asked_for, notes
from derive.narrate.feedback.summary import Group, counted, first_wrong, groups, kinds_of, summary, titled

Node = dict[str, Any]
Readable = Callable[[Iterable[str]], frozenset[str]]  # of some LaTeX, what can be set
_HEADING = re.compile(r"\s*(?:#{1,6}\s+(?P<words>.*?)\s*#*|\\(?:sub)*section\*?\{(?P<title>[^{}]*)\})\s*")
_MARKS = re.compile(
    r"\\(?:begin|end)\{(?:itemize|enumerate|document|center)\}(?:\[[^\]]*\])?|\\(?:documentclass|usepackage)\b.*"
)

_WIDEST = 60  # letters of a word


def document(feedback: Feedback, readable: Readable, name: str) -> Document:
    """Return the document; formulas that `readable` does not know stand as their source."""
    parts = list(passages(feedback))
    wanted = {piece.text for passage in parts for piece in passage.pieces if piece.kind != "text"}
    page = _Page(feedback, readable(wanted | set(_said(feedback))))
    body: list[Any] = [*page.summary(), Heading(1, "", tuple(_words("Your text")))]
    for passage in parts:
        body += page.passage(passage)
    if len(feedback.hand_in.source.text) > LONGEST:
        body.append(Note("Cut", ("the rest of the text is not printed here; the counts are those of all of it.",)))
    return Document(Meta(f"Feedback: {feedback.name.rpartition('/')[2]}"), body, (), name)


def _said(feedback: Feedback) -> Iterator[str]:
    """Yield the LaTeX of all remarks."""
    for _, line in notes(feedback, range(len(feedback.judged))):
        yield from (part.latex for part in line if isinstance(part, Math))


class _Page:
    def __init__(self, feedback: Feedback, known: frozenset[str]) -> None:
        self.feedback, self.known = feedback, known

    def summary(self) -> Iterator[Any]:
        """Yield the counts, a line for each part, and what is missing."""
        feedback = self.feedback
        yield {"t": "Para", "c": _words(f"{summary(feedback)}.")}
        parts = groups(feedback)
        if feedback.graph is not None:
            said = "Held against the lines of the text itself" if feedback.graph else "A name may have any value"
            yield Note("Without a report", (f"{said}.",))
        if parts:
            head = (("Part",), ("Relations",), ("First wrong step",))
            yield Table(head, tuple(self.row(group) for group in parts), "lll")
        for want in feedback.missing:
            yield Note(f"{' '.join(WORDS['missing'])}, part {''.join(want.part) or '–'}", (*asked_for(want), "."))

    def row(self, group: Group) -> tuple[tuple[Inline, ...], ...]:
        line = first_wrong(self.feedback, group)
        return (
            (titled(group),),
            (counted(kinds_of(self.feedback, group)),),
            (f"line {line}" if line is not None else "–",),
        )

    def passage(self, passage: Passage) -> Iterator[Any]:
        """Yield the paragraphs of a passage and what is remarked on it."""
        line: list[Node] = []
        for piece in passage.pieces:
            if piece.kind == "display":
                yield from _paragraph(line)
                line = []
                yield {"t": "Para", "c": [self.formula(piece)]}
            elif piece.kind == "inline":
                line.append(self.formula(piece))
            else:
                line += _text(piece.text)
        yield from _paragraph(line)
        for title, said in notes(self.feedback, passage.claims):
            yield Note(title, tuple(self.sayable(part) for part in said))

    def formula(self, piece: Piece) -> Node:
        if piece.text not in self.known:
            return {"t": "Code", "c": [["", [], []], " ".join(piece.text.split())]}
        return {"t": "Math", "c": [{"t": "DisplayMath" if piece.kind == "display" else "InlineMath"}, piece.text]}

    def sayable(self, part: Inline) -> Inline:
        """Return a part of a remark, its formula as source where it cannot be set."""
        return part.latex if isinstance(part, Math) and part.latex not in self.known else part


def _paragraph(line: list[Node]) -> list[Node]:
    blank = ("Space", "LineBreak")
    while line and line[0]["t"] in blank:
        line = line[1:]
    while line and line[-1]["t"] in blank:
        line = line[:-1]
    return [{"t": "Para", "c": line}] if line else []


def _text(text: str) -> list[Node]:
    """Return a text as it stands, line by line; headings are set in bold."""
    out: list[Node] = []
    for at, line in enumerate(text.split("\n")):
        heading = _HEADING.fullmatch(line)
        words = _words(heading["words"] or heading["title"] or "" if heading else _MARKS.sub("", line))
        out += [{"t": "LineBreak"}] if at and out and out[-1]["t"] != "LineBreak" else []
        out += [{"t": "Strong", "c": words}] if heading and words else words
    return out


def _words(text: str) -> list[Node]:
    """Return a text as inline nodes; a word that is longer than a line is parted."""
    out: list[Node] = []
    for at, word in enumerate(re.split(r"\s+", text)):
        out += [{"t": "Space"}] if at else []
        for begin in range(0, len(word), _WIDEST):
            out += [{"t": "Space"}] if begin else []
            out += [{"t": "Str", "c": word[begin : begin + _WIDEST]}]
    return out
