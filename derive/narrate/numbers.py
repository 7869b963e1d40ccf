"""Numbers in chains: a formula with its values put in, then worked out from the inside."""

from __future__ import annotations

from collections.abc import Sequence

from derive.document import Inline, Link, Math
from derive.errors import Fault
from derive.expr import Apply, Expr, Number, Partial, Ref, Value, rebuild
from derive.notation import Notation, shown
from derive.numeric import precisely, value
from derive.ops.primitive import real
from derive.problems.network import Network, State

_OPERATORS = ("add", "mul", "neg", "div", "pow")


def value_of(x: Value, notation: Notation, at_least: int | None = None) -> str:
    """Return a number as it stands in a sentence or a table."""
    return shown(x, notation, at_least)[0].text


def result(x: Value, notation: Notation, at_least: int | None = None, rough: bool = False) -> Link:
    """Return the end of a numeric chain: `= 0.375` where that is all of it, `≈ 0.594` where it was rounded.

    rough: x itself is already a rounded number.
    """
    number, exact = shown(x, notation, at_least)
    return Link("=" if exact and not rough else r"\approx", number.text)


def enumeration(formulas: Sequence[str]) -> tuple[Inline, ...]:
    """Return formulas as a list in a sentence: a, b and c."""
    words: list[Inline] = []
    for i, f in enumerate(formulas):
        if i:
            words.append(" and " if i == len(formulas) - 1 else ", ")
        words.append(Math(f))
    return tuple(words)


def evaluated(network: Network, formula: Expr, state: State) -> list[Link]:
    """Return `= formula with numbers`, and where a function is applied to a sum or product `= function of its value`.

    Each is held against the true value before it is returned.
    """
    if isinstance(formula, (Number, Ref, Partial)):
        return []
    numbers = _put_in(formula, network, state)
    inner = _worked_out(numbers, network)
    links = []
    shown_before = network.writer().latex(formula)
    for e in (numbers, inner):
        _check(e, formula, network, state)
        latex = network.writer().latex(e)
        if latex != shown_before and not isinstance(e, Number):
            links.append(Link(_relation(e, network), latex))
            shown_before = latex
    return links


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


def _worked_out(e: Expr, network: Network) -> Expr:
    """Return e with the arguments of its functions computed: σ(0.25 · 0.63) becomes σ(0.1575)."""
    if not isinstance(e, Apply):
        return e
    if e.op in _OPERATORS:
        return Apply(e.op, tuple(_worked_out(a, network) for a in e.args))
    with precisely():
        args = [value(a, {}, network.notation.relu_at_0) for a in e.args]
    return Apply(
        e.op,
        tuple(a if isinstance(a, Number) else shown(v, network.notation)[0] for a, v in zip(e.args, args, strict=True)),
    )


def _relation(e: Expr, network: Network) -> str:
    """Return "=" if every number shown in e is exact, else "≈"."""
    from derive.expr import parts

    for p in parts(e):
        if isinstance(p, Number) and p.text and not _is_exact(p, network):
            return r"\approx"
    return "="


def _is_exact(number: Number, network: Network) -> bool:
    again, exact = shown(number.value, network.notation)
    return exact or again.text != number.text


def _check(e: Expr, formula: Expr, network: Network, state: State) -> None:
    with precisely():
        ours = real(value(e, {}, network.notation.relu_at_0))
        truth = real(value(formula, state.values, network.notation.relu_at_0, lambda q: state.adjoints[q.wrt]))
    if abs(ours - truth) > real(abs(truth)) * 1e-30 + 1e-40:
        raise Fault("a substitution does not have the value of its formula; nothing was written")
