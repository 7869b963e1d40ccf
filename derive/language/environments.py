"""Matrices and case distinctions."""

from __future__ import annotations

from derive.language import surface as s
from derive.language import symbols as S
from derive.language.names import CONNECTIVES
from derive.language.reader import Reader

_OTHERWISE = ("otherwise", "else", "sonst")


def environment(r: Reader) -> s.Tree:
    """Read \\begin{…} … \\end{…}: a Matrix, in bars for vmatrix, or Cases."""
    opening, begin = r.i, r.tokens[r.i]
    closing = r.closers[opening]
    bar, r.bar = r.bar, ""
    r.take()
    if r.i == closing:
        raise r.fault(f"this {begin.text} is empty", begin.start, r.tokens[closing].end)
    braced = opening > 0 and r.tokens[opening - 1].text == "\\{" and begin.text == "array"
    cases = begin.text in S.CASES or (braced and r.tokens[closing + 1].text == ".)")
    tree = _cases(r, closing) if cases else _matrix(r, closing)
    r.take()
    r.bar = bar
    at = (begin.start, r.end)
    if isinstance(tree, s.Cases):
        return s.Cases(at, tree.branches, tree.otherwise)
    matrix = s.Matrix(at, tree.rows)
    return s.Bars(at, matrix, begin.text == "Vmatrix") if begin.text.lower() == "vmatrix" else matrix


def _matrix(r: Reader, closing: int) -> s.Matrix:
    dotted = any(r.tokens[k].kind == "dots" for k in range(r.i, closing))
    rows: list[tuple[s.Tree, ...]] = []
    start = r.tokens[r.i].start
    while r.i < closing:
        first = r.tokens[r.i]
        cells = _row(r, closing, dotted)
        if rows and all(isinstance(cell, s.Dots) for cell in cells):
            cells += cells[-1:] * (len(rows[0]) - len(cells))  # \vdots for all of them
        if rows and len(cells) != len(rows[0]):
            reason = f"this row has {len(cells)}, the first one {len(rows[0])}"
            raise r.fault(
                "the rows of this matrix differ in length", first.start, r.end, expected="as many cells", reason=reason
            )
        rows.append(tuple(cells))
        _end_of_row(r, closing)
    return s.Matrix((start, r.end), tuple(rows))


def _row(r: Reader, closing: int, dotted: bool) -> list[s.Tree]:
    """Read the cells of a row; in a matrix with dots (`dotted`) an empty cell is one of them."""
    start = r.tokens[r.i].start
    cells = [_cell(r, closing)]
    while r.sees("&", ","):
        r.take()
        cells.append(_cell(r, closing))
    if not dotted and None in cells:
        raise r.unexpected("expected a cell of the matrix")
    return [s.Dots((start, start)) if cell is None else cell for cell in cells]


def _cell(r: Reader, closing: int) -> s.Tree | None:
    empty = r.sees("&") or r.i == closing or r.tokens[r.i].kind == "row"
    return None if empty else r.expression()


def _end_of_row(r: Reader, closing: int) -> None:
    if r.tokens[r.i].kind == "row":
        r.take()
    elif r.i != closing:
        raise r.unexpected("expected & or \\\\")


def _cases(r: Reader, closing: int) -> s.Cases:
    branches: list[tuple[s.Tree, s.Tree | None]] = []
    otherwise, start = "otherwise", r.tokens[r.i].start
    while r.i < closing:
        first = r.tokens[r.i]
        if branches and branches[-1][1] is None:
            raise r.fault_at(first, f"a case behind {otherwise}")
        value = r.expression()
        if r.sees(","):
            r.take()
        if r.sees("&"):
            r.take()
        condition, word = _condition(r)
        otherwise = word or otherwise
        branches.append((value, condition))
        if r.sees(",", ";", "."):
            r.take()
        _end_of_row(r, closing)
    return s.Cases((start, r.end), tuple(branches), otherwise)


def _condition(r: Reader) -> tuple[s.Tree | None, str]:
    token = r.tokens[r.i]
    if token.kind in ("text", "word") and token.text.strip() in CONNECTIVES:
        r.take()
        if token.text.strip() in _OTHERWISE:
            return None, token.text.strip()
    elif r.tokens[r.i].kind in ("row", "end"):
        raise r.fault_at(token, "this case has no condition", expected="& \\text{if } x > 0")
    tree = r.relation()
    if not isinstance(tree, s.Relation):
        raise r.fault("this condition is no relation", tree.at[0], tree.at[1], expected="a condition such as x > 0")
    return tree, ""
