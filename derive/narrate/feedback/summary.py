"""What became of a hand-in in numbers: in all and by part."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from derive.check.hand_in import Judged
from derive.check.missing import Wanted
from derive.check.result import FLAGGED
from derive.narrate.feedback.remarks import WORDS, Feedback, relations


@dataclass(frozen=True, slots=True)
class Group:
    """What belongs to one part: its label ("" before the first), its problem, the claims by index, what is missing."""

    label: str
    problem: str
    claims: tuple[int, ...]
    missing: tuple[Wanted, ...] = ()


def groups(feedback: Feedback) -> list[Group]:
    """Return the claims by part and problem, in the order of the parts."""
    found: dict[tuple[str, str], list[int]] = {}
    for index, one in enumerate(feedback.judged):
        problem = one.subject.name if feedback.graph is None else ""
        found.setdefault((_label(one), problem), []).append(index)
    missing: dict[tuple[str, str], list[Wanted]] = {}
    for want in feedback.missing:
        missing.setdefault(("".join(want.part), want.problem), []).append(want)
    keys = sorted(dict.fromkeys([*found, *missing]), key=lambda key: _order(key[0]))
    return [Group(*key, tuple(found.get(key, ())), tuple(missing.get(key, ()))) for key in keys]


def _order(label: str) -> tuple[int, str]:
    number = re.match(r"\d*", label)
    return int(number[0] or 0) if number else 0, label


def titled(group: Group) -> str:
    """Return what a part is called: its label and its problem."""
    return " ".join(filter(None, (group.label, group.problem))) or "(no part)"


def _label(judged: Judged) -> str:
    return "".join(judged.claim.part.path) if judged.claim.part is not None else ""


def counted(kinds: Mapping[str, int]) -> str:
    """Return counts in words, each with its sign: "42 right ✓, 2 wrong ✗"."""
    parts = [f"{kinds[kind]} {word} {sign}" for kind, (sign, word) in WORDS.items() if kinds.get(kind)]
    return ", ".join(parts) or "no formula found"


def first_wrong(feedback: Feedback, group: Group) -> int | None:
    """Return the line of the first wrong step of a part, None where there is none."""
    lines = [feedback.judged[i].claim.line for i in group.claims if feedback.judged[i].verdict.kind in FLAGGED[:2]]
    return min(lines, default=None)


def summary(feedback: Feedback) -> str:
    """Return how many relations there are and what became of them."""
    return f"{relations(len(feedback.judged))}: {counted(kinds_of(feedback))}"


def kinds_of(feedback: Feedback, group: Group | None = None) -> Counter[str]:
    """Return how often each verdict was given, in all or in a part, and how many answers are missing there."""
    chosen = range(len(feedback.judged)) if group is None else group.claims
    kinds = Counter(feedback.judged[i].verdict.kind for i in chosen)
    kinds["missing"] = len(feedback.missing if group is None else group.missing)
    return kinds
