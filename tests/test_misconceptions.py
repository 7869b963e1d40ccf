"""Misconceptions: every example is told as itself, every correct line as each of them would have it is told as that."""

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path

import pytest

import derive
from derive.check.bench import Bench
from derive.check.claims import read
from derive.check.hand_in import Judged, check
from derive.check.matrices.misconceptions import explain
from derive.check.matrices.subject import MatrixSubject
from derive.check.misconceptions import MISCONCEPTIONS, RECORDS, Diagnosis, diagnose
from derive.check.misconceptions.matrices import MATRICES
from derive.check.misconceptions.written import latex
from derive.check.subject import Subject
from derive.front import frontmatter
from derive.front.entries import Mapping
from derive.language.grammar import parse
from derive.notation import Notation
from derive.problems.matrix.load import load as load_matrices
from derive.problems.matrix.network import MatrixNetwork
from derive.problems.network import Network
from derive.report import load
from derive.source import Source

sys.path.insert(0, str(Path(__file__).parent / "bench"))

import mutations

EXAMPLES = [pytest.param(record.code, id=record.code) for record in (*RECORDS, *MATRICES)]


def subject_of(network: dict[str, str]) -> Subject:
    """Return the network of an example."""
    if "shapes" in network:
        return MatrixSubject(network_of_matrices(network))
    keys = {key: text for key, text in network.items() if key != "update"}
    update = dict(part.split(": ") for part in network["update"].split(", ")) if "update" in network else None
    return Subject(derive.network(**keys, update=update).problem)  # type: ignore[arg-type]


def judged(line: str, subject: Subject) -> list[Judged]:
    return check(read(Source("hw.md", f"$${line}$$"), False), {subject.name: subject}, [])


def network_of_matrices(network: dict[str, str]) -> MatrixNetwork:
    """Return the network of an example with shapes, read as an entry of a report."""
    entry = "\n".join(f"    {key}: |\n      {text}" for key, text in network.items())
    front, _ = frontmatter.read(Source("example.md", f"---\ntitle: T\nnetworks:\n  n:\n{entry}\n---\n# A\n"))
    networks = front.require("networks")
    assert isinstance(networks, Mapping)
    found = networks.require("n")
    assert isinstance(found, Mapping)
    return load_matrices("n", found, {}, Notation())


def told(line: str, subject: Subject) -> Diagnosis | None:
    """Return the diagnosis of the relation of a line that is wrong."""
    (wrong,) = [j for j in judged(line, subject) if j.verdict.kind in ("wrong", "mismatched")]
    assert wrong.trees is not None
    if subject.of_matrices:
        return explain(*wrong.trees, wrong.verdict, Bench(subject))
    return diagnose(*wrong.trees, wrong.verdict, Bench(subject), wrong.claim.relation == "~")


def test_codes_are_short_words_and_each_stands_once() -> None:
    assert len(MISCONCEPTIONS) == len(RECORDS) + len(MATRICES) >= 25
    for record in MISCONCEPTIONS.values():
        assert record.code == record.code.lower() and " " not in record.code
        assert record.title and record.why.count(". ") >= 1, f"{record.code} needs two sentences"
        assert "{" not in record.title + record.why


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_right_line_of_an_example_is_right(code: str) -> None:
    example = MISCONCEPTIONS[code].example
    assert {j.verdict.kind for j in judged(example.right, subject_of(example.network))} == {"correct"}


@pytest.mark.parametrize("code", EXAMPLES)
def test_an_example_is_told_as_itself(code: str) -> None:
    example = MISCONCEPTIONS[code].example
    found = told(example.wrong, subject_of(example.network))
    assert found is not None and found.code == code
    assert found.title == MISCONCEPTIONS[code].title
    assert "{" not in found.says.replace("{", "", found.says.count("}")) and "$$" not in found.says


NETWORK = {
    "forward": "z_1 = w_1 x, h_1 = \\sigma(z_1), z_2 = w_2 h_1, h_2 = \\sigma(z_2), L = (h_2 - y)^2",
    "data": "x, y",
    "values": "x = 0.7, y = 0.3, w_1 = 0.4, w_2 = -0.9",
}
SAYS = {
    # the factor is named with the local derivative that it is, also where it is hidden in what a student writes
    r"\frac{\partial L}{\partial w_1} = 2 (h_2 - y) \sigma'(w_2 \sigma(w_1 x)) w_2 x": (
        r"the factor $\frac{\partial h_1}{\partial z_1} = h_1 (1 - h_1)$ is missing"
    ),
    r"\frac{\partial L}{\partial w_2} = 2 (h_2 - y) h_2 h_1": "$h_2$ stands where its derivative",
    r"\frac{\partial L}{\partial z_2} = \frac{\partial L}{\partial h_1} \frac{\partial h_2}{\partial z_2}": (
        r"$\frac{\partial L}{\partial h_1}$ stands where $\frac{\partial L}{\partial h_2}$ belongs"
    ),
    r"h_1 = \sigma(0.28) = 0.430": r"$\sigma(-0.28)$ was computed in place of $\sigma(0.28)$",
    "z_1 = 0.4 \\cdot 0.7 = 0.82": "$0.28$, not $0.82$",
    "z_1 = 2.8": "the point is off: $0.28$, not $2.8$",
    "h_1 = 0.596546": "$0.596546$ was copied from $0.569546$",
}


@pytest.mark.parametrize("line", list(SAYS))
def test_the_sentence_names_the_quantity(line: str) -> None:
    found = told(line, subject_of(NETWORK))
    assert found is not None and SAYS[line] in found.says


