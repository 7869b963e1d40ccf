"""What is written reads back as what was meant; numbers are shown as their policy says."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from runpy import run_path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mpmath import mp

from derive.expr import Apply, Expr, Number, Ref, call, lift, parts
from derive.language.grammar import Table, parse
from derive.language.meaning import Scope, lower
from derive.language.write import NoPlainForm, Writer, plain
from derive.notation import STANDARD, Digits, Notation, magnitude, show, shown
from derive.numeric import value
from derive.ops import PRIMITIVES, SPELLINGS, DomainError, primitive
from derive.ops.abstract import opened
from derive.source import of_text
from derive.tidy import tidy

PLAIN_SYNTAX = run_path(str(Path(__file__).parent / "data" / "plain_syntax.py"), run_name="plain_syntax")
HELD = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)

NAMES = {
    "w_1": "w_1",
    "hat_y": r"\hat{y}",
    "h_0": "h_0",
    "z_1": "z^{[1]}",
    "omega_s": r"\omega_s",
    "b_new": r"b_{\text{new}}",
    "RSS": r"\mathit{RSS}",
    "sigma_2": r"\sigma^2",
    "x": "x",
}
VALUES = dict(zip(NAMES, map(Fraction, ("0.7", "-1.3", "0.2", "2.1", "-0.4", "1.6", "0.3", "0.9", "1.1")), strict=True))
IDS = {"w_1": "w_1", "hat_y": "hat_y", "h_0": "h_0", "z^[1]": "z_1", "omega_s": "omega_s"} | {
    "b_new": "b_new",
    "RSS": "RSS",
    "sigma^2": "sigma_2",
    "x": "x",
}
NUMBERS = [*(Number(Fraction(n)) for n in (-3, -1, 0, 2, 7)), Number(Fraction(2, 3)), Number(Fraction(-1, 4))]
NUMBERS += [Number(Fraction(t), t) for t in ("0.5", "-1.25", "0.10")]
NUMBERS += [Number(Fraction("1/3"), r"\frac{1}{3}"), Number(Fraction("-1/3"), r"-\frac{1}{3}")]
NUMBERS += [Number(Fraction("1e-9"), "10^{-9}"), Number(Fraction("-2.5e-9"), r"-2.5 \times 10^{-9}")]
EXPONENTS = [Number(Fraction(n)) for n in (-2, -1, 2, 3)] + [Number(Fraction(1, 2)), Ref("w_1"), Ref("x") + 1]


def read_back(text: str, ids: dict[str, str], syntax: str) -> Expr:
    return lower(parse(text, Table(frozenset(ids)), syntax), of_text(text), Scope(ids))


def of_arity(op: str, inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    arity = PRIMITIVES[op].arity
    if arity == 0:
        return st.lists(inner, min_size=2, max_size=4).map(lambda x: Apply(op, tuple(x)))
    if op == "branch":
        return st.tuples(inner, inner, inner).map(lambda x: call(op, call("indicator", x[0]), *x[1:]))
    if op == "pow":
        return st.tuples(inner, st.sampled_from(EXPONENTS)).map(lambda x: Apply(op, x))
    return st.tuples(*[inner] * max(arity, 0)).map(lambda x: Apply(op, x))


def expressions(ops: list[str], most: int = 10) -> st.SearchStrategy[Expr]:
    leaves = st.one_of(st.sampled_from([Ref(n) for n in NAMES]), st.sampled_from(NUMBERS))
    return st.recursive(
        leaves, lambda inner: st.one_of(*(of_arity(op, inner) for op in [*STRUCTURE, *ops])), max_leaves=most
    )


STRUCTURE = ["add", "mul", "neg", "div", "pow"] * 4
FUNCTIONS = [p for p in PRIMITIVES if p not in STRUCTURE]


def number(x: Any) -> Any:
    return mp.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else x


def value_of(e: Expr) -> Any:
    """Return the value of e, None where it has none or where rounding could decide."""
    try:
        for part in parts(e):
            if isinstance(part, Apply):
                near = [number(value(k, VALUES)) for k in primitive(part.op).kinks(*part.args)]
                if abs(value(part, VALUES)) > 10**8 or any(0 < abs(v) < mp.mpf("1e-9") for v in near):
                    return None
        return number(value(e, VALUES))
    except DomainError:
        return None


def assert_reads_back(e: Expr, text: str, ids: dict[str, str], syntax: str) -> None:
    with mp.workdps(30):
        truth = value_of(e)
        if truth is None:
            return
        back = value_of(read_back(text, ids, syntax))
        if back is None:  # 0 · log 0, which the primitive itself leaves out
            assert syntax == "plain" and any(isinstance(p, Apply) and p.op in ("bce", "branch") for p in parts(e)), text
            return
        assert abs(back - truth) <= mp.mpf("1e-12") * (1 + abs(truth)), (text, truth, back)


@HELD
@given(expressions(FUNCTIONS))
def test_latex_reads_back(e: Expr) -> None:
    assert_reads_back(e, Writer(NAMES).latex(e), IDS, "latex")


@HELD
@given(expressions([]), st.sampled_from([r"\cdot", r"\times", ""]))
def test_latex_of_products_reads_back(e: Expr, product: str) -> None:
    for form in (e, tidy(e)):
        assert_reads_back(form, Writer(NAMES, Notation(product=product)).latex(form), IDS, "latex")


@HELD
@given(expressions(FUNCTIONS))
def test_plain_text_reads_back(e: Expr) -> None:
    """In derive's own plain text and in that of an outside reader."""
    with mp.workdps(30):
        truth = value_of(e)
    assume(truth is not None)
    try:
        text = plain(e)
    except NoPlainForm as missing:
        assert "floor" in str(missing)
        return
    assert_reads_back(e, text, {n: n for n in NAMES}, "plain")
    # It knows no text without a name: u(2) of a bare number is none of its business.
    numbers = {n: np.float64(v) for n, v in VALUES.items()}
    tree = with_arrays(PLAIN_SYNTAX["parse"](text))
    with np.errstate(all="ignore"):
        outside = float(PLAIN_SYNTAX["ev"](tree, numbers))
    largest = max(abs(float(value_or_0(p))) for p in parts(e))
    if np.isfinite(outside):  # 0 times an undefined branch
        assert outside == pytest.approx(float(truth), rel=1e-6, abs=1e-9 * (1 + largest))
    else:
        assert any(isinstance(p, Apply) and p.op in ("branch", "bce", "exp", "pow") for p in parts(e)), text


