"""Lines about entries, y_i = …, and derivatives entry by entry: numbers, an autodiff library, bad input."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from derive import report
from derive.build import build, compose, find_look
from derive.document import Aligned
from derive.errors import Fault
from derive.matrices.dims import of
from derive.matrices.entry_terms import NoEntries, big_sum, entry
from derive.matrices.sums import sym
from derive.problems.matrix.certify import certify_entries
from derive.problems.matrix.network import MatrixNetwork

BATCH_NORM = r"""
forward: |
  \mu = \frac1N \sum_{i=1}^N x_i
  \sigma^2 = \frac1N \sum_{i=1}^N (x_i - \mu)^2
  \hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}
  y_i = \gamma \hat{x}_i + \beta
  L = f(y)
wrt: \gamma, \beta, x_i
"""
VALUES = r"""
values: |
  x = (1, 2, 4), \gamma = 1.5, \beta = 0.5, \epsilon = 0
  \frac{\partial L}{\partial y} = (0.1, -0.2, 0.3)
"""


def written(tmp_path: Path, lines: str, body: str = "") -> Path:
    path = tmp_path / "r.md"
    text = "\n".join(f"    {line}" for line in lines.strip().splitlines())
    path.write_text(f"---\ntitle: T\nnetworks:\n  net:\n{text}\n---\n{body}\n", encoding="utf-8")
    return path


def network(tmp_path: Path, lines: str) -> MatrixNetwork:
    (made,) = report.load(written(tmp_path, lines)).problems.values()
    assert isinstance(made, MatrixNetwork)
    return made


def rows(tmp_path: Path, lines: str, body: str) -> list[str]:
    """Return the lines of the formulas of a page."""
    loaded = report.load(written(tmp_path, lines, body))
    found = [b for b in compose(loaded, find_look(loaded)).body if isinstance(b, Aligned)]
    return [" = ".join((c.left, *(link.latex for link in c.links))) for b in found for c in b.chains]


# ---------------------------------------------------------------------------------------------------- batch norm


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("entries")
    body = '{{ net.backward(style="index", numbers=true) }}'
    made = build(written(folder, BATCH_NORM + VALUES, body), folder, ("pdf", "tex", "html", "md", "json"))
    found: dict[str, Any] = made.result["problems"]["net"]
    return found


@pytest.mark.parametrize(
    ("key", "name", "wanted"),
    [
        ("values", r"\mu", 2.3333333333333335),
        ("values", r"\sigma^2", 1.5555555555555554),
        ("values", r"\hat{x}", [-1.069044968, -0.267261242, 1.33630621]),
        ("values", "y", [-1.103567451, 0.099108137, 2.504459314]),
        ("gradients", r"\gamma", 0.3474396144861517),
        ("gradients", r"\beta", 0.2),
        ("gradients", "x", [0.188991878, -0.283487817, 0.094495939]),
    ],
)
def test_numbers_of_batch_norm(result: dict[str, Any], key: str, name: str, wanted: Any) -> None:
    found = result[key][name]
    found = found["value"] if key == "gradients" else found
    assert np.allclose(np.squeeze(found), wanted, rtol=0, atol=6e-10)


def test_derivatives_of_batch_norm(tmp_path: Path) -> None:
    found = rows(tmp_path, BATCH_NORM, '{{ net.backward(style="index") }}')
    gamma = r"\sum_{i=1}^{N} \frac{\partial L}{\partial y_i} \hat{x}_i"
    assert found[0].endswith(f"= {gamma}") and found[0].startswith(r"\frac{\partial L}{\partial \gamma} = ")
    assert found[1].endswith(r"= \sum_{i=1}^{N} \frac{\partial L}{\partial y_i}")
    classic = (
        r"\frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} \left(\frac{\partial L}{\partial y_i} - \frac{1}{N} "
        r"\left(\sum_{j=1}^{N} \frac{\partial L}{\partial y_j} + "
        r"\hat{x}_i \sum_{j=1}^{N} \frac{\partial L}{\partial y_j} \hat{x}_j\right)\right)"
    )
    assert found[-1].startswith(r"\frac{\partial L}{\partial x_i} = ") and found[-1].endswith(f"= {classic}")


def test_the_page_with_numbers(tmp_path: Path) -> None:
    body = '{{ net.forward(numbers=true) }}\n\n{{ net.backward("\\gamma", "x_i", numbers=true) }}'
    found = rows(tmp_path, BATCH_NORM + VALUES, body)
    assert found[0] == r"\mu = \frac1N \sum_{i=1}^N x_i = \frac{1 + 2 + 4}{3} = 2.333"
    assert found[2] == r"\hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}"
    assert found[3] == r"\hat{x} = \begin{pmatrix} -1.069 \\ -0.2673 \\ 1.336 \end{pmatrix}"
    assert found[-3].endswith(r"= 0.1 (-1.069) + (-0.2) (-0.2673) + 0.3 \cdot 1.336 = 0.3474")
    assert found[-1] == r"\frac{\partial L}{\partial x} = \begin{pmatrix} 0.1890 \\ -0.2835 \\ 0.09450 \end{pmatrix}"


def test_what_is_put_in_has_the_value(tmp_path: Path) -> None:
    found = rows(tmp_path, BATCH_NORM + VALUES, "{{ net.backward(numbers=true) }}")
    checked = 0
    for row in found:
        *_, formula, value = row.split(" = ")
        if re.fullmatch(r"-?[\d.]+", value) and not re.search(r"sum|partial", formula):
            text = formula.replace(r"\cdot", "*").replace(r"\sqrt", "sqrt").replace("^{3/2}", "**1.5")
            text = re.sub(r"\\frac\{([^{}]*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", r"(\1)/(\2)", text)
            text = re.sub(r"(?<=[\d)]) (?=\()|(?<=\d)(?=\()", "*", text.replace("{", "(").replace("}", ")"))
            assert eval(text, {"sqrt": np.sqrt}) == pytest.approx(float(value), rel=2e-3), row
            checked += 1
    assert checked == 4


def test_the_names_of_entries_are_names(tmp_path: Path) -> None:
    made = network(tmp_path, BATCH_NORM)
    assert made.find("x_i") == made.find("x_j") == "x" and made.find(r"\hat{x}_i") == "hat_x"
    assert made.wrt == ("gamma", "beta", "x") and made.dims == {"N"}
    assert [str(d) for d in made.names["hat_x"].symbol.shape] == ["N", "1"]


# --------------------------------------------------------------------------------------------- an autodiff library

CASES: dict[str, tuple[str, Callable[[dict[str, Any]], Any]]] = {
    "softmax": (
        r"""
