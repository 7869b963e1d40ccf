"""Walks over surface trees that do not recurse, so that no depth is too much for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from derive.language import surface as s

Value = TypeVar("Value")


def children(tree: s.Tree) -> tuple[s.Tree, ...]:
    """Return the direct parts of a node in the order of its fields, without those that are not written."""
    match tree:
        case s.Num() | s.Name() | s.Dots():
            return ()
        case s.Add():
            return tree.terms
        case s.Mul():
            return tree.factors
        case s.Call():
            return tree.args if tree.base is None else (*tree.args, tree.base)
        case s.Neg() | s.Bars() | s.Nabla() | s.Transpose() | s.Index():
            return (tree.body,)
        case s.Div():
            return (tree.above, tree.below)
        case s.Pow():
            return (tree.base, tree.exponent)
        case s.Root():
            return (tree.body,) if tree.degree is None else (tree.body, tree.degree)
        case s.Partial():
            return (tree.of, *tree.wrt)
        case s.BigSum():
            return tuple(part for part in (tree.body, tree.lower, tree.upper) if part is not None)
        case s.Matrix():
            return tuple(cell for row in tree.rows for cell in row)
        case s.Cases():
            return tuple(part for branch in tree.branches for part in branch if part is not None)
        case s.Relation():
            return tree.sides
        case s.Indicator():
            return (tree.condition,)
        case s.EvalAt():
            return (tree.body, *(value for _, value in tree.points))
        case s.Seq():
            return tree.items


def walk(tree: s.Tree) -> Iterator[s.Tree]:
    """Yield a tree and all that is within it, a node before its parts."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def fold(tree: s.Tree, rule: Callable[[s.Tree, list[Value]], Value]) -> Value:
    """Return rule(node, values of its children) for the root, computed from the leaves up."""
    order: list[tuple[s.Tree, int]] = []
    stack = [tree]
    while stack:
        node = stack.pop()
        parts = children(node)
        order.append((node, len(parts)))
        stack.extend(parts)
    values: list[Value] = []
    for node, count in reversed(order):
        taken = values[len(values) - count :]
        del values[len(values) - count :]
        # The walk above went from the last child to the first.
        values.append(rule(node, taken))
    return values[0]


def depth(tree: s.Tree) -> int:
    """Return the number of levels of a tree."""
    return fold(tree, lambda _, parts: 1 + max(parts, default=0))
