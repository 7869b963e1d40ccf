"""Several reports: each outcome by itself, so that one bad report does not stop the others."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from derive import cache
from derive.errors import Fault, Unreadable, render
from derive.progress import Progress


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of a build. fresh: build even what has not changed."""

    folder: Path
    formats: tuple[str, ...] = ("pdf",)
    engine: str = "typst"
    statement: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one report: files and result, or faults as text; code is its exit code.

    engine: what set the PDF, or "unchanged" where nothing had to be done.
    """

    report: Path
    files: tuple[Path, ...] = ()
    result: dict[str, Any] | None = None
    engine: str = ""
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    code: int = 0
    seconds: float = 0.0


def build_one(path: Path, order: Order) -> Outcome:
    """Build a report, or find that it has not changed since it was built; a Fault becomes part of the outcome."""
    start = time.perf_counter()
    key = _key(path, order)
    known = None if order.fresh or not key else cache.find(order.folder, path, key)
    if known is not None:
        files = tuple(order.folder / name for name in known.files)
        return Outcome(path, files, engine="unchanged", notes=known.notes)
    try:
        outcome = _build(path, order, key)
    except Fault as fault:
        outcome = _failed(path, fault)
    except OSError as wrong:  # the folder for temporary files is full, a program cannot be started
        why = wrong.strerror or str(wrong)
        outcome = _failed(path, Fault(f"the build of {path} was stopped", path=wrong.filename or str(path), reason=why))
    return replace(outcome, seconds=time.perf_counter() - start)


def _key(path: Path, order: Order) -> str:
    """Return the key of a build, empty where there is none: the build itself says why."""
    try:
        return cache.key_of(path, order.formats, order.engine, order.statement)
    except OSError:
        return ""


def _build(path: Path, order: Order, key: str) -> Outcome:
    from derive.build import build

    built = build(path, order.folder, order.formats, order.engine, order.statement)
    if built.files and key and key == _key(path, order):  # else something was saved meanwhile
        record = cache.Record(key, cache.hashes(built.files), built.engine, built.notes)
        cache.remember(order.folder, path, record)
    return Outcome(path, built.files, built.result, built.engine, built.notes)


def _failed(path: Path, fault: Fault) -> Outcome:
    return Outcome(path, faults=(render(fault),), code=2 if isinstance(fault, Unreadable) else 1)


def build_all(reports: tuple[Path, ...], order: Order, jobs: int = 1) -> Iterator[Outcome]:
    """Yield the outcomes in the order of the reports, each as soon as it is there; a terminal sees what is built."""
    once: dict[str, Path] = {}
    for path in reports:
        once.setdefault(os.path.realpath(path), path)
    paths = list(once.values())
    clash = _clash(paths)
    if clash is not None:
        yield clash
        return
    with Progress([path.name for path in paths]) as progress:
        if jobs == 1 or len(paths) == 1:
            for i, path in enumerate(paths):
                progress.begin(i)
                outcome = build_one(path, order)
                progress.end(i)
                yield outcome
        else:
            yield from _together(paths, order, jobs, progress)


def _clash(paths: list[Path]) -> Outcome | None:
    """Return the fault of two reports that would write the same output."""
    stems: dict[str, Path] = {}
    for path in paths:
        other = stems.setdefault(path.stem, path)
        if other is not path:
            title = f"{path} and {other} would write the same output"
            fault = Fault(title, path=str(path), expected="reports with different names, or one folder (-o) for each")
            return replace(_failed(path, fault), code=2)
    return None


def _together(paths: list[Path], order: Order, jobs: int, progress: Progress) -> Iterator[Outcome]:
    from derive.workers import Started, run

    waiting: dict[int, Outcome] = {}
    told = 0
    for event in run(build_one, [(path, order) for path in paths], jobs):
        if isinstance(event, Started):
            progress.begin(event.index)
            continue
        progress.end(event.index)
        waiting[event.index] = event.value if event.died is None else _died(paths[event.index], event.died)
        while told in waiting:
            yield waiting.pop(told)
            told += 1
        progress.draw()


def _died(path: Path, code: int) -> Outcome:
    why = f"by signal {-code}" if code < 0 else f"with exit code {code}"
    reason = "the machine may have run out of memory" if code == -9 else ""
    return _failed(path, Fault(f"the build of {path} was ended {why}", path=str(path), reason=reason))
