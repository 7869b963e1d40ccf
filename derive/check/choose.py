"""Under which problem of a report a claim is judged: by the heading above it, else by the names it uses."""

from __future__ import annotations

import re
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
    """A part of the report: its path of numbers, the problem whose steps it shows, how it is labelled, its title."""

    path: Path
    problem: str
    label: str
    title: str = ""


def choose(hand_in: HandIn, subjects: Mapping[str, Subject], asked: Sequence[Asked]) -> list[Subject]:
    """Return for each claim the subject under which it is judged; which verdict it gets plays no part in that."""
    by_path = {a.path: subjects[a.problem] for a in asked if a.problem in subjects}
    titles = [(_words(a.title), subjects[a.problem]) for a in asked if a.problem in subjects and a.title]
    by_title = {words: subject for words, subject in titles if words and [w for w, _ in titles].count(words) == 1}
    sections: dict[tuple[object, str], list[Claim]] = {}
    keys = _sections(hand_in, by_title)
    for claim in hand_in.claims:
        sections.setdefault(keys[id(claim)], []).append(claim)
    chosen: dict[tuple[object, str], Subject] = {}
    for section, claims in sections.items():
        found = _matched(claims[0].part.path, by_path) if claims[0].part is not None else None
        found = found or by_title.get(section[1])
        fewest = min(subjects.values(), key=lambda subject: unknown(hand_in, claims, subject))
        chosen[section] = found or fewest
    of = {id(claim): chosen[keys[id(claim)]] for claim in hand_in.claims}
    described = _described(hand_in, subjects, of)
    return [described.get(claim.paragraph, of[id(claim)]) for claim in hand_in.claims]


def _sections(hand_in: HandIn, by_title: Mapping[str, Subject]) -> dict[int, tuple[object, str]]:
    """Return what tells the section of a claim from others: its part, and the last heading that the report has, too."""
    found: dict[int, tuple[object, str]] = {}
    part, title = None, ""
    for claim in hand_in.claims:
        words = _words(claim.heading)
        title = words if words in by_title else title if claim.part is part else ""
        part = claim.part
        found[id(claim)] = (part, title)
    return found


def _words(heading: str) -> str:
    """Return a heading without its number, points and marks, to be compared."""
    return " ".join(re.findall(r"[^\W\d_]{2,}", re.sub(r"\([^)]*\)|\\[A-Za-z]+|\$[^$]*\$", " ", heading).lower()))


def _matched(path: Path, by_path: Mapping[Path, Subject]) -> Subject | None:
    """Return the subject of a part, or of the part that it is a sub-part of."""
    whole = (path[0].split(".")[0], *path[1:]) if path else path  # 2.1 may be a part of 2
    prefixes = (p[:length] for p in (path, whole) for length in range(len(p), 0, -1))
    return next((by_path[prefix] for prefix in prefixes if prefix in by_path), None)


def _described(hand_in: HandIn, subjects: Mapping[str, Subject], chosen: Mapping[int, Subject]) -> dict[int, Subject]:
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
        own = chosen[id(claims[0])]
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
