"""Writers: a finished document in one format each. A new format is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from derive.document import Document
from derive.writers import latex, typst

if TYPE_CHECKING:
    from derive.writers.templates import Look

# Each returns the source and the files (pictures) that must stand beside it, by name.
WRITERS: dict[str, Callable[[Document, Look], tuple[str, dict[str, bytes]]]] = {
    "tex": latex.write,
    "typ": typst.write,
}
