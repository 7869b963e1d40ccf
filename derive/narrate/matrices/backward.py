"""The backward pass of a matrix network: in matrix form, as a product of Jacobians, with numbers."""

from __future__ import annotations

from derive.document import Aligned, Block, Chain, Inline, Link, Math, Note, Table
from derive.errors import Fault
from derive.graph import Role
from derive.matrices.adjoint import NoClosedForm
from derive.matrices.term import ordered
from derive.narrate.blocks import Ask, Placed, one_of
from derive.narrate.matrices import entries, index
from derive.narrate.matrices.common import backward_key, chosen, matrix, space, worked_out, written
from derive.problems.matrix.forms import local as jacobian
from derive.problems.matrix.network import MatrixNetwork


def shown(network: MatrixNetwork) -> list[str]:
    """Return what a backward pass shows: the lines but the loss, and the leaves whose gradients are asked for."""
    return [
        name
        for name in network.adjoints
        if name != network.loss and (network.names[name].role is Role.LINE or name in network.wrt)
        if not network.adjoints[name].given
    ]


def backward(network: MatrixNetwork, ask: Ask) -> Placed:
    """The backward pass in one of three styles; with numbers, adjoint = formula = substitution = value."""
    network.require_loss(ask.span)
    layout = one_of(ask, "layout", network.notation.layout, "denominator", "numerator")
    standard = "jacobian" if layout == "numerator" else "index" if network.indices.free else "matrix"
    style = one_of(ask, "style", *dict.fromkeys((standard, "matrix", "index", "jacobian")))
    names = chosen(shown(network), network, ask, network.find_adjoint)
    if style == "index":
        return index.backward(network, names, ask)
    if ask.flag("numbers") or ask.flag("after"):
        return (Aligned(tuple(_numbers(network, n, ask) for n in names)), *_unread(network, names))
    line = _row if style == "jacobian" else _line
    chains = [line(network, n, ask.flag("shapes")) for n in names]
    factors = _factors(network, names, ask.flag("shapes")) if style == "jacobian" else ()
    return (Aligned(tuple(chains)), *factors, *_unread(network, names))


def _line(network: MatrixNetwork, name: str, shapes: bool) -> Chain:
    adjoint = network.adjoints[name]
    forms = [*also_named(network, name), written(network, adjoint.term), written(network, adjoint.best)]
    links = [Link("=", form) for form in dict.fromkeys(forms)]
    if shapes:
        links.append(Link(r"\in", space(network.names[name].symbol.shape)))
    key = backward_key(network, name)
    return Chain(head(network, name), tuple(links), boxed=name in network.wrt and not shapes, key=key, shows=key)


def head(network: MatrixNetwork, name: str) -> str:
    """Return what a derivative is called where it is computed: the author's name, else ∂loss/∂name."""
    return network.spelled[f"∂{name}"]


def also_named(network: MatrixNetwork, name: str) -> list[str]:
    """Return ∂loss/∂name behind the author's name for it."""
    return [network.quantity(name)] if name in network.named else []


def _row(network: MatrixNetwork, name: str, shapes: bool) -> Chain:
    """Return a derivative in numerator layout: a product of Jacobians, and worked out."""
    adjoint = network.adjoints[name]
    forms = also_named(network, name)
    if any(of != network.loss for of, _ in adjoint.chain):
        forms.append(" + ".join(_product(network, of, name) for of, _ in adjoint.chain))
    if adjoint.rows is not None:
        forms.append(written(network, adjoint.rows))
    links = [Link("=", form) for form in dict.fromkeys(forms)]
    rows, columns = network.names[name].symbol.shape
    if shapes:
        links.append(Link(r"\in", space((columns, rows))))
    key = backward_key(network, name)
    return Chain(head(network, name), tuple(links), boxed=name in network.wrt and not shapes, key=key, shows=key)


def _product(network: MatrixNetwork, of: str, by: str) -> str:
    factor = local_quantity(network, of, by)
    return factor if of == network.loss else f"{head(network, of)} {factor}"


