"""What a misconception is: one record that the search, the tests and `derive explain` read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from derive.language import surface as s

if TYPE_CHECKING:
    from derive.check.misconceptions.matrices.setting import MatrixSetting
    from derive.check.misconceptions.setting import Setting


@dataclass(frozen=True, slots=True)
class Change:
    """A formula with one part written differently: `right` is what should stand there, `wrong` what stands instead.

    A part that is missing on one side has no tree there.
    """

    tree: s.Tree
    right: s.Tree | None = None
    wrong: s.Tree | None = None


Changes = Callable[[s.Tree, Any], Iterator[Change]]
Relates = Callable[[s.Tree, s.Tree, "MatrixSetting"], Change | None]


@dataclass(frozen=True, slots=True)
class Example:
    """A small network (the keys of an entry of a report) with a line as a student writes it, and as it should be."""

    network: dict[str, str]
    wrong: str
    right: str


@dataclass(frozen=True, slots=True)
class Misconception:
    """One way to go wrong.

    code: its name in `derive explain` and in the JSON. title: a few words for a student; why: how to see it.
    says: the sentence beside a line; {right} and {wrong} stand for the two parts of a Change, {right!} for a factor
    with the local derivative that it is.
    variants: a correct formula → what a student with this misconception writes instead.
    repairs: a wrong formula → what may have been meant; None where the variants are that too (a sign, a label).
    relates: with matrices, the two sides of a wrong line → what is between them, None where it is something else.
    """

    code: str
    title: str
    why: str
    says: str
    example: Example
    variants: Changes
    repairs: Changes | None = None
    relates: Relates | None = None


def nothing(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield no repair: what was lost cannot be seen in the wrong formula."""
    return iter(())


def swapped(changes: Changes) -> Changes:
    """Return changes that are read in the other direction: what stands there is the wrong part."""

    def repairs(tree: s.Tree, setting: Setting) -> Iterator[Change]:
        for change in changes(tree, setting):
            yield Change(change.tree, right=change.wrong, wrong=change.right)

    return repairs
