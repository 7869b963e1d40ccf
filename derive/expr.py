"""Expressions over named quantities: our own small tree.

Display needs what SymPy's canonical form throws away (order, factors as written), so derivations are built from this
tree; SymPy takes over where it computes (`numeric.to_sympy`). An operation is named by its primitive (`ops`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

Value = Any  # Fraction where exact, mpmath.mpf elsewhere


class Expr:
    """An immutable expression. Operators build raw nodes; only what is no operation is left out (`1·x`, `x + 0`)."""

    __slots__ = ()

    def __add__(self, other: Operand) -> Expr:
        return add(self, lift(other))

    def __radd__(self, other: Operand) -> Expr:
        return add(lift(other), self)

    def __sub__(self, other: Operand) -> Expr:
        return add(self, neg(lift(other)))

    def __rsub__(self, other: Operand) -> Expr:
        return add(lift(other), neg(self))

    def __mul__(self, other: Operand) -> Expr:
        return mul(self, lift(other))

    def __rmul__(self, other: Operand) -> Expr:
        return mul(lift(other), self)

    def __truediv__(self, other: Operand) -> Expr:
        return div(self, lift(other))

    def __rtruediv__(self, other: Operand) -> Expr:
        return div(lift(other), self)

    def __pow__(self, other: Operand) -> Expr:
        return power(self, lift(other))

    def __neg__(self) -> Expr:
        return neg(self)


@dataclass(frozen=True, slots=True)
class Number(Expr):
    """A number; `text` is how it is shown (the digits as written, or a rounding), "" for the plain value."""

    value: Value
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Ref(Expr):
    """A named quantity: a node of the graph or a leaf, by its plain name."""

    name: str


@dataclass(frozen=True, slots=True)
class Partial(Expr):
    """∂of/∂wrt as one quantity: an adjoint where `of` is the loss, else a local derivative."""

    of: str
    wrt: str


@dataclass(frozen=True, slots=True)
class Apply(Expr):
    """A primitive, by name, applied to its arguments."""

    op: str
    args: tuple[Expr, ...]


Operand = Expr | int | Fraction

ZERO, ONE = Number(Fraction(0)), Number(Fraction(1))
MINUS_ONE = Number(Fraction(-1))


def lift(x: Operand) -> Expr:
    return x if isinstance(x, Expr) else Number(Fraction(x))


def add(*terms: Expr) -> Expr:
    opened = (x for t in terms for x in (t.args if isinstance(t, Apply) and t.op == "add" else (t,)))
    kept = tuple(t for t in opened if t != ZERO)
    return kept[0] if len(kept) == 1 else Apply("add", kept) if kept else ZERO


def mul(*factors: Expr) -> Expr:
    if ZERO in factors:
        return ZERO
    kept = tuple(f for f in factors if f != ONE)
    return kept[0] if len(kept) == 1 else Apply("mul", kept) if kept else ONE


def neg(x: Expr) -> Expr:
    return ZERO if x == ZERO else Apply("neg", (x,))


def div(a: Expr, b: Expr) -> Expr:
    return a if b == ONE else ZERO if a == ZERO else Apply("div", (a, b))


def power(base: Expr, exponent: Expr) -> Expr:
    return base if exponent == ONE else ONE if exponent == ZERO else Apply("pow", (base, exponent))


def call(op: str, *args: Operand) -> Expr:
    return Apply(op, tuple(lift(a) for a in args))


def rebuild(e: Expr, leaf: Callable[[Expr], Expr]) -> Expr:
    """Return e with every leaf (Number, Ref, Partial) replaced by leaf(it)."""
    if isinstance(e, Apply):
        return Apply(e.op, tuple(rebuild(a, leaf) for a in e.args))
    return leaf(e)


def substitute(e: Expr, env: dict[str, Expr]) -> Expr:
    """Return e with the named quantities of env put in."""
    return rebuild(e, lambda x: env.get(x.name, x) if isinstance(x, Ref) else x)


def parts(e: Expr) -> Iterator[Expr]:
    """Yield e and all its parts, parents first."""
    stack = [e]
    while stack:
        x = stack.pop()
        yield x
        if isinstance(x, Apply):
            stack.extend(reversed(x.args))


def names(e: Expr) -> tuple[str, ...]:
    """Return the names that e reads, in the order of their first occurrence."""
    return tuple(dict.fromkeys(x.name for x in parts(e) if isinstance(x, Ref)))


def size(e: Expr) -> int:
    """Return the number of leaves and operations."""
    return sum(1 for _ in parts(e))
