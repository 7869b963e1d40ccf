r"""One formula on several lines, as in a frame: \begin{aligned} & a \\ & \quad {} + b \end{aligned} is a + b."""

from __future__ import annotations

import re

_WHOLE = re.compile(r"\\begin\{aligned\}\s*&?(?P<inside>.*)\\end\{aligned\}", re.S)
_END = re.compile(
    r"\\\\(?:\[[^]]*\])?\s*&\s*(?:\\quad\s*)?(?:\{\}|\\text\{\})?\s*(?=[-+]|\\(?:cdot|odot|oslash|times)\b)"
)


def continued(text: str, start: int, stop: int) -> list[tuple[int, int]]:
    """Return the places of what only lays out a part of a text; [] where it is not one formula on several lines.

    A line that does not begin with a sign may be a formula of its own.
    """
    whole = _WHOLE.fullmatch(text, start, stop)
    if whole is None or re.search(r"\\(?:begin|end)\b|(?<!\\)[=<>]|\\(?:approx|leq?|geq?)\b", whole["inside"]):
        return []
    first, last = whole.span("inside")
    ends = [found.span() for found in _END.finditer(text, first, last)]
    left = re.split(r"(?<!\\)&|\\\\", _END.sub("", whole["inside"]))
    return [(start, first), *ends, (last, stop)] if len(left) == 1 else []
