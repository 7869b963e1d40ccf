r"""Lines about entries: `y_i = \gamma \hat{x}_i + \beta` is a line of the vector y, its formula taken at every entry.

A letter below the left side is such an index where a sum of the network runs over it, or where it stands below a
vector on the right; anything else below a name is a part of the name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from derive.errors import Fault
from derive.language import surface as s
from derive.language.grammar import Table, parse
from derive.language.meaning import compound_id
from derive.language.unfold import rebuilt
from derive.language.walk import children, walk
from derive.matrices.dims import Shape
from derive.matrices.indexed import capital
from derive.problems.line import Line, read_name
from derive.source import Slice

_ID = re.compile(r"(?P<base>.+)_(?P<sub>[a-z]{1,2})(?P<sup>\^.*)?")
_COMPOUND = re.compile(r"\^\d+$")
_LETTERS = re.compile(r"[a-z],?[a-z]|[a-z]")
_SUBSCRIPT = re.compile(r"\s*_\s*(?:[a-z]|\{\s*[a-z]\s*,?\s*[a-z]?\s*\})\s*$")


def letters_of(sub: str) -> tuple[str, ...]:
    """Return the letters of a subscript that may be indices: `ij`, `i,j` or `i`; none for any other."""
    return tuple(sub.replace(",", "")) if _LETTERS.fullmatch(sub) else ()


def base_id(x: s.Name) -> str:
    """Return the id of what a name with a subscript is an entry of."""
    return f"{x.base}^{x.sup}" if x.sup else x.base


def without_index(text: Slice) -> Slice:
    """Return the text of a name without its subscript: y for y_i."""
    return text.cut(0, len(_SUBSCRIPT.sub("", text.text)))


@dataclass(frozen=True)
class FreeIndices:
    """What is indexed in a network: letters that are indices, and what has entries.

    free: id of a line → the indices of its left side. apart: ids with a subscript that are names of their own.
    """

    letters: frozenset[str]
    bases: frozenset[str]
    free: Mapping[str, tuple[str, ...]]
    apart: frozenset[str] = frozenset()

    def entry(self, x: s.Tree) -> tuple[str, ...]:
        """Return the indices of a name that means an entry, none for any other part."""
        if not self.free or not isinstance(x, s.Name) or x.id in self.apart:
            return ()
        letters = letters_of(x.sub)
        return letters if base_id(x) in self.bases or all(i in self.letters for i in letters) else ()

    def base(self, x: s.Name) -> str:
        """Return the id of what a name is an entry of: for x_i X, where only that is known."""
        return next((id for id in (base_id(x), capital(base_id(x))) if id in self.bases), base_id(x))

    def whole(self, id: str) -> str:
        """Return the id of the vector of which an id means the entries: x for x_i; of any other the id itself."""
        match = _ID.fullmatch(id)
        if not self.free or match is None or id in self.apart:
            return id
        whole = match["base"] + (match["sup"] or "")
        return whole if whole in self.bases or set(match["sub"]) <= self.letters else id

    def at_whole(self, text: Slice) -> Slice:
        """Return a name of a list (`wrt: x_i`) as that of the whole vector."""
        id = read_name(text)
        return text if self.whole(id) == id else without_index(text)

    def settled(self, tree: s.Tree) -> s.Tree:
        """Return a tree in which an entry names its vector, also one with a superscript."""
        if not self.free:
            return tree
        if isinstance(tree, s.Name):
            return replace(tree, base=self.base(tree), sup="") if self.entry(tree) else tree
        return rebuilt(tree, self.settled)


NONE = FreeIndices(frozenset(), frozenset(), {})


def free_indices(lines: Sequence[Line], declared: Mapping[str, Shape | None]) -> tuple[list[Line], FreeIndices]:
    """Return lines whose left sides are whole vectors, and what is indexed in them.

    declared: ids that are said to be vectors or matrices, by shapes or values, with those of scalars as None.
    """
    known = Table(frozenset(line.id for line in lines))
    trees = {line.id: parse(line.sides[-1], known) for line in lines}
    summed = {i for tree in trees.values() for x in walk(tree) if isinstance(x, s.BigSum) for i in x.indices}
    free: dict[str, tuple[str, ...]] = {}
    found: list[Line] = []
    for line in lines:
        head = parse(line.name)
        letters = letters_of(head.sub) if isinstance(head, s.Name) else ()
        if letters and line.id not in declared and _means(letters, trees[line.id], summed, declared):
            assert isinstance(head, s.Name)
            if len(set(letters)) != len(letters):
                raise Fault(f"the index {letters[0]} stands twice on the left", line.head.span())
            free[base_id(head)] = letters
            line = replace(line, id=base_id(head), name=without_index(line.name))
        found.append(line)
    if not free:
        return list(lines), NONE
    letters_used = frozenset({i for letters in free.values() for i in letters} | summed)
    bases = frozenset(free) | {id for id, shape in declared.items() if shape is not None}
    return found, FreeIndices(letters_used, bases, free, frozenset(declared) | {line.id for line in found})


def _means(letters: Sequence[str], tree: s.Tree, summed: Collection[str], declared: Mapping[str, Shape | None]) -> bool:
    """Return whether letters below a left side are indices."""
    below = [x for x in walk(tree) if isinstance(x, s.Name) and declared.get(base_id(x)) is not None]
    seen = {i for x in below if x.id not in declared for i in letters_of(x.sub)}
    return all(i in summed or i in seen for i in letters)


def with_compounds(tree: s.Tree, known: Collection[str]) -> s.Tree:
    r"""Return a tree in which a name such as \sigma^2 that a line defines is one name."""
    if not any(_COMPOUND.search(id) for id in known):
        return tree
    compound = compound_id(tree) if isinstance(tree, s.Pow) else ""
    if compound and compound in known:
        return s.Name(tree.at, compound, compound, "", "", compound)
    return rebuilt(tree, lambda part: with_compounds(part, known))


def require_bound(tree: s.Tree, text: Slice, found: FreeIndices, free: tuple[str, ...]) -> None:
    """Raise a Fault at an index that neither the left side has nor a sum runs over."""
    for x, ends in entries_in(tree, found, {}):
        for letter in found.entry(x):
            if letter not in free and letter not in ends:
                title = f"the index {letter} stands on the right only"
                own = f"the index {', '.join(free)} of the left side" if free else f"{letter} on the left side too"
                raise Fault(title, text.span(*x.at), expected=f"{own}, or a sum over {letter}")


Ends = Mapping[str, s.Tree | None]  # index of a sum → its last value


def entries_in(tree: s.Tree, found: FreeIndices, ends: Ends) -> Iterator[tuple[s.Name, Ends]]:
    """Yield the entries in a tree with the indices of the sums around them."""
    if isinstance(tree, s.Name) and found.entry(tree):
        yield tree, ends
    if isinstance(tree, s.BigSum):
        ends = {**ends, **dict.fromkeys(tree.indices, tree.upper)}
    for part in children(tree):
        yield from entries_in(part, found, ends)
