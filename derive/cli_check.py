"""The commands of checking: `check`, `equal`, `explain`. Like all commands they import what they need when they run."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import click

DONE, FINDINGS, UNUSABLE, OPEN, INTERRUPTED = 0, 1, 2, 3, 130
_FORMATS = ("text", "json", "md", "html", "pdf")


def _formats(ctx: click.Context, param: click.Parameter, text: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    wrong = [word for word in chosen if word not in _FORMATS]
    if wrong or not chosen:
        raise click.BadParameter(f"{', '.join(wrong) or 'nothing'} is no format; choose from {', '.join(_FORMATS)}")
    return chosen


@click.command()
@click.argument("submissions", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SUBMISSION…")
@click.option("--against", type=click.Path(path_type=Path), help="The report with the solution.")
@click.option("-o", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder for the output.")
@click.option(
    "--to",
    "formats",
    default="text",
    callback=_formats,
    help=f"Formats, with commas: {', '.join(_FORMATS)}.  [default: text]",
)
@click.option("--jobs", type=click.IntRange(1, 64), default=1, help="Hand-ins checked at the same time.  [default: 1]")
def check(
    submissions: tuple[Path, ...], against: Path | None, folder: Path | None, formats: tuple[str, ...], jobs: int
) -> None:
    """Say of every = of a hand-in, in Markdown or LaTeX, whether it holds. `-` reads standard input.

    Without --against the hand-in's own forward lines, values and loss are what the rest is held against. Text and
    JSON go to standard output, to files with -o; md, html and pdf go to files (to feedback/ without -o).

    The marks: ✓ right; ≔ a name is introduced, or a line that the rest is held against; ✗ wrong, or operands do not
    fit; ↳ only carries an earlier mistake on; ? needs a person, or was not read; ∅ an answer of the report is missing.
    Of a hand-in with more than 1000 relations the first and the last 500 are judged, the others need a person.

    Exit code 0: what was found is right (answers may be missing); 1: something is wrong, in it or in the report;
    2: a file cannot be read or written; 3: nothing is wrong, but something needs a person, or nothing was found.

    \b
      derive check homework.md --against reports/skip_connection.md
      derive check handed-in/*.md --against report.md -o marked --to html,json --jobs 2
      derive check notes.tex
    """
    from derive.checking.many import Order, check_all

    shown = tuple(kind for kind in formats if kind in ("text", "json")) if folder is None else ()
    files = tuple(kind for kind in formats if kind not in shown)
    target = folder or (Path("feedback") if files else None)
    order = Order(against, target, files, shown, shutil.get_terminal_size((100, 24)).columns, _colored())
    results: list[Any] = []
    codes: list[int] = []
    try:
        for outcome in check_all(submissions, order, jobs):
            _tell(outcome, several=len(submissions) > 1 and bool(results))
            codes.append(outcome.code)
            results += [outcome.result] if outcome.result is not None else []
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    if "json" in shown and results:
        from derive.build import as_json

        click.echo(as_json(results[0] if len(submissions) == 1 else results), nl=False)
    sys.exit(next((code for code in (UNUSABLE, FINDINGS, OPEN) if code in codes), DONE))


def _colored() -> bool:
    """Return whether there is somebody to see colours, who has not declined them."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _tell(outcome: Any, several: bool) -> None:
    """Print what is to be said of a hand-in."""
    for fault in outcome.faults:
        click.echo(fault, err=True)
    for note in outcome.notes:
        click.echo(f"note: {note}", err=True)
    if outcome.text:
        click.echo(_sayable("\n" * several + outcome.text), nl=False)
    for file in outcome.files:
        click.echo(str(file), err=True)


def _sayable(text: str) -> str:
    """Return a text without the characters that standard output cannot take."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--shape", "shapes", multiple=True, metavar="'W: m x n'", help="The shape of a name; may be repeated.")
@click.option("--assume", "assumed", multiple=True, metavar="'x > 0'", help="What holds for a name; may be repeated.")
@click.option("--digits", type=click.IntRange(0, 40), help="B is A rounded (or cut) to so many decimals.")
@click.option("--to", "form", type=click.Choice(("text", "json")), default="text", help="[default: text]")
def equal(a: str, b: str, shapes: tuple[str, ...], assumed: tuple[str, ...], digits: int | None, form: str) -> None:
    """Say whether two formulas are equal for all real values of their names. `-` reads one from standard input.

    Exit code 0: equal; 1: different, with a point where they are; 3: this could not be decided.

    \b
      derive equal '(a+b)^2' 'a^2 + 2*a*b + b^2'
      derive equal '\\sqrt{x^2}' x --assume 'x > 0'
      derive equal 1/3 0.333 --digits 3
      derive equal -- '-x^2' '(-x)^2'
    """
    from derive.build import as_json
    from derive.check.assume import read
    from derive.check.equal import equal as compare
    from derive.errors import Fault
    from derive.narrate.feedback.answer import told

    if a == b == "-":
        raise click.UsageError("only one of the two can come from standard input")
    try:
        known = read(shapes, assumed)
    except Fault as fault:
        click.echo(str(fault), err=True)
        sys.exit(UNUSABLE)
    answer = compare(_text(a), _text(b), known, digits)
    click.echo(as_json(answer.as_json()) if form == "json" else _sayable(told(answer)), nl=False)
    sys.exit({"equal": DONE, "different": FINDINGS}.get(answer.verdict, OPEN))


def _text(given: str) -> str:
    if given != "-":
        return given
    try:
        return sys.stdin.buffer.read(1_000_001).decode().strip()
    except UnicodeDecodeError as wrong:
        raise click.UsageError(f"standard input is not UTF-8 (byte {wrong.start})") from None


@click.command()
@click.argument("code", required=False, metavar="[CODE]")
def explain(code: str | None) -> None:
    """Say what a diagnosis of `derive check` means, with an example; without CODE list all of them.

    \b
      derive explain
      derive explain missing-factor
    """
    from derive.check.misconceptions import MISCONCEPTIONS
    from derive.check.other_conventions import RECORD
    from derive.errors import nearest
    from derive.narrate.feedback.answer import explained, listed

    records = {**MISCONCEPTIONS, RECORD.code: RECORD}
    if code is None:
        click.echo(_sayable(listed(records.values())), nl=False)
        return
    known = code.strip("[]")
    if known not in records:
        hint = nearest(known, records) or "try derive explain, which lists them"
        raise click.BadParameter(f"no diagnosis is called {code!r}; {hint}", param_hint="CODE")
    click.echo(_sayable(explained(records[known])), nl=False)
