"""A hand-in against a report: every claim gets a verdict, in the order of the text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from derive.check.bench import Bench, Verdict, define, defines_function
from derive.check.choose import Asked, choose, names
from derive.check.claims import MOST, Claim, HandIn
from derive.check.extrema import Extreme, attains, extreme
from derive.check.follow import Slip, carried_on, followed, slip_of
from derive.check.judge import judge
from derive.check.limits import at_infinity, condition
from derive.check.membership import COMPARED, compared, member
from derive.check.other_conventions import Conventions
from derive.check.places import judged_at, place, said_behind
from derive.check.rounding import literal
from derive.check.subject import Subject
from derive.check.value import TooLong, bounded
from derive.errors import Fault
from derive.language import surface as s
from derive.source import Slice

# Operations for a whole hand-in, for each claim until they are spent, and for each one from then on.
_WORK, _ONE, _LEAST = 300_000, 50_000, 4_000
_DEFINING = ("=", ":=")
_EQUALITIES = {"=": False, ":=": False, "~": True, "<-": False}


@dataclass(frozen=True)
class Judged:
    """A claim with its verdict; follows: the index of the claim that it only repeats the mistake of.

    bench: all that the hand-in says of its own names.
    diagnosis: what was done instead, with its code, title and reason; None where that is not known.
    """

    claim: Claim
    verdict: Verdict
    subject: Subject
    trees: tuple[s.Tree, s.Tree] | None = None
    follows: int | None = None
    diagnosis: Any = None
    bench: Bench | None = None


def check(hand_in: HandIn, subjects: Mapping[str, Subject], asked: Sequence[Asked]) -> list[Judged]:
    """Return the claims of a hand-in with their verdicts."""
    checker = _Checker(hand_in)
    seen = replace(hand_in, claims=tuple(c for at, c in enumerate(hand_in.claims) if hand_in.looked_at(at)))
    with bounded(_WORK):
        chosen = iter(choose(seen, subjects, asked))
    with bounded(_ONE) as work:
        for at, claim in enumerate(hand_in.claims):
            work.renew(_ONE if work.done < _WORK else _LEAST)
            if hand_in.looked_at(at):
                checker.take(at, claim, next(chosen))
            else:
                checker.pass_over(claim)
        conventions = {name: Conventions(bench.subject) for name, bench in checker.benches.items()}
        found = []
        for one in checker.done:
            work.renew(_ONE if work.done < _WORK else _LEAST)
            found.append(_explained(one, checker.benches[one.subject.name], conventions[one.subject.name]))
    return found


def _explained(judged: Judged, bench: Bench, conventions: Conventions) -> Judged:
    """Return a claim with what the hand-in says of its own names, and why it is wrong if it is."""
    if judged.trees is None or judged.verdict.kind not in ("wrong", "undecided"):
        return replace(judged, bench=bench)
    try:
        if judged.verdict.kind == "undecided":
            judged = _known_by_now(judged, judged.trees, bench)
        if judged.verdict.kind != "wrong" or judged.trees is None:
            return replace(judged, bench=bench)
        return _diagnosed(judged, judged.trees, bench, conventions)
    except (TooLong, RecursionError):
        return replace(judged, bench=bench)


def _known_by_now(judged: Judged, trees: tuple[s.Tree, s.Tree], bench: Bench) -> Judged:
    """Return a claim judged again where it uses a name that the text only says afterwards: `…, with δ = …`."""
    late = judged.verdict.because.endswith("has no value") and judged.claim.relation in _EQUALITIES
    if not late or all(
        bench.subject.plain(id) is not None or id not in bench.own for tree in trees for id in names(tree)
    ):
        return judged
    return replace(judged, verdict=judge(*trees, _EQUALITIES[judged.claim.relation], bench))


def _diagnosed(judged: Judged, trees: tuple[s.Tree, s.Tree], bench: Bench, conventions: Conventions) -> Judged:
    from derive.check.misconceptions import diagnose

    approximate = _EQUALITIES.get(judged.claim.relation, False)
    other = conventions.explain(trees, approximate, bench)
    if other is not None:
        return replace(judged, bench=bench, diagnosis=other)
    return replace(judged, bench=bench, diagnosis=diagnose(*trees, judged.verdict, bench, approximate))


class _Checker:
    def __init__(self, hand_in: HandIn) -> None:
        self.hand_in = hand_in
        self.benches: dict[str, Bench] = {}
        self.slips: dict[str, list[Slip]] = {}
        self.done: list[Judged] = []
        self.extreme: Extreme | None = None  # what the claim before is the extremum of

    def take(self, index: int, claim: Claim, subject: Subject) -> None:
        bench = self.benches.setdefault(subject.name, Bench(subject))
        if self.done and self.done[-1].claim.paragraph != claim.paragraph:
            bench.numbers.clear()
        sides = [self.tree(side, subject) for side in claim.chain]
        left, right = sides[claim.at], sides[claim.at + 1]
        if claim.unread:
            self.done.append(Judged(claim, Verdict("unread", claim.unread), subject))
            return
        if left is None or right is None:
            side = claim.left if left is None else claim.right
            self.done.append(Judged(claim, Verdict("unread", self.why(side, subject)), subject))
            return
        try:
            extremum = self.extreme
            self.extreme = None
            verdict = self.at_place(claim, left, right, bench, extremum)
            if verdict is None:
                introduced = self.introduced(sides, claim, bench)
                verdict = self.verdict(claim, left, right, introduced, bench)
                verdict = self.elsewhere(index, left, right, verdict, bench)
            if claim.doubt and verdict.kind not in ("correct", "definition"):
                verdict = Verdict("undecided", claim.doubt)
            judged = self.linked(Judged(claim, verdict, subject, (left, right)), bench)
        except (TooLong, RecursionError):
            judged = Judged(claim, Verdict("undecided", "this takes too long"), subject, (left, right))
        self.done.append(judged)

    def at_place(
        self, claim: Claim, left: s.Tree, right: s.Tree, bench: Bench, extremum: Extreme | None
    ) -> Verdict | None:
        """Return the verdict on the place of the claim before, `at z = 0`; None where a claim is none."""
        if not self.done or not said_behind(claim, self.done[-1].claim, self.hand_in) or not isinstance(left, s.Name):
            return None
        if extremum is not None and left.id == extremum.over:
            return attains(right, extremum, bench)
        if place(left, right, bench):
            return Verdict("definition", "a value at which something is looked at")
        return None

    def elsewhere(self, index: int, left: s.Tree, right: s.Tree, verdict: Verdict, bench: Bench) -> Verdict:
        """Return a verdict for the place that the next claim names, where it names one."""
        claims = self.hand_in.claims
        if index + 1 >= len(claims) or self.extreme is not None:
            return verdict
        after = claims[index + 1]
        if not said_behind(after, claims[index], self.hand_in):
            return verdict
        name, value = self.tree(after.left, bench.subject), self.tree(after.right, bench.subject)
        if name is None or value is None or not (id := place(name, value, bench)):
            return verdict
        return judged_at((left, right), id, value, _EQUALITIES.get(claims[index].relation, False), bench, verdict)

    def pass_over(self, claim: Claim) -> None:
        """Leave out a claim in the middle of what is much too long."""
        verdict = Verdict("undecided", f"only {2 * MOST} claims are judged, the first and the last ones")
        self.done.append(Judged(claim, verdict, self.done[-1].subject))

    def tree(self, side: Slice, subject: Subject) -> s.Tree | None:
        try:
            return self.hand_in.tree(side, subject.table)
        except Fault:
            return None

    def why(self, side: Slice, subject: Subject) -> str:
        try:
            self.hand_in.tree(side, subject.table)
        except Fault as fault:
            return fault.title
        return ""

    def introduced(self, sides: Sequence[s.Tree | None], claim: Claim, bench: Bench) -> bool:
        """Take the names that a chain introduces; return whether this relation is what introduces one."""
        if claim.at == 0 and claim.relation in _DEFINING and defines_function(left := sides[0], sides[1], bench):
            assert isinstance(left, s.Call) and sides[1] is not None
            bench.functions[left.fn] = (tuple(a.id for a in left.args if isinstance(a, s.Name)), sides[1])
            return True
        found = False
        for at, side in enumerate(sides):
            id = _name(side)
            if not id or bench.knows(id) or claim.relation not in _EQUALITIES:
                continue
            for other in (at + 1, at - 1):
                tree = sides[other] if 0 <= other < len(sides) else None
                if tree is not None and not (_name(tree) and not bench.knows(_name(tree))) and id not in names(tree):
                    define(id, tree, bench)
                    found = found or {at, other} == {claim.at, claim.at + 1}
                    break
        return found

    def verdict(self, claim: Claim, left: s.Tree, right: s.Tree, introduced: bool, bench: Bench) -> Verdict:
        if introduced:
            return Verdict("definition")
        if claim.relation == "in":
            return member(left, right, bench)
        if claim.relation in COMPARED:
            return compared(claim.relation, left, right, bench)
        if claim.relation not in _EQUALITIES:
            return Verdict("undecided", f"{claim.relation} is not judged")
        if claim.relation == "<-" or (claim.relation == ":=" and _name(left) in names(right)):
            left = _after_arrow(left, bench)
        if (value := condition(claim, left, right, bench)) is not None:
            bench.numbers[_name(left)] = value
            return Verdict("definition", "a value at which something is looked at")
        if (largest := extreme(left, right, _EQUALITIES[claim.relation], bench)) is not None:
            found, self.extreme = largest
            return found
        limit = at_infinity(left, right, bench)
        if limit is not None:
            return limit
        found = judge(left, right, _EQUALITIES[claim.relation], bench)
        if not speaks_of_after(claim.lead) or bench.subject.after_update is None:
            return found
        then = judge(left, right, _EQUALITIES[claim.relation], replace(bench, after=True))
        if then.kind == "wrong" and found.kind == "correct":
            return Verdict("undecided", "it is right with the values before the update; are those meant?")
        return then

    def flagged_before(self, claim: Claim) -> int | None:
        """Return the slip that an earlier step of the same chain is or carries on, None where there is none."""
        for index in range(len(self.done) - 1, max(-1, len(self.done) - 1 - claim.at), -1):
            one = self.done[index]
            if one.claim.chain == claim.chain and one.verdict.kind in ("wrong", "follow_through"):
                return index if one.follows is None else one.follows
        return None

    def linked(self, judged: Judged, bench: Bench) -> Judged:
        """Return a claim that only carries on an earlier mistake as such, and remember it if it is one itself."""
        slips = self.slips.setdefault(bench.subject.name, [])
        assert judged.trees is not None
        approximate = _EQUALITIES.get(judged.claim.relation, False)
        slip = followed(judged.trees, judged.verdict, approximate, slips, bench)
        head = self.tree(judged.claim.chain[0], bench.subject)
        if slip is not None:
            slips += slip_of(slip.claim, judged.trees, judged.verdict, bench, head)
            because = f"it carries on line {self.done[slip.claim].claim.line}"
            return replace(
                judged, verdict=replace(judged.verdict, kind="follow_through", because=because), follows=slip.claim
            )
        number = literal(judged.trees[1])
        if judged.verdict.kind == "correct" and number is not None:
            bench.accepted.add(number.text)
        if judged.verdict.kind == "wrong":
            slips += slip_of(len(self.done), judged.trees, judged.verdict, bench, head)
        elif judged.verdict.kind == "correct" and (root := self.flagged_before(judged.claim)) is not None:
            slips += carried_on(root, judged.trees[1], head, bench)
        return judged


_AFTER = re.compile(
    r"\b(?:after (?:the|one|this|an?|that)(?: \w+){0,2} (?:update|step)"
    r"|(?:new|updated) (?:weights?|parameters?|values?|network))\b",
    re.IGNORECASE,
)
_ASKED = re.compile(r"(?:compute|calculate|find|give|derive|determine|what|how|why)\b", re.IGNORECASE)


def speaks_of_after(lead: str) -> bool:
    """Return whether a sentence says that what follows is meant after the update; a question does not."""
    return bool(_AFTER.search(lead)) and not _ASKED.match(lead.lstrip("# *_>-0123456789.()"))


def _after_arrow(left: s.Tree, bench: Bench) -> s.Tree:
    """Return the new value of a parameter for `w \\leftarrow …`."""
    if not isinstance(left, s.Name) or bench.subject.after(f"{left.id}_new") is None:
        return left
    return replace(left, id=f"{left.id}_new")


def _name(tree: s.Tree | None) -> str:
    """Return the id of a side that is one name, with or without what it depends on; "" for any other."""
    return tree.id if isinstance(tree, s.Name) else ""
