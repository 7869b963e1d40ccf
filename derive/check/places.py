"""`… at z = 0` behind a formula: the value of a name at which the formula before it is meant."""

from __future__ import annotations

import re
from dataclasses import replace

from derive.check.bench import Bench, Verdict, constant
from derive.check.claims import Claim, HandIn
from derive.check.judge import judge
from derive.check.work import TooLong, Unread
from derive.language import surface as s
from derive.language.occurrences import quantities
from derive.numeric import precisely

_AT = re.compile(r"\b(?:at|for|when|where|if|bei)\b(?:[\s${}(~]|\\[(,;]|\\q?quad\b)*")
_LONGEST = 60  # characters between a formula and its place


def said_behind(claim: Claim, before: Claim, hand_in: HandIn) -> bool:
    """Return whether a claim is the place of the one before: nothing but `at` or the like stands between them."""
    if len(claim.chain) != 2 or claim.relation != "=" or before.at != len(before.chain) - 2:
        return False
    start = before.right.start + len(before.right.text)
    between = hand_in.source.text[start : claim.left.start]
    found = _AT.search(between)
    if found is None or found.end() != len(between) or len(between) > _LONGEST:
        return False
    return not re.search(r"[.;:\n]\s*\n|[.;:]\s|=", between)


def place(left: s.Tree, right: s.Tree, bench: Bench) -> str:
    """Return the name that a claim gives another value than the exercise; "" where it gives none."""
    if not isinstance(left, s.Name) or not constant(right) or not bench.subject.points:
        return ""
    return "" if judge(left, right, False, bench).kind == "correct" else left.id


def judged_at(
    sides: tuple[s.Tree, s.Tree], id: str, value: s.Tree, approximate: bool, bench: Bench, found: Verdict
) -> Verdict:
    """Return the verdict on a relation that is meant where a name has another value."""
    if found.kind not in ("wrong", "correct"):
        return found
    names = {name for side in sides for name, _ in quantities(side)} - {"e", "pi", "infty"}
    try:
        with precisely():
            there = bench.world(bench.subject.points[0]).valuation().value(value)
    except (Unread, TooLong, ArithmeticError, ValueError):
        return Verdict("undecided", "the value at which it is meant is not known")
    if names != {id}:
        return Verdict("undecided", "it is meant at another place than the numbers of the exercise")
    return judge(*sides, approximate, replace(bench, numbers={**bench.numbers, id: there}))
