"""reports/foundations.md: shapes of layers, names for derivatives, a hidden layer with numbers worked out by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derive import report
from derive.build import build, compose, find_look
from derive.document import Aligned
from derive.errors import Fault
from derive.problems.matrix.network import MatrixNetwork

SHAPES = {
    **{"W^{[1]}": ["6", "4"], "W^{[2]}": ["4", "6"], "W^{[3]}": ["3", "4"]},
    **{"b^{[1]}": ["6", "1"], "b^{[2]}": ["4", "1"], "b^{[3]}": ["3", "1"]},
    **{"a^{[0]}": ["4", "1"], "a^{[1]}": ["6", "1"], "a^{[2]}": ["4", "1"], "a^{[3]}": ["3", "1"]},
}
VALUES = {
    "z^{[1]}": [-0.2, 1, 0.9, -0.9],
    "a^{[1]}": [0.450166, 0.731059, 0.710950, 0.289050],
    "z^{[2]}": 0.303755,
    "\\hat{y}": 0.575360,
    "L": 0.552759,
}
GRADIENTS = {
    "z^{[2]}": -0.424640,
    "b^{[2]}": -0.424640,
    "W^{[2]}": [-0.191158, -0.310437, -0.301898, -0.122742],
    "a^{[1]}": [-0.212320, 0.169856, -0.127392, -0.0849280],
    "z^{[1]}": [-0.0525527, 0.0333957, -0.0261791, -0.0174527],
    "b^{[1]}": [-0.0525527, 0.0333957, -0.0261791, -0.0174527],
    "W^{[1]}": [[-0.0525527, -0.1051054], [0.0333957, 0.0667914], [-0.0261791, -0.0523582], [-0.0174527, -0.0349055]],
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    folder = tmp_path_factory.mktemp("foundations")
    build(root / "reports" / "foundations.md", folder, ("tex", "html", "md", "pdf"))
    return folder


@pytest.fixture(scope="module")
def problems(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = build(root / "reports" / "foundations.md", None, ("json",)).result["problems"]
    return found


@pytest.fixture(scope="module")
def tex(built: Path) -> str:
    return (built / "foundations.tex").read_text(encoding="utf-8")


def same(found: Any, wanted: Any) -> bool:
    """Return whether numbers agree to the six digits of the wanted ones."""
    return bool(np.allclose(np.squeeze(np.array(found, dtype=float)), wanted, rtol=5e-6))


# ------------------------------------------------------------------------------------------------- the report


def test_shapes_of_layers(problems: dict[str, Any]) -> None:
    assert problems["mlp"]["shapes"] == SHAPES
    assert problems["mlp"]["gradients"] == {} and problems["mlp"]["certificate"]["points"] == 0


@pytest.mark.parametrize("name", VALUES)
def test_values(problems: dict[str, Any], name: str) -> None:
    assert same(problems["numbers"]["values"][name], VALUES[name])


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(problems: dict[str, Any], name: str) -> None:
    assert same(problems["numbers"]["gradients"][name]["value"], GRADIENTS[name])


@pytest.mark.parametrize(
    "number",
    "0.450166 0.731059 0.710950 0.289050 0.303755 0.575360 0.552759 -0.424640 -0.191158 -0.310437 -0.301898 -0.122742 "
    "-0.212320 0.169856 -0.127392 -0.0849280 -0.0525527 0.0333957 -0.0261791 -0.0174527".split(),
)
def test_the_numbers_stand_on_the_page(tex: str, number: str) -> None:
    assert number in tex


def test_the_backward_pass_goes_by_the_names(tex: str) -> None:
    assert r"\delta^{[2]} &= \frac{\partial L}{\partial z^{[2]}} = " in tex.replace("&=", " &=").replace("  ", " ")
    for formula in (
        r"\hat{y} - y",
        r"\boxed{\delta^{[2]} (a^{[1]})^{\top}}",
        r"\boxed{\delta^{[2]}}",
        r"\delta^{[2]} (W^{[2]})^{\top}",
        r"\boxed{\delta^{[1]} X^{\top}}",
        r"\boxed{\delta^{[1]}}",
        r"\underset{\,6 \times 4\,}{W^{[1]}}",
    ):
        assert formula in re.sub(r"(\w)\^\{(\[\d\])\\top\}", r"(\1^{\2})^{\\top}", tex), formula


def test_numbers_of_the_problems(built: Path) -> None:
    text = (built / "foundations.md").read_text(encoding="utf-8")
    assert "# 5 Shapes" in text and "# Bonus 2 Backpropagation" in text


def test_the_names_are_in_the_result(problems: dict[str, Any]) -> None:
    wanted = {r"\delta^{[1]}": "z^{[1]}", r"\delta^{[2]}": "z^{[2]}"}
    assert problems["hidden"]["adjoint_names"] == problems["numbers"]["adjoint_names"] == wanted
    assert problems["hidden"]["gradients"]["W^{[2]}"]["plain"] is not None  # in the forward pass alone


# --------------------------------------------------------------------------------------------- names and layers


def network(tmp_path: Path, lines: str, body: str = "") -> MatrixNetwork:
    path = tmp_path / "r.md"
    text = "\n".join(f"    {line}" for line in lines.strip().splitlines())
    path.write_text(f"---\ntitle: T\nnetworks:\n  net:\n{text}\n---\n{body}\n", encoding="utf-8")
    (made,) = report.load(path).problems.values()
    assert isinstance(made, MatrixNetwork)
    return made


def page(tmp_path: Path, lines: str, body: str) -> str:
    network(tmp_path, lines, body)
    loaded = report.load(tmp_path / "r.md")
    return str(compose(loaded, find_look(loaded)).body).replace("\\\\", "\\")


LINES = """
forward: |
  z = W x
  h = \\tanh(z)
  L = f(h)
  {}
