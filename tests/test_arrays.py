"""NumPy functions of matrix networks: the exact numbers, an autodiff library, extreme arguments, bad input."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_layers import CASES, array, drawn
from test_layers import network as layered

from derive.check.quantities import grid
from derive.matrices.arrays.compile import Tape
from derive.matrices.grad import answer
from derive.matrices.numbers import Sizes, evaluated
from derive.matrices.points import matrix, sizes
from derive.matrices.question import ask
from derive.matrices.term import Term, ordered
from derive.numeric import precisely
from derive.problems.matrix.arrays import gradients, values
from derive.problems.matrix.numbers import numbers


@pytest.mark.parametrize("letters", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_layers_have_their_exact_numbers(tmp_path: Path, name: str, letters: bool) -> None:
    layers, shapes, _ = CASES[name]
    fixed = layered(tmp_path, layers, shapes)
    made = layered(tmp_path, layers, shapes.replace("4 x 3", "N x d")) if letters else fixed
    rng = np.random.default_rng(1)
    leaves = {n: drawn(fixed, n, rng) for n, x in fixed.names.items() if x.role.name != "LINE"}
    with precisely():
        given = {n: grid([[Fraction(float(c)) for c in row] for row in x]) for n, x in leaves.items()}
        exact = numbers(fixed, given)
    leaves = {n: x.item() if x.size == 1 else x for n, x in leaves.items()}
    found = gradients(made, made.names)(leaves)
    lines = values(made, made.names)(leaves)
    for n in made.names:
        assert np.allclose(np.atleast_2d(found[n]), array(exact.adjoints[n]), rtol=1e-9, atol=1e-13), n
        assert np.allclose(np.atleast_2d(lines[n]), array(exact.values[n]), rtol=1e-9, atol=1e-13), n


KNOWN = json.loads((Path(__file__).parent / "data" / "gradients.json").read_text(encoding="utf-8"))["cases"]


def compared(terms: list[Term], seed: str) -> None:
    """Compare terms compiled with the values of the same terms by another way."""
    order = ordered(*terms)
    at = sizes({d for t in order for d in t.shape}, 4)
    leaves = {t: matrix(t, at, seed) for t in order if t.op == "sym"}
    expected = evaluated(order, {t: x + 0j for t, x in leaves.items()}, Sizes(at, smooth=False))
    wanted = [t for t in order if np.isfinite(expected[id(t)]).all() and abs(expected[id(t)].imag).max() < 1e-13]
    arrays = [x.item() if t.scalar else x for t, x in leaves.items()]
    for t, x in zip(wanted, Tape({}, at).compiled(list(leaves), wanted)(*arrays), strict=True):
        assert np.allclose(np.atleast_2d(x), expected[id(t)].real, rtol=1e-7, atol=1e-10), t


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case["id"])
def test_known_formulas_and_their_derivatives(case: dict[str, Any]) -> None:
    from bench.gradients import arguments

    found = answer(ask(**arguments(case)))
    compared([found.question.formula, found.result, *(body for _, body in found.definitions)], case["id"])
