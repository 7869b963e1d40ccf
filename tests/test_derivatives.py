"""`derive grad`: closed forms of matrix derivatives, against numeric ones that know nothing of them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import random_matrices as drawn
from bench import gradients as bench
from click.testing import CliRunner
from random_matrices import plain_syntax

from derive.cli import main
from derive.errors import Fault
from derive.matrices import grad as form
from derive.matrices import sums as a
from derive.matrices.differential import RULES as DIFFERENTIALS
from derive.matrices.dims import of
from derive.matrices.grad import Answer, answer
from derive.matrices.merge import Values
from derive.matrices.numbers import RULES as NUMBERS
from derive.matrices.plain import plain
from derive.matrices.question import ask
from derive.matrices.steps import RULES as STEPS
from derive.matrices.steps import chain
from derive.matrices.term import Term
from derive.narrate.derivatives import steps

CASES = bench.cases(Path(__file__).parent / "data" / "gradients.json")


def grad(formula: str, wrt: str, *shapes: str, **more: Any) -> Answer:
    return answer(ask(formula, wrt, shapes, **more))


def text(formula: str, wrt: str, *shapes: str, **more: Any) -> str:
    found = grad(formula, wrt, *shapes, **more)
    return "; ".join([found.plain, *(f"{plain(n)} = {plain(b)}" for n, b in found.definitions)])


# ------------------------------------------------------------------------------------------------ known results


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_known_gradients(case: dict[str, Any]) -> None:
    """The result has the values of the expected one at random points and sizes, and is not much longer."""
    row = bench.measured(case)
    assert row.right, row.because
    assert row.operations <= 1.5 * max(row.expected, 1)
    assert row.seconds < 5


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_steps_of_known_gradients(case: dict[str, Any]) -> None:
    """Every step is compared with the change of f when it is made; here only that each has its rule."""
    found = answer(ask(**bench.arguments(case)))
    rows = steps(chain(found.question), found)
    if case["kind"] != "jacobian" and case["f"] != case["wrt"]:
        assert len(rows) >= 2 and all(rule for _, _, rule in rows[1:])


def spelled_alike(case: dict[str, Any]) -> bool:
    """Return whether the names of a case are the same in LaTeX (W1 is W_1 there), and its values are stable."""
    names = [*case["vars"], *(name for name, _ in case.get("defs") or [])]
    return all(len(name) == 1 and name != "u" for name in names) and not case.get("dims")


@pytest.mark.parametrize("case", list(filter(spelled_alike, CASES)), ids=lambda case: case["id"])
def test_latex_reads_back(case: dict[str, Any]) -> None:
    """What is printed as LaTeX means what is printed as plain text."""
    arguments = bench.arguments(case)
    found = answer(ask(**arguments))
    lets = [*arguments["lets"], *(f"{found.spell(n)} = {found.spell(b)}" for n, b in found.definitions)]
    again = ask(found.latex, case["wrt"], arguments["shapes"], lets, arguments["assume"], "jacobian")
    known = {**again.lets, **dict(found.definitions)}
    same = {again.free: found.question.wrt, found.question.free: found.question.wrt}
    values = Values(known, [again.formula, found.result], same=same)
    assert values.same(again.formula, found.result)


def test_a_transpose_in_the_scripts_of_a_name_is_not_part_of_it() -> None:
    for written in (r"W^{[1]\top}", r"W^{[1]^\top}", r"(W^{[1]})^\top"):
        found = grad(rf"\mathbf{{1}}^\top X {written} \mathbf{{1}}", "X", "X: n x d", "W^{[1]}: k x d")
        assert found.latex.endswith("W^{[1]}")


@pytest.mark.parametrize("wrong", [r"A^{\top} x", "2 A x", r"x^{\top} A", r"A^{2}^{2}"])
def test_latex_that_says_something_else_is_never_shown(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = form.latex

    def broken(t: Term, *rest: Any) -> str:
        return right(t, *rest) if t.op == "sym" else wrong

    monkeypatch.setattr(form, "latex", broken)
    with pytest.raises(Fault):
        grad("x'*A'*y", "y", "x: n", "A: n x n", "y: n")


def test_signs_of_matrices_are_not_those_of_numbers() -> None:
    """|x| is the length of a column, u may be a name, and a power of a power needs brackets."""
    shapes = ("x: n", "u: n", "v: n")
    assert "|" not in grad("sum(abs(x)*v'*x)", "x", *shapes).latex
    assert r"\operatorname{step}" in grad("sum(relu(x))", "x", *shapes).latex
    assert r"\left(e^{s}\right)^{2}" in grad("x/(1 + exp(s)^2)", "x").latex.replace("(e^{s})", r"\left(e^{s}\right)")


STACKED = {
    ("norm([[A], [B]]*X)^2", "A", "A: m x p", "B: k x p", "X: p x m"): "2*A*X*X'",
    ("norm(W*[[x], [h]])^2", "x", "W: m x d+k", "x: d", "h: k"): "2*[[eye(d), zeros(d,k)]]*W'*W*[[x], [h]]",
    (
        "[[A, X], [0, B]]",
        "X",
        "A: m x m",
        "B: k x k",
        "X: m x k",
    ): "kron([[zeros(m,k)], [eye(k)]], [[eye(m)], [zeros(k,m)]])",
    ("[[P, a]]*[[x], [1]]", "x", "P: m x n", "x: n", "a: m"): "P",
}


@pytest.mark.parametrize("question", STACKED, ids=lambda question: question[0])
def test_stacking(question: tuple[str, ...]) -> None:
    found = grad(*question)
    assert found.text(found.result) == STACKED[question]
    assert found.certificate.points >= 6


# --------------------------------------------------------------------------------------------- random questions


def check_drawn(seed: int) -> str:
    """Return "right", or "none" where there is no closed form; anything wrong fails."""
    formula, wrt, kind = drawn.question(seed)
    shapes = [f"{name}: {shape or 'scalar'}" for name, shape in drawn.SHAPES.items()]
    try:
        found = answer(ask(formula, wrt, shapes, kind=kind))
    except Fault as fault:
        assert "could not be certified" not in fault.title, f"{formula} by {wrt}: {fault.reason}"
        return "none"
    for turn, sizes in enumerate(drawn.SIZES):
        env = drawn.leaves(sizes, seed + turn)
        with np.errstate(all="ignore"):
            wants = [drawn.numeric(formula, wrt, env, kind, step) for step in (1, 0.25)]
            for name, body in found.definitions:
                env[plain(name)] = drawn.value(plain(body), env)
            got = np.asarray(drawn.value(found.plain, env), dtype=float).reshape(-1)
        size = np.abs(wants[0]).max() + 1e-3 * np.abs(drawn.value(formula, env)).max() + 1e-9
        # Beside a kink the difference depends on its step.
        if not np.isfinite(np.concatenate([*wants, got])).all() or np.abs(wants[0] - wants[1]).max() > 1e-5 * size:
            continue
        assert np.abs(got - wants[0]).max() <= 1e-4 * size, f"{formula} by {wrt} ({kind}) is not {found.plain}"
    return "right"


def test_random_expressions(request: pytest.FixtureRequest) -> None:
    count = 500 if request.config.getoption("--full") else 120
    kinds = [check_drawn(seed) for seed in range(count)]
    assert kinds.count("right") >= 0.97 * count


def test_the_random_expressions_hold_every_operation() -> None:
    """What is drawn covers the language: each function of it stands in some of the questions."""
    text = " ".join(drawn.question(seed)[0] for seed in range(500)) + " ".join(drawn.SPECIAL)
    called = {value for kind, value in plain_syntax.tokenize(text) if kind == "name"}
    functions = {*plain_syntax.ELEM} - {"log", "tan", "cosh", "sqrt"}
    more = (
        "sum tr det logdet inv norm norm1 diag diagvec vec kron softmax logsumexp rowsoftmax colsoftmax huber clip toep"
    )
    assert functions | set(more.split()) <= called


# ------------------------------------------------------------------------------------------------------ language

LATEX = {
    (r"\lVert W x - y \rVert_2^2", "W", "W: m x n", "x: n", "y: m"): "2*(W*x - y)*x'",
    (r"\operatorname{tr}(A X^{\mathsf T} B X)", "X", "A: n x n", "X: m x n", "B: m x m"): "B*X*A + B'*X*A'",
    (r"\log\det X", "X", "X: n x n"): "inv(X)'",
    (r"\ln|X|", "X", "X: n x n"): "inv(X)'",
    (r"a^\top X^{-1} b", "X", "X: n x n", "a: n", "b: n"): "-(inv(X)*b*a'*inv(X))'",
    (r"\mathbf{1}^\top (x \odot y)", "x", "x: n", "y: n"): "y",
    (r"\mathbf{x}^{\top} \mathbf{A} \mathbf{x}", "x", "x: n", "A: n x n"): "(A + A')*x",
    (r"\operatorname{tr}(X^{-\top} B)", "X", "X: n x n", "B: n x n"): "-inv(X)'*B*inv(X)'",
    (r"\frac{1}{2} \lVert W^{[2]} h^{[1]} \rVert^2", "W^{[2]}", "W^{[2]}: m x n", "h^{[1]}: n"): "W_2*h_1*h_1'",
    (r"\operatorname{tr}((W^{(1)})^2)", "W^{(1)}", "W^{(1)}: n x n"): "2*W_1'",
    (r"\sum_{i=1}^{n} (x_i - a)^2", "x", "x: n"): "2*(x - a)",
    (r"\sum_{i,j} W_{ij} x_i y_j", "W", "W: m x n", "x: m", "y: n"): "x*y'",
    (r"\sum_i \sum_j A_{ij} x_j", "x", "A: m x n", "x: n"): "A'*ones(m)",
    (r"\sum_i \sum_j \sum_k A_{ij} B_{jk} C_{ki}", "B", "A: m x n", "B: n x p", "C: p x m"): "(C*A)'",
    (r"\log \sum_{j} \exp(z_j)", "z", "z: k"): "softmax(z)",
    (r"\sum_k y_k \log \operatorname{softmax}(z)_k", "z", "y: k", "z: k"): "y - sum(y)*softmax(z)",
    (r"\frac1n\sum_{i=1}^n (y_i - w^\top x_i)^2", "w", "X: n x d", "y: n", "w: d"): "-2*X'*(y - X*w)/n",
    (
        r"\sum_i \log(1 + e^{-y_i w^\top x_i})",
        "w",
        "X: n x d",
        "y: n",
        "w: d",
    ): "-X'*(v_1.*y./(1 + v_1)); v_1 = exp(-y.*(X*w))",
    (r"\log\sum_i\exp(a_i^\top x)", "x", "A: m x n", "x: n"): "A'*softmax(A*x)",
    (r"\sum_i A_{ii}", "A", "A: n x n"): "eye(n)",
    (r"\operatorname{tr}(X + \lambda I)", "\\lambda", "X: n x n"): "n",
    (r"\begin{bmatrix} x \\ h \end{bmatrix}^\top \begin{bmatrix} x \\ h \end{bmatrix}", "h", "x: d", "h: k"): "2*h",
    (r"x^\top \begin{bmatrix} 1 & 2 \\ 2 & 5 \end{bmatrix} x", "x", "x: 2"): "2*[[1, 2], [2, 5]]*x",
    (r"\max(0, w^\top x)", "w", "w: n", "x: n"): "step(w'*x)*x",
    (r"\mathbf{1}^\top (x^{\odot 3} \oslash y)", "x", "x: n", "y: n"): "3*x.^2./y",
    (r"\lVert x \rVert_1", "x", "x: n"): "sign(x)",
    (r"\lambda^2 \mu", r"\lambda"): "2*mu*lambda",
}


@pytest.mark.parametrize("question", LATEX, ids=lambda question: question[0])
def test_latex(question: tuple[str, ...]) -> None:
    assert text(*question) == LATEX[question]


PLAIN = {
    ("x'*A*x", "x", "x: n", "A: n x n"): "(A + A')*x",
    ("norm(A*x - b)^2/2", "x", "A: m x n", "x: n", "b: m"): "A'*(A*x - b)",
    ("sum(X)", "X", "X: m x n"): "ones(m,n)",
    ("sum(sqrt(x))", "x", "x: n"): "1./sqrt(x)/2",
    ("tr(X)", "X", "X: 3 x 3"): "eye(3)",
    ("sum(max(X, Y))", "X", "X: m x n", "Y: m x n"): "step(X - Y)",
    ("sum(huber(x, d))", "d", "x: n"): "sum(relu(abs(x) - d))",
    ("sum(X*ones(n)/n)", "X", "X: m x n"): "ones(m,n)/n",
    ("y", "x", "x: n"): "zeros(n)",
}


@pytest.mark.parametrize("question", PLAIN, ids=lambda question: question[0])
def test_plain(question: tuple[str, ...]) -> None:
    assert text(*question) == PLAIN[question]


def test_kinds_and_layouts() -> None:
    shapes = ("A: n x n", "x: n", "X: n x n")
    assert text("x'*A*x", "x", *shapes, layout="numerator") == "x'*(A + A')"
    assert text("x'*A*x", "x", *shapes, kind="hessian") == "A + A'"
    assert text("A*x", "x", *shapes) == "A"
    assert text("A*X", "X", *shapes) == "kron(eye(n), A)"
    assert text("tr(A*X)", "X", *shapes, kind="gradient_sym") == "A + A' - A.*eye(n)"
    assert text("x*t^2", "t", *shapes) == "2*t*x"
    assert grad("x'*A*x", "x", *shapes, kind="jacobian").shape == ("1", "n")


def test_assumptions_hold_for_the_result_and_tie_no_entries() -> None:
    """X' may be written as X afterwards; before, it would change the derivative."""
    shapes = ("X: n x n", "a: n", "b: n")
    assert text("a'*X'*b", "X", *shapes, assume=["X symmetric"]) == "b*a'"
    assert text("logdet(X)", "X", *shapes, assume=["X positive definite"]) == "inv(X)"


