"""What an engine gives back."""

from __future__ import annotations

from typing import NamedTuple


class Made(NamedTuple):
    """A PDF, what made it ("latex: pdflatex"), and notes for the author."""

    pdf: bytes
    engine: str
    notes: tuple[str, ...] = ()
