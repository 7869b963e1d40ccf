"""References to derived equations: an equation gets a number when the text refers to it, in the order of the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from derive.document import Aligned, Chain
from derive.errors import Fault
from derive.narrate.blocks import Reference
from derive.source import Span

_TOKEN = re.compile("\ue010(.*?)\ue011")


@dataclass
class References:
    """Collects what is referred to while a body is read, and puts the numbers in afterwards."""

    wanted: dict[str, Span | None] = field(default_factory=dict)

    def to(self, reference: Reference, span: Span | None) -> str:
        """Return the text that holds the place of the number until all equations have their places."""
        keys = "|".join(reference.keys)
        self.wanted[keys] = span
        return f"\ue010{keys}\ue011"

    def number(self, body: list[Any]) -> list[Any]:
        """Return the body with its numbers; a Fault at a reference to an equation that no block shows."""
        shown = {chain.key for chain in _chains(body)}
        meant = {wanted: next((k for k in wanted.split("|") if k in shown), None) for wanted in self.wanted}
        for wanted, key in meant.items():
            if key is None:
                raise Fault("no block shows the equation that this refers to", self.wanted[wanted])
        numbers: dict[str, int] = {}
        for chain in _chains(body):
            if chain.key in meant.values():
                numbers.setdefault(chain.key, len(numbers) + 1)
        texts = {wanted: f"({numbers[key]})" for wanted, key in meant.items() if key is not None}
        left = dict(numbers)
        return [_with_numbers(block, texts, left) for block in body]


def _chains(tree: Any) -> Iterator[Chain]:
    if isinstance(tree, Aligned):
        yield from tree.chains
    elif isinstance(tree, dict):
        for value in tree.values():
            yield from _chains(value)
    elif isinstance(tree, (list, tuple)):
        for item in tree:
            yield from _chains(item)


def _with_numbers(tree: Any, texts: dict[str, str], left: dict[str, int]) -> Any:
    """Return a tree with the texts of references put in and each wanted equation labelled where it stands first."""
    if isinstance(tree, Aligned):
        return Aligned(tuple(replace(c, label=str(left.pop(c.key))) if c.key in left else c for c in tree.chains))
    if isinstance(tree, str):
        return _TOKEN.sub(lambda found: texts[found[1]], tree) if "\ue010" in tree else tree
    if isinstance(tree, dict):
        return {key: _with_numbers(value, texts, left) for key, value in tree.items()}
    return [_with_numbers(item, texts, left) for item in tree] if isinstance(tree, list) else tree
