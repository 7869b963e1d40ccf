"""What a build says on standard error: faults, notes, files, how long it took."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import click

from derive.many import Outcome


@dataclass(frozen=True, slots=True)
class Teller:
    """engine: what was asked for. quiet: say only what is wrong."""

    engine: str = "typst"
    quiet: bool = False

    def outcome(self, outcome: Outcome) -> None:
        """Say what became of a report: a line for each file, its engine and the time beside the main one."""
        self._remarks(outcome)
        if self.quiet:
            return
        main = next((f for f in outcome.files if f.suffix == ".pdf" and f.stem == outcome.report.stem), None)
        for file in outcome.files:
            told = file == (main or outcome.files[-1]) or outcome.engine == "unchanged"
            _say(f"{file}  ({self._how(outcome)})" if told else str(file))

    def rebuilt(self, outcome: Outcome) -> None:
        """Say what became of a report that is watched, in one line behind its faults."""
        self._remarks(outcome)
        if self.quiet:
            return
        files = ", ".join(str(f if i == 0 else f.name) for i, f in enumerate(outcome.files[:3]))
        more = ", …" if len(outcome.files) > 3 else ""
        result = f"{files}{more}  ({self._how(outcome)})" if files else f"{outcome.report}  (the last output stays)"
        _say(f"{time.strftime('%H:%M:%S')}  {result}")

    def summary(self, outcomes: Iterable[Outcome]) -> None:
        """Say what became of several reports."""
        kinds = Counter(_kind(outcome) for outcome in outcomes)
        if kinds.total() > 1 and not self.quiet:
            counted = ", ".join(f"{kinds[kind]} {kind}" for kind in ("built", "unchanged", "failed") if kinds[kind])
            _say(f"{kinds.total()} reports: {counted}")

    def _remarks(self, outcome: Outcome) -> None:
        for fault in outcome.faults:
            _say(fault)
        for note in () if self.quiet else outcome.notes:
            _say(f"note: {note}")

    def _how(self, outcome: Outcome) -> str:
        if outcome.engine == "unchanged":
            return outcome.engine
        why = ("embedded" if outcome.engine.startswith("typst") else "installed") if self.engine == "auto" else ""
        return ", ".join(filter(None, (outcome.engine, outcome.engine and why, f"{outcome.seconds:.2f} s")))


def _kind(outcome: Outcome) -> str:
    return "failed" if outcome.faults else "unchanged" if outcome.engine == "unchanged" else "built"


def _say(text: str) -> None:
    click.echo(text, err=True)
