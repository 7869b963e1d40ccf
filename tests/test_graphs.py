"""Random networks: every gradient, in every form, against an independent autodiff library and numeric derivatives."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from runpy import run_path
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from autograd.extend import defvjp
from autograd.extend import primitive as autograd_primitive
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mpmath import mp

from derive.certify import _Point, certify
from derive.differentiate import Derivation, differentiate
from derive.evaluate import gradients
from derive.expr import Apply, Expr, Number, Partial, Ref, add, call, lift, parts, size
from derive.graph import Graph, Node, Role
from derive.language.write import NoPlainForm, plain
from derive.notation import STANDARD
from derive.numeric import compiled, precisely, value
from derive.ops import PRIMITIVES, DomainError
from derive.points import adjoints, kinks_of
from derive.steps import adjoint_forms, backward_forms

PLAIN_SYNTAX = run_path(str(Path(__file__).parent / "data" / "plain_syntax.py"), run_name="plain_syntax")


def graph_of(leaves: list[str], lines: dict[str, Expr], loss: str = "") -> Graph:
    nodes = {n: Node(n, n, n, Role.PARAMETER) for n in leaves}
    nodes |= {n: Node(n, n, n, Role.LINE, e) for n, e in lines.items()}
    return Graph(nodes, loss or list(nodes)[-1])


# ------------------------------------------------------------------------------- the independent implementation


@autograd_primitive
def erf(x: Any) -> Any:
    return float(mp.erf(float(x)))


defvjp(erf, lambda out, x: lambda g: g * 2 / np.sqrt(np.pi) * np.exp(-(x**2)))


def sigmoid(x: Any) -> Any:
    return 0.5 * (anp.tanh(x / 2) + 1)


def softplus(x: Any) -> Any:
    return anp.logaddexp(0.0, x)


def product(*x: Any) -> Any:
    total = x[0]
    for factor in x[1:]:
        total = total * factor
    return total


AUTOGRAD: dict[str, Callable[..., Any]] = {
    "add": lambda *x: sum(x[1:], x[0]),
    "mul": product,
    "neg": lambda x: -x,
    "div": lambda a, b: a / b,
    "pow": lambda a, n: a**n,
    "sqrt": lambda x: anp.sqrt(x),
    "exp": lambda x: anp.exp(x),
    "log": lambda x: anp.log(x),
    "sin": lambda x: anp.sin(x),
    "cos": lambda x: anp.cos(x),
    "erf": erf,
    "pi": lambda: np.pi,
    "abs": lambda x: anp.abs(x),
    "sign": lambda x: 1.0 * (x > 0) - 1.0 * (x < 0),
    "step": lambda x: 1.0 * (x > 0),
    "indicator": lambda x: 1.0 * (x > 0),
    "branch": lambda c, a, b: a if c > 0 else b,
    "floor": lambda x: anp.floor(x),
    "max": lambda a, b: a if a > b else b,
    "min": lambda a, b: a if a < b else b,
    "relu": lambda x: x if x > 0 else 0.0 * x,
    "leaky_relu": lambda x, a: x if x > 0 else a * x,
    "elu": lambda x, a: x if x > 0 else a * (anp.exp(x) - 1),
    "sigmoid": sigmoid,
    "tanh": lambda x: anp.tanh(x),
    "softplus": softplus,
    "gelu": lambda x: x * (1 + erf(x / np.sqrt(2))) / 2,
    "silu": lambda x: x * sigmoid(x),
    "id": lambda x: x,
    "absolute": lambda p, t: anp.abs(p - t),
    "squared": lambda p, t: (p - t) ** 2,
    "half_squared": lambda p, t: 0.5 * (p - t) ** 2,
    "bce": lambda p, t: -t * anp.log(p) - (1 - t) * anp.log(1 - p),
    "hinge": lambda s, t: 1 - s * t if s * t < 1 else 0.0 * s * t,
    "huber": lambda r, d: 0.5 * r * r if -d <= r <= d else d * ((r if r > 0 else -r) - 0.5 * d),
    "logistic": lambda s, t: softplus(-s * t),
}


def evaluated(e: Expr, env: dict[str, Any]) -> Any:
    """Return the value of e by the table above, which shares nothing with the primitives' records."""
    if isinstance(e, Number):
        return float(e.value)
    if isinstance(e, Ref):
        return env[e.name]
    assert isinstance(e, Apply)
    return AUTOGRAD[e.op](*(evaluated(a, env) for a in e.args))


