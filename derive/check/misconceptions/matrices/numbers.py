"""Matrices of numbers of which some entries are wrong."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from derive.check.bench import Verdict
from derive.check.misconceptions import MISCONCEPTIONS
from derive.check.misconceptions.matrices.setting import MatrixSetting, near
from derive.check.misconceptions.search import Diagnosis
from derive.check.quantities import Grid, mapped
from derive.check.rounding import unit
from derive.language import surface as s
from derive.language.walk import walk
from derive.notation import Digits, Notation, show
from derive.ops.primitive import real

_FACTORS = {Fraction(2): "twice", Fraction(1, 2): "half of"}


def of_numbers(setting: MatrixSetting, verdict: Verdict) -> Diagnosis | None:
    """Return what was done with the numbers of a matrix; None where that is not seen."""
    if verdict.kind != "wrong" or verdict.witness is None:
        return None
    truth, claimed = verdict.witness["left"], verdict.witness["right"]
    slack = Fraction(1, 200)
    if near(mapped(truth, lambda x: -real(x)), claimed, slack):
        return Diagnosis(MISCONCEPTIONS["sign"], "everything has the other sign")
    for factor, words in _FACTORS.items():
        if near(mapped(truth, lambda x, factor=factor: real(factor) * real(x)), claimed, slack):  # type: ignore[misc]
            return Diagnosis(MISCONCEPTIONS["factor-two"], f"everything is {words} what it should be")
    if isinstance(truth, Grid) and isinstance(claimed, Grid) and truth.shape == claimed.shape:
        return _entries(truth, claimed, setting)
    return None


def _entries(truth: Grid, claimed: Grid, setting: MatrixSetting) -> Diagnosis | None:
    step = _step(setting.right)
    off = [
        (i, j)
        for i, (r, q) in enumerate(zip(truth.rows, claimed.rows, strict=True))
        for j, (x, y) in enumerate(zip(r, q, strict=True))
        if abs(real(x) - real(y)) > real(step)
    ]
    if not off or len(off) > max(1, len(truth.cells) // 4):
        return None
    told = [f"${_shown(truth.rows[i][j], step)}$ in row {i + 1}, column {j + 1}" for i, j in off]
    return Diagnosis(MISCONCEPTIONS["arithmetic-slip"], f"it should be {' and '.join(told)}")


def _step(tree: s.Tree) -> Fraction:
    numbers = [n for n in walk(tree) if isinstance(n, s.Num) and "." in n.text]
    return min((unit(n.text) for n in numbers), default=Fraction(1, 100))


def _shown(x: Any, step: Fraction) -> str:
    return show(x, Notation(digits=Digits("decimals", max(2, len(str(step.denominator)) - 1))))[0]
