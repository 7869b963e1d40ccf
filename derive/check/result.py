"""The result of a check as JSON: a verdict for every claim, answers that are missing, counts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from derive.check.expected import expected
from derive.check.hand_in import Judged
from derive.check.missing import Wanted
from derive.check.quantities import Grid, Quantity
from derive.language.reading import reading

VERDICTS = ("correct", "wrong", "follow_through", "mismatched", "definition", "undecided", "unread")
FLAGGED = ("wrong", "mismatched", "follow_through")
_EQUALITIES = ("=", ":=", "~", "<-")
OPEN = ("undecided", "unread")


def as_json(judged: Sequence[Judged], missing: Iterable[Wanted], named: bool = True) -> dict[str, Any]:
    """Return claims, missing answers and how often each verdict was given.

    named: whether the problems have names, which they have in a report.
    """
    counts = Counter(j.verdict.kind for j in judged)
    return {
        "claims": [_claim(j, named) for j in judged],
        "missing": [{"part": "".join(w.part), "of": w.spelled, "expected": w.expected} for w in missing],
        "summary": {kind: counts[kind] for kind in VERDICTS},
    }


def expected_of(judged: Judged) -> str | None:
    """Return what should stand on the right of a claim that is not right, None where nothing single can be named."""
    if judged.verdict.kind not in FLAGGED or judged.trees is None or judged.claim.relation not in _EQUALITIES:
        return None
    if judged.diagnosis is not None and judged.diagnosis.expected is not None:
        return str(judged.diagnosis.expected)
    return expected(*judged.trees, judged.verdict.truth, judged.subject)


def _claim(judged: Judged, named: bool) -> dict[str, Any]:
    claim, verdict = judged.claim, judged.verdict
    read = None
    if judged.trees is not None:
        read = f"{reading(judged.trees[0])} {claim.relation} {reading(judged.trees[1])}"
    why = judged.diagnosis
    return {
        "line": claim.line,
        "column": claim.column,
        "relation": claim.relation,
        "left": claim.left.text,
        "right": claim.right.text,
        "verdict": verdict.kind,
        "read_as": read,
        "expected": expected_of(judged),
        "diagnosis": {"code": why.code, "title": why.title} if why is not None else None,
        "problem": judged.subject.name if named else None,
        "part": "".join(claim.part.path) or None if claim.part is not None else None,
        "follows": judged.follows,
        "witness": _witness(verdict.witness),
        "because": verdict.because or None,
    }


def _witness(witness: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return a witness in plain numbers, None where one of them is too large for that."""
    if witness is None:
        return None
    at = {id: number(x) for id, x in witness["at"].items() if x is not None}
    left, right = number(witness["left"]), number(witness["right"])
    return {"at": at, "left": left, "right": right} if None not in (left, right, *at.values()) else None


def number(x: Quantity) -> Any:
    """Return a quantity in the numbers of JSON, a matrix as rows; None beyond what a float holds."""
    if isinstance(x, Grid):
        rows = [[number(cell) for cell in row] for row in x.rows]
        return None if any(None in row for row in rows) else rows
    try:
        found = float(x)
    except OverflowError:
        return None
    if not math.isfinite(found):
        return None
    return int(found) if found == int(found) and abs(found) < 2**53 else found
