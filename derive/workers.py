"""Processes that work through a list; one that dies takes down its own piece of work alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

_CONTEXT = multiprocessing.get_context("spawn")  # a fork after the engine has started threads may hang


@dataclass(frozen=True, slots=True)
class Started:
    """A piece of work, by its place in the list, has been begun."""

    index: int


@dataclass(frozen=True, slots=True)
class Done:
    """A piece of work has ended: its value, or none where its process died with this exit code."""

    index: int
    value: Any = None
    died: int | None = None


def run(function: Callable[..., Any], work: Sequence[tuple[Any, ...]], jobs: int) -> Iterator[Started | Done]:
    """Yield what happens while processes call a function with each of the arguments.

    All processes have ended when the iteration has, for whatever reason it did.
    """
    ahead = iter(enumerate(work))
    team = [_Worker(function) for _ in range(min(jobs, len(work)))]
    try:
        for worker in team:
            yield from worker.next(ahead)
        while busy := {worker.pipe: worker for worker in team if worker.index is not None}:
            for pipe in wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]
                yield worker.done()
                yield from worker.next(ahead)
    finally:
        for worker in team:
            worker.end()


class _Worker:
    """A process, started again when it has died."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.index: int | None = None
        self._start()

    def _start(self) -> None:
        self.pipe, theirs = _CONTEXT.Pipe()
        self.process = _CONTEXT.Process(target=_serve, args=(theirs, self.function), daemon=True)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # Ctrl-C is for us: we end them
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()

    def next(self, ahead: Iterator[tuple[int, tuple[Any, ...]]]) -> Iterator[Started]:
        """Take the next piece of work, if there is one."""
        self.index, arguments = next(ahead, (None, ()))
        if self.index is None:
            return
        if not self.process.is_alive():
            self.end()
            self._start()
        with suppress(OSError):  # it died just now, which `done` will find
            self.pipe.send(arguments)
        yield Started(self.index)

    def done(self) -> Done:
        """Return how the piece of work has ended."""
        assert self.index is not None
        try:
            return Done(self.index, self.pipe.recv())
        except (EOFError, OSError):
            self.process.join()
            return Done(self.index, died=self.process.exitcode)

    def end(self) -> None:
        """End the process, and what it has started."""
        self.pipe.close()
        if self.process.pid is not None:
            with suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.join()


def _serve(pipe: Connection[Any, Any], function: Callable[..., Any]) -> None:
    """Answer with results until the other end is closed, in a group of processes of its own."""
    os.setpgid(0, 0)
    with suppress(EOFError, OSError):
        while True:
            pipe.send(function(*pipe.recv()))
