"""The names that occur in a surface tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from derive.language import surface as s
from derive.language.meaning import compound_id


def trees(tree: s.Tree) -> Iterator[s.Tree]:
    """Yield a tree and all trees in it, parents first, in reading order."""
    yield tree
    for f in fields(tree):
        yield from _inside(getattr(tree, f.name))


def _inside(part: object) -> Iterator[s.Tree]:
    if isinstance(part, tuple):
        for p in part:
            yield from _inside(p)
    elif isinstance(part, s.Tree):
        yield from trees(part)


def quantities(tree: s.Tree, declared: frozenset[str] = frozenset()) -> Iterator[tuple[str, s.Tree]]:
    """Yield (id, where) for each name that stands for a quantity; a declared `\\sigma^2` counts as one name."""
    compound = compound_id(tree)
    if compound and compound in declared:
        yield compound, tree
        return
    if isinstance(tree, s.Name):
        yield tree.id, tree
        return
    for f in fields(tree):
        for part in _direct(getattr(tree, f.name)):
            yield from quantities(part, declared)


def _direct(part: object) -> Iterator[s.Tree]:
    if isinstance(part, tuple):
        for p in part:
            yield from _direct(p)
    elif isinstance(part, s.Tree):
        yield part
