"""What a hand-in says of shapes: `W \\in \\mathbb{R}^{m \\times n}`, `W_{6 \\times 4}`."""

from __future__ import annotations

from dataclasses import replace

from derive.check.bench import Bench, Verdict
from derive.check.matrices.below import said, stripped
from derive.check.matrices.indices import number
from derive.check.matrices.letters import lettered
from derive.check.quantities import Mismatch, Quantity, shape_of
from derive.check.subject import Point
from derive.check.underset import SHAPED
from derive.check.work import TooLong, Unread
from derive.language import surface as s
from derive.language.walk import walk
from derive.numeric import precisely
from derive.ops import DomainError


def space(tree: s.Tree) -> tuple[s.Tree, ...] | None:
    """Return the dimensions of R^{m × n}, of R^n one, of R none; None for what is no such space."""
    match tree:
        case s.Name(id="R"):
            return ()
        case s.Pow(base=s.Name(id="R"), exponent=s.Mul(factors=(rows, columns), signs=("*",))):
            return rows, columns
        case s.Pow(base=s.Name(id="R"), exponent=one):
            return (one,)
    return None


def member(left: s.Tree, right: s.Tree, bench: Bench) -> Verdict | None:
    """Return the verdict on left ∈ right for a space of matrices, None for any other set.

    A column, or a row, may be said to lie in R^n.
    """
    dims = space(right)
    if dims is None or bench.knows("R"):
        return None
    found = _member(left, dims, bench, bench.subject.loose or bench.points)
    if found.kind == "wrong" and all(isinstance(d, s.Num) for d in dims):  # with the numbers of the exercise
        meant = _member(left, dims, bench, bench.points)
        return meant if meant.kind == "correct" else found
    return found


def _member(left: s.Tree, dims: tuple[s.Tree, ...], bench: Bench, points: list[Point]) -> Verdict:
    count = 0
    try:
        with precisely():
            for point in points:
                try:
                    wanted = [int(bench.world(point).valuation().scalar(d, "a dimension")) for d in dims]
                    found = _shape(left, point, bench)
                except (DomainError, ZeroDivisionError, OverflowError):
                    continue
                if not _fits(found, wanted):
                    text = lettered("×".join(map(str, found)), point.sizes, bench.subject)  # type: ignore[arg-type]
                    return Verdict("wrong", f"it is {text or 'a number'}")
                count += 1
    except Mismatch as clash:
        return Verdict("mismatched", str(clash))
    except (Unread, TooLong, ValueError) as part:
        return Verdict("undecided", str(part))
    return Verdict("correct") if count else Verdict("undecided", "it has a value at too few points")


def _shape(left: s.Tree, point: Point, bench: Bench) -> tuple[int, ...]:
    """Return the shape of a formula; derivatives are read in all ways."""
    from derive.check.matrices.judge import READINGS, free

    wrong: Exception | None = None
    for reading in READINGS:
        world = replace(bench.world(point, reading.total), composing=reading.composing)  # type: ignore[call-arg]
        try:
            v = world.valuation()
            v.bound = dict(free(left, left, world)[0])  # type: ignore[arg-type]
            return shape_of(v.value(left))
        except (Mismatch, Unread) as clash:
            wrong = wrong or clash
    assert wrong is not None
    raise wrong


def _fits(found: tuple[int, ...], wanted: list[int]) -> bool:
    if len(wanted) == 1:
        return found == () if wanted == [1] else sorted(found) == sorted((1, wanted[0])) and len(found) == 2
    return (found or (1, 1)) == (tuple(wanted) or (1, 1))


def misfit(trees: tuple[s.Tree, s.Tree], bench: Bench) -> Verdict | None:
    """Return the verdict on shapes that are said of names or formulas and are others, None where all are right."""
    for part in (part for tree in trees for part in walk(tree) if isinstance(part, s.Call) and part.fn == SHAPED):
        body, *dims = part.args
        own = all(isinstance(d, s.Num) for d in dims)
        found = _member(
            stripped(body), tuple(dims), bench, bench.points if own else bench.subject.loose or bench.points
        )
        if found.kind != "correct":
            kind = "mismatched" if found.kind == "wrong" else found.kind
            return Verdict(kind, f"a shape below a formula: {found.because}")
    for tree in trees:
        for name, *sizes in said(tree):
            own = all(text.isdigit() for text in sizes)
            for point in bench.points if own else bench.subject.loose or bench.points:
                known = bench.world(point).name(name.id)
                wanted = [number(text, {}, point.sizes) for text in sizes]
                if known is None or None in wanted:
                    return Verdict("undecided", f"the shape {'×'.join(sizes)} of {name.id} is not known here")
                if (shape_of(known) or (1, 1)) != tuple(wanted):
                    text = lettered(_text(known), point.sizes, bench.subject)  # type: ignore[arg-type]
                    return Verdict("mismatched", f"{name.id} is {text}, not {'×'.join(sizes)}", truth=known)
    return None


def _text(x: Quantity) -> str:
    return "×".join(map(str, shape_of(x))) or "a number"
