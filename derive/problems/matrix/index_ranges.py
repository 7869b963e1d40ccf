"""How far indices go: shapes of what has entries, from the sums over its indices and from what stands beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from derive.errors import Fault
from derive.language import surface as s
from derive.language.walk import walk
from derive.matrices.dims import SCALAR, Dim, Shape, of
from derive.matrices.read import dimension
from derive.problems.matrix.free_indices import Ends, FreeIndices, entries_in
from derive.source import Slice


def leaf_shapes(
    sides: Sequence[tuple[s.Tree, Slice]], found: FreeIndices, shapes: Mapping[str, Shape]
) -> dict[str, Shape]:
    """Return the shapes of what has entries and no shape yet, from the ranges of the indices; raises a Fault.

    sides: right sides with their texts. What stands beside entries without an index is a scalar.
    """
    ranges = _ranges(sides)
    made = dict(shapes)
    for tree, text in sides:
        entries = list(entries_in(tree, found, {}))
        local = {
            letter: made[x.base][k] for x, _ in entries if x.base in made for k, letter in enumerate(found.entry(x)[:2])
        }
        for x, ends in entries:
            if x.base in made or x.base in found.free:
                continue
            dims = [_range(i, ends, {**ranges, **local}, text, x) for i in found.entry(x)]
            made[x.base] = (dims[0], dims[1] if len(dims) > 1 else of(1))
    return {id: shape for id, shape in made.items() if id not in shapes}


def _ranges(sides: Sequence[tuple[s.Tree, Slice]]) -> dict[str, Dim]:
    """Return the range of each index over which all sums go equally far."""
    found: dict[str, set[Dim]] = {}
    for tree, text in sides:
        for x in walk(tree):
            if isinstance(x, s.BigSum) and x.upper is not None:
                for letter in x.indices:
                    found.setdefault(letter, set()).add(dimension(x.upper, text))
    return {letter: next(iter(dims)) for letter, dims in found.items() if len(dims) == 1}


def _range(letter: str, ends: Ends, known: Mapping[str, Dim], text: Slice, x: s.Name) -> Dim:
    upper = ends.get(letter)
    if upper is not None:
        return dimension(upper, text)
    if letter not in known:
        example = rf"\sum_{{{letter}=1}}^{{N}}, or shapes: {x.base} \in R^N"
        raise Fault(f"how far does {letter} go?", text.span(*x.at), expected=example)
    return known[letter]


def beside_entries(tree: s.Tree, found: FreeIndices, shapes: Mapping[str, Shape]) -> set[str]:
    """Return the names without an index in a formula of entries; none where a row of a matrix stands in it."""
    entries = [x for x, _ in entries_in(tree, found, {})]
    if any(len(found.entry(x)) == 1 and shapes.get(x.base, SCALAR)[1] != of(1) for x in entries):
        return set()
    return {x.id for x in walk(tree) if isinstance(x, s.Name) and not found.entry(x)} if entries else set()