def independent_gradients(graph: Graph, at: dict[str, Fraction]) -> dict[str, float]:
    names = list(at)

    def loss(x: Any) -> Any:
        env = {n: x[i] for i, n in enumerate(names)}
        for node in graph.lines():
            env[node.name] = evaluated(node.expr, env)
        return env[graph.loss] + 0.0 * x[0]

    found = autograd.grad(loss)(np.array([float(at[n]) for n in names]))
    return dict(zip(names, map(float, found), strict=True))


def test_every_primitive_has_an_independent_implementation() -> None:
    assert set(AUTOGRAD) == set(PRIMITIVES)
    assert {op for rule in RULES for op in used_by(rule)} == set(PRIMITIVES)


# ---------------------------------------------------------------------------------------------- random graphs

# A line from earlier quantities a, b and a number k; values stay bounded and inside every domain.
RULES: tuple[Callable[[Expr, Expr, Expr], Expr], ...] = (
    lambda a, b, k: a + b * k,
    lambda a, b, k: call("tanh", a * b + k),
    lambda a, b, k: call("tanh", a) * call("sigmoid", b) * 2,
    lambda a, b, k: -a + k,
    lambda a, b, k: a * call("sin", b) - call("cos", a * k),
    lambda a, b, k: a / (1 + b**2),
    lambda a, b, k: (a - b) / (k**2 + a**2 + call("softplus", b)),
    lambda a, b, k: call("log", call("softplus", a) + Fraction(1, 10)),
    lambda a, b, k: call("sqrt", 1 + a**2) - call("sqrt", 1 + b**2),
    lambda a, b, k: call("exp", call("tanh", a)) * k,
    lambda a, b, k: call("exp", -(a**2) / 2) + call("erf", b),
    lambda a, b, k: (1 + call("tanh", a) ** 2) ** call("tanh", b),
    lambda a, b, k: call("tanh", a) ** 3 + 1 / (2 + call("sin", b)) ** 2,
    lambda a, b, k: call("softplus", call("tanh", a * k)) + call("silu", call("tanh", b)),
    lambda a, b, k: call("gelu", call("sin", a)) * call("pi") - call("id", b),
    lambda a, b, k: call("relu", a - k),
    lambda a, b, k: call("leaky_relu", b - k, Fraction(1, 100)) + call("relu", -a),
    lambda a, b, k: call("elu", call("sin", a) - k, 1),
    lambda a, b, k: call("abs", a - b - k) - call("sign", a + k),
    lambda a, b, k: call("step", a - k) * call("tanh", b),
    lambda a, b, k: call("indicator", b + k) * a + call("floor", a * k),
    lambda a, b, k: call("branch", call("indicator", a - b), a, call("tanh", b)),
    lambda a, b, k: call("max", a, b + k) - call("min", b, k),
    lambda a, b, k: call("absolute", call("tanh", a), b),
    lambda a, b, k: call("squared", call("tanh", a), call("sin", b)),
    lambda a, b, k: call("half_squared", call("sigmoid", a), k),
    lambda a, b, k: call("bce", call("sigmoid", call("tanh", a)), call("sigmoid", b)),
    lambda a, b, k: call("hinge", call("tanh", a), k),
    lambda a, b, k: call("huber", call("tanh", a) * 3 - b, 1),
    lambda a, b, k: call("logistic", call("tanh", a), call("tanh", b)),
)
NUMBERS = [Fraction(n, 100) for n in (-137, -71, -29, 13, 37, 83, 150)]
LEAVES = ["x", "w", "v", "y"]


def used_by(rule: Callable[..., Expr]) -> set[str]:
    return {e.op for e in parts(rule(Ref("a"), Ref("b"), Number(Fraction(3, 7)))) if isinstance(e, Apply)}


@st.composite
def graphs(draw: st.DrawFn, most: int = 36) -> Graph:
    count = draw(st.integers(1, most))
    names = list(LEAVES)
    lines: dict[str, Expr] = {}
    for i in range(count):
        rule = draw(st.sampled_from(RULES))
        # Near ones make depth, far ones make sharing.
        near = [names[-1 - draw(st.integers(0, min(3, len(names) - 1)))], draw(st.sampled_from(names))]
        a, b = near if draw(st.booleans()) else reversed(near)
        lines[f"n{i}"] = rule(Ref(a), Ref(b), Number(draw(st.sampled_from(NUMBERS))))
        names.append(f"n{i}")
    return graph_of(LEAVES, lines)


