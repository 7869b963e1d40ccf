"""Follow-through: what is wrong only because an earlier mistake was carried on is that one mistake, not a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.check.bench import Bench, Verdict, constant
from derive.check.quantities import Grid, Quantity
from derive.language import surface as s
from derive.language.walk import walk
from derive.numeric import precisely
from derive.ops.primitive import real

_MOST = 40  # slips that a claim may carry on: the last ones
_COMMON = ("0", "1", "2")  # numbers that stand everywhere
Judging = Callable[[s.Tree, s.Tree, Bench, Mapping[str, Fraction]], Verdict]


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


def slip_of(claim: int, head: s.Tree, right: s.Tree, truth: Quantity | None, bench: Bench) -> Iterator[Slip]:
    """Yield what a wrong claim may do to later ones. head: the quantity that its chain begins with."""
    number = _number(right)
    world = bench.world(bench.subject.points[0]) if bench.subject.points else None
    if number is not None and number.text not in _COMMON:
        meant = _truth(head, bench) if not constant(head) else truth
        if meant is not None and not isinstance(meant, Grid):
            yield Slip(claim, number.text, meant)
    if world is None:
        return
    match head:
        case s.Partial(wrt=(wrt,)):
            of, by = world.quantity(head.of), world.quantity(wrt)
            if of == bench.subject.loss and by is not None:
                yield Slip(claim, of=by, gradient=True, tree=right)
        case s.Name():
            node = world.node(head.id)
            if node is not None:
                yield Slip(claim, of=node, tree=right)


def _truth(head: s.Tree, bench: Bench) -> Quantity | None:
    """Return the value that a quantity has in the exercise."""
    if bench.meant is None:
        return None
    with precisely():
        try:
            return bench.world(bench.meant).valuation().value(head)
        except (ArithmeticError, ValueError):
            return None


def followed(
    trees: tuple[s.Tree, s.Tree], verdict: Verdict, slips: Sequence[Slip], bench: Bench, judging: Judging
) -> Slip | None:
    """Return the earlier slip that makes a claim what it is: wrong but right by it, or right only by it.

    judging: how the claim is judged, with other sides or beliefs. Where no single slip explains it, all may together.
    """
    if verdict.kind not in ("wrong", "correct"):
        return None
    slips = slips[-_MOST:]
    wrong = verdict.kind == "wrong"
    for slip in reversed(slips):
        if slip.text and _by_number(trees, [slip], wrong, bench, judging):
            return slip
        if not slip.text and wrong and _believed(trees, [slip], bench, judging):
            return slip
    if not wrong or len({slip.claim for slip in slips}) < 2:
        return None
    if _by_number(trees, [slip for slip in slips if slip.text], wrong, bench, judging):
        return slips[-1]
    return slips[-1] if _believed(trees, [slip for slip in slips if not slip.text], bench, judging) else None


def _by_number(
    trees: tuple[s.Tree, s.Tree], slips: Sequence[Slip], wrong: bool, bench: Bench, judging: Judging
) -> bool:
    """Return whether a claim turns with the numbers of slips put right."""
    put, moved = trees, dict[str, Fraction]()
    for slip in slips:
        new = (_with_truth(put[0], slip), _with_truth(put[1], slip))
        if new != put:
            put = new
            moved |= _moved(put, slip)
    if put == trees or not (wrong or (constant(trees[1]) and all("." in slip.text for slip in slips))):
        return False
    return judging(*put, bench, moved).kind == ("correct" if wrong else "wrong")


def _believed(trees: tuple[s.Tree, s.Tree], slips: Sequence[Slip], bench: Bench, judging: Judging) -> bool:
    """Return whether a claim is right where quantities are what earlier claims said."""
    own = _of(trees[0], bench)
    beliefs = {(slip.of, slip.gradient): slip.tree for slip in slips if slip.tree is not None and slip.of != own}
    if not any(_concerns(slip, trees, bench) for slip in slips if (slip.of, slip.gradient) in beliefs):
        return False
    believing = replace(bench, beliefs={**bench.beliefs, **beliefs})
    return judging(*trees, believing, {}).kind == "correct"


def _concerns(slip: Slip, trees: tuple[s.Tree, s.Tree], bench: Bench) -> bool:
    """Return whether a claim speaks of anything that changes with what a slip says: else it need not be judged again.

    With the value of a node all behind it changes and every gradient, with a gradient those of what the node reads.
    """
    subject = bench.subject
    world = bench.world(subject.points[0])
    for part in (part for tree in trees for part in walk(tree)):
        match part:
            case s.Partial(wrt=(by,)):
                node = world.quantity(by)
                if node is None or not slip.gradient or node == slip.of or slip.of in subject.behind(node):
                    return True
            case s.Name(id=id) if (parameter := bench.new(id)) is not None:
                if not slip.gradient or parameter == slip.of or slip.of in subject.behind(parameter):
                    return True
            case s.Name(id=id):
                node = subject.plain(id)
                if node is None or (not slip.gradient and (node == slip.of or node in subject.behind(slip.of))):
                    return True
            case s.Call() if world.function(part.fn, part.primes) is not None:
                return True
            case s.Partial() | s.Nabla():
                return True
    return False


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
