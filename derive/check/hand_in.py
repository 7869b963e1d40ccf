"""A hand-in against a report: every claim gets a verdict, in the order of the text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from derive.check.bench import Bench, Verdict, define, defines_function
from derive.check.choose import Asked, choose, names
from derive.check.claims import MOST, Claim, HandIn
from derive.check.extrema import Extreme, attains, extreme
from derive.check.follow import Slip, followed, slip_of
from derive.check.general import general
from derive.check.judge import judge
from derive.check.limits import at_infinity, condition
from derive.check.matrices.below import shaped
from derive.check.matrices.columns import fits
from derive.check.matrices.columns import introduced as columns
from derive.check.membership import COMPARED, compared, member
from derive.check.other_conventions import Conventions
from derive.check.places import judged_at, place, said_behind
from derive.check.subject import Subject
from derive.check.told import layout, tell
from derive.check.updates import as_new, timed
from derive.check.words import meant
from derive.check.work import TooLong, bounded
from derive.errors import Fault
from derive.language import surface as s
from derive.source import Slice

# Operations for each claim while a hand-in has taken so many in all; from the last number on there are few.
_SHARES = ((300_000, 50_000), (600_000, 4_000))
_LEAST = 500
_MATRICES = 4  # so many times more, where a formula is a matrix of numbers
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
    with bounded(_SHARES[0][0]):
        chosen = iter(choose(seen, subjects, asked))
    many = _MATRICES if any(subject.of_matrices for subject in subjects.values()) else 1
    with bounded(_SHARES[0][1]) as work:
        for at, claim in enumerate(hand_in.claims):
            work.renew(_share(work.done, many))
            if hand_in.looked_at(at):
                checker.take(at, claim, next(chosen))
            else:
                checker.pass_over(claim)
        conventions = {name: Conventions(bench.subject) for name, bench in checker.benches.items()}
        found = []
        for one in checker.done:
            work.renew(_share(work.done, many))
            found.append(_explained(one, checker.benches[one.subject.name], conventions[one.subject.name]))
    return found


def _share(done: int, many: int) -> int:
    """Return how many operations the next claim may take, after so many for those before it; `many` times as many."""
    return many * next((share for limit, share in _SHARES if done < many * limit), _LEAST)


def _explained(judged: Judged, bench: Bench, conventions: Conventions) -> Judged:
    """Return a claim with what the hand-in says of its own names, and why it is wrong if it is."""
    told = judged.claim.relation in _EQUALITIES or (judged.subject.of_matrices and judged.claim.relation == "in")
    if judged.trees is None or not told or judged.verdict.kind not in ("wrong", "mismatched", "undecided"):
        return replace(judged, bench=bench)
    try:
        if judged.verdict.kind == "undecided":
            judged = _known_by_now(judged, judged.trees, bench)
        if judged.trees is None or not _explainable(judged):
            return replace(judged, bench=bench)
        return _diagnosed(judged, judged.trees, bench, conventions)
    except (TooLong, RecursionError):
        return replace(judged, bench=bench)


def _known_by_now(judged: Judged, trees: tuple[s.Tree, s.Tree], bench: Bench) -> Judged:
    """Return a claim judged again where it uses a name that the text only says afterwards: `…, with δ = …`."""
    late = judged.verdict.because.endswith("has no value")
    if not late or all(
        bench.subject.plain(id) is not None or id not in bench.own for tree in trees for id in names(tree)
    ):
        return judged
    return replace(judged, verdict=judge(*trees, _EQUALITIES[judged.claim.relation], bench))


def _explainable(judged: Judged) -> bool:
    """Return whether something was done wrong that may be known; with matrices shapes that do not fit may be, too."""
    kinds = ("wrong", "mismatched") if judged.subject.of_matrices else ("wrong",)
    return judged.verdict.kind in kinds


def _diagnosed(judged: Judged, trees: tuple[s.Tree, s.Tree], bench: Bench, conventions: Conventions) -> Judged:
    from derive.check.misconceptions import diagnose

    approximate = _EQUALITIES.get(judged.claim.relation, False)
    if judged.subject.of_matrices:
        from derive.check.matrices.misconceptions import explain

        return replace(judged, bench=bench, diagnosis=explain(*trees, judged.verdict, bench))
    other = conventions.explain(trees, approximate, bench)
    if other is not None:
        return replace(judged, bench=bench, diagnosis=other)
    return replace(judged, bench=bench, diagnosis=diagnose(*trees, judged.verdict, bench, approximate))


@dataclass(frozen=True, slots=True)
class _Begun:
    """Where a chain begins: the index of its first claim, its first side, where its last side stands."""

    index: int
    head: s.Tree | None
    ends: int = -1


class _Checker:
    def __init__(self, hand_in: HandIn) -> None:
        self.hand_in = hand_in
        self.benches: dict[str, Bench] = {}
        self.slips: dict[str, list[Slip]] = {}
        self.done: list[Judged] = []
        self.extreme: Extreme | None = None  # what the claim before is the extremum of
        self.begun = _Begun(0, None)

    def take(self, index: int, claim: Claim, subject: Subject) -> None:
        bench = self.benches.setdefault(subject.name, Bench(subject))
        if self.done and self.done[-1].claim.paragraph != claim.paragraph:
            bench.numbers.clear()
        bench.layout = layout(claim.lead) or bench.layout
        sides = [self.tree(side, subject) for side in claim.chain]
        self.renew(sides, claim, bench)
        self.begin(claim, sides)
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
            if claim.relation in _EQUALITIES and self.holds_so_far(judged):
                tell(self.begun.head or left, right, bench)
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

    def begin(self, claim: Claim, sides: Sequence[s.Tree | None]) -> None:
        """Take note of where a chain of equations begins; a row that only goes on belongs to the one before it."""
        goes_on = self.begun.ends == claim.chain[0].start and self.done[self.begun.index :] != []
        if claim.at == 0 and not goes_on:
            self.begun = _Begun(len(self.done), sides[0])
        self.begun = replace(self.begun, ends=claim.chain[-1].start)

    def holds_so_far(self, judged: Judged) -> bool:
        """Return whether a claim is right, and all before it in its chain."""
        before = self.done[self.begun.index :]
        return all(one.verdict.kind in ("correct", "definition") for one in (*before, judged))

    def tree(self, side: Slice, subject: Subject) -> s.Tree | None:
        try:
            return meant(self.hand_in.tree(side, subject.table), subject)
        except Fault:
            return None

    def why(self, side: Slice, subject: Subject) -> str:
        try:
            self.hand_in.tree(side, subject.table)
        except Fault as fault:
            return fault.title
        return ""

    def renew(self, sides: list[s.Tree | None], claim: Claim, bench: Bench) -> None:
        """Put the new value of a parameter for the name that an arrow or an update gives it."""
        for at in range(len(sides) - 1):
            left, right = sides[at], sides[at + 1]
            if isinstance(left, s.Name) and right is not None:
                left = sides[at] = as_new(left, right, claim.relation if at == claim.at else "", bench)
                if (parameter := bench.new(left.id)) is not None:
                    bench.stepped.add(parameter)

    def introduced(self, sides: Sequence[s.Tree | None], claim: Claim, bench: Bench) -> bool:
        """Take the names that a chain introduces; return whether this relation is what introduces one."""
        if claim.at == 0 and claim.relation in _DEFINING and defines_function(left := sides[0], sides[1], bench):
            assert isinstance(left, s.Call) and sides[1] is not None
            bench.functions[left.fn] = (tuple(a.id for a in left.args if isinstance(a, s.Name)), sides[1])
            return True
        found = bench.subject.of_matrices and claim.relation in _EQUALITIES and columns(sides, claim.at, bench)
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
            return fits(left, right, bench) if bench.subject.of_matrices else Verdict("definition")
        if claim.relation == "in":
            return member(left, right, bench)
        if claim.relation in COMPARED:
            return compared(claim.relation, left, right, bench)
        if claim.relation not in _EQUALITIES:
            return Verdict("undecided", f"{claim.relation} is not judged")
        if (value := condition(claim, left, right, bench)) is not None:
            bench.numbers[_name(left)] = value
            return Verdict("definition", "a value at which something is looked at")
        if (largest := extreme(left, right, _EQUALITIES[claim.relation], bench)) is not None:
            found, self.extreme = largest
            return found
        limit = at_infinity(left, right, bench)
        if limit is not None:
            return limit
        found = timed(left, right, claim, _EQUALITIES[claim.relation], bench)
        return (general(left, right, bench) or found) if found.kind == "undecided" else found

    def linked(self, judged: Judged, bench: Bench) -> Judged:
        """Return a claim that only carries on an earlier mistake as such, and remember it if it is one itself."""
        slips = self.slips.setdefault(bench.subject.name, [])
        trees = judged.trees
        assert trees is not None
        approximate = _EQUALITIES.get(judged.claim.relation, False)
        claim, verdict = judged.claim, judged.verdict

        def judging(left: s.Tree, right: s.Tree, bench: Bench, moved: Mapping[str, Fraction]) -> Verdict:
            return timed(left, right, claim, approximate, bench, moved)

        slip = followed(trees, verdict, slips, bench, judging) if claim.relation in _EQUALITIES else None
        if slip is not None:
            because = f"it carries on line {self.done[slip.claim].claim.line}"
            judged = replace(
                judged, verdict=replace(verdict, kind="follow_through", because=because), follows=slip.claim
            )
        root = slip.claim if slip is not None else self.root(judged)
        if root is not None:
            slips += slip_of(root, self.begun.head or trees[0], trees[1], verdict.truth, bench)
        return judged

    def root(self, judged: Judged) -> int | None:
        """Return the claim that went wrong first where a chain has: this one, or the one that one before it follows."""
        for index in range(self.begun.index, len(self.done)):
            if (one := self.done[index]).verdict.kind in ("wrong", "follow_through"):
                return index if one.follows is None else one.follows
        return len(self.done) if judged.verdict.kind == "wrong" else None


def _name(tree: s.Tree | None) -> str:
    """Return the id of a side that is one name, without the shape that stands below it; "" for any other."""
    if not isinstance(tree, s.Name):
        return ""
    below = shaped(tree)
    return tree.id if below is None else below[0].id
