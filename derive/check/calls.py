"""Functions of a formula: primitives, those of matrices, logarithms, extrema; and where they bend or jump."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from derive.check import quantities as q
from derive.check.extremum_forms import is_extremum
from derive.check.functions import FUNCTIONS
from derive.check.quantities import Grid, Quantity, Scalar, operate
from derive.check.work import Unread
from derive.check.worlds import World
from derive.expr import ONE, Apply, Expr, Number, Ref
from derive.language import surface as s
from derive.numeric import value
from derive.ops import DEFAULTS, PRIMITIVES, SPELLINGS, DomainError
from derive.ops.primitive import real

if TYPE_CHECKING:
    from derive.check.value import Valuation


def call(v: Valuation, t: s.Call) -> Quantity:
    if is_extremum(t):
        raise Unread("an extremum within a formula is not looked for", t.at)
    own = v.world.function(t.fn, t.primes, not any(isinstance(a, (s.Num, s.Neg, s.Div)) for a in t.args))
    if own is not None:
        return own(*(v.value(a) for a in t.args))
    args = [v.value(a) for a in t.args]
    if t.fn in FUNCTIONS and not t.primes:
        v.takes(sum(a.shape[0] ** 3 for a in args if isinstance(a, Grid)))
        if not any(isinstance(a, Grid) for a in args):
            _function_bends(v, t)
        try:
            return FUNCTIONS[t.fn](*args)
        except TypeError:
            raise Unread(f"{t.fn} does not take {len(args)} arguments", t.at) from None
    op = SPELLINGS.get(t.fn)
    if op is None or t.primes > 1:
        raise Unread(f"the function {t.fn} is not known here", t.at)
    return _primitive(v, t, op, args)


def _function_bends(v: Valuation, t: s.Call) -> None:
    """Remember where a function that is no primitive jumps or bends: of those that jump everywhere two places."""
    if t.fn == "clip":
        for edge in t.args[1:]:
            v.bends(t.args[0], edge)
    elif t.fn in ("floor", "ceil"):
        for other in (None, s.Num(t.at, "1")):
            v.bends(t.args[0], other)


def _primitive(v: Valuation, t: s.Call, op: str, args: list[Quantity]) -> Quantity:
    if op == "log":
        return _logarithm(v, t, args)
    if op in ("max", "min"):
        return _extreme(v, t, op, args)
    if op in DEFAULTS and len(args) == 1:
        default = DEFAULTS[op]
        args.append(default.value if isinstance(default, Number) else Fraction(1))
    if len(args) != PRIMITIVES[op].arity or any(isinstance(a, Grid) for a in args[1:]):
        raise Unread(f"{t.fn} does not take {len(args)} arguments", t.at)
    cells = args[0].cells if isinstance(args[0], Grid) else [args[0]]
    for cell in {0, len(cells) - 1}:
        _primitive_bends(v, t, op, args, cell)
    return q.mapped(args[0], lambda x: _applied(v, op, t.primes, x, *args[1:]))


def _primitive_bends(v: Valuation, t: s.Call, op: str, args: list[Quantity], cell: int) -> None:
    """Remember where a primitive bends or jumps; of a matrix for one entry."""
    names = [str(i) for i in range(len(args))]
    bound = dict(v.bound)
    for at, kink in enumerate(PRIMITIVES[op].kinks(*(Ref(n) for n in names))):

        def place(world: World, kink: Expr = kink) -> Scalar:
            inner = v.inside(world, bound)
            made = [inner.value(a) for a in t.args]
            given = [a.cells[min(cell, len(a.cells) - 1)] if isinstance(a, Grid) else a for a in made]
            return value(kink, dict(zip(names, [*given, *args[len(given) :]], strict=True)))

        v.kinks.setdefault((t.at, at, cell, *sorted(bound.items())), place)


def _applied(v: Valuation, op: str, primes: int, *x: Scalar) -> Scalar:
    if v.snaps and op in _AT_ZERO and nothing(x[0], Fraction(0)):
        x = (Fraction(0), *x[1:])
    if op in _SATURATED and x[0] != 0:
        # tanh(x) is 1 but for e^(-2|x|), a number that never stands by itv.
        v.least = min(v.least, -3 * _SATURATED[op](abs(int(x[0]))))
    if primes:
        return _derivative(op, x, v.world.at_zero)
    return v.world.at_zero if op == "step" and x[0] == 0 else operate(op, *x)


def _logarithm(v: Valuation, t: s.Call, args: list[Quantity]) -> Quantity:
    if len(args) != 1 or t.primes:
        raise Unread("a logarithm takes one argument", t.at)
    natural = q.mapped(args[0], lambda x: operate("log", x))
    base = v.scalar(t.base, "the base") if t.base is not None else None
    if base is None and t.fn != "ln" and v.world.log != "e":
        base = Fraction(int(v.world.log))
    return natural if base is None else q.over(natural, operate("log", base))


def _extreme(v: Valuation, t: s.Call, op: str, args: list[Quantity]) -> Quantity:
    if t.primes or not args:
        raise Unread(f"{t.fn} cannot be read here", t.at)
    if len(args) == 1 and isinstance(args[0], Grid):
        args = list(args[0].cells)
    elif len(args) == 1:
        raise Unread(f"the {t.fn} of one number: over what?", t.at)
    found = args[0]
    for at, other in enumerate(args[1:], 1):
        if at < len(t.args):
            v.bends(t.args[at - 1], t.args[at])
        found = q.paired(found, other, lambda x, y: operate(op, x, y), op)
    return found


def primitive_function(op: str, primes: int, at_zero: Fraction) -> Callable[..., Quantity]:
    """Return a primitive (or its first derivative) as a function of numbers."""

    def function(*x: Quantity) -> Quantity:
        if primes > 1 or any(isinstance(a, Grid) for a in x):
            raise DomainError(f"{op} has no such value")
        if primes:
            return _derivative(op, x, at_zero)
        return at_zero if op == "step" and x[0] == 0 else operate(op, *x)

    return function


def _derivative(op: str, x: tuple[Scalar, ...], at_zero: Fraction) -> Scalar:
    """Return the derivative of a primitive by its first argument, from its own rule."""
    return value(_slope(op, len(x)), {str(i): a for i, a in enumerate(x)}, at_zero)


@lru_cache(maxsize=512)
def _slope(op: str, count: int) -> Expr:
    """Return the derivative as one expression, which is made into a function once for all numbers."""
    e = Apply(op, tuple(Ref(str(i)) for i in range(count)))
    return PRIMITIVES[op].vjp(0, ONE, e, e.args)


def nothing(a: Scalar, b: Scalar) -> bool:
    """Return whether two numbers are equal but for what cannot be computed."""
    return bool(abs(real(a) - real(b)) < real(_NOTHING) * (1 + abs(real(b))))


_NOTHING = Fraction(1, 10**30)
_AT_ZERO = ("step", "sign", "abs", "relu")  # functions that jump or bend at 0
# Functions that go to a constant, with how fast: e^(-k|x|), for the Gaussian ones e^(-x²).
_SATURATED: dict[str, Callable[[int], int]] = {
    **dict.fromkeys(("tanh", "sigmoid", "softplus", "silu", "exp", "elu"), lambda x: x),
    **dict.fromkeys(("erf", "gelu"), lambda x: x * x),
}