def test_names_of_parts_are_kept() -> None:
    shapes = ("W: m x n", "x: n", "y: m")
    found = text("sum((h - y).^2)/2", "W", *shapes, lets=["h = tanh(W*x)"])
    assert found == "((h - y).*(1 - h.^2))*x'"


def test_what_repeats_gets_a_name() -> None:
    found = grad("sum(log(exp(-y.*(X*w)) + ones(n)))", "w", "X: n x d", "w: d", "y: n")
    assert [plain(name) for name, _ in found.definitions] == ["v_1"]
    taken = grad("sum(log(exp(-v_1.*(X*w)) + ones(n)))", "w", "X: n x d", "w: d", "v_1: n")
    assert [plain(name) for name, _ in taken.definitions] == ["v_2"]


# ----------------------------------------------------------------------------------------------------- bad input

BAD = {
    ("sum(foo(X))", "X", "X: m x n"): "unknown function foo",
    ("A*B", "A", "A: m x n", "B: m x n"): "m×n · m×n",
    ("A + B", "A", "A: m x n", "B: n x m"): "m×n + n×m",
    ("A.*B", "A", "A: m x n", "B: n x m"): "m×n ⊙ n×m",
    ("inv(X)", "X", "X: m x n"): "not square: m×n",
    ("tr(X)", "X", "X: m x n"): "not square: m×n",
    ("X^2", "X", "X: m x n"): "not square: m×n",
    ("A*x", "x", "A: m x n", "x: n", "gradient"): "is that of a scalar",
    ("sum(X)", "n", "X: m x n"): "n is a dimension",
    ("n*sum(X)", "X", "X: m x n", "n: k"): "n is a dimension",
    ("sum(ones(q))*x", "x"): "q is no dimension",
    ("sum(x + ones(3))", "x", "x: n"): "n×1 + 3×1",
    ("x'*[[1,2],[3,4]]*x", "x", "x: 3"): "1×3 · 2×2",
    ("sum(X", "X", "X: m x n"): "",
    ("x = 1", "x"): "a relation",
    ("softmax(X)", "X", "X: m x n"): "rowsoftmax or colsoftmax",
    (r"\sum_i x_i y_i", "x", "x: n", "y: m"): "the index i",
    (r"\prod_i x_i", "x", "x: n"): "product over an index",
    ("inv(X)*X./0", "X", "X: n x n"): "",
    ("norm(W*[[x], [h]])^2", "x", "W: m x d", "x: d", "h: k"): "m×d · (d + k)×1",
    ("[[A, X], [1, B]]", "X", "A: m x m", "X: m x k", "B: k x k"): "a scalar where 1×m has its place",
}


