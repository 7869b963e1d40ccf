"""A network run several times: what is varied, and the values of its nodes after so many steps of its update."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from derive.errors import Fault
from derive.expr import Value
from derive.front.lines import items
from derive.narrate.blocks import Ask
from derive.numeric import evaluate
from derive.ops.cancellation import enough_digits
from derive.ops.primitive import real
from derive.problems.network import Network, State
from derive.problems.values import read_number
from derive.source import Slice, of_text

MOST_STEPS = 1000
_DIVERGED = 10**100  # no loss of a report comes back from there
_DIGITS = 1500  # of a whole run


@dataclass(frozen=True, slots=True)
class Varied:
    """What is set to each of the values: leaves and the learning rate (`rate`); name as set, and as said."""

    leaves: tuple[str, ...]
    rate: bool
    latex: str
    said: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One run: number of steps → the value of every node, None once the leaves have grown beyond all bounds."""

    value: Value
    after: Mapping[int, Mapping[str, Value] | None]


def varied(network: Network, ask: Ask, what: str, values: str) -> Varied:
    """Return what `what` names, `w_1 = w_2` or the learning rate, with the numbers that are listed in `values`."""
    _ = network.updated
    assert network.update is not None
    rate = (network.update.latex, network.update.symbol)
    words = [word.strip() for word in what.split("=")]
    names = [rate[1] if word in rate else network.find(word, ask.span) for word in words]
    leaves = tuple(name for name in names if name != rate[1])
    for leaf in leaves:
        if leaf not in network.given:
            title = f"{network.graph[leaf].spelled} is computed by a line and cannot be varied"
            raise Fault(title, ask.span, expected="a leaf or the learning rate")
    latex = " = ".join(rate[0] if name == rate[1] else network.graph[name].latex for name in names)
    numbers = tuple(read_number(item) for item in items(_text(values, ask)))
    if len(leaves) < len(names):
        _not_negative(numbers, ask)
    return Varied(leaves, len(leaves) < len(names), latex, " = ".join(names), numbers)


def own_rate(network: Network, ask: Ask) -> Varied:
    """Return the learning rate with its own value alone, or that of the option `rate`."""
    _ = network.updated
    assert network.update is not None
    return Varied((), True, network.update.latex, network.update.symbol, (_usual(network, ask),))


def runs(network: Network, ask: Ask, what: Varied, wanted: Collection[int]) -> list[Run]:
    """Return a run for each value, with the nodes after each of the wanted numbers of steps."""
    found, usual = [], _usual(network, ask)
    for number in what.values:
        leaves = {**network.given, **dict.fromkeys(what.leaves, number)}
        found.append(Run(number, _after(network, leaves, number if what.rate else usual, wanted)))
    return found


def counts(ask: Ask, usual: int = 1) -> list[int]:
    """Return the numbers of steps that the option `steps` asks for."""
    given = str(ask.options.get("steps", usual)).split(",")
    steps = [int(s) for s in given if s.strip().isascii() and s.strip().isdigit() and len(s.strip()) < 6]
    if len(steps) < len(given) or any(not 1 <= s <= MOST_STEPS for s in steps):
        expected = f'steps="1, 10" with at most {MOST_STEPS}'
        raise Fault("`steps` is a number of steps, or several", ask.span, expected=expected)
    return sorted(set(steps))


def _after(
    network: Network, leaves: dict[str, Value], rate: Value, wanted: Collection[int]
) -> dict[int, Mapping[str, Value] | None]:
    """Return the nodes after each of the wanted steps, all computed with digits enough for the last one."""
    return enough_digits(lambda: _run(network, leaves, rate, wanted), _DIGITS)


def _run(
    network: Network, leaves: dict[str, Value], rate: Value, wanted: Collection[int]
) -> dict[int, Mapping[str, Value] | None]:
    now: dict[str, Value] | None = leaves
    found: dict[int, Mapping[str, Value] | None] = {}
    last = max(wanted)
    for step in range(last + 1):
        state = network.passes(now) if now is not None and step < last else None
        if step in wanted:
            found[step] = state.values if state is not None else _values(network, now)
        if step < last:
            now = _next(network, state, rate)
    return found


def _values(network: Network, leaves: dict[str, Value] | None) -> Mapping[str, Value] | None:
    return evaluate(network.graph, leaves, network.notation)[0] if leaves is not None else None


def _next(network: Network, state: State | None, rate: Value) -> dict[str, Value] | None:
    """Return the leaves after a step, None once they have grown beyond all bounds."""
    if state is None:
        return None
    new = network.stepped(state, rate)
    if not all(abs(v) <= _DIVERGED for v in new.values()):
        return None
    # Exact fractions double their length with every step of a nonlinear loss.
    return {k: real(v) if _long(v) else v for k, v in new.items()}


def _long(x: Value) -> bool:
    return isinstance(x, Fraction) and x.numerator.bit_length() + x.denominator.bit_length() > 128


def _usual(network: Network, ask: Ask) -> Value:
    """Return the learning rate where it is not varied."""
    assert network.update is not None
    given = ask.options.get("rate")
    usual = network.update.rate if given is None else read_number(_text(str(given), ask))
    _not_negative((usual,), ask)
    return usual


def _not_negative(rates: Collection[Value], ask: Ask) -> None:
    if any(rate < 0 for rate in rates):
        raise Fault("a learning rate cannot be negative", ask.span)


def _text(text: str, ask: Ask) -> Slice:
    return Slice(ask.span.source, ask.span.start, text) if ask.span else of_text(text)
