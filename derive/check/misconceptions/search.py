"""The search: which misconception turns what is right into what was written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from derive.check.bench import Bench, Verdict, constant, decimal
from derive.check.intermediate import digits
from derive.check.judge import judge
from derive.check.limits import INFINITE
from derive.check.misconceptions.edits import alike, bare, same
from derive.check.misconceptions.record import Change, Changes, Misconception, swapped
from derive.check.misconceptions.setting import Setting
from derive.check.misconceptions.written import latex
from derive.check.quantities import Grid
from derive.check.rounding import unit
from derive.check.work import spend
from derive.language import surface as s
from derive.language.walk import walk
from derive.numeric import precisely
from derive.ops.primitive import real

_LONGEST = 100  # parts of a formula that is looked into
_MOST = 3000  # changes that are tried
_OF_GRADIENTS = (
    "reversed-update",
    "rate-missing",
    "activation-for-derivative",
    "wrong-rule",
    "derivative-at-wrong-point",
    "missing-factor",
    "missing-path",
    "extra-factor",
)
_OF_DIGITS = ("copied-digit", "decimal-point", "premature-rounding", "arithmetic-slip")
_CHANGE = 4  # operations that one takes
Explained = tuple[Change, s.Tree | None]  # with the right formula where it is known


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a line is wrong: the misconception, a sentence about this line, and what should stand there if it is known.

    says: text in which formulas stand as LaTeX between dollar signs. expected: LaTeX.
    """

    misconception: Misconception
    says: str
    expected: str | None = None

    @property
    def code(self) -> str:
        return self.misconception.code

    @property
    def title(self) -> str:
        return self.misconception.title


def diagnose(
    records: Sequence[Misconception],
    left: s.Tree,
    right: s.Tree,
    verdict: Verdict,
    bench: Bench,
    approximate: bool = False,
) -> Diagnosis | None:
    """Return why left = right is wrong, None where nothing explains it.

    A misconception explains a line if one of its variants of the left side is what stands on the right, or if a repair
    of the right side is the left one: at every point, by the same judgement that found the line wrong. The first one
    in the order of the records is told.
    """
    if verdict.kind != "wrong" or not _readable(left, right, bench):
        return None
    search = _Search(Setting(left, right, bench), approximate, records)
    for way in (search.written_as, search.computed_as):
        for record in records:
            if record.code not in search.allowed:
                continue
            for change, meant in way(record):
                return _told(record, change, meant, search.setting)
    return None


def _readable(left: s.Tree, right: s.Tree, bench: Bench) -> bool:
    if not bench.subject.points or any(not isinstance(v, Grid) and abs(v) >= INFINITE for v in bench.numbers.values()):
        return False
    parts = [*walk(left), *walk(right)]
    strange = any(isinstance(p, (s.Matrix, s.BigSum)) or (isinstance(p, s.Name) and p.id == "infty") for p in parts)
    return len(parts) <= _LONGEST and not strange


