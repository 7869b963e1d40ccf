"""Matrices in hand-ins and in `derive equal`: order, transposes and shapes count."""

from __future__ import annotations

import pytest

from derive.check.assume import read as assumed
from derive.check.equal import equal
from derive.checking.check import check
from derive.checking.submission import Submission
from derive.narrate.feedback.remarks import Feedback
from derive.source import Source

GIVEN = r"Let $W = \begin{pmatrix}1&2\\3&4\end{pmatrix}$ and $x = \begin{pmatrix}1\\1\end{pmatrix}$." + "\n\n"


def checked(text: str) -> Feedback:
    return check(Submission(Source("hand-in", text), False), None)


def kinds(text: str) -> str:
    return " ".join(j.verdict.kind for j in checked(GIVEN + text).judged[2:])


CLAIMS = {
    r"$W x = \begin{pmatrix}3\\7\end{pmatrix}$": "correct",
    r"$x^\top W = \begin{pmatrix}4 & 6\end{pmatrix}$": "correct",
    r"$W x = \begin{pmatrix}3 & 7\end{pmatrix}$": "mismatched",
    r"$W x = \begin{pmatrix}3\\8\end{pmatrix}$": "wrong",
    r"$x W = 3$": "mismatched",
    r"$W^\top W = \begin{pmatrix}10 & 14\\14 & 20\end{pmatrix} = W W^\top$": "correct wrong",
    r"$\det W = -2$": "correct",
    r"$W^{-1} = \begin{pmatrix}-2&1\\1.5&-0.5\end{pmatrix}$": "correct",
    r"$\operatorname{tr}(W) = 5$": "correct",
    r"$\|x\|_2^2 = 2$": "correct",
    r"$W \odot W = \begin{pmatrix}1&4\\9&16\end{pmatrix}$": "correct",
    r"$W W = \begin{pmatrix}1&4\\9&16\end{pmatrix}$": "wrong",
    r"$W - 0.1 W = \begin{pmatrix}0.9&1.8\\2.7&3.6\end{pmatrix}$": "correct",
    r"$\begin{pmatrix}0&1\\1&0\end{pmatrix} W = \begin{pmatrix}3&4\\1&2\end{pmatrix}$": "correct",
}


@pytest.mark.parametrize("text", CLAIMS)
def test_numeric_matrices(text: str) -> None:
    assert kinds(text) == CLAIMS[text]


def test_a_mismatch_names_both_shapes() -> None:
    said = [j.verdict.because for j in checked(GIVEN + r"$W x = \begin{pmatrix}3 & 7\end{pmatrix}$, $x W = 3$").judged]
    assert "2×1 = 1×2" in said[2] and "2×1 · 2×2" in said[3]


@pytest.mark.parametrize("text", ["$(AB)^T = A^T B^T$ and $AB = BA$", r"$\operatorname{tr}(A) = a$ and $AB = BA$"])
def test_names_of_unknown_shape_are_never_taken_as_numbers(text: str) -> None:
    assert {j.verdict.kind for j in checked(text).judged} <= {"undecided", "unread"}


EQUAL = {
    ("A*B", "B*A", "A: n x n", "B: n x n"): "different",
    ("(A*B)'", "B'*A'", "A: m x n", "B: n x k"): "equal",
    ("(A*B)'", "A'*B'", "A: n x n", "B: n x n"): "different",
    ("(A*B)'", "A'*B'", "A: m x n", "B: n x k"): "undecided",
    (r"\operatorname{tr}(A B)", r"\operatorname{tr}(B A)", "A: m x n", "B: n x m"): "equal",
    ("A*x", "x'*A", "A: n x n", "x: n"): "different",
    ("1 - tanh(x).^2", "ones(n) - tanh(x).*tanh(x)", "x: n"): "equal",
    ("softmax(x + c)", "softmax(x)", "x: n"): "equal",
    (r"A \otimes B", r"B \otimes A", "A: m x n", "B: m x n"): "different",
    ("kron(A,B)*vec(X)", "vec(B*X*A')", "A: m x n", "B: p x q", "X: q x n"): "equal",
    (r"A^{-1} A", "I", "A: n x n"): "equal",
    ("toep(w,n)*x", "toep(x,k)*w", "w: k", "x: n"): "equal",
}


@pytest.mark.parametrize("pair", EQUAL, ids=lambda pair: f"{pair[0]} = {pair[1]}")
def test_equal(pair: tuple[str, ...]) -> None:
    left, right, *shapes = pair
    answer = equal(left, right, assumed(shapes, []))
    assert answer.verdict == EQUAL[pair], answer.because