def forward(graph: Graph, at: dict[str, Any]) -> dict[str, Any]:
    env = dict(at)
    for node in graph.lines():
        env[node.name] = value(node.expr, env)
    return env


def point_off_the_kinks(graph: Graph, seed: int) -> dict[str, Fraction] | None:
    rng = random.Random(seed)
    kinks = [kink for _, kink in kinks_of(graph)]
    for _ in range(20):
        at = {n.name: Fraction(rng.randint(-2000, 2000), 1009) for n in graph.leaves()}
        try:
            env = forward(graph, at)
            near = any(abs(value(k, env)) < 1e-4 for k in kinks)
        except DomainError:
            continue
        if not near and all(abs(v) < 10**4 for v in env.values()):
            return at
    return None


def case(graph: Graph, seed: int) -> tuple[Derivation, dict[str, Any]]:
    at = point_off_the_kinks(graph, seed)
    assume(at is not None)
    assert at is not None
    return differentiate(graph), forward(graph, at)


def close(a: Any, b: Any, relative: float, absolute: float = 0.0) -> bool:
    a, b = (mp.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else mp.mpf(x) for x in (a, b))
    return bool(abs(a - b) <= relative * max(abs(a), abs(b)) + absolute)


HELD = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
)
RANDOM = given(graph=graphs(), seed=st.integers(0, 2**20))


@HELD
@RANDOM
def test_gradients_agree_with_autograd_and_with_differences(graph: Graph, seed: int) -> None:
    with precisely():
        d, env = case(graph, seed)
        ours = adjoints(d, env, STANDARD)
        at = {n.name: env[n.name] for n in graph.leaves()}
        theirs = independent_gradients(graph, at)
        largest = max(1e-3, *(abs(float(g)) for g in ours.values()))
        step = mp.mpf(10) ** -15
        for name, x in at.items():
            # Rounding of 16 digits is relative to the largest of the terms that cancel.
            assert close(ours[name], theirs[name], 1e-9, 1e-11 * largest), (name, ours[name], theirs[name])
            x = mp.mpf(x.numerator) / x.denominator
            up, down = (forward(graph, {**at, name: x + s})[graph.loss] for s in (step, -step))
            assert close(ours[name], (mp.mpf(0) + up - down) / (2 * step), 1e-12, 1e-25), name


@HELD
@RANDOM
def test_every_form_has_the_value_of_the_gradient(graph: Graph, seed: int) -> None:
    """The chain rule, its substitutions, and closed forms of any length are one number."""
    with precisely():
        d, env = case(graph, seed)
        point = _Point(d, dict(env), STANDARD)
        for name in d.steps:
            truth = point.adjoints[name]
            shown = [*backward_forms(d, name), *adjoint_forms(d, name), d.closed(name, 60), d.closed(name, 400)]
            for form in shown:
                assert close(point._value(form), truth, 1e-15, 1e-18), (name, form)


@HELD
@RANDOM
def test_plain_text_of_closed_forms_is_the_gradient(graph: Graph, seed: int) -> None:
    """An outside reader of plain text, in 16 digits, finds the gradient."""
    with precisely():
        d, env = case(graph, seed)
        truth = adjoints(d, env, STANDARD)
    numbers = {n: np.float64(v) for n, v in env.items()}
    numbers |= {f"d{graph.loss}_d{n}": np.float64(v) for n, v in truth.items()}
    size_of_terms = max(1.0, *(abs(float(v)) for v in truth.values()))
    for name in d.steps:
        try:
            text = plain(d.closed(name, 120))
        except NoPlainForm as missing:
            assert "floor" in str(missing)
            continue
        found = PLAIN_SYNTAX["ev"](PLAIN_SYNTAX["parse"](text), numbers)
        assert close(float(found), truth[name], 1e-7, 1e-9 * size_of_terms), (name, text)


