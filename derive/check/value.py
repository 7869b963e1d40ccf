"""The value of a formula at one point: names and derivatives are asked of a world, everything else is computed here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any, Protocol, runtime_checkable

from derive.check import quantities as q
from derive.check.extremum_forms import is_extremum
from derive.check.functions import FUNCTIONS
from derive.check.quantities import Grid, Quantity, Scalar, operate
from derive.check.spelled import slope
from derive.expr import ONE, Apply, Expr, Number, Ref
from derive.language import surface as s
from derive.language.meaning import compound_id
from derive.numeric import value
from derive.ops import DEFAULTS, PRIMITIVES, SPELLINGS, DomainError
from derive.ops.primitive import real

LONGEST = 1000  # characters of a number
MOST = 50_000  # operations of one value


class Unread(ArithmeticError):
    """A part of a formula that has no meaning here; the text says which, `at` where."""

    def __init__(self, text: str, at: s.Range) -> None:
        super().__init__(text)
        self.at = at


class TooLong(ArithmeticError):
    """A value that takes more operations than anybody waits for."""


class Work:
    """How many operations are left for what is being computed, and how many were done in all."""

    __slots__ = ("done", "left")

    def __init__(self, left: int) -> None:
        self.left, self.done = left, 0

    def renew(self, left: int) -> None:
        """Begin something else, with its own operations."""
        self.left = left


_work: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def bounded(left: int) -> Iterator[Work]:
    """Bound the operations of all values that are computed inside; beyond that they raise TooLong."""
    work = Work(left)
    token = _work.set(work)
    try:
        yield work
    finally:
        _work.reset(token)


def spend(operations: int) -> None:
    """Count operations that are done for a value outside of it; raises TooLong where none are left."""
    work = _work.get()
    if work is not None:
        work.left -= operations
        work.done += operations
        if work.left < 0:
            raise TooLong("a value takes too many operations")


class World(Protocol):
    """What the names of a formula mean at one point."""

    @property
    def log(self) -> str:
        """Return the base of a bare log: "e", "2" or "10"."""

    @property
    def at_zero(self) -> Fraction:
        """Return u(0), the unit step at 0."""

    def known(self, id: str) -> bool:
        """Return whether a compound such as `sigma^2` is declared as one name."""

    def name(self, id: str) -> Quantity | None:
        """Return the value of a name, None where it has none."""

    def function(self, id: str, primes: int, stands: bool = True) -> Callable[..., Quantity] | None:
        """Return a function of the world, or a derivative of it; None where it knows none of that name.

        stands: no argument is a number, so that the call may be a node with what it depends on.
        """

    def quotient(self, tree: s.Partial) -> Quantity | None:
        """Return the value of ∂of/∂wrt, None where it has none."""


@runtime_checkable
class Movable(Protocol):
    """A world that knows what follows when some of its names have other values."""

    def moved_to(self, values: Mapping[str, Quantity]) -> World | None:
        """Return the world in which names have these values, None where it cannot be told what follows."""


Kink = Callable[[World], Scalar]


@dataclass(slots=True)
class Valuation:
    """Computes values in a world and keeps what a comparison needs to know.

    largest, least: the binary sizes of the largest number met on the way, the scale of rounding errors, and of the
    smallest one, which may be all that two values differ by.
    numbers: other values for numbers of the formula, by their place.
    spread: whether a number beside a matrix in a sum is meant at every entry. broadcast: whether a row or a column
    beside a matrix is added to each of its rows or columns. most: operations of one value.
    snaps: what is all but zero where something bends is zero: the point lies there.
    kinks: functions of a world at whose zeros something jumps or bends, by where they stand.
    """

    world: World
    largest: int = 0
    least: int = 0
    kinks: dict[tuple[Any, ...], Kink] = field(default_factory=dict)
    bound: dict[str, int] = field(default_factory=dict)
    steps: int = 0
    numbers: Mapping[s.Range, Scalar] = field(default_factory=dict)
    work: Work | None = field(default_factory=_work.get)
    spread: bool = False
    broadcast: bool = False
    most: int = MOST
    snaps: bool = False

    def value(self, tree: s.Tree) -> Quantity:
        """Return the value of a tree; raises DomainError, Mismatch, Unread or TooLong where it has none."""
        self._takes(1)
        rule = _RULES.get(type(tree))
        if rule is None:
            raise Unread(f"{_WHAT.get(type(tree), 'this')} has no value here", tree.at)
        found: Quantity = rule(self, tree)
        for x in found.cells if isinstance(found, Grid) else (found,):
            if x != 0:
                size = q.binary_size(x)
                self.largest, self.least = max(self.largest, size), min(self.least, size)
        return found

    def scalar(self, tree: s.Tree, what: str) -> Scalar:
        found = self.value(tree)
        if isinstance(found, Grid):
            raise q.Mismatch(f"{what} is a {q.shape_text(found)} matrix")
        return found

    def number(self, t: s.Num) -> Scalar:
        moved = self.numbers.get(t.at)
        if moved is not None:
            return moved
        if len(t.text) > LONGEST or len(t.text.lower().partition("e")[2]) > 4:
            raise TooLong("a number with too many digits")
        return Fraction(t.text)

    def name(self, t: s.Name) -> Quantity:
        if t.id in self.bound:
            return Fraction(self.bound[t.id])
        indexed = self._indexed(t)
        found = self.world.name(indexed) if indexed else None
        if found is None and indexed:
            found = self._entry(t, indexed)
        if found is None:
            found = self.world.name(t.id)
        if found is not None:
            return found
        if t.id in ("pi", "π"):
            return operate("pi")
        if t.id == "e":
            return operate("exp", Fraction(1))
        raise Unread(f"{t.latex} has no value", t.at)

    def _indexed(self, t: s.Name) -> str:
        """Return the id of a name with its bound indices put in (`x_{i+1}` → x_3), "" where it has none."""
        found = [i for i in self.bound if re.search(rf"(?<![A-Za-z]){i}(?![A-Za-z])|^[a-z]*{i}[a-z]*$", t.sub)]
        if not found or not t.sub:
            return ""
        return f"{t.base}_{','.join(map(str, self._subscripts(t)))}"

    def _subscripts(self, t: s.Name) -> list[int | str]:
        """Return the subscripts of a name as numbers where they are; `ij` are two of them."""
        parts = [p for p in t.sub.split(",") if p]
        if len(parts) == 1 and re.fullmatch(r"[A-Za-z0-9]+", parts[0]) and parts[0] not in self.bound:
            parts = re.findall(r"\d+|[A-Za-z]", parts[0])
        return [self._subscript(p) for p in parts]

    def _subscript(self, text: str) -> int | str:
        terms = re.findall(r"([+-]?)([A-Za-z]+|\d+)", text)
        if "".join(sign + word for sign, word in terms) != text:
            return text
        total = 0
        for sign, word in terms:
            number = int(word) if word.isdigit() else self.bound.get(word)
            if number is None and len(terms) > 1:
                free = self.world.name(word)  # x_{n+1-k}
                number = int(free) if isinstance(free, Fraction) and free.denominator == 1 else None
            if number is None:
                return text
            total += -number if sign == "-" else number
        return total

    def _entry(self, t: s.Name, indexed: str) -> Quantity | None:
        """Return an entry of a declared vector or matrix."""
        whole = self.world.name(t.base)
        at = self._subscripts(t)
        if not isinstance(whole, Grid) or not all(isinstance(k, int) for k in at):
            return None
        row, column = (int(at[0]), int(at[1])) if len(at) == 2 else (int(at[0]), 1)
        if len(at) == 1 and whole.shape[0] == 1:
            row, column = column, row
        if len(at) > 2 or not (1 <= row <= whole.shape[0] and 1 <= column <= whole.shape[1]):
            raise DomainError(f"{indexed} lies outside of the {q.shape_text(whole)} matrix {t.base}")
        return whole.rows[row - 1][column - 1]

    def index(self, t: s.Index) -> Quantity:
        """Return an entry of something in brackets: softmax(x)_1."""
        body, at = self.value(t.body), self._subscript(t.sub)
        if not isinstance(body, Grid) or not isinstance(at, int) or 1 not in body.shape:
            raise Unread("this index has no meaning here", t.at)
        if not 1 <= at <= len(body.cells):
            raise DomainError(f"the entry {at} of a {q.shape_text(body)} matrix")
        return body.cells[at - 1]

    def pow(self, t: s.Pow) -> Quantity:
        compound = compound_id(t)
        if compound and self.world.known(compound):
            found = self.world.name(compound)
            if found is not None:
                return found
        base, exponent = self.value(t.base), self.value(t.exponent)
        if isinstance(base, Grid) and isinstance(exponent, Fraction):
            self._takes(base.shape[0] ** 3 * min(64, abs(int(exponent)) + 1))
        return q.to_the(base, exponent, t.entrywise)

    def _takes(self, operations: int) -> None:
        """Count operations; raises TooLong where they are too many."""
        self.steps += operations
        if self.work is not None:
            self.work.left -= operations
            self.work.done += operations
        if self.steps > self.most or (self.work is not None and self.work.left < 0):
            raise TooLong("a value takes too many operations")

    def add(self, t: s.Add) -> Quantity:
        self._takes(len(t.terms))
        first, *rest = (self.value(x) for x in t.terms)
        for term in rest:
            spread = self.spread and isinstance(first, Grid) != isinstance(term, Grid)
            if self.broadcast:
                first, term = q.repeated(first, term)
            first = q.paired(first, term, lambda x, y: operate("add", x, y), "+") if spread else q.plus(first, term)
        return first

    def mul(self, t: s.Mul) -> Quantity:
        self._takes(len(t.factors))
        found = self.value(t.factors[0])
        for sign, factor in zip(t.signs, t.factors[1:], strict=True):
            other = self.value(factor)
            if isinstance(found, Grid) and isinstance(other, Grid):
                self._takes(len(found.cells) * (len(other.cells) if sign == "otimes" else other.shape[1]))
            if sign == "otimes":
                found = FUNCTIONS["kron"](found, other)
            else:
                found = q.entrywise(found, other) if sign in ("odot", "circ") else q.times(found, other)
        return found

    def root(self, t: s.Root) -> Quantity:
        body = self.value(t.body)
        if t.degree is None:
            return q.mapped(body, lambda x: operate("sqrt", x))
        degree = self.scalar(t.degree, "the degree of a root")
        return q.to_the(body, operate("div", Fraction(1), degree), each=True)

    def bars(self, t: s.Bars) -> Quantity:
        body = self.value(t.body)
        if t.double or isinstance(body, Grid):
            return q.norm(body, t.sub)
        self._bends(t.body, None)
        return abs(body)

    def _bends(self, a: s.Tree, b: s.Tree | None) -> None:
        """Remember that something happens where two parts (b None: a and 0) are equal."""
        bound = dict(self.bound)

        def difference(world: World) -> Scalar:
            inner = Valuation(world, bound=dict(bound))
            left = inner.scalar(a, "a side")
            return left if b is None else operate("add", left, operate("neg", inner.scalar(b, "a side")))

        self.kinks.setdefault((a.at, b and b.at, *sorted(bound.items())), difference)

    def big(self, t: s.BigSum) -> Quantity:
        """Return a sum or product over its indices; one without bounds runs over the world's own range."""
        return self._over(t, list(t.indices))

    def _over(self, t: s.BigSum, indices: list[str]) -> Quantity:
        if not indices:
            return self.value(t.body)
        index, *rest = indices
        outer = self.bound.get(index)
        found: Quantity | None = None
        for k in self._range(t):
            self.bound[index] = k
            term = self._over(t, rest)
            found = term if found is None else (q.times if t.product else q.plus)(found, term)
        if outer is None:
            self.bound.pop(index, None)
        else:
            self.bound[index] = outer
        return Fraction(int(t.product)) if found is None else found

    def _range(self, t: s.BigSum) -> range:
        low = 1 if t.lower is None else self._bound(t.lower, t)
        if t.upper is None:
            size = self.world.name("\x00range")
            return range(low, low + int(real(size)) if size is not None and not isinstance(size, Grid) else low)
        high = self._bound(t.upper, t)
        if high - low > MOST:
            raise TooLong(f"too many operations: a sum from {low} to {high}")
        return range(low, high + 1)

    def _bound(self, tree: s.Tree, t: s.BigSum) -> int:
        found = self.scalar(tree, "a bound of a sum")
        if not isinstance(found, Fraction) or found.denominator != 1:
            raise Unread("a bound of this sum is no whole number", t.at)
        return int(found)

    def matrix(self, t: s.Matrix) -> Quantity:
        return q.blocks([[self.value(cell) for cell in row] for row in t.rows])

    def seq(self, t: s.Seq) -> Quantity:
        """Return `[[1, 2], [3, 4]]` as a matrix, `(1, 2)` as a column."""
        rows = [x.items if isinstance(x, s.Seq) and x.kind == t.kind == "list" else (x,) for x in t.items]
        if t.kind == "set" or not rows or len({len(row) for row in rows}) != 1:
            raise Unread("this is no matrix", t.at)
        return q.blocks([[self.value(cell) for cell in row] for row in rows])

    def cases(self, t: s.Cases) -> Quantity:
        for body, condition in t.branches:
            if condition is None or self.holds(condition):
                return self.value(body)
        raise DomainError("none of the cases applies")

    def holds(self, condition: s.Tree) -> bool:
        """Return whether a condition is true; what it compares is a place where something may jump."""
        if not isinstance(condition, s.Relation):
            raise Unread("this is no condition", condition.at)
        sides = [self.scalar(side, "a side of a condition") for side in condition.sides]
        for a, b in pairwise(condition.sides):
            self._bends(a, b)
        if unknown := [sign for sign in condition.signs if sign not in COMPARED]:
            raise Unread(f"{unknown[0]} makes no condition", condition.at)
        if self.snaps:
            sides = [sides[0], *(a if _nothing(a, b) else b for a, b in pairwise(sides))]
        return all(COMPARED[sign](a, b) for sign, (a, b) in zip(condition.signs, pairwise(sides), strict=True))

    def eval_at(self, t: s.EvalAt) -> Quantity:
        values = {name: self.value(x) for name, x in t.points}
        moved = self.world.moved_to(values) if isinstance(self.world, Movable) else None
        world = moved or _At(self.world, values)
        inner = Valuation(world, self.largest, self.least, self.kinks, dict(self.bound), self.steps)
        found = inner.value(t.body)
        self.largest, self.least, self.steps = inner.largest, inner.least, inner.steps
        return found

    def partial(self, t: s.Partial) -> Quantity:
        found = self.world.quotient(t)
        if found is None:
            raise Unread("this derivative has no value here", t.at)
        return found

    def nabla(self, t: s.Nabla) -> Quantity:
        """Return the gradient by one name, which is a derivative."""
        found = slope(t)
        if not isinstance(found, s.Partial):
            raise Unread("a gradient has no value here", t.at)
        return self.partial(found)

    def call(self, t: s.Call) -> Quantity:
        if is_extremum(t):
            raise Unread("an extremum within a formula is not looked for", t.at)
        own = self.world.function(t.fn, t.primes, not any(isinstance(a, (s.Num, s.Neg, s.Div)) for a in t.args))
        if own is not None:
            return own(*(self.value(a) for a in t.args))
        args = [self.value(a) for a in t.args]
        if t.fn in FUNCTIONS and not t.primes:
            self._takes(sum(a.shape[0] ** 3 for a in args if isinstance(a, Grid)))
            if not any(isinstance(a, Grid) for a in args):
                self._function_bends(t)
            try:
                return FUNCTIONS[t.fn](*args)
            except TypeError:
                raise Unread(f"{t.fn} does not take {len(args)} arguments", t.at) from None
        op = SPELLINGS.get(t.fn)
        if op is None or t.primes > 1:
            raise Unread(f"the function {t.fn} is not known here", t.at)
        return self._primitive(t, op, args)

    def _function_bends(self, t: s.Call) -> None:
        """Remember where a function that is no primitive jumps or bends: of those that jump everywhere two places."""
        if t.fn == "clip":
            for edge in t.args[1:]:
                self._bends(t.args[0], edge)
        elif t.fn in ("floor", "ceil"):
            for other in (None, s.Num(t.at, "1")):
                self._bends(t.args[0], other)

    def _primitive(self, t: s.Call, op: str, args: list[Quantity]) -> Quantity:
        if op == "log":
            return self._logarithm(t, args)
        if op in ("max", "min"):
            return self._extreme(t, op, args)
        if op in DEFAULTS and len(args) == 1:
            default = DEFAULTS[op]
            args.append(default.value if isinstance(default, Number) else Fraction(1))
        if len(args) != PRIMITIVES[op].arity or any(isinstance(a, Grid) for a in args[1:]):
            raise Unread(f"{t.fn} does not take {len(args)} arguments", t.at)
        cells = args[0].cells if isinstance(args[0], Grid) else [args[0]]
        for cell in {0, len(cells) - 1}:
            self._primitive_bends(t, op, args, cell)
        return q.mapped(args[0], lambda x: self._applied(op, t.primes, x, *args[1:]))

    def _primitive_bends(self, t: s.Call, op: str, args: list[Quantity], cell: int) -> None:
        """Remember where a primitive bends or jumps; of a matrix for one entry."""
        names = [str(i) for i in range(len(args))]
        bound = dict(self.bound)
        for at, kink in enumerate(PRIMITIVES[op].kinks(*(Ref(n) for n in names))):

            def place(world: World, kink: Expr = kink) -> Scalar:
                inner = Valuation(world, bound=dict(bound))
                made = [inner.value(a) for a in t.args]
                given = [a.cells[min(cell, len(a.cells) - 1)] if isinstance(a, Grid) else a for a in made]
                return value(kink, dict(zip(names, [*given, *args[len(given) :]], strict=True)))

            self.kinks.setdefault((t.at, at, cell, *sorted(bound.items())), place)

    def _applied(self, op: str, primes: int, *x: Scalar) -> Scalar:
        if self.snaps and op in _AT_ZERO and _nothing(x[0], Fraction(0)):
            x = (Fraction(0), *x[1:])
        if op in _SATURATED and x[0] != 0:
            # tanh(x) is 1 but for e^(-2|x|), a number that never stands by itself.
            self.least = min(self.least, -3 * _SATURATED[op](abs(int(x[0]))))
        if primes:
            return _derivative(op, x, self.world.at_zero)
        return self.world.at_zero if op == "step" and x[0] == 0 else operate(op, *x)

    def _logarithm(self, t: s.Call, args: list[Quantity]) -> Quantity:
        if len(args) != 1 or t.primes:
            raise Unread("a logarithm takes one argument", t.at)
        natural = q.mapped(args[0], lambda x: operate("log", x))
        base = self.scalar(t.base, "the base") if t.base is not None else None
        if base is None and t.fn != "ln" and self.world.log != "e":
            base = Fraction(int(self.world.log))
        return natural if base is None else q.over(natural, operate("log", base))

    def _extreme(self, t: s.Call, op: str, args: list[Quantity]) -> Quantity:
        if t.primes or not args:
            raise Unread(f"{t.fn} cannot be read here", t.at)
        if len(args) == 1 and isinstance(args[0], Grid):
            args = list(args[0].cells)
        elif len(args) == 1:
            raise Unread(f"the {t.fn} of one number: over what?", t.at)
        found = args[0]
        for at, other in enumerate(args[1:], 1):
            if at < len(t.args):
                self._bends(t.args[at - 1], t.args[at])
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


