"""Every primitive: its value, its derivatives, its kinks, its NumPy and its expanded form say the same."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from mpmath import mp

from derive.expr import Expr, Number, Ref, call, names
from derive.numeric import value
from derive.ops import PRIMITIVES, DomainError, Primitive, primitive
from derive.ops.abstract import opened

CONSTANTS = {"pi"}
CONDITIONS = {("branch", 0)}  # a truth value, 0 or 1: it is not moved
STEP = Fraction(1, 10**15)

SAMPLES = [
    pytest.param(p, sample, id=f"{p.name}{list(sample)}") for p in PRIMITIVES.values() for sample in (p.samples or [()])
]
EACH = pytest.mark.parametrize("p", PRIMITIVES.values(), ids=PRIMITIVES)
EXPANDED = [s for s in SAMPLES if s.values[0].expand is not None]
SMOOTH = [p for p in PRIMITIVES.values() if p.arity == 1 and not p.kinks(Ref("x"))]
AT_SAMPLES = pytest.mark.parametrize(("p", "sample"), SAMPLES)


def exact(sample: tuple[float, ...]) -> list[Fraction]:
    return [Fraction(str(x)) for x in sample]


def moved(p: Primitive, at: list[Fraction], i: int, by: Fraction) -> Any:
    """Return p's value with argument i moved and inexact, the others exact."""
    return number(p.value(*at[:i], number(at[i]) + number(by), *at[i + 1 :]))


def number(x: Any) -> Any:
    return mp.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else x


def slope(p: Primitive, at: list[Fraction], i: int, step: Fraction = STEP) -> Any:
    """Return the central difference of p's value in argument i."""
    return (moved(p, at, i, step) - moved(p, at, i, -step)) / (2 * number(step))


def derived(p: Primitive, at: list[Fraction], i: int, arguments: tuple[Expr, ...] | None = None) -> Any:
    """Return the value of the vjp of argument i for an output adjoint of 7/3, divided by it."""
    x = arguments or tuple(Ref(f"x{k}") for k in range(len(at)))
    env: dict[str, Any] = {f"x{k}": v for k, v in enumerate(at)}
    e = p.vjp(i, Ref("g"), Ref("y"), x)
    assert set(names(e)) <= {"g", "y", *env}
    return number(value(e, {**env, "g": Fraction(7, 3), "y": p.value(*at)})) / number(Fraction(7, 3))


def close(a: Any, b: Any, relative: str = "1e-15") -> bool:
    return bool(abs(number(a) - number(b)) <= mp.mpf(relative) * max(abs(number(a)), abs(number(b))))


@AT_SAMPLES
def test_each_vjp_is_the_derivative_of_the_value(p: Primitive, sample: tuple[float, ...]) -> None:
    with mp.workdps(50):
        at = exact(sample)
        for i in range(len(at)):
            if (p.name, i) in CONDITIONS:
                assert derived(p, at, i) == 0
                continue
            ours, truth = derived(p, at, i), slope(p, at, i)
            assert close(ours, truth) or (ours == 0 and abs(truth) < mp.mpf("1e-30")), (i, ours, truth)


@pytest.mark.parametrize(("base", "n"), [("-0.4", 3), ("-1.7", 2), ("-2", -3), ("1.3", 4), ("0.5", -1)])
def test_the_power_rule_for_a_number_in_the_exponent(base: str, n: int) -> None:
    """Here no logarithm is needed, so that the base may be negative."""
    with mp.workdps(50):
        p, at = PRIMITIVES["pow"], [Fraction(base), Fraction(n)]
        arguments = (Ref("x0"), Number(Fraction(n)))
        assert close(derived(p, at, 0, arguments), slope(p, at, 0))


