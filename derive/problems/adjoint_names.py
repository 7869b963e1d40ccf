r"""Names that an author gives to derivatives of the loss: `\delta^{[2]} = \frac{\partial L}{\partial z^{[2]}}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from derive.errors import Fault, nearest
from derive.language import surface as s
from derive.language.grammar import parse
from derive.language.spelling import beautiful
from derive.problems.line import Line
from derive.source import Slice

_EXAMPLE = r"\delta = \frac{\partial L}{\partial z}"


@dataclass(frozen=True, slots=True)
class AdjointName:
    """A name for ∂loss/∂line: its id, how it is spelled and set, the id of the line."""

    id: str
    spelled: str
    latex: str
    line: str


def parted(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Return the lines of the forward pass, and those that name a derivative."""
    naming = [line for line in lines if any(_is_derivative(side) for side in line.sides)]
    return [line for line in lines if line not in naming], naming


def _is_derivative(side: Slice) -> bool:
    if "frac" not in side.text:
        return False
    try:
        return isinstance(parse(side), s.Partial)
    except Fault:  # what is wrong with it is told where it is read with all names
        return False


def read_adjoint_names(
    naming: Sequence[Line], lines: Sequence[Line], loss: str, known_as: Callable[[str], str]
) -> _Names:
    """Return the names by the id of the line they are about; raises a Fault at one that names nothing.

    loss: the id of the loss, "" where there is none. known_as: any id → that of the line which it means.
    """
    found: _Names = {}
    for line in naming:
        made = _read(line, naming, lines, loss, known_as)
        if made.line in found:
            title = f"the derivative by {line.sides[0].text} has two names"
            raise Fault(title, line.head.span(), expected=f"one of {found[made.line].spelled}, {made.spelled}")
        if any(made.id == other.id for other in found.values()):
            raise Fault(f"{made.spelled} names two derivatives", line.head.span())
        found[made.line] = made
    return found


_Names = dict[str, AdjointName]


def _read(
    line: Line, naming: Sequence[Line], lines: Sequence[Line], loss: str, known_as: Callable[[str], str]
) -> AdjointName:
    side = line.sides[0]
    tree = parse(side)
    if len(line.sides) > 1 or not isinstance(tree, s.Partial):
        title = f"{line.name.text} names a derivative, whose formula is derived"
        raise Fault(title, line.text.span(), expected=_EXAMPLE)
    known = {other.id for other in lines}
    if line.id in known:
        raise Fault(f"{line.name.text} is a line and the name of a derivative", line.head.span())
    of = tree.of.id if isinstance(tree.of, s.Name) else ""
    if not loss or known_as(of) != loss:
        what = f"{loss} is" if loss else "there is no scalar that could be"
        where = side.span(*tree.of.at)
        raise Fault("this names a derivative of something else than the loss", where, reason=f"{what} the loss")
    id = known_as(_by(tree, side))
    if id not in known or id == loss:
        raise _no_line(line, id, naming, lines, side.span(*tree.wrt[0].at), loss)
    return AdjointName(line.id, line.name.text, beautiful(line.name.text), id)


def _by(tree: s.Partial, side: Slice) -> str:
    (wrt, *more) = tree.wrt
    if more or not isinstance(wrt, s.Name):
        raise Fault("a derivative by one name can be named", side.span(*tree.at), expected=_EXAMPLE)
    return wrt.id


def _no_line(line: Line, id: str, naming: Sequence[Line], lines: Sequence[Line], where: object, loss: str) -> Fault:
    """Return what is wrong with the name of a derivative by something that is no line before the loss."""
    known = [other.name.text for other in lines if other.id != loss]
    if _circular(line, naming):
        title = "the names of derivatives go round in a circle"
    else:
        title = f"{line.name.text} names the derivative by {id}, which is no line before the loss"
    hint = nearest(id, [other.id for other in lines if other.id != loss])
    return Fault(title, where, reason=hint, expected="one of " + ", ".join(known))  # type: ignore[arg-type]


def _circular(line: Line, naming: Sequence[Line]) -> bool:
    """Return whether a name is about itself, by way of others."""
    by_id = {other.id: other for other in naming}
    seen: set[str] = set()
    at: Line | None = line
    while at is not None and at.id not in seen:
        seen.add(at.id)
        tree = parse(at.sides[0])
        wrt = tree.wrt[0] if isinstance(tree, s.Partial) else None
        at = by_id.get(wrt.id) if isinstance(wrt, s.Name) else None
    return at is not None


def require_apart(names: Mapping[str, AdjointName], naming: Sequence[Line], read: Mapping[str, str]) -> None:
    """Raise a Fault where the forward pass reads the name of a derivative; read: id → spelling of what it reads."""
    for made in names.values():
        if made.id in read:
            line = next(line for line in naming if line.id == made.id)
            title = f"the forward pass reads {made.spelled}, which is a derivative of its loss"
            raise Fault(title, line.head.span(), expected="another name for one of the two")
