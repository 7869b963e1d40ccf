r"""Extrema beside a formula, `\max_z \sigma'(z) = 1/4`, and bounds, `\sigma'(z) \le 1/4`: is there a larger value?

Right is only what was found attained with nothing larger over many scales; what is only a limit needs `\sup`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from derive.check.bench import Bench, Verdict, constant
from derive.check.extremum_forms import is_extremum
from derive.check.quantities import Grid, Mismatch, Quantity
from derive.check.rounding import within
from derive.check.search import Peak, largest
from derive.check.value import Valuation
from derive.check.work import TooLong, Unread
from derive.expr import Ref
from derive.language import surface as s
from derive.language.meaning import OPEN
from derive.language.occurrences import quantities
from derive.language.walk import walk
from derive.numeric import precisely
from derive.ops import PRIMITIVES, SPELLINGS, DomainError
from derive.ops.primitive import real

_NEAR = 100  # larger numbers in a formula may hide what happens around them
_NOISE, _BEYOND = Fraction(1, 10**18), Fraction(1, 10**45)
_EXACT = Fraction(1, 10**30)  # what was found is never quite exact
_DIGITS = 12  # of a number
_COUNTED = 12  # numbers of a formula that are looked around
_WAVES = ("sin", "cos", "tan")
_MISSING = (Unread, TooLong, Mismatch, DomainError, OverflowError, ValueError, ZeroDivisionError)


@dataclass(frozen=True, slots=True)
class Extreme:
    """An extremum that has been looked for: of `body` over a name, with the sign that makes it a largest value."""

    body: s.Tree
    over: str
    sign: int
    peak: Peak
    certain: bool

    @property
    def value(self) -> Any:
        return self.sign * self.peak.value


def extreme(left: s.Tree, right: s.Tree, approximate: bool, bench: Bench) -> tuple[Verdict, Extreme | None] | None:
    """Return the verdict on an extremum that is a number, and the extremum; None where no side is one."""
    if not is_extremum(left) and is_extremum(right):
        left, right = right, left
    if not (isinstance(left, s.Call) and is_extremum(left)):
        return None
    if not constant(right):
        return Verdict("undecided", "an extremum that is no number"), None
    try:
        with precisely():
            found = _found(left, bench)
            if found is None:
                return Verdict("undecided", "the extremum was not found"), None
            claimed = bench.world(bench.subject.points[0]).valuation().value(right)
            if left.fn.startswith("arg"):
                return _place(claimed, right, approximate, found), found
            return _value(left.fn, claimed, right, approximate, found), found
    except _MISSING as missing:
        return Verdict("undecided", f"the extremum was not found: {missing}"), None


def attains(value: s.Tree, found: Extreme, bench: Bench) -> Verdict:
    """Return the verdict on `at z = …` behind an extremum."""
    try:
        with precisely():
            there = bench.world(bench.subject.points[0]).valuation().value(value)
            if isinstance(there, Grid):
                return Verdict("undecided", "a matrix is no place")
            return _place(there, value, False, found)
    except _MISSING as missing:
        return Verdict("undecided", str(missing))


def bounded_everywhere(body: s.Tree, bound: s.Tree, above: bool, strict: bool, bench: Bench) -> bool | None:
    """Return whether a formula of one name stays below (`above`: not above) a number for all values of that name.

    None where that is not known: it has more names, or its extremum was not found for certain.
    """
    over = _only_name(body)
    if over is None:
        return None
    try:
        with precisely():
            call = s.Call(body.at, "max" if above else "min", (body,), base=over)
            found, limit = _found(call, bench), bench.world(bench.subject.points[0]).valuation().value(bound)
            if found is None or isinstance(limit, Grid):
                return None
            off = found.sign * (real(found.value) - real(limit))
            touches = abs(off) <= real(_NOISE) * (1 + abs(real(limit)))
            if off > real(_BEYOND) * (1 + abs(real(limit))) or (strict and touches and found.peak.attained):
                return False
            return True if found.certain and not any(_hides(part) for part in walk(bound)) else None
    except _MISSING:
        return None


def _only_name(body: s.Tree) -> s.Name | None:
    names = {id: name for id, name in quantities(body) if id not in ("e", "pi", "infty")}
    (name,) = names.values() if len(names) == 1 else (None,)
    return name if isinstance(name, s.Name) else None


def _found(call: s.Call, bench: Bench) -> Extreme | None:
    """Return the extremum of a formula of one name; one of several names depends on the others."""
    (body,), over = call.args, call.base
    only = _only_name(body)
    if not isinstance(over, s.Name) or only is None or only.id != over.id:
        raise Unread("it depends on more than one name, or on another one", call.at)
    if any(isinstance(part, (s.Partial, s.Nabla, s.BigSum, s.EvalAt)) or is_extremum(part) for part in walk(body)):
        raise Unread("the extremum of this is not looked for", body.at)
    _known_functions(body, bench)
    numbers = {abs(Fraction(n.text)) for n in walk(body) if isinstance(n, s.Num) and len(n.text) < 30}
    sign = 1 if call.fn in ("max", "sup", "argmax") else -1
    peak = largest(_function(body, over.id, sign, bench), sorted(numbers)[:_COUNTED])
    near = all(x <= _NEAR for x in numbers) and len(numbers) <= _COUNTED
    bars = sum(isinstance(part, s.Bars) for part in walk(body))
    certain = near and bars < 2 and not any(_hides(part) for part in walk(body))
    return None if peak is None else Extreme(body, over.id, sign, peak, certain)


def _known_functions(body: s.Tree, bench: Bench) -> None:
    """Raise Unread at a function that may be any, or that depends on more than the name."""
    functions = bench.subject.network.functions
    for part in walk(body):
        if not isinstance(part, s.Call) or part.fn in SPELLINGS:
            continue
        named = functions.get(part.fn)
        if named is not None and named.op != OPEN:
            continue
        if _reads_arguments(part.fn, bench):
            continue
        parameters, own = bench.functions.get(part.fn, ((), None))
        if own is None or {id for id, _ in quantities(own)} - {"e", "pi"} - set(parameters):
            raise Unread(f"{part.fn} may be any function", part.at)
        _known_functions(own, bench)


def _reads_arguments(fn: str, bench: Bench) -> bool:
    """Return whether a function is a line of the network that reads nothing but what it is written with."""
    node = bench.subject.plain(fn)
    if node is None or not bench.subject.is_line(node):
        return False
    return set(bench.subject.reads(node)) == set(bench.subject.parameters(node) or ())


def _hides(part: s.Tree) -> bool:
    """Return whether a part may have a place that is missed: it goes up and down, or bends somewhere else than at 0.

    A tiny number may be all that a value differs by.
    """
    if isinstance(part, (s.Cases, s.Indicator)) or (isinstance(part, s.Num) and len(part.text) > _DIGITS):
        return True
    if isinstance(part, s.Pow) and constant(part) and isinstance(part.exponent, s.Neg):
        return True
    if not isinstance(part, s.Call) or part.fn not in SPELLINGS:
        return False
    bent = bool(
        PRIMITIVES[SPELLINGS[part.fn]].kinks(*(Ref(str(i)) for i in range(PRIMITIVES[SPELLINGS[part.fn]].arity)))
    )
    return part.fn in _WAVES or (bent and not isinstance(part.args[0], s.Name))


def _function(body: s.Tree, over: str, sign: int, bench: Bench) -> Callable[[Fraction], Any]:
    point = bench.subject.points[0]
    # A name that is moved stands for any number, also where the network has one of that name.
    free = replace(bench, numbers={}, aliases={}, own={id: tree for id, tree in bench.own.items() if id != over})

    def at(x: Fraction) -> Any:
        world = free.world(point)
        world.numbers = {over: x}
        found = Valuation(world).value(body)
        if isinstance(found, Grid):
            raise Mismatch("a matrix has no largest value")
        return sign * found

    return at


def _value(kind: str, claimed: Quantity, written: s.Tree, approximate: bool, found: Extreme) -> Verdict:
    if within(found.value, claimed, written, approximate, _EXACT, real(_NOISE)):
        if not found.certain:
            return Verdict("undecided", "nothing larger was found, but it may be missed")
        if found.peak.attained or kind in ("sup", "inf"):
            return Verdict("correct")
        return Verdict("undecided", "it comes as near as one likes, but was not found to be attained")
    if isinstance(claimed, Grid):
        return Verdict("mismatched", "a matrix is no extremum of numbers")
    beyond = found.sign * (real(found.value) - real(claimed)) > 0
    if beyond or (found.certain and found.peak.attained):
        return Verdict("wrong", truth=found.value if found.peak.attained else None)
    return Verdict("undecided", "the extremum was not found for certain")


def _place(claimed: Quantity, written: s.Tree, approximate: bool, found: Extreme) -> Verdict:
    """Return the verdict on where an extremum is attained."""
    if not found.certain or not found.peak.attained or isinstance(claimed, Grid):
        return Verdict("undecided", "where it is attained was not found for certain")
    near = real(Fraction(1, 10**8))
    fits = [x for x in found.peak.places if within(x, claimed, written, approximate, near, Fraction(0))]
    apart = max(found.peak.places) - min(found.peak.places)
    if apart > Fraction(1, 10**6):
        return Verdict("undecided", "it is attained at more than one place")
    return Verdict("correct") if fits else Verdict("wrong", truth=found.peak.places[0].limit_denominator(10**6))
