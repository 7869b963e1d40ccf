"""Several reports at once: each outcome by itself, so that one bad report does not stop the others."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive import cache
from derive.errors import Fault, Unreadable, render


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


def build_one(
    path: Path, folder: Path, formats: tuple[str, ...], engine: str, statement: bool, fresh: bool = False
) -> Outcome:
    """Build a report, or find that it has not changed since it was built; a Fault becomes part of the outcome.

    fresh: build it in any case.
    """
    try:
        key = cache.key_of(path, formats, engine, statement)
    except OSError:  # the build itself says why
        key, fresh = "", True
    known = None if fresh else cache.find(folder, path, key)
    if known is not None:
        files = tuple(folder / name for name in known.files)
        return Outcome(path, files, engine="unchanged", notes=known.notes)
    from derive.build import build

    try:
        built = build(path, folder, formats, engine, statement)
    except Fault as fault:
        return Outcome(path, faults=(render(fault),), code=2 if isinstance(fault, Unreadable) else 1)
    if built.files:
        cache.remember(folder, path, cache.Record(key, cache.hashes(built.files), built.engine, built.notes))
    return Outcome(path, built.files, built.result, built.engine, built.notes)


def build_all(
    reports: tuple[Path, ...],
    folder: Path,
    formats: tuple[str, ...],
    engine: str,
    statement: bool,
    jobs: int,
    fresh: bool = False,
) -> list[Outcome]:
    """Return the outcomes in the order of the reports; a terminal sees a progress bar when there are several."""
    stems: dict[str, Path] = {}
    for path in reports:
        if stems.setdefault(path.stem, path) != path:
            clash = Fault(
                f"{path} and {stems[path.stem]} would write the same output",
                path=str(path),
                expected="reports with different names",
            )
            return [Outcome(path, faults=(render(clash),), code=2)]
    work = [(path, folder, formats, engine, statement, fresh) for path in reports]
    if jobs == 1 or len(reports) == 1:
        return [build_one(*w) for w in _watched(work)]
    context = multiprocessing.get_context("spawn")  # a fork after the engine has started threads may hang
    with ProcessPoolExecutor(min(jobs, len(reports)), context) as pool:
        futures: dict[Future[Outcome], int] = {pool.submit(build_one, *w): i for i, w in enumerate(work)}
        found = {futures[f]: f.result() for f in _watched(as_completed(futures), len(work))}
    return [found[i] for i in range(len(work))]


def _watched(work: Any, total: int | None = None) -> Any:
    """Yield the items of some work with a progress bar, where somebody is looking."""
    total = len(work) if total is None else total
    if total < 2 or not sys.stderr.isatty():
        yield from work
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(work, "building", total, console=Console(stderr=True), transient=True)
