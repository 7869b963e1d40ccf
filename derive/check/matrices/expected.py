"""What should stand where a claim about matrices is wrong."""

from __future__ import annotations

from derive.check.bench import constant
from derive.check.matrices.subject import MatrixSubject
from derive.check.quantities import Grid, Quantity
from derive.check.rounding import unit
from derive.language import surface as s
from derive.language.walk import walk
from derive.matrices.latex import latex
from derive.matrices.orient import oriented
from derive.notation import Digits, Notation, show

_LARGEST = 36  # entries of a matrix that is written out


def expected(left: s.Tree, right: s.Tree, truth: Quantity | None, subject: MatrixSubject) -> str | None:
    """Return the right side that a wrong claim should have, as LaTeX; None where no single one can be named."""
    if constant(right):
        return None if truth is None else _numbers(truth, right)
    network = subject.network
    match left:
        case s.Name() if (node := subject.plain(left.id)) is not None:
            line = network.line(node)
            return line.forms[-1] if line is not None and line.body is not None else None
        case s.Partial(of=s.Name(id=of) | s.Call(fn=of), wrt=(s.Name(id=by),)):
            node = subject.plain(by)
            if node is None or subject.plain(of) != subject.loss:
                return None
            adjoint = network.adjoints[node]
            rows = network.notation.layout == "numerator"
            term = adjoint.rows if rows else adjoint.closed if adjoint.closed is not None else adjoint.term
            return latex(oriented(term), network.spelled) if term is not None and not adjoint.given else None
    return None


def _numbers(truth: Quantity, written: s.Tree) -> str | None:
    steps = [unit(n.text) for n in walk(written) if isinstance(n, s.Num) and "." in n.text]
    places = max(2, len(str(min(steps).denominator)) - 1) if steps else 4
    notation = Notation(digits=Digits("decimals", places))
    if not isinstance(truth, Grid):
        return show(truth, notation)[0]
    if len(truth.cells) > _LARGEST:
        return None
    rows = r" \\ ".join(" & ".join(show(x, notation)[0] for x in row) for row in truth.rows)
    return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"
