"""References: an equation gets a number when the text refers to it, a picture or table when it has a caption.

Numbers follow the order of the pages. Names that the author gives (`{#id}`) are the keys "#id".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from derive.document import Aligned, Chain, Equation, Figure, Heading, Table
from derive.errors import Fault, nearest
from derive.narrate.blocks import Reference
from derive.source import Span

_TOKEN = re.compile("\ue010(.*?)\ue011")
_COUNTED = {Figure: "Figure", Table: "Table"}
Target = Chain | Equation | Figure | Table | Heading


@dataclass
class References:
    """Collects what is referred to while a body is read, and puts the numbers in afterwards."""

    wanted: dict[str, Span | None] = field(default_factory=dict)

    def to(self, reference: Reference, span: Span | None) -> str:
        """Return the text that holds the place of the number until everything has its place."""
        keys = "|".join(reference.keys)
        self.wanted[keys] = span
        return f"\ue010{keys}\ue011"

    def number(self, body: list[Any]) -> list[Any]:
        """Return the body with its numbers.

        Raises a Fault at a reference to what no block shows, and for a name that is given twice.
        """
        body = _mapped(body, _counter())
        targets = _targets(body)
        numbers: dict[str, int] = {}
        meant = {wanted: self._meant(wanted, targets) for wanted in self.wanted}
        for key, target in targets.items():
            if key in meant.values() and isinstance(target, (Chain, Equation)):
                numbers[key] = len(numbers) + 1
        texts = {wanted: _said(targets[key], numbers.get(key, 0)) for wanted, key in meant.items()}
        return _put_in(_mapped(body, _labeller(numbers)), texts)  # type: ignore[no-any-return]

    def _meant(self, wanted: str, targets: dict[str, Target]) -> str:
        """Return the key of what a reference means: the first of its keys that is shown."""
        span = self.wanted[wanted]
        for key in wanted.split("|"):
            if key in targets:
                return key
        if wanted.startswith("#"):
            known = [key[1:] for key in targets if key.startswith("#")]
            title = f"nothing is called `{wanted}`"
            raise Fault(
                title, span, reason=nearest(wanted[1:], known), expected=", ".join(known) or "`$$ … $$ {#name}`"
            )
        raise Fault("no block shows the equation that this refers to", span)


def _said(target: Target, number: int) -> str:
    """Return a reference in words."""
    match target:
        case Chain() | Equation():
            return f"({number})"
        case Heading():
            return target.number or "above"
        case _:
            return target.number or f"the {_COUNTED[type(target)].lower()}"


def _targets(body: list[Any]) -> dict[str, Target]:
    """Return what can be referred to, in the order of the pages; a derived equation counts where it stands first."""
    found: dict[str, Target] = {}
    for block in _blocks(body):
        for target in block.chains if isinstance(block, Aligned) else (block,):
            key = f"#{block.id}" if isinstance(block, Heading) and block.id else getattr(target, "key", "")
            if key.startswith("#") and key in found:
                raise Fault(f"the name `{key}` is given twice", about=f"{{{key}", expected="each name once")
            if key:
                found.setdefault(key, target)
    return found


def _counter() -> Callable[[Any], Any]:
    """Return a function that numbers figures and tables with a caption as it meets them."""
    counts = dict.fromkeys(_COUNTED, 0)

    def counted(block: Any) -> Any:
        if not isinstance(block, (Figure, Table)) or not block.caption:
            return block
        counts[type(block)] += 1
        return replace(block, number=f"{_COUNTED[type(block)]} {counts[type(block)]}")

    return counted


def _labeller(numbers: dict[str, int]) -> Callable[[Any], Any]:
    """Return a function that labels each equation which is referred to, where it stands first."""
    left = dict(numbers)

    def labelled(target: Chain | Equation) -> Any:
        return replace(target, label=str(left.pop(target.key))) if target.key in left else target

    def of(block: Any) -> Any:
        if isinstance(block, Aligned):
            return replace(block, chains=tuple(labelled(c) for c in block.chains))
        return labelled(block) if isinstance(block, Equation) else block

    return of


def _blocks(tree: Any) -> Iterator[Any]:
    """Yield the derived blocks of a body, at any depth."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list):
        for item in tree:
            yield from _blocks(item)
    elif isinstance(tree, (Aligned, Equation, Figure, Table, Heading)):
        yield tree


def _mapped(tree: Any, change: Callable[[Any], Any]) -> Any:
    """Return a tree with its derived blocks changed."""
    if isinstance(tree, dict):
        return {key: _mapped(value, change) for key, value in tree.items()}
    return [_mapped(item, change) for item in tree] if isinstance(tree, list) else change(tree)


def _put_in(tree: Any, texts: dict[str, str]) -> Any:
    """Return a tree with the texts of references in their places."""
    match tree:
        case str():
            return _TOKEN.sub(lambda found: texts[found[1]], tree) if "\ue010" in tree else tree
        case dict():
            return {key: _put_in(value, texts) for key, value in tree.items()}
        case list():
            return [_put_in(item, texts) for item in tree]
        case Heading():
            return replace(tree, title=tuple(_put_in(list(tree.title), texts)))
        case Figure():
            return replace(tree, caption=tuple(_put_in(list(tree.caption), texts)))
        case _:
            return tree
