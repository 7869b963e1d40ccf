"""One line on a terminal that says what is being built."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from types import TracebackType


class Progress:
    """A line for work on several things, where somebody is looking; it is gone before anything else is printed."""

    def __init__(self, names: Sequence[str], doing: str = "building") -> None:
        self.names, self.doing = names, doing
        self.busy: dict[int, str] = {}
        self.ended = 0
        self.shown = len(names) > 1 and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._write("")

    def begin(self, index: int) -> None:
        self.busy[index] = self.names[index]
        self.draw()

    def end(self, index: int) -> None:
        """Something has ended; what is printed about it begins on a clean line."""
        del self.busy[index]
        self.ended += 1
        self._write("")

    def draw(self) -> None:
        if not self.busy:
            return
        wide = shutil.get_terminal_size().columns - 1
        text = f"{self.doing} {self.ended + 1} of {len(self.names)}: {', '.join(self.busy.values())}"
        self._write(text if len(text) <= wide else text[: wide - 1] + "…")

    def _write(self, text: str) -> None:
        if self.shown:
            printable = "".join(c if c.isprintable() else "?" for c in text)
            sys.stderr.write(f"\r\x1b[K{printable}")
            sys.stderr.flush()
