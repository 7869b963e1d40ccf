"""The backward pass of a matrix network: each adjoint from those of later lines, and with these put in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from derive.graph import Role
from derive.matrices import jacobian as j
from derive.matrices import sums as a
from derive.matrices.adjoint import NoClosedForm, gradient
from derive.matrices.collect import collected
from derive.matrices.cost import cost
from derive.matrices.merge import Known
from derive.matrices.products import matmul, transpose
from derive.matrices.rebuild import substituted
from derive.matrices.resize import resized
from derive.matrices.term import Term, ordered
from derive.problems.matrix.assume import traited

if TYPE_CHECKING:
    from derive.problems.matrix.network import MatrixLine, MatrixNetwork

_LONGEST = 120  # parts of a closed form


@dataclass(frozen=True, slots=True)
class Adjoint:
    """∂loss/∂name: what each consumer brings, their sum in the adjoints of later lines, and with those put in.

    rows: the same in numerator layout, in adjoints that are rows, as a product of Jacobians where there is one;
    local: those Jacobians ∂consumer/∂name. given: the derivative of an abstract loss, which nothing says more of.
    shown: as `closed`, with the derivatives left in it that the author has given a name.
    """

    name: str
    contributions: tuple[tuple[str, Term], ...]
    term: Term
    closed: Term | None
    rows: Term | None = None
    chain: tuple[tuple[str, str], ...] = ()
    given: bool = False
    shown: Term | None = None

    @property
    def best(self) -> Term:
        """The shortest way from the forward pass to the derivative, in the author's names."""
        return next(t for t in (self.shown, self.closed, self.term) if t is not None)


def symbol(network: MatrixNetwork, name: str) -> Term:
    """Return ∂loss/∂name as a name, in the shape of the variable."""
    return a.sym(f"∂{name}", network.names[name].symbol.shape)


def row_symbol(network: MatrixNetwork, name: str) -> Term:
    """Return ∂loss/∂name as a name in numerator layout: the transposed shape."""
    rows, columns = network.names[name].symbol.shape
    return a.sym(f"∂{name}", (columns, rows))


def adjoints(network: MatrixNetwork) -> dict[str, Adjoint]:
    """Return the adjoints in the order of the backward pass: a leaf as soon as all its consumers are done."""
    found: dict[str, Adjoint] = {}
    closed: dict[Term, Term] = {}
    shown: dict[Term, Term] = {}
    for name in order(network) if network.loss else ():
        made = _adjoint(network, name, closed, shown if network.named else None)
        found[name] = made
        if made.closed is not None and made.closed.size <= _LONGEST:
            closed[symbol(network, name)] = made.closed
        if made.shown is not None and name not in network.named:
            shown[symbol(network, name)] = made.shown
    return found


def order(network: MatrixNetwork) -> list[str]:
    """Return what the backward pass goes through."""
    behind: dict[str, list[str]] = {}  # leaves by the first line that reads them
    for leaf in (n.name for n in network.names.values() if n.role is not Role.LINE):
        behind.setdefault(next((line.name for line in network.readers[leaf]), ""), []).append(leaf)
    found: list[str] = []
    for line in reversed(network.lines):
        found += [line.name, *behind.get(line.name, [])]
    return [*found, *behind.get("", [])]


def readers(network: MatrixNetwork) -> dict[str, list[MatrixLine]]:
    """Return the lines that read each name, in their order."""
    found: dict[str, list[MatrixLine]] = {name: [] for name in network.names}
    for line in network.lines:
        for name in names_read(network, line):
            found[name].append(line)
    return found


def names_read(network: MatrixNetwork, line: MatrixLine) -> list[str]:
    """Return the names that a line reads, in reading order."""
    if line.body is None:
        return [line.of]
    places = network.places
    held = [x.data[0] for x in ordered(line.body) if x.op == "sym" and x.data[0] in places]
    return sorted(held, key=places.__getitem__)


