"""Reports of many kinds: their JSON against formulas in Python, differences of them, and known values."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from derive.build import build

Point = dict[str, float]
Problems = Callable[[str], dict[str, Any]]
PlainValue = Callable[[str, Point], float]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def slope(f: Callable[..., float], at: Mapping[str, float], name: str) -> float:
    """Return the derivative of f by one of its arguments, by central differences of fourth order."""

    def moved(k: int) -> float:
        return f(**{**at, name: at[name] + k * h})

    h = 1e-3
    return (8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / (12 * h)


def values_of(problem: dict[str, Any]) -> Point:
    """Return plain name → value."""
    return {problem["symbols"][node]: value for node, value in problem["values"].items()}


def gradients_of(problem: dict[str, Any]) -> Point:
    return {problem["symbols"][node]: g["value"] for node, g in problem["gradients"].items()}


def check(problem: dict[str, Any], loss: Callable[..., float], leaves: Point, plain_value: PlainValue) -> None:
    """Hold the gradient of every leaf, as a number and as a formula, against differences of a loss written by hand."""
    values, gradients = values_of(problem), gradients_of(problem)
    assert {name: values[name] for name in leaves} == pytest.approx(leaves)
    last = problem["symbols"][list(problem["symbols"])[-1]]
    assert values[last] == pytest.approx(loss(**leaves), rel=1e-12)
    for name in leaves:
        assert gradients[name] == pytest.approx(slope(loss, leaves, name), rel=1e-7, abs=1e-9), name
    for node, g in problem["gradients"].items():
        env = dict(values)
        for defined, formula in g.get("definitions", []):
            env[defined] = plain_value(formula, env)
        assert plain_value(g["plain"], env) == pytest.approx(g["value"], rel=1e-9, abs=1e-12), node


# ------------------------------------------------------------------------ two inputs, two units, two outputs


MAZUR = {
    "gradients": [
        0.000438568,
        0.000877135,
        0.000497713,
        0.000995425,
        0.082167041,
        0.082667628,
        -0.02260254,
        -0.022740242,
    ],
    "updated": [0.149780716, 0.199561432, 0.249751144, 0.299502287, 0.35891648, 0.408666186, 0.51130127, 0.561370121],
}


def mazur_loss(w: list[float]) -> float:
    h = [sigmoid(w[i] * 0.05 + w[i + 1] * 0.10 + 0.35) for i in (0, 2)]
    out = [sigmoid(w[i] * h[0] + w[i + 1] * h[1] + 0.60) for i in (4, 6)]
    return (0.01 - out[0]) ** 2 / 2 + (0.99 - out[1]) ** 2 / 2


def test_mazur(problems: Problems) -> None:
    net = problems("mazur.md")["net"]
    names = [f"w_{k}" for k in range(1, 9)]
    assert net["values"]["E_{total}"] == pytest.approx(0.2983711087600027, abs=5e-10)
    for name, gradient, new in zip(names, MAZUR["gradients"], MAZUR["updated"], strict=True):
        assert net["gradients"][name]["value"] == pytest.approx(gradient, abs=5.1e-10), name
        assert net["updated"][name] == pytest.approx(new, abs=5.1e-10), name
    assert list(net["updated"]) == names
    assert mazur_loss([net["updated"][n] for n in names]) == pytest.approx(0.29102777369359933, abs=5e-10)
    w = dict(zip(names, [0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55], strict=True))
    for name in names:
        exact = slope(lambda **w: mazur_loss(list(w.values())), w, name)
        assert net["gradients"][name]["value"] == pytest.approx(exact, rel=1e-8)


def test_mazur_page(tmp_path: Path, root: Path, golden: Callable[[str, str], None]) -> None:
    build(root / "tests" / "data" / "mazur.md", tmp_path, ("pdf", "tex", "json"))
    text = " ".join(page.extract_text() for page in PdfReader(tmp_path / "mazur.pdf").pages)
    for number in ("0.298371", "0.291028", "0.082167", "0.358916", "0.149781", "0.000439", "0.751365", "0.772928"):
        assert number in text, number
    for kind in ("tex", "json"):
        golden(f"mazur.{kind}", (tmp_path / f"mazur.{kind}").read_text(encoding="utf-8"))


# ------------------------------------------------------------------------------------ plain text, chain, neuron


def test_plain_text(problems: Problems, plain_value: PlainValue) -> None:
    def loss(w0: float, w1: float, b: float, x: float, y: float) -> float:
        return (sigmoid(w1 * max(w0 * x, 0) + b) - y) ** 2 / 2

    net = problems("reports/plain_text.md")["net"]
    leaves = {"w0": 0.8, "w1": -1.25, "b": 0.1, "x": 1.5, "y": 0.0}
    check(net, loss, leaves, plain_value)
    assert net["symbols"] == {name: name for name in "w0 x w1 b y z0 h0 z1 yhat L".split()}
    for name in ("w0", "w1", "b"):
        assert net["updated"][name] == pytest.approx(leaves[name] - 0.1 * slope(loss, leaves, name), rel=1e-9)


CHAIN = {  # six significant digits
    "values": {"z_1": "0.157500", "h_1": "0.539294", "z_2": "-0.0593223", "h_2": "0.485174", "z_3": "0.378436"}
    | {"y": "0.593496", r"\mathcal{L}": "0.521725"},
    "gradients": {"y": "-1.68493", "z_3": "-0.406504", "w_3": "-0.197225", "w_2": "-0.0427113", "w_1": "0.00136364"},
}
REGRESSION = {
    "values": {"y": "0.378436", r"\mathcal{L}": "16287.3"},
    "gradients": {"y": "-255.243", "w_3": "-123.837", "z_2": "-49.7286", "w_2": "-26.8184", "w_1": "0.856228"},
}


def to_digits(x: float, like: str) -> str:
    """Return x with as many decimals as a number that is given as text."""
    return f"{x:.{len(like.partition('.')[2])}f}"


@pytest.mark.parametrize(("name", "truth"), [("chain", CHAIN), ("regression", REGRESSION)])
def test_chain(problems: Problems, name: str, truth: dict[str, dict[str, str]]) -> None:
    problem = problems("reports/chain.md")[name]
    for node, number in truth["values"].items():
        assert to_digits(problem["values"][node], number) == number, node
    for node, number in truth["gradients"].items():
        assert to_digits(problem["gradients"][node]["value"], number) == number, node


def test_chain_formulas(problems: Problems, plain_value: PlainValue) -> None:
    def output(w_1: float, w_2: float, w_3: float, x: float) -> float:
        return w_3 * sigmoid(w_2 * sigmoid(w_1 * x))

    def entropy(t: float, **w: float) -> float:
        y = sigmoid(output(**w))
        return -t * math.log(y) - (1 - t) * math.log(1 - y)

    leaves = {"w_1": 0.25, "w_2": -0.11, "w_3": 0.78, "x": 0.63, "t": 1.0}
    found = problems("reports/chain.md")
    check(found["chain"], entropy, leaves, plain_value)
    check(found["regression"], lambda t, **w: (t - output(**w)) ** 2, leaves | {"t": 128.0}, plain_value)
    assert found["chain"]["gradients"]["z_3"]["plain"] == "(y+(-t))"
    assert "z_3" not in found["regression"]["symbols"], "a line that no longer reaches the loss goes"


def test_every_gradient_of_the_regression_is_a_multiple(problems: Problems) -> None:
    found = problems("reports/chain.md")
    for name in ("w_1", "w_2", "w_3"):
        one, other = (found[k]["gradients"][name]["value"] for k in ("regression", "chain"))
        assert one / other == pytest.approx(627.898, abs=5e-4)


def test_carried_as_shown(problems: Problems) -> None:
    """Every value is computed from the two digits that are printed of the earlier ones."""
    shown = problems("reports/chain.md")["shown"]["values"]
    assert shown["h_1"] == 0.54  # σ(0.1575) = 0.5393
    assert shown["z_2"] == pytest.approx(-0.11 * 0.54)
    assert shown["h_2"] == 0.49  # σ(−0.0594) = 0.4852
    assert shown["z_3"] == pytest.approx(0.78 * 0.49)
    assert (shown["y"], shown[r"\mathcal{L}"]) == (0.59, 0.53)  # 0.594403, and −ln 0.59 = 0.527633


def test_regularised_neuron(problems: Problems, plain_value: PlainValue) -> None:
    def loss(w: float, b: float, x: float, t: float, **constant: float) -> float:
        (strength,) = constant.values()  # λ, under its plain name
        return (sigmoid(w * x + b) - t) ** 2 / 2 + strength * w**2 / 2

    net = problems("reports/regularised.md")["net"]
    check(net, loss, {"w": 0.5, "b": -0.25, "x": 2.0, "t": 1.0, net["symbols"][r"\lambda"]: 0.1}, plain_value)
    known = {"y": "-0.320821", "z": "-0.0699054", "b": "-0.0699054", "w": "-0.0898107", "x": "-0.0349527"}
    for node, number in known.items():
        assert to_digits(net["gradients"][node]["value"], number) == number, node
    assert net["gradients"][r"\mathcal{R}"]["value"] == pytest.approx(0.1)
    assert net["gradients"][r"\mathcal{L}"]["value"] == 1
    assert to_digits(net["values"]["y"], "0.679179") == "0.679179"
    assert to_digits(net["values"][r"\mathcal{L}_{reg}"], "0.0639632") == "0.0639632"
    assert {k: to_digits(v, "0.000000") for k, v in net["updated"].items()} == {"w": "0.508981", "b": "-0.243009"}


def test_the_page_of_the_neuron_shows_what_is_asked(tmp_path: Path, root: Path) -> None:
    build(root / "tests" / "data" / "reports" / "regularised.md", tmp_path, ("tex",))
    tex = (tmp_path / "regularised.tex").read_text(encoding="utf-8")
    boxed = set(re.findall(r"\\frac\{d ?\\mathcal\{L\}_\{\S*reg\S*\}\{d ?(\w)\}", tex))
    assert {"w", "b", "x"} <= boxed and "t" not in boxed, "wrt: w, b, x"
    assert r"\partial" not in tex, "derivative: d"


def test_open_functions(problems: Problems, plain_value: PlainValue) -> None:
    found = problems("reports/open.md")
    latex = {node: g["latex"] for node, g in found["net"]["gradients"].items()}
    assert latex["y"] == "f'(y)"
    assert latex["w"] == r"f'(y) \sigma'(z) x"
    assert latex["b"] == r"f'(y) \sigma'(z)"
    assert found["net"]["values"] == {}
    assert all(g["value"] is None for g in found["net"]["gradients"].values())

    def loss(w: float, b: float, x: float, t: float) -> float:
        return (math.tanh(w * x + b) - t) ** 2 / 2

    check(found["tanh"], loss, {"w": 2.0, "b": -0.25, "x": 0.5, "t": 1.0}, plain_value)


# ------------------------------------------------------------------------------------- kinks, losses, names


def leaky(z: float, a: float) -> float:
    return z if z > 0 else a * z


KINKS: dict[str, tuple[Callable[..., float], Point]] = {
    "cases": (lambda w, x, a, t: (leaky(w * x, a) - t) ** 2 / 2, {"w": -0.5, "x": 2, "a": 0.1, "t": 1}),
    "indicator": (lambda w, x, t: (max(w * x, 0) - t) ** 2, {"w": 0.75, "x": 2, "t": 1}),
    "maximum": (lambda w, x, v, t: (max(w * x, v) - t) ** 2, {"w": 0.75, "x": 2, "v": 1.25, "t": 1}),
    "leaky": (lambda w, x, t: abs(leaky(w * x, 0.2) - t), {"w": -0.25, "x": 2, "t": -1}),
    "unit": (lambda w, x, t: abs(leaky(w * x, 0.01) - t), {"w": 0.25, "x": 2, "t": 1}),
}


@pytest.mark.parametrize("name", KINKS)
def test_kinks(problems: Problems, plain_value: PlainValue, name: str) -> None:
    check(problems("reports/kinks.md")[name], *KINKS[name], plain_value)


def test_value_of_relu_at_its_kink(problems: Problems, tmp_path: Path, root: Path) -> None:
    at_zero = problems("reports/kinks.md")["at_zero"]
    assert gradients_of(at_zero) == {"L": 1, "h": -6, "z": -6, "w": 0, "x": -4.5, "t": 6}  # with u(0) = 1
    build(root / "tests" / "data" / "reports" / "kinks.md", tmp_path, ("tex",))
    tex = (tmp_path / "kinks.tex").read_text(encoding="utf-8")
    assert re.search(r"u\(0\) *= *1", tex), "the convention is stated"
    assert "exactly on a kink" in tex


def test_plain_formulas_know_the_value_at_the_kink(problems: Problems, plain_value: PlainValue) -> None:
    """In plain text step(0) is 0; the formula must give −6 and −4.5 all the same, as u(0) = 1 says."""
    at_zero = problems("reports/kinks.md")["at_zero"]
    for node, g in at_zero["gradients"].items():
        assert plain_value(g["plain"], values_of(at_zero)) == pytest.approx(g["value"]), node


def huber(r: float, d: float) -> float:
    return r * r / 2 if abs(r) <= d else d * (abs(r) - d / 2)


def entropy(p: float, t: float) -> float:
    return -t * math.log(p) - (1 - t) * math.log(1 - p)


USUAL = {"w": -0.25, "x": 2.0, "t": 1.0}
LOSSES: dict[str, tuple[Callable[..., float], Point]] = {
    "absolute": (lambda w, x, t: abs(w * x - t), USUAL),
    "squared": (lambda w, x, t: (w * x - t) ** 2, USUAL),
    "half": (lambda w, x, t: (w * x - t) ** 2 / 2, USUAL),
    "bce": (lambda w, x, t: entropy(sigmoid(w * x), t), USUAL | {"t": 0.0}),
    "hinge": (lambda w, x, t: max(0, 1 - t * w * x), USUAL),
    "hinge_by_name": (lambda w, x, t: max(0, 1 - t * w * x), USUAL),
    "huber": (lambda w, x, t, d: huber(w * x - t, d), USUAL | {"d": 2.0}),
    "huber_outside": (lambda w, x, t, d: huber(w * x - t, d), {"w": -1.0, "x": 4.0, "t": 1.0, "d": 2.0}),
    "logistic": (lambda w, x, t: math.log(1 + math.exp(-t * w * x)), USUAL),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_by_name(problems: Problems, plain_value: PlainValue, name: str) -> None:
    report = "reports/huber.md" if name.startswith("huber") else "reports/losses.md"
    check(problems(report)[name], *LOSSES[name], plain_value)


def test_normalisation(problems: Problems, plain_value: PlainValue) -> None:
    """σ² is one name; log₂ beside log to base 10; a decimal comma; a number with a power of ten."""

    def loss(x_1: float, x_2: float, epsilon: float) -> float:
        mean = (x_1 + x_2) / 2
        variance = ((x_1 - mean) ** 2 + (x_2 - mean) ** 2) / 2
        n = (x_1 - mean) / math.sqrt(variance + epsilon)
        return math.log2(1 + n**2) + math.log10(2 + n)

    norm = problems("reports/names.md")["norm"]
    leaves = {"x_1": 1.5, "x_2": 0.25, "epsilon": 0.0012}
    assert norm["values"][r"\sigma^2"] == pytest.approx(0.390625)
    check(norm, loss, leaves, plain_value)


def test_nodes_that_do_not_reach_the_loss(problems: Problems, plain_value: PlainValue) -> None:
    aside = problems("reports/names.md")["aside"]
    check(aside, lambda w, x, t, v: (w * x - t) ** 2, {"w": -0.25, "x": 2, "t": 0.125, "v": 3}, plain_value)
    for node in ("q", "v"):
        assert aside["gradients"][node] == {"plain": "0", "latex": "0", "value": 0}
    assert aside["values"]["q"] == 5.5


def test_decimal_comma_and_numbering_on_the_page(tmp_path: Path, root: Path) -> None:
    build(root / "tests" / "data" / "reports" / "names.md", tmp_path, ("pdf",))
    text = " ".join(page.extract_text() for page in PdfReader(tmp_path / "names.pdf").pages)
    assert not re.search(r"\d\.\d", text), "a decimal point"
    text = re.sub(r"\s", "", text)
    assert "Aufgabe1" in text and "1.a)Werte" in text and "1.b)Daneben" in text
    assert "1,5" in text and "0,390625" in text and "0,125" in text
    assert "doesnotdependon" in text


@pytest.mark.parametrize(
    ("report", "labels"),
    [
        ("chain.md", ["Question1Classification", "a)Passes", "Question2Regression", "b)Carried"]),
        ("regularised.md", ["1Oneneuron"]),
    ],
)
def test_numbering(tmp_path: Path, root: Path, report: str, labels: list[str]) -> None:
    build(root / "tests" / "data" / "reports" / report, tmp_path, ("pdf",))
    pages = PdfReader(tmp_path / f"{Path(report).stem}.pdf").pages
    text = re.sub(r"\s", "", "".join(page.extract_text() for page in pages))
    assert all(label in text for label in labels), text


def test_json_of_every_report_can_be_read_again(problems: Problems, root: Path) -> None:
    for path in sorted((root / "tests" / "data" / "reports").glob("*.md")):
        found = problems(f"reports/{path.name}")
        assert json.loads(json.dumps(found, allow_nan=False)) == found
        for problem in found.values():
            assert list(problem)[:7] == ["kind", "symbols", "values", "gradients", "updated", "steps", "certificate"]
            assert set(problem["gradients"]) == set(problem["symbols"])
            assert problem["certificate"]["points"] >= (4 if "shapes" in problem else 6)
            assert problem["certificate"]["max_error"] < 1e-9
