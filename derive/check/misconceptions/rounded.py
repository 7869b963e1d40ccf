"""Intermediate results that were rounded before they were used."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derive.check.intermediate import digits
from derive.check.misconceptions.edits import bare, everywhere, number
from derive.check.misconceptions.figures import as_shown, cut
from derive.check.misconceptions.record import Change, Example, Misconception, nothing
from derive.check.misconceptions.setting import Setting
from derive.language import surface as s
from derive.ops.primitive import real

_UNIT = {
    "forward": "z = w x, h = \\sigma(z), L = (y - h)^2",
    "data": "x, y",
    "values": "x = 0.63, y = 128, w = 0.25",
}
_ROUGH = (2, 3, 1, 4, 5)  # significant digits that are kept too early
_LONG = 15


def _rough(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield formulas with their quantities rounded before they are used; it is their result that shows it."""
    from mpmath import mp

    if tree is setting.right:
        return
    shown = bare(setting.right)
    for count in _ROUGH:
        if not isinstance(shown, s.Num) or count >= digits(shown.text):
            continue
        moved = everywhere(tree, lambda t, n=count: _rounded(t, n, setting))  # type: ignore[misc]
        value = setting.value(moved) if moved != tree else None
        if value is not None:  # as a number with all its digits: those of the rounded parts are meant as they stand
            yield Change(
                number(mp.nstr(real(value), _LONG, strip_zeros=False, min_fixed=-30, max_fixed=30)), tree, moved
            )


def _rounded(part: s.Tree, count: int, setting: Setting) -> s.Tree | None:
    """Return a quantity with so many significant digits; what the exercise gives stays, and what is shorter."""
    if not isinstance(part, (s.Name, s.Num, s.Partial)):
        return None
    node = setting.node(part)
    value = setting.rounded(count).get(node) if node is not None else setting.value(part)
    if value is None or value == 0 or _given(part, setting) or digits(as_shown(value, "123456")) <= count:
        return part if node is None or value is None else number(as_shown(value, "123456"))
    return number(as_shown(cut(value, count), "123456"))


def _given(part: s.Tree, setting: Setting) -> bool:
    leaves = [node.name for node in setting.facts.graph.leaves()]
    if isinstance(part, s.Num):
        return "." not in part.text or any(abs(setting.point.values[n]) == Fraction(part.text) for n in leaves)
    return setting.node(part) in leaves


ROUNDED = (
    Misconception(
        "premature-rounding",
        "Rounded too early",
        "The intermediate results were rounded before they were used, and the error has grown on the way. Carry at "
        "least two digits more than the answer shows, and round once, at the end.",
        "it is {wrong}, where a number was rounded too early",
        Example(_UNIT, "L = (y - h)^2 = 16246.1", "L = (y - h)^2 = 16246.2"),
        _rough,
        nothing,
    ),
)