@dataclass(slots=True)
class _At:
    """A world in which some names have other values: what stands before an evaluation bar."""

    world: World
    values: Mapping[str, Quantity]

    @property
    def log(self) -> str:
        return self.world.log

    @property
    def at_zero(self) -> Fraction:
        return self.world.at_zero

    def known(self, id: str) -> bool:
        return self.world.known(id)

    def name(self, id: str) -> Quantity | None:
        return self.values[id] if id in self.values else self.world.name(id)

    def function(self, id: str, primes: int, stands: bool = True) -> Callable[..., Quantity] | None:
        return self.world.function(id, primes, stands)

    def quotient(self, tree: s.Partial) -> Quantity | None:
        return None  # a derivative there would have to be taken before the values are put in


def _nothing(a: Scalar, b: Scalar) -> bool:
    """Return whether two numbers are equal but for what cannot be computed."""
    return bool(abs(real(a) - real(b)) < real(_NOTHING) * (1 + abs(real(b))))


_NOTHING = Fraction(1, 10**30)
_AT_ZERO = ("step", "sign", "abs", "relu")  # functions that jump or bend at 0
# Functions that go to a constant, with how fast: e^(-k|x|), for the Gaussian ones e^(-x²).
_SATURATED: dict[str, Callable[[int], int]] = {
    **dict.fromkeys(("tanh", "sigmoid", "softplus", "silu", "exp", "elu"), lambda x: x),
    **dict.fromkeys(("erf", "gelu"), lambda x: x * x),
}
COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: real(a) < real(b),
    "<=": lambda a, b: real(a) <= real(b),
    ">": lambda a, b: real(a) > real(b),
    ">=": lambda a, b: real(a) >= real(b),
}
_RULES: dict[type, Callable[[Valuation, Any], Quantity]] = {
    s.Num: Valuation.number,
    s.Name: Valuation.name,
    s.Add: Valuation.add,
    s.Neg: lambda v, t: q.mapped(v.value(t.body), lambda x: operate("neg", x)),
    s.Mul: Valuation.mul,
    s.Div: lambda v, t: q.over(v.value(t.above), v.value(t.below), t.style == "./"),
    s.Pow: Valuation.pow,
    s.Root: Valuation.root,
    s.Bars: Valuation.bars,
    s.Transpose: lambda v, t: q.transposed(v.value(t.body)),
    s.BigSum: Valuation.big,
    s.Matrix: Valuation.matrix,
    s.Seq: Valuation.seq,
    s.Cases: Valuation.cases,
    s.Indicator: lambda v, t: Fraction(int(v.holds(t.condition))),
    s.EvalAt: Valuation.eval_at,
    s.Partial: Valuation.partial,
    s.Nabla: Valuation.nabla,
    s.Call: Valuation.call,
    s.Index: Valuation.index,
}
_WHAT: dict[type, str] = {
    s.Relation: "a relation",
    s.Dots: "an ellipsis",
}
