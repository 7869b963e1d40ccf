"""What is written about a hand-in, format by format."""

from __future__ import annotations

from typing import Any

from derive.narrate.feedback import terminal
from derive.narrate.feedback.remarks import Feedback

_WIDTH = 100  # of a report in a file
_STYLES = {
    "correct": "\x1b[32m",
    "wrong": "\x1b[31m",
    "mismatched": "\x1b[31m",
    "follow_through": "\x1b[33m",
    "undecided": "\x1b[36m",
    "unread": "\x1b[36m",
    "missing": "\x1b[35m",
}


def text(feedback: Feedback, width: int, color: bool) -> str:
    """Return the report for a terminal."""
    return terminal.report(feedback, width, _painted if color else terminal.unpainted)


def _painted(kind: str, words: str) -> str:
    return f"{_STYLES[kind]}{words}\x1b[0m" if kind in _STYLES else words


def contents(feedback: Feedback, result: dict[str, Any], name: str, kind: str) -> dict[str, bytes]:
    """Return the files of a format by name; raises a Fault where one cannot be made."""
    if kind == "text":
        return {name: text(feedback, _WIDTH, color=False).encode()}
    if kind == "json":
        from derive.build import as_json

        return {name: as_json(result).encode()}
    from derive.checking.pages import page

    return {name: page(feedback, kind)}
