"""Formulas in words: what a listener hears of the LaTeX that documents hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derive.writers.speech import speak

SENTENCES = {
    "x": "x",
    r"x^2 + y^3": "x squared plus y cubed",
    r"\frac{a}{b}": "a over b",
    r"\frac12 x": "one half, times x",
    r"\frac{1}{1 + e^x}": "the fraction with numerator 1 and denominator 1 plus e to the power x end fraction",
    r"\frac{\partial L}{\partial w_1}": "the partial derivative of L with respect to w sub 1",
    r"\frac{\partial^2 f}{\partial x^2}": "the second partial derivative of f with respect to x",
    r"\frac{\partial^2 f}{\partial x \partial y}": "the second partial derivative of f with respect to x and y",
    r"\frac{\partial}{\partial x} y": "the partial derivative with respect to x of y",
    r"\frac{\mathrm{d} L}{\mathrm{d} x}": "the derivative of L with respect to x",
    r"\frac{\partial L}{\partial z} \, h_0": "the partial derivative of L with respect to z, times h sub 0",
    r"\frac{\partial L}{\partial z} h + 1": "the partial derivative of L with respect to z, times h plus 1",
    r"\mathcal{L} = |y - \hat{y}|": "script L equals the absolute value of y minus y hat end absolute value",
    r"|-3.375| = 3.375": "the absolute value of negative 3.375 equals 3.375",
    r"\left| x \right|": "the absolute value of x",
    r"h = g_0(z_0) = \text{ReLU}(z_0)": "h equals g sub 0 open paren z sub 0 close paren equals ReLU of z sub 0",
    r"-\operatorname{sign}(y - \hat{y}) h_1": "negative sign of open paren y minus y hat close paren times h sub 1",
    r"0.5 - 1 \cdot (-0.75)": "0.5 minus 1 times open paren negative 0.75 close paren",
    r"0{,}5 \approx -1{,}5": "0,5 approximately equals negative 1,5",
    r"\omega_0^{\text{new}} = \boxed{-0.25}": "omega sub 0 superscript new equals boxed negative 0.25",
    r"\boxed{a + b}": "boxed a plus b end boxed",
    r"\boxed{\begin{aligned} & a \\ & \quad {} + b \end{aligned}} + c": "boxed a plus b end boxed plus c",
    r"W^{[1]\top} x": "W superscript open bracket 1 close bracket transpose times x",
    r"z_{i-1} x": "z sub i minus 1 end sub times x",
    r"w_{ij}^{(2)}": "w sub i j superscript open paren 2 close paren",
    r"u(z_1) \omega_1": "u open paren z sub 1 close paren times omega sub 1",
    r"2 (a + b)": "2 times open paren a plus b close paren",
    r"A^\top A^{-1}": "A transpose times A to the power negative 1",
    r"10^{-29}": "10 to the power negative 29",
    r"\sum_{i=1}^{n} x_i^2": "the sum from i equals 1 to n of x sub i squared",
    r"\sum_i a_i": "the sum over i of a sub i",
    r"\lim_{x \to 0} x": "the limit as x approaches 0 of x",
    r"\max(0, x)": "maximum of open paren 0 comma x close paren",
    r"\log_2 x + \ln(y)": "log base 2 of x plus natural log of y",
    r"y \log y": "y times log of y",
    r"\sin^2(x)": "sine squared of x",
    r"\sigma'(z)": "sigma prime open paren z close paren",
    r"\sqrt{x} + \sqrt[3]{x + 1}": "the square root of x plus the cube root of x plus 1 end root",
    r"\|W x - b\|_2^2": "the norm of W x minus b end norm, sub 2 squared",
    r"\left. f \right|_{x = 0}": "f, evaluated at x equals 0",
    r"f(x)\big|_{x=1}": "f open paren x close paren evaluated at x equals 1",
    r"\begin{cases} 1 & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}": (
        "2 cases: case 1: 1, if x is greater than 0; case 2: 0, otherwise; end cases"
    ),
    r"\begin{bmatrix} 1 & 2 \\ 3 & -4 \end{bmatrix}": (
        "the 2 by 2 matrix, row 1: 1, 2; row 2: 3, negative 4; end matrix"
    ),
    r"\begin{bmatrix} 1 \\ 2 \end{bmatrix}": "the column vector 1, 2, end vector",
    r"\begin{aligned} a &= b \\ & \\ &= c \end{aligned}": "a equals b; equals c",
    r"\quad \text{} - x": "minus x",
    r"x \in \mathbb{R}^{m \times n}": "x is in the real numbers to the power m by n end power",
    r"W \odot X \le \infty": "W element-wise times X is less than or equal to infinity",
    r"\underbrace{a + b}_{\text{local}}": "underbraced a plus b end underbraced, with local beside it",
    r"\binom{n}{k}": "n choose k",
    r"\strange{x}": "strange times x",
    r"\,": "blank",
}


@pytest.mark.parametrize("latex", SENTENCES)
def test_a_formula_is_said(latex: str) -> None:
    assert speak(latex) == SENTENCES[latex]


def formulas(tex: str) -> list[str]:
    """Return the formulas of a LaTeX document."""
    body = tex.partition(r"\begin{document}")[2]
    found = re.findall(
        r"\\\((.+?)\\\)|\\\[(.+?)\\\]|\\begin\{(?:align|equation)\*\}(.+?)\\end\{(?:align|equation)\*\}", body, re.S
    )
    return [re.sub(r"(?<=\\\\)\[\.\d+ex\]", "", next(filter(None, groups))) for groups in found]


@pytest.mark.parametrize("name", ["skip_connection", "mazur"])
def test_every_formula_of_the_golden_documents_is_said(root: Path, name: str) -> None:
    found = formulas((root / "tests" / "golden" / f"{name}.tex").read_text(encoding="utf-8"))
    assert len(found) > 10
    for latex in found:
        words = speak(latex)
        assert words and re.fullmatch(r"[\w ,.;:'-]+", words), (latex, words)
        assert words.count("equals") >= latex.count("="), (latex, words)
        # A derivative is never said as a fraction.
        assert words.count("derivative") == len(re.findall(r"frac\s*\{\\partial", latex)), (latex, words)


PIECES = st.sampled_from(
    r"\frac \partial { } ^ _ ' \left \right ( ) [ ] | \| . a b 12 3.5 \text \text{if} \mathbb \begin{cases} "
    r"\end{cases} "
    r"\begin{pmatrix} \end{pmatrix} \\ & \sum \max \log \sqrt \boxed \hat \cdot = - + , \foo \underbrace \lvert \rvert "
    r"\{ \} \lim \arg \big \binom \overset \begin \end $ # % ~".split()
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.lists(PIECES, max_size=40).map(" ".join), st.text(max_size=30)))
def test_anything_is_said_without_code(latex: str) -> None:
    words = speak(latex)
    assert words and not set(r"\{}$^_&") & set(words)


@pytest.mark.parametrize("piece", ["{", "(", r"\left(", r"\frac", r"\sqrt[", "x^", r"\begin{cases}", r"\max("])
def test_depth_is_no_danger(piece: str) -> None:
    assert speak(piece * 3000)
