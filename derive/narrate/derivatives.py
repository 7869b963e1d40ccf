"""A matrix derivative as a document: the question, the steps, the result and what was checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from derive.document import Aligned, Chain, Document, Inline, Link, Math, Meta, Paragraph
from derive.matrices.dims import shown
from derive.matrices.grad import Answer
from derive.matrices.latex import brackets, dims, latex
from derive.matrices.orient import oriented
from derive.matrices.products import transpose
from derive.matrices.steps import Line
from derive.matrices.term import Term
from derive.narrate.setting import error_text

TITLES = {
    "gradient": "A gradient",
    "gradient_sym": "A gradient with tied entries",
    "jacobian": "A Jacobian",
    "hessian": "A Hessian",
}
_WRAPPED = frozenset({"add", "had", "kron", "mul", "scale", "matmul", "pow", "hpow"})


def heading(answer: Answer) -> str:
    """Return what is asked for, as LaTeX: ∂f/∂W and its like."""
    question = answer.question
    x = name(question.wrt, answer)
    whole = "F" if not question.formula.scalar else "f"
    if question.kind == "hessian":
        if question.wrt.columns.number == 1:
            return rf"\frac{{\partial^2 f}}{{\partial {x} \, \partial {x}^{{\top}}}}"
        vec = rf"\operatorname{{vec}}({x})"
        return rf"\frac{{\partial^2 f}}{{\partial {vec} \, \partial {vec}^{{\top}}}}"
    if question.kind == "jacobian" and not question.wrt.scalar:
        return rf"\frac{{\partial {_vec(whole, question.formula)}}}{{\partial {_vec(x, question.wrt)}^{{\top}}}}"
    if question.layout == "numerator" and not question.wrt.scalar:
        return rf"\frac{{\partial f}}{{\partial {x}^{{\top}}}}"
    return rf"\frac{{\partial {whole}}}{{\partial {x}}}"


def _vec(text: str, t: Term) -> str:
    return text if t.columns.number == 1 else rf"\operatorname{{vec}}({text})"


def name(t: Term, answer: Answer) -> str:
    return latex(t, answer.question.spelled)


def steps(lines: Sequence[Line], answer: Answer) -> list[tuple[str, str, str]]:
    """Return the lines as (left side, right side, rule), in LaTeX and words."""
    found = []
    whole = "F" if not answer.question.formula.scalar else "f"
    for line in lines:
        right = _moved(line, answer) if line.moved is not None else _products(line, answer)
        found.append((rf"\mathrm{{d}}{whole}", right, line.rule))
    if lines and lines[-1].moved is not None and not answer.question.wrt.scalar:
        x = rf"\operatorname{{vec}}(\mathrm{{d}}{name(answer.question.wrt, answer)})"
        left = rf"\operatorname{{vec}}(\mathrm{{d}}{whole})"
        rule = "vec(A dX B) = (Bᵀ ⊗ A) vec(dX), and its like"
        found.append((left, f"{_operand(answer.result, answer)} {x}", rule))
    return [(left, answer.sized(right), rule) for left, right, rule in found]


def _moved(line: Line, answer: Answer) -> str:
    assert line.moved is not None
    spelled = {**answer.question.spelled, "\x00d": rf"\mathrm{{d}}{name(answer.question.wrt, answer)}"}
    text = latex(oriented(line.moved), spelled)
    if not answer.question.wrt.scalar:
        return text
    return f"{_bracketed(line.moved, text)} \\, \\mathrm{{d}}{name(answer.question.wrt, answer)}"


def _products(line: Line, answer: Answer) -> str:
    """Return Σ ⟨g, dt⟩ as g·dt for scalars, g'·dt for columns and tr(g'·dt) for matrices."""
    text = ""
    for g, t in line.pairs:
        body = _product(g, t, answer)
        text += body if not text else f" {body}" if body.startswith("-") else f" + {body}"
    return text


def _product(g: Term, t: Term, answer: Answer) -> str:
    operand = _operand(t, answer)
    gap = r"\," if operand.startswith(("\\operatorname", "\\log", "\\det", "\\exp", "\\tanh")) else ""
    moved = rf"\mathrm{{d}}{gap}{operand}"
    if t.scalar:
        front = "" if g.op == "num" and g.data == 1 else f"{_operand(g, answer)} \\, "
        return front + moved
    product = rf"{_turned(g, answer)} \, {moved}"
    return product if t.columns.number == 1 else rf"\operatorname{{tr}}{brackets(product)}"


def _turned(g: Term, answer: Answer) -> str:
    """Return the transpose of g, written as what is shorter."""
    from derive.matrices.cost import cost

    other = transpose(g)
    if cost(other) <= cost(g):
        return _operand(other, answer)
    return f"{_operand(g, answer)}^{{\\top}}" if g.op != "T" else _operand(other, answer)


def _operand(t: Term, answer: Answer) -> str:
    return _bracketed(t, latex(oriented(t), answer.question.spelled))


def _bracketed(t: Term, text: str) -> str:
    return brackets(text) if t.op in _WRAPPED else text


def document(answer: Answer, lines: Sequence[Line]) -> Document:
    """Return the answer as a document of its own."""
    question = answer.question
    body: list[Any] = [Paragraph(tuple(_question(answer)))]
    whole = "F" if not question.formula.scalar else "f"
    given = [(whole, question.formula), *((name(n, answer), t) for n, t in question.lets.items())]
    body.append(_aligned([(left, answer.spell(oriented(t))) for left, t in given]))
    if made := steps(lines, answer):
        body.append(_steps(made))
    body += [Paragraph(("Result:",)), *_result(answer)]
    points = f"{answer.certificate.points} points of several sizes, "
    error = answer.certificate.max_error
    worst = ("largest relative error ", Math(error_text(error)), ".") if error else ("exact to the digits compared.",)
    closing = ("Checked: the printed result against numeric derivatives at " + points, *worst)
    return Document(Meta(TITLES[question.kind]), body, closing, "derivative")


def _question(answer: Answer) -> list[Inline]:
    question = answer.question
    whole = "F" if not question.formula.scalar else "f"
    said: list[Inline] = ["The derivative of ", Math(whole), " by ", Math(name(question.wrt, answer))]
    named = [x for x in question.shaped if not x.scalar]
    for k, x in enumerate(named):
        said += [", where " if k == 0 else ", " if k < len(named) - 1 else " and "]
        said.append(Math(answer.sized(rf"{name(x, answer)} \in \mathbb{{R}}^{{{dims(x.shape)}}}")))
    return [*said, "."]


def _aligned(rows: Sequence[tuple[str, str]]) -> Aligned:
    return Aligned(tuple(Chain(left, (Link("=", right),)) for left, right in rows))


def _steps(made: Sequence[tuple[str, str, str]]) -> Aligned:
    """Return the steps as chains with their rules; a left side that stays is not said again."""
    chains = []
    before = ""
    for left, right, rule in made:
        chains.append(Chain(left if left != before else "", (Link("=", right),), why=(rule,) if rule else ()))
        before = left
    return Aligned(tuple(chains), explained=True)


def _result(answer: Answer) -> list[Any]:
    chain = Chain(heading(answer), (Link("=", answer.latex),), boxed=True)
    rows = [Chain(name(n, answer), (Link("=", answer.spell(t)),)) for n, t in answer.definitions]
    found: list[Any] = [Aligned((chain,))]
    return [*found, Paragraph(("with",)), Aligned(tuple(rows))] if rows else found


def shape_text(answer: Answer) -> str:
    return answer.sized(shown(answer.result.shape))
