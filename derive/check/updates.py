"""Before or after the update? Names, an arrow, the sentence before a claim, or what it follows say so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from derive.check.bench import Bench, Verdict, constant
from derive.check.choose import names
from derive.check.claims import Claim
from derive.check.judge import judge
from derive.check.renewed import decorated
from derive.language import surface as s
from derive.language.walk import walk

_AFTER = re.compile(
    r"\b(?:after (?:the|one|this|an?|that)(?: \w+){0,2} (?:update|step)"
    r"|(?:new|updated) (?:weights?|parameters?|values?|network))\b",
    re.IGNORECASE,
)
_PLANNED = re.compile(
    r"\b(?:can|could|will|want to|have to|must|to) (?:now |then )?(?:compute|calculate|find|get|obtain|determine)"
    r" (?:the |our |its )?(?:new|updated)\b",
    re.IGNORECASE,
)
_ASKED = re.compile(r"(?:compute|calculate|find|give|derive|determine|what|how|why)\b", re.IGNORECASE)


def speaks_of_after(lead: str) -> bool:
    """Return whether a sentence says that what follows is meant after the update; a question or a plan does not."""
    return (
        bool(_AFTER.search(lead)) and not _PLANNED.search(lead) and not _ASKED.match(lead.lstrip("# *_>-0123456789.()"))
    )


def as_new(left: s.Name, right: s.Tree, relation: str, bench: Bench) -> s.Name:
    """Return the name of a new value, where a claim gives a parameter one: `w \\leftarrow …`, `w := w - …`."""
    subject = bench.subject
    if relation == "<-" or (relation == ":=" and (_steps(left.id, right, bench) or _other(left, right, bench))):
        new = f"{left.id}_new"
        if subject.plain(left.id) is not None and subject.after(new) is not None:
            return replace(left, id=new, latex=rf"{left.latex}^{{\text{{new}}}}")
    stem = decorated(left.id) if subject.plain(left.id) is None and subject.network.update is not None else ""
    if stem and subject.plain(stem) in subject.network.parameters and _steps(stem, right, bench):
        bench.renewed.setdefault(left.id, subject.plain(stem) or "")
    return left


def _other(left: s.Tree, right: s.Tree, bench: Bench) -> bool:
    """Return whether a number is not the value that a parameter has: then it is given another one."""
    return constant(right) and judge(left, right, False, bench).kind == "wrong"


def _steps(id: str, right: s.Tree, bench: Bench) -> bool:
    """Return whether a formula is a step from a parameter: it holds the parameter itself, or the learning rate."""
    plain = bench.subject.plain
    return any(plain(other) == plain(id) or bench.subject.is_rate(other) for other in names(right))


def timed(
    left: s.Tree,
    right: s.Tree,
    claim: Claim,
    approximate: bool,
    bench: Bench,
    open_digits: Mapping[str, Fraction] | None = None,
) -> Verdict:
    """Return the verdict on an equation, with the values before the update or those after it.

    Those after it are meant where the sentence before says so. Behind an update, or under a heading that speaks of one,
    they may be meant as well: a value is then right if it is that of either time.
    """
    found = judge(left, right, approximate, bench, open_digits)
    said = speaks_of_after(claim.lead)
    may = bench.stepped or speaks_of_after(claim.heading)
    if bench.then is None or not (said or (may and found.kind == "wrong")):
        return found
    then = judge(left, right, approximate, replace(bench, after=True), open_digits)
    if not said:
        return then if then.kind == "correct" and _valued(left, bench) else found
    if then.kind == "wrong" and found.kind == "correct":
        if _is_step(left, bench) or _is_step(right, bench):
            return found
        return Verdict("undecided", "it is right with the values before the update; are those meant?")
    return then


def _is_step(tree: s.Tree, bench: Bench) -> bool:
    """Return whether a formula speaks of the update itself: of a new value, or of the learning rate."""
    subject = bench.subject
    return any(isinstance(n, s.Name) and (bench.new(n.id) or subject.is_rate(n.id)) for n in walk(tree))


def _valued(left: s.Tree, bench: Bench) -> bool:
    """Return whether a claim is about lines of the network, not about a gradient or a number alone."""
    return not any(isinstance(n, (s.Partial, s.Nabla)) for n in walk(left)) and bool(names(left))
