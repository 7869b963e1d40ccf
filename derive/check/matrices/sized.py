"""`I`, `\\mathbf{1}` and `\\mathbf{0}` without a size: they have the one that fits."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from derive.check.bench import Bench
from derive.check.matrices.subject import UNSIZED, MatrixSubject
from derive.language import surface as s
from derive.language.unfold import rebuilt
from derive.language.walk import walk

_MOST = 16  # sizes that are tried


def unsized(tree: s.Tree, bench: Bench) -> set[str]:
    """Return which of the three stand in a formula without a size, where they are nothing else."""
    names = {n.id for n in walk(tree) if isinstance(n, s.Name)}
    return {id for id in names & set(UNSIZED) if bench.subject.plain(id) is None and id not in bench.own}


def sizings(left: s.Tree, right: s.Tree, bench: Bench) -> Iterator[tuple[s.Tree, s.Tree]]:
    """Yield both sides with all sizes that they may have; the sides themselves where nothing is without one."""
    missing = sorted(unsized(left, bench) | unsized(right, bench))
    if not missing:
        yield left, right
        return
    assert isinstance(bench.subject, MatrixSubject)
    shapes = (n.symbol.shape for n in bench.subject.network.names.values())
    sizes = sorted({str(d) for shape in shapes for d in shape if d.number != 1})
    for chosen in list(product(sizes, repeat=len(missing)))[:_MOST]:
        size = dict(zip(missing, chosen, strict=True))
        yield _with(left, size), _with(right, size)


def _with(tree: s.Tree, size: dict[str, str]) -> s.Tree:
    if isinstance(tree, s.Name) and tree.id in size:
        sub = size[tree.id]
        return s.Name(tree.at, f"{tree.id}_{sub}", tree.base, sub, "", tree.latex)
    return rebuilt(tree, lambda part: _with(part, size))