class _Search:
    def __init__(self, setting: Setting, approximate: bool, records: Sequence[Misconception]) -> None:
        self.setting, self.approximate = setting, approximate
        self.forms = setting.forms()
        self.with_numbers = [setting.put_in(f) for f in self.forms if not constant(f)] if setting.numeric else []
        self.goal, self.written = setting.value(setting.left), setting.value(setting.right)
        self.left_over = _MOST
        self._variants: dict[str, list[Explained]] = {}
        number = bare(setting.right)
        self.allowed = frozenset(self._allowed(number, [record.code for record in records]))
        # So many quantities round to one digit that it tells nothing.
        self.vague = isinstance(number, s.Num) and "." in number.text and digits(number.text) < 2

    def _allowed(self, number: s.Tree, codes: list[str]) -> list[str]:
        """Return what may explain a claim: some formula has about any value, by accident.

        No rule of derivatives for the value of a leaf, nothing but digits for a value that is nearly right.
        """
        node = self.setting.node(self.setting.left)
        if node is None or not isinstance(number, s.Num):
            return codes
        if node in self.setting.facts.subject.leaves:
            return [code for code in codes if code not in _OF_GRADIENTS]
        if self.goal is None or self.written is None or "." not in number.text:
            return codes
        off = abs(real(self.goal) - real(self.written))
        near = off <= 2 * real(unit(number.text)) and 20 * off <= abs(real(self.goal))
        return [code for code in codes if code in _OF_DIGITS] if near else codes

    def variants(self, record: Misconception) -> list[Explained]:
        """Return what a misconception makes of the left side in all its forms."""
        if record.code not in self._variants:
            made: list[Explained] = [
                (c, form) for form in self.forms for c in self.some(record.variants(form, self.setting))
            ]
            self._variants[record.code] = made
        return self._variants[record.code]

    def some(self, changes: Iterable[Change]) -> Iterator[Change]:
        """Yield changes as long as there is patience for them."""
        for change in changes:
            spend(_CHANGE)
            if self.left_over <= 0:
                return
            self.left_over -= 1
            yield change

    def written_as(self, record: Misconception) -> Iterator[Explained]:
        """Yield variants of the left side that stand on the right to the letter, or with numbers put in."""
        setting = self.setting
        if isinstance(bare(setting.right), (s.Num, s.Name)):
            return
        yield from ((change, form) for change, form in self.variants(record) if same(change.tree, setting.right))
        for form in self.with_numbers:
            for change in self.some(record.variants(form, setting)):
                if alike(change.tree, setting.right):
                    yield change, None

    def computed_as(self, record: Misconception) -> Iterator[Explained]:
        """Yield variants of the left side that are worth what stands on the right, then repairs of that."""
        setting = self.setting
        for change, form in self.variants(record) if not self.vague else ():
            if self._near(change.tree, self.written) and self._holds(change.tree, setting.right):
                yield change, form
        if self.goal == 0:
            return  # any factor 0 would do
        repairs: Changes = record.repairs or swapped(record.variants)
        for change in self.some(repairs(setting.right, setting)):
            if self._near(change.tree, self.goal) and self._holds(setting.left, change.tree):
                yield change, change.tree

    def _near(self, tree: s.Tree, goal: Any) -> bool:
        """Return whether a tree has about a value, so that it is worth a judgement."""
        found = self.setting.value(tree)
        if found is None or goal is None:
            return False
        with precisely():
            scale = max(abs(real(goal)), abs(real(found)))
            slack = scale / (50 if self.setting.numeric else 10**15)
            return bool(abs(real(found) - real(goal)) <= slack)

    def _holds(self, left: s.Tree, right: s.Tree) -> bool:
        return judge(left, right, self.approximate, self.setting.bench).kind == "correct"


def _told(record: Misconception, change: Change, meant: s.Tree | None, setting: Setting) -> Diagnosis:
    sign = setting.facts.network.notation.derivative
    parts = {"right": change.right, "wrong": change.wrong}

    def formula(found: re.Match[str]) -> str:
        tree = parts[found["part"]]
        return "" if tree is None else f"${_slope(tree, setting, sign) if found['slope'] else latex(tree, sign)}$"

    says = re.sub(r"\{(?P<part>right|wrong)(?P<slope>!)?\}", formula, record.says)
    formula_meant = meant is not None and not constant(setting.right) and not decimal(meant)
    if meant is not None and isinstance(meant, s.Partial) and same(meant, setting.left):
        formula_meant = False  # what is asked for is no answer
    expected = latex(meant, sign) if meant is not None and formula_meant else None
    return Diagnosis(record, says, expected)


def _slope(tree: s.Tree, setting: Setting, sign: str) -> str:
    """Return a factor as LaTeX, with the local derivative that it is."""
    for line, read, e in setting.facts.edges:
        local, slope = setting.facts.written(e), setting.facts.slope(line, read)
        if local is not None and not isinstance(local, s.Num) and (same(local, tree) or same(slope, tree)):
            return f"{latex(slope, sign)} = {latex(local, sign)}"
    return latex(tree, sign)
