"""Every correct line of two reports, changed as each misconception would change it: what the checker makes of that.

python tests/bench/mutations.py prints a line per misconception; with -v the mutants that were told to be another one.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from derive.build import compose, find_look
from derive.check.bench import Bench, constant
from derive.check.choose import Asked
from derive.check.claims import read
from derive.check.hand_in import Judged, check
from derive.check.judge import judge
from derive.check.misconceptions import RECORDS, Diagnosis, diagnose
from derive.check.misconceptions.edits import bare, number, plus, same
from derive.check.misconceptions.figures import as_shown
from derive.check.misconceptions.record import Misconception
from derive.check.misconceptions.setting import Setting
from derive.check.misconceptions.written import latex
from derive.check.rounding import unit
from derive.check.subject import Subject
from derive.check.value import Valuation
from derive.language import surface as s
from derive.numeric import precisely
from derive.problems.network import Network
from derive.report import load
from derive.source import Source
from derive.writers import WRITERS

REPORTS = Path(__file__).resolve().parent.parent.parent / "reports"
# Which problem the parts of a report are about.
SOLUTIONS = {
    "skip_connection": [Asked(("1",), "skip", "1")],
    "vanishing_gradients": [
        Asked(("2", "b"), "classifier", "2b"),
        Asked(("2", "c"), "regression", "2c"),
        Asked(("2", "d"), "regression", "2d"),
    ],
}
_ODD = (Fraction(1373, 1000), Fraction(817, 1000))  # what no rule has
CODES = [record.code for record in RECORDS]
_PARTS = ((), ("i",), ("ii",), ("iii",), ("iv",))


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


def correct_lines(name: str) -> list[Judged]:
    """Return the claims of a report's own solution that were judged correct."""
    loaded = load(REPORTS / f"{name}.md")
    look = find_look(loaded)
    text = WRITERS["md"](compose(loaded, look), look)[0]
    asked = [replace(a, path=(*a.path, *part)) for a in SOLUTIONS[name] for part in _PARTS]
    networks = {a.problem: loaded.problems[a.problem] for a in asked}
    subjects = {key: Subject(network) for key, network in networks.items() if isinstance(network, Network)}
    judged = check(read(Source(f"{name}.md", text), False), subjects, asked)
    return [j for j in judged if j.verdict.kind == "correct" and j.trees is not None]


def mutants(judged: Judged) -> list[Mutant]:
    """Return a line as each misconception would have it, each way once."""
    assert judged.trees is not None
    left, right = judged.trees
    setting = Setting(left, right, Bench(judged.subject))
    found: list[tuple[s.Tree, list[str]]] = []
    for record in RECORDS:
        for tree in written(record, setting):
            known = next((codes for other, codes in found if same(other, tree)), None)
            if known is None:
                found.append((tree, [record.code]))
            elif record.code not in known:
                known.append(record.code)
    told = [(tree, codes) for tree, codes in found if not equal(tree, setting)]
    return [Mutant(judged, tree, tuple(codes)) for tree, codes in told]


def written(record: Misconception, setting: Setting) -> Iterator[s.Tree]:
    """Yield what a student would write on the right: another formula, or the number that another formula gives."""
    for change in record.variants(setting.right, setting):
        yield change.tree
    shown = bare(setting.right)
    if isinstance(shown, s.Num):
        for form in setting.forms():
            for change in record.variants(form, setting):
                value = setting.value(change.tree)
                if value is not None:
                    yield number(as_shown(value, shown.text))


def nonsense(judged: Judged) -> list[Mutant]:
    """Return a line with right sides that nobody's misconception explains."""
    assert judged.trees is not None
    left, right = judged.trees
    setting = Setting(left, right, Bench(judged.subject))
    shown = bare(right)
    if isinstance(shown, s.Num):
        value = setting.value(right)
        others = [number(as_shown(value * f, shown.text)) for f in _ODD] if value is not None else []
    else:
        others = [plus(right, number(str(float(f)))) for f in _ODD]
    return [Mutant(judged, tree, ("nonsense",)) for tree in others if not equal(tree, setting)]