def with_arrays(tree: Any) -> Any:
    """Return an outside tree whose numbers are of the type that the names' values have."""
    if isinstance(tree, tuple):
        return ("num", np.float64(tree[1])) if tree[0] == "num" else tuple(with_arrays(t) for t in tree)
    return [with_arrays(t) for t in tree] if isinstance(tree, list) else tree


def value_or_0(e: Expr) -> Any:
    try:
        return value(e, VALUES)
    except DomainError:
        return 0


@pytest.mark.parametrize("op", PRIMITIVES)
@pytest.mark.parametrize("syntax", ["latex", "plain"])
def test_each_primitive_reads_back(op: str, syntax: str) -> None:
    """Also with its arguments as sums, quotients and negatives."""
    arity = PRIMITIVES[op].arity
    w, y, h = Ref("w_1"), Ref("hat_y"), Ref("h_0")
    for args in ([h, w, h], [w + h, w / h, y - w], [w / h, -y, w**2], [Ref("x") - h, h, -w]):
        count = 3 if arity == 0 else max(arity, 0)
        chosen = [call("indicator", args[0]), *args[1:]] if op == "branch" else args[:count]
        e = Apply(op, tuple(chosen))
        for outer in (e, 2 * e, e**2, -e, h - e, h / e, call("sin", e), e * e):
            with mp.workdps(30):
                if value_of(outer) is None:
                    continue
            if syntax == "latex":
                assert_reads_back(outer, Writer(NAMES).latex(outer), IDS, "latex")
            elif op != "floor":
                assert_reads_back(outer, plain(outer), {n: n for n in NAMES}, "plain")


@pytest.mark.parametrize(("latex", "name"), [("e", "e"), (r"\sigma", "sigma"), ("u", "u"), (r"\pi", "pi_")])
@pytest.mark.parametrize(
    "e", [call("exp", Ref("x")), call("sigmoid", Ref("x")), call("step", Ref("x"))], ids=lambda e: e.op
)
def test_a_name_that_looks_like_a_function(latex: str, name: str, e: Expr) -> None:
    """e^x, σ(x) and u(x) stay what they are where e, σ or u is also a quantity."""
    text = Writer({name: latex, "x": "x"}).latex(e)
    tree = parse(text, Table(frozenset([name.rstrip("_"), "x"])), "latex")
    back = lower(tree, of_text(text), Scope({name.rstrip("_"): name, "x": "x"}))
    with mp.workdps(30):
        env = {name: Fraction(3, 7), "x": Fraction(2)}
        assert abs(number(value(back, env)) - number(value(e, env))) < mp.mpf("1e-20"), text


