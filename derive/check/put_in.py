r"""Values that a hand-in only puts in: `\omega_0 x = 0.5 \cdot 1` says that ω₀ is 0.5 and x is 1."""

from __future__ import annotations

from collections.abc import Iterator

from derive.language import surface as s
from derive.language.walk import children

_LONGEST = 200  # parts of a formula


def put_in(formula: s.Tree, numbers: s.Tree) -> Iterator[tuple[s.Name, s.Tree]]:
    """Yield the names of a formula with the numbers that stand in their places; nothing where the two differ in form.

    A part that is no name may have a number in its place: that is its value, which says nothing new.
    """
    found: list[tuple[s.Name, s.Tree]] = []
    stack = [(formula, numbers)]
    seen = 0
    while stack:
        a, b = stack.pop()
        seen += 1
        if seen > _LONGEST:
            return
        if isinstance(a, s.Name) and is_number(b):
            found.append((a, b))
            continue
        if is_number(b) and not (is_number(a) and a != b):
            continue
        if not _alike(a, b):
            return
        stack += zip(children(a), children(b), strict=True)
    yield from found


def is_number(tree: s.Tree) -> bool:
    """Return whether a tree is a number as it is given: with a sign, or as a fraction."""
    match tree:
        case s.Neg():
            return is_number(tree.body)
        case s.Div():
            return is_number(tree.above) and is_number(tree.below)
    return isinstance(tree, s.Num)


def _alike(a: s.Tree, b: s.Tree) -> bool:
    if type(a) is not type(b) or len(children(a)) != len(children(b)) or not children(a):
        return isinstance(a, s.Num) and isinstance(b, s.Num) and a.text == b.text
    return not isinstance(a, s.Call) or (isinstance(b, s.Call) and (a.fn, a.primes) == (b.fn, b.primes))
