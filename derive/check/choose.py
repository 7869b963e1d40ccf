"""Under which problem of a report a claim is judged: by the heading above it, else by the names it uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from derive.check.claims import Claim, HandIn
from derive.check.parts import Path
from derive.check.subject import Subject
from derive.errors import Fault
from derive.language import surface as s
from derive.language.occurrences import quantities


@dataclass(frozen=True, slots=True)
class Asked:
    """A part of the report: its path of numbers, the problem whose steps it shows, how it is labelled."""

    path: Path
    problem: str
    label: str


def choose(hand_in: HandIn, subjects: Mapping[str, Subject], asked: Sequence[Asked]) -> list[Subject]:
    """Return for each claim the subject under which it is judged; which verdict it gets plays no part in that."""
    by_path = {a.path: subjects[a.problem] for a in asked if a.problem in subjects}
    sections: dict[object, list[Claim]] = {}
    for claim in hand_in.claims:
        sections.setdefault(claim.part, []).append(claim)
    chosen: dict[object, Subject] = {}
    for part, claims in sections.items():
        found = by_path.get(claims[0].part.path) if claims[0].part is not None else None
        fewest = min(subjects.values(), key=lambda subject: unknown(hand_in, claims, subject))
        chosen[part] = found or fewest
    return [chosen[claim.part] for claim in hand_in.claims]


def unknown(hand_in: HandIn, claims: Iterable[Claim], subject: Subject) -> int:
    """Return how many names of some claims a subject does not know."""
    ids: set[str] = set()
    for claim in claims:
        for side in (claim.left, claim.right):
            try:
                tree = hand_in.tree(side, subject.table)
            except Fault:
                continue
            ids |= names(tree)
    return sum(1 for id in ids if subject.plain(id) is None and subject.after(id) is None and not subject.is_rate(id))


def names(tree: s.Tree) -> set[str]:
    """Return the ids of the quantities in a tree."""
    return {id for id, _ in quantities(tree)} - {"e", "pi", "infty"}
