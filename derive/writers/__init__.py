"""Writers: a finished document in one format each. A new format is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from derive.document import Document

if TYPE_CHECKING:
    from derive.writers.templates import Look

# Each returns the source and the files (pictures) that must stand beside it, by name.
Writer = Callable[[Document, "Look"], tuple[str, dict[str, bytes]]]


def _of(module: str) -> Writer:
    """Return `write` of a module, which is imported when it is called: one format does not wait for the others."""

    def write(document: Document, look: Look) -> tuple[str, dict[str, bytes]]:
        made: tuple[str, dict[str, bytes]] = import_module(f"derive.writers.{module}").write(document, look)
        return made

    return write


WRITERS: dict[str, Writer] = {
    "tex": _of("latex"),
    "typ": _of("typst"),
    "html": _of("html"),
    "md": _of("markdown"),
}
