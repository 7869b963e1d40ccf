"""What can go wrong, as data; and the one place that renders it."""

from __future__ import annotations

import difflib
import re
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
    change: a piece of the source at the span and what should stand in its place; it makes a whole corrected line,
        which is shown instead of `fix`. A word that `nearest` knows better needs none.
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
    change: tuple[str, str] = ("", "")

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


class Hint(str):
    """ "did you mean …?", and the word to be changed with the one that is meant."""

    __slots__ = ("change",)
    change: tuple[str, str]


def nearest(word: str, known: Iterable[str], least: float = 0.5) -> str:
    """Return "did you mean …?" for the known word that is closest (at `least` so alike), or an empty text."""
    words = list(known)
    same = [k for k in words if k.casefold() == word.casefold()]
    close = same or difflib.get_close_matches(word, words, n=1, cutoff=least)
    if not close:
        return ""
    hint = Hint(f"did you mean {close[0]}?")
    hint.change = (word, close[0])
    return hint


_WIDEST = 100  # columns of a source line shown around the caret


def _excerpt(line: str, column: int, length: int) -> tuple[str, str]:
    """Return the part of a line that fits, and the caret line below it."""
    first = max(0, column - 1 - _WIDEST // 2) if len(line) > _WIDEST else 0
    shown = line[first : first + _WIDEST]
    at = column - 1 - first
    blank = "".join("\t" if c == "\t" else " " for c in shown[:at]).ljust(at)
    return shown, blank + "^" * max(1, min(length, len(shown) - at))


def corrected(fault: Fault) -> str:
    """Return the line of a fault as it should be, empty where the change cannot be placed without a doubt."""
    hints = [text.change for text in (fault.label, fault.reason) if isinstance(text, Hint)]
    old, new = next((change for change in (fault.change, *hints) if change[0]), ("", ""))
    if fault.span is None or not old:
        return ""
    source = fault.span.source
    number, column = source.position(fault.span.start)
    line, start = source.line(number), column - 1
    end = start + fault.span.end - fault.span.start
    # A part of a longer word is not the word.
    left, right = (r"(?<![\w\\])" if old[0].isalnum() else "", r"(?!\w)" if old[-1].isalnum() else "")
    found = [m for m in re.finditer(left + re.escape(old) + right, line) if m.start() < end and m.end() > start]
    if len(found) != 1 or len(line) > _WIDEST:
        return ""
    return f"{line[: found[0].start()]}{new}{line[found[0].end() :]}".strip()


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
    for word, text in (("expected", fault.expected), ("because", fault.reason), ("try", corrected(fault) or fault.fix)):
        if text:
            out += [f"  = {word}: {text}"]
    return "\n".join(out)