@settings(HELD, max_examples=25)
@given(graph=graphs(20), seed=st.integers(0, 2**20))
def test_compiled_tapes_agree_also_on_batches(graph: Graph, seed: int) -> None:
    with precisely():
        d, env = case(graph, seed)
        truth = adjoints(d, env, STANDARD)

    def quantities_named(e: Expr) -> Expr:
        if isinstance(e, Apply):
            return Apply(e.op, tuple(map(quantities_named, e.args)))
        return Ref(f"d_{e.wrt}") if isinstance(e, Partial) else e

    tape = [(n.name, n.expr) for n in graph.lines()]
    tape += [(f"d_{name}", quantities_named(step.adjoint)) for name, step in d.steps.items()]
    outputs = [*(n.name for n in graph.lines()), *(f"d_{n}" for n in d.steps)]
    f = compiled(LEAVES, tape, outputs)
    expected = [env[n.name] for n in graph.lines()] + [truth[n] for n in d.steps]
    single = f(*(float(env[n]) for n in LEAVES))
    batch = f(*(np.full(3, float(env[n])) for n in LEAVES))
    scale = 1e-11 * max(1.0, *(abs(float(v)) for v in expected))
    for name, want, one, many in zip(outputs, expected, single, batch, strict=True):
        assert close(float(one), want, 1e-9, scale), name
        assert np.allclose(many, float(want), rtol=1e-9, atol=scale), name


@settings(HELD, max_examples=25)
@given(graph=graphs(20), seed=st.integers(0, 2**20))
def test_gradients_as_one_numpy_function(graph: Graph, seed: int) -> None:
    """On a batch of two points each sample has the gradient of its own point."""
    with precisely():
        d, env = case(graph, seed)
        truth = adjoints(d, env, STANDARD)
    function = gradients(d, LEAVES)
    at = {n: np.array([float(env[n]), 0.5]) for n in LEAVES}
    with np.errstate(all="ignore"):
        found = function(**at)
        again = function(**{n: float(env[n]) for n in LEAVES})
    assert list(found) == LEAVES
    scale = 1e-11 * max(1.0, *(abs(float(v)) for v in truth.values()))
    for name in LEAVES:
        assert close(float(np.broadcast_to(found[name], 2)[0]), truth[name], 1e-9, scale), name
        assert close(float(again[name]), truth[name], 1e-9, scale), name


def test_gradients_of_what_is_asked_for_only() -> None:
    """What the wanted gradients do not read is not computed, and an intermediate line can be asked for."""
    graph = graph_of(["w", "x"], {"h": w * x, "L": h**2, "after": call("log", -(x**2))}, loss="L")
    assert gradients(differentiate(graph), ["h", "w"])(w=3.0, x=2.0) == {"h": 12.0, "w": 24.0}
    assert gradients(differentiate(graph), ["L", "after"])(w=3.0, x=2.0) == {"L": 1, "after": 0}


@HELD
@RANDOM
def test_what_does_not_reach_the_loss_has_the_gradient_zero(graph: Graph, seed: int) -> None:
    d = differentiate(graph)
    dead = set(graph.nodes) - graph.reaching()
    with precisely():
        at = point_off_the_kinks(graph, seed)
        assume(at is not None)
        found = adjoints(d, forward(graph, at or {}), STANDARD)
    assert set(d.steps) == set(graph.nodes)
    for name in dead:
        assert found[name] == 0 and d.closed(name) == lift(0)
        assert backward_forms(d, name) == adjoint_forms(d, name) == (lift(0),)


@settings(HELD, max_examples=15)
@given(graph=graphs(12))
def test_random_graphs_are_certified(graph: Graph) -> None:
    d = differentiate(graph)
    forms = {name: (*backward_forms(d, name), *adjoint_forms(d, name)) for name in d.steps}
    assert certify(d, STANDARD, forms).max_error <= 1e-9


# --------------------------------------------------------------------------------------------- chosen graphs

w, x, y, h = (Ref(n) for n in "wxyh")


def gradient(graph: Graph, at: dict[str, int], name: str) -> Any:
    with precisely():
        return adjoints(differentiate(graph), forward(graph, {k: Fraction(v) for k, v in at.items()}), STANDARD)[name]