@AT_SAMPLES
def test_numpy_computes_the_value(p: Primitive, sample: tuple[float, ...]) -> None:
    import sympy

    from derive.numeric import to_sympy

    x = [f"x{i}" for i in range(len(sample))]
    own = {q.name: q.numpy for q in PRIMITIVES.values() if q.numpy is not None}
    e = to_sympy(call(p.name, *(Ref(n) for n in x)), sympy.Symbol)
    function = sympy.lambdify([sympy.Symbol(n) for n in x], e, [own, "numpy"])
    with mp.workdps(50):
        expected = float(number(p.value(*exact(sample))))
    assert float(function(*sample)) == pytest.approx(expected, rel=1e-14)
    if sample:
        batch = function(*(np.full(3, v) for v in sample))
        assert np.allclose(batch, expected, rtol=1e-14, atol=0) and np.shape(batch) == (3,)
        assert p.numpy is None or np.allclose(p.numpy(*sample), expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize(("p", "sample"), EXPANDED)
def test_the_expanded_form_has_the_same_value(p: Primitive, sample: tuple[float, ...]) -> None:
    assert p.expand is not None
    with mp.workdps(50):
        at = exact(sample)
        e = p.expand(*(Ref(f"x{i}") for i in range(len(at))))
        ours = value(e, {f"x{i}": v for i, v in enumerate(at)})
        assert close(ours, p.value(*at), "1e-15" if p.name in CONSTANTS else "1e-45")


@EACH
def test_each_record_is_complete(p: Primitive) -> None:
    assert p.because and p.kind
    assert primitive(p.name) is p
    assert p.samples or p.name in CONSTANTS
    if p.arity > 0:
        assert {len(s) for s in p.samples} == {p.arity}
    elif p.arity == 0:
        assert {len(s) for s in p.samples} >= {2, 3}


@EACH
def test_samples_are_off_the_kinks_and_on_both_sides(p: Primitive) -> None:
    seen: dict[int, set[bool]] = {}
    for sample in p.samples:
        x = tuple(Number(v) for v in exact(sample))
        with mp.workdps(50):
            for k, kink in enumerate(p.kinks(*x)):
                at = number(value(kink, {}))
                assert abs(at) > 0.05
                seen.setdefault(k, set()).add(bool(at > 0))
    assert all(sides == {True, False} for sides in seen.values())


KINKS = [
    ("relu", [0], 0),
    ("leaky_relu", [0, "0.1"], 0),
    ("elu", [0, "0.5"], 0),
    ("abs", [0], 0),
    ("sign", [0], 0),
    ("step", [0], 0),
    ("indicator", [0], 0),
    ("floor", [2], 0),
    ("max", ["1.5", "1.5"], 0),
    ("max", ["1.5", "1.5"], 1),
    ("min", ["1.5", "1.5"], 0),
    ("absolute", ["0.7", "0.7"], 1),
    ("hinge", ["0.5", 2], 0),
]
# Huber's loss has a continuous first derivative; its kink is one of the second.
SMOOTHER = {"huber"}


@pytest.mark.parametrize(("name", "at", "i"), KINKS)
def test_a_listed_kink_is_one(name: str, at: list[Any], i: int) -> None:
    """Where `kinks` is 0 the one-sided derivatives differ, or the function jumps."""
    p, point = PRIMITIVES[name], [Fraction(v) for v in at]
    with mp.workdps(50):
        assert any(abs(number(value(k, {}))) < mp.mpf("1e-40") for k in p.kinks(*(Number(v) for v in point)))
        here = number(p.value(*point))
        right = (moved(p, point, i, STEP) - here) / number(STEP)
        left = (here - moved(p, point, i, -STEP)) / number(STEP)
        jumps = max(abs(left), abs(right)) > 10**9
        assert jumps or abs(right - left) > mp.mpf("0.1")


def test_all_kinks_are_tried() -> None:
    listed = {p.name for p in PRIMITIVES.values() if p.samples and p.kinks(*map(Number, exact(p.samples[0])))}
    assert listed == {name for name, _, _ in KINKS} | SMOOTHER


@pytest.mark.parametrize("p", SMOOTH, ids=[p.name for p in SMOOTH])
def test_a_primitive_without_kinks_has_none(p: Primitive) -> None:
    """Along a line through the samples' range the derivative never jumps unless `kinks` says so."""
    low = 0.05 if p.name in ("log", "sqrt") else -3.0
    with mp.workdps(30):
        tenth = Fraction(1, 10**8)
        for k in range(13):
            at = [Fraction(str(low)) + Fraction(k, 2)]
            here = number(p.value(*at))
            right, left = moved(p, at, 0, tenth) - here, here - moved(p, at, 0, -tenth)
            assert abs(right - left) <= mp.mpf("1e-4") * number(tenth)


EXACT = [
    ("exp", [0], 1),
    ("log", [1], 0),
    ("sin", [0], 0),
    ("cos", [0], 1),
    ("tanh", [0], 0),
    ("erf", [0], 0),
    ("sigmoid", [0], "1/2"),
    ("gelu", [0], 0),
    ("silu", [0], 0),
    ("id", ["2/7"], "2/7"),
    ("sqrt", [4], 2),
    ("sqrt", ["9/16"], "3/4"),
    ("sqrt", [0], 0),
    ("relu", ["3/2"], "3/2"),
    ("relu", [-2], 0),
    ("leaky_relu", [-2, "1/100"], "-1/50"),
    ("leaky_relu", [2, "1/100"], 2),
    ("elu", ["5/3", 1], "5/3"),
    ("elu", [0, 1], 0),
    ("add", ["0.1", "0.2"], "0.3"),
    ("mul", ["0.5", "0.25"], "0.125"),
    ("mul", ["1/3", 3, -1], -1),
    ("neg", ["1/3"], "-1/3"),
    ("div", [1, 3], "1/3"),
    ("pow", [2, -3], "1/8"),
    ("pow", ["-2/3", 2], "4/9"),
    ("pow", [4, "3/2"], 8),
    ("pow", [0, 0], 1),
    ("pow", [1, "1/3"], 1),
    ("pow", [7, 0], 1),
    ("abs", [-3], 3),
    ("sign", [-3], -1),
    ("sign", [0], 0),
    ("step", [2], 1),
    ("step", [-2], 0),
    ("indicator", [0], 0),
    ("indicator", ["1/9"], 1),
    ("branch", [1, 5, 6], 5),
    ("branch", [0, 5, 6], 6),
    ("floor", ["-3/2"], -2),
    ("floor", [2], 2),
    ("max", ["1/3", "1/2"], "1/2"),
    ("min", ["1/3", "1/2"], "1/3"),
    ("absolute", [1, 3], 2),
    ("squared", ["1/2", 1], "1/4"),
    ("half_squared", [1, 3], 2),
    ("bce", [1, 1], 0),
    ("bce", [0, 0], 0),
    ("hinge", ["1/2", 1], "1/2"),
    ("hinge", [2, 1], 0),
    ("huber", ["1/2", 1], "1/8"),
    ("huber", [-3, 1], "5/2"),
]


@pytest.mark.parametrize(("name", "at", "expected"), EXACT)
def test_exact_where_the_result_is_rational(name: str, at: list[Any], expected: Any) -> None:
    result = PRIMITIVES[name].value(*(Fraction(v) for v in at))
    assert isinstance(result, Fraction) and result == Fraction(expected)


HUGE = 10**400
OUTSIDE = [
    ("log", [0]),
    ("log", [-1]),
    ("log", [-HUGE]),
    ("sqrt", [-1]),
    ("sqrt", [-HUGE]),
    ("div", [1, 0]),
    ("div", [0, 0]),
    ("pow", [0, -1]),
    ("pow", [-2, "0.5"]),
    ("pow", [-HUGE, "0.5"]),
    ("pow", [9, HUGE]),
    ("exp", [HUGE]),
    ("bce", [0, 1]),
    ("bce", [1, 0]),
    ("bce", ["1.5", 1]),
    ("bce", [HUGE, 1]),
]


@pytest.mark.parametrize("as_float", [False, True], ids=["exact", "float"])
@pytest.mark.parametrize(("name", "at"), OUTSIDE, ids=lambda x: str(x)[:20])
def test_outside_the_domain(name: str, at: list[Any], as_float: bool) -> None:
    x = [Fraction(v) for v in at]
    with pytest.raises(DomainError, match=r"."):
        PRIMITIVES[name].value(*(map(number, x) if as_float else x))


def test_towers_of_powers_are_refused_fast() -> None:
    start = time.perf_counter()
    with pytest.raises(DomainError):
        value(call("pow", 9, call("pow", 9, call("pow", 9, 9))), {})
    assert time.perf_counter() - start < 1


TAILS = [  # name, argument, the same by another way; 40 of the 50 digits must be right
    ("sigmoid", -110, lambda x: 1 / (1 + mp.exp(-x))),
    ("sigmoid", -1000, lambda x: 1 / (1 + mp.exp(-x))),
    ("sigmoid", 110, lambda x: 1 / (1 + mp.exp(-x))),
    ("silu", -300, lambda x: x / (1 + mp.exp(-x))),
    ("softplus", -200, lambda x: mp.log1p(mp.exp(x))),
    ("softplus", 10**10, lambda x: x),
    ("log", 10**10, lambda x: 10 * mp.log(10)),
    ("log", Fraction(1, 10**30), lambda x: -30 * mp.log(10)),
    ("tanh", 10**10, lambda x: mp.mpf(1)),
    ("erf", 10**10, lambda x: mp.mpf(1)),
    ("gelu", 10**10, lambda x: x),
    ("sigmoid", 10**10, lambda x: mp.mpf(1)),
    ("exp", -1000, lambda x: 1 / mp.exp(-x)),
]


@pytest.mark.parametrize(("name", "at", "other"), TAILS)
def test_far_from_zero_the_digits_are_right(name: str, at: Any, other: Any) -> None:
    with mp.workdps(50):
        x = Fraction(at)
        assert close(PRIMITIVES[name].value(x), other(number(x)), "1e-40")


@pytest.mark.parametrize("orders", [(0,), (1,), (2,), (0, 0), (1, 0), (0, 2)])
def test_open_functions(orders: tuple[int, ...]) -> None:
    """The derivative of an open function is the open function of the next order, also for its stand-in."""
    with mp.workdps(50):
        p = primitive(opened("f", orders))
        at = exact((0.7, -1.3)[: len(orders)])
        for i in range(len(orders)):
            assert close(derived(p, at, i), slope(p, at, i))
            assert abs(slope(p, at, i)) > mp.mpf("1e-3")
    assert p.because and p.kind == "open" and p.arity == len(orders)


def test_open_functions_differ() -> None:
    """Two open functions, and the arguments of one, have different stand-ins: mixing them up is seen."""
    a, b = Fraction(1, 3), Fraction(-2, 5)
    with mp.workdps(50):
        f, g = primitive(opened("f", (0, 0))), primitive(opened("g", (0, 0)))
        assert not close(f.value(a, b), g.value(a, b), "1e-3")
        assert not close(f.value(a, b), f.value(b, a), "1e-3")