def _adjoint(
    network: MatrixNetwork, name: str, closed: Mapping[Term, Term], shown: Mapping[Term, Term] | None
) -> Adjoint:
    own = network.names[name].symbol
    if name == network.loss:
        return Adjoint(name, (), a.ONE, a.ONE)
    consumers = network.readers[name]
    if any(line.body is None for line in consumers):
        given = symbol(network, name)
        return Adjoint(name, (), given, given, row_symbol(network, name), given=True)
    parts = [(line.name, _part(network, line, name, row=False)) for line in consumers]
    term = _short(network, a.add(*(t for _, t in parts)) if parts else a.zeros(own.shape))
    rows, chain = _in_rows(network, consumers, name)
    made = Adjoint(name, tuple(parts), term, _put_in(network, term, closed), rows, chain)
    return made if shown is None else replace(made, shown=_put_in(network, term, shown))


def _put_in(network: MatrixNetwork, term: Term, known: Mapping[Term, Term]) -> Term | None:
    """Return a derivative with those of later lines put in, None where that is too long."""
    whole = _by_outputs(network, _short(network, substituted(term, known)))
    return whole if whole.size <= _LONGEST else None


def _by_outputs(network: MatrixNetwork, t: Term) -> Term:
    """Return t with what a line scales expressed by that line where this is shorter: σ·x̂ for the x - μ of a norm."""
    scaled = {
        line.body.args[1]: a.scale(a.power(line.body.args[0], a.num(-1)), network.names[line.name].symbol)
        for line in network.lines
        if line.body is not None and line.body.op == "scale" and line.body.args[1].op == "add"
    }
    if not any(x in scaled for x in ordered(t)):
        return t
    other = _short(network, substituted(t, scaled))
    return other if cost(other) < cost(t) else t


def _part(network: MatrixNetwork, line: MatrixLine, name: str, row: bool) -> Term:
    assert line.body is not None
    seed = a.ONE if line.name == network.loss else symbol(network, line.name)
    if row and line.name != network.loss:
        seed = transpose(row_symbol(network, line.name))
    return collected(gradient(line.body, network.names[name].symbol, seed=seed))


def known(network: MatrixNetwork) -> Known:
    """Return the lines and what they mean, to be recognised in derivatives."""
    assumed = traited(network)
    bodies = {network.names[line.name].symbol: line.body for line in network.lines if line.body is not None}
    lets = {name: substituted(body, assumed) for name, body in bodies.items()}
    return Known([*lets, *lets.values()], lets, [n.symbol for n in network.names.values()])


def _short(network: MatrixNetwork, t: Term) -> Term:
    """Return a form with common factors out and lines recognised in it, by what is assumed of the leaves."""
    assumed = traited(network)
    short = collected(network.known.merged(collected(substituted(t, assumed))))
    return substituted(short, {knows: plain for plain, knows in assumed.items()})


def _in_rows(
    network: MatrixNetwork, consumers: list[MatrixLine], name: str
) -> tuple[Term | None, tuple[tuple[str, str], ...]]:
    """Return the derivative in numerator layout, and the Jacobians it is made of."""
    own = network.names[name].symbol
    if not consumers:
        return None, ()
    columns = own.columns.number == 1 and all(network.names[x.name].symbol.columns.number == 1 for x in consumers)
    terms = []
    try:
        for line in consumers:
            if columns:
                row = a.ONE if line.name == network.loss else row_symbol(network, line.name)
                terms.append(matmul(row, local(network, line.name, name)))
            else:
                terms.append(transpose(_part(network, line, name, row=True)))
    except NoClosedForm:
        return None, ()
    chain = tuple((line.name, name) for line in consumers) if columns else ()
    return collected(a.add(*terms)), chain


def local(network: MatrixNetwork, of: str, by: str) -> Term:
    """Return ∂of/∂by for one line and a name in it: the Jacobian of columns (numerator layout), ∂vec of/∂(vec by)ᵀ."""
    line = network.line(of)
    if line is None or line.body is None:
        raise NoClosedForm(f"{of} is no line with a formula")
    if network.general is not None:
        return resized(local(network.general, of, by), network.numbers)
    return _short(network, j.jacobian(line.body, network.names[by].symbol))
