"""The reverse sweep with all its recorded steps: growth with depth, and speed against a flat expression.

The network is a chain of L sigmoids, z_i = w_i h_{i-1}, h_i = σ(z_i).
"""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable
from typing import Any

from derive.differentiate import differentiate
from derive.expr import Expr, Ref, call
from derive.graph import Graph, Node, Role

DEPTHS = (10, 100, 1000)
FLAT = 20


def chain(depth: int) -> Graph:
    leaves = ["h0", *(f"w{i}" for i in range(1, depth + 1))]
    lines: dict[str, Expr] = {}
    for i in range(1, depth + 1):
        lines[f"z{i}"] = Ref(f"w{i}") * Ref(f"h{i - 1}")
        lines[f"h{i}"] = call("sigmoid", Ref(f"z{i}"))
    nodes = {n: Node(n, n, n, Role.PARAMETER) for n in leaves}
    nodes |= {n: Node(n, n, n, Role.LINE, e) for n, e in lines.items()}
    return Graph(nodes, f"h{depth}")


def flat(depth: int) -> tuple[Any, list[Any]]:
    """Return the chain as one SymPy expression, and its weights."""
    import sympy

    weights = list(sympy.symbols(f"w1:{depth + 1}"))
    e = sympy.Symbol("h0")
    for w in weights:
        e = 1 / (1 + sympy.exp(-w * e))
    return e, weights


def timed(f: Callable[[], Any]) -> float:
    gc.collect()
    start = time.perf_counter()
    f()
    return time.perf_counter() - start


def flat_diff(depth: int) -> float:
    """Return the seconds that sympy.diff takes for all weights; the expression is built before, caches are empty."""
    import sympy
    from sympy.core.cache import clear_cache

    e, weights = flat(depth)
    clear_cache()
    return timed(lambda: [sympy.diff(e, w) for w in weights])


def measure(repeats: int = 9, flat_repeats: int = 3) -> dict[str, float]:
    """Return the growth exponent from 100 to 1000 layers, the one from 10 to 100, and the ratio to sympy.diff."""
    graphs = {depth: chain(depth) for depth in (*DEPTHS, FLAT)}
    differentiate(graphs[10])  # what is imported on the way is not measured
    times: dict[int, list[float]] = {depth: [] for depth in graphs}
    for _ in range(repeats):
        for depth, graph in graphs.items():
            calls = max(1, 1000 // depth)
            times[depth].append(timed(lambda g=graph, n=calls: [differentiate(g) for _ in range(n)]) / calls)
    typical = {depth: statistics.median(t) for depth, t in times.items()}
    growth = {(a, b): math.log(typical[b] / typical[a]) / math.log(b / a) for a, b in ((10, 100), (100, 1000))}
    slow = statistics.median(flat_diff(FLAT) for _ in range(flat_repeats))
    return {
        "milliseconds for 1000 layers": 1000 * typical[1000],
        "growth exponent 10 to 100": growth[10, 100],
        "growth exponent 100 to 1000": growth[100, 1000],
        "times faster than sympy.diff": slow / typical[FLAT],
    }


if __name__ == "__main__":
    print("reverse sweep with recorded steps, chain of sigmoids")
    for name, value in measure().items():
        print(f"  {name:30} {value:10.3g}")