shapes: W \\in R^{{m x n}}, x \\in R^n
"""
NAMED = LINES.format(r"\delta = \frac{\partial L}{\partial z}")


def test_a_derivative_is_found_by_its_name(tmp_path: Path) -> None:
    body = r'{{ net.backward("\delta") }} {{ net.backward(from="\delta", to="W") }} {{ net.gradient("\delta") }}'
    text = page(tmp_path, NAMED, body)
    assert text.count(r"\delta") >= 3 and r"\delta x^{\top}" in text


def test_numerator_layout_goes_by_the_names_too(tmp_path: Path) -> None:
    text = page(tmp_path, NAMED, '{{ net.backward("W", "x", style="jacobian") }}')
    assert r"\delta W" in text and network(tmp_path, NAMED).certificate.max_error < 1e-9


def test_a_value_may_be_that_of_a_named_derivative(tmp_path: Path) -> None:
    more = "values: W = [[1, 2]], x = (3, -1), \\frac{\\partial L}{\\partial h} = 2"
    text = page(tmp_path, NAMED + more, r'{{ net.value("\delta") }} {{ net.value("z") }}')
    assert text.index("'0.8399'") < text.index("'1'")  # 2·(1 - tanh(1)²), and 3 - 2


@pytest.mark.parametrize(
    ("line", "title", "mark"),
    [
        (r"\delta = \frac{\partial L}{\partial q}", "which is no line before the loss", "q"),
        (r"\delta = \frac{\partial L}{\partial W}", "which is no line before the loss", "W"),
        (r"\delta = \frac{\partial L}{\partial L}", "which is no line before the loss", "L"),
        (r"\delta = \frac{\partial h}{\partial z}", "something else than the loss", "h"),
        (r"\delta = \frac{\partial L}{\partial \delta}", "go round in a circle", r"\delta"),
        (
            "\\alpha = \\frac{\\partial L}{\\partial \\delta}\n  \\delta = \\frac{\\partial L}{\\partial \\alpha}",
            "go round in a circle",
            r"\delta",
        ),
        (r"\delta = \frac{\partial L}{\partial z} = 2 z", "names a derivative", r"\delta"),
        (r"x = \frac{\partial L}{\partial z}", "the forward pass reads x", "x"),
        (r"z = \frac{\partial L}{\partial h}", "is a line and the name of a derivative", "z"),
        ("a = \\frac{\\partial L}{\\partial z}\n  c = \\frac{\\partial L}{\\partial z}", "has two names", "c"),
        ("a = \\frac{\\partial L}{\\partial z}\n  a = \\frac{\\partial L}{\\partial h}", "names two derivatives", "a"),
    ],
)
def test_bad_names(tmp_path: Path, line: str, title: str, mark: str) -> None:
    with pytest.raises(Fault) as caught:
        network(tmp_path, LINES.format(line))
    assert title in str(caught.value)
    assert caught.value.span is not None and caught.value.span.text.startswith(mark)
    if "no line" in title:
        assert "one of z, h" in str(caught.value.expected)


def test_sizes_of_layers(tmp_path: Path) -> None:
    made = network(tmp_path, "layers: n_0, m, 1\nforward: L = (a^{[2]} - y)^2\nshapes: y \\in R\ndata: y")
    assert [line.head for line in made.lines] == ["a^{[1]}", "a^{[2]}", "L"]
    assert [str(d) for d in made.names["W_1"].symbol.shape] == ["m", "n_0"]
    assert made.parameters == ("W_1", "b_1", "W_2", "b_2") and made.certificate.max_error < 1e-9


def test_a_batch_of_columns_for_layers_by_size(tmp_path: Path) -> None:
    made = network(tmp_path, "layers: 4, 3, 2\nshapes: a^{[0]} \\in R^{4 x N}\nforward: L = f(a^{[2]})")
    assert [str(d) for d in made.names["a_2"].symbol.shape] == ["2", "N"] and made.certificate.max_error < 1e-9


@pytest.mark.parametrize(
    ("layers", "title"),
    [
        ("4", "one size makes no layer"),
        ("4, 0", "a layer of 0 units"),
        ("4, dens(3)", "this is no layer|unknown layer"),
        ("5, 3\nshapes: a^{[0]} \\in R^4", "its size is 5"),
    ],
)
def test_bad_sizes(tmp_path: Path, layers: str, title: str) -> None:
    with pytest.raises(Fault, match=title) as caught:
        network(tmp_path, f"layers: {layers}")
    assert caught.value.span is not None


FORWARD_ONLY = "forward: |\n  z = W x + b\n  a = \\sigma(z)\nshapes: W \\in R^{3 x 2}, x \\in R^2\nwhere: \\sigma = any"


def test_a_forward_pass_alone(tmp_path: Path) -> None:
    text = page(tmp_path, FORWARD_ONLY, "{{ net.forward(shapes=true) }} {{ net.conventions }} {{ net.graph }}")
    assert r"\underset{\,3 \times 2\,}{W}" in text and "'acts'" in text and "'loss'" not in text


@pytest.mark.parametrize("block", ["backward", "gradients", 'gradient("W")', "update", "certificate"])
def test_nothing_is_derived_without_a_scalar(tmp_path: Path, block: str) -> None:
    with pytest.raises(Fault, match="forward pass only") as caught:
        page(tmp_path, FORWARD_ONLY, f"{{{{ net.{block} }}}}")
    assert caught.value.span is not None and "a loss" in str(caught.value.expected)


def test_numbers_of_a_forward_pass_alone(tmp_path: Path) -> None:
    lines = "forward: z = W x\nshapes: W \\in R^{2 x 2}\nvalues: W = [[1, 2], [3, 4]], x = (1, -1)"
    network(tmp_path, lines, "{{ net.forward(numbers=true) }}")
    found = build(tmp_path / "r.md", tmp_path, ("tex", "json")).result["problems"]["net"]
    assert found["values"]["z"] == [[-1], [-1]] and found["updated"] == {}


def test_the_loss_is_the_last_scalar_that_nothing_reads(tmp_path: Path) -> None:
    made = network(
        tmp_path, "forward: |\n  y = W x\n  L = \\lVert y \\rVert^2\n  z = 2 y\nshapes: W \\in R^{m x n}, x \\in R^n"
    )
    assert made.loss == "L" and made.certificate.max_error < 1e-9


# --------------------------------------------------------------------------------------- networks of numbers

NUMBERS = r"""
forward: |
  z = w x + b
  h = \sigma(z)
  L = \frac12 (h - t)^2
  {}
