"""Surface trees with one part exchanged, and the trees that variants are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from fractions import Fraction
from itertools import count
from typing import Any

from derive.check.rounding import unit
from derive.language import surface as s
from derive.language.unfold import rebuilt
from derive.language.walk import children

Put = Callable[[s.Tree], s.Tree]
_PLACE = count(1)


def here() -> s.Range:
    """Return a place that no other part has: numbers are told apart by their place."""
    at = -next(_PLACE)
    return (at, at)


def spots(tree: s.Tree, put: Put = lambda new: new) -> Iterator[tuple[s.Tree, Put]]:
    """Yield every part of a tree with a function that returns the tree with another part there.

    A derivative is one part: what stands in it are names, no operands.
    """
    yield tree, put
    if isinstance(tree, (s.Partial, s.EvalAt, s.BigSum, s.Cases)):
        return
    for at, child in enumerate(children(tree)):
        yield from spots(child, lambda new, at=at: put(_with_child(tree, at, new)))  # type: ignore[misc]


def _with_child(tree: s.Tree, at: int, new: s.Tree) -> s.Tree:
    places = count()
    return rebuilt(tree, lambda child: new if next(places) == at else child)


def everywhere(tree: s.Tree, change: Callable[[s.Tree], s.Tree | None]) -> s.Tree:
    """Return a tree with every part exchanged for which `change` has something else."""
    other = change(tree)
    return other if other is not None else rebuilt(tree, lambda child: everywhere(child, change))


def same(a: Any, b: Any) -> bool:
    """Return whether two trees are written alike, wherever they stand."""
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if type(a) is not type(b):
        return False
    if not isinstance(a, s.Tree):
        return bool(a == b)
    skipped = ("at", "latex", "signs") if isinstance(a, (s.Name, s.Mul)) else ("at",)
    return all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a) if f.name not in skipped)


def alike(a: s.Tree, b: s.Tree) -> bool:
    """Return whether two formulas of numbers are written alike, as far as the digits of the second one go."""
    if isinstance(a, s.Num) and isinstance(b, s.Num):
        return abs(Fraction(a.text) - Fraction(b.text)) <= (unit(b.text) / 2 if "." in b.text else 0)
    inner, other = children(a), children(b)
    if type(a) is not type(b) or len(inner) != len(other) or (isinstance(a, s.Call) and a.fn != getattr(b, "fn", "")):
        return False
    return same(a, b) if not inner else all(alike(x, y) for x, y in zip(inner, other, strict=True))


def number(text: str) -> s.Tree:
    """Return a number with its sign."""
    return s.Neg(here(), s.Num(here(), text[1:])) if text.startswith("-") else s.Num(here(), text)


def times(*factors: s.Tree) -> s.Tree:
    """Return a product; products among the factors are opened."""
    flat = [f for factor in factors for f in (factor.factors if isinstance(factor, s.Mul) else (factor,))]
    return flat[0] if len(flat) == 1 else s.Mul(here(), tuple(flat), ("",) * (len(flat) - 1))


def plus(*terms: s.Tree) -> s.Tree:
    return terms[0] if len(terms) == 1 else s.Add(here(), terms)


def negated(tree: s.Tree) -> s.Tree:
    return tree.body if isinstance(tree, s.Neg) else s.Neg(here(), tree)


def bare(tree: s.Tree) -> s.Tree:
    """Return a tree without the minus in front of it."""
    while isinstance(tree, s.Neg):
        tree = tree.body
    return tree


def fraction(above: s.Tree, below: s.Tree) -> s.Tree:
    return s.Div(here(), above, below, "frac")


def without(parts: tuple[s.Tree, ...], *dropped: int) -> tuple[s.Tree, ...]:
    return tuple(p for i, p in enumerate(parts) if i not in dropped)


def fresh(tree: s.Tree) -> s.Tree:
    """Return a tree all parts of which stand at places of their own."""
    return replace(rebuilt(tree, fresh), at=here())


def complements(factors: tuple[s.Tree, ...]) -> Iterator[tuple[int, int]]:
    """Yield where h and 1 - h stand in a product, the slope of a sigmoid."""
    for i, h in enumerate(factors):
        for j, other in enumerate(factors):
            match other:
                case s.Add(terms=(s.Num(text="1"), s.Neg(body=inner))) if i != j and same(inner, h):
                    yield i, j
