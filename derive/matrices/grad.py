"""Answers to questions for derivatives: closed forms, written shortly, and certified as they are printed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.check.assume import Assumption, Known
from derive.errors import Fault
from derive.language import surface as s
from derive.language.grammar import Table, parse
from derive.matrices import jacobian as j
from derive.matrices.adjoint import NoClosedForm, gradient, sequence
from derive.matrices.certify import Certificate, NotCertified, Texts, Typeset, certify
from derive.matrices.collect import collected
from derive.matrices.define import defined
from derive.matrices.latex import latex
from derive.matrices.merge import merged
from derive.matrices.orient import oriented
from derive.matrices.plain import Unwritable, plain
from derive.matrices.points import sizes
from derive.matrices.products import transpose
from derive.matrices.question import Question
from derive.matrices.rebuild import substituted
from derive.matrices.term import Term, ordered
from derive.source import of_text

_SIZES = re.compile(r"(?<![^(,{ ])\d+(?:\*\d+)+(?![^),} ])")  # a product of sizes that stands alone
_UNDERLINE = "underline"  # what stands for the character where LaTeX is read again
_LARGEST = 4000  # parts of a result that is still put in order


@dataclass(frozen=True, slots=True)
class Answer:
    """A derivative, certified: as a term, as text, and with names for what repeats in it.

    definitions: names that the result uses, with what they stand for, each after those it reads.
    """

    question: Question
    result: Term
    definitions: Sequence[tuple[Term, Term]]
    certificate: Certificate

    @property
    def shape(self) -> tuple[str, str]:
        """Rows and columns as text."""
        rows, columns = (self.sized(str(d)) for d in self.result.shape)
        return rows, columns

    @property
    def plain(self) -> str:
        return self.text(self.result)

    def text(self, t: Term) -> str:
        """Return a term as plain text."""
        return self.sized(plain(t))

    def sized(self, text: str) -> str:
        """Return a text with the large sizes that had names."""
        for name, size in self.question.sizes.items():
            text = re.sub(rf"\b{name}\b", str(size), text)
        return _SIZES.sub(lambda m: str(math.prod(map(int, m[0].split("*")))), text) if self.question.sizes else text

    @property
    def latex(self) -> str:
        return self.spell(self.result)

    def spell(self, t: Term) -> str:
        """Return a term as LaTeX, with names as the question writes them."""
        return self.sized(latex(t, self.question.spelled))


def answer(question: Question) -> Answer:
    """Return the derivative that a question asks for.

    Raises a Fault where there is no closed form, or none that agrees with numeric derivatives.
    """
    raw = _differentiated(question)
    reason = ""
    for result in _forms(raw, question):
        shown, definitions = defined(oriented(result), question.taken)
        try:
            texts = _texts(question, shown, definitions)
            known = _with_sizes(question, shown)
            return Answer(question, shown, definitions, certify(texts, question.leaves, known))
        except NotCertified as wrong:
            reason = str(wrong)
        except Unwritable as word:
            raise NoClosedForm(f"the result needs {word}, which has no notation here") from None
    raise Fault("this derivative could not be certified, so it is not shown", reason=reason)


def _with_sizes(question: Question, result: Term) -> Known:
    """Return what is known with bounds for the dimensions: no shape is empty, and large results stay small."""
    dims = {d for t in (*ordered(question.formula), *question.lets, *question.shaped) for d in t.shape}
    least = min(sizes(dims).values(), default=2)
    degree = sum(max((len(m) for m, _ in d.terms), default=0) for d in result.shape)
    most = least + (1 if degree > 2 else 3)
    bounds = Assumption(low=Fraction(least - 1), high=Fraction(most + 1), integer=True)
    known = question.known
    names = {name: bounds for name in known.dimensions if name not in known.assumptions}
    return replace(known, assumptions={**known.assumptions, **names})


def _differentiated(question: Question) -> Term:
    """Return the derivative as it comes from the rules, with what is assumed of the variable put in."""
    of, wrt, lets = question.formula, question.free, question.lets
    if question.kind == "jacobian":
        found = j.jacobian(of, wrt, lets)
    else:
        found = gradient(of, wrt, lets)
        if question.kind == "hessian":
            found = j.jacobian(collected(found), wrt, lets)
    found = substituted(found, {wrt: question.wrt})
    return j.tied(found) if question.kind == "gradient_sym" else found


def _forms(raw: Term, question: Question) -> Iterator[Term]:
    """Yield the result, the shortest form first."""
    turned = question.layout == "numerator" and question.kind.startswith("gradient")
    if len(ordered(raw)) <= _LARGEST:
        lets = {name: substituted(body, {question.free: question.wrt}) for name, body in question.lets.items()}
        known = [x for x in sequence(question.formula, question.lets) if x.op != "num"]
        known = [substituted(x, {question.free: question.wrt}) for x in known] + [*lets, *lets.values()]
        short = collected(merged(collected(raw), known, lets))
        yield transpose(short) if turned else short
    yield transpose(raw) if turned else raw


def _texts(question: Question, result: Term, definitions: Sequence[tuple[Term, Term]]) -> Texts:
    """Return the texts that are printed, read again."""
    names = frozenset({*question.taken, *(name.data[0] for name, _ in definitions)})
    table = Table(names)

    def again(t: Term) -> s.Tree:
        return parse(of_text(plain(t)), table, "plain")

    return Texts(
        question.tree,
        question.let_trees,
        again(result),
        [(name.data[0], again(body)) for name, body in definitions],
        question.ids[question.wrt.data[0]],
        question.kind,
        question.layout == "numerator" and question.kind.startswith("gradient"),
        {name: id for name, id in question.ids.items() if name != id},
        _typeset(question, result, definitions),
    )


def _typeset(question: Question, result: Term, definitions: Sequence[tuple[Term, Term]]) -> Typeset:
    """Return the LaTeX of a result, read again."""

    def spelled(t: Term) -> str:
        return latex(t, question.spelled).replace(r"\_", _UNDERLINE)

    read = {name: _name(spelled(sym)) for name, sym in _symbols(question, definitions)}
    dimensions = {d.replace("_", _UNDERLINE): d for d in question.known.dimensions}
    table = Table(frozenset({*read.values(), *dimensions}))

    def again(t: Term) -> s.Tree:
        return parse(of_text(spelled(t)), table, "latex")

    return Typeset(
        again(result),
        [(read[name.data[0]], again(body)) for name, body in definitions],
        {read[name]: id for name, id in question.ids.items() if name in read and read[name] != id},
        dimensions,
    )


def _symbols(question: Question, definitions: Sequence[tuple[Term, Term]]) -> Iterator[tuple[str, Term]]:
    roots = (question.formula, question.wrt, *question.lets, *question.lets.values())
    defined = (x for pair in definitions for x in pair)
    for t in ordered(*roots, *defined):
        if t.op == "sym":
            yield t.data[0], t


def _name(text: str) -> str:
    tree = parse(of_text(text), Table(frozenset()), "latex")
    return tree.id if isinstance(tree, s.Name) else text