data: x, t
values: x = 2, t = 1, w = 0.5, b = -0.25
"""
DELTA = r"\delta = \frac{\partial L}{\partial z}"


def chains(tmp_path: Path, lines: str, body: str) -> list[str]:
    path = tmp_path / "r.md"
    text = "\n".join(f"    {line}" for line in lines.strip().splitlines())
    path.write_text(f"---\ntitle: T\nnetworks:\n  net:\n{text}\n---\n{body}\n", encoding="utf-8")
    loaded = report.load(path)
    assert loaded.sections["net"] == "networks"
    found = [b for b in compose(loaded, find_look(loaded)).body if isinstance(b, Aligned)]
    return [" = ".join((c.left, *(link.latex for link in c.links))) for b in found for c in b.chains]


def test_names_in_a_network_of_numbers(tmp_path: Path) -> None:
    found = chains(tmp_path, NUMBERS.format(DELTA), "{{ net.forward }}\n\n{{ net.backward }}")
    assert len(found) == 7  # the name is no line of the forward pass
    assert found[4] == (
        r"\delta = \frac{\partial L}{\partial z} = \frac{\partial L}{\partial h} \, \frac{\partial h}{\partial z} "
        r"= (h - t) h (1 - h)"
    )
    assert found[5] == r"\frac{\partial L}{\partial w} = \delta \, \frac{\partial z}{\partial w} = \delta \, x"
    assert found[6].endswith(r"= \delta")


def test_numbers_with_names(tmp_path: Path) -> None:
    found = chains(tmp_path, NUMBERS.format(DELTA), '{{ net.backward(from="\\delta", numbers=true) }}')
    assert found[0].startswith(r"\delta = \frac{\partial L}{\partial z} = ") and found[0].endswith("-0.06991")
    assert found[1].endswith(r"\delta \, x = -0.06991 \cdot 2 = -0.1398")
    result = build(tmp_path / "r.md", None, ("json",)).result["problems"]["net"]
    assert result["adjoint_names"] == {r"\delta": "z"} and "delta" not in result["gradients"]["w"]["plain"]
    assert result["certificate"]["max_error"] < 1e-30


def test_without_names_nothing_changes(tmp_path: Path) -> None:
    found = chains(tmp_path, NUMBERS.format(""), "{{ net.backward }}")
    assert found[-1].endswith("= (h - t) h (1 - h)") and "delta" not in "".join(found)


@pytest.mark.parametrize(
    ("line", "title", "mark"),
    [
        (r"\delta = \frac{\partial L}{\partial q}", "which is no line before the loss", "q"),
        (r"\delta = \frac{\partial L}{\partial w}", "which is no line before the loss", "w"),
        (r"\delta = \frac{\partial h}{\partial z}", "something else than the loss", "h"),
        (r"\delta = \frac{\partial L}{\partial \delta}", "go round in a circle", r"\delta"),
        (r"x = \frac{\partial L}{\partial z}", "the forward pass reads x", "x"),
    ],
)
def test_bad_names_among_numbers(tmp_path: Path, line: str, title: str, mark: str) -> None:
    with pytest.raises(Fault, match=title) as caught:
        chains(tmp_path, NUMBERS.format(line), "")
    assert caught.value.span is not None and caught.value.span.text.startswith(mark)
