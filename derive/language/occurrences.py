"""The names that occur in a surface tree."""

from __future__ import annotations

from collections.abc import Iterator

from derive.language import surface as s
from derive.language.meaning import compound_id
from derive.language.walk import children


def quantities(tree: s.Tree, declared: frozenset[str] = frozenset()) -> Iterator[tuple[str, s.Tree]]:
    """Yield (id, where) for each name that stands for a quantity; a declared `\\sigma^2` counts as one name."""
    compound = compound_id(tree)
    if compound and compound in declared:
        yield compound, tree
        return
    if isinstance(tree, s.Name):
        yield tree.id, tree
        return
    for part in children(tree):
        yield from quantities(part, declared)
