"""The backward pass as a student writes it, and its results as a table."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from derive.document import Aligned, Block, Chain, Inline, Link, Note, Table
from derive.errors import Fault
from derive.expr import Apply, Expr, Number, size
from derive.narrate import layers, reasons
from derive.narrate.blocks import Ask, Placed, one_of
from derive.narrate.common import backward_key, caption, cell, chosen, explained, label, quantity, state_of
from derive.narrate.composed import in_leaves
from derive.narrate.numbers import enumeration, value_of, worked_out
from derive.problems.network import Network, State
from derive.steps import SHORT, adjoint_forms, backward_forms


def order(network: Network) -> list[str]:
    """Return what the backward pass shows, in the order of work: a leaf as soon as all its consumers are done."""
    graph = network.graph
    found: list[str] = []
    lines = [n.name for n in graph.lines()]
    first_reader = {
        leaf: min(map(lines.index, graph.consumers[leaf]), default=-1) for leaf in network.wrt if leaf not in lines
    }
    for i in range(len(lines) - 1, -1, -1):
        if lines[i] != graph.loss:
            found.append(lines[i])
        found += [leaf for leaf, at in first_reader.items() if at == i]
    return [*found, *(leaf for leaf, at in first_reader.items() if at == -1)]


def backward(network: Network, ask: Ask) -> Placed:
    """The backward pass: chain rule, substituted, simplified; with numbers, adjoint = substitution = value."""
    names = chosen(order(network), network, ask, network.find_adjoint)
    if ask.flag("numbers") or ask.flag("after"):
        names = _with_path(network, names) if ask.names else names  # the numbers of later adjoints are needed
        state = state_of(network, ask)
        chains = [_backward_numbers(network, n, state, ask.flag("explain")) for n in names]
    else:
        line = {"": _backward_line, "expanded": _expanded}[one_of(ask, "style", "", "expanded")]
        chains = [line(network, n, ask) for n in names]
    aligned = (Aligned(tuple(chains), explained(ask)),) if chains else ()
    return (*aligned, *_remarks(network, names, ask))


def _with_path(network: Network, names: list[str]) -> list[str]:
    """Return the names and everything between them and the loss, in the order of work."""
    needed, stack = set(names), list(names)
    while stack:
        for c in network.derivation.steps[stack.pop()].contributions:
            if c.consumer not in needed:
                needed.add(c.consumer)
                stack.append(c.consumer)
    return [n for n in order(network) if n in needed]


def _expanded(network: Network, name: str, ask: Ask) -> Chain:
    """Return a gradient in the leaves alone, behind its closed form."""
    writer, closed = network.writer(), network.derivation.closed(name)
    links = tuple(Link("=", t) for t in _different(writer.latex(e) for e in (closed, in_leaves(network, closed, ask))))
    key = backward_key(network, name)
    return Chain(quantity(network, name), links, boxed=name in network.wrt, key=key, shows=key)


def _backward_line(network: Network, name: str, ask: Ask) -> Chain:
    writer = network.writer()
    forms = backward_forms(network.shown, name)
    links = tuple(Link("=", latex) for latex in _different(writer.latex(f) for f in forms))
    key, why = backward_key(network, name), reasons.of_gradient(network, name)
    head, first = _head(network, name)
    return Chain(head, (*first, *links), boxed=name in network.wrt, key=key, shows=key, why=why)


def _head(network: Network, name: str) -> tuple[str, tuple[Link, ...]]:
    """Return the left side of a derivative, and ∂loss/∂name behind it where the author has another name for it."""
    made, usual = network.named.get(name), quantity(network, name)
    return (made.latex, (Link("=", usual),)) if made is not None else (usual, ())


def _different(texts: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _backward_numbers(network: Network, name: str, state: State, explain: bool) -> Chain:
    formula = adjoint_forms(network.derivation, name)[-1]
    links = [Link("=", network.writer().latex(formula))] if not isinstance(formula, Number) else []
    links += worked_out(network, formula, state, state.adjoints[name], rough=f"d{name}" in state.rough)
    why = reasons.of_gradient(network, name) if explain else ()
    shows = backward_key(network, name)
    head, first = _head(network, name)
    return Chain(head, (*first, *links), name in network.wrt, shows=shows, why=why)


def _remarks(network: Network, names: list[str], ask: Ask) -> tuple[Block, ...]:
    """Say what a reader would stumble over: a gradient that is 0 for want of a path, a kink that is hit exactly."""
    blocks: list[Block] = []
    unread = [n for n in names if not network.derivation.steps[n].contributions]
    if unread:
        which = enumeration([network.graph[n].latex for n in unread])
        blocks.append(Note("Remark", ("The loss does not depend on ", *which, ", so the derivative is 0.")))
    if ask.flag("numbers") and (hit := at_kinks(network)):
        blocks.append(Note("Convention", hit))
    return tuple(blocks)


def at_kinks(network: Network) -> tuple[Inline, ...]:
    """Return the sentence about the kinks that lie exactly at the given values, () if there are none."""
    writer, hit = network.writer(), network.kinks_hit()
    if not hit:
        return ()
    where = enumeration([f"{writer.latex(k)} = 0" for k in dict.fromkeys(k for _, k in hit)])
    u = writer.latex(Apply("step", (Number(Fraction(0)),)))
    signs = [op in ("abs", "sign", "absolute") for op, _ in hit]
    used = [f"{u} = {writer.latex(Number(network.notation.relu_at_0))}"] * (not all(signs))
    used += [r"\operatorname{sign}(0) = 0"] * any(signs)
    convention = "convention " if len(used) == 1 else "conventions "
    said = (*enumeration(used), " is used." if len(used) == 1 else " are used.")
    at = "The given values lie exactly on a kink ("
    return (at, *where, f"), where the derivative does not exist; the {convention}", *said)


def gradients(network: Network, ask: Ask) -> Placed:
    """The gradients as a table: quantity, formula, and with numbers the value and its ratio to the next layer."""
    names = [network.find_adjoint(n, ask.span) for n in ask.names] or list(network.wrt)
    writer, numbers = network.writer(), network.complete
    state = state_of(network, ask) if numbers else None
    columns = {"gradient": [cell(quantity(network, n)) for n in names]}
    columns["formula"] = [cell(writer.latex(_readable(network, n))) for n in names]
    if state is not None:
        columns["value"] = [cell(value_of(state.adjoints[n], network.notation)) for n in names]
        in_a_row = layers.successive(network, names)
        wanted = ask.flag("ratio") if "ratio" in ask.options else in_a_row
        if wanted and not in_a_row:
            expected = "names of one parameter from each layer, from the first to the last"
            raise Fault("these are not parameters of one layer after the other", ask.span, expected=expected)
        ratios = layers.ratios(network, names, state) if wanted else None
        if ratios is not None:
            columns["ratio to the next layer"] = ratios
    rows = tuple(zip(*columns.values(), strict=True))
    align = "ll" + "r" * (len(columns) - 2)
    shows = tuple(backward_key(network, n) for n in names)
    header = tuple((word,) for word in columns)
    return (Table(header, rows, align, caption(ask), key=label(ask), shows=shows),)


def _readable(network: Network, name: str) -> Expr:
    closed = network.shown.closed(name, SHORT)
    return closed if size(closed) <= SHORT else adjoint_forms(network.derivation, name)[-1]