def test_a_diamond_adds_its_paths() -> None:
    lines = {"h": w * x, "a": h**2, "b": 3 * h, "L": Ref("a") * Ref("b")}
    graph = graph_of(["w", "x"], lines)
    assert gradient(graph, {"w": 2, "x": 3}, "h") == 9 * 6**2
    assert gradient(graph, {"w": 2, "x": 3}, "w") == 9 * 6**2 * 3
    assert [c.consumer for c in differentiate(graph).steps["h"].contributions] == ["a", "b"]


def test_many_paths_of_different_lengths() -> None:
    lines = {"a": 2 * x, "b": Ref("a") + x, "c": Ref("a") * Ref("b") * x, "L": Ref("c") + Ref("b") + x + Ref("a")}
    graph = graph_of(["x"], lines)  # L = 6x³ + 6x
    assert gradient(graph, {"x": 5}, "x") == 18 * 25 + 6


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (x * x, 6),
        (x * x * x, 27),
        (x + x, 2),
        (x - x, 0),
        (x / x, 0),
        (call("squared", x, x), 0),
        (call("max", x, 2 * x), 2),
        (x**2 * call("step", x) + x, 7),
    ],
)
def test_one_input_twice_in_a_line(line: Expr, expected: int) -> None:
    graph = graph_of(["x"], {"L": line})
    assert gradient(graph, {"x": 3}, "x") == expected
    assert len(differentiate(graph).steps["x"].contributions) == 1
    d = differentiate(graph)
    assert certify(d, STANDARD, {"x": backward_forms(d, "x")}).points >= 3


def test_the_loss_may_be_read_by_later_lines() -> None:
    """What comes after the loss has no gradient and changes none."""
    graph = graph_of(["x"], {"L": x**2, "after": Ref("L") * x}, loss="L")
    assert gradient(graph, {"x": 3}, "x") == 6
    assert gradient(graph, {"x": 3}, "after") == 0


def chain(depth: int) -> Graph:
    lines: dict[str, Expr] = {}
    below = "x"
    for i in range(depth):
        lines[f"z{i}"] = Ref(f"w{i}") * Ref(below)
        lines[f"h{i}"] = call("tanh", Ref(f"z{i}"))
        below = f"h{i}"
    lines["L"] = (Ref(below) - y) ** 2 / 2
    return graph_of(["x", "y", *(f"w{i}" for i in range(depth))], lines)


def test_a_thousand_layers() -> None:
    start = time.perf_counter()
    d = differentiate(chain(1000))
    assert len(d.steps) == 2000 + 1 + 1002
    short = d.closed("w0", 60)
    assert size(short) <= 200
    d.closed("x", 60)
    backward_forms(d, "w0")
    with precisely():
        at = {n.name: Fraction(3, 2) for n in d.graph.leaves()}
        assert adjoints(d, forward(d.graph, at), STANDARD)["w0"] != 0
    assert time.perf_counter() - start < 15


def test_a_long_sum_and_a_deep_line() -> None:
    """Width and depth of one line, not of the graph."""
    wide = graph_of(["x"], {"L": add(*(x**k for k in range(2, 300)))})
    assert gradient(wide, {"x": 1}, "x") == sum(range(2, 300))
    deep: Expr = x
    for _ in range(150):
        deep = call("sin", deep)
    assert gradient(graph_of(["x"], {"L": deep}), {"x": 0}, "x") == 1


def ladder(rungs: int) -> Graph:
    """Each node reads the two before it: the number of paths is a Fibonacci number."""
    lines: dict[str, Expr] = {"n0": call("tanh", w * x), "n1": call("sin", Ref("n0") + x)}
    for i in range(2, rungs):
        lines[f"n{i}"] = call("tanh", Ref(f"n{i - 1}") * Ref(f"n{i - 2}") + Ref(f"n{i - 2}"))
    return graph_of(["w", "x"], lines)


def test_a_ladder_of_shared_nodes_stays_small_and_fast() -> None:
    start = time.perf_counter()
    d = differentiate(ladder(40))
    assert all(size(d.closed(name, 60)) <= 120 for name in d.steps)
    assert all(size(form) <= 300 for name in d.steps for form in backward_forms(d, name))
    sweep = time.perf_counter() - start
    start = time.perf_counter()
    certificate = certify(d, STANDARD, {name: (d.closed(name, 60),) for name in d.steps})
    assert certificate.points >= 6
    assert sweep < 5 and time.perf_counter() - start < 10
