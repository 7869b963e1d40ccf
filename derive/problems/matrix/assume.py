"""`assume: rows of Y sum to 1`: what makes a result shorter, and is said, drawn and checked where it is used.

Targets of a cross-entropy and values that are one-hot have it without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from derive.check import quantities as q
from derive.check.quantities import Grid, Quantity
from derive.errors import Fault, nearest
from derive.graph import Role
from derive.language import surface as s
from derive.language.walk import walk
from derive.matrices import sums as a
from derive.matrices.indexed import capital
from derive.matrices.products import COLUMNS_SUM, ROWS_SUM
from derive.matrices.term import Term
from derive.numeric import precisely
from derive.ops.primitive import real
from derive.problems.line import read_name
from derive.source import Slice

if TYPE_CHECKING:
    from derive.problems.matrix.network import MatrixNetwork, Name

_SUMS = re.compile(r"(?:(?P<way>rows|columns)\s+of\s+)?(?P<name>\S.*?)\s+sums?\s+to\s+1", re.S)
_TRAITS = {"rows": ROWS_SUM, "columns": COLUMNS_SUM}
_CLOSE = Fraction(1, 10**30)  # numbers that have no exact form are known to 50 digits


@dataclass(frozen=True, slots=True)
class Sums:
    """A name whose rows, or columns, sum to 1, and who says so."""

    id: str
    way: str
    because: str = ""


def read_sums(items: Iterable[Slice], names: Mapping[str, Name], own: bool) -> Iterator[Sums]:
    """Yield what some items say of the leaves, `names` by id; own: whether an unknown name is a fault."""
    for item in items:
        match = _SUMS.fullmatch(item.text.strip())
        if match is None:
            raise Fault("this is no assumption", item.span(), expected="rows of Y sum to 1, or y sums to 1")
        at = item.text.index(match["name"], match.end("way") if match["way"] else 0)
        text = item.cut(at, at + len(match["name"]))
        id = read_name(text)
        if id in names:
            yield Sums(id, _way(names[id], match["way"], text))
        elif own:
            hint = nearest(text.text, [n.spelled for n in names.values()])
            raise Fault(f"something is assumed of {text.text}, which does not occur", text.span(), reason=hint)


def _way(name: Name, way: str | None, text: Slice) -> str:
    """Return whether rows or columns sum to 1; a vector is one of either."""
    if name.role is Role.LINE:
        title = f"{name.spelled} is computed by a line, nothing can be assumed of it"
        raise Fault(title, text.span(), expected="a name that no line computes")
    rows, columns = (d.number == 1 for d in name.symbol.shape)
    if rows == columns and (rows or way is None):
        what = "a number" if rows else "a matrix"
        raise Fault(f"{name.spelled} is {what}", text.span(), expected="rows of Y sum to 1, or columns of Y sum to 1")
    natural = "rows" if rows else "columns"
    if (rows or columns) and way not in (None, natural):
        said = f"the {way} of {name.spelled} have one entry each"
        raise Fault(said, text.span(), expected=f"{name.spelled} sums to 1")
    return way or natural


def one_hot_targets(
    trees: Iterable[s.Tree], names: Mapping[str, Name], values: Mapping[str, Quantity], way: str
) -> Iterator[Sums]:
    """Yield the names beside a logarithm whose values are one-hot: the targets of a cross-entropy over classes."""
    factors = [
        factor
        for tree in trees
        for part in walk(tree)
        if isinstance(part, s.Mul) and any(isinstance(x, s.Call) and x.fn in ("log", "ln") for x in part.factors)
        for factor in part.factors
        if not isinstance(factor, s.Call)
    ]
    beside = [x.id for factor in factors for x in walk(factor) if isinstance(x, s.Name)]
    two = {x.id for factor in factors if isinstance(factor, s.Add) for x in walk(factor) if isinstance(x, s.Name)}
    for id in dict.fromkeys(x for x in beside if x not in two):  # y beside 1 - y is one of two classes
        base = id.partition("_")[0]
        name = next((i for i in (id, base, capital(base)) if i in names and i in values), "")
        if not name or names[name].role is Role.LINE or not isinstance(values[name], Grid):
            continue
        columns = names[name].symbol.columns.number == 1
        along = "columns" if columns else way
        lines = _lines(values[name], along)
        if all(len(cells) > 1 and sorted(cells) == [0] * (len(cells) - 1) + [1] for cells in lines):
            yield Sums(name, along, "its values are one-hot")


def known_sums(found: Iterable[Sums], values: Mapping[str, Quantity], places: Mapping[str, Slice]) -> dict[str, str]:
    """Return id → "rows" or "columns"; raises a Fault where a value, read at a place, is not so."""
    sums: dict[str, str] = {}
    for one in found:
        sums[one.id] = one.way
        if one.id in values:
            _require(one, values[one.id], places[one.id])
    return sums


def _require(one: Sums, value: Quantity, place: Slice) -> None:
    lines = _lines(value, one.way)
    for k, cells in enumerate(lines, 1):
        with precisely():
            total = sum(cells[1:], cells[0])
            off = abs(total - 1) > (0 if isinstance(total, Fraction) else real(_CLOSE))
        if off:
            which = f"{one.way[:-1]} {k} sums" if len(lines) > 1 else "the entries sum"
            title = f"{which} to {_text(total)}, not to 1"
            reason = one.because or "`assume` says that they sum to 1"
            raise Fault(title, place.span(), reason=reason, expected="numbers whose sum is exactly 1")


def _text(total: object) -> str:
    return f"{float(total):.10g}"  # type: ignore[arg-type]


def _lines(value: Quantity, way: str) -> Sequence[Sequence[q.Scalar]]:
    if not isinstance(value, Grid):
        return [[value]]
    return value.rows if way == "rows" else list(zip(*value.rows, strict=True))


def summing(value: Quantity, way: str) -> Quantity:
    """Return a drawn value moved so that its rows, or columns, sum to 1; positive ones stay positive."""

    def moved(cells: Sequence[q.Scalar]) -> list[q.Scalar]:
        total = sum(cells[1:], cells[0])
        if min(cells) > 0:
            return [x / total for x in cells]
        return [x + (1 - total) / len(cells) for x in cells]

    made = q.grid([moved(cells) for cells in _lines(value, way)])
    return made if way == "rows" else q.transposed(made)


def traited(network: MatrixNetwork) -> dict[Term, Term]:
    """Return the symbols of which something is assumed, each with the one that knows."""
    symbols = {name: network.names[name].symbol for name in network.sums}
    return {x: a.sym(x.data[0], x.shape, *x.data[1], _TRAITS[network.sums[name]]) for name, x in symbols.items()}


def sentence(network: MatrixNetwork, name: str) -> tuple[str, str]:
    """Return what stands before a name and behind it where its assumption is said."""
    vector = any(d.number == 1 for d in network.names[name].symbol.shape)
    return f"the {'entries' if vector else network.sums[name]} of ", " sum to 1"
