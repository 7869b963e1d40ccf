"""What keeps a value from being computed: parts without a meaning, and operations that nobody waits for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from derive.language import surface as s

LONGEST = 1000  # characters of a number
MOST = 50_000  # operations of one value


class Unread(ArithmeticError):
    """A part of a formula that has no meaning here; the text says which, `at` where."""

    def __init__(self, text: str, at: s.Range) -> None:
        super().__init__(text)
        self.at = at


class TooLong(ArithmeticError):
    """A value that takes more operations than anybody waits for."""


class Work:
    """How many operations are left for what is being computed, and how many were done in all."""

    __slots__ = ("done", "left")

    def __init__(self, left: int) -> None:
        self.left, self.done = left, 0

    def renew(self, left: int) -> None:
        """Begin something else, with its own operations."""
        self.left = left


_now: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def bounded(left: int) -> Iterator[Work]:
    """Bound the operations of all values that are computed inside; beyond that they raise TooLong."""
    work = Work(left)
    token = _now.set(work)
    try:
        yield work
    finally:
        _now.reset(token)


def spend(operations: int) -> None:
    """Count operations that are done for a value outside of it; raises TooLong where none are left."""
    work = _now.get()
    if work is not None:
        work.left -= operations
        work.done += operations
        if work.left < 0:
            raise TooLong("a value takes too many operations")


def now() -> Work | None:
    """Return what is counted for the value that is being computed, None where nothing bounds it."""
    return _now.get()
