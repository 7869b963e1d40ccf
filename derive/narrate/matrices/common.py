"""What the blocks of a matrix network share: how names, shapes and matrices of numbers are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from derive.check.quantities import Grid, Quantity, transposed
from derive.document import Link
from derive.errors import Fault
from derive.matrices.dims import SCALAR, Shape
from derive.matrices.latex import dims, latex
from derive.matrices.orient import oriented
from derive.matrices.rebuild import substituted
from derive.matrices.sums import sym
from derive.matrices.term import Term, ordered
from derive.narrate.blocks import Ask
from derive.notation import Notation, show
from derive.numeric import precisely
from derive.problems.matrix.network import MatrixNetwork
from derive.problems.matrix.numbers import Numbers, parsed
from derive.problems.matrix.world import World
from derive.source import Span


def written(network: MatrixNetwork, t: Term, spelled: Mapping[str, str] | None = None) -> str:
    """Return a term as LaTeX with the names as the author writes them."""
    return latex(oriented(t), spelled or network.spelled)


def matrix(x: Quantity, notation: Notation, at_least: int | None = None) -> str:
    """Return a number, or a matrix of numbers, as LaTeX."""
    if not isinstance(x, Grid):
        return show(x, notation, at_least)[0]
    rows = r" \\ ".join(" & ".join(show(cell, notation, at_least)[0] for cell in row) for row in x.rows)
    return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"


def exact(x: Quantity, notation: Notation, at_least: int | None = None) -> bool:
    """Return whether all digits of all entries are shown."""
    cells = x.cells if isinstance(x, Grid) else [x]
    return all(show(cell, notation, at_least)[1] == cell for cell in cells)


def put_in(network: MatrixNetwork, numbers: Numbers) -> dict[str, str]:
    """Return how names and adjoints are written with their numbers."""
    found = {name: matrix(x, network.notation) for name, x in numbers.values.items()}
    found |= {f"∂{name}": matrix(x, network.notation) for name, x in numbers.adjoints.items()}
    return {**network.spelled, **found}


def space(shape: Shape) -> str:
    """Return the set that something of a shape is from: ℝ^{m×n}."""
    return r"\mathbb{R}" if shape == SCALAR else rf"\mathbb{{R}}^{{{dims(shape)}}}"


def with_shapes(network: MatrixNetwork) -> dict[str, str]:
    """Return how names are written with their shapes below them."""
    found = dict(network.spelled)
    for n in network.names.values():
        if not n.symbol.scalar:
            rows, columns = (dims((d, d)).split(" ")[0] for d in n.symbol.shape)
            found[n.name] = rf"\underset{{\,{rows} \times {columns}\,}}{{{n.latex}}}"
    return found


Find = Callable[[str, Span | None], str]


def chosen(names: list[str], network: MatrixNetwork, ask: Ask, find: Find | None = None) -> list[str]:
    """Return the names asked for, or those between the options `from` and `to`; find: spelling → plain name."""
    find = find or network.find
    if ask.names:
        return [find(n, ask.span) for n in ask.names]
    first, last = ask.text("from"), ask.text("to")
    start = _place(names, find, first, ask) if first else 0
    stop = _place(names, find, last, ask) if last else len(names) - 1
    if start > stop and names:
        raise Fault(f"{first} comes after {last} here", ask.span, fix=f'from="{last}", to="{first}"')
    return names[start : stop + 1]


def _place(names: list[str], find: Find, spelled: str, ask: Ask) -> int:
    name = find(spelled, ask.span)
    if name not in names:
        raise Fault(f"{spelled} is no step of this block", ask.span)
    return names.index(name)


def forward_key(network: MatrixNetwork, name: str) -> str:
    return f"{network.name}.{name}"


def backward_key(network: MatrixNetwork, name: str) -> str:
    return f"{network.name}.d.{name}"


def worked_out(
    network: MatrixNetwork, t: Term, numbers: Numbers, end: Quantity, at_least: int | None = None
) -> list[Link]:
    """Return what follows a formula: with its numbers put in, and the result; "≈" where digits were cut."""
    names = {x.data[0] for x in _symbols(t)}
    used = [numbers.values.get(n, numbers.adjoints.get(n.removeprefix("∂"))) for n in names]
    whole = all(x is None or exact(x, network.notation) for x in used)
    lying, rows = _turned(network, t, numbers)
    shown = written(network, lying, {**put_in(network, numbers), **rows})
    links = []
    if shown not in (written(network, t), matrix(end, network.notation, at_least)) and t.op != "sym":
        links.append(Link("=" if whole else r"\approx", shown))
    same = whole and exact(end, network.notation, at_least)
    return [*links, Link("=" if same else r"\approx", matrix(end, network.notation, at_least))]


def _turned(network: MatrixNetwork, t: Term, numbers: Numbers) -> tuple[Term, dict[str, str]]:
    """Return a term with a name for each column or row that is turned over, and the numbers of these in one line."""
    swapped: dict[Term, Term] = {}
    found: dict[str, str] = {}
    for x in ordered(t):
        if x.op == "T" and x.args[0].op == "sym" and any(d.number == 1 for d in x.shape):
            name = x.args[0].data[0]
            value = numbers.values.get(name, numbers.adjoints.get(name.removeprefix("∂")))
            if value is not None:
                swapped[x] = sym(f"{name} turned", x.shape)
                found[f"{name} turned"] = matrix(transposed(value), network.notation)
    return (substituted(t, swapped) if swapped else t), found


def evaluated(network: MatrixNetwork, t: Term, numbers: Numbers) -> Quantity:
    """Return the value of a term in the lines and leaves of a network."""
    world = World(network, network.bound, {network.names[n].id: x for n, x in numbers.values.items()})
    with precisely():
        return world.value(parsed(network, written(network, t)))


def _symbols(t: Term) -> list[Term]:
    return [x for x in ordered(t) if x.op == "sym"]
