"""Follow-through: what is wrong only because an earlier mistake was carried on is that one mistake, not a second."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.check.bench import Bench, Verdict, constant
from derive.check.judge import judge
from derive.check.quantities import Grid, Quantity
from derive.check.value import Valuation
from derive.language import surface as s
from derive.language.walk import walk
from derive.numeric import precisely
from derive.ops.primitive import real

_MOST = 40  # slips that a claim may carry on: the last ones


@dataclass(frozen=True, slots=True)
class Slip:
    """A wrong claim: by its place, the number that was printed and what it should have been; or a quantity's formula.

    text: the digits of the wrong number, "" where it is no number. of: the node whose value or gradient was claimed.
    """

    claim: int
    text: str = ""
    truth: Quantity | None = None
    of: str = ""
    gradient: bool = False
    tree: s.Tree | None = None


def slip_of(
    claim: int, trees: tuple[s.Tree, s.Tree], verdict: Verdict, bench: Bench, head: s.Tree | None
) -> Iterator[Slip]:
    """Yield what a wrong claim may do to later ones. head: what its chain is about, if that is known."""
    left, right = trees
    if head is not None and not isinstance(left, (s.Name, s.Partial)):
        left = head
    number = _number(right)
    if number is not None and verdict.truth is not None and not isinstance(verdict.truth, Grid) and "." in number.text:
        yield Slip(claim, number.text, verdict.truth)
    world = bench.world(bench.subject.points[0]) if bench.subject.points else None
    if world is None:
        return
    match left:
        case s.Partial(wrt=(wrt,)):
            of, by = world.quantity(left.of), world.quantity(wrt)
            if of == bench.subject.graph.loss and by is not None:
                yield Slip(claim, of=by, gradient=True, tree=right)
        case s.Name():
            node = world.node(left.id)
            if node is not None:
                yield Slip(claim, of=node, tree=right)


def carried_on(claim: int, right: s.Tree, head: s.Tree | None, bench: Bench) -> Iterator[Slip]:
    """Yield the number that a chain with a slip in it ends in, which is computed rightly from what is wrong."""
    number, point = _number(right), bench.meant
    if number is None or head is None or point is None or "." not in number.text:
        return
    try:
        with precisely():
            truth = Valuation(bench.world(point)).value(head)
    except (ArithmeticError, OverflowError, ValueError):
        return
    if not isinstance(truth, Grid):
        yield Slip(claim, number.text, truth)


def followed(
    trees: tuple[s.Tree, s.Tree], verdict: Verdict, approximate: bool, slips: Sequence[Slip], bench: Bench
) -> Slip | None:
    """Return the earlier slip that makes a claim what it is: wrong but right by it, or right only by it."""
    if verdict.kind not in ("wrong", "correct"):
        return None
    for slip in reversed(slips[-_MOST:]):
        if slip.text:
            put = tuple(_with_truth(tree, slip) for tree in trees)
            if put == trees:
                continue
            corrected = judge(put[0], put[1], approximate, bench, _moved(put, slip))
            if verdict.kind == "wrong" and corrected.kind == "correct":
                return slip
            if verdict.kind == "correct" and corrected.kind == "wrong" and constant(trees[1]):
                return slip
        elif verdict.kind == "wrong" and _believed(trees, slip, approximate, bench):
            return slip
    return None


def _believed(trees: tuple[s.Tree, s.Tree], slip: Slip, approximate: bool, bench: Bench) -> bool:
    """Return whether a claim is right where a quantity is what an earlier claim said."""
    if slip.tree is None or slip.of == _of(trees[0], bench):
        return False
    key = (slip.of, slip.gradient)
    believing = replace(bench, beliefs={**bench.beliefs, key: slip.tree})
    return judge(trees[0], trees[1], approximate, believing).kind == "correct"


def _of(tree: s.Tree, bench: Bench) -> str | None:
    world = bench.world(bench.subject.points[0])
    return world.quantity(tree.wrt[0]) if isinstance(tree, s.Partial) else world.quantity(tree)


def _number(tree: s.Tree) -> s.Num | None:
    while isinstance(tree, s.Neg):
        tree = tree.body
    return tree if isinstance(tree, s.Num) else None


def _with_truth(tree: s.Tree, slip: Slip) -> s.Tree:
    """Return a side with a wrong number replaced by the right one, to many digits."""
    from derive.language.unfold import rebuilt

    if isinstance(tree, s.Num):
        assert slip.truth is not None
        return s.Num(tree.at, _digits(slip.truth)) if tree.text == slip.text else tree
    return rebuilt(tree, lambda part: _with_truth(part, slip))


def _digits(x: Quantity) -> str:
    from mpmath import mp

    return f"{x.numerator}" if isinstance(x, Fraction) and x.denominator == 1 else mp.nstr(abs(real(x)), 30)


def _moved(trees: tuple[s.Tree, ...], slip: Slip) -> Mapping[str, Fraction]:
    """Return by how much the right number is uncertain itself: by what the wrong one would have shown."""
    from derive.check.rounding import unit

    assert slip.truth is not None
    digits = _digits(slip.truth)
    used = any(isinstance(n, s.Num) and n.text == digits for tree in trees for n in walk(tree))
    return {digits: unit(slip.text) / 2} if used else {}
