"""What is wrong with a template, at its line."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import jinja2

from derive.errors import Fault, nearest
from derive.source import Span, of_text


def fault(error: Exception, template: str, roots: tuple[Path, ...], values: dict[str, Any]) -> Fault:
    """Return what Jinja has raised for a template as a Fault at the line where it has arisen.

    template: its name in the folders `roots`. values: what it has been given.
    """
    if isinstance(error, Fault):
        return error
    if isinstance(error, jinja2.TemplateNotFound) and error.name == template:
        look, _, file = template.partition("/")
        return Fault(f"the template {look} has no {file}", expected=f"a file templates/{template}")
    name = _undefined(error)
    span = _span(error, roots, name)
    made = Fault(_title(error, name), span, path="" if span else template)
    if name:
        known = sorted(_known(values))
        made.expected = ", ".join(known)
        made.reason = nearest(name, [word for full in known for word in full.split(".")])
    return made


def _title(error: Exception, name: str) -> str:
    if name:
        return f"a template asks for `{name}`, which nothing is called"
    match error:
        case jinja2.TemplateNotFound():
            return f"there is no template {error.name}"
        case jinja2.TemplateError():
            return f"a mistake in a template: {error.message}"
        case _:
            return f"a template fails: {error or type(error).__name__}"


def _undefined(error: Exception) -> str:
    """Return the name that a template asks for in vain, "" for another mistake."""
    if not isinstance(error, jinja2.UndefinedError):
        return ""
    found = re.search(r"attribute '(\w+)'|'(\w+)' is undefined", str(error))
    return (found[1] or found[2]) if found else ""


def _known(values: dict[str, Any]) -> Iterator[str]:
    """Yield the names that a template may ask for."""
    for name, value in values.items():
        if is_dataclass(value):
            yield from (f"{name}.{field.name}" for field in fields(value))
        else:
            yield name


def _span(error: Exception, roots: tuple[Path, ...], name: str) -> Span | None:
    """Return where in a template an error has arisen: the name if it stands in the line, else all of the line."""
    path, line = _place(error, roots)
    if path is None:
        return None
    text = of_text(path.read_text(encoding="utf-8", errors="replace"), _shown(path))
    here = text.source.line(line)
    before = sum(len(above) + 1 for above in text.text.split("\n")[: line - 1])
    at = here.find(name) if name else -1
    if at < 0:
        at, name = len(here) - len(here.lstrip()), here.strip()
    return text.span(before + at, before + at + max(len(name), 1))


def _place(error: Exception, roots: tuple[Path, ...]) -> tuple[Path | None, int]:
    """Return the file and the line of an error, which Jinja has put into its trace; None for one outside of them."""
    if isinstance(error, jinja2.TemplateSyntaxError) and error.filename:
        return Path(error.filename), error.lineno
    found: tuple[Path | None, int] = None, 0
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if any(path.is_relative_to(root) for root in roots):
            found = path, frame.lineno or 1
    return found


def _shown(path: Path) -> str:
    """Return a path as short as it can be written here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
