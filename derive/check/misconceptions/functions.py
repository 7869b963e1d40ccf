"""Mistakes inside the loss: the logarithm and its base, the square."""

from __future__ import annotations

from collections.abc import Iterator

from derive.check.misconceptions.edits import number, spots
from derive.check.misconceptions.record import Change, Example, Misconception, nothing
from derive.check.misconceptions.setting import Setting
from derive.language import surface as s

_LOGS = {
    "forward": "q = \\sigma(w x), L = -\\log q",
    "data": "x",
    "values": "x = 0.7, w = 0.4",
}
_SQUARE = {"forward": "q = w x, L = (q - y)^2", "data": "x, y", "values": "x = 0.7, y = 3, w = 0.4"}
_BASES = ("10", "2")


def _other_base(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield one logarithm, then all of them, to another base."""
    logs = [(part, put) for part, put in spots(tree) if _is_log(part)]
    for base in _BASES:
        for part, put in logs:
            assert isinstance(part, s.Call)
            other = _to_base(part, base)
            yield Change(put(other), part, other)
        if len(logs) > 1:
            part = logs[0][0]
            assert isinstance(part, s.Call)
            yield Change(_all_to_base(tree, base), part, _to_base(part, base))


def _all_to_base(tree: s.Tree, base: str) -> s.Tree:
    from derive.language.unfold import rebuilt

    inner = rebuilt(tree, lambda part: _all_to_base(part, base))
    return _to_base(inner, base) if isinstance(inner, s.Call) and _is_log(inner) else inner


def _is_log(part: s.Tree) -> bool:
    return isinstance(part, s.Call) and part.fn in ("log", "ln") and part.base is None and not part.primes


def _to_base(part: s.Call, base: str) -> s.Call:
    return s.Call(part.at, "log", part.args, 0, number(base))


def _natural(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    for part, put in spots(tree):
        if isinstance(part, s.Call) and part.fn in ("log", "ln"):
            for base in (None, *(number(b) for b in _BASES)):
                other = s.Call(part.at, "log" if base is not None else "ln", part.args, 0, base)
                yield Change(put(other), other, part)


def _without_log(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    for part, put in spots(tree):
        if isinstance(part, s.Call) and part.fn in ("log", "ln"):
            yield Change(put(part.args[0]), part, part.args[0])


def _without_square(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    for part, put in spots(tree):
        match part:
            case s.Pow(base=base, exponent=s.Num(text="2")) | s.Bars(body=base):
                yield Change(put(base), part, base)


def _squared(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    for part, put in spots(tree):
        if isinstance(part, s.Add):
            for other in (s.Pow(part.at, part, number("2")), s.Bars(part.at, part)):
                yield Change(put(other), other, part)


FUNCTIONS = (
    Misconception(
        "log-base",
        "A logarithm to another base",
        "In a loss, log means the natural logarithm unless something else is said; its derivative 1/x holds for that "
        "base alone. Pocket calculators have ln for it, and log for base 10.",
        "the logarithm is {right}, not {wrong}",
        Example(_LOGS, r"L = -\log_{10} q", r"L = -\log q"),
        _other_base,
        _natural,
    ),
    Misconception(
        "log-missing",
        "The logarithm is missing",
        "The cross-entropy takes the logarithm of the predicted probability, not the probability itself. Without it "
        "the loss of a certain mistake would stay finite.",
        "{wrong} stands where {right} belongs",
        Example(_LOGS, r"L = -q", r"L = -\log q"),
        _without_log,
        nothing,
    ),
    Misconception(
        "square-missing",
        "The square or the absolute value is missing",
        "A loss measures how far off the prediction is, in either direction, so the difference is squared or its sign "
        "taken away before it counts. Without that, errors in two directions would cancel.",
        "{wrong} stands where {right} belongs",
        Example(_SQUARE, "L = q - y", "L = (q - y)^2"),
        _without_square,
        _squared,
    ),
)