forward: |
  s = \sum_{j=1}^n e^{z_j}
  p_i = \frac{e^{z_i}}{s}
  L = -\sum_{i=1}^n t_i \log p_i
values: z = (0.2, -0.5, 1), t = (0, 1, 0)
""",
        lambda v: -anp.sum(v["t"] * anp.log(anp.exp(v["z"]) / anp.sum(anp.exp(v["z"])))),
    ),
    "two indices": (
        r"""
forward: |
  z_{ij} = \sum_{k=1}^m x_{ik} w_{kj} + b_j
  h_{ij} = \tanh(z_{ij})
  L = \sum_{i=1}^n \sum_{j=1}^p h_{ij}^2
values: x = [[1, 2], [0.5, -1], [0, 1]], w = [[0.3, -0.2], [0.1, 0.4]], b = (0.1, -0.1)
""",
        lambda v: anp.sum(anp.tanh(v["x"] @ v["w"] + v["b"].T) ** 2),
    ),
    "samples of a matrix": (
        r"""
forward: |
  z_i = w^\top x_i + b
  L = \frac{1}{N} \sum_{i=1}^N (z_i - y_i)^2
shapes: X \in R^{N x d}, w \in R^d, y \in R^N, b \in R
values: X = [[1, 2], [0.5, -1], [0, 1]], w = (0.3, -0.2), b = 0.5, y = (1, 0, 2)
""",
        lambda v: anp.sum((v["X"] @ v["w"] + v["b"] - v["y"]) ** 2) / 3,
    ),
    "an index of a declared vector": (
        r"""