@pytest.mark.parametrize("question", BAD, ids=lambda question: question[0])
def test_bad_input(question: tuple[str, ...]) -> None:
    *given, last = question
    kind = last if last == "gradient" else ""
    start = time.perf_counter()
    with pytest.raises(Fault) as caught:
        grad(*(given if kind else question), kind=kind)
    assert BAD[question] in str(caught.value)
    assert time.perf_counter() - start < 5


def test_a_clash_is_shown_at_its_operator() -> None:
    with pytest.raises(Fault) as caught:
        grad("sum((W*x - y).^2)", "W", "W: m x n", "x: k", "y: m")
    assert caught.value.column == 7 and "m×n · k×1" in caught.value.title


def test_a_variable_that_does_not_occur() -> None:
    found = grad("sum(X)", "Y", "X: m x n", "Y: 2 x 3")
    assert found.plain == "zeros(2,3)" and "does not occur" in found.question.notes[0]


@pytest.mark.parametrize("count", [60, 100])
def test_long_sums(count: int) -> None:
    formula = " + ".join(f"tr(A*X^{k % 4 + 1}*B)/{k + 2}" for k in range(count))
    start = time.perf_counter()
    grad(formula, "X", "A: n x n", "X: n x n", "B: n x n")
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("formula", ["sum(" + "tanh(" * 60 + "X" + ")" * 61, "sin(" * 500 + "x" + ")" * 500])
def test_deep_formulas(formula: str) -> None:
    start = time.perf_counter()
    try:
        grad(formula, "X" if "X" in formula else "x", "X: m x n")
    except Fault as fault:
        assert "nested too deeply" in fault.title
    assert time.perf_counter() - start < 5