def test_the_sigmoid_of_a_variance() -> None:
    e = call("sigmoid", Ref("sigma_2"))
    assert_reads_back(e, Writer(NAMES).latex(e), IDS, "latex")


# One letter before a bracket is a factor unless the report says otherwise.
SPELLED = [name for name in SPELLINGS if len(name) > 1 or name == "u"]


@pytest.mark.parametrize("spelling", SPELLED)
def test_each_spelling_is_read_as_a_call(spelling: str) -> None:
    record = PRIMITIVES[SPELLINGS[spelling]]
    arity = record.arity
    args = [Ref(n) for n in ("w_1", "x", "h_0")[:arity]]
    inner = ", ".join(n.name for n in args)
    texts = [(f"{spelling}({inner})", "plain")]
    if "_" not in spelling:
        texts += [(rf"\text{{{spelling}}}({inner})", "latex"), (rf"\operatorname{{{spelling}}}({inner})", "latex")]
    for text, syntax in texts:
        assert read_back(text, IDS, syntax) == Apply(record.name, tuple(args)), text


def test_open_functions_have_no_plain_form() -> None:
    e = Apply(opened("f", (1,)), (Ref("x"),))
    assert Writer({}).latex(e) == "f'(x)"
    with pytest.raises(NoPlainForm, match="f is left open"):
        plain(e)


def test_the_convention_at_zero_reaches_plain_text() -> None:
    for at_zero in (Fraction(0), Fraction(1), Fraction(1, 2)):
        text = plain(call("step", Ref("x")), Notation(relu_at_0=at_zero))
        for x, expected in ((-2.0, 0), (0.0, at_zero), (3.0, 1)):
            tree = PLAIN_SYNTAX["parse"](text)
            assert PLAIN_SYNTAX["ev"](tree, {"x": np.float64(x)}) == float(expected)


a, b, c = Ref("a"), Ref("b"), Ref("c")
LATEX = [
    (2 * lift(3), r"2 \cdot 3"),
    (a * 2, r"a \cdot 2"),
    (a * Number(Fraction("-0.5"), "-0.5"), r"a \cdot (-0.5)"),
    (-(a + b), "-(a + b)"),
    (a - (b - c), "a - (b - c)"),
    ((a + b) ** 2, "(a + b)^2"),
    ((-a) ** 2, "(-a)^2"),
    ((a**2) ** 3, "(a^2)^3"),
    (a ** (b + 1), "a^{b + 1}"),
    ((a / b) * c, r"\frac{a}{b} c"),
    (Number(Fraction(-2), "-2") ** 2, "(-2)^2"),
    (a ** Number(Fraction(1, 2)), r"\sqrt{a}"),
    (call("tanh", a) ** 2, r"\tanh^2(a)"),
    (call("sigmoid", a / b), r"\sigma\left( \frac{a}{b} \right)"),
    (Number(Fraction("1e-30"), "10^{-30}") ** 2, "(10^{-30})^2"),
    (Number(Fraction("1/3"), r"\frac{1}{3}") ** 2, r"\left( \frac{1}{3} \right)^2"),
    (call("abs", a - b), r"\left| a - b \right|"),
]


@pytest.mark.parametrize(("e", "expected"), LATEX, ids=[t for _, t in LATEX])
def test_brackets_and_dots(e: Expr, expected: str) -> None:
    assert Writer({}).latex(e) == expected


# -------------------------------------------------------------------------------------------------- numbers

POLICIES = [
    Notation(digits=Digits(kind, count), decimal=decimal)
    for kind, count in (("exact", 6), ("decimals", 1), ("decimals", 6), ("significant", 1), ("significant", 4))
    for decimal in (".", ",")
]


def meant(text: str) -> tuple[Fraction, Fraction]:
    """Return the number that a shown text stands for, and one unit of its last digit (0 for a fraction)."""
    text = re.sub(r"^(-?)10\^", r"\g<1>1 \\times 10^", text.replace("{,}", "."))
    fraction = re.fullmatch(r"(-?)\\frac\{(\d+)\}\{(\d+)\}", text)
    if fraction:
        return Fraction(int(fraction[2]), int(fraction[3])) * (-1 if fraction[1] else 1), Fraction(0)
    match = re.fullmatch(r"(-?\d+(?:\.(\d+))?)(?: \\times 10\^\{(-?\d+)\})?", text)
    assert match, text
    scale = Fraction(10) ** int(match[3] or 0)
    return Fraction(match[1]) * scale, scale / 10 ** len(match[2] or "")


