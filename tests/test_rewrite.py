"""Simplification keeps the value, ends, does not swell, and writes what a person would write."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mpmath import mp

from derive.differentiate import differentiate
from derive.expr import Apply, Expr, Number, Ref, call, lift, neg, parts, size
from derive.graph import Graph, Node, Role
from derive.language.write import Writer
from derive.numeric import value
from derive.ops import DomainError, primitive
from derive.rewrite import flatten, together
from derive.steps import backward_forms
from derive.tidy import tidy

HELD = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)

# ------------------------------------------------------------------------------------------- random expressions

NUMBERS = [*(Number(Fraction(n)) for n in (-2, -1, 0, 1, 2, 3)), Number(Fraction(1, 2)), Number(Fraction(-3, 4))]
DECIMALS = [Number(Fraction("0.5"), "0.5"), Number(Fraction("0.25"), "0.25"), Number(Fraction("1.50"), "1.50")]
LEAVES = st.sampled_from([*(Ref(n) for n in "abcd"), *(Ref(n) for n in "abcd"), *NUMBERS, *DECIMALS])
EXPONENTS = st.sampled_from([Number(Fraction(n)) for n in (-3, -2, -1, 0, 1, 2, 3)] + [Number(Fraction(1, 2))])
FUNCTIONS = ["sin", "tanh", "sigmoid", "exp", "log", "sqrt", "relu", "abs", "step", "sign"]


def grown(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        several.map(lambda x: Apply("add", x)),
        several.map(lambda x: Apply("mul", x)),
        inner.map(lambda x: Apply("neg", (x,))),
        st.tuples(inner, inner).map(lambda x: Apply("div", x)),
        st.tuples(inner, EXPONENTS).map(lambda x: Apply("pow", x)),
        st.tuples(st.sampled_from(FUNCTIONS), inner).map(lambda x: call(*x)),
        st.tuples(inner, inner).map(lambda x: call("max", *x)),
    )


EXPRESSIONS = st.recursive(LEAVES, grown, max_leaves=14)
POINTS = [
    dict(zip("abcd", (Fraction(n) for n in row.split()), strict=True))
    for row in ("1.3 0.7 2.9 0.11", "-0.6 1.7 -2.3 0.9", "0 1 -1 2", "3.1 -0.2 0 -1.9", "0.5 0.5 0.25 2")
]


def found(e: Expr, env: dict[str, Any]) -> Any:
    """Return the value of e as a real number, None where it has none or where rounding could decide."""
    try:
        for part in parts(e):
            v = value(part, env)
            if abs(v) > 10**12:
                return None
            if isinstance(part, Apply):
                for kink in primitive(part.op).kinks(*part.args):
                    at = value(kink, env)
                    if not isinstance(at, Fraction) and abs(at) < mp.mpf("1e-20"):
                        return None
        return real(value(e, env))
    except DomainError:
        return None


def real(x: Any) -> Any:
    return mp.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else x


def assert_same(before: Expr, after: Expr) -> None:
    """Wherever `before` has a value, `after` has the same."""
    defined = 0
    with mp.workdps(50):
        for env in POINTS:
            truth = found(before, env)
            if truth is not None:
                defined += 1
                ours = real(value(after, env))
                assert abs(ours - truth) <= mp.mpf("1e-18") * (1 + abs(truth)), (env, after, ours, truth)
    assume(defined)


@HELD
@given(EXPRESSIONS)
def test_tidy_keeps_the_value(e: Expr) -> None:
    assert_same(e, tidy(e))


@HELD
@given(EXPRESSIONS)
def test_together_keeps_the_value(e: Expr) -> None:
    assert_same(e, together(e))
    assert_same(e, together(tidy(e)))


@HELD
@given(EXPRESSIONS)
def test_flatten_keeps_the_value(e: Expr) -> None:
    assert_same(e, flatten(e))
    assert flatten(flatten(e)) == flatten(e)


@HELD
@given(EXPRESSIONS)
def test_tidy_is_done_after_once(e: Expr) -> None:
    with mp.workdps(20):
        assume(any(found(e, env) is not None for env in POINTS))
    once = tidy(e)
    assert tidy(once) == once


@HELD
@given(EXPRESSIONS)
def test_nothing_swells(e: Expr) -> None:
    before = size(e)
    assert size(flatten(e)) <= before + 1
    assert size(tidy(e)) <= 2 * before + 3
    assert size(together(tidy(e))) <= size(tidy(e))


@HELD
@given(EXPRESSIONS)
def test_signs_are_written_once(e: Expr) -> None:
    """No `+ -`, no double sign, no factor 1, no sum that begins with a minus and has a plus."""
    tidied = tidy(e)
    text = Writer({}).latex(tidied)
    assert not re.search(r"[+-]\s*[+-]", text), text
    assert not re.search(r"(?<![\d.])1 (\\cdot|[a-d(]|\\left|\\frac)", text), text
    for part in parts(tidied):
        if isinstance(part, Apply) and part.op == "add":
            signs = [isinstance(t, Apply) and t.op == "neg" for t in part.args]
            assert not signs[0] or all(signs), text


# ------------------------------------------------------------------------------------------------ as on paper

a, b, c, x, y, t, s, u, w = (Ref(n) for n in "abcxytsuw")
w1, w2, ws = Ref("w1"), Ref("w2"), Ref("ws")
half, quarter = Number(Fraction(1, 2)), Number(Fraction(1, 4))

SHOWN = [
    (x / x, "1"),
    (x**2 / x, "x"),
    (x / x**3, r"\frac{1}{x^2}"),
    (2 * x + 3 * x, "5 x"),
    (2 * x - 2 * x, "0"),
    (-(a - b), "b - a"),
    (-(b - a), "a - b"),
    (-a + b, "b - a"),
    (-a - b, "-(a + b)"),
    (a + (-b) * c, "a - b c"),
    (a + b * -1, "a - b"),
    (a - (-b), "a + b"),
    (half * 2 * (y - t), "y - t"),
    (half * (2 * (y - t)), "y - t"),
    (2 * (y - t) * -1, "2 (t - y)"),
    (x * 2 * 3, "6 x"),
    (x * -1, "-x"),
    (1 * x, "x"),
    (lift(1) * -1 * x * -1, "x"),
    (x * half, r"\frac{1}{2} x"),
    (x * 0 + y, "y"),
    (x * x, "x^2"),
    (-x * -y, "x y"),
    (1 - x, "1 - x"),
    (-(x - 1), "1 - x"),
    (Number(Fraction("0.5"), "0.5") * x * Number(Fraction("0.5"), "0.5"), "0.25 x"),
    (call("sigmoid", neg(neg(x))), r"\sigma(x)"),
    (a * b + a * c, "a (b + c)"),
    (x**1 + y**0, "x + 1"),
    (-(Apply("pow", (x, lift(0))) - 2), "1"),
    (call("step", x - (x - 2)) * y, "y"),
    (call("sign", x - (x + Fraction(1, 2))), "-1"),
]


@pytest.mark.parametrize(("e", "expected"), SHOWN, ids=[text for _, text in SHOWN])
def test_as_on_paper(e: Expr, expected: str) -> None:
    assert Writer({}).latex(tidy(e)) == expected


def last_form(lines: dict[str, Expr], leaves: str, name: str, names: dict[str, str] | None = None) -> str:
    nodes = {n: Node(n, n, n, Role.PARAMETER) for n in leaves.split()}
    nodes |= {n: Node(n, n, n, Role.LINE, e) for n, e in lines.items()}
    d = differentiate(Graph(nodes, list(nodes)[-1]))
    return Writer(names or {}).latex(backward_forms(d, name)[-1])


def test_the_gradients_of_common_losses() -> None:
    hat = {"p": r"\hat{y}"}
    p = Ref("p")
    assert last_form({"p": w * x, "L": (p - t) ** 2}, "w x t", "p", hat) == r"2 (\hat{y} - t)"
    assert last_form({"p": w * x, "L": (t - p) ** 2}, "w x t", "p", hat) == r"2 (\hat{y} - t)"
    assert last_form({"p": w * x, "L": (p - t) ** 2 / 2}, "w x t", "p", hat) == r"\hat{y} - t"
    assert last_form({"p": w * x, "L": half * (t - p) ** 2}, "w x t", "w", hat) in (
        r"(\hat{y} - t) x",
        r"x (\hat{y} - t)",
    )


def test_cross_entropy_of_a_sigmoid_is_the_residual() -> None:
    z, p = Ref("z"), Ref("p")
    hat = {"p": r"\hat{y}"}
    leaves = "w x y"
    written = -(y * call("log", p) + (1 - y) * call("log", 1 - p))
    for loss in (call("bce", p, y), written, -y * call("log", p) - (1 - y) * call("log", 1 - p)):
        lines = {"z": w * x, "p": call("sigmoid", z), "L": loss}
        assert last_form(lines, leaves, "z", hat) == r"\hat{y} - y"


def test_the_skip_connection() -> None:
    """−s (w₂ u w₁ + w_s): the sign in front, the common factor out."""
    h, k, z = Ref("h"), Ref("k"), Ref("z")
    lines = {
        "z": w1 * h,
        "k": call("relu", z),
        "o": ws * h + w2 * k,
        "L": call("abs", y - Ref("o")),
    }
    text = last_form(lines, "h w1 w2 ws y", "h", {"w1": "w_1", "w2": "w_2", "ws": "w_s"})
    sign = r"\operatorname{sign}(y - o)"
    assert text in (rf"-{sign} (w_s + w_2 u(z) w_1)", rf"-{sign} (w_2 u(z) w_1 + w_s)")
    assert k.name == "k"


FLAT = [
    (-(a * (b * c)), "-a b c"),
    ((a * b) * (c * x), "a b c x"),
    (-(-a * b), "a b"),
    (a * (b + c), "a (b + c)"),
    (a + b, "a + b"),
    (Apply("mul", (lift(1), -a, b)), "-a b"),
]


@pytest.mark.parametrize(("e", "expected"), FLAT, ids=[text for _, text in FLAT])
def test_flatten_opens_products_only(e: Expr, expected: str) -> None:
    assert Writer({}).latex(flatten(e)) == expected


def test_one_denominator_where_that_is_shorter() -> None:
    e = y / x - (1 - y) / (1 - x)  # the derivative of a log likelihood
    joined = together(tidy(e))
    assert Writer({}).latex(joined) in (r"\frac{y - x}{x (1 - x)}", r"\frac{y - x}{(1 - x) x}")
    assert together(a / x + b) == a / x + b