# ------------------------------------------------------------------------------------------------------ tables


def test_every_operation_has_a_value_and_a_step() -> None:
    assert set(DIFFERENTIALS) <= set(NUMBERS)
    assert set(DIFFERENTIALS) - {"add", "T", "map", "block"} <= set(STEPS)


def test_equal_terms_are_one() -> None:
    x, y = (a.sym(name, (of("n"), of(1))) for name in "xy")
    assert a.add(x, y) is a.add(y, x)
    assert a.add(x, a.neg(x)) is a.zeros(x.shape)


# ----------------------------------------------------------------------------------------------------- command


def run(*args: str) -> Any:
    return CliRunner().invoke(main, ["grad", *args])


SHAPES = ("--shape", "W: m x n", "--shape", "X: n x k", "--shape", "Y: m x k")


def test_the_command() -> None:
    found = run("sum((W*X - Y).^2)", "--wrt", "W", *SHAPES, "--steps")
    assert found.exit_code == 0
    assert found.output.startswith("∂f/∂W = 2*(W*X - Y)*X'    (m×n)\n")
    assert "product rule" in found.output and "numeric derivatives" in found.output


def test_the_json() -> None:
    found = json.loads(run("sum((W*X - Y).^2)", "--wrt", "W", *SHAPES, "--to", "json").stdout)
    assert found["wrt"] == "W" and found["kind"] == "gradient" and found["shape"] == ["m", "n"]
    assert found["plain"] == "2*(W*X - Y)*X'" and found["definitions"] == []
    assert found["latex"] == r"2 (W X - Y) X^{\top}"
    assert found["certificate"]["points"] >= 3 and found["certificate"]["max_error"] < 1e-9
    assert all(step["latex"] for step in found["steps"])


