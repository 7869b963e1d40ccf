"""What a shell completes: reports, formats, the kinds of a list and their entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click
from click.shell_completion import CompletionItem, get_completion_class

SHELLS = ("bash", "zsh", "fish")
_MOST = 200
Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def script(command: click.Command, shell: str) -> str:
    """Return the script that makes a shell complete a command."""
    kind = get_completion_class(shell)
    assert kind is not None
    return kind(command, {}, "derive", "_DERIVE_COMPLETE").source()


def reports(ctx: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Complete reports here and one folder below; where there are none, the shell offers its files."""
    folder = begun.rpartition("/")[0] + "/" if "/" in begun else ""
    root = Path(folder or ".")
    found = sorted(f"{folder}{file.relative_to(root)}" for form in ("*.md", "[!.]*/*.md") for file in root.glob(form))
    items = [CompletionItem(name) for name in found if name.startswith(begun)][:_MOST]
    return items or [CompletionItem(begun, type="file")]


def after_commas(words: Sequence[str]) -> Complete:
    """Complete one of some words behind those that are there: `pdf,h` gives `pdf,html`."""

    def complete(ctx: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
        before, comma, last = begun.rpartition(",")
        left = [word for word in words if word not in before.split(",")]
        return [CompletionItem(f"{before}{comma}{word}") for word in left if word.startswith(last)]

    return complete


def one_of(words: Callable[[click.Context], Iterable[str]]) -> Complete:
    """Complete one of the words that a function finds."""

    def complete(ctx: click.Context, param: click.Parameter, begun: str) -> list[CompletionItem]:
        return [CompletionItem(word) for word in words(ctx) if word.startswith(begun)]

    return complete
