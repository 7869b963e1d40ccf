"""Looks: folders of templates, found by name; the user's own come before those of the package."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive.errors import Fault, nearest

_PACKAGE = Path(__file__).resolve().parent.parent
_NAME = re.compile(r"[^\W_][\w-]*")  # a folder with a _ before it holds what looks share


class Verbatim(str):
    """A text that is already in the target's language and is printed without escaping."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Look:
    """A look of a report; `roots` are the folders that templates are searched in, the user's first.

    Its `look.toml` says, in em of the text: how wide a line is, and how wide a margin for explanations stands beside
    it (0: they take their room from the line); and whether explanations are set unless a report says otherwise.
    """

    name: str
    roots: tuple[Path, ...]
    line: float = 39.5
    margin: float = 0.0
    explanations: bool = False

    def render(self, file: str, escape: Callable[[str], str], **values: Any) -> str:
        """Return the template with its values, each escaped unless it is Verbatim; functions serve as filters.

        Raises a Fault for a missing template, an unknown name in it, or a mistake in its language.
        """
        try:
            return str(_environment(self.roots, escape, values).get_template(f"{self.name}/{file}").render(**values))
        except Exception as error:  # what a template computes is as free as a program
            from derive.writers.template_faults import fault

            raise fault(error, f"{self.name}/{file}", self.roots, values) from None


def _environment(roots: tuple[Path, ...], escape: Callable[[str], str], values: dict[str, Any]) -> Any:
    """Return Jinja in a sandbox, with marks that neither TeX nor Typst nor HTML uses much."""
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader([str(root) for root in roots]),
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: value if isinstance(value, Verbatim) else Verbatim(escape(str(value))),
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["verbatim"] = Verbatim
    environment.filters |= {name: value for name, value in values.items() if callable(value)}
    return environment


def _roots(beside: Path | None) -> tuple[Path, ...]:
    """Return the folders with looks: the user's, the wheel's copy, the repository's."""
    folders = [_PACKAGE / "_templates", _PACKAGE.parent / "templates"]
    if beside is not None:
        folders.insert(0, beside / "templates")
    return tuple(folder for folder in folders if folder.is_dir())


def names(beside: Path | None = None) -> list[str]:
    """Return the names of the looks there are, sorted."""
    found = {file.parent.name for root in _roots(beside) for file in root.glob("*/template.*")}
    return sorted(name for name in found if _NAME.fullmatch(name))


def find(name: str, beside: Path | None = None) -> Look:
    """Return a look by its name; `beside` is a folder whose `templates/` is searched first.

    Raises a Fault for an unknown name.
    """
    known = names(beside)
    if name not in known:
        raise Fault(f"no template is called {name!r}", expected=", ".join(known), reason=nearest(name, known))
    return Look(name, _roots(beside), **_measures(name, _roots(beside)))


def _measures(name: str, roots: tuple[Path, ...]) -> dict[str, Any]:
    """Return what the `look.toml` of a look says; a Fault for a key or a value that it cannot have."""
    import tomllib

    file = next((root / name / "look.toml" for root in roots if (root / name / "look.toml").is_file()), None)
    if file is None:
        return {}
    kinds: dict[str, Any] = {"line": (int, float), "margin": (int, float), "explanations": bool}
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Fault(f"a mistake in the template {name}/look.toml", reason=str(error), path=str(file)) from None
    for key, value in found.items():
        right = isinstance(value, kinds.get(key, ())) and (key == "explanations" or not isinstance(value, bool))
        if not right or (key == "line" and value < 10):
            title = f"`{key} = {value}` cannot stand in the template {name}/look.toml"
            raise Fault(title, path=str(file), expected="line = 39.5, margin = 0, explanations = false")
    return found
