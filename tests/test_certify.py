"""The certificate sees every error: wrong rules, wrong gradients, wrong forms, also where all numbers are tiny."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from derive import points as off_kinks
from derive.certify import certify
from derive.differentiate import Derivation, differentiate
from derive.errors import Fault
from derive.expr import Expr, Number, Partial, Ref, call, lift
from derive.graph import Form, Graph, Node, Role
from derive.notation import STANDARD
from derive.numeric import value
from derive.ops import PRIMITIVES
from derive.points import kinks_of
from derive.steps import adjoint_forms, backward_forms

w, x, y, z, h = (Ref(n) for n in "wxyzh")


def graph_of(leaves: str, lines: dict[str, Expr]) -> Graph:
    nodes = {n: Node(n, n, n, Role.PARAMETER) for n in leaves.split()}
    nodes |= {n: Node(n, n, n, Role.LINE, e) for n, e in lines.items()}
    return Graph(nodes, list(nodes)[-1])


def all_forms(d: Derivation) -> dict[str, tuple[Expr, ...]]:
    return {name: (*backward_forms(d, name), *adjoint_forms(d, name)) for name in d.steps}


def certified(graph: Graph, forms: dict[str, tuple[Expr, ...]] | None = None) -> Any:
    d = differentiate(graph)
    return certify(d, STANDARD, all_forms(d) if forms is None else forms)


# ----------------------------------------------------------------------------------------------- wrong rules

# The derivative by a condition is never used; pi has no argument.
CASES = [(name, i) for name, p in PRIMITIVES.items() for i in range(p.arity or 3) if (name, i) != ("branch", 0)]
WRONG: dict[str, Callable[[Expr], Expr]] = {
    "scaled": lambda e: e * Fraction(1001, 1000),
    "flipped": lambda e: -e,
    "offset": lambda e: e + Fraction(1, 1000),
    "dropped": lambda e: lift(0),
}
CONSTANT = {"sign", "step", "indicator", "floor"}  # their derivative is 0: scaled or flipped it stays right


def using(name: str) -> Graph:
    """Return a graph in which every argument of a primitive is a weighted leaf, in its domain at many points."""
    count = PRIMITIVES[name].arity or 3
    args: list[Expr] = [Ref(f"z{i}") for i in range(count)]
    lines: dict[str, Expr] = {f"z{i}": Ref(f"w{i}") * Ref(f"x{i}") for i in range(count)}
    if name == "bce":
        lines = {f"z{i}": call("sigmoid", e) for i, e in enumerate(lines.values())}
    if name == "branch":
        args[0] = call("indicator", args[0])
    lines["L"] = call(name, *args) + Fraction(1, 7)
    return graph_of(" ".join(f"w{i} x{i}" for i in range(count)), lines)


@pytest.mark.parametrize("name", [n for n in PRIMITIVES if n != "pi"])
def test_right_rules_pass(name: str) -> None:
    certificate = certified(using(name))
    assert certificate.points >= 6 and certificate.max_error <= 1e-9


@pytest.mark.parametrize("how", WRONG)
@pytest.mark.parametrize(("name", "i"), CASES)
def test_a_wrong_rule_is_caught(name: str, i: int, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name in CONSTANT and how != "offset":
        return
    right = PRIMITIVES[name]

    def vjp(k: int, g: Expr, out: Expr, args: tuple[Expr, ...]) -> Expr:
        e = right.vjp(k, lift(1), out, args)
        return g * (WRONG[how](e) if k == i else e)

    monkeypatch.setitem(PRIMITIVES, name, replace(right, vjp=vjp))
    d = differentiate(using(name))
    with pytest.raises(Fault, match="fails its numeric check; nothing was written"):
        certify(d, STANDARD, {})


# ------------------------------------------------------------------------------------ tiny gradients


def sigmoids(depth: int) -> Graph:
    lines: dict[str, Expr] = {}
    below: Expr = x
    for i in range(depth):
        lines[f"z{i}"] = Ref(f"w{i}") * below
        lines[f"h{i}"] = call("sigmoid", Ref(f"z{i}"))
        below = Ref(f"h{i}")
    lines["L"] = (below - y) ** 2 / 2
    return graph_of("x y " + " ".join(f"w{i}" for i in range(depth)), lines)


def test_a_deep_chain_passes() -> None:
    assert certified(sigmoids(20)).max_error <= 1e-9


@pytest.mark.parametrize("how", WRONG)
def test_a_wrong_rule_is_caught_where_gradients_are_tiny(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = PRIMITIVES["sigmoid"]
    wrong = replace(right, vjp=lambda i, g, out, args: g * WRONG[how](out * (1 - out)))
    monkeypatch.setitem(PRIMITIVES, "sigmoid", wrong)
    d = differentiate(sigmoids(20))
    monkeypatch.undo()
    with pytest.raises(Fault):
        certify(d, STANDARD, {})


def tampered(d: Derivation, name: str, adjoint: Expr) -> Derivation:
    """Return a derivation in which one gradient is wrong although every local derivative is right."""
    steps = {n: replace(s, adjoint=adjoint) if n == name else s for n, s in d.steps.items()}
    return Derivation(d.graph, steps)


@pytest.mark.parametrize("factor", [Fraction(10**6 + 1, 10**6), Fraction(2), Fraction(-1), Fraction(0)])
def test_a_wrong_gradient_is_caught_where_it_is_tiny(factor: Fraction) -> None:
    """∂L/∂w0 is 10⁻¹² and less here: in absolute terms nothing is wrong with it."""
    d = differentiate(sigmoids(20))
    wrong = Number(factor) * d.steps["w0"].adjoint
    with pytest.raises(Fault, match="the gradient ∂L/∂w0"):
        certify(tampered(d, "w0", wrong), STANDARD, {})


def test_a_wrong_form_is_caught_where_it_is_tiny() -> None:
    d = differentiate(sigmoids(20))
    right = adjoint_forms(d, "w0")[-1]
    assert certify(d, STANDARD, {"w0": (right,)}).points >= 6
    for wrong in (right * 2, -right, right * Fraction(10**6 + 1, 10**6), lift(0)):
        with pytest.raises(Fault, match="a form of ∂L/∂w0"):
            certify(d, STANDARD, {"w0": (right, wrong)})


# ---------------------------------------------------------------------------------------- wrong gradients, forms


def neuron() -> Graph:
    return graph_of("w x y", {"z": w * x, "h": call("relu", z), "L": (h - y) ** 2 / 2})


@pytest.mark.parametrize(
    "wrong",
    [
        (h - y) * x,  # the step left out
        (y - h) * call("step", z) * x,
        (h - y) * call("step", -z) * x,
        Partial("L", "h") * Partial("z", "w"),
        Partial("L", "h") * x,
        2 * (h - y) * call("step", z) * x,
        (h - y) * call("step", z) * w,
    ],
)
def test_a_wrong_form_is_caught(wrong: Expr) -> None:
    right = (h - y) * call("step", z) * x
    assert certified(neuron(), {"w": (right,)}).points >= 6
    with pytest.raises(Fault, match="a form of ∂L/∂w"):
        certified(neuron(), {"w": (right, wrong)})


def test_a_wrong_right_side_of_a_line_is_caught() -> None:
    """`z = w x = w y`: the last form is the definition, the others must have its value."""
    node = Node("L", "L", "L", Role.LINE, w * x, "", (Form("w y", w * y), Form("w x", w * x)))
    nodes = {n: Node(n, n, n, Role.PARAMETER) for n in "wxy"} | {"L": node}
    with pytest.raises(Fault, match="the line L fails"):
        certified(Graph(nodes, "L"), {})


def test_a_forgotten_path_is_caught() -> None:
    d = differentiate(graph_of("w x", {"h": w * x, "a": h**2, "b": 3 * h, "L": Ref("a") * Ref("b")}))
    with pytest.raises(Fault, match="the gradient ∂L/∂h"):
        certify(tampered(d, "h", Partial("L", "a") * 2 * h), STANDARD, {})


# ------------------------------------------------------------------------------------------------- points


def points(graph: Graph, given: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return list(off_kinks.points(differentiate(graph), STANDARD, given))


KINKED = {
    "one": graph_of("x", {"L": call("relu", x - 10)}),
    "left": graph_of("x", {"L": call("relu", -x - 10)}),
    "two": graph_of("x w", {"L": call("relu", x - 10) + call("abs", w + 5)}),
    "inner": graph_of("x w", {"z": w * x, "h": call("relu", z - 3), "L": call("leaky_relu", h - 2, Fraction(1, 100))}),
    "smooth inside": graph_of("x", {"L": call("relu", call("tanh", x))}),
}


@pytest.mark.parametrize("name", KINKED)
def test_both_sides_of_every_kink_are_visited(name: str) -> None:
    graph = KINKED[name]
    sides: set[tuple[int, bool]] = set()
    for leaves in points(graph):
        env = dict(leaves)
        for node in graph.lines():
            env[node.name] = value(node.expr, env)
        at = [value(k, env) for _, k in kinks_of(graph)]
        assert all(abs(v) >= 1e-6 for v in at)
        sides |= {(i, bool(v > 0)) for i, v in enumerate(at)}
    assert len(sides) == 2 * len(kinks_of(graph))


@pytest.mark.parametrize("claimed", [lift(0), lift(1)])
def test_a_form_that_holds_on_one_side_only_is_caught(claimed: Expr) -> None:
    with pytest.raises(Fault, match="a form of ∂L/∂x"):
        certified(KINKED["one"], {"x": (claimed,)})


def test_a_given_point_near_a_kink_is_left_out() -> None:
    graph = KINKED["one"]
    given = {"x": 10 + Fraction(1, 10**7)}
    assert given not in points(graph, given)
    assert {"x": Fraction(11)} in points(graph, {"x": Fraction(11)})


def test_behind_a_dead_unit_what_has_a_derivative_is_compared() -> None:
    """relu(w1 relu(w0 x)): with w0 x < 0 the outer kink is hit exactly, and every gradient is 0."""
    lines = {"h": call("relu", Ref("w0") * x), "L": call("relu", Ref("w1") * Ref("h")) + x**2}
    graph = graph_of("x w0 w1", lines)
    found = points(graph)
    assert any(p["w0"] * p["x"] < 0 for p in found) and any(p["w0"] * p["x"] > 0 for p in found)
    certified(graph, {})


def test_a_wrong_rule_behind_a_dead_unit_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = PRIMITIVES["relu"]
    always = replace(right, vjp=lambda i, g, y, args: g)  # right for active units only
    monkeypatch.setitem(PRIMITIVES, "relu", always)
    lines = {"h": call("relu", Ref("w0") * x), "L": call("relu", Ref("w1") * Ref("h")) + x**2}
    with pytest.raises(Fault, match="numeric check"):
        certified(graph_of("x w0 w1", lines), {})


@pytest.mark.parametrize(
    "line", [call("log", -(x**2) - 1), call("sqrt", -1 - x**2), 1 / (x - x), call("bce", x + 9, x)]
)
def test_functions_without_values_cannot_be_certified(line: Expr) -> None:
    with pytest.raises(Fault, match="the derivation cannot be certified"):
        certified(graph_of("x", {"L": line}), {})


@pytest.mark.parametrize("line", [call("log", x), call("sqrt", x - 1), call("log", call("log", x)), x ** Ref("x")])
def test_functions_defined_for_some_values_can_be(line: Expr) -> None:
    assert certified(graph_of("x", {"L": line})).points >= 3


def test_the_same_certificate_twice() -> None:
    first, second = certified(neuron()), certified(neuron())
    assert first == second
    assert points(neuron()) == points(neuron())


def test_points_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    from derive import certify as module

    compared: list[Any] = []
    original = module._Point.compare
    monkeypatch.setattr(module._Point, "compare", lambda self, forms: compared.append(1) or original(self, forms))
    certificate = certified(neuron())
    assert certificate.points == len(compared) >= 6
    compared.clear()
    d = differentiate(neuron())
    given = {n: Fraction(v) for n, v in (("w", 2), ("x", 3), ("y", 1))}
    assert certify(d, STANDARD, {}, given).points == len(compared) >= 7
