"""The measurements of the README hold, in a reduced form: ratios of one run, the best of three where it is noisy."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bench import depth, mlp, numpy_chain, parsing, sweep

SCRIPTS = sorted((Path(__file__).parent / "bench").glob("*.py"))


def holds(measure: Callable[[], dict[str, float]], check: Callable[[dict[str, float]], bool]) -> None:
    tried = []
    for _ in range(3):
        tried.append(measure())
        if check(tried[-1]):
            return
    pytest.fail(f"in none of three runs: {tried}")


def test_the_sweep_is_linear_and_beats_the_flat_expression() -> None:
    holds(
        lambda: sweep.measure(repeats=3, flat_repeats=1),
        lambda m: m["growth exponent 100 to 1000"] <= 1.15 and m["times faster than sympy.diff"] >= 100,
    )


def test_compiled_gradients_are_as_fast_as_those_written_by_hand() -> None:
    holds(lambda: numpy_chain.measure(repeats=9), lambda m: max(m.values()) <= 1.2)


def test_a_perceptron_of_matrices_grows_with_its_depth_alone() -> None:
    def growth() -> dict[str, float]:  # small depths, where what each point costs once is still seen
        found = depth.measure((8, 16, 32), repeats=1)
        return {
            what: depth.exponent({d: t[k] for d, t in found.items()}) for k, what in enumerate(("derived", "checked"))
        }

    holds(growth, lambda m: max(m.values()) <= 1.3)


def test_gradients_of_a_perceptron_are_as_fast_as_those_written_by_hand() -> None:
    holds(
        lambda: mlp.measure(repeats=60),
        lambda m: m["difference"] <= 1e-9 and m["derive / NumPy by hand"] <= 1.2,
    )


def test_reading_is_fast() -> None:
    holds(
        lambda: parsing.measure(repeats=7),
        lambda m: m["row of ten terms, ms"] <= 1 and m["slowest formula, ms"] <= 20,
    )


def test_the_scripts_print_a_table() -> None:
    """The quickest one is run as the README says."""
    assert {s.name for s in SCRIPTS} >= {
        "building.py",
        "depth.py",
        "mlp.py",
        "numpy_chain.py",
        "parsing.py",
        "sweep.py",
    }
    script = Path(__file__).parent / "bench" / "parsing.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == "reading" and len(done.stdout.splitlines()) == 3
