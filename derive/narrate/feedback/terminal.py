"""The report of a check for a terminal: by part, what is wrong, where, what should stand there, and why."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Iterator

from derive.check.hand_in import Judged
from derive.check.macros import expanded
from derive.check.result import FLAGGED, OPEN
from derive.document import Inline, Math
from derive.narrate.feedback.plain import plain
from derive.narrate.feedback.remarks import WORDS, Feedback, Remark, asked_for, carried, relation, remark
from derive.narrate.feedback.summary import Group, counted, first_wrong, groups, kinds_of, summary, titled

Paint = Callable[[str, str], str]  # (verdict, text) → the text, perhaps in a colour
_INDENT = 4
_LEAST = 40


def unpainted(kind: str, text: str) -> str:
    return text


def report(feedback: Feedback, width: int = 100, paint: Paint = unpainted) -> str:
    """Return the report as text of lines that are at most so wide."""
    return "\n".join(_Report(feedback, max(width, _LEAST), paint).lines()) + "\n"


class _Report:
    def __init__(self, feedback: Feedback, width: int, paint: Paint) -> None:
        self.feedback, self.width, self.paint = feedback, width, paint

    def lines(self) -> Iterator[str]:
        parts = groups(self.feedback)
        yield from self.wrapped(f"{self.feedback.name}: {self.head(parts)}", "")
        if self.feedback.graph is not None:
            yield from self.graph(self.feedback.graph)
        for group in parts:
            yield from self.group(group)
        first = [(g.label, first_wrong(self.feedback, g)) for g in parts]
        told = ", ".join(f"{label} line {line}".strip() for label, line in first if line is not None)
        if told:
            yield ""
            yield from self.wrapped(f"First wrong step{' of each part' * (len(parts) > 1)}: {told}", "")

    def head(self, parts: list[Group]) -> str:
        labels = len({g.label for g in parts if g.claims})
        where = f", in {labels} parts" if labels > 1 else ""
        return f"{summary(self.feedback)}{where}"

    def graph(self, lines: tuple[str, ...]) -> Iterator[str]:
        yield ""
        if not lines:
            yield from self.wrapped("No report, and no network was found in the text: a name may have any value.", "")
            return
        yield "No report: held against the text's own lines"
        for line in lines:
            yield from self.wrapped(plain(line), " " * _INDENT)

    def group(self, group: Group) -> Iterator[str]:
        """Yield a part: its heading with counts, then what is not right."""
        yield ""
        yield from self.wrapped(f"{titled(group)}: {counted(kinds_of(self.feedback, group))}", "")
        for index in group.claims:
            judged = self.feedback.judged[index]
            if judged.verdict.kind in (*FLAGGED, *OPEN) and not self.folded(judged):
                yield from self.claim(index)
        for want in group.missing:
            sign, word = WORDS["missing"]
            yield from self.wrapped(f"{sign} {word}: {_text(asked_for(want))}", "  ", "missing", f"{sign} {word}")

    def folded(self, judged: Judged) -> bool:
        return judged.verdict.kind == "follow_through" and judged.follows is not None

    def claim(self, index: int) -> Iterator[str]:
        judged = self.feedback.judged[index]
        said = remark(self.feedback, index)
        kind = judged.verdict.kind
        head = f"{said.sign} {said.word}"
        what = f": {said.title}" if said.title else ""
        yield from self.wrapped(f"{head}, line {judged.claim.line}{what}", "  ", kind, head)
        yield from (" " * _INDENT + line for line in self.formula(judged))
        yield from self.sentences(said)

    def sentences(self, said: Remark) -> Iterator[str]:
        indent = " " * _INDENT
        if said.says:
            yield from self.wrapped(_text(said.says), indent)
        if said.expected:
            yield from self.wrapped(f"should be: {plain(said.expected)}", indent)
        if said.why:
            yield from self.wrapped(f"why: {_text(said.why)}", indent)
        if said.carried:
            head = " ".join(WORDS["follow_through"])
            yield from self.wrapped(f"{head}: {carried(said.carried)}", indent, "follow_through", head)

    def formula(self, judged: Judged) -> Iterator[str]:
        """Yield a claim with carets under the side that is wrong, broken before the relation where it is long."""
        claim, width = judged.claim, self.width - _INDENT
        macros = self.feedback.hand_in.macros
        left, right = (plain(expanded(side.text, macros)) for side in (claim.left, claim.right))
        sign = plain(relation(claim.relation))
        if _cells(f"{left} {sign} {right}") <= width:
            yield f"{left} {sign} {right}"
            yield " " * _cells(f"{left} {sign} ") + self.paint("wrong", "^" * max(1, _cells(right)))
            return
        yield from textwrap.wrap(left, width)
        for at, part in enumerate(textwrap.wrap(right, width - 4)):
            before = f"{sign} " if at == 0 else "  "
            yield before + part
            yield " " * _cells(before) + self.paint("wrong", "^" * _cells(part))

    def wrapped(self, text: str, indent: str, kind: str = "", painted: str = "") -> Iterator[str]:
        """Yield a text in lines, with its first words in the colour of a verdict."""
        lines = textwrap.wrap(_clean(text), self.width, initial_indent=indent, subsequent_indent=indent + "  ")
        for at, line in enumerate(lines):
            yield line.replace(painted, self.paint(kind, painted), 1) if painted and at == 0 else line


def _text(line: tuple[Inline, ...]) -> str:
    return "".join(plain(part.latex) if isinstance(part, Math) else part for part in line)


def _clean(text: str) -> str:
    """Return a text without characters that would steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def _cells(text: str) -> int:
    """Return how many columns a text takes."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return sum(not unicodedata.combining(c) for c in text) + wide
