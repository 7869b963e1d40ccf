r"""`x = 1, \omega_0 = \omega_1 = 0.5, w_1, ..., w_8 = 0.1, 0.2, …`: names and what they are set to."""

from __future__ import annotations

import re

from derive.errors import Fault
from derive.front.entries import Mapping, Value
from derive.front.lines import entries, items
from derive.front.ranges import expand, is_dots
from derive.source import Slice

_PART = re.compile(r"(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<equal>:?(?<![<>!=])=(?!=))|\\.|[^\\(){}\[\]=:]+|.", re.S)
_NUMBER = re.compile(r"[+-]?\.?\d")

Assignment = tuple[list[Slice], Slice]


def assignments(value: Value | Slice) -> list[Assignment]:
    r"""Return what is set: names and one value each time.

    `a = b = 1` are several names of one value, `a, b = 1, 2` and `w_1, ..., w_8 = …` one value for each name. A
    Fault tells of counts that differ, of an item without `=`, and of a decimal comma.
    """
    listed = entries(value)
    if isinstance(value, Mapping):  # an entry may hold a comma: `x: 0,5`
        listed = [item for entry in listed for item in items(entry)]
    pieces = [_split(item) for item in listed]
    out: list[Assignment] = []
    at = 0
    while at < len(pieces):
        equation = next((index for index in range(at, len(pieces)) if len(pieces[index]) > 1), len(pieces))
        bare = [piece[0] for piece in pieces[at:equation]]
        stray = next((item for item in bare if _NUMBER.match(item.text)), None)
        if stray is not None or equation == len(pieces):
            raise _without_equal(stray or bare[0], out)
        at = equation + 1
        if not bare:
            out.append((pieces[equation][:-1], pieces[equation][-1]))
            continue
        values = [pieces[equation][-1]]
        while at < len(pieces) and len(pieces[at]) == 1:
            values.append(pieces[at][0])
            at += 1
        at -= _pair(_names(bare, pieces[equation]), values, at < len(pieces), out)
    return out


def _names(bare: list[Slice], equation: list[Slice]) -> list[Slice]:
    if len(equation) > 2:
        fix = f"{' = '.join(item.text for item in bare)} = {equation[0].text} = …"
        raise Fault("several names stand before one of several `=`", equation[0].span(), fix=fix)
    return expand([*bare, equation[0]])


def _pair(names: list[Slice], values: list[Slice], more: bool, out: list[Assignment]) -> int:
    """Add a name and its value each time; return how many of the values are names of the next assignment."""
    left = len(values) - len(names)
    following = values[len(names) :]
    if left < 0 or (left and (not more or any(_NUMBER.match(item.text) for item in following))):
        chain = " = ".join(item.text for item in [*names, values[0]])
        fix = chain if len(values) == 1 and len(names) < 9 else ""
        counts = f"{len(names)} names and {len(values)} value{'s' * (len(values) != 1)}"
        raise Fault(counts, names[0].span(), expected="one value for each name", fix=fix)
    dots = next((item for item in values[: len(names)] if is_dots(item)), None)
    if dots is not None:
        raise Fault("dots stand between names, not between values", dots.span(), expected="every value")
    out += [([name], value) for name, value in zip(names, values, strict=False)]
    return left


def _split(item: Slice) -> list[Slice]:
    """Return the sides of an item, parted at each `=` outside brackets."""
    sides, start, depth = [], 0, 0
    for match in _PART.finditer(item.text):
        depth = max(0, depth + (match.lastgroup == "open") - (match.lastgroup == "close"))
        if match.lastgroup == "equal" and depth == 0:
            sides.append(item.cut(start, match.start()))
            start = match.end()
    sides.append(item.cut(start, len(item.text)))
    empty = next((index for index, side in enumerate(sides) if not side.text), None)
    if empty is not None:
        raise Fault(f"nothing stands {'before' if empty == 0 else 'after'} this `=`", item.span(), expected="`x = 1`")
    return sides


def _without_equal(item: Slice, before: list[Assignment]) -> Fault:
    names, value = before[-1] if before else ([], None)
    if value is not None and item.text[:1].isdigit() and value.text[-1:].isdigit():
        return Fault(
            f"`{item.text}` has no `=`",
            item.span(),
            expected=f"a point, `{value.text}.{item.text}`, or as mathematics `{value.text}{{,}}{item.text}`",
            reason="a comma parts two items; a decimal comma is read as that",
            fix=f"{names[-1].text} = {value.text}.{item.text}",
            change=(item.source.text[value.start : item.span().end], f"{value.text}.{item.text}"),
        )
    name, colon, rest = item.text.partition(":")
    fix = f"{name.strip()} = {rest.strip()}" if colon else ""
    return Fault(f"`{item.text}` has no `=`", item.span(), expected="`x = 1, y = 2`", fix=fix)
