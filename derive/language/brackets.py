"""Brackets: groups, sequences, bars, evaluations, indicators."""

from __future__ import annotations

from derive.language import surface as s
from derive.language.reader import Reader
from derive.language.scripts import subscript

_KINDS = {"(": "tuple", "[": "list", "\\{": "set", "(.": "tuple"}
_HALVES = {"|<": ("|>", ".)"), "||<": ("||>", ".)"), "|": ("|",), "||": ("||",)}


def group(r: Reader) -> s.Tree:
    """Read brackets: what is in them, or a Seq if it holds commas; `\\left. f \\right|_{x = a}` is an evaluation."""
    opening = r.i
    token = r.tokens[opening]
    if opening in r.parsed:
        tree, r.i = r.parsed[opening]
        r.end = r.tokens[r.i - 1].end
        return tree
    items = r.items(opening)
    closing = r.tokens[r.i - 1]
    if token.text == "(." and closing.text == "|>":
        if len(items) > 1 or not r.sees("_"):
            raise r.fault_at(closing, "where is this evaluated?", expected="\\right|_{x = a}")
        return evaluation(r, items[0], token.start)
    row = token.text == "[" and len(items) == 1 and _is_row(items[0], token.end, closing.start)
    if len(items) == 1 and token.text != "\\{" and not row:
        return items[0]
    if token.text == "\\{" and closing.text == ".)" and len(items) == 1 and isinstance(items[0], s.Cases):
        return items[0]
    if r.sees("_") and holds_points(r):
        raise r.fault_at(r.tokens[r.i], "an index range behind a sequence is not read")
    return s.Seq((token.start, r.end), _KINDS[token.text], tuple(items))


def _is_row(t: s.Tree, start: int, end: int) -> bool:
    """Tell whether [t] is [[1, 2]], a matrix of one row."""
    return isinstance(t, s.Seq) and t.kind == "list" and t.at == (start, end)


def bars(r: Reader) -> s.Tree:
    """Read an absolute value or a norm with its subscript."""
    opening = r.take()
    double = opening.text.startswith("||")
    directed = opening.text.endswith("<")
    before, r.bar = r.bar, "" if directed else opening.text
    body = r.expression()
    token = r.tokens[r.i]
    if opening.text == "|" and token.kind == "op" and token.text == "||":
        r.tokens[r.i] = token._replace(text="|", start=token.start + 1)  # `|x||y|`
        r.end = token.start + 1
    elif token.kind == "op" and token.text in _HALVES[opening.text]:
        r.take()
    elif token.kind == "eof":
        raise r.fault_at(opening, "this bar is never closed", expected=opening.text.rstrip("<"))
    else:
        raise r.unexpected("a bar is open here")
    r.bar = before
    sub = subscript(r) if r.sees("_") and not holds_points(r) else ""
    tree: s.Tree = s.Bars((opening.start, r.end), body, double, sub if double else "")
    return s.Index((opening.start, r.end), tree, sub) if sub and not double else tree


def holds_points(r: Reader) -> bool:
    """Tell whether the subscript at hand holds an equation, as in [f]_{x = a}."""
    here = r.i + 1
    if here not in r.closers:
        return False
    here, closing = here + 1, r.closers[here]
    while here < closing:
        if r.tokens[here].kind == "rel":
            return r.tokens[here].text == "="
        here = r.closers.get(here, here) + 1
    return False


def evaluation(r: Reader, body: s.Tree, start: int) -> s.Tree:
    """Read `_{x = a, y = b}` behind a body."""
    r.take()
    opening = r.i
    if not holds_points_at(r, opening):
        raise r.fault_at(r.tokens[opening], "where is this evaluated?", expected="_{x = a}")
    closing = r.closers[opening]
    bar, r.bar = r.bar, ""
    r.take()
    points = [_point(r)]
    while r.sees(","):
        r.take()
        points.append(_point(r))
    if r.i != closing:
        raise r.unexpected()
    r.take()
    r.bar = bar
    return s.EvalAt((start, r.end), body, tuple(points))


def holds_points_at(r: Reader, opening: int) -> bool:
    r.i, here = opening - 1, r.i
    found = holds_points(r)
    r.i = here
    return found


def _point(r: Reader) -> tuple[str, s.Tree]:
    token = r.tokens[r.i]
    name = r.factor()
    if not isinstance(name, s.Name) or r.tokens[r.i].text != "=":
        raise r.fault(f"{r.source[token.start : r.end]} is no name", token.start, r.end, expected="x = a")
    r.take()
    return name.id, r.expression()


def indicator(r: Reader, start: int) -> s.Tree | None:
    """Read the condition of an indicator 1[z > 0], 1_{z > 0}; None if there is none and it is a vector of ones."""
    lowered = r.sees("_")
    opening = r.i + 1 if lowered else r.i
    if opening not in r.closers or (lowered and not _holds_relation(r, opening)):
        return None
    if not lowered and (not r.sees("(", "[", "\\{") or not _holds_relation(r, opening)):
        return None
    closing = r.closers[opening]
    if lowered and r.tokens[opening + 1].text in ("[", "\\{") and r.closers[opening + 1] == closing - 1:
        opening += 1
    bar, r.bar = r.bar, ""
    r.i = opening + 1
    condition = r.relation()
    if r.i != r.closers[opening]:
        raise r.unexpected()
    r.i = closing
    r.take()
    r.bar = bar
    return s.Indicator((start, r.end), condition)


def _holds_relation(r: Reader, opening: int) -> bool:
    return any(token.kind == "rel" for token in r.tokens[opening + 1 : r.closers[opening]])
