"""Which misconception turns what is right about matrices into what was written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

from derive.check.bench import Bench, Verdict, constant
from derive.check.intermediate import digits
from derive.check.judge import judge
from derive.check.matrices.below import said
from derive.check.matrices.shapes import space
from derive.check.misconceptions import MISCONCEPTIONS
from derive.check.misconceptions.edits import same
from derive.check.misconceptions.matrices import MATRICES
from derive.check.misconceptions.matrices.numbers import of_numbers
from derive.check.misconceptions.matrices.products import LAST, SHARED
from derive.check.misconceptions.matrices.setting import MatrixSetting, near
from derive.check.misconceptions.record import Change, Changes, Misconception, swapped
from derive.check.misconceptions.search import Diagnosis
from derive.check.misconceptions.written import latex
from derive.check.work import spend
from derive.language import surface as s
from derive.language.walk import walk

_MOST = 400  # changes that are tried for one misconception
_LONGEST = 150  # parts of a formula that is looked into


def explain(left: s.Tree, right: s.Tree, verdict: Verdict, bench: Bench) -> Diagnosis | None:
    """Return why left = right (or left ∈ right) is wrong, None where nothing explains it."""
    if not bench.subject.points:
        return None
    setting = MatrixSetting(left, right, bench)
    if space(right) is not None or any(said(left)) or any(said(right)):
        return _of_shapes(right, verdict)
    for record in MATRICES:
        if record.relates is not None:
            change = record.relates(setting.left, setting.right, setting)
            if change is not None:
                return _told(record, record.says, change, None)
    if setting.numeric and (found := of_numbers(setting, verdict)) is not None:
        return found
    if sum(1 for tree in (left, right) for _ in walk(tree)) > _LONGEST or (setting.numeric and _vague(right)):
        return None
    for record, says, variants, repairs in _edits():
        for change, meant in _explanations(variants, repairs, setting):
            return _told(record, says, change, meant)
    return None


def _vague(tree: s.Tree) -> bool:
    """Return whether the numbers of a side have so few digits that some formula is worth that by accident."""
    return all(digits(n.text) < 2 for n in walk(tree) if isinstance(n, s.Num) and "." in n.text)


def _edits() -> Iterator[tuple[Misconception, str, Changes, Changes | None]]:
    """Yield what is tried on formulas; that a factor is missing is the last thing to think of, for it explains much."""
    records = [record for record in MATRICES if record.relates is None]
    yield from ((r, r.says, r.variants, r.repairs) for r in records if r.code != LAST)
    yield from ((MISCONCEPTIONS[code], says, variants, None) for code, (variants, says) in SHARED.items())
    yield from ((r, r.says, r.variants, r.repairs) for r in records if r.code == LAST)


def _of_shapes(right: s.Tree, verdict: Verdict) -> Diagnosis:
    """Return that a shape is another one, with the space that it should be."""
    record = MISCONCEPTIONS["wrong-shape"]
    found = re.fullmatch(r"it is ([\w+]+)×([\w+]+)", verdict.because)
    expected = rf"\mathbb{{R}}^{{{found[1]} \times {found[2]}}}" if found and space(right) is not None else None
    return Diagnosis(record, record.says, expected)


def _explanations(
    variants: Changes, repairs: Changes | None, setting: MatrixSetting
) -> Iterator[tuple[Change, s.Tree | None]]:
    """Yield changes that turn a right formula into the right side, or that into what is right, with what is meant."""
    written = setting.value(setting.right)
    for form in setting.forms:
        for change in islice(variants(form, setting), _MOST):
            spend(4)
            alike = same(change.tree, setting.right) or _is(change.tree, written, setting)
            if alike and _holds(change.tree, setting.right, setting):
                yield change, form if form is not setting.left else None
    for change in islice((repairs or swapped(variants))(setting.right, setting), _MOST):
        spend(4)
        if _is(change.tree, setting.goal, setting) and _holds(setting.left, change.tree, setting):
            yield change, change.tree


def _is(tree: s.Tree, wanted: object, setting: MatrixSetting) -> bool:
    slack = Fraction(1, 50) if setting.numeric else Fraction(1, 10**20)
    return wanted is not None and any(near(found, wanted, slack) for found in setting.values(tree))


def _holds(left: s.Tree, right: s.Tree, setting: MatrixSetting) -> bool:
    return judge(left, right, False, setting.bench).kind == "correct"


def _told(record: Misconception, says: str, change: Change, meant: s.Tree | None) -> Diagnosis:
    parts = {"right": change.right, "wrong": change.wrong}

    def formula(found: re.Match[str]) -> str:
        tree = parts[found[1]]
        return "" if tree is None else f"${latex(tree)}$"

    expected = latex(meant) if meant is not None and not constant(meant) else None
    return Diagnosis(record, re.sub(r"\{(right|wrong)\}", formula, says), expected)
