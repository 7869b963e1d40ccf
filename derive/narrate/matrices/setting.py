"""What is agreed upon in a derivation with matrices."""

from __future__ import annotations

from derive.document import Inline, Math, Paragraph
from derive.matrices.term import ordered
from derive.narrate.blocks import Ask, Placed
from derive.notation import show
from derive.problems.matrix.assume import sentence
from derive.problems.matrix.network import MatrixNetwork

_WORDS = {"sum": "adds up all entries", "diagvec": "takes the diagonal as a column"}


def conventions(network: MatrixNetwork, ask: Ask) -> Placed:
    """The layout of derivatives, what the signs mean, and what holds at kinks."""
    forms = [t for x in network.adjoints.values() for t in (x.term, x.closed) if t is not None]
    used = {x.op if x.op != "map" else x.data for t in forms for x in ordered(t)}
    said: list[Inline] = [_layout(network), " "]
    if used & {"had", "hpow"}:
        said += [Math(r"\odot"), " multiplies entry by entry. "]
    if "ones" in used:
        said += [Math(r"\mathbf{1}_{m \times n}"), " is a matrix of ones, "]
        said += [Math(r"\mathbf{1}_n"), " a column of them. "]
    if "step" in used:
        zero = show(network.notation.relu_at_0, network.notation)[0]
        said += [Math("u"), " is the unit step, taken at every entry; at 0 we set ", Math(f"u(0) = {zero}"), ". "]
    if "fn" in used:
        said += ["A function that is left open acts on every entry; its derivative has a prime. "]
    for op, meaning in _WORDS.items():
        if op in used:
            said += [Math(rf"\operatorname{{{op}}}"), f" {meaning}. "]
    for name in network.sums:
        before, behind = sentence(network, name)
        said += [before.capitalize(), Math(network.latex(name)), f"{behind}. "]
    return (Paragraph(tuple(said)),)


def _layout(network: MatrixNetwork) -> str:
    if network.notation.layout == "numerator":
        return (
            "Derivatives stand in numerator layout: the derivative of a scalar by a column is a row, "
            "that by a matrix has the transposed shape."
        )
    return "Every derivative of the loss has the shape of what it is taken by."