def local_quantity(network: MatrixNetwork, of: str, by: str) -> str:
    """Return ∂of/∂by as LaTeX."""
    d = network.notation.derivative
    return rf"\frac{{{d} {network.latex(of)}}}{{{d} {network.latex(by)}}}"


def _factors(network: MatrixNetwork, names: list[str], shapes: bool) -> tuple[Block, ...]:
    """Return the Jacobians that the products are made of."""
    pairs = dict.fromkeys(pair for n in names for pair in network.adjoints[n].chain if pair[0] != network.loss)
    chains = [_local(network, of, by, shapes) for of, by in pairs]
    return (Aligned(tuple(chains)),) if chains else ()


def _local(network: MatrixNetwork, of: str, by: str, shapes: bool) -> Chain:
    made = jacobian(network, of, by)
    links = [Link("=", written(network, made))]
    if shapes:
        links.append(Link(r"\in", space(made.shape)))
    return Chain(local_quantity(network, of, by), tuple(links))


def local(network: MatrixNetwork, ask: Ask) -> Placed:
    """The Jacobian of one line by a name in it."""
    of, by = (network.find(n, ask.span) for n in ask.names)
    line = network.line(of)
    if line is None or line.body is None or all(x is not network.names[by].symbol for x in ordered(line.body)):
        raise Fault(f"the line of {network.names[of].spelled} does not read {network.names[by].spelled}", ask.span)
    try:
        return (Aligned((_local(network, of, by, True),)),)
    except NoClosedForm as none:
        raise Fault(none.title, ask.span) from None


def _numbers(network: MatrixNetwork, name: str, ask: Ask) -> Chain:
    state = network.after if ask.flag("after") else network.before
    term = network.adjoints[name].term
    links = [Link("=", form) for form in (*also_named(network, name), written(network, term))]
    links += worked_out(network, term, state, state.adjoints[name])
    return Chain(head(network, name), tuple(links), boxed=name in network.wrt, shows=backward_key(network, name))


def _unread(network: MatrixNetwork, names: list[str]) -> tuple[Block, ...]:
    none = [n for n in names if not network.adjoints[n].contributions and not network.adjoints[n].given]
    if not none:
        return ()
    said: list[Inline] = ["The loss does not depend on "]
    for k, n in enumerate(none):
        said += [", " if k else "", Math(network.latex(n))]
    return (Note("Remark", (*said, ", so the derivative is 0.")),)


def gradients(network: MatrixNetwork, ask: Ask) -> Placed:
    """The gradients as a table: quantity, shape, formula, and with numbers the value."""
    network.require_loss(ask.span)
    names = [network.find_adjoint(n, ask.span) for n in ask.names] or list(network.wrt)
    header = [("gradient",), ("shape",), ("formula",)]
    rows = []
    for n in names:
        cells = [network.quantity(n), space(network.names[n].symbol.shape), written(network, network.adjoints[n].best)]
        if network.indices.free:
            forms = entries.certified(network, n, ask)
            cells[0], cells[2] = forms.head, forms.texts[-1]
        if network.complete:
            cells.append(matrix(network.before.adjoints[n], network.notation))
        rows.append(tuple((Math(cell),) for cell in cells))
    if network.complete:
        header.append(("value",))
    caption = (ask.text("caption"),) if ask.text("caption") else ()
    shows = tuple(backward_key(network, n) for n in names)
    return (Table(tuple(header), tuple(rows), "l" * len(header), caption, shows=shows),)


def gradient(network: MatrixNetwork, ask: Ask) -> Placed:
    """The gradient by a node as a formula, or its value."""
    network.require_loss(ask.span)
    name = network.find_adjoint(ask.names[0], ask.span)
    if ask.flag("numbers") or ask.flag("after"):
        state = network.after if ask.flag("after") else network.before
        return Math(matrix(state.adjoints[name], network.notation))
    if network.indices.free:
        return Math(entries.certified(network, name, ask).texts[-1])
    return Math(written(network, network.adjoints[name].best))
