"""What compiled code calls: functions that neither overflow nor lose digits where their values do not."""

from __future__ import annotations

from typing import Any

import numpy as np


def softmax(x: Any, axis: int) -> Any:
    found = np.exp(x - x.max(axis=axis, keepdims=True))
    found /= found.sum(axis=axis, keepdims=True)
    return found


def log_softmax(x: Any, axis: int) -> Any:
    moved = x - x.max(axis=axis, keepdims=True)
    moved -= np.log(np.exp(moved).sum(axis=axis, keepdims=True))
    return moved


def log_sum_exp(x: Any) -> Any:
    most = x.max()
    return most + np.log(np.exp(x - most).sum())


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def softplus(x: Any) -> Any:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def step(x: Any, at_zero: float) -> Any:
    return np.where(x == 0, at_zero, np.where(x > 0, 1.0, 0.0))


def huber(r: Any, delta: Any) -> Any:
    size = np.abs(r)
    return np.where(size <= delta, r * r / 2, delta * (size - delta / 2))


def toeplitz(w: Any, columns: int) -> Any:
    """Return the matrix T with T·x = w * x, the full convolution."""
    found = np.zeros((columns + len(w) - 1, columns))
    for j in range(columns):
        found[j : j + len(w), j] = w[:, 0]
    return found


def convolved(w: Any, x: Any) -> Any:
    return np.convolve(w[:, 0], x[:, 0])[:, None]


def slid(w: Any, x: Any) -> Any:
    """Return the transpose of that matrix at x: the kernel w slides over x."""
    return np.correlate(x[:, 0], w[:, 0], "valid")[:, None]


def commutation(m: int, n: int) -> Any:
    """Return K with K·vec(A) = vec(A') for A of m×n."""
    found = np.zeros((m * n, m * n))
    places = np.arange(m * n)
    found[places, places % n * m + places // n] = 1
    return found
