"""derive in Python: documented examples run, what is shown is sound, NumPy functions agree with the exact numbers."""

from __future__ import annotations

import doctest
import importlib
import inspect
import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import derive
from derive.document import Math, Note, Paragraph, Table
from derive.notebook import derivation as notebook_derivation
from derive.notebook import network as notebook_network
from derive.problems.network import Network as Problem

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```pycon\n(.*?)^```", README, re.S | re.M)
MODULES = ("derive", *sorted({f"derive.{place}" for place in derive._PLACES.values() if "notebook" in place}))

NEURON = r"z = w x + b, h = \sigma(z), L = \frac{1}{2} (h - y)^2"


def neuron(**more: Any) -> derive.Network:
    return derive.network(NEURON, **{"data": "x, y", "values": {"x": 2, "y": 1, "w": 0.5, "b": -0.25}, **more})


# ----------------------------------------------------------------------------------------- documentation


def run_examples(text: str, name: str) -> doctest.TestResults:
    test = doctest.DocTestParser().get_doctest(text, {}, name, name, 0)
    return doctest.DocTestRunner().run(test)


def test_the_readme_has_examples() -> None:
    section = README[README.index("## In Python") : README.index("## What is checked")]
    assert len(EXAMPLES) == 2 and all(example in section for example in EXAMPLES)


def test_examples_of_the_readme_give_what_they_show() -> None:
    done = run_examples("\n".join(EXAMPLES), "README.md")
    assert done.failed == 0 and done.attempted >= 10


