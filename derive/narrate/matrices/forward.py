"""The forward pass of a matrix network: as formulas, with shapes, with numbers."""

from __future__ import annotations

from derive.check.quantities import Grid
from derive.document import Aligned, Chain, Inline, Link, Math, Note, Paragraph
from derive.graph import Role
from derive.matrices.products import entry_power
from derive.matrices.sums import num
from derive.matrices.term import Term
from derive.narrate.blocks import Ask, Placed
from derive.narrate.matrices.common import (
    chosen,
    evaluated,
    exact,
    forward_key,
    matrix,
    space,
    with_shapes,
    worked_out,
    written,
)
from derive.narrate.numbers import enumeration
from derive.notation import show
from derive.problems.matrix.assume import sentence
from derive.problems.matrix.forms import names_read
from derive.problems.matrix.network import MatrixLine, MatrixNetwork

_MOST = 9  # numbers that are added up in a line


def forward(network: MatrixNetwork, ask: Ask) -> Placed:
    """The forward pass; with shapes below the names, or each line as formula = substitution = value."""
    names = chosen([line.name for line in network.lines], network, ask)
    lines = [line for name in names if (line := network.line(name)) is not None]
    if ask.flag("numbers") or ask.flag("after"):
        chains = [c for line in lines for c in _numbers(network, line, ask.flag("after"))]
    else:
        chains = [_line(network, line, ask.flag("shapes")) for line in lines]
    facts = [*_spread(network, lines), *_assumed(network, lines)] if not ask.flag("numbers") else []
    remark = (Note("Convention", (*_sentence(facts), ".")),) if facts else ()
    return (Aligned(tuple(chains)), *remark)


def _line(network: MatrixNetwork, line: MatrixLine, shapes: bool) -> Chain:
    key = forward_key(network, line.name)
    if not shapes or line.body is None:
        return Chain(line.head, tuple(Link("=", form) for form in line.forms), key=key, shows=key)
    spelled = with_shapes(network)
    links = (Link("=", written(network, line.body, spelled)),)
    return Chain(spelled[line.name], links, key=key, shows=key)


def _spread(network: MatrixNetwork, lines: list[MatrixLine]) -> list[tuple[Inline, ...]]:
    """Return what is added to every row, and to every column."""
    found: dict[str, list[str]] = {}
    for name, one in dict.fromkeys(pair for line in lines for pair in line.spread):
        found.setdefault(one, []).append(network.latex(name))
    return [
        (*(["each of "] if len(names) > 1 else []), *enumeration(names), f" is added to every {one}")
        for one, names in found.items()
    ]


def _assumed(network: MatrixNetwork, lines: list[MatrixLine]) -> list[tuple[Inline, ...]]:
    """Return what is assumed of the names that some lines read."""
    read = {name for line in lines for name in names_read(network, line)}
    facts: list[tuple[Inline, ...]] = []
    for name in network.sums:
        before, behind = sentence(network, name)
        facts += [(before, Math(network.latex(name)), behind)] if name in read else []
    return facts


def _sentence(facts: list[tuple[Inline, ...]]) -> tuple[Inline, ...]:
    """Return facts with semicolons between them, the first letter a capital."""
    said = [part for k, fact in enumerate(facts) for part in (*(["; "] if k else []), *fact)]
    first = said[0]
    return (first[0].upper() + first[1:] if isinstance(first, str) else first, *said[1:])


def _numbers(network: MatrixNetwork, line: MatrixLine, after: bool) -> list[Chain]:
    if line.body is None:
        return []
    state = network.after if after else network.before
    key = forward_key(network, line.name)
    value = state.values[line.name]
    formula = Link("=", line.forms[-1])
    entries = _summed(line.body)
    if entries is not None:
        cells = evaluated(network, entries, state)
        if isinstance(cells, Grid) and len(cells.cells) <= _MOST:
            first = Chain(written(network, entries), tuple(worked_out(network, entries, state, cells)))
            added = " + ".join(_term(show(x, network.notation)[0]) for x in cells.cells)
            same = exact(cells, network.notation) and exact(value, network.notation)
            end = worked_out(network, line.body, state, value)[-1]
            links: tuple[Link, ...] = (formula, Link("=" if same else r"\approx", added), end)
            return [first, Chain(network.latex(line.name), links, shows=key)]
    links = (formula, *worked_out(network, line.body, state, value))
    return [Chain(network.latex(line.name), links, shows=key)]


def _term(text: str) -> str:
    return f"({text})" if text.startswith("-") else text


def _summed(body: Term) -> Term | None:
    """Return the matrix of which a loss is the sum: of the squares in a squared norm, or of what stands under Σ."""
    if body.op == "sum":
        return body.args[0]
    if body.op == "pow" and body.args[0].op == "norm" and body.args[1].op == "num" and body.args[1].data == 2:
        return entry_power(body.args[0].args[0], num(2))
    return None


def given(network: MatrixNetwork, ask: Ask) -> Placed:
    """The given values."""
    if not network.given:
        _ = network.before
    leaves = [n for n in network.names.values() if n.name in network.given and n.role is not Role.LINE]
    facts = [f"{n.latex} = {matrix(network.given[n.name], network.notation)}" for n in leaves]
    facts += [f"{network.quantity(name)} = {matrix(x, network.notation)}" for name, x in network.upstream.items()]
    words: tuple[Inline, ...] = ("Given " + ("are " if len(facts) > 1 else "is "), *enumeration(facts))
    if network.update is not None and network.update.rate is not None:
        rate = show(network.update.rate, network.notation)[0]
        words = (*words, f"; the {network.update.called} is ", Math(f"{network.update.latex} = {rate}"))
    return (Paragraph((*words, ".")),)


def shapes(network: MatrixNetwork, ask: Ask) -> Placed:
    """The shape of every quantity."""
    names = [network.find(n, ask.span) for n in ask.names] or list(network.names)
    rows = [Chain(network.latex(n), (Link(r"\in", space(network.names[n].symbol.shape)),)) for n in names]
    return (Aligned(tuple(rows)),)


def value_of(network: MatrixNetwork, ask: Ask) -> Placed:
    """The value of a node."""
    state = network.after if ask.flag("after") else network.before
    return Math(matrix(state.values[network.find(ask.names[0], ask.span)], network.notation))


def after(network: MatrixNetwork, ask: Ask) -> Placed:
    """The value of a node after the update."""
    return Math(matrix(network.after.values[network.find(ask.names[0], ask.span)], network.notation))
