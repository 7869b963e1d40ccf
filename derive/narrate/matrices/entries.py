"""A network entry by entry: derivatives with indices and sums, the numbers put into the sums."""

from __future__ import annotations

from derive.check.quantities import Grid, Quantity
from derive.document import Aligned, Chain, Link
from derive.errors import Fault
from derive.matrices.collect import collected
from derive.matrices.entry_terms import written_out
from derive.matrices.term import Term, ordered
from derive.narrate.blocks import Ask
from derive.narrate.matrices.common import backward_key, exact, forward_key, matrix
from derive.problems.matrix.certify import certify_entries
from derive.problems.matrix.entry_forms import EntryForms, NoEntries, derivative, entry_forms, entry_of, written
from derive.problems.matrix.network import MatrixLine, MatrixNetwork
from derive.problems.matrix.numbers import Numbers

_MOST = 5  # values of an index for which a sum is written out
_LONGEST = 40  # parts of it


def certified(network: MatrixNetwork, name: str, ask: Ask) -> EntryForms:
    """Return a derivative entry by entry; raises a Fault where it has no such form."""
    try:
        forms = entry_forms(network, name)
    except NoEntries as none:
        title = f"the derivative by {network.names[name].spelled} is not written entry by entry here"
        raise Fault(title, ask.span, reason=f"{none} has no entries", expected='style="matrix"') from None
    if not network.indices.free:  # else it is certified with everything else
        certify_entries(network, name, forms.texts, forms.place)
    return forms


def backward(network: MatrixNetwork, names: list[str], ask: Ask) -> Aligned:
    """Return the backward pass entry by entry; with numbers a second line for what has several entries."""
    return Aligned(tuple(chain for name in names for chain in _chains(network, name, ask)))


def _chains(network: MatrixNetwork, name: str, ask: Ask) -> list[Chain]:
    forms, key = certified(network, name, ask), backward_key(network, name)
    named = [derivative(network, name, forms.place, network.latex(network.loss))] if name in network.named else []
    links = [Link("=", text) for text in (*named, *forms.texts)]
    if not ask.flag("numbers") and not ask.flag("after"):
        return [Chain(forms.head, tuple(links), boxed=name in network.wrt, key=key, shows=key)]
    state = network.after if ask.flag("after") else network.before
    value = state.adjoints[name]
    if isinstance(value, Grid):
        end = (_ends(network, value),)
        whole = Chain(network.spelled[f"∂{name}"], end, boxed=name in network.wrt)
        return [Chain(forms.head, tuple(links), key=key, shows=key), whole]
    links += worked_out(network, forms.term, state, value)
    return [Chain(forms.head, tuple(links), boxed=name in network.wrt, key=key, shows=key)]


def forward(network: MatrixNetwork, line: MatrixLine, state: Numbers) -> list[Chain]:
    """Return a line with its numbers: a sum written out, a vector below the formula for its entries."""
    value, key = state.values[line.name], forward_key(network, line.name)
    formula = Link("=", line.forms[-1])
    if isinstance(value, Grid):
        return [Chain(line.head, (formula,), shows=key), Chain(network.latex(line.name), (_ends(network, value),))]
    assert line.body is not None
    try:
        links = worked_out(network, entry_of(network, line.body), state, value)
    except NoEntries:
        links = [_ends(network, value)]
    return [Chain(network.latex(line.name), (formula, *links), shows=key)]


def _ends(network: MatrixNetwork, value: Quantity) -> Link:
    return Link("=" if exact(value, network.notation) else r"\approx", matrix(value, network.notation))


def worked_out(network: MatrixNetwork, t: Term, state: Numbers, value: Quantity) -> list[Link]:
    """Return a number with everything put in before it, where its sums are short."""
    sums = [x.data[1].value(network.bound) for x in ordered(t) if x.op == "bigsum"]
    if not sums or max(sums) > _MOST:
        return [_ends(network, value)]
    out = collected(written_out(t, network.bound))
    numbers = {x.data[0]: number for x in ordered(out) if x.op == "sym" and (number := _number(x, state)) is not None}
    if out.size > _LONGEST:
        return [_ends(network, value)]
    text = written(network, out, {name: matrix(x, network.notation) for name, x in numbers.items()})
    whole = all(exact(x, network.notation) for x in numbers.values())
    end = _ends(network, value)
    return [Link("=" if whole else r"\approx", text), end if whole else Link(r"\approx", end.latex)]


def _number(x: Term, state: Numbers) -> Quantity | None:
    """Return the value of an entry such as x[2]."""
    name, _, rest = x.data[0].rstrip("]").partition("[")
    found = state.adjoints.get(name[1:]) if name.startswith("∂") else state.values.get(name)
    if not rest or not isinstance(found, Grid):
        return found
    at = [int(k) - 1 for k in rest.split(",")]
    return found.rows[at[0]][at[1]] if len(at) == 2 else found.cells[at[0]]