forward: |
  h_i = \tanh(a x_i)
  L = \lVert h \rVert^2
shapes: x \in R^n
values: x = (1, -2, 0.5), a = 0.3
""",
        lambda v: anp.sum(anp.tanh(v["a"] * v["x"]) ** 2),
    ),
    "superscripts": (
        r"""
forward: |
  a^{[1]}_i = \sigma(w_i x_i)
  L = \sum_{i=1}^n a^{[1]}_i
values: w = (0.3, 0.2), x = (1, 2)
""",
        lambda v: anp.sum(1 / (1 + anp.exp(-v["w"] * v["x"]))),
    ),
}


def array(x: Any) -> Any:
    return np.array([[float(c) for c in row] for row in x.rows]) if hasattr(x, "rows") else np.array([[float(x)]])


@pytest.mark.parametrize("name", CASES)
def test_gradients_equal_those_of_a_library(tmp_path: Path, name: str) -> None:
    lines, loss = CASES[name]
    made = network(tmp_path, lines)
    leaves = {n: array(x) for n, x in made.before.values.items() if n in made.given}
    assert made.certificate.points == 4
    for wrt in leaves:
        found = grad(lambda x, wrt=wrt: loss({**leaves, wrt: x}))(leaves[wrt])
        assert np.allclose(found, array(made.before.adjoints[wrt]), rtol=1e-9, atol=1e-12), wrt


# -------------------------------------------------------------------------------- entry by entry in any network

DENSE = r"""
forward: |
  Z = X W + b
  H = \tanh(Z)
  L = \frac{1}{2 N} \lVert H - Y \rVert_F^2
shapes: X \in R^{N x d}, W \in R^{d x K}, b \in R^{1 x K}, Y \in R^{N x K}
"""


def test_a_dense_layer_entry_by_entry(tmp_path: Path) -> None:
    found = rows(tmp_path, DENSE, '{{ net.backward("H", "b", style="index") }}')
    assert found[0] == r"\frac{\partial L}{\partial h_{ij}} = \frac{h_{ij} - y_{ij}}{N}"
    assert r"= \sum_{j=1}^{N} \frac{\partial L}{\partial z_{ji}}" in found[1]
    assert r"\sum_{j=1}^{N} \sum_{k=1}^{K} \frac{\partial L}{\partial z_{jk}} \frac{\partial z_{jk}}" in found[1]


def test_named_derivatives_have_entries(tmp_path: Path) -> None:
    lines = r"""
forward: |
  z_i = w x_i
  L = \sum_{i=1}^n z_i^3
  \delta_i = \frac{\partial L}{\partial z_i}
