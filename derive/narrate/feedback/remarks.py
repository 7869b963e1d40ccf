"""What is said of a claim: a sign and a word for its verdict, what is wrong, what should stand there, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from derive.check.bench import constant
from derive.check.claims import HandIn
from derive.check.hand_in import Judged
from derive.check.missing import Wanted
from derive.check.quantities import Grid, Quantity, shape_text
from derive.check.result import OPEN, expected_of
from derive.check.subject import Subject
from derive.document import Inline, Math
from derive.notation import STANDARD, Digits, Notation, show
from derive.ops.primitive import real

# verdict → its sign and its word; neither ever stands without the other
WORDS: Mapping[str, tuple[str, str]] = {
    "correct": ("✓", "right"),
    "definition": ("≔", "new name"),
    "wrong": ("✗", "wrong"),
    "mismatched": ("✗", "does not fit"),
    "follow_through": ("↳", "follows"),
    "undecided": ("?", "needs a person"),
    "unread": ("?", "not read"),
    "missing": ("∅", "not found"),
}
FINE = ("correct", "definition")
_RELATIONS = {"~": r"\approx", "<-": r"\leftarrow", "in": r"\in", "<=": r"\le", ">=": r"\ge", "!=": r"\ne"}
_RELATIONS |= {"->": r"\to", "propto": r"\propto", ":=": ":="}
_MOST = 6  # names of a witness
_LONGEST = 4000  # characters of a side that is said again as a whole


@dataclass(frozen=True)
class Feedback:
    """All that is to be said about a hand-in. graph: the lines that were taken as its network, without a report."""

    hand_in: HandIn
    latex: bool
    judged: Sequence[Judged]
    missing: Sequence[Wanted]
    graph: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        return self.hand_in.source.name


@dataclass(frozen=True, slots=True)
class Remark:
    """says, why: sentences without a full stop, () for none; expected: LaTeX, "" for none.

    title: what kind of mistake it is, with its code, "" where that is not known. carried: the lines that carry it on.
    """

    sign: str
    word: str
    says: tuple[Inline, ...] = ()
    expected: str = ""
    why: tuple[Inline, ...] = ()
    title: str = ""
    carried: tuple[int, ...] = ()


def remark(feedback: Feedback, index: int) -> Remark:
    """Return what is said of a claim."""
    judged = feedback.judged[index]
    kind = judged.verdict.kind
    sign, word = WORDS[kind]
    if kind in FINE:
        return Remark(sign, word)
    carried = sorted({j.claim.line for j in feedback.judged if j.follows == index}) if kind == "wrong" else []
    diagnosis = judged.diagnosis
    why = tuple(_formulas(diagnosis.says)) if diagnosis is not None else ()
    title = f"{diagnosis.title} [{diagnosis.code}]" if diagnosis is not None else ""
    says = _SAYS[kind](feedback, judged)
    return Remark(sign, word, says, expected_of(judged) or "", why, title, tuple(carried))


def _formulas(text: str) -> Iterator[Inline]:
    """Yield a text in which formulas stand between dollar signs."""
    for at, part in enumerate(text.removesuffix(".").split("$")):
        if part:
            yield Math(part) if at % 2 else part


def _wrong(feedback: Feedback, judged: Judged) -> tuple[Inline, ...]:
    witness = judged.verdict.witness
    if witness is None:
        return (judged.verdict.because,) if judged.verdict.because else ()
    left, right, where = _pair(witness["left"], witness["right"])
    at = list(_places(witness["at"], judged.subject)) if witness["at"] else []
    if at and judged.subject.of_matrices:  # the numbers are drawn, only their sizes can be said
        return (
            "the two sides differ: with numbers at random and ",
            *at,
            f", {where}the left one is ",
            left,
            *_and(right),
        )
    if at:
        return ("the two sides differ: at ", *at, f" {where}the left one is ", left, *_and(right))
    given = "with the numbers of the exercise " if judged.trees and not constant(judged.trees[0]) else ""
    return (f"{given}{where}the left side is ", left, ", the right one ", right)


def _and(right: Inline) -> tuple[Inline, ...]:
    return " and the right one ", right


def _pair(a: Quantity, b: Quantity) -> tuple[Inline, Inline, str]:
    """Return two quantities with digits enough to tell them apart; of two matrices the first entries that differ."""
    if isinstance(a, Grid) and isinstance(b, Grid) and a.shape == b.shape:
        for row, (r, q) in enumerate(zip(a.rows, b.rows, strict=True), 1):
            for column, (x, y) in enumerate(zip(r, q, strict=True), 1):
                if abs(real(x) - real(y)) > 10**-9:
                    return *_pair(x, y)[:2], f"in row {row}, column {column} "
    for digits in range(4, 16):
        left, right = (_number(x, Notation(digits=Digits("significant", digits))) for x in (a, b))
        if left != right:
            break
    return left, right, ""


def _places(at: Mapping[str, Any], subject: Subject) -> Iterator[Inline]:
    """Yield the names of a witness with their values."""
    known = [(id, value) for id, value in at.items() if value is not None]
    for number, (id, value) in enumerate(known[:_MOST]):
        name = _name(id, subject)
        if number:
            yield ", "
        shown = _number(value)
        yield Math(f"{name} = {shown.latex}") if isinstance(shown, Math) else f"{id}: {shown}"
    if len(known) > _MOST:
        yield " …"


def _name(id: str, subject: Subject) -> str:
    """Return a name as it is written: of the network, a new value, the learning rate, or one of the hand-in's."""
    if (plain := subject.plain(id)) is not None:
        return subject.latex(plain)
    if (new := subject.after(id) or subject.after_line(id)) is not None:
        return rf"{subject.latex(new)}^{{\text{{new}}}}"
    update = subject.network.update
    if update is not None and subject.is_rate(id):
        return update.latex
    return rf"\text{{{id}}}" if len(id) > 1 else id


