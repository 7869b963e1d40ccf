"""What should stand where a claim is wrong, in the digits or the names that the hand-in uses itself."""

from __future__ import annotations

from fractions import Fraction

from derive.check.bench import constant, world_of
from derive.check.quantities import Grid, Scalar
from derive.check.rounding import unit
from derive.check.subject import Subject
from derive.expr import Expr, Partial, Ref
from derive.graph import Role
from derive.language import surface as s
from derive.language.walk import walk
from derive.notation import Digits, Notation, show
from derive.ops.primitive import real
from derive.steps import backward_forms

_MORE = 8  # decimals at most beyond those that stand there
_NOTHING = Fraction(1, 10**15)  # the limit of what vanishes


def expected(left: s.Tree, right: s.Tree, truth: Scalar | Grid | None, subject: Subject) -> str | None:
    """Return the right side that a wrong claim should have, as LaTeX; None where no single one can be named."""
    if subject.of_matrices:
        from derive.check.matrices.expected import expected as of_matrices

        return of_matrices(left, right, truth, subject)  # type: ignore[arg-type]
    if constant(right):
        return None if truth is None or isinstance(truth, Grid) else _number(right, truth, subject)
    found = _formula(left, subject)
    return subject.network.writer().latex(found) if found is not None else None


def _number(written: s.Tree, truth: Scalar, subject: Subject) -> str:
    """Return a number with as many decimals as stand in what was written, more where it would vanish in them."""
    if abs(real(truth)) < real(_NOTHING):
        return "0"
    numbers = [n for n in walk(written) if isinstance(n, s.Num)]
    step = min((unit(n.text) for n in numbers if "." in n.text), default=Fraction(1, 10**4))
    places = max(len(str(step.denominator)) - 1, 2)
    if abs(real(truth)) < real(10 * step):
        return show(truth, Notation(digits=Digits("significant", 3)))[0]
    stands = _stands(written, subject)
    for more in range(_MORE):  # what stands there is not what should
        if stands is None or _rounded(truth, places + more) != stands:
            return show(truth, Notation(digits=Digits("decimals", places + more)))[0]
    return show(truth, Notation(digits=Digits("decimals", places + _MORE)))[0]


def _stands(written: s.Tree, subject: Subject) -> Fraction | None:
    """Return the number that a side of numbers is worth, None where it is no exact one."""
    try:
        found = world_of(subject)(subject, subject.points[0]).valuation().value(written) if subject.points else None
    except (ArithmeticError, ValueError):
        return None
    return found if isinstance(found, Fraction) else None


def _rounded(truth: Scalar, places: int) -> Fraction:
    """Return a number with so many decimals."""
    exact = truth if isinstance(truth, Fraction) else Fraction(str(real(truth)))
    return Fraction(round(exact * 10**places), 10**places)


def _formula(left: s.Tree, subject: Subject) -> Expr | None:
    network = subject.network
    match left:
        case s.Name():
            node, parameter = subject.plain(left.id), subject.after(left.id)
            if node is not None and network.graph[node].role is Role.LINE:
                return network.graph[node].expr
            if parameter is not None and network.update is not None:
                gradient = Partial(network.graph.loss, parameter)
                return network.update.rule.step(Ref(parameter), gradient, Ref(network.update.symbol))
        case s.Call(primes=0) if subject.plain(left.fn) is not None:
            return network.graph[subject.plain(left.fn) or ""].expr
        case s.Partial(of=s.Name(id=of) | s.Call(fn=of), wrt=(s.Name(id=by),)):
            wrt = subject.plain(by)
            if wrt is not None and wrt in network.derivation.steps and subject.plain(of) == network.graph.loss:
                form = backward_forms(network.derivation, wrt)[-1]
                return form if subject.holds(form, wrt) else None
    return None
