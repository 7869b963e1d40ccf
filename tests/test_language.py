"""The paper language: every formula of the collection, positions, faults, bounds."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.errors import Fault, render
from derive.language import surface as s
from derive.language.grammar import Table, parse, syntax_of
from derive.language.reading import reading
from derive.language.walk import depth, walk
from derive.source import Slice, Source

FORMULAS = json.loads((Path(__file__).parent / "data" / "parses.json").read_text(encoding="utf-8"))


def read(text: str, table: Table | None = None, syntax: str = "auto") -> str | None:
    try:
        return reading(parse(text, table or Table(), syntax))
    except Fault:
        return None


@pytest.mark.parametrize("syntax", ["latex", "auto"])
def test_every_formula_of_the_collection(syntax: str) -> None:
    wrong = []
    for entry in FORMULAS:
        got = read(entry["latex"], syntax=syntax)
        if got != entry["expected"]:
            wrong.append(f"{entry['id']} {entry['latex']}\n  expected {entry['expected']}\n  read as  {got}")
    assert not wrong, "\n".join(wrong)


LATEX = {
    r"x^{(2)}_i W^{[2]T}": "x_i^(2)*transpose(W^[2])",
    r"W^{-T} + X^TXw": "(transpose(W^(-1*1)) + transpose(X)*X*w)",
    r"\theta^{*} + x^{\text{new}}": "(theta^* + x^new)",
    r"\beta_1^t + \sigma^2": "(beta_1^(t) + sigma^(2))",
    r"\sigma'(x) + w' + f^{\prime}(x)": "(sigma'(x) + w' + f'(x))",
    r"net_{h1} + Nw_0 + step\_size": "(net_h1 + N*w_0 + step_size)",
    r"\omega_sh_0 + w_1x": "(omega_s*h_0 + w_1*x)",
    r"\frac12 x + \frac{dL}{dw} + \frac{\mathrm{d}L}{\mathrm{d}z}": "(1*2^(-1)*x + D[L, w] + D[L, z])",
    r"\frac{\partial}{\partial x} f(x)": "D[f(x), x]",
    r"\frac{\partial^2 f}{\partial x \partial y} + \frac{\partial^2 f}{\partial x^2}": "(D[f, x, y] + D[f, x, x])",
    r"\partial L / \partial z \cdot \delta z/\delta w": "D[L, z]*D[z, w]",
    r"\lVert x \rVert_2^2 + \|x\| + |x||y|": "(||x||_2^(2) + ||x|| + |x|*|y|)",
    r"\left.f\right|_{x=a} + f \Big|_{x = a, y = 2}": "(evalat(f, x, a) + evalat(f, x, a, y, 2))",
    r"\mathbb{1}[z>0] + \mathbf{1}\{z > 0\} + \mathbb{1}_{z>0}": "(" + " + ".join(["indicator(z gt 0)"] * 3) + ")",
    r"\sum_k a_k \cdot b_k + \prod_{i=1}^n x_i": "(Sum[a_k*b_k, k] + Prod[x_i, i, 1, n])",
    r"\begin{cases} x & \text{if $x > 0$} \\ 0 & \text{else} \end{cases}": "cases[x if x gt 0; 0 if other<else>]",
    r"\left\{\begin{array}{l} 1 & x > 0 \\ 0 & x \le 0 \end{array}\right.": "cases[1 if x gt 0; 0 if x le 0]",
    r"\log 2x + \log_{10}(x) + \sin^2 x": "(log(2*x) + log_10(x) + sin(x)^(2))",
    r"\max\{0, z\} + \text{ReLU}(x) + \operatorname{relu}(x)": "(max(0, z) + ReLU(x) + relu(x))",
    r"\delta \odot W x": "delta.*(W*x)",
    r"h_1(1 - h_1) + w(a + b)": "(h_1*(1 + -1*h_1) + w*(a + b))",
    r"\sqrt[3]{x} + \sqrt2": "(x^(3^(-1)) + 2^(0.5))",
    r"$\boxed{x = 2.}$": "x = 2",
    r"0{,}5 \cdot -1": "0.5*-1*1",
    r"\boxed{\begin{aligned} & a \\ & \quad {} - b \\ & \quad {} \cdot c \end{aligned}}": "(a + -1*b*c)",
    r"\underbrace{x + y}_{\text{chain rule}} \overset{!}{=} 2": "(x + y) = 2",
    r"\theta \leftarrow \theta - \eta \nabla_\theta L": "theta <- (theta + -1*eta*nabla_theta(L))",
    r"f = \text{ReLU}": "f = ReLU",
    "\\alpha₁x² · ŷ": "alpha_1*x^(2)*hat_y",
}
PLAIN = {
    "z0 = w0*x": "z0 = w0*x",
    "-x^2 + 2^3^2 + x^-1": "(-1*x^(2) + 2^(3)^(2) + x^(-1*1))",
    "A'*B .* C": "transpose(A)*B.*C",
    "L'(y) + e^x": "(L'(y) + exp(x))",
    "2.*x": "2.*x",
    "w_1 x + w_1x + WX": "(w_1*x + w_1*x + W*X)",
    "softmax(x)_1": "idx(softmax(x), 1)",
    "sqrt(x)": "x^(0.5)",
    "a/b*c/d": "a*b^(-1)*c*d^(-1)",
    "[[1, 2], [3, 4]]": "other<list, other<list, 1, 2>, other<list, 3, 4>>",
    "∂L/∂z + β_1": "(D[L, z] + beta_1)",
    "mu + hat_y_1": "(mu + hat_y_1)",
}


@pytest.mark.parametrize(("text", "expected"), LATEX.items())
def test_latex(text: str, expected: str) -> None:
    assert reading(parse(text, syntax="latex")) == expected


@pytest.mark.parametrize(("text", "expected"), PLAIN.items())
def test_plain(text: str, expected: str) -> None:
    assert reading(parse(text)) == expected


@pytest.mark.parametrize("rows", [r"a \\ & b", r"a \\ & = b", r"a & - b", r"a \\ - b & c"])
def test_rows_that_may_be_formulas_of_their_own_are_not_joined(rows: str) -> None:
    assert read(rf"\boxed{{\begin{{aligned}} & {rows} \end{{aligned}}}}", syntax="latex") is None


def test_both_syntaxes_give_the_same_names() -> None:
    for latex, plain in [(r"\hat{y}_1", "hat_y_1"), (r"\omega_{0_{new}}", "omega_0_new"), ("net_{h1}", "net_h1")]:
        one, two = parse(latex, syntax="latex"), parse(plain)
        assert isinstance(one, s.Name) and isinstance(two, s.Name)
        assert (one.id, one.base, one.sub, one.sup) == (two.id, two.base, two.sub, two.sup)


def test_what_is_declared_decides() -> None:
    table = Table(frozenset(["N", "w_0", "x", "RSS", "h"]), frozenset(["p", "g_0"]))
    assert read("Nw_0 xRSS", table, "latex") == "N*w_0*x*RSS"
    assert read("p(x) h(x)", table, "latex") == "p(x)*h*x"
    assert read("h(x, y)", table, "latex") == "h(x, y)"
    assert read("X^T", Table(frozenset("T")), "latex") == "X^(T)"
    assert read("e^x", Table(frozenset("e"))) == "e^(x)"


def test_syntax_of() -> None:
    assert [syntax_of(text) for text in ("x^2", r"\alpha", "x_{1}", "$x$")] == ["plain", "latex", "latex", "latex"]


def test_positions_slice_the_source() -> None:
    source = Source("a.md", r"before \hat{y}_i = \omega_{0} x^2 + W^{[1]}")
    start = source.text.index("\\hat")
    piece = Slice(source, start, source.text[start:])
    tree = parse(piece)
    names = [piece.text[slice(*node.at)] for node in walk(tree) if isinstance(node, s.Name)]
    assert names == [r"\hat{y}_i", r"\omega_{0}", "x", "W^{[1]}"]
    assert isinstance(tree, s.Relation)
    assert [piece.span(*place).text for place in tree.places] == ["="]
    assert [piece.text[slice(*side.at)] for side in tree.sides] == [r"\hat{y}_i", r"\omega_{0} x^2 + W^{[1]}"]


def test_every_part_lies_within_the_text() -> None:
    for entry in FORMULAS:
        if entry["expected"] is None:
            continue
        for node in walk(parse(entry["latex"], syntax="latex")):
            assert 0 <= node.at[0] < node.at[1] <= len(entry["latex"]), (entry["latex"], node)
            if isinstance(node, s.Name):
                assert entry["latex"][slice(*node.at)] == node.latex


FAULTS = [  # text, syntax, title, column
    ("", "plain", "the formula is empty", 1),
    ("a + + b", "plain", "an operand is missing", 5),
    ("a =", "plain", "an operand is missing", 4),
    ("= b", "plain", "an operand is missing", 1),
    ("step_size*", "latex", "an operand is missing", 11),
    ("x_1_2", "latex", "a second subscript", 4),
    ("x^2^3", "latex", "a second superscript", 4),
    (r"\frac{a}{b", "latex", "this bracket is never closed", 9),
    ("(a + b", "plain", "this bracket is never closed", 1),
    ("(a + b]", "plain", "this bracket is not closed", 1),
    ("a + b)", "plain", "this bracket was never opened", 6),
    ("|x", "plain", "this bar is never closed", 1),
    (r"\begin{foo} x \end{foo}", "latex", "unknown environment foo", 1),
    ("x ** 2", "plain", "a power is written with ^", 3),
    ("1.2.3", "plain", "this number has two decimal points", 1),
    (r"\log a b", "latex", "the argument of log has no brackets", 6),
    (r"\omga x", "latex", r"unknown command \omga", 1),
    ("a, b", "plain", "a comma between two formulas", 2),
    ("(x = 1)", "plain", "a relation within an expression", 4),
    ("w_12", "latex", "more than one digit without braces", 3),
    (r"\alpha_new", "latex", "more than one letter without braces", 8),
    ("w_{}", "latex", "an empty subscript", 3),
    ("0.5 0.5", "plain", "two numbers side by side", 5),
    (r"\hat{x + y}", "latex", r"\hat stands over more than a name", 1),
    (r"\frac{\partial y}{z}", "latex", "a ∂ that stands alone", 7),
    (r"\sin^{-1} x", "latex", "a negative power of sin", 5),
    (r"x \text{ and } y", "latex", "words within a formula", 3),
    (r"\begin{pmatrix} 1 & 2 \\ 3 \end{pmatrix}", "latex", "the rows of this matrix differ in length", 26),
    (r"\frac{\partial^2 f}{\partial x}", "latex", "the order of this derivative does not fit", 1),
    (r"\frac0.5 2", "latex", "a number without braces", 6),
    ("x # y", "plain", "the character '#' cannot be read here", 3),
]


@pytest.mark.parametrize(("text", "syntax", "title", "column"), FAULTS)
def test_faults(text: str, syntax: str, title: str, column: int) -> None:
    with pytest.raises(Fault) as caught:
        parse(text, syntax=syntax)
    assert (caught.value.title, caught.value.column) == (title, column)
    assert "^" in render(caught.value)


def test_faults_offer_a_correction() -> None:
    for text, fix in [("x ** 2", "x ^ 2"), (r"\alpha^10", r"\alpha^{10}")]:
        with pytest.raises(Fault) as caught:
            parse(text)
        assert caught.value.fix == fix
    with pytest.raises(Fault) as caught:
        parse(r"\omga")
    assert "omega" in caught.value.reason


NESTS = [  # before, middle, after; each many times over but the middle
    ("(", "x", ")"),
    (r"\frac{", "1", "}{2}"),
    (r"\sqrt{", "x", "}"),
    ("x^{", "y", "}"),
    (r"\hat{", "y", "}"),
    (r"\log ", "x", ""),
    (r"\sum ", "x", ""),
    (r"\mathbf ", "x", ""),
    (r"\frac 1 ", "x", ""),
    (r"\left|", "x", r"\right|"),
    ("|", "x", "|"),
    ("h_1(1-", "x", ")"),
    ("f(", "x", ")"),
    ("", "x", "/x"),
    ("-", "x", ""),
]
CHAINS = [("", "x", "^2"), ("", "x", "'"), ("", "x", "./x"), ("-", "x", ""), ("(", "x", ")")]  # of plain text


@pytest.mark.parametrize("syntax", ["latex", "plain"])
def test_depth_is_bounded(syntax: str) -> None:
    for before, middle, after in NESTS if syntax == "latex" else CHAINS:
        start = time.perf_counter()
        with pytest.raises(Fault):
            parse(before * 10_000 + middle + after * 10_000, syntax=syntax)
        assert time.perf_counter() - start < 2, before + middle + after


def test_depth_that_people_write_is_read() -> None:
    tree = parse(r"\tanh(w x + " * 50 + "x" + ")" * 50)
    assert depth(tree) == 102
    assert reading(tree).startswith("tanh((w*x + tanh(")


def test_a_caller_that_is_deep_down_gets_a_fault() -> None:
    def down(levels: int) -> str | None:
        return down(levels - 1) if levels else read("(" * 99 + "x" + ")" * 99)

    assert down(500) is None


@pytest.mark.parametrize("sign", ["+", "*", " ", "=", "-"])
def test_thousands_of_terms(sign: str) -> None:
    start = time.perf_counter()
    tree = parse(sign.join(f"x_{{{i}}}" for i in range(5000)))
    assert len(reading(tree)) > 20_000
    assert depth(tree) <= 3
    assert time.perf_counter() - start < 3


def test_length_is_bounded() -> None:
    with pytest.raises(Fault, match="too long"):
        parse("x" * 200_001)


GARBAGE = r"""
\frac { } ( ) [ ] | || \| \left \right . , ; ^ _ ' + - * / = < \le \partial \delta d dx \hat \mathbf \text{if \text{a}
\sum \prod \log \sqrt \begin{cases} \end{cases} \begin{pmatrix} \end{pmatrix} & \\ 1 12 0.5 1e-8 x y T \sigma \nabla
\mathbb{1} \{ \} ŷ ² ₁ β e f u L E .* ./ .^ ** ... \dots $ % ~ \, \max relu WX \left. \right| \boxed{ \overset{a}{
"""
PIECES = st.sampled_from(GARBAGE.split())


@settings(max_examples=600, deadline=2000)
@given(st.lists(PIECES, max_size=25), st.booleans(), st.sampled_from(["auto", "latex", "plain"]))
def test_garbage_of_pieces(pieces: list[str], spaced: bool, syntax: str) -> None:
    read((" " if spaced else "").join(pieces), Table(frozenset("xy"), frozenset("f")), syntax)


@settings(max_examples=300, deadline=2000)
@given(st.text(max_size=60), st.sampled_from(["auto", "latex", "plain"]))
def test_garbage_of_characters(text: str, syntax: str) -> None:
    read(text, syntax=syntax)


def test_speed() -> None:
    row = r"-\text{sign}(y - \hat{y}) (\omega_2 u(z_1) \omega_1 + \omega_s) u(z_0) x + w_1 x_1 + w_2 x_2 + w_3 x_3 + b"
    times = []
    for _ in range(30):
        start = time.perf_counter()
        parse(row)
        times.append(time.perf_counter() - start)
    assert statistics.median(times) < 0.005
