"""The command `grad`: one derivative from the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

DONE, FINDINGS, UNUSABLE = 0, 1, 2
_FORMATS = ("text", "json", "tex", "pdf")
_OPTIONS = ("<shape>", "<assume>", "<wrt>")
_KINDS = ("gradient", "gradient_sym", "jacobian", "hessian")


@click.command()
@click.argument("formula", metavar="EXPR")
@click.option("--wrt", required=True, metavar="VAR", help="The name to differentiate by.")
@click.option("--shape", "shapes", multiple=True, metavar="'W: m x n'", help="The shape of a name; may be repeated.")
@click.option("--let", "lets", multiple=True, metavar="'r = W*x - y'", help="A name for a part; may be repeated.")
@click.option(
    "--assume", "assumed", multiple=True, metavar="'A symmetric'", help="What holds for a name; may be repeated."
)
@click.option("--kind", type=click.Choice(_KINDS), help="[default: gradient of a scalar, else jacobian]")
@click.option(
    "--layout", type=click.Choice(("denominator", "numerator")), default="denominator", help="[default: denominator]"
)
@click.option("--steps", "with_steps", is_flag=True, help="Show the way, one rule a line.")
@click.option("-o", "target", type=click.Path(path_type=Path, dir_okay=False), help="The file to write.")
@click.option("--to", "form", type=click.Choice(_FORMATS), help="[default: text, or what the name of the file says]")
def grad(
    formula: str,
    wrt: str,
    shapes: tuple[str, ...],
    lets: tuple[str, ...],
    assumed: tuple[str, ...],
    kind: str | None,
    layout: str,
    with_steps: bool,
    target: Path | None,
    form: str | None,
) -> None:
    """Differentiate a formula of matrices, in plain text or LaTeX, in closed form. `-` reads it from standard input.

    Names without --shape are scalars; letters in shapes are dimensions. The gradient has the shape of VAR (its
    transpose with --layout numerator); entries of gradient_sym are those where (i,j) and (j,i) move together; a
    Jacobian is d vec F / d (vec VAR)', columns stacked; a Hessian likewise. The result is compared with numeric
    derivatives at several sizes before it is printed.

    Exit code 1: there is no such derivative, or no closed form; 2: bad options.

    \b
      derive grad 'sum((W*X - Y).^2)' --wrt W --shape 'W: m x n' --shape 'X: n x k' --shape 'Y: m x k'
      derive grad "x'*A*x" --wrt x --shape 'x: n' --shape 'A: n x n' --kind hessian
      derive grad 'norm(r)^2' --let 'r = A*x - b' --wrt x --shape 'A: m x n' --shape 'x: n' --shape 'b: m' --steps
      derive grad '\\log\\det X' --wrt X --shape 'X: n x n' --assume 'X positive definite' --to json
    """
    from derive.errors import Fault
    from derive.matrices.grad import answer
    from derive.matrices.question import ask
    from derive.matrices.steps import chain

    chosen = _form(form, target)
    try:
        question = ask(_text(formula), wrt, shapes, lets, assumed, kind or "", layout)
        found = answer(question)
        lines = chain(question) if with_steps or chosen == "json" else []
    except Fault as fault:
        click.echo(str(fault), err=True)
        sys.exit(UNUSABLE if fault.span is not None and fault.span.source.name in _OPTIONS else FINDINGS)
    if with_steps and not lines:
        click.echo("note: this derivation has too many steps to be shown", err=True)
    for note in question.notes:
        click.echo(f"note: {note}", err=True)
    _put(_made(found, lines, chosen), chosen, target)


def _form(form: str | None, target: Path | None) -> str:
    chosen = form or (target.suffix.lstrip(".") if target else "text")
    chosen = "text" if chosen == "txt" else chosen
    if chosen not in _FORMATS:
        raise click.UsageError(f"{target} says no format; choose one with --to {'|'.join(_FORMATS)}")
    if chosen == "pdf" and target is None:
        raise click.UsageError("a PDF is written to a file: say where with -o")
    return chosen


def _text(given: str) -> str:
    from derive.cli_check import _text as read

    return read(given)


def _made(found: Any, lines: Any, form: str) -> bytes:
    """Return the output in a format."""
    if form == "json":
        from derive.build import as_json
        from derive.derivative import as_data

        return as_json(as_data(found, lines)).encode()
    if form == "text":
        from derive.derivative import as_text

        return as_text(found, lines).encode()
    from derive.narrate.derivatives import document
    from derive.writers import WRITERS
    from derive.writers.templates import find

    made = document(found, lines)
    look = find(made.meta.template)
    if form == "pdf":
        from derive import engines

        return engines.compile(made, look, "typst").pdf
    return WRITERS[form](made, look)[0].encode()


def _put(data: bytes, form: str, target: Path | None) -> None:
    if target is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return
    from derive.errors import Fault
    from derive.output import write_all

    try:
        write_all(target.parent, {target.name: data})
    except Fault as failed:
        click.echo(str(failed), err=True)
        sys.exit(UNUSABLE)
    click.echo(str(target), err=True)
