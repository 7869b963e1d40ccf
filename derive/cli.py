"""The command line. It only parses options, calls the library and turns results into messages and exit codes.

Exit codes: 0 done; 1 a report is invalid or failed; 2 bad options or an unreadable file. Nothing heavy is imported
before a command needs it, so that `--help` and errors come at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from derive import cli_check, cli_grad, completion
from derive.errors import Fault

DONE, FINDINGS, UNUSABLE, INTERRUPTED = 0, 1, 2, 130
_FORMATS = ("pdf", "tex", "html", "md", "json")
_ENGINES = ("auto", "latex", "typst")


class _Group(click.Group):
    """Commands in the order of work, and a hint for a mistyped one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        from derive.errors import nearest

        if args and args[0] not in self.commands and not args[0].startswith("-"):
            hint = nearest(args[0], self.commands)
            raise click.UsageError(f"no command is called {args[0]!r}; {hint or 'try derive --help'}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what cannot be written (a full disk behind standard output) is an error of one line."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # nobody listens any more, as after `| head`
            raise
        except OSError as wrong:
            click.echo(f"error: {wrong.strerror or wrong}", err=True)
            sys.exit(UNUSABLE)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="derive", message="derive %(version)s")
def main() -> None:
    """Certified step-by-step solutions for pen-and-paper deep-learning exercises.

    \b
      derive new homework.md                      a starter report
      derive build homework.md                    its solution as build/homework.pdf
      derive build homework.md --to pdf,tex,json  with sources and numbers
      derive parse '\\frac{\\partial L}{\\partial z_1} h_0'
      derive list                                 what there is
    """


