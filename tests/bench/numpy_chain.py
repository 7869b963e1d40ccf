"""Compiled gradients of a ten-layer sigmoid chain against hand-written NumPy of the same formulas.

z_i = w_i h_{i-1}, h_i = σ(z_i), L = (h_10 − y)²/2, all gradients by the weights, on batches.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from derive.differentiate import differentiate
from derive.evaluate import gradients
from derive.expr import Expr, Ref, call
from derive.graph import Graph, Node, Role

DEPTH = 10
BATCHES = (1, 10**3, 10**5)


def chain(depth: int) -> Graph:
    leaves = ["h0", "y", *(f"w{i}" for i in range(1, depth + 1))]
    lines: dict[str, Expr] = {}
    for i in range(1, depth + 1):
        lines[f"z{i}"] = Ref(f"w{i}") * Ref(f"h{i - 1}")
        lines[f"h{i}"] = call("sigmoid", Ref(f"z{i}"))
    lines["L"] = (Ref(f"h{depth}") - Ref("y")) ** 2 / 2
    nodes = {n: Node(n, n, n, Role.PARAMETER) for n in leaves}
    nodes |= {n: Node(n, n, n, Role.LINE, e) for n, e in lines.items()}
    return Graph(nodes, "L")


def by_hand(arrays: dict[str, Any]) -> dict[str, Any]:
    """Return the same gradients as a person writes them in NumPy."""
    h = [arrays["h0"]]
    for i in range(1, DEPTH + 1):
        z = arrays[f"w{i}"] * h[-1]
        h.append(1 / (1 + np.exp(-z)))
    found = {}
    dh = h[DEPTH] - arrays["y"]
    for i in range(DEPTH, 0, -1):
        dz = dh * h[i] * (1 - h[i])
        found[f"w{i}"] = dz * h[i - 1]
        dh = dz * arrays[f"w{i}"]
    return found


def ratio(ours: Callable[[], Any], theirs: Callable[[], Any], repeats: int, calls: int) -> float:
    """Return the median of ratios of neighbouring timings, in alternating order."""

    def timed(f: Callable[[], Any]) -> float:
        start = time.perf_counter()
        for _ in range(calls):
            f()
        return time.perf_counter() - start

    ratios = []
    for k in range(repeats):
        if k % 2:
            b, a = timed(theirs), timed(ours)
        else:
            a, b = timed(ours), timed(theirs)
        ratios.append(a / b)
    return statistics.median(ratios)


def measure(batches: tuple[int, ...] = BATCHES, repeats: int = 31) -> dict[str, float]:
    """Return "batch N" → time of the compiled gradients over that of the hand-written ones."""
    compiled = gradients(differentiate(chain(DEPTH)), [f"w{i}" for i in range(1, DEPTH + 1)])
    rng = np.random.default_rng(1)
    names = ["h0", "y", *(f"w{i}" for i in range(1, DEPTH + 1))]
    result = {}
    for batch in batches:
        arrays = {n: rng.normal(size=batch) for n in names}
        ours, theirs = compiled(**arrays), by_hand(arrays)
        for name, array in theirs.items():
            assert np.allclose(ours[name], array, rtol=1e-12, atol=0), name
        calls = max(1, 20_000 // (batch + 200))
        result[f"batch {batch}"] = ratio(lambda a=arrays: compiled(**a), lambda a=arrays: by_hand(a), repeats, calls)
    return result


if __name__ == "__main__":
    print("compiled gradients / hand-written NumPy, ten layers")
    for name, value in measure().items():
        print(f"  {name:14} {value:6.2f}")
