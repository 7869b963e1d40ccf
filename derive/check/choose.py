"""Under which problem of a report a claim is judged: by the heading above it, else by the names it uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from derive.check.bench import Bench, constant
from derive.check.claims import Claim, HandIn
from derive.check.judge import judge
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
        found = _matched(claims[0].part.path, by_path) if claims[0].part is not None else None
        fewest = min(subjects.values(), key=lambda subject: unknown(hand_in, claims, subject))
        chosen[part] = found or fewest
    described = _described(hand_in, subjects, chosen)
    return [described.get(claim.paragraph, chosen[claim.part]) for claim in hand_in.claims]


def _matched(path: Path, by_path: Mapping[Path, Subject]) -> Subject | None:
    """Return the subject of a part, or of the part that it is a sub-part of."""
    whole = (path[0].split(".")[0], *path[1:]) if path else path  # 2.1 may be a part of 2
    prefixes = (p[:length] for p in (path, whole) for length in range(len(p), 0, -1))
    return next((by_path[prefix] for prefix in prefixes if prefix in by_path), None)


def _described(
    hand_in: HandIn, subjects: Mapping[str, Subject], chosen: Mapping[object, Subject]
) -> dict[int, Subject]:
    """Return the paragraphs that describe another problem than that of their part: the exercise, written out again.

    Such a paragraph restates two lines or more that are all lines of the other problem and none of its own. A single
    one is no description: it may be a mistake that happens to make one problem into another.
    """
    lines: dict[int, list[Claim]] = {}
    for claim in hand_in.claims:
        if claim.at == 0 and claim.relation in ("=", ":=") and not claim.unread:
            lines.setdefault(claim.paragraph, []).append(claim)
    found: dict[int, Subject] = {}
    for paragraph, claims in lines.items():
        own = chosen[claims[0].part]
        restated = {name: [_restates(hand_in, c, subject) for c in claims] for name, subject in subjects.items()}
        mine = restated[own.name]
        for name, others in restated.items():
            new = [b for a, b in zip(mine, others, strict=True) if a is not b]
            if len(new) >= 2 and all(new) and name != own.name:
                found[paragraph] = subjects[name]
    return found


def _restates(hand_in: HandIn, claim: Claim, subject: Subject) -> bool | None:
    """Return whether a claim is a line of a subject's forward pass, None where it is about no line."""
    try:
        left, right = (hand_in.tree(side, subject.table) for side in (claim.left, claim.right))
    except Fault:
        return None
    id = left.id if isinstance(left, s.Name) else left.fn if isinstance(left, s.Call) else ""
    node = subject.plain(id)
    if node is None or not subject.is_line(node) or constant(right):
        return None
    return judge(left, right, False, Bench(subject)).kind == "correct"


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