def _number(x: Quantity, notation: Notation = STANDARD) -> Inline:
    return f"a matrix ({shape_text(x)})" if isinstance(x, Grid) else Math(show(x, notation)[0])


def _followed(feedback: Feedback, judged: Judged) -> tuple[Inline, ...]:
    assert judged.follows is not None
    line = feedback.judged[judged.follows].claim.line
    return (f"carries on the mistake of line {line}; no new mistake",)


def _because(feedback: Feedback, judged: Judged) -> tuple[Inline, ...]:
    return (judged.verdict.because,) if judged.verdict.because else ()


def _shapes(feedback: Feedback, judged: Judged) -> tuple[Inline, ...]:
    return (f"the shapes do not fit: {judged.verdict.because}",)


_SAYS = {
    "wrong": _wrong,
    "mismatched": _shapes,
    "follow_through": _followed,
    "undecided": _because,
    "unread": _because,
}


def relation(sign: str) -> str:
    """Return a relation as LaTeX."""
    return _RELATIONS.get(sign, sign)


def asked_for(want: Wanted) -> tuple[Inline, ...]:
    """Return what is said of an answer that was not found."""
    kind = "a number" if want.number else "a formula"
    return (Math(want.name), f" is asked for as {kind}: ", Math(want.expected))


def carried(lines: tuple[int, ...]) -> str:
    """Return the sentence about the lines that carry a mistake on."""
    listed = ", ".join(map(str, lines))
    return f"line {listed} carries it on" if len(lines) == 1 else f"lines {listed} carry it on"


def notes(feedback: Feedback, claims: Iterable[int]) -> list[tuple[str, tuple[Inline, ...]]]:
    """Return what stands behind a passage, as (sign, word and place; sentences): first all that is right in one."""
    chosen = list(claims)
    kinds = Counter(feedback.judged[i].verdict.kind for i in chosen)
    plain = [i for i in chosen if feedback.judged[i].verdict.kind in FINE]
    heads = [(" ".join(WORDS[kind]), kinds[kind]) for kind in FINE if kinds[kind]]
    told = "; ".join([relations(count) if at == 0 else f"{head}: {count}" for at, (head, count) in enumerate(heads)])
    out: list[tuple[str, tuple[Inline, ...]]] = [(heads[0][0], (told,))] if heads else []
    for index in chosen:
        if index not in plain:
            judged, said = feedback.judged[index], remark(feedback, index)
            out.append((f"{said.sign} {said.word}, line {judged.claim.line}", tuple(_sentences(judged, said))))
    return out


def _sentences(judged: Judged, said: Remark) -> Iterator[Inline]:
    """Yield the claim that is meant and all that is said of it."""
    claim = judged.claim
    right = " ".join(claim.right.text[:_LONGEST].split())
    yield Math(f"{relation(claim.relation)} {right}") if len(claim.right.text) <= _LONGEST else f"{right[:200]} …"
    yield ". "
    for line in (said.says, ("should be: ", Math(said.expected)) if said.expected else (), (said.title,), said.why):
        if line and line != ("",):
            first, *rest = line
            own = judged.verdict.kind not in OPEN  # what is open is told with names, which keep their letters
            yield first[:1].upper() + first[1:] if isinstance(first, str) and own else first
            yield from rest
            yield ". "
    if said.carried:
        yield f"{' '.join(WORDS['follow_through'])}: {carried(said.carried)}."


def relations(count: int) -> str:
    """Return how many relations there are, in words."""
    return f"{count} relation{'s' * (count != 1)}"
