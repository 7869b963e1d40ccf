"""`like: NAME` takes over another entry: lines with the same left side replace, other keys are overridden."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from derive.errors import Fault, nearest
from derive.front.entries import Mapping as Entry
from derive.front.entries import Scalar
from derive.front.entries import Value as Given
from derive.problems.line import Line


def ancestry(entry: Entry, others: Mapping[str, Entry]) -> list[Entry]:
    """Return the entries that this one is made of, the oldest first; a Fault for an unknown or circular `like`."""
    chain = [entry]
    while (like := chain[0].get("like")) is not None:
        name = like.text.text.strip() if isinstance(like, Scalar) else ""
        if name not in others:
            raise Fault(f"there is no network `{name}`", like.span, nearest(name, others), expected=", ".join(others))
        if any(others[name] is known for known in chain):
            raise Fault("`like` goes round in a circle", like.span)
        chain.insert(0, others[name])
    return chain


def merged_lines(chain: list[Entry], read: Callable[[Given], list[Line]], written: Iterable[Line] = ()) -> list[Line]:
    """Return the lines of the oldest entry (or those that layers have written) with those of the later ones put in."""
    lines = list(written)
    for part in chain:
        forward = part.get("forward")
        own = read(forward) if forward is not None else []
        lines = _replaced(lines, own) if lines else own
    return lines


def _replaced(lines: list[Line], own: list[Line]) -> list[Line]:
    """Return lines with own ones for those of the same left side; new ones stand before the next replaced one."""
    result, waiting = list(lines), list[Line]()
    for line in own:
        place = next((i for i, old in enumerate(result) if old.id == line.id), None)
        if place is None:
            waiting.append(line)
            continue
        result[place : place + 1] = [*waiting, line]
        waiting = []
    return [*result, *waiting]


def last_given(chain: list[Entry], key: str) -> tuple[Given | None, bool]:
    """Return the value of a key in the latest entry that has it, and whether that is the entry itself."""
    for part in reversed(chain):
        value = part.get(key)
        if value is not None:
            return value, part is chain[-1]
    return None, True