FRACTIONS = st.one_of(
    st.fractions(max_denominator=10**6),
    st.integers(-(10**6), 10**6).map(lambda n: Fraction(n, 10**4)),
    st.builds(lambda n, k: Fraction(n) * Fraction(10) ** k, st.integers(-99999, 99999), st.integers(-30, 30)),
)
FLOATS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e40, max_value=1e40).map(mp.mpf)


@HELD
@given(st.one_of(FRACTIONS, FLOATS), st.sampled_from(POLICIES), st.sampled_from([None, 0, 3, 9]))
def test_shown_numbers_are_within_half_a_unit(x: Any, notation: Notation, at_least: int | None) -> None:
    text, stands_for = show(x, notation, at_least)
    again, unit = meant(text)
    true = x if isinstance(x, Fraction) else Fraction(*map(int, float(x).as_integer_ratio()))
    assert again == stands_for
    assert abs(again - true) <= unit / 2
    assert notation.decimal == "." or "." not in text
    displayed, all_of_it = shown(x, notation, at_least)
    assert displayed.value == x and displayed.text == text
    assert not all_of_it or again == true
    if isinstance(x, Fraction):
        assert all_of_it == (again == true)
    if again != true and at_least is None and notation.digits.kind == "significant":
        mantissa = re.sub(r"\D", "", text.split(r" \times")[0].replace("{,}", "")).lstrip("0")
        assert len(mantissa) == notation.digits.count or (magnitude(x) >= notation.digits.count and unit == 1)


@HELD
@given(st.one_of(FRACTIONS, FLOATS))
def test_magnitude(x: Any) -> None:
    true = abs(x if isinstance(x, Fraction) else Fraction(*map(int, float(x).as_integer_ratio())))
    assert magnitude(x) == 0 if true == 0 else Fraction(10) ** magnitude(x) <= true < Fraction(10) ** (magnitude(x) + 1)


def digits(kind: str, count: int, decimal: str = ".") -> Notation:
    return Notation(digits=Digits(kind, count), decimal=decimal)


@pytest.mark.parametrize(
    ("x", "notation", "at_least", "expected"),
    [
        ("0.125", STANDARD, None, "0.125"),
        ("-3", STANDARD, None, "-3"),
        ("0", STANDARD, None, "0"),
        ("1/3", STANDARD, None, "0.3333"),
        ("2/3", STANDARD, None, "0.6667"),
        ("200/3", STANDARD, None, "66.67"),
        ("1/300", STANDARD, None, "0.003333"),
        ("1/3", digits("exact", 6), None, r"\frac{1}{3}"),
        ("-1/3", digits("exact", 6), None, r"-\frac{1}{3}"),
        ("0.25", digits("exact", 6), None, "0.25"),
        ("1/3", digits("decimals", 2), None, "0.33"),
        ("0.125", digits("decimals", 2), None, "0.13"),
        ("-0.125", digits("decimals", 2), None, "-0.13"),
        ("0.115", digits("decimals", 2), None, "0.12"),
        ("0.5", digits("decimals", 2, ","), None, "0{,}5"),
        ("1/3", digits("significant", 4, ","), None, "0{,}3333"),
        ("1/3", STANDARD, 7, "0.3333333"),
        ("1234567/3", STANDARD, None, "411522"),
        ("1e-30", STANDARD, None, "10^{-30}"),
        ("2e30", STANDARD, None, r"2 \times 10^{30}"),
        ("1/30000000", digits("decimals", 4), None, r"3.333 \times 10^{-8}"),
        ("0.9999999999", digits("significant", 3), None, "1.00"),
        ("9999999999/3", digits("significant", 2), None, r"3.3 \times 10^{9}"),
        ("-1e-9", STANDARD, None, "-10^{-9}"),
        ("0.99996", digits("significant", 4), None, "0.99996"),
        ("0.99999996", digits("significant", 4), None, "1.000"),
        ("99.9999996", digits("significant", 4), None, "100.0"),
    ],
)
def test_number_policies(x: str, notation: Notation, at_least: int | None, expected: str) -> None:
    assert show(Fraction(x), notation, at_least)[0] == expected


def test_rounding_is_half_away_from_zero() -> None:
    assert show(mp.mpf("0.125"), digits("decimals", 2))[0] == "0.13"
    assert show(mp.mpf("-0.125"), digits("decimals", 2))[0] == "-0.13"
    assert show(mp.mpf("0.375"), digits("decimals", 2))[0] == "0.38"
