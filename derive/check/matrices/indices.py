"""Entries of vectors and matrices: `y_{ik}`, `x_{j1}`, `h_{t,i}`; which letters are indices, and how far they go."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod

from derive.check.quantities import Grid, Mismatch, Quantity
from derive.language import surface as s
from derive.language.walk import children

Whole = Callable[[str], Quantity | None]
_LETTER = re.compile(r"[a-z]")


def places(t: s.Name, whole: Whole) -> Iterator[tuple[str, tuple[str, ...], Grid]]:
    """Yield how a name with a subscript may be an entry: the id of the matrix, the indices, the matrix."""
    pieces = [p for p in t.sub.split(",") if p]
    sup = f"^{t.sup}" if t.sup else ""
    for cut in range(len(pieces)):
        head = "_".join((t.base, ",".join(pieces[:cut]))) if cut else t.base
        found = whole(head + sup)
        if isinstance(found, Grid):
            yield from ((head + sup, at, found) for at in split(pieces[cut:], found))


def split(pieces: list[str], whole: Grid) -> Iterator[tuple[str, ...]]:
    """Yield the indices that subscripts may be: `ij` are two of a matrix, `12` is one of a column."""
    wanted = 1 if 1 in whole.shape else 2
    if len(pieces) in (wanted, 2):
        yield tuple(pieces)
    if len(pieces) == 1 and re.fullmatch(r"[A-Za-z0-9:*]{2}", pieces[0]):
        yield tuple(pieces[0].replace("*", ":"))


def number(text: str, bound: Mapping[str, int], sizes: Mapping[str, int]) -> int | None:
    """Return the number that an index is: `3`, a letter, the size `n`, `i+1`; None where it is none."""
    if text in sizes and text not in bound:
        return sizes[text]
    terms = re.findall(r"([+-]?)([A-Za-z]+|\d+)", text)
    if not terms or "".join(sign + word for sign, word in terms) != text:
        return None
    total = 0
    for sign, word in terms:
        value = int(word) if word.isdigit() else bound.get(word, sizes.get(word))
        if value is None:
            return None
        total += -value if sign == "-" else value
    return total


def extents(
    tree: s.Tree, whole: Whole, value: Callable[[s.Tree], Quantity], sizes: Mapping[str, int]
) -> dict[str, int]:
    """Return how far each letter goes that stands as an index and that no sum inside binds.

    Raises Mismatch where a letter counts along two dimensions of different sizes.
    """
    found: dict[str, int] = {}
    for letter, size in _met(tree, whole, value, frozenset(sizes)):
        if found.setdefault(letter, size) != size:
            raise Mismatch(f"the index {letter} goes to {found[letter]} and to {size}")
    return found


def _met(
    tree: s.Tree, whole: Whole, value: Callable[[s.Tree], Quantity], skipped: frozenset[str]
) -> Iterator[tuple[str, int]]:
    if isinstance(tree, s.Name):
        found = next(places(tree, whole), None) if tree.sub and whole(tree.id) is None else None
        if found is not None:
            yield from _letters(found[1], found[2], skipped)
        return
    if isinstance(tree, s.Index):
        body = _known(value, tree.body)
        if isinstance(body, Grid):
            yield from _letters(next(split(tree.sub.split(","), body), ()), body, skipped)
    if isinstance(tree, s.BigSum):
        skipped = skipped | set(tree.indices)
    if (
        isinstance(tree, s.Transpose)
        and isinstance(tree.body, s.Name)
        and tree.body.sub
        and whole(tree.body.id) is None
    ):
        found = next(places(tree.body, whole), None)
        if found is not None and len(found[1]) == 2 and 1 not in found[2].shape:  # X_{kj}^T is the entry kj of Xᵀ
            yield from _letters(found[1][::-1], found[2], skipped)
            return
    for child in children(tree):
        yield from _met(child, whole, value, skipped)


def _known(value: Callable[[s.Tree], Quantity], tree: s.Tree) -> Quantity | None:
    try:
        return value(tree)
    except (ArithmeticError, ValueError):
        return None


def _letters(at: tuple[str, ...], whole: Grid, skipped: frozenset[str]) -> Iterator[tuple[str, int]]:
    sizes = whole.shape if len(at) == 2 else (max(whole.shape),)
    for text, size in zip(at, sizes, strict=True):
        if _LETTER.fullmatch(text) and text not in skipped:
            yield text, size


def bindings(free: Mapping[str, Sequence[int]], most: int) -> list[dict[str, int]]:
    """Return values of the indices: all of them where they are few, else some that are spread evenly."""
    count = prod(map(len, free.values()))
    step = max(1, count // most)
    numbers = range(count) if count <= most else [*range(0, count, step), count - 1]
    return [_unravelled(number, free) for number in numbers]


def _unravelled(number: int, free: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """Return the values of indices that come at a place when all are counted, the last one fastest."""
    found = {}
    for letter in reversed(list(free)):
        number, at = divmod(number, len(free[letter]))
        found[letter] = free[letter][at]
    return {letter: found[letter] for letter in free}
