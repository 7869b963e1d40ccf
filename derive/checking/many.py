"""Several hand-ins: each outcome by itself, so that one that cannot be read does not stop the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from derive.errors import Fault, Unreadable, render
from derive.progress import Progress

FORMATS = ("text", "json", "md", "html", "pdf")
_ENDINGS = {"text": "txt"}


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of a check. folder: where files go, None for none; shown: the formats for standard output.

    width: of the report in text. color: whether it is for a terminal that has some.
    """

    against: Path | None = None
    folder: Path | None = None
    files: tuple[str, ...] = ()
    shown: tuple[str, ...] = ("text",)
    width: int = 100
    color: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a hand-in: its result, what is shown of it, files, or faults as text; code is its exit code."""

    submission: Path
    result: dict[str, Any] | None = None
    text: str = ""
    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    code: int = 0


def check_one(path: Path, name: str, order: Order) -> Outcome:
    """Check a hand-in and write what is asked for; a Fault becomes part of the outcome."""
    try:
        return _checked(path, name, order)
    except Fault as fault:
        return Outcome(path, faults=(render(fault),), code=2 if isinstance(fault, Unreadable) else 1)
    except OSError as wrong:
        return Outcome(path, faults=(f"error: {path}: {wrong.strerror or wrong}",), code=2)


def _checked(path: Path, name: str, order: Order) -> Outcome:
    from derive.check.result import FLAGGED, OPEN, as_json
    from derive.checking.check import check
    from derive.checking.output import contents, text
    from derive.checking.submission import read
    from derive.output import write_all

    submission = read(path)
    feedback = check(submission, order.against)
    result = as_json(feedback.judged, feedback.missing, named=order.against is not None)
    told = (*submission.notes, *(f"{feedback.name}: {note}" for note in feedback.hand_in.notes))
    result = {"submission": str(path), **result, "notes": list(told)}
    made: dict[str, bytes] = {}
    for kind in order.files:
        made |= contents(feedback, result, f"{name}.{_ENDINGS.get(kind, kind)}", kind)
    if order.folder is not None and any(_same(path, order.folder / file) for file in made):
        raise Unreadable(f"the feedback would replace {path}", path=str(path), fix="another folder with -o")
    try:
        files = write_all(order.folder, made) if order.folder is not None and made else ()
    except Fault as fault:  # of the folder, not of the hand-in
        raise Unreadable(fault.title, path=fault.path, reason=fault.reason) from None
    kinds = {kind for kind, count in result["summary"].items() if count}
    # Where nothing was found there is nothing that is right either.
    code = 1 if kinds & set(FLAGGED) else 3 if kinds & set(OPEN) or not kinds else 0
    shown = text(feedback, order.width, order.color) if "text" in order.shown else ""
    return Outcome(path, result, shown, files, told, code=code)


def _same(a: Path, b: Path) -> bool:
    return b.exists() and a.exists() and a.samefile(b)


def check_all(submissions: Sequence[Path], order: Order, jobs: int = 1) -> Iterator[Outcome]:
    """Yield the outcomes in the order of the hand-ins; a terminal sees which one is being checked."""
    work = [(path, name, order) for path, name in zip(submissions, names(submissions), strict=True)]
    with Progress([str(path) for path in submissions], "checking") as progress:
        if jobs == 1 or len(work) == 1:
            for i, item in enumerate(work):
                progress.begin(i)
                outcome = check_one(*item)
                progress.end(i)
                yield outcome
        else:
            yield from _together(work, jobs, progress)


def names(paths: Sequence[Path]) -> list[str]:
    """Return a name for the files about each hand-in: its own, with its folders where several are called the same."""
    found = ["hand-in" if str(path) == "-" else path.stem for path in paths]
    for depth in (1, 2, 3):
        count = Counter(name.casefold() for name in found)
        found = [
            name if count[name.casefold()] == 1 else "-".join((*path.parts[-1 - depth : -1], path.stem)).strip("/-")
            for name, path in zip(found, paths, strict=True)
        ]
    count, out = Counter(name.casefold() for name in found), list[str]()
    for at, (name, path) in enumerate(zip(found, paths, strict=True)):
        out.append(name if count[name.casefold()] == 1 else f"{name}{path.suffix.replace('.', '-')}-{at + 1}")
    return out


@dataclass
class _Waiting:
    """Outcomes that came before their turn."""

    early: dict[int, Outcome] = field(default_factory=dict)
    told: int = 0

    def ready(self) -> Iterator[Outcome]:
        while self.told in self.early:
            yield self.early.pop(self.told)
            self.told += 1


def _together(work: Sequence[tuple[Path, str, Order]], jobs: int, progress: Progress) -> Iterator[Outcome]:
    from derive.workers import Started, run

    waiting = _Waiting()
    for event in run(check_one, work, jobs):
        if isinstance(event, Started):
            progress.begin(event.index)
            continue
        progress.end(event.index)
        waiting.early[event.index] = event.value if event.died is None else _died(work[event.index][0], event.died)
        yield from waiting.ready()
        progress.draw()


def _died(path: Path, code: int) -> Outcome:
    why = f"by signal {-code}" if code < 0 else f"with exit code {code}"
    return Outcome(path, faults=(render(Fault(f"the check of {path} was ended {why}", path=str(path))),), code=1)