def test_a_scalar_has_the_shape_of_one() -> None:
    assert json.loads(run("x^2", "--wrt", "x", "--to", "json").stdout)["shape"] == []


def test_what_the_plain_language_lacks_is_said() -> None:
    found = json.loads(run("x'*[[1, 2], [2, 5]]*x", "--wrt", "x", "--shape", "x: 2", "--to", "json").stdout)
    assert found["plain"] is None and "2*[[1, 2], [2, 5]]*x" in found["because"]


@pytest.mark.parametrize("form", ["tex", "pdf"])
def test_files(tmp_path: Path, form: str) -> None:
    target = tmp_path / f"out.{form}"
    found = run("sum((W*X - Y).^2)", "--wrt", "W", *SHAPES, "--steps", "-o", str(target))
    assert found.exit_code == 0, found.output
    data = target.read_bytes()
    assert data.startswith(b"%PDF") if form == "pdf" else rb"\partial W" in data


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("sum(foo(X))", "--wrt", "X"), 1),
        (("A*B", "--wrt", "A", "--shape", "A: m x n", "--shape", "B: m x n"), 1),
        (("x^2", "--wrt", "x", "--kind", "nothing"), 2),
        (("x^2", "--wrt", "x", "--to", "pdf"), 2),
        (("x^2", "--wrt", "x", "--shape", "x"), 2),
        (("x^2", "--wrt", "x", "--assume", "x nice"), 2),
        (("x^2",), 2),
        (("x^2", "--wrt", "x", "-o", "out.docx"), 2),
    ],
)
def test_exit_codes(args: tuple[str, ...], code: int) -> None:
    assert run(*args).exit_code == code


def test_a_formula_that_begins_with_a_minus() -> None:
    found = run("--wrt", "x", "--", "-x^2")
    assert found.exit_code == 0 and found.output.startswith("∂f/∂x = -2*x")
    assert "--" in run("-x^2", "--wrt", "x").output
