"""Answers that are asked for and not found: gradients and updated values that no claim speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from derive.check.bench import constant
from derive.check.hand_in import Judged
from derive.check.parts import Path
from derive.language import surface as s

_ARROW = "←"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An answer: the gradient by a node, or (`updated`) its value after the update.

    spelled: the node as the report spells it. name, expected: what is asked for and what it is, as LaTeX.
    """

    part: Path
    problem: str
    node: str
    updated: bool
    spelled: str
    name: str
    expected: str

    @property
    def number(self) -> bool:
        """Whether the answer is a number, so that a formula alone does not give it."""
        return re.fullmatch(r"-?[\d.,{}\s]*(\\times)?[\d.,{}^\s-]*|-?\\frac\{\d+\}\{\d+\}", self.expected) is not None


def missing(judged: Sequence[Judged], wanted: Iterable[Wanted]) -> list[Wanted]:
    """Return the answers that stand nowhere in a hand-in; where it puts them is its own affair."""
    return [want for want in wanted if not _found(want, judged)]


def _found(want: Wanted, judged: Sequence[Judged]) -> bool:
    """Return whether the quantity stands in a claim, and if it is a number, whether equality leads from it to one."""
    read = [j for j in judged if j.trees is not None]
    same = {key for j in read for key, tree in _sides(j) if _means(tree, want, j)}
    if not want.number:
        return bool(same)
    size = 0
    while size != len(same):
        size = len(same)
        for j in read:
            ends = {key for key, _ in _sides(j)}
            same |= ends if ends & same else set()
    return any(key in same and constant(tree) for j in read for key, tree in _sides(j))


def _sides(judged: Judged) -> list[tuple[str, s.Tree]]:
    """Return the sides as text without blanks; what an arrow points at is not what the same name is elsewhere."""
    assert judged.trees is not None
    left, right = ("".join(side.text.split()) for side in (judged.claim.left, judged.claim.right))
    return [(left + _ARROW * _renews(judged), judged.trees[0]), (right, judged.trees[1])]


def _renews(judged: Judged) -> bool:
    """Return whether a claim gives a parameter its new value under its own name: `w \\leftarrow …`, `w := w - …`."""
    head = judged.trees[0] if judged.trees is not None else None
    new = isinstance(head, s.Name) and judged.bench is not None and judged.bench.new(head.id) is not None
    return new and judged.claim.relation in ("<-", ":=")


def _means(tree: s.Tree, want: Wanted, judged: Judged) -> bool:
    """Return whether a side of a claim is the quantity that is wanted, by its own name or one of the hand-in's."""
    subject, bench = judged.subject, judged.bench
    if subject.name != want.problem or bench is None or not subject.points:
        return False
    world = bench.world(subject.points[0])
    match tree:
        case s.Name() if want.updated:
            return bench.new(tree.id) == want.node
        case s.Partial(wrt=(by,)) if not want.updated:
            return world.quantity(by) == want.node and world.quantity(tree.of) == subject.loss
    return False
