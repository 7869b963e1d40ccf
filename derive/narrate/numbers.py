"""Numbers in chains: a formula with its values put in, then worked out from the inside."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from derive.document import Inline, Link, Math
from derive.errors import Fault
from derive.expr import Apply, Expr, Number, Partial, Ref, Value, parts, rebuild
from derive.notation import Notation, show, shown
from derive.numeric import precisely, value
from derive.ops import DomainError
from derive.ops.primitive import real
from derive.problems.network import Network, State

_OPERATORS = ("add", "mul", "neg", "div", "pow")


def value_of(x: Value, notation: Notation, at_least: int | None = None) -> str:
    """Return a number as it stands in a sentence or a table."""
    return shown(x, notation, at_least)[0].text


def enumeration(formulas: Sequence[str]) -> tuple[Inline, ...]:
    """Return formulas as a list in a sentence: a, b and c."""
    words: list[Inline] = []
    for i, f in enumerate(formulas):
        if i:
            words.append(" and " if i == len(formulas) - 1 else ", ")
        words.append(Math(f))
    return tuple(words)


def worked_out(
    network: Network, formula: Expr, state: State, end: Value, at_least: int | None = None, rough: bool = False
) -> list[Link]:
    """Return what follows a formula: with its numbers put in, with the arguments of functions computed, the result.

    A sign between two sides is "=" only where the digits shown make it true, else "≈". Each side is held
    against the value of the formula before it is returned. `rough`: the result is itself a rounded number.
    """
    links: list[Link] = []
    before: Expr | None = None
    for side in _sides(network, formula, state):
        _check(side, formula, network, state)
        equal = _same(before, side, network) if before is not None else _all_shown(side, network)
        links.append(Link("=" if equal else r"\approx", network.writer().latex(side)))
        before = side
    number, whole = shown(end, network.notation, at_least)
    printed = Number(_meant(number, network, at_least))
    equal = _same(before, printed, network) if before is not None else whole and not rough
    return [*links, Link("=" if equal else r"\approx", number.text)]


def _sides(network: Network, formula: Expr, state: State) -> list[Expr]:
    """Return a formula with its numbers, and with the arguments of its functions computed; each that looks new."""
    if isinstance(formula, (Number, Ref, Partial)):
        return []
    numbers = _put_in(formula, network, state)
    looks = [network.writer().latex(formula)]
    sides = []
    for side in (numbers, _arguments_computed(numbers, network)):
        latex = network.writer().latex(side)
        if latex not in looks and not isinstance(side, Number):
            looks.append(latex)
            sides.append(side)
    return sides


def _meant(number: Number, network: Network, at_least: int | None = None) -> Value:
    """Return the number that the digits shown stand for."""
    text, meant = show(number.value, network.notation, at_least)
    return meant if text == number.text else number.value


def _same(left: Expr, right: Expr, network: Network) -> bool:
    """Return whether two sides are equal as they are printed.

    Exact numbers are compared as such. Others agree to 50 digits also where a saturated unit hides a difference, so
    there all digits must be shown too, and no such number equals one that is written out.
    """
    a, b = _literal(left, network), _literal(right, network)
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a == b
    if a is None or b is None or isinstance(a, Fraction) or isinstance(b, Fraction):
        return False
    return bool(a == b) and _all_shown(left, network) and _all_shown(right, network)


def _literal(side: Expr, network: Network) -> Value:
    """Return the value of a side as it is printed, with the digits that are shown."""
    printed = rebuild(side, lambda x: Number(_meant(x, network)) if isinstance(x, Number) and x.text else x)
    with precisely():
        try:
            return value(printed, {}, network.notation.relu_at_0)
        except DomainError:  # 1 − 1.000 below a logarithm
            return None


def _all_shown(side: Expr, network: Network) -> bool:
    """Return whether every number in a side shows all of its digits."""
    return all(not isinstance(p, Number) or not p.text or _meant(p, network) == p.value for p in parts(side))


def _put_in(e: Expr, network: Network, state: State) -> Expr:
    def leaf(x: Expr) -> Expr:
        if isinstance(x, Ref):
            return shown(state.values[x.name], network.notation)[0]
        if isinstance(x, Partial):
            return shown(state.adjoints[x.wrt], network.notation)[0]
        return x

    return rebuild(_taken(e, network, state), leaf)


def _taken(e: Expr, network: Network, state: State) -> Expr:
    """Return e with only those branches of cases that are taken at these values."""
    if not isinstance(e, Apply):
        return e
    if e.op == "branch":
        with precisely():
            holds = value(e.args[0], state.values, network.notation.relu_at_0) > 0
        return _taken(e.args[1 if holds else 2], network, state)
    return Apply(e.op, tuple(_taken(a, network, state) for a in e.args))


def _arguments_computed(e: Expr, network: Network) -> Expr:
    """Return e with the arguments of its functions computed: σ(0.25 · 0.63) becomes σ(0.1575)."""
    if not isinstance(e, Apply):
        return e
    if e.op in _OPERATORS:
        return Apply(e.op, tuple(_arguments_computed(a, network) for a in e.args))
    with precisely():
        args = [value(a, {}, network.notation.relu_at_0) for a in e.args]
    return Apply(
        e.op,
        tuple(a if isinstance(a, Number) else shown(v, network.notation)[0] for a, v in zip(e.args, args, strict=True)),
    )


def _check(e: Expr, formula: Expr, network: Network, state: State) -> None:
    with precisely():
        ours = real(value(e, {}, network.notation.relu_at_0))
        truth = real(value(formula, state.values, network.notation.relu_at_0, lambda q: state.adjoints[q.wrt]))
    if abs(ours - truth) > real(abs(truth)) * 1e-30 + 1e-40:
        raise Fault("a substitution does not have the value of its formula; nothing was written")