def _formats(ctx: click.Context, param: click.Parameter, text: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    wrong = [word for word in chosen if word not in _FORMATS]
    if wrong or not chosen:
        raise click.BadParameter(f"{', '.join(wrong) or 'nothing'} is no format; choose from {', '.join(_FORMATS)}")
    return chosen


@main.command()
@click.argument(
    "reports",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
    metavar="REPORT…",
    shell_complete=completion.reports,
)
@click.option(
    "-o", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder for the output.  [default: build]"
)
@click.option(
    "--to",
    "formats",
    default="pdf",
    callback=_formats,
    shell_complete=completion.after_commas(_FORMATS),
    help=f"Formats, with commas: {', '.join(_FORMATS)}.  [default: pdf]",
)
@click.option(
    "--engine", type=click.Choice(_ENGINES), default="typst", help="What sets the PDF.  [default: typst, embedded]"
)
@click.option("--statement", is_flag=True, help="The problem sheet: hints, no solutions.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, help="Reports built at the same time.  [default: 1]")
@click.option("--force", is_flag=True, help="Build even what has not changed.")
@click.option("--watch", is_flag=True, help="Build again at every save, until Ctrl-C.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what is wrong.")
def build(
    reports: tuple[Path, ...],
    folder: Path | None,
    formats: tuple[str, ...],
    engine: str,
    statement: bool,
    jobs: int,
    force: bool,
    watch: bool,
    quiet: bool,
) -> None:
    """Build solutions from reports.

    JSON without -o goes to standard output. Exit code 1: a report is invalid or its derivation failed the check;
    2: a file cannot be read.

    \b
      derive build reports/skip_connection.md
      derive build homework/*.md -o out --jobs 2
      derive build homework.md --to json
      derive build homework.md --watch
    """
    from derive.many import Order, build_all
    from derive.tell import Teller

    to_output = "json" in formats and folder is None
    to_files = tuple(f for f in formats if f != "json" or not to_output)
    order = Order(folder or Path("build"), to_files, engine, statement, force or to_output)
    teller = Teller(engine, quiet)
    if watch:
        _watch(reports, order, teller, to_output)
    outcomes = []
    try:
        for outcome in build_all(reports, order, jobs):
            teller.outcome(outcome)
            outcomes.append(outcome)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    teller.summary(outcomes)
    if to_output:
        from derive.build import as_json

        results = [o.result for o in outcomes if o.result is not None]
        if results:
            click.echo(as_json(results[0] if len(reports) == 1 else results), nl=False)
    codes = [o.code for o in outcomes]
    sys.exit(next((c for c in (UNUSABLE, FINDINGS) if c in codes), DONE))


def _watch(reports: tuple[Path, ...], order: Any, teller: Any, to_output: bool) -> None:
    """Build at every save until Ctrl-C, which is how it is meant to end."""
    from derive.watch import watch

    if to_output:
        raise click.UsageError("--watch writes files: say where with -o")
    click.echo("Ctrl-C ends watching", err=True)
    try:
        watch(reports, order, teller.rebuilt)
    except KeyboardInterrupt:
        sys.exit(DONE)


@main.command()
@click.argument("text", metavar="TEXT")
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    shell_complete=completion.reports,
    help="Resolve names as in this report.",
)
@click.option("--syntax", type=click.Choice(("auto", "latex", "plain")), default="auto", help="[default: auto]")
@click.option("--to", "form", type=click.Choice(("text", "json")), default="text", help="[default: text]")
def parse(text: str, against: Path | None, syntax: str, form: str) -> None:
    """Show how a formula is read. `-` reads it from standard input.

    Exit code 1: it cannot be read.

    \b
      derive parse '\\sigma(w_1 x + b)'
      derive parse --to json 'relu(z0)'
      derive parse -- '-x^2'
    """
    from derive.build import as_json
    from derive.reading import read

    if text == "-":
        text = _standard_input()
    found = _faults(lambda: read(text, against, syntax))
    if form == "json":
        click.echo(as_json(found.as_json()), nl=False)
    elif found.fault is None:
        click.echo(f"we read this as  {found.reading}")
        if found.plain is not None:
            click.echo(f"plain text       {found.plain}")
        for note in found.notes:
            click.echo(f"note: {note}", err=True)
    else:
        click.echo(str(found.fault), err=True)
    sys.exit(DONE if found.fault is None else FINDINGS)


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read(1_000_001).decode().removesuffix("\n")
    except UnicodeDecodeError as wrong:
        raise click.UsageError(f"standard input is not UTF-8 (byte {wrong.start})") from None


def _faults(work: Callable[[], Any]) -> Any:
    """Run work; a Fault ends the program with code 2 (an unreadable file) and its message."""
    try:
        return work()
    except Fault as fault:
        click.echo(str(fault), err=True)
        sys.exit(UNUSABLE if fault.path else FINDINGS)


@main.command()
@click.argument("name", type=click.Path(path_type=Path))
@click.option(
    "--template",
    default="homework",
    shell_complete=completion.one_of(lambda ctx: _entries("templates")),
    help="The look of the report.  [default: homework]",
)
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
def new(name: Path, template: str, force: bool) -> None:
    """Write a starter report that builds as it is.

    \b
      derive new homework.md
      derive new lecture.md --template handout
    """
    from derive.starter import write

    target = _faults(lambda: write(name, force, template))
    click.echo(f"{target}: edit it, then run  derive build {target}", err=True)


@main.command("list")
@click.argument("kind", required=False, shell_complete=completion.one_of(lambda ctx: _kinds()))
@click.argument(
    "name", required=False, shell_complete=completion.one_of(lambda ctx: _entries(ctx.params.get("kind") or ""))
)
def list_(kind: str | None, name: str | None) -> None:
    """List what there is: primitives, losses, matrices, blocks, templates, problems, optimisers, engines, notation.

    \b
      derive list
      derive list primitives
      derive list blocks vary
    """
    from derive.catalogue import CATALOGUE, table

    if kind is None:
        for name, (shows, rows) in CATALOGUE.items():
            click.echo(f"{name:<12}{len(rows()):>4}  {shows}")
        return
    _known(kind, _kinds(), "KIND")
    if name is not None:
        _known(name, _entries(kind), "NAME")
    click.echo(table(kind, name))


def _known(word: str, known: list[str], what: str) -> None:
    from derive.errors import nearest

    if word not in known:
        raise click.BadParameter(f"{word!r}; {nearest(word, known)} There are: {', '.join(known)}", param_hint=what)


def _kinds() -> list[str]:
    from derive.catalogue import CATALOGUE

    return list(CATALOGUE)


def _entries(kind: str) -> list[str]:
    """Return the names in a list, none for a kind that there is not."""
    from derive.catalogue import CATALOGUE

    return list(dict.fromkeys(row[0] for row in CATALOGUE[kind][1]())) if kind in CATALOGUE else []


@main.command("completion")
@click.argument("shell", type=click.Choice(completion.SHELLS))
def completion_(shell: str) -> None:
    """Print what makes a shell complete reports, options and names.

    \b
      eval "$(derive completion bash)"    in ~/.bashrc
      eval "$(derive completion zsh)"     in ~/.zshrc
      derive completion fish > ~/.config/fish/completions/derive.fish
    """
    click.echo(completion.script(main, shell))


for _command in (cli_check.check, cli_check.equal, cli_check.explain, cli_grad.grad):
    main.add_command(_command)