@pytest.mark.parametrize("module", MODULES)
def test_examples_of_the_docstrings(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    done = doctest.testmod(importlib.import_module(module))
    assert done.failed == 0
    assert done.attempted or module.endswith("display")


def test_examples_that_are_false_are_seen() -> None:
    silent = doctest.DocTestRunner(verbose=False)
    test = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", "wrong", 0)
    assert silent.run(test, out=lambda text: None).failed == 1


@pytest.mark.parametrize("name", derive.__all__)
def test_every_public_name_is_documented(name: str) -> None:
    assert f"derive.{name}" in README[README.index("## In Python") :]
    value = getattr(derive, name)
    assert inspect.getdoc(value)
    if inspect.isclass(value) and value.__module__.startswith("derive.notebook"):
        members = {k: v for k, v in vars(value).items() if not k.startswith("_") and callable(getattr(v, "func", v))}
        bare = [k for k, v in members.items() if not inspect.getdoc(v)]
        assert not bare, "methods without a docstring"


def test_public_names_are_all_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(derive.__all__) <= set(dir(derive))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        derive.nothing  # noqa: B018


def test_arguments_are_the_keys_of_a_network() -> None:
    from derive.problems.load_network import KEYS
    from derive.problems.matrix.load import KEYS as WITH_SHAPES

    assert set(inspect.signature(derive.network).parameters) == {*KEYS, *WITH_SHAPES, "name"} - {"like"}


def test_importing_is_cheap_and_functions_keep_their_names() -> None:
    code = """
import sys, derive
assert not {"sympy", "numpy", "mpmath", "yaml", "jinja2", "derive.expr"} & set(sys.modules)
import derive.differentiate, derive.evaluate
from derive import differentiate, evaluate
assert callable(derive.differentiate) and callable(derive.evaluate) and callable(differentiate)
assert not {"sympy", "numpy"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# ------------------------------------------------------------------------------------------- what is shown


def test_nothing_exists_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A derivation that fails its check is not shown, whichever way it is asked for."""

    def fails(*given: Any) -> Any:
        raise derive.Fault("a step fails its numeric check")

    monkeypatch.setattr("derive.problems.network.certify", fails)
    with pytest.raises(derive.Fault, match="numeric check"):
        neuron()
    with pytest.raises(derive.Fault, match="numeric check"):
        derive.load(ROOT / "reports" / "skip_connection.md")["skip"]


def shown() -> dict[str, Any]:
    net = derive.load(ROOT / "reports" / "skip_connection.md")["skip"]
    d = derive.differentiate(net)
    return {
        "network": net,
        "derivation": d,
        "gradient": d["omega_0"],
        "table": d.table(),
        "numbers": net.show("backward", numbers=True),
        "conventions": net.show("conventions"),
        "update": net.show("update", as_="table"),
        "value": net.show("value", "h_0"),
        "entropy": derive.network(r"L = -y \log h - (1 - y) \log(1 - h)", data="y"),
    }


SHOWN = shown()


@pytest.mark.parametrize("name", SHOWN)
def test_html_is_well_formed_mathml(name: str) -> None:
    html = SHOWN[name]._repr_html_()
    tree = ET.fromstring(html)
    assert any(part.tag.endswith("math") for part in tree.iter())
    assert "annotation" not in html and "menclose" not in html and "$" not in html and "\\" not in html


@pytest.mark.parametrize("name", SHOWN)
def test_latex_is_mathematics_between_dollars(name: str) -> None:
    """What MathJax and KaTeX read: $$ and $ in pairs, environments that they have, no TeX outside."""
    latex = SHOWN[name]._repr_latex_()
    formulas = re.findall(r"\$\$(.+?)\$\$|\$(.+?)\$", latex, re.S)
    assert formulas
    assert set(re.findall(r"\\begin\{(\w+)\}", latex)) <= {"aligned", "array", "cases"}
    assert not re.search(r"[\\$&]", re.sub(r"\$\$.+?\$\$|\$.+?\$", "", latex, flags=re.S))
    for pair in formulas:
        formula = "".join(pair)
        assert "\n\n" not in formula
        assert formula.count("{") - formula.count(r"\{") == formula.count("}") - formula.count(r"\}")


def test_the_forward_pass_is_shown_line_by_line() -> None:
    latex = neuron()._repr_latex_()
    assert latex is not None
    rows = re.sub(r" \\\\(\[.*?\])?$", "", latex, flags=re.M).splitlines()[1:-1]
    assert rows == ["z &= w x + b", r"h &= \sigma(z)", r"L &= \frac{1}{2} (h - y)^2"]


def test_a_derivation_frames_the_gradients_asked_for() -> None:
    latex = derive.differentiate(neuron(wrt="b"))._repr_latex_()
    assert latex is not None
    assert re.findall(r"\\boxed\{(.*?)\}(?= |$)", latex, re.M) == [r"(h - y) h (1 - h)"]
    framed = derive.differentiate(neuron(wrt="b"))._repr_html_()
    assert framed.count("border: 1px solid") == 1


def test_texts_are_escaped() -> None:
    table = neuron().show("gradients", caption="<b>A & B</b>")
    assert "<b>" not in table._repr_html_() and "&lt;b&gt;A &amp; B" in table._repr_html_()
    sentence = derive.Shown((Paragraph(("50% of <i>$x$</i> ", Math("a < b"))), Note("A & B", ("_",))))
    html, latex = sentence._repr_html_(), sentence._repr_latex_()
    assert "50% of &lt;i&gt;$x$&lt;/i&gt;" in html and "A &amp; B" in html and "<mo>&lt;</mo>" in html
    assert latex is not None and r"50\% of" in latex and r"\$x\$" in latex and "$a < b$" in latex
    cells = derive.Shown((Table((("<h>",),), ((("50%",),),), "l"),))
    assert r"\text{50\%}" in (cells._repr_latex_() or "") and "&lt;h&gt;" in cells._repr_html_()


def test_a_picture_is_html_only() -> None:
    graph = neuron().show("graph")
    assert graph._repr_latex_() is None
    image = ET.fromstring(graph._repr_html_().replace('100%">', '100%"/>')).find(".//img")
    assert image is not None and image.get("src", "").startswith("data:image/svg+xml;base64,")
    assert str(graph) == image.get("alt") != ""


def test_texts_for_a_terminal() -> None:
    net = neuron()
    d = derive.differentiate(net)
    assert repr(net) == "Network net: w, x, b, y → z, h, L"
    assert repr(d) == "Derivation of L by w, b" and list(d) == ["w", "b"] and len(d) == 2
    assert repr(net.values) == repr(dict(net.values))


# --------------------------------------------------------------------------------------- names and numbers


def test_numbers_of_python_are_taken_as_printed() -> None:
    numbers = {"a": 0.1, "b": Fraction(1, 3), "c": Decimal("0.3"), "d": np.float32(0.1), "e_1": np.int64(-7), "f": 1e-8}
    net = derive.network("L = a + b + c + d + e_1 + f", values=numbers)
    exact = [Fraction("0.1"), Fraction(1, 3), Fraction("0.3"), Fraction("0.1"), Fraction(-7), Fraction(1, 10**8)]
    assert list(net.problem.given.values()) == exact
    assert net.values["L"] == float(sum(exact))


def test_texts_lists_and_mappings_mean_the_same() -> None:
    one = derive.network("z = w*x, L = (z - y)^2", data="x, y", values="x = 1, y = 2, w = 1/2", where="f = tanh")
    other = derive.network(
        ["z = w*x", "L = (z - y)^2"],
        data=["x", "y"],
        values=["x = 1", "y = 2", "w = 0.5"],
        where={"f": "tanh"},
        update="sgd",
    )
    assert one.names == other.names == ("w", "x", "y", "z", "L")
    assert one.values == other.values and one.wrt == other.wrt == ("w",) and one.loss == "L"


def test_names_are_found_in_any_spelling() -> None:
    net = derive.load(ROOT / "reports" / "skip_connection.md")["skip"]
    d = derive.differentiate(net)
    for spelled in (r"\omega_0", r"\omega_{0}", "omega_0"):
        assert d[spelled].name == "omega_0" and d.values[spelled] == d[spelled].value == 0.75
    assert net.values[r"\hat{y}"] == net.values["hat_y"] == 0.375
    assert r"\hat{y}" in net.values and "q" not in net.values and net.values.get("q") is None


def test_updated_are_the_parameters() -> None:
    net = neuron(update={"learning_rate": r"\eta = 0.1"})
    d = derive.differentiate(net)
    assert set(net.updated) == {"w", "b"}
    assert net.updated["w"] == pytest.approx(0.5 - 0.1 * d.values["w"], rel=1e-15)
    with pytest.raises(derive.Fault, match="x is not among these values"):
        net.updated["x"]


def test_a_gradient_as_plain_text_and_as_sympy() -> None:
    import sympy

    net = neuron()
    g = derive.differentiate(net)["w"]
    values = {name: net.values[name] for name in net.names}
    assert eval(g.plain, {}, values) == pytest.approx(g.value, rel=1e-14)
    assert float(g.sympy().subs(values)) == pytest.approx(g.value, rel=1e-14)
    w, x, b, y = sympy.symbols("w x b y")
    flat = (1 / (1 + sympy.exp(-(w * x + b))) - y) ** 2 / 2
    difference = g.sympy(leaves=True) - sympy.diff(flat, w)
    exact = {k: sympy.Rational(str(values[k])) for k in "wxby"}
    assert abs(difference.subs(exact).evalf(30)) < 1e-25


def test_a_report_is_a_mapping() -> None:
    report = derive.load(str(ROOT / "reports" / "skip_connection.md"))
    assert {"skip", "plain"} <= set(report) and len(report) == len(list(report))
    assert report["skip"] is report["skip"]
    assert report.title in repr(report) and "skip" in repr(report)
    with pytest.raises(derive.Fault, match="did you mean skip"):
        report["skp"]
    assert "skp" not in report


# ------------------------------------------------------------------------------------------- what is wrong

WRONG: dict[str, tuple[Any, str]] = {
    "no line": (lambda: derive.network(None), "needs lines or layers"),
    "no text": (lambda: derive.network(7j), "`forward` cannot be made from complex"),
    "a broken line": (lambda: derive.network(["z = w x", "L = z +"]), r"<forward>:2:"),
    "an unknown name": (lambda: neuron(wrt="q"), r"(?s)q in `wrt`.*<wrt>:1:1"),
    "an unknown value": (lambda: neuron(values={"w": 1, "q": 2}), r"(?s)a value for q.*<values>:2:1"),
    "a truth value": (lambda: neuron(values={"w": True}), "cannot be made from bool"),
    "an array as value": (lambda: neuron(values={"w": np.ones(2)}), "derive.evaluate"),
    "nan": (lambda: neuron(values={"w": math.nan}), "NaN is no value"),
    "infinity": (lambda: neuron(values={"w": -math.inf}), "inf"),
    "an unknown key": (lambda: neuron(update={"rate": 1}), r"(?s)unknown key `rate`.*learning_rate"),
    "a wrong choice": (lambda: neuron(notation={"digits": "many"}), "digits cannot be `many`"),
    "a lost frac": (lambda: derive.network("L = \frac{1}{2} w"), r'raw text, r"'),
    "a lost theta": (lambda: derive.network("L = \theta x"), r'raw text, r"'),
    "a lost beta": (lambda: derive.network("L = x", also="x = \beta"), r"(?s)raw text.*"),
    "no values": (lambda: neuron(values=None).values, "net has no value for w, x, b, y"),
    "no gradient": (lambda: derive.differentiate(neuron(values="w = 1"))["w"].value, "no value for x, b, y"),
    "no update": (lambda: neuron().updated, "net has no update"),
    "a name": (lambda: derive.differentiate(neuron())["q"], "(?s)net has no q.*one of w, x, b, y, z, h, L"),
    "no name": (lambda: derive.differentiate(neuron())[0], "`0` is not one name"),
    "a block": (lambda: neuron().show("backwrd"), r"(?s)unknown block.*backwrd\(\).*did you mean backward"),
    "an option": (lambda: neuron().show("backward", number=True), "(?s)no option `number`.*did you mean numbers"),
    "a reference": (lambda: neuron().show("ref", "w"), "in a report only"),
    "no network": (lambda: derive.differentiate(3), "a network is needed here, not int"),
    "nothing to evaluate": (lambda: derive.evaluate("net"), "a network is needed here, not str"),
    "open values": (lambda: derive.network("L = f(w)", values="w = 1").values, "f is left open"),
    "open function": (lambda: derive.evaluate(derive.network("L = f(w)")), "f is left open"),
    "open sympy": (lambda: derive.differentiate(derive.network("L = f(w)"))["w"].sympy(), "f is left open"),
    "too large": (lambda: neuron(values="x = 10^300, y = 10^-300, w = 10^200, b = 0").values, "larger than"),
    "a large gradient": (
        lambda: derive.differentiate(derive.network("L = a b c", values="a = b = 10^200, c = 0"))["c"].value,
        "the gradient by c is too large",
    ),
    "no file": (lambda: derive.load("nowhere.md"), "cannot read nowhere.md"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_a_fault(name: str) -> None:
    make, message = WRONG[name]
    with pytest.raises(derive.Fault, match=message):
        make()


def test_a_notebook_prints_the_message_alone() -> None:
    with pytest.raises(derive.Fault) as caught:
        neuron(wrt="q")
    assert caught.value._render_traceback_() == str(caught.value).splitlines()


def test_tabs_before_a_line_are_no_lost_backslash() -> None:
    assert derive.network("\tz = w x\n\tL = z^2").names == ("w", "x", "z", "L")


CALLS: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "net has no value for x, y"),
    "shapes": ({"x": [1, 2], "y": [1, 2, 3]}, r"do not fit together: x has \(2,\), y has \(3,\)"),
    "ragged": ({"x": [1, [2]], "y": 1}, "x is not finite real numbers"),
    "text": ({"x": "1", "y": 1}, "x is not finite"),
    "complex": ({"x": 1j, "y": 1}, "x is not finite"),
    "nan": ({"x": [1.0, math.nan], "y": 1}, "x is not finite"),
    "a line": ({"x": 1, "y": 1, "z": 1}, "z is computed by a line"),
    "unknown": ({"x": 1, "y": 1, "q": 1}, "net has no q"),
}


@pytest.mark.parametrize("name", CALLS)
def test_wrong_arguments_of_a_function(name: str) -> None:
    arguments, message = CALLS[name]
    f = derive.evaluate(derive.differentiate(neuron(values="w = 1, b = 0")))
    with pytest.raises(derive.Fault, match=message):
        f(**arguments)


# ------------------------------------------------------------------------------------------ NumPy functions


def test_evaluate_agrees_with_the_exact_numbers() -> None:
    net = derive.load(ROOT / "reports" / "skip_connection.md")["skip"]
    d = derive.differentiate(net)
    assert {k: float(v) for k, v in derive.evaluate(net)().items()} == {
        k: net.values[k] for k in derive.evaluate(net)()
    }
    assert {k: float(v) for k, v in derive.evaluate(d, *net.names)().items()} == dict(d.values)


def test_evaluate_has_the_signature_of_the_network() -> None:
    f = derive.evaluate(neuron(values="w = 0.5"))
    signature = inspect.signature(f)
    assert list(signature.parameters) == ["w", "x", "b", "y"]
    assert signature.parameters["w"].default == 0.5
    assert signature.parameters["x"].default is inspect.Parameter.empty


def test_results_have_the_common_shape() -> None:
    d = derive.differentiate(derive.network("L = a + b x + 3 y", data="x, y", values="a = 1, b = 2"))
    found = derive.evaluate(d, "a", "b", "x", "y")(x=[[1], [2]], y=np.zeros(3, dtype=int))
    assert {name: array.shape for name, array in found.items()} == dict.fromkeys("abxy", (2, 3))
    assert (found["y"] == 3).all() and (found["b"] == [[1] * 3, [2] * 3]).all()
    found["a"][0, 0] = 5  # an array of one's own
    assert found["a"].sum() == 5 + 5


@pytest.mark.parametrize("u", ("0", "1", "1/2"))
def test_kinks_are_as_in_the_report(u: str) -> None:
    lines = r"h = \text{ReLU}(w x), s = u(w), L = |h - y| + s"
    net = derive.network(lines, data="x, y", values="w = 0, x = 1, y = 2", notation={"relu_at_0": u})
    d = derive.differentiate(net)
    assert d.values["w"] == -float(Fraction(u)) == derive.evaluate(d, "w")()["w"]
    assert derive.evaluate(net, "s")()["s"] == net.values["s"] == float(Fraction(u))
    assert (derive.evaluate(d)(w=[-1, 0, 1])["w"] == [0, -float(Fraction(u)), -1]).all()
    assert "lie exactly on a kink" in str(d.table()) and "lie exactly on a kink" in d.table()._repr_html_()


NETWORKS = {
    "sigmoid": r"z = w x + b, h = \sigma(z), L = \frac{1}{2} (h - y)^2",
    "tanh": "z = w*x + b, h = tanh(z), L = (h - y)^2 + w^2/10",
    "shared": "z = w*x, h = exp(-z^2), g = z*h + b, L = (g - y)^2 + h*w",
    "softplus": r"z = w x - b, h = \log(1 + \exp(z)), k = \frac{h}{1 + h^2}, L = k y + \sin(h)",
    "cases": r"z = w x + b, h = \text{ReLU}(z), r = h - y, L = |r| + h^2",
}
KINKS = {"cases": ("z", "r")}  # lines that are 0 where there is no derivative
FUNCTIONS = {
    name: (derive.evaluate(net), derive.evaluate(derive.differentiate(net), "w", "b", "x", "y"))
    for name, net in ((name, derive.network(lines, data="x, y")) for name, lines in NETWORKS.items())
}
NUMBERS = st.lists(st.floats(-2, 2, allow_subnormal=False), min_size=1, max_size=6)


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(sorted(NETWORKS)), w=NUMBERS, b=st.floats(-2, 2), x=st.floats(-2, 2), y=st.floats(-2, 2))
def test_gradients_are_differences_of_the_values(name: str, w: list[float], b: float, x: float, y: float) -> None:
    values, gradients = FUNCTIONS[name]
    at = {"w": np.array(w), "b": np.full(len(w), b), "x": np.full(len(w), x), "y": np.full(len(w), y)}
    found, step = gradients(**at), 1e-5
    for leaf in at:
        up, down = (values(**{**at, leaf: at[leaf] + h}) for h in (step, -step))
        sides = [up[line] * down[line] > 0 for line in KINKS.get(name, ())]
        smooth = np.logical_and.reduce(sides) if sides else slice(None)
        slope = (up["L"] - down["L"]) / (2 * step)
        assert np.allclose(found[leaf][smooth], slope[smooth], rtol=1e-6, atol=1e-7), leaf


def test_the_difference_test_sees_a_wrong_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    values, gradients = FUNCTIONS["tanh"]
    monkeypatch.setitem(FUNCTIONS, "tanh", (values, lambda **at: {k: v * 1.001 for k, v in gradients(**at).items()}))
    check = test_gradients_are_differences_of_the_values.hypothesis.inner_test  # type: ignore[attr-defined]
    with pytest.raises(AssertionError):
        check("tanh", [0.5], 0.25, 1.0, -1.0)


def test_types_of_the_package_are_published() -> None:
    assert (ROOT / "derive" / "py.typed").is_file()
    assert notebook_network.Network is derive.Network and notebook_derivation.Derivation is derive.Derivation
    assert isinstance(neuron().problem, Problem)
