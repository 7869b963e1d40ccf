"""Correct lines about matrices, changed as each misconception would change them: what the checker makes of that.

python tests/bench/matrix_mutations.py prints a line per misconception; with -v the mutants that were told otherwise.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from derive.build import compose, find_look
from derive.check.claims import read
from derive.check.hand_in import Judged, check
from derive.check.judge import judge
from derive.check.matrices.misconceptions import explain
from derive.check.matrices.subject import MatrixSubject
from derive.check.misconceptions.edits import same
from derive.check.misconceptions.matrices import MATRICES
from derive.check.misconceptions.matrices.setting import MatrixSetting
from derive.check.misconceptions.search import Diagnosis
from derive.check.misconceptions.written import latex
from derive.checking.against import against
from derive.language import surface as s
from derive.report import load
from derive.source import Source
from derive.writers import WRITERS

ROOT = Path(__file__).resolve().parent.parent
REPORTS = (ROOT.parent / "reports" / "jacobians.md", ROOT.parent / "reports" / "gallery.md")


@dataclass(frozen=True)
class Mutant:
    """A correct line with another right side, and the misconceptions that write it so."""

    judged: Judged
    right: s.Tree
    codes: tuple[str, ...]

    @property
    def text(self) -> str:
        assert self.judged.trees is not None
        return f"{latex(self.judged.trees[0])} = {latex(self.right)}"


@dataclass(frozen=True)
class Outcome:
    mutant: Mutant
    kind: str
    diagnosis: Diagnosis | None
    seconds: float


def solution(path: Path) -> list[Judged]:
    """Return the claims of a report's own solution with their verdicts."""
    loaded = load(path)
    look = find_look(loaded)
    asks = against(path)
    hand_in = read(Source(path.name, WRITERS["md"](compose(loaded, look), look)[0]), False)
    return check(hand_in, asks.subjects, asks.asked)


def correct_lines(judged: list[Judged]) -> list[Judged]:
    """Return the equations that were judged correct, each once."""
    found = {(j.claim.left.text, j.claim.right.text): j for j in judged}
    return [j for j in found.values() if j.verdict.kind == "correct" and j.trees and j.claim.relation == "="]


def mutants(judged: Judged) -> list[Mutant]:
    """Return a line as each misconception would have it, each way once; those that still hold are left out."""
    assert judged.trees is not None and judged.bench is not None
    setting = MatrixSetting(*judged.trees, replace(judged.bench, numbers={}))
    found: list[tuple[s.Tree, list[str]]] = []
    for record in MATRICES:
        for change in record.variants(setting.right, setting):
            known = next((codes for tree, codes in found if same(tree, change.tree)), None)
            if known is None:
                found.append((change.tree, [record.code]))
            elif record.code not in known:
                known.append(record.code)
    return [Mutant(judged, tree, tuple(codes)) for tree, codes in found if not holds(judged, tree)]


def holds(judged: Judged, right: s.Tree) -> bool:
    """Return whether a line with another right side is true, at points that the checker does not look at."""
    assert judged.trees is not None and judged.bench is not None
    assert isinstance(judged.subject, MatrixSubject)
    bench = replace(judged.bench, subject=_again(judged.subject))
    return judge(judged.trees[0], right, judged.claim.relation == "~", bench).kind == "correct"


_OTHERS: dict[str, MatrixSubject] = {}


def _again(subject: MatrixSubject) -> MatrixSubject:
    """Return a network with other points."""
    if subject.name not in _OTHERS:
        _OTHERS[subject.name] = MatrixSubject(replace(subject.network, name=f"{subject.name} again"))
    return _OTHERS[subject.name]


def run(found: list[Mutant]) -> Iterator[Outcome]:
    """Yield what the checker says of mutants."""
    for mutant in found:
        assert mutant.judged.trees is not None and mutant.judged.bench is not None
        left, bench = mutant.judged.trees[0], mutant.judged.bench
        begin = time.perf_counter()
        verdict = judge(left, mutant.right, False, bench)
        wrong = verdict.kind in ("wrong", "mismatched")
        diagnosis = explain(left, mutant.right, verdict, bench) if wrong else None
        yield Outcome(mutant, verdict.kind, diagnosis, time.perf_counter() - begin)


def sample(found: list[Mutant], each: int, seed: int = 7) -> list[Mutant]:
    """Return some mutants of each misconception."""
    order = random.Random(seed).sample(found, len(found))
    groups = [[m for m in order if m.codes[0] == record.code] for record in MATRICES]
    return [m for group in groups for m in group[:each]]


def main(verbose: bool) -> None:
    lines = [line for path in REPORTS for line in correct_lines(solution(path))]
    some = lines if "--all" in sys.argv else random.Random(7).sample(lines, 50)
    found = sample([m for line in some for m in mutants(line)], 10**9 if "--all" in sys.argv else 15)
    outcomes = list(run(found))
    print(f"{len(some)} lines, {len(outcomes)} mutants, {sum(o.seconds for o in outcomes):.1f} s")
    print("verdicts", dict(Counter(o.kind for o in outcomes)))
    for record in MATRICES:
        mine = [o for o in outcomes if o.mutant.codes[0] == record.code]
        told = [o for o in mine if o.diagnosis is not None and o.diagnosis.code in o.mutant.codes]
        others = Counter(o.diagnosis.code if o.diagnosis else "-" for o in mine if o not in told)
        print(f"{record.code:<22}{len(told):>5} of {len(mine):<5}{dict(others.most_common(4))}")
    for o in outcomes if verbose else ():
        if o.diagnosis is None or o.diagnosis.code not in o.mutant.codes:
            print(o.mutant.codes, o.kind, o.diagnosis.code if o.diagnosis else "-", o.mutant.text[:160])


if __name__ == "__main__":
    main("-v" in sys.argv)
