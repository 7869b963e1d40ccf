"""What can go wrong, as data; and the one place that renders it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from derive.source import Span


@dataclass(eq=False)
class Fault(Exception):
    """One thing that is wrong with an input.

    title: what is wrong, in one line without a full stop.
    span: where, if it stands in a text.
    label: a few words set beside the caret.
    expected: what could stand there.
    reason: the one likely cause, only if it is likely.
    fix: a corrected line, ready to be copied.
    path: the file concerned when there is no span.
    about: a text to be looked up in the source where there is no span.
    line: the line of the report (from 1) where there is no span, 0 for none.
    """

    title: str
    span: Span | None = None
    label: str = ""
    expected: str = ""
    reason: str = ""
    fix: str = ""
    path: str = ""
    about: str = ""
    line: int = field(default=0, init=False)

    def __str__(self) -> str:
        return render(self)

    def _render_traceback_(self) -> list[str]:
        """Return what IPython prints: the message without the calls inside derive that led to it."""
        return render(self).split("\n")

    @property
    def column(self) -> int:
        """The column (from 1) of the fault, 1 where it has no position."""
        return self.span.source.position(self.span.start)[1] if self.span else 1


class Unreadable(Fault):
    """A file that cannot be read at all."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return "did you mean …?" for the known word that is closest, or an empty text."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else ""


_WIDEST = 100  # columns of a source line shown around the caret


def _excerpt(line: str, column: int, length: int) -> tuple[str, str]:
    """Return the part of a line that fits, and the caret line below it."""
    first = max(0, column - 1 - _WIDEST // 2) if len(line) > _WIDEST else 0
    shown = line[first : first + _WIDEST]
    at = column - 1 - first
    blank = "".join("\t" if c == "\t" else " " for c in shown[:at]).ljust(at)
    return shown, blank + "^" * max(1, min(length, len(shown) - at))


def render(fault: Fault) -> str:
    """Return a fault as text: title, place with a caret, what was expected, why, a corrected line."""
    out = [f"error: {fault.title}"]
    if fault.span is not None:
        source = fault.span.source
        line, column = source.position(fault.span.start)
        shown, caret = _excerpt(source.line(line), column, fault.span.end - fault.span.start)
        gutter = " " * len(str(line))
        out += [f"{gutter}--> {source.name}:{line}:{column}", f"{gutter} |", f"{line} | {shown}"]
        out += [f"{gutter} | {caret} {fault.label}".rstrip()]
    elif fault.path:
        out += [f"  --> {fault.path}"]
    for word, text in (("expected", fault.expected), ("because", fault.reason), ("try", fault.fix)):
        if text:
            out += [f"  = {word}: {text}"]
    return "\n".join(out)
