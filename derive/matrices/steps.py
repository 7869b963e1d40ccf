"""The way to a derivative as on paper: a chain of differentials, one rule a line.

For a gradient each line writes df as a sum of scalar products ⟨g, dt⟩ over inner parts t of the formula, and the next
one replaces the outermost dt by what its rule says (Magnus and Neudecker, Matrix Differential Calculus, ch. 9). For a
Jacobian there are two: dF with dX in it, and vec dF = J·vec dX.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from derive.errors import Fault
from derive.matrices import sums as a
from derive.matrices.adjoint import contribution, inputs, reaching, sequence
from derive.matrices.collect import collected
from derive.matrices.differential import differential
from derive.matrices.merge import Values, merged
from derive.matrices.question import Question
from derive.matrices.rebuild import substituted
from derive.matrices.term import Term

_MOST, _PAIRS = 60, 600  # lines, and terms in all of them
_WIDE = 15  # differentials in one line
_NODES = 150  # parts of a formula that move
_LARGE = 120  # parts of a formula beyond which its steps are only put in order
_QUIET = frozenset({"add", "T", "scale"})  # linear, and seen at a glance
_WITH_NEXT = frozenset({"sum", "tr"})  # no line of their own: ⟨1, dA⟩ says little

RULES: dict[str, str] = {
    "matmul": "product rule: d(AB) = dA B + A dB",
    "had": "product rule, entry by entry",
    "mul": "product rule",
    "scale": "product rule",
    "pow": "power rule: the exponent comes down, one less stays",
    "hpow": "power rule, entry by entry",
    "hpow_by": "power rule, entry by entry",
    "sum": "the sum of all entries is linear",
    "tr": "the trace is linear",
    "inv": "the differential of an inverse (Matrix Cookbook, eq. 59)",
    "det": "the differential of a determinant (Matrix Cookbook, eq. 46)",
    "logdet": "the differential of log |det| (Matrix Cookbook, eq. 57)",
    "mpow": "product rule for a power of a matrix",
    "norm": "the differential of a norm: the vector over its norm",
    "norm1": "the derivative of an absolute value is the sign",
    "logsumexp": "the derivative of log-sum-exp is the softmax",
    "softmax": "the differential of softmax, written with the output",
    "rowsoftmax": "the differential of softmax, in every row",
    "colsoftmax": "the differential of softmax, in every column",
    "diag": "of a diagonal matrix only the diagonal moves",
    "diagvec": "the diagonal is linear in the matrix",
    "vec": "vec only puts the entries in another order",
    "kron": "product rule for Kronecker's product",
    "toep": "a convolution commutes",
    "huber": "the derivative of the Huber loss is the clipped residual",
    "fn": "the derivative of a function that is left open",
    "clip": "within its bounds clip is the identity",
    "let": "the definition is put in",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: df as pairs (g, t) of Σ ⟨g, dt⟩, or `moved` = dF as a formula in dX; rule: what led to it."""

    pairs: Sequence[tuple[Term, Term]]
    rule: str
    moved: Term | None = None


def chain(question: Question) -> list[Line]:
    """Return the lines to the result. Raises a Fault if a line is not what the one before is."""
    if question.kind == "jacobian":
        return _forward(question)
    lines = _backward(question)
    _verify(lines, question)
    return lines


def _backward(question: Question) -> list[Line]:
    lets = question.lets
    order = sequence(question.formula, lets)
    inside = reaching(order, question.free, lets)
    if len(inside) > _NODES:
        return []
    frontier: dict[Term, list[Term]] = {question.formula: [a.ONE]}
    lines = [_line(frontier, "", question)]
    waiting: list[str] = []
    for t in reversed(order):
        if t is question.free or t not in frontier or id(t) not in inside:
            continue
        g = a.add(*frontier.pop(t))
        for k, x in enumerate(inputs(t, lets)):
            if id(x) in inside:
                frontier.setdefault(x, []).append(g if t in lets else contribution(t, k, g))
        if len(frontier) > _WIDE:
            return []
        _write(lines, frontier, t, waiting, question, inside)
        if len(lines) > _MOST or sum(len(line.pairs) for line in lines) > _PAIRS:
            return []
    return lines


