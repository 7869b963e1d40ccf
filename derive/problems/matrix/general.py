"""A network with letters for its large sizes: what holds for all sizes is derived and certified at small ones.

`W: 784 x 256` is read as `W: M x N`, equal numbers as equal letters; in the derivatives of that network the numbers
take the place of the letters again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from derive.errors import Fault
from derive.language import surface as s
from derive.language.walk import walk
from derive.matrices.dims import Dim, Shape, of
from derive.matrices.resize import resized
from derive.problems.matrix.numbers import require_few

if TYPE_CHECKING:
    from derive.problems.matrix.forms import Adjoint
    from derive.problems.matrix.network import MatrixNetwork

Letters = Mapping[int, str]
_SMALL = 10  # a size with which it is computed as it is
_LETTERS = (
    "MNPQSVWGBADCFYZXJUmnpqabcghtwz"  # without those of sums, of transposes, of matrices with a name of their own
)
_CONSTANT = re.compile(r"[1I0]_.+")


def with_letters(network: MatrixNetwork, again: Callable[[Letters], MatrixNetwork]) -> MatrixNetwork:
    """Return a network that knows itself with letters for its large sizes; `again` reads it so.

    Where it has none, or its sizes depend on one another, it is certified as it is; a Fault where it is too large.
    """
    letters = _letters(network)
    if letters:
        try:
            general = again(letters)
        except Fault:  # the sizes fit as numbers only: 64 + 64 is 128
            general = None
        numbers = {letter: number for number, letter in letters.items()}
        if general is not None and _alike(general, network, numbers):
            return replace(network, general=general, numbers=numbers)
    expected = r"sizes that do not depend on one another, or letters for them, as in W \in R^{m x n}"
    require_few(network, "certify this network at such sizes", expected)
    return network


def _letters(network: MatrixNetwork) -> Letters:
    """Return letters that mean nothing else for the large sizes of a network, none where there are too few."""
    found = {d.number for n in network.names.values() for d in n.symbol.shape}
    large = sorted(n for n in found if n is not None and n > _SMALL)
    taken = {*network.dims, *network.functions}
    for x in (x for line in network.lines for x in walk(line.tree) if isinstance(x, s.Name)):
        taken |= {x.base, *x.sub}
    taken |= {letter for n in network.names.values() for letter in (n.id, n.id[0])}
    free = [x for x in _LETTERS if not taken & {x, x.lower(), x.upper()}]
    return dict(zip(large, free, strict=False)) if len(large) <= len(free) else {}


def _alike(general: MatrixNetwork, network: MatrixNetwork, at: Mapping[str, int]) -> bool:
    """Return whether with the numbers for the letters the lines are those of the network."""
    if general.names.keys() != network.names.keys() or len(general.lines) != len(network.lines):
        return False
    pairs = zip(general.lines, network.lines, strict=True)
    return all((x.body and resized(x.body, at)) is y.body and x.name == y.name for x, y in pairs)


def numbered(adjoint: Adjoint, at: Mapping[str, int]) -> Adjoint:
    """Return a derivative with the numbers for the letters."""
    return replace(
        adjoint,
        contributions=tuple((name, resized(t, at)) for name, t in adjoint.contributions),
        term=resized(adjoint.term, at),
        closed=None if adjoint.closed is None else resized(adjoint.closed, at),
        rows=None if adjoint.rows is None else resized(adjoint.rows, at),
    )


def lettered_dim(d: Dim, letters: Letters) -> Dim:
    return of(letters[d.number]) if d.number is not None and d.number in letters else d


def lettered_shapes(shapes: Mapping[str, Shape], letters: Letters) -> dict[str, Shape]:
    return {id: (lettered_dim(rows, letters), lettered_dim(columns, letters)) for id, (rows, columns) in shapes.items()}


def lettered_tree(tree: s.Tree, letters: Letters) -> s.Tree:
    """Return a tree with letters for the numbers that are sizes, but those in exponents."""
    return _lettered(tree, letters) if letters else tree


def _lettered(x: Any, letters: Letters) -> Any:
    if isinstance(x, s.Num):
        letter = letters.get(int(x.text)) if x.text.isdigit() and len(x.text) < 10 else None
        return s.Name(x.at, letter, letter, "", "", letter) if letter else x
    if isinstance(x, s.Name):
        return _constant(x, letters) if _CONSTANT.fullmatch(x.id) else x
    if isinstance(x, s.Pow):
        return replace(x, base=_lettered(x.base, letters))
    if isinstance(x, tuple):
        return tuple(_lettered(part, letters) for part in x)
    if is_dataclass(x) and not isinstance(x, type):
        return replace(x, **{f.name: _lettered(getattr(x, f.name), letters) for f in fields(x) if f.name != "at"})
    return x


def _constant(x: s.Name, letters: Letters) -> s.Name:
    """Return the name 1_N784 for 1_784: ones, zeros and identities have their sizes in their names."""

    def letter(match: re.Match[str]) -> str:
        return letters.get(int(match[0]), match[0])

    parts: Iterable[str] = x.sub.split("x")
    sub = "x".join(re.sub(r"\b\d+\b", letter, part) for part in parts)
    return replace(x, id=f"{x.base}_{sub}", sub=sub)
