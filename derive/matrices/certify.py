"""A printed derivative against numeric ones: what stands on the page is read again and compared with the formula.

Neither side of the comparison uses terms or rules of differentiation: both the formula and the result are evaluated
from their texts, in 50 digits, at several sizes of the dimensions, and differences are taken along random directions.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from derive.check import quantities as q
from derive.check.assume import Assumption, Known
from derive.check.free import Free
from derive.check.quantities import Grid, Mismatch, Quantity
from derive.check.value import Valuation
from derive.check.work import TooLong, Unread
from derive.language import surface as s
from derive.matrices.constants import constant
from derive.numeric import precisely
from derive.ops import DomainError
from derive.ops.primitive import real

POINTS, LEAST = 6, 3
_TRIES = 60
_STEP, _SECOND_STEP = Fraction(1, 10**15), Fraction(1, 10**11)
BOUND = 1e-9
_WORK = 3_000_000  # operations of one value
_OFF = Fraction(100314159, 10**8)
_FLAT = ("0", "tie")
_MORE = (200, 700)  # digits
_RENAMED = {"e": "leaf_e", "pi": "leaf_pi", "π": "leaf_pi"}  # names that are numbers where nothing declares them


@dataclass(frozen=True, slots=True)
class Certificate:
    """At how many points a result was compared, and the largest relative error."""

    points: int
    max_error: float


class NotCertified(ArithmeticError):
    """A result that differs from the numeric derivative, or could not be compared; the text says which."""


@dataclass(frozen=True, slots=True)
class Typeset:
    """A result as it is typeset, read again; names, dimensions: as they are read there → as they are known."""

    result: s.Tree
    definitions: Sequence[tuple[str, s.Tree]]
    names: Mapping[str, str]
    dimensions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Texts:
    """A formula and its derivative as surface trees; lets and definitions in the order in which they are read."""

    formula: s.Tree
    lets: Sequence[tuple[str, s.Tree]]
    result: s.Tree
    definitions: Sequence[tuple[str, s.Tree]]
    wrt: str
    kind: str
    transposed: bool = False
    plain: Mapping[str, str] = field(default_factory=dict)  # plain name → id, where they differ
    typeset: Typeset | None = None


@dataclass(slots=True)
class _At:
    """A world in which names have the values of one point."""

    values: dict[str, Quantity]
    also: Mapping[str, str]
    log: str = "e"
    at_zero: Fraction = Fraction(0)
    sizes: Mapping[str, int] = field(default_factory=dict)  # of the dimensions, for matrices with names of their own

    def known(self, id: str) -> bool:
        return id in self.values or id in self.also

    def name(self, id: str) -> Quantity | None:
        found = self.values.get(id)
        found = self.values.get(self.also.get(id, id)) if found is None else found
        return constant(id, self.sizes) if found is None else found

    def function(self, id: str, primes: int, stands: bool = True) -> None:
        return None

    def quotient(self, tree: s.Partial) -> None:
        return None


def certify(texts: Texts, names: Sequence[str], known: Known) -> Certificate:
    """Return the certificate of a result. Raises NotCertified, with the reason."""
    errors: list[float] = []
    reason = ""
    with precisely():
        for assumed in _domains(names, known):
            for number in _numbers():
                if len(errors) == POINTS:
                    break
                try:
                    leaves = _leaves(texts, number, names, assumed)
                    error = _precise_error(texts, leaves, number)
                    if error <= BOUND or _stable(texts, leaves):
                        errors.append(error)
                except (DomainError, ZeroDivisionError, OverflowError) as outside:
                    reason = str(outside)
                except (Mismatch, Unread, TooLong) as wrong:
                    raise NotCertified(str(wrong)) from None
            if len(errors) >= LEAST:
                break
    if errors and max(errors) > BOUND:
        raise NotCertified(f"a relative error of {max(errors):.1g} beside the numeric derivative")
    if len(errors) < LEAST:
        why = f": {reason}" if reason else ""
        raise NotCertified(f"the formula has a value at fewer than {LEAST} of the points tried{why}")
    return Certificate(len(errors), max(errors))


def _precise_error(texts: Texts, leaves: Mapping[str, Quantity], number: int) -> float:
    """Return the error, with more digits where those of the first try were lost: 1 - σ(800) has none of 50."""
    from mpmath import mp

    error = _error(texts, leaves, number)
    for digits in _MORE:
        if error <= BOUND:
            break
        with mp.workdps(digits):
            error = _error(texts, leaves, number)
    return error


def _stable(texts: Texts, leaves: Mapping[str, Quantity]) -> bool:
    """Return whether the result has its digits: the inverse of a matrix that is all but singular has none."""
    from mpmath import mp

    values = []
    for digits in (50, 90):
        with mp.workdps(digits):
            before = (*texts.lets, *texts.definitions)
            values.append(_cells(evaluated(texts.result, before, leaves, texts.plain)))
    scale = max(map(abs, values[1]), default=0)
    return bool(max(abs(real(x) - real(y)) for x, y in zip(*values, strict=True)) <= real(Fraction(1, 10**12)) * scale)


def _numbers() -> list[int]:
    from derive.check.free import SCALES

    return [k for k in range(_TRIES) if SCALES[k % len(SCALES)] not in _FLAT]


def _domains(names: Sequence[str], known: Known) -> list[Known]:
    """Return what is assumed, and where that leaves no values, positive numbers, then numbers between 0 and 1."""
    found = [known]
    for low, high in ((Fraction(0), None), (Fraction(0), Fraction(1))):
        more = {name: _narrowed(known.of(name), low, high) for name in names}
        found.append(replace(known, assumptions={**known.assumptions, **more}))
    return found


def _narrowed(old: Assumption, low: Fraction, high: Fraction | None) -> Assumption:
    if old.low is not None or old.high is not None or old.kinds:
        return old
    return replace(old, low=low, high=high)


def _leaves(texts: Texts, number: int, names: Sequence[str], known: Known) -> dict[str, Quantity]:
    point = Free(number, _with_other_names(known), frozenset())
    found: dict[str, Quantity] = {}
    derived = {name for name, _ in texts.lets}
    for name in (*sorted(known.dimensions), *(name for name in names if name not in derived)):
        value = point.name(_RENAMED.get(name, name))
        if value is None:
            raise NotCertified(f"{name} has no value")
        found[name] = value if name in known.dimensions else _off_grid(value, known.of(name))
    if texts.wrt in derived:  # a name for a part is moved by itself
        at = next(k for k, (name, _) in enumerate(texts.lets) if name == texts.wrt)
        found[texts.wrt] = evaluated(texts.lets[at][1], texts.lets[:at], found, texts.plain)
    return found


def _with_other_names(known: Known) -> Known:
    return replace(
        known,
        assumptions={_RENAMED.get(id, id): x for id, x in known.assumptions.items()},
        shapes={_RENAMED.get(id, id): x for id, x in known.shapes.items()},
    )


def _off_grid(value: Quantity, assumed: Assumption) -> Quantity:
    """Return a value away from the two decimals that kinks like to lie at, if that is allowed."""
    moved = q.mapped(value, lambda x: real(x * _OFF))
    return moved if all(assumed.allows(x * _OFF) for x in _cells(value)) else q.mapped(value, real)


def evaluated(
    tree: s.Tree,
    before: Sequence[tuple[str, s.Tree]],
    values: Mapping[str, Quantity],
    also: Mapping[str, str],
    sizes: Mapping[str, int] | None = None,
) -> Quantity:
    """Return the value of a tree where names have values, those of `before` from their own trees; also: other names."""
    world = _At(dict(values), also, sizes=sizes or {})
    for name, body in before:
        if name in world.values:
            continue
        world.values[name] = Valuation(world, spread=True, most=_WORK).value(body)
    return Valuation(world, spread=True, most=_WORK).value(tree)


@dataclass(slots=True)
class _Moved:
    """The formula as a function of steps along directions of the variable."""

    texts: Texts
    leaves: Mapping[str, Quantity]
    directions: list[Quantity] = field(default_factory=list)

    def at(self, *steps: Any) -> Quantity:
        moved = self.leaves[self.texts.wrt]
        for step, direction in zip(steps, self.directions, strict=False):
            moved = q.plus(moved, q.mapped(direction, lambda x, step=step: real(step * x)))  # type: ignore[misc]
        return evaluated(self.texts.formula, self.texts.lets, {**self.leaves, self.texts.wrt: moved}, self.texts.plain)


def _error(texts: Texts, leaves: Mapping[str, Quantity], number: int) -> float:
    """Return the relative error of the result at one point."""
    rng = random.Random(f"direction {number}")
    like = leaves[texts.wrt]
    directions = [_direction(like, rng, texts.kind == "gradient_sym") for _ in range(2)]
    moved = _Moved(texts, leaves, directions)
    result = evaluated(texts.result, (*texts.lets, *texts.definitions), leaves, texts.plain)
    _read_alike(texts, result, leaves)
    result = q.transposed(result) if texts.transposed else result
    expected, found, size = _CHECKS[texts.kind](moved, result, directions, like)
    return _relative(expected, found, size)


def _read_alike(texts: Texts, result: Quantity, leaves: Mapping[str, Quantity]) -> None:
    """Raise NotCertified where the typeset result has another value than the plain one."""
    if texts.typeset is None:
        return
    t = texts.typeset
    sizes = {read: int(real(leaves[name])) for read, name in t.dimensions.items()}
    found = evaluated(
        t.result, (*texts.lets, *t.definitions), leaves, {**texts.plain, **t.names, **t.dimensions}, sizes
    )
    if q.shape_of(found) != q.shape_of(result):
        raise NotCertified(f"typeset, the result is {q.shape_text(found)}")
    pairs = list(zip(map(real, _cells(found)), map(real, _cells(result)), strict=True))
    size = max(abs(y) for _, y in pairs)
    if max(abs(x - y) for x, y in pairs) > BOUND * size + real(Fraction(1, 10**28)):  # what vanishes leaves a rest
        raise NotCertified("typeset, the result has another value")


def _direction(like: Quantity, rng: random.Random, symmetric: bool) -> Quantity:
    drawn = q.mapped(like, lambda _: Fraction(rng.choice((-1, 1)) * rng.randint(30, 100), 100))
    return q.plus(drawn, q.transposed(drawn)) if symmetric and isinstance(drawn, Grid) else drawn


Compared = tuple[list[Any], list[Any], Any]


def _cells(x: Quantity) -> list[Any]:
    """Return the entries column by column."""
    return [c for column in zip(*x.rows, strict=True) for c in column] if isinstance(x, Grid) else [x]


def _gradient(moved: _Moved, g: Quantity, directions: list[Quantity], like: Quantity) -> Compared:
    if q.shape_of(g) != q.shape_of(like):
        raise NotCertified(f"the gradient is {q.shape_text(g)}, its variable {q.shape_text(like)}")
    slope, size = _slope(moved)
    terms = [x * real(v) for x, v in zip(map(real, _cells(g)), _cells(directions[0]), strict=True)]
    return slope, [sum(terms)], size


def _tied(moved: _Moved, g: Quantity, directions: list[Quantity], like: Quantity) -> Compared:
    """Each pair of entries that move together counts once."""
    if not isinstance(g, Grid):
        return _gradient(moved, g, directions, like)
    slope, size = _slope(moved)
    n = g.shape[0]
    v = directions[0].rows
    terms = [real(g.rows[i][j]) * real(v[i][j]) for i in range(n) for j in range(i, n)]
    return slope, [sum(terms)], size


def _slope(moved: _Moved) -> tuple[list[Any], Any]:
    """Return the derivative along the first direction, and the size of the values it comes from."""
    up, down = (list(map(real, _cells(moved.at(sign * _STEP)))) for sign in (1, -1))
    size = max(map(abs, up))
    return [(u - d) / real(2 * _STEP) for u, d in zip(up, down, strict=True)], size


def _jacobian(moved: _Moved, j: Quantity, directions: list[Quantity], like: Quantity) -> Compared:
    slopes, size = _slope(moved)
    if not isinstance(like, Grid):
        cells = [x * real(directions[0]) for x in map(real, _cells(j))]
        if q.shape_of(j) != q.shape_of(moved.at(0)):
            raise NotCertified("the derivative by a scalar has not the shape of the formula")
        return slopes, cells, size
    return slopes, _times(j, directions[0]), size


def _times(j: Quantity, direction: Quantity) -> list[Any]:
    rows = j.rows if isinstance(j, Grid) else ((j,),)
    v = list(map(real, _cells(direction)))
    if len(rows[0]) != len(v):
        raise NotCertified(f"the Jacobian has {len(rows[0])} columns for {len(v)} entries")
    return [sum(real(x) * y for x, y in zip(row, v, strict=True)) for row in rows]


def _hessian(moved: _Moved, h: Quantity, directions: list[Quantity], like: Quantity) -> Compared:
    """Return u'·H·v from the result, and from second differences (Abramowitz and Stegun 25.3.27)."""
    step = _SECOND_STEP
    corners = [(a * b, real(moved.at(a * step, b * step))) for a in (1, -1) for b in (1, -1)]
    mixed = sum(sign * value for sign, value in corners) / real(4 * step * step)
    u = list(map(real, _cells(directions[0])))
    found = sum(x * y for x, y in zip(u, _times(h, directions[1]), strict=True))
    return [mixed], [found], abs(corners[0][1]) * 10**6


_CHECKS: dict[str, Callable[..., Compared]] = {
    "gradient": _gradient,
    "gradient_sym": _tied,
    "jacobian": _jacobian,
    "hessian": _hessian,
}


def _relative(expected: list[Any], found: list[Any], size: Any) -> float:
    """Return the largest error beside the largest entry; what is below the digits of the differences is no error."""
    if len(expected) != len(found):
        raise NotCertified(f"{len(found)} entries where there should be {len(expected)}")
    scale = max(max(map(abs, expected)), max(map(abs, found)))
    off = max(abs(x - y) for x, y in zip(expected, found, strict=True))
    if off <= (size + 1) * real(Fraction(1, 10**28)) * 1:
        return 0.0
    return float(off / scale)
