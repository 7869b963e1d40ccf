"""Sums and products over indices."""

from __future__ import annotations

from derive.language import surface as s
from derive.language.reader import Reader
from derive.language.scripts import argument


def big(r: Reader) -> s.Tree:
    """Read \\sum or \\prod: the body goes on to the next + or - or relation."""
    sign = r.take()
    indices: tuple[str, ...] = ()
    lower = upper = None
    while r.sees("_", "^"):
        token = r.take()
        if token.text == "_" and not indices:
            indices, lower = _range(r)
        elif token.text == "^" and upper is None:
            upper = argument(r)
        else:
            raise r.fault_at(token, f"a second limit of \\{sign.text}")
    start = r.tokens[r.i].start
    minus = r.sees("-") and bool(r.take())
    r.deeper(1)
    body = r.product()
    r.level -= 1
    body = s.Neg((start, r.end), body) if minus else body
    return s.BigSum((sign.start, r.end), body, indices, lower, upper, sign.text == "prod")


def _range(r: Reader) -> tuple[tuple[str, ...], s.Tree | None]:
    """Read what stands below the sign: `i`, `i = 1` or `i, j`."""
    if not r.sees("{"):
        name = argument(r)
        if not isinstance(name, s.Name):
            raise r.fault("an index is missing", name.at[0], name.at[1], expected="a name such as i")
        return (name.id,), None
    opening, closing = r.i, r.closers[r.i]
    r.take()
    indices: list[str] = []
    lower = None
    while r.i < closing:
        name = r.factor()
        if not isinstance(name, s.Name):
            raise r.fault("an index is missing", name.at[0], name.at[1], expected="a name such as i")
        indices.append(name.id)
        if r.sees(","):
            r.take()
        elif r.tokens[r.i].text == "=":
            r.take()
            lower = r.expression()
            break
        elif not r.starts():
            break
    if r.i != closing or not indices:
        start, end = r.tokens[opening].start, r.tokens[closing].end
        raise r.fault("this range of an index is not read", start, end, expected="i, i = 1 or i, j")
    r.take()
    return tuple(indices), lower