@pytest.mark.parametrize(
    "line",
    [
        r"\frac{\partial L}{\partial w_2} = 17 h_2 - 3",
        r"\frac{\partial L}{\partial z_2} = \exp(w_1) + y",
        "h_1 = 0.7777",
        "L = 3.1",
    ],
)
def test_nothing_is_guessed(line: str) -> None:
    assert told(line, subject_of(NETWORK)) is None


def test_what_the_exercise_gives_is_exact_also_where_a_gradient_rounds_to_it() -> None:
    """The learning rate 0.1 is not the gradient -0.1477 with one digit, so nothing is left open by it."""
    subject = subject_of(MISCONCEPTIONS["reversed-update"].example.network)
    step = r"w^{new} = w - \alpha \frac{\partial L}{\partial w} = 0.4 - 0.1 \cdot (-0.1477) = "
    assert [j.verdict.kind for j in judged(step + "0.4148", subject)] == ["correct"] * 3
    assert [j.verdict.kind for j in judged(step + "0.4200", subject)] == ["correct", "correct", "wrong"]


@pytest.mark.parametrize("name", ["names", "kinks", "open"])
def test_any_network_can_be_asked(name: str) -> None:
    """Names that are powers, functions that are left open, no numbers: nothing is known of a line, nothing fails."""
    report = Path(__file__).parent / "data" / "reports" / f"{name}.md"
    for problem in load(report).problems.values():
        assert isinstance(problem, Network)
        subject = Subject(problem)
        for node in problem.wrt:
            line = rf"{subject.network.writer().quantity(problem.graph.loss, node)} = 17.3517 + \exp(3.1)"
            for one in judged(line, subject):
                assert one.trees is not None and one.verdict.kind in ("wrong", "undecided")
                assert diagnose(*one.trees, one.verdict, Bench(subject)) is None


def test_a_repair_of_a_formula_is_what_should_stand_there() -> None:
    line = r"\frac{\partial L}{\partial w_1} = 2 (h_2 - y) \sigma'(w_2 \sigma(w_1 x)) w_2 x"
    subject = subject_of(NETWORK)
    found = told(line, subject)
    assert found is not None and found.expected is not None
    right = rf"\frac{{\partial L}}{{\partial w_1}} = {found.expected}"
    assert {j.verdict.kind for j in judged(right, subject)} == {"correct"}


@pytest.mark.parametrize(
    "text",
    [
        r"-(a - b) c",
        r"\frac{a - b}{c (1 - c)} \cdot 0.5",
        r"\sigma'(-z_1)^{2} - \log_{2}(y)",
        r"\left|a - b\right| \sqrt{c}",
        r"-\frac{\partial L}{\partial w_1} \cdot (-0.5)",
    ],
)
def test_a_tree_as_latex_means_the_same(text: str) -> None:
    from derive.language.reading import reading

    tree = parse(text)
    assert reading(parse(latex(tree))) == reading(tree)


def share(outcomes: list[mutations.Outcome]) -> float:
    return sum(o.diagnosis is not None and o.diagnosis.code in o.mutant.codes for o in outcomes) / len(outcomes)


@pytest.fixture(scope="module")
def lines() -> list[Judged]:
    return mutations.all_lines()


def test_no_mutant_is_correct_and_most_are_told_as_what_was_done(lines: list[Judged]) -> None:
    """Seeded: the lines are changed in all ways, a few mutants of each misconception are judged."""
    some = random.Random(7).sample(lines, 60)
    found = mutations.sample([m for line in some for m in mutations.mutants(line)], 10)
    outcomes = list(mutations.run(found))
    assert len(outcomes) > 120 and len({o.mutant.codes[0] for o in outcomes}) >= 15
    assert not [o.mutant.text for o in outcomes if o.kind != "wrong"]
    assert share(outcomes) >= 0.9


def test_lines_that_no_misconception_writes_are_not_explained(lines: list[Judged]) -> None:
    some = random.Random(7).sample(lines, 60)
    outcomes = [o for line in some for o in mutations.run(mutations.nonsense(line))]
    told = Counter(o.diagnosis.code for o in outcomes if o.diagnosis is not None)
    told.pop("arithmetic-slip")  # numbers on both sides: there it is true whatever was written
    assert len(outcomes) > 60 and not told


@pytest.mark.slow
def test_all_mutants(request: pytest.FixtureRequest, lines: list[Judged]) -> None:
    if not request.config.getoption("--full"):
        pytest.skip("--full judges every mutant")
    outcomes = list(mutations.run([m for line in lines for m in mutations.mutants(line)]))
    assert not [o.mutant.text for o in outcomes if o.kind != "wrong"]
    by_code = {code: [o for o in outcomes if o.mutant.codes[0] == code] for code in mutations.CODES}
    assert all(by_code.values())
    assert share(outcomes) >= 0.95 and min(map(share, by_code.values())) >= 0.8


def test_a_last_digit_that_is_one_too_many_is_right_only_where_the_hand_in_has_computed_it() -> None:
    """The gradient is -0.14774: -0.1478 is no rounding of it, but what comes out with a rounded h = 0.57."""
    subject = subject_of(MISCONCEPTIONS["reversed-update"].example.network)
    step = r"w^{new} = 0.4 - 0.1 \cdot (-0.1478)"
    computed = r"\frac{\partial L}{\partial w} = 2 (0.57 - 1) 0.57 (1 - 0.57) 0.7 = -0.1478"
    assert [j.verdict.kind for j in judged(step, subject)] == ["undecided"]
    assert [j.verdict.kind for j in judged(rf"{computed}, \quad {step}", subject)] == ["correct"] * 3
    assert [j.verdict.kind for j in judged(step.replace("0.1478", "0.1480"), subject)] == ["wrong"]
