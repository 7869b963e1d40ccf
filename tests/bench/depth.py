"""How the derivation of a multilayer perceptron grows with its depth, and that of its certificate.

python tests/bench/depth.py [DEPTH …]: seconds for reading the layers and deriving all gradients, and for comparing
them with numeric derivatives; below the table the exponents of growth, by least squares over the larger depths.
"""

from __future__ import annotations

import gc
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterable

from derive.notation import STANDARD
from derive.notebook.arguments import entry
from derive.problems.matrix.load import load
from derive.problems.matrix.network import MatrixNetwork

DEPTHS = (2, 5, 10, 20, 50, 100, 200)
LARGE = 20  # from here on growth is measured: below, what every network costs is a part of the time


def perceptron(depth: int) -> MatrixNetwork:
    layers = ", ".join([*["dense(m, tanh)"] * (depth - 1), "dense(k)", "mse"])
    return load("deep", entry({"layers": layers, "shapes": r"X \in R^{N x d}"}), {}, STANDARD)


def timed(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(depths: Iterable[int] = DEPTHS, repeats: int = 3, certified: bool = True) -> dict[int, tuple[float, float]]:
    """Return depth → seconds of reading and deriving, seconds of the certificate; medians of interleaved runs."""
    depths = list(depths)
    _ = perceptron(2).certificate  # what is imported on the way is not measured
    times: dict[int, list[tuple[float, float]]] = {depth: [] for depth in depths}
    for _ in range(repeats):
        for depth in depths:
            made: list[MatrixNetwork] = []
            derived = timed(lambda made=made, depth=depth: (made.append(perceptron(depth)), made[0].adjoints))  # type: ignore[misc]
            checked = timed(lambda made=made: made[0].certificate) if certified else 0.0  # type: ignore[misc]
            times[depth].append((derived, checked))
    return {depth: tuple(map(statistics.median, zip(*t, strict=True))) for depth, t in times.items()}  # type: ignore[misc]


def exponent(seconds: dict[int, float]) -> float:
    """Return the slope of the logarithm of time over that of depth, by least squares."""
    x, y = [math.log(d) for d in seconds], [math.log(t) for t in seconds.values()]
    return statistics.linear_regression(x, y).slope


def main(depths: Iterable[int]) -> None:
    """Print the table."""
    found = measure(depths)
    print("multilayer perceptrons, seconds")
    print(f"{'layers':>8}{'derivation':>12}{'certificate':>13}")
    for depth, (derived, checked) in found.items():
        print(f"{depth:>8}{derived:>12.3f}{checked:>13.3f}")
    large = {depth: t for depth, t in found.items() if depth >= LARGE}
    if len(large) > 1:
        grows = (exponent({d: t[k] for d, t in large.items()}) for k in (0, 1))
        print("growth  " + "".join(f"{g:>{w}.2f}" for g, w in zip(grows, (12, 13), strict=True)))


if __name__ == "__main__":
    main(map(int, sys.argv[1:]) if sys.argv[1:] else DEPTHS)