def _write(
    lines: list[Line],
    frontier: dict[Term, list[Term]],
    t: Term,
    waiting: list[str],
    question: Question,
    inside: set[int],
) -> None:
    """Add a line for what was done with t, or let it wait for the next one."""
    last = list(frontier) == [question.free]
    quiet = t.op in _QUIET and t not in question.lets
    if quiet and not waiting and len(lines) > 1:
        lines[-1] = _line(frontier, lines[-1].rule, question)
        return
    if not quiet:
        waiting.append(_rule(t, question, inside))
    if not last and (quiet or (t.op in _WITH_NEXT and t not in question.lets)):
        return
    rule = "; ".join(dict.fromkeys(waiting)) or "the differential is linear"
    waiting.clear()
    lines.append(_line(frontier, rule, question))


def _rule(t: Term, question: Question, inside: set[int]) -> str:
    from derive.ops import PRIMITIVES

    if t in question.lets:
        return RULES["let"]
    if t.op in ("mul", "scale") and sum(id(x) in inside for x in t.args) == 1:
        return "what does not move stays as a factor"
    return PRIMITIVES[t.data].because if t.op == "map" else RULES.get(t.op, "the differential is linear")


def _line(frontier: Mapping[Term, list[Term]], rule: str, question: Question) -> Line:
    return Line([(_short(a.add(*terms), question), t) for t, terms in frontier.items()], rule)


def _settled(values: Values, number: int, question: Question, whole: complex) -> bool:
    """Return whether another step gives the same change of f."""
    up, down = (values.moved(number, question.free, step).at(0, question.formula) for step in (1e-6, -1e-6))
    other = (up - down).sum() / 2e-6
    return bool(abs(other - whole) <= 1e-3 * (abs(whole) + abs(other)) + 1e-7)


def _short(g: Term, question: Question) -> Term:
    if g.size > _LARGE:
        return substituted(collected(g), {question.free: question.wrt})
    known = [*question.lets, *question.lets.values(), question.formula]
    return substituted(collected(merged(collected(g), known, question.lets)), {question.free: question.wrt})


def _forward(question: Question) -> list[Line]:
    """Return dF as one formula in dX."""
    by = a.ONE if question.free.scalar else a.sym("\x00d", question.free.shape)
    known: dict[int, Term] = {id(question.free): by}
    for t in sequence(question.formula, question.lets):
        if t is question.free:
            continue
        if t in question.lets:
            moved = known.get(id(question.lets[t]))
        else:
            moved = differential(t, [known.get(id(x)) for x in t.args])
        if moved is not None:
            known[id(t)] = moved
    found = known.get(id(question.formula))
    if found is None or found.size > 400:
        return []
    return [Line([], "the rules of differentials, one for each operation", collected(found))]


def _verify(lines: Sequence[Line], question: Question) -> None:
    """Compare the change of f with Σ ⟨g, dt⟩ of every line, along a direction at a point. Raises a Fault."""
    import numpy as np

    terms = [x for line in lines for pair in line.pairs for x in pair]
    same = {question.free: question.wrt}
    values = Values(question.lets, [question.formula, *terms], False, same)
    for number in range(len(values.sizes)):
        moves = [values.moved(number, question.free, step) for step in (1e-5, -1e-5)]
        for line in lines:
            total = 0.0
            for g, t in line.pairs:
                slope = (moves[0].at(0, t) - moves[1].at(0, t)) / 2e-5
                total = total + (values.at(number, g) * slope).sum()
            whole = (moves[0].at(0, question.formula) - moves[1].at(0, question.formula)).sum() / 2e-5
            if not np.isfinite(total) or not np.isfinite(whole):
                break  # no value here; there are other points
            if not _settled(values, number, question, whole):
                break  # the change has no digits here: a matrix is all but singular
            if abs(total - whole) > 1e-4 * (abs(whole) + abs(total)) + 1e-7:
                raise Fault("a step of this derivation could not be certified, so it is not shown", reason=line.rule)
