"""The hand-in with remarks as a page: Markdown between its own lines, HTML and PDF through the writers of reports."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from derive.document import Document
from derive.errors import Fault
from derive.narrate.feedback.annotated import annotated
from derive.narrate.feedback.page import document
from derive.narrate.feedback.remarks import Feedback
from derive.writers import WRITERS, pandoc
from derive.writers.templates import find

_LONGEST = 4000  # characters of a formula that is set
_RUNS = 60  # of pandoc, to find what it cannot read


def page(feedback: Feedback, kind: str) -> bytes:
    """Return the page in a format; where a formula stops the typesetter, all of them stand as their source."""
    if kind == "md" and not feedback.latex:
        return annotated(feedback).encode()
    name = Path(feedback.name).stem or "hand-in"
    try:
        return _written(document(feedback, readable, name), kind)
    except Fault:
        return _written(document(feedback, lambda formulas: frozenset(), name), kind)


def _written(made: Document, kind: str) -> bytes:
    look = find(made.meta.template)
    if kind == "pdf":
        from derive import engines

        return engines.compile(made, look, "typst").pdf
    return WRITERS[kind](made, look)[0].encode()


def readable(formulas: Iterable[str]) -> frozenset[str]:
    """Return those of some formulas that can be set; halves with one that cannot are parted until it is found."""
    left = [[latex for latex in sorted(formulas) if latex.strip() and len(latex) <= _LONGEST]]
    good: list[str] = []
    for _ in range(_RUNS):
        if not left:
            break
        some = left.pop()
        try:
            pandoc.check(some)
            good += some
        except Fault:
            half = len(some) // 2
            left += [part for part in (some[half:], some[:half]) if half and part]
    return frozenset(good)