def equal(tree: s.Tree, setting: Setting) -> bool:
    """Return whether a mutant is right all the same, in its digits or in one of two readings, or has no value."""
    shown, truth = setting.value(tree), setting.value(setting.left)
    if shown is None or truth is None:
        return True
    literal = bare(tree)
    if isinstance(literal, s.Num):
        return abs(float(shown) - float(truth)) <= max(float(unit(literal.text)), 1e-5 * abs(float(truth)))
    if constant(tree) or constant(setting.left):
        return abs(float(shown) - float(truth)) <= 1e-4 * abs(float(truth))
    return any(_everywhere_equal(tree, setting, total) for total in (False, True))


def _everywhere_equal(tree: s.Tree, setting: Setting, total: bool) -> bool:
    for point in setting.bench.subject.points:
        world = setting.bench.world(point, total)
        with precisely():
            try:
                a, b = (float(Valuation(world).scalar(t, "a side")) for t in (setting.left, tree))
            except ArithmeticError:
                continue
        if abs(a - b) > 1e-9 * abs(a):
            return False
    return True


def run(found: list[Mutant]) -> Iterator[Outcome]:
    """Yield what the checker says to mutants."""
    for mutant in found:
        assert mutant.judged.trees is not None
        left, bench = mutant.judged.trees[0], Bench(mutant.judged.subject)
        approximate = mutant.judged.claim.relation == "~"
        verdict = judge(left, mutant.right, approximate, bench)
        start = time.perf_counter()
        diagnosis = diagnose(left, mutant.right, verdict, bench, approximate)
        yield Outcome(mutant, verdict.kind, diagnosis, time.perf_counter() - start)


def all_lines() -> list[Judged]:
    return [line for name in SOLUTIONS for line in correct_lines(name)]


def all_mutants() -> list[Mutant]:
    return [m for line in all_lines() for m in mutants(line)]


def sample(found: list[Mutant], count: int, seed: int = 1) -> list[Mutant]:
    """Return up to `count` mutants for each misconception that wrote them first."""
    order = sorted(found, key=lambda m: m.codes[0])
    rng = random.Random(seed)
    groups = {code: [m for m in order if m.codes[0] == code] for code in CODES}
    return [m for group in groups.values() for m in rng.sample(group, min(count, len(group)))]


def table(outcomes: list[Outcome]) -> Iterator[str]:
    """Yield a line per misconception: mutants, judged wrong, told as itself, as another one, not at all."""
    yield f"{'misconception':28}{'mutants':>8}{'wrong':>8}{'itself':>8}{'another':>8}{'none':>8}"
    for code in [*CODES, ""]:
        group = [o for o in outcomes if not code or o.mutant.codes[0] == code]
        told = Counter(_told(o) for o in group)
        wrong = sum(o.kind == "wrong" for o in group)
        yield f"{code or 'all':28}{len(group):8}{wrong:8}{told['itself']:8}{told['another']:8}{told['none']:8}"
    times = sorted(o.seconds for o in outcomes)
    yield f"ms per diagnosis: median {1e3 * times[len(times) // 2]:.1f}, 95 % {1e3 * times[len(times) * 95 // 100]:.1f}"


def _told(outcome: Outcome) -> str:
    if outcome.diagnosis is None:
        return "none"
    return "itself" if outcome.diagnosis.code in outcome.mutant.codes else "another"


def main() -> None:
    count = int(next((a for a in sys.argv[1:] if a.isdigit()), 0))
    found = all_mutants()
    outcomes = list(run(sample(found, count) if count else found))
    for line in table(outcomes):
        print(line)
    odd = [o for line in all_lines() for o in run(nonsense(line))]
    guessed = Counter(o.diagnosis.code for o in odd if o.diagnosis is not None)
    print(f"nonsense: {len(odd)} lines, {sum(guessed.values())} explained: {dict(guessed)}")
    if "-v" in sys.argv:
        outcomes += [o for o in odd if o.diagnosis is not None]
        for o in outcomes:
            if o.kind != "wrong" or _told(o) != "itself":
                told = o.diagnosis.code if o.diagnosis else None
                print(f"{','.join(o.mutant.codes):30} {o.kind:8} {told!s:26} {o.mutant.text}")


if __name__ == "__main__":
    main()
