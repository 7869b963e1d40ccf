"""Functions that a report leaves open (`where: \\sigma = any`, `L = f(y)`).

The operation `open:f:1,0` is ∂f/∂(first argument) of a two-argument f. Its value, needed to certify a derivation that
must hold for every f, is that of a stand-in: a fixed smooth function with all derivatives known,
f(x) = sin(c·x + p) + exp(d·x)/2, so that no order of differentiation vanishes or repeats.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from zlib import crc32

from derive.expr import Apply, Expr, Value
from derive.ops.primitive import Primitive, real


def is_abstract(op: str) -> bool:
    return op.startswith("open:")


def opened(name: str, orders: tuple[int, ...]) -> str:
    """Return the operation's name for a partial derivative of the open function `name`."""
    return f"open:{name}:{','.join(map(str, orders))}"


def taken_apart(op: str) -> tuple[str, tuple[int, ...]]:
    """Return (function, orders of differentiation) of an open operation."""
    _, name, orders = op.split(":")
    return name, tuple(int(k) for k in orders.split(","))


@lru_cache(maxsize=256)
def abstract(op: str) -> Primitive:
    name, orders = taken_apart(op)

    def value(*x: Value) -> Value:
        from mpmath import mp

        seeds = [1 + crc32(f"{name}{i}".encode()) % 7 for i in range(len(x))]
        total = mp.mpf("0.25") if not any(orders) else mp.mpf(0)
        wave: Any = mp.mpf(1)
        growth: Any = mp.mpf("0.5")
        for v, k, order in zip(x, seeds, orders, strict=True):
            c, d = mp.mpf(6 + k) / 8, mp.mpf(k) / 9
            wave *= c**order * mp.sin(c * real(v) + mp.mpf(k) / 5 + order * mp.pi / 2)
            growth *= d**order * mp.exp(d * real(v))
        return total + wave + growth

    def vjp(i: int, g: Expr, y: Expr, x: tuple[Expr, ...]) -> Expr:
        return g * Apply(opened(name, tuple(k + (j == i) for j, k in enumerate(orders))), x)

    return Primitive(op, value, vjp, "", f"{name} is left open: its derivative keeps its name", (), "open", len(orders))
