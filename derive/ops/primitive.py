"""What an operation is: one record that every other part reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from derive.expr import Expr, Value

Vjp = Callable[[int, Expr, Expr, tuple[Expr, ...]], Expr]


class DomainError(ArithmeticError):
    """An operation outside its domain; the text says which, as in "log of -2"."""


@dataclass(frozen=True, slots=True)
class Primitive:
    """One primitive operation.

    name: its name in plain text (and in `Apply.op`).
    value: the value at exact or 50-digit numbers; exact where the result is exact; raises DomainError.
    vjp: vjp(i, g, y, x) is the contribution to the adjoint of argument i for the adjoint g of the output y at x.
    latex: a template with one {} for each argument, or "" where the writer has a layout of its own.
    because: the sentence that explains the derivative.
    samples: argument tuples inside the domain and away from kinks, on both sides of each.
    arity: number of arguments, 0 for any number.
    spellings: other names under which a text may call it.
    expand: the operation in other primitives, for languages that lack it.
    kinks: expressions at whose zeros the derivative jumps or is missing.
    sympy: builds it in SymPy; `numpy` is what NumPy code calls for an undefined SymPy function.
    shape: the shape of the result from those of the arguments.
    kind: the heading under which it is listed.
    """

    name: str
    value: Callable[..., Value]
    vjp: Vjp
    latex: str
    because: str
    samples: tuple[tuple[float, ...], ...]
    kind: str
    arity: int = 1
    spellings: tuple[str, ...] = ()
    expand: Callable[..., Expr] | None = None
    kinks: Callable[..., tuple[Expr, ...]] = lambda *x: ()
    sympy: Callable[..., Any] = None  # type: ignore[assignment]
    numpy: Callable[..., Any] | None = None
    shape: Callable[..., tuple[Any, ...]] = lambda *shapes: max(shapes, key=len, default=())

    def __post_init__(self) -> None:
        if self.sympy is None:
            object.__setattr__(self, "sympy", lambda sp, *x, name=self.name: sp.Function(name)(*x))


def rules(*each: Callable[..., Expr]) -> Vjp:
    """Return the vjp of a primitive whose i-th argument has the local derivative each[i](y, *x): g times it."""
    return lambda i, g, y, x: g * each[i](y, *x)


def short(x: Value) -> str:
    """Return a number as it stands in a message; there is no float for those beyond 10^308."""
    from mpmath import mp

    return str(mp.nstr(real(x), 6)).removesuffix(".0")


def real(x: Value) -> Any:
    """Return a value as an mpf of the working precision."""
    if type(x) is not Fraction:  # isinstance is slow for a number of an abstract kind, and this is asked very often
        return x
    from mpmath import mp
    from mpmath.libmp import from_rational

    return mp.make_mpf(from_rational(x.numerator, x.denominator, mp.prec, "n"))


_COSTLY = ("exp", "sin", "cos")  # of a large number their value takes as many digits


def analytic(name: str, exact: dict[int, int | Fraction] | None = None) -> Callable[[Value], Value]:
    """Return mpmath's function `name`, exact at the arguments that `exact` lists."""
    table = {Fraction(k): Fraction(v) for k, v in (exact or {}).items()}

    def value(x: Value) -> Value:
        if isinstance(x, Fraction) and x in table:
            return table[x]
        from mpmath import mp

        if name in _COSTLY and abs(x) > 10**9:
            raise DomainError(f"{name} of a number beyond 10^9")
        return getattr(mp, name)(real(x))

    return value
