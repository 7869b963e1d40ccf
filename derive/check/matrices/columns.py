"""Names that a hand-in introduces: of the columns of a matrix, `X = (x_1, x_2)`; of anything else that has a shape."""

from __future__ import annotations

from collections.abc import Sequence

from derive.check.bench import Bench, Verdict, define
from derive.check.judge import judge
from derive.language import surface as s


def columns(side: s.Tree | None, bench: Bench) -> tuple[s.Name, ...]:
    """Return the names side by side that a side is made of, none where one of them is known."""
    cells: tuple[s.Tree, ...] = ()
    if isinstance(side, s.Matrix) and len(side.rows) == 1:
        cells = side.rows[0]
    elif isinstance(side, s.Seq) and side.kind in ("list", "tuple"):
        cells = side.items
    names = tuple(cell for cell in cells if isinstance(cell, s.Name) and not bench.knows(cell.id))
    return names if len(names) == len(cells) > 1 else ()


def introduced(sides: Sequence[s.Tree | None], at: int, bench: Bench) -> bool:
    """Take the names of columns that a chain introduces; return whether the relation `at` does it."""
    found = False
    for k, side in enumerate(sides):
        names = columns(side, bench)
        for other in (k - 1, k + 1) if names else ():
            tree = sides[other] if 0 <= other < len(sides) else None
            if tree is not None and not columns(tree, bench):
                for place, name in enumerate(names):
                    define(name.id, _column(tree, place, len(names)), bench)
                found = found or {k, other} == {at, at + 1}
                break
    return found


def _column(tree: s.Tree, place: int, count: int) -> s.Tree:
    unit = s.Matrix(tree.at, tuple((s.Num(tree.at, str(int(k == place))),) for k in range(count)))
    return s.Mul(tree.at, (tree, unit), ("",))


def fits(left: s.Tree, right: s.Tree, bench: Bench) -> Verdict:
    """Return "definition" for a relation that introduces a name, unless what it is said to be has no shape."""
    for side in (left, right):
        if columns(side, bench) or isinstance(side, s.Name):
            continue
        found = judge(side, side, False, bench)
        if found.kind == "mismatched":
            return found
    return Verdict("definition")