values: x = (1, 2), w = 0.5
"""
    found = rows(tmp_path, lines, '{{ net.backward("\\delta_i", "w") }}')
    assert found[0] == r"\delta_i = \frac{\partial L}{\partial z_i} = 3 z_i^{2}"
    assert found[1].endswith(r"\sum_{i=1}^{n} \delta_i x_i")


def test_what_has_no_entries_is_said(tmp_path: Path) -> None:
    lines = "forward: |\n  Y = A^{-1} B\n  L = f(Y)\nshapes: A \\in R^{n x n}, B \\in R^{n x m}"
    with pytest.raises(Fault, match="not written entry by entry") as caught:
        rows(tmp_path, lines, '{{ net.backward("A", style="index") }}')
    assert caught.value.span is not None and 'style="matrix"' in str(caught.value.expected)


@pytest.mark.parametrize(
    "text",
    [
        r"\sum_{i=1}^{N} \frac{\partial L}{\partial y_i}",
        r"\sum_{i=1}^{N} \frac{\partial L}{\partial y_i} \frac{\partial y_i}{\partial \beta}",
        r"2 \sum_{i=1}^{N} \frac{\partial L}{\partial y_i} \hat{x}_i",
    ],
)
def test_a_wrong_formula_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Fault, match="could not be certified"):
        certify_entries(network(tmp_path, BATCH_NORM), "gamma", [text], ("", ""))


def test_a_right_formula_passes(tmp_path: Path) -> None:
    text = r"\sum_{k=1}^{N} \frac{\partial L}{\partial y_k} \frac{y_k - \beta}{\gamma}"
    certify_entries(network(tmp_path, BATCH_NORM), "gamma", [text], ("", ""))


def test_a_wrong_rule_is_never_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from derive.matrices import entry_terms

    right = entry_terms.big_sum
    monkeypatch.setattr(entry_terms, "big_sum", lambda i, n, t: entry_terms.a.times(2, right(i, n, t)))
    with pytest.raises(Fault, match="could not be certified"):
        _ = network(tmp_path, BATCH_NORM).certificate


def test_entries_of_terms() -> None:
    n, x, y = of("n"), sym("x", (of("n"), of(1))), sym("a[i]")
    assert big_sum("i", n, y).op == "bigsum" and big_sum("j", n, y).op == "mul"  # n·a_i
    assert entry(x, ("k", "")) is sym("x[k]")
    from derive.matrices.functions import softmax

    with pytest.raises(NoEntries):
        entry(softmax(x), ("i", ""))


# --------------------------------------------------------------------------------------------------- bad input

SUM = r"\sum_{i=1}^N x_i"
BAD = {
    "an index on the right": (rf"\mu = {SUM}", r"y_i = x_j - \mu", "the index j stands on the right only", "x_j"),
    "no index on the left": (
        rf"\mu = {SUM}",
        r"y = x_i - \mu\n  z_i = x_i",
        "the index i stands on the right only",
        "x_i",
    ),
    "none on the right": (rf"\mu = {SUM}", r"y_i = \mu", "the index i does not stand on the right", r"\mu"),
    "twice": (rf"\mu = {SUM}", "y_{ii} = x_i", "the index i stands twice on the left", "y_{ii}"),
    "a summed index": (rf"\mu = {SUM}", rf"y_i = x_i + {SUM}", "the index i is used twice", r"\sum"),
    "how far": (r"s = \sum_{i} u_i", r"y_i = u_i + v_i", "how far does i go?", "u_i"),
    "two ranges": (rf"\mu = {SUM} + \sum_{{i=1}}^M y_i", r"z_i = x_i + y_i", "", ""),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(tmp_path: Path, name: str) -> None:
    first, second, title, mark = BAD[name]
    second = second.replace("\\n", "\n")
    with pytest.raises(Fault) as caught:
        _ = network(tmp_path, f"forward: |\n  {first}\n  {second}\n  L = f(y)").certificate
    assert title in str(caught.value)
    assert caught.value.span is not None and caught.value.span.text.startswith(mark)
    assert caught.value.expected or name in ("twice", "a summed index", "two ranges")


def test_labels_are_no_indices(tmp_path: Path) -> None:
    made = network(tmp_path, "forward: |\n  z_s = W x_s\n  L = f(z_s)\nshapes: W \\in R^{m x n}, x_s \\in R^n")
    assert made.indices.free == {} and [line.name for line in made.lines] == ["z_s", "L"]
    path = written(tmp_path, "forward: |\n  z_s = w_s x\n  L = \\frac12 (z_s - y)^2")
    assert report.load(path).sections["net"] == "networks"
