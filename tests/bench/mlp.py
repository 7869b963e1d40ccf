"""Gradients of a 784-256-10 perceptron, batch 128, against hand-written NumPy and an autodiff library, in one run.

ReLU, softmax, cross-entropy; all gradients by the parameters. python tests/bench/mlp.py prints the seconds of one call
and its multiples of the time of the hand-written one, from runs of all three in turn.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from itertools import cycle, islice, permutations
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import grad

import derive

BATCH, INPUT, HIDDEN, CLASSES = 128, 784, 256, 10
NAMES = ("W_1", "b_1", "W_2", "b_2")
Arrays = dict[str, Any]


def data() -> Arrays:
    rng = np.random.default_rng(1)
    return {
        "X": rng.normal(size=(BATCH, INPUT)),
        "Y": np.eye(CLASSES)[rng.integers(0, CLASSES, BATCH)],
        "W_1": rng.normal(size=(INPUT, HIDDEN)) / INPUT**0.5,
        "b_1": rng.normal(size=(1, HIDDEN)),
        "W_2": rng.normal(size=(HIDDEN, CLASSES)) / HIDDEN**0.5,
        "b_2": rng.normal(size=(1, CLASSES)),
    }


def compiled() -> Callable[[Arrays], Arrays]:
    layers = f"dense({HIDDEN}, relu), dense({CLASSES}), softmax_cross_entropy"
    net = derive.network(layers=layers, shapes=rf"X \in R^{{{BATCH} x {INPUT}}}")
    function = derive.evaluate(derive.differentiate(net))
    return lambda arrays: function(**arrays)


def by_hand(v: Arrays) -> Arrays:
    """Return the gradients as a person writes them in NumPy."""
    z_1 = v["X"] @ v["W_1"] + v["b_1"]
    a_1 = np.maximum(z_1, 0)
    z_2 = a_1 @ v["W_2"] + v["b_2"]
    e = np.exp(z_2 - z_2.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    dz_2 = (p - v["Y"]) / len(p)
    dz_1 = (dz_2 @ v["W_2"].T) * (z_1 > 0)
    return {
        "W_1": v["X"].T @ dz_1,
        "b_1": dz_1.sum(axis=0, keepdims=True),
        "W_2": a_1.T @ dz_2,
        "b_2": dz_2.sum(axis=0, keepdims=True),
    }


def by_library(v: Arrays) -> Arrays:
    def loss(parameters: tuple[Any, ...]) -> Any:
        w_1, b_1, w_2, b_2 = parameters
        z = anp.maximum(v["X"] @ w_1 + b_1, 0) @ w_2 + b_2
        z = z - anp.max(z, axis=1, keepdims=True)
        return -anp.sum(v["Y"] * (z - anp.log(anp.sum(anp.exp(z), axis=1, keepdims=True)))) / len(v["X"])

    return dict(zip(NAMES, grad(loss)(tuple(v[name] for name in NAMES)), strict=True))


def differences(v: Arrays, ours: Arrays) -> float:
    """Return the largest difference from the others beside the largest entry of a gradient."""
    others = (by_hand(v), by_library(v))
    return max(float(np.abs(ours[n] - x[n]).max() / np.abs(x[n]).max()) for n in NAMES for x in others)


def measure(repeats: int = 240) -> dict[str, float]:
    """Return milliseconds by hand, and the multiples of that: medians of ratios of neighbouring runs."""
    v, function = data(), compiled()
    runs = {"NumPy by hand": by_hand, "derive": function, "autograd": by_library}
    found = {"difference": differences(v, function(v))}
    times: dict[str, list[float]] = {name: [] for name in runs}
    for order in islice(cycle(permutations(runs)), repeats):  # each comes behind each of the others as often
        for name in order:
            start = time.perf_counter()
            runs[name](v)
            times[name].append(time.perf_counter() - start)
    hand = times["NumPy by hand"]
    found["NumPy by hand, ms"] = 1000 * statistics.median(hand)
    for name in ("derive", "autograd"):
        found[f"{name} / NumPy by hand"] = statistics.median(a / b for a, b in zip(times[name], hand, strict=True))
    return found


if __name__ == "__main__":
    print("gradients of a 784-256-10 perceptron, batch 128")
    for name, value in measure().items():
        print(f"  {name:24} {value:8.3g}")
