"""Equality of two formulas: three-valued, with a witness; nothing false is called equal."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.check.assume import read
from derive.check.equal import Answer, equal
from derive.errors import Fault
from derive.narrate.feedback.answer import told

PAIRS = json.loads((Path(__file__).parent / "data" / "pairs.json").read_text(encoding="utf-8"))
PAIRS = PAIRS["pairs"] if isinstance(PAIRS, dict) else PAIRS


def ask(a: str, b: str, *assume: str, shapes: tuple[str, ...] = (), digits: int | None = None) -> Answer:
    return equal(a, b, read(shapes, assume), digits)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: f"{p['id']}-{p['cls']}")
def test_the_pairs(pair: dict[str, Any]) -> None:
    known = read(pair.get("shapes") or [], pair.get("assume") or [])
    assert equal(pair["a"], pair["b"], known, pair.get("digits")).verdict == ("equal" if pair["equal"] else "different")


@pytest.mark.parametrize(
    ("a", "b", "assume"),
    [
        ("x^2/x", "x", ()),
        ("log(x^2)", "2*log(x)", ("x > 0",)),
        ("sin(x)^2 + cos(x)^2 - 1", "0", ()),
        ("10^20*x + 1 - 10^20*x", "1", ()),
        ("0.1 + 0.2", "0.3", ()),
        ("relu(x-3)*relu(2-x)", "0", ()),
        ("step(x^2-2)", "step(abs(x)-sqrt(2))", ()),
        ("max(x, y)", "(x + y + abs(x-y))/2", ()),
        ("abs(sin(x))", "sin(x)", ("x in (0, 3)",)),
        ("f(x) + f(x)", "2*f(x)", ()),
        (r"f'(x) f(x)", r"f(x) f'(x)", ()),
        (r"\frac{\partial L}{\partial w} x", r"x \frac{\partial L}{\partial w}", ()),
        (r"\sum_i x_i y_i", r"\sum_k y_k x_k", ()),
        (r"\sum_{i=1}^n \sum_{j=1}^m a_{ij}", r"\sum_{j=1}^m \sum_{i=1}^n a_{ij}", ()),
        (r"\prod_{i=1}^{3} x_i", "x_1 x_2 x_3", ()),
        (r"\log_2 8", "3", ()),
        (r"\left[x^2\right]_{x=3}", "9", ()),
    ],
)
def test_equal(a: str, b: str, assume: tuple[str, ...]) -> None:
    assert ask(a, b, *assume).verdict == "equal"


@pytest.mark.parametrize(
    ("a", "b", "assume"),
    [
        ("relu(x-10)", "0", ()),
        ("relu(x-1000)", "0", ()),
        ("step(z)", "(1+sign(z))/2", ()),
        ("exp(-200)*x", "2*exp(-200)*x", ()),
        ("log(1+exp(x))", "x", ("x > 100",)),
        ("log(1+exp(x))", "x", ("x > 5000",)),
        ("tanh(x)", "1", ("x > 300",)),
        ("sigmoid(x)", "1", ("x > 200",)),
        ("exp(-1000*x^2)", "0", ()),
        ("f(x)", "g(x)", ()),
        ("f(x)", "f(y)", ()),
        (r"\sum_{i=1}^n x_i", r"\sum_{i=0}^n x_i", ()),
        (r"\frac{\partial L}{\partial w}", r"\frac{\partial L}{\partial v}", ()),
        ("max(a, b)", "(a+b)/2", ()),
        ("x", "x + 0.000000000001", ()),
    ],
)
def test_different(a: str, b: str, assume: tuple[str, ...]) -> None:
    answer = ask(a, b, *assume)
    assert answer.verdict == "different"
    assert answer.witness is not None and set(answer.witness) == {"at", "left", "right"}


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ("(", "1", "never closed"),
        ("x = 1", "x", "a relation is no value"),
        ("sqrt(x)^2", "x", "--assume"),
        ("1/0", "1/0", "only 0 points"),
        ("9^(9^(9^9))", "1", "points"),
        (r"\sum_{i=1}^{10^{12}} i", "1", "a sum from 1 to 1000000000000"),
        (r"\sum_{i=1}^{10^5} \sum_{j=1}^{10^5} i", "1", "too many operations"),
        ("x!", "x", "cannot be read"),
        ("", "x", "empty"),
        (r"\input{/etc/passwd}", "1", "unknown command"),
        ("(" * 10_000, "1", "bracket"),
        (r"\nabla f", "1", "has no value here"),
    ],
)
def test_undecided_with_the_reason(a: str, b: str, words: str) -> None:
    start = time.perf_counter()
    answer = ask(a, b)
    assert answer.verdict == "undecided" and answer.witness is None
    assert words in answer.because
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize(
    ("a", "b", "shapes", "assume", "verdict"),
    [
        ("A*B", "B*A", ("A: n x n", "B: n x n"), (), "different"),
        ("tr(A*B)", "tr(B*A)", ("A: m x n", "B: n x m"), (), "equal"),
        ("A*x", "x'*A'", ("A: m x n", "x: n"), (), "different"),
        ("A*B", "A*B", ("A: 2 x 3", "B: 2 x 3"), (), "undecided"),
        ("det(A)", "det(A')", ("A: 3 x 3",), (), "equal"),
        ("inv(A)*A", "eye(n)", ("A: n x n",), ("A invertible",), "equal"),
        ("A'", "A", ("A: n x n",), ("A symmetric",), "equal"),
        ("A'", "A", ("A: n x n",), (), "different"),
        (r"\lVert x \rVert^2", r"x^\top x", ("x: n",), (), "equal"),
        ("A .* B", "B .* A", ("A: m x n", "B: m x n"), (), "equal"),
        ("sum(A)", "ones(m)'*A*ones(n)", ("A: m x n",), (), "equal"),
        ("vec(A*X*B)", "kron(B', A)*vec(X)", ("A: 2 x 3", "X: 3 x 2", "B: 2 x 4"), (), "equal"),
        ("x", "y", ("x: n+k-1", "y: k"), (), "different"),
        ("log(det(A))", "logdet(A)", ("A: n x n",), ("A positive definite",), "equal"),
    ],
)
def test_matrices(a: str, b: str, shapes: tuple[str, ...], assume: tuple[str, ...], verdict: str) -> None:
    answer = ask(a, b, *assume, shapes=shapes)
    assert answer.verdict == verdict, answer
    if verdict == "undecided":
        assert "2×3 · 2×3" in answer.because


@pytest.mark.parametrize(
    ("a", "b", "digits", "verdict"),
    [
        ("2/3", "0.67", 2, "equal"),
        ("2/3", "0.66", 2, "equal"),
        ("2/3", "0.65", 2, "different"),
        ("2/3", "0.665", 2, "different"),
        ("-2/3", "-0.66", 2, "equal"),
        ("-2/3", "-0.68", 2, "different"),
        ("0.125", "0.12", 2, "equal"),
        ("0.125", "0.13", 2, "equal"),
        ("exp(1)", "3", 0, "equal"),
        ("exp(1)", "2", 0, "equal"),
    ],
)
def test_rounded_or_cut(a: str, b: str, digits: int, verdict: str) -> None:
    assert ask(a, b, digits=digits).verdict == verdict


@pytest.mark.parametrize(
    ("shape", "assume"),
    [
        ("W", ""),
        ("W: ", ""),
        (": 2", ""),
        ("W + 1: 2", ""),
        ("", "x"),
        ("", "x > y"),
        ("", "x in (3, 2)"),
        ("", "x in (0, 1"),
        ("", "2 > 0"),
    ],
)
def test_bad_options(shape: str, assume: str) -> None:
    with pytest.raises(Fault):
        read([shape] if shape else [], [assume] if assume else [])


def test_the_witness_is_one() -> None:
    """At the point that is named, the sides have the values that are named."""
    answer = ask("x*y + 2", "x*y + sin(y)")
    assert answer.witness is not None
    x, y = answer.witness["at"]["x"], answer.witness["at"]["y"]
    assert answer.witness["left"] == pytest.approx(x * y + 2)


# ------------------------------------------------------------------------------------------------- properties

NAMES = ("x", "y", "z")


def formulas(depth: int = 3) -> st.SearchStrategy[str]:
    leaf = st.sampled_from((*NAMES, "2", "0.5", "3"))
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
            st.tuples(st.sampled_from(("sigmoid", "tanh", "relu", "abs", "exp", "sin")), inner).map(
                lambda t: f"{t[0]}({t[1]})"
            ),
        ),
        max_leaves=2**depth,
    )


@settings(max_examples=60, deadline=None)
@given(formulas(), st.integers(0, 10**6))
def test_a_formula_rewritten_is_equal_and_changed_is_not(formula: str, seed: int) -> None:
    chosen = random.Random(seed).choice(NAMES)
    rewritten = f"(({formula}) + {chosen}^2) - {chosen}*{chosen}"
    assert ask(formula, rewritten).verdict in ("equal", "undecided")
    assert ask(formula, f"{formula} + 0.001").verdict in ("different", "undecided")


@settings(max_examples=150, deadline=2000)
@given(st.text(alphabet=r"xyz01.\{}()^_+-*/=&|,'<>sumfrac ", max_size=40))
def test_no_text_is_too_odd(text: str) -> None:
    assert ask(text, "x + 1").verdict in ("equal", "different", "undecided")


@pytest.mark.parametrize(
    ("a", "b", "shown"),
    [
        ("9^9^9^9", "1", "e+695"),
        ("2^{10000000}", "1", "e+3010299"),
        ("10^{400} x", "x", "e+399"),
        ("0.1 + 0.2", "0.3000000000001", "0.3000000000001"),
        ("1", "1 + 10^(-30)", "1.000000000000000000000000000001"),
    ],
)
def test_a_difference_is_seen_however_large_or_small(a: str, b: str, shown: str) -> None:
    start = time.perf_counter()
    answer = ask(a, b)
    assert answer.verdict == "different" and shown in told(answer)
    json.dumps(answer.as_json(), allow_nan=False)
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        (r"\frac{d}{dx}\left(x^2\right)", "2x", "equal"),
        (r"\frac{\partial}{\partial x} \sigma(x)", r"\sigma(x)(1-\sigma(x))", "equal"),
        (r"\frac{\partial (wx+b)}{\partial w}", "x", "equal"),
        (r"\frac{\partial (wx+b)}{\partial w}", "w", "different"),
        (r"\frac{d^2}{dx^2} x^3", "6x", "equal"),
        (r"\frac{\partial L}{\partial w}", "0", "different"),
        (r"\tan x", r"\frac{\sin x}{\cos x}", "equal"),
        (r"\cosh x", r"\frac{e^x+e^{-x}}{2}", "equal"),
        (r"\lg 100", "2", "equal"),
        (r"\lceil x \rceil", r"-\left\lfloor -x \right\rfloor", "equal"),
        ("foo(x)", "x", "undecided"),
        (r"\sum_{i=1}^{2}\sum_{j=1}^{2} w_{ij}x_j", "w_{11}x_1+w_{12}x_2+w_{21}x_1+w_{22}x_2", "equal"),
        ("W_{1,2}", "W_{12}", "equal"),
        ("W_{1,2}", "W_{21}", "different"),
        (r"\sum_{i=1}^{n} x_i", r"\sum_{k=1}^{n} x_{n+1-k}", "equal"),
        (r"\sum_{i=1}^{n} x_i", r"\sum_{k=1}^{n} x_{n-k}", "different"),
        ("(a+b)^2", "a^2+2ab+b^2", "equal"),
        ("a/bc", r"\frac{a}{bc}", "equal"),
        ("|xy|", "|x||y|", "equal"),
        ("ab^2", "a*b*b", "equal"),
        (r"\sum_{i=1}^{n} x", "nx", "equal"),
        (r"\sigma^2(x)", r"(\sigma(x))^2", "equal"),
        (r"\sum_{k=0}^{\infty} r^k", r"\frac1{1-r}", "undecided"),
        (r"\sum_{j=1}^{K}\frac{e^{x_j}}{\sum_{k=1}^{K}e^{x_k}}", "1", "equal"),
        (r"y\log y", r"y\ln(y)", "equal"),
        (r"e^{\log x}", "x", "undecided"),
        (r"\sum_{i=1}^{n} i", r"\frac{n(n+1)}{2} + \prod_{i=0}^{10} (n-i)", "different"),
        (r"\prod_{i=1}^{N} a_i", r"\begin{cases} \prod_{i=1}^{N} a_i & N<7 \\ 0 & N \ge 7\end{cases}", "different"),
    ],
)
def test_notations_that_meet(a: str, b: str, verdict: str) -> None:
    for left, right in ((a, b), (b, a)):
        assert ask(left, right).verdict == verdict


def test_entries_and_the_identity_of_declared_matrices() -> None:
    assert ask(r"\|x\|_2^2", r"\sum_{i=1}^n x_i^2", shapes=("x: n x 1",)).verdict == "equal"
    assert ask("A^{-1} A", "I", "A invertible", shapes=("A: n x n",)).verdict == "equal"
    assert ask(r"\prod_{i=0}^{12}(n-i)", "0", "n integer").verdict == "different"


@pytest.mark.parametrize("formula", [r"\int x", r"\binom{n}{k}", r"\lim_{x \to 0} x", r"\pm x", r"a \over b"])
def test_what_is_not_read_is_told_as_that(formula: str) -> None:
    answer = ask(formula, "x")
    assert answer.verdict == "undecided" and "did you mean" not in answer.because
