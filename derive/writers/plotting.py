"""Plots as vector files."""

from __future__ import annotations

from typing import Literal

from derive.document import Plot
from derive.errors import Fault


def plotted(plot: Plot, form: Literal["pdf", "svg"]) -> bytes:
    """Return a plot as "svg" or "pdf"; a Fault where it cannot be drawn."""
    raise Fault("plots cannot be drawn yet")
