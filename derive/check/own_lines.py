"""What a hand-in says of its own network: lines, values, the loss, the learning rate, part by part."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from derive.check.bench import constant
from derive.check.claims import Claim, HandIn
from derive.check.functions import FUNCTIONS
from derive.check.macros import expanded
from derive.check.parts import Path
from derive.check.put_in import is_number, put_in
from derive.check.renewed import renewed
from derive.errors import Fault
from derive.language import surface as s
from derive.language.grammar import Table
from derive.language.occurrences import quantities
from derive.language.walk import walk
from derive.ops import SPELLINGS
from derive.source import Slice

_NOTHING = Table()
_RATES = ("alpha", "eta", "lr", "gamma", "epsilon", "mu", "lambda")
_NO_LINE = (s.Partial, s.Nabla, s.EvalAt, s.Matrix, s.Relation, s.Seq, s.Dots, s.Index, s.Transpose)
_CONSTANTS = ("e", "pi", "infty", "dots")


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is written, left = right, with the ids that it reads and the claim that it stands in."""

    left: str
    right: str
    reads: frozenset[str]
    claim: int


@dataclass(frozen=True, slots=True)
class Own:
    """What holds in a part. lines, values: by id; a value is (name, number, claim)."""

    lines: dict[str, Line] = field(default_factory=dict)
    values: dict[str, tuple[str, str, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Gathered:
    """parts: path → what holds there, in the order of the text. losses: ids that are differentiated, with how often."""

    parts: dict[Path, Own] = field(default_factory=dict)
    losses: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)  # id → its spelling, of all names in the text
    put: dict[Path, dict[str, tuple[str, str, int] | None]] = field(default_factory=dict)  # None: more than one value
    matrices: set[str] = field(default_factory=set)  # ids of names that are matrices of numbers
    shapeless: set[str] = field(default_factory=set)  # ids of names that are used as matrices


def gather(hand_in: HandIn) -> Gathered:
    """Return what a hand-in says of its own network.

    A part takes over what held before it. It may give new values; new lines for an old name only where it begins
    another exercise.
    """
    found = Gathered()
    before, fixed, number = Own(), set[str](), ""
    for index, claim in enumerate(hand_in.claims):
        if not hand_in.looked_at(index) or claim.unread:
            continue
        path = claim.part.path if claim.part is not None else ()
        if path not in found.parts:
            if path[:1] != (number,):
                fixed, number = set(), path[0] if path else ""
            found.parts[path] = before = Own(dict(before.lines), dict(before.values))
            valued: set[str] = set()
        sides = [_tree(hand_in, side) for side in claim.chain]
        _take_names(found, (sides[claim.at], sides[claim.at + 1]))
        _take_matrix(found, claim, sides)
        if claim.at == 0 and claim.relation in ("=", ":="):
            _take(hand_in, claim, index, sides, before, fixed, valued)
        _take_put_in(hand_in, claim, index, sides, found.put.setdefault(path, {}))
    _fill(found)
    return found


def _take_put_in(
    hand_in: HandIn, claim: Claim, index: int, sides: list[s.Tree | None], put: dict[str, tuple[str, str, int] | None]
) -> None:
    """Take the numbers that a relation puts in the places of names; one that gets two values has none."""
    left, right = sides[claim.at], sides[claim.at + 1]
    if claim.relation != "=" or left is None or right is None or isinstance(left, s.Name) or not constant(right):
        return
    for name, number in put_in(left, right):
        text = expanded(claim.right.text, hand_in.macros)[number.at[0] : number.at[1]]
        before = put.get(name.id, (name.latex, text, index))
        put[name.id] = before if before is not None and before[1] == text else None


_OF_MATRICES = ("tr", "trace", "Tr", "det", "inv", "vec", "diag", "diagvec", "kron", "rank")


def _used_as_matrix(node: s.Tree) -> str:
    """Return the id of a name that is transposed, or stands in a function or a norm of matrices; "" for none."""
    match node:
        case s.Transpose(body=s.Name() as name):
            return name.id
        case s.Bars(body=s.Name() as name, double=True):
            return name.id
        case s.Call(args=(s.Name() as name, *_)) if node.fn in _OF_MATRICES:
            return name.id
    return ""


def _take_matrix(found: Gathered, claim: Claim, sides: list[s.Tree | None]) -> None:
    """Take a name that a relation says to be a matrix of numbers; a network of numbers has no place for it."""
    left, right = sides[claim.at], sides[claim.at + 1]
    if claim.relation in ("=", ":=") and isinstance(left, s.Name) and isinstance(right, s.Matrix) and constant(right):
        found.matrices.add(left.id)


def _fill(found: Gathered) -> None:
    """Give the names of each part, where the text never says what they are, the values that are put in for them."""
    said = {id for own in found.parts.values() for id in (*own.lines, *own.values)}
    for path, own in found.parts.items():
        for id, value in found.put.get(path, {}).items():
            if value is not None and id not in said and id not in _CONSTANTS and not is_new(id, own):
                own.values[id] = value


def rate(own: Own) -> str | None:
    """Return the id of what is called and valued like a learning rate and stands in no line."""
    read = {id for line in own.lines.values() for id in line.reads}
    return next((id for id in own.values if id.partition("_")[0] in _RATES and id not in read), None)


def _tree(hand_in: HandIn, side: Slice) -> s.Tree | None:
    try:
        return hand_in.tree(side, _NOTHING)
    except Fault:
        return None


def _take_names(found: Gathered, sides: tuple[s.Tree | None, ...]) -> None:
    for tree in sides:
        if tree is None:
            continue
        for node in walk(tree):
            if isinstance(node, s.Partial) and (id := _head(node.of)):
                found.losses[id] += 1
        found.shapeless |= {id for node in walk(tree) if (id := _used_as_matrix(node))}
        for id, where in quantities(tree):
            if isinstance(where, s.Name) and id not in _CONSTANTS:
                found.names.setdefault(id, where.latex)


def _take(
    hand_in: HandIn, claim: Claim, index: int, sides: list[s.Tree | None], own: Own, fixed: set[str], valued: set[str]
) -> None:
    """Take the line or the values that a chain gives."""
    id = _head(sides[0])
    if not id or is_new(id, own):
        return
    text = [expanded(side.text, hand_in.macros).replace("\n", " ").strip() for side in claim.chain]
    *heads, last = sides
    if last is not None and is_number(last) and all(isinstance(tree, s.Name) for tree in heads):
        for tree, name in zip(heads, text, strict=False):
            if isinstance(tree, s.Name) and tree.id not in own.lines and tree.id not in valued:
                own.values[tree.id] = (name, text[-1], index)
                valued.add(tree.id)
        return
    made = _line(id, text, sides, index)
    if made is not None and id not in fixed and id not in valued:
        own.lines[id] = made
        own.values.pop(id, None)
        fixed.add(id)


def _line(id: str, text: list[str], sides: list[s.Tree | None], claim: int) -> Line | None:
    """Return the line that a chain gives: its first side with names, or that behind a function that it names."""
    symbolic = [at for at, tree in enumerate(sides[1:], 1) if tree is not None and not constant(tree)]
    if not symbolic or symbolic[0] != 1:
        return None
    named = isinstance(sides[1], s.Call) and sides[1].fn not in SPELLINGS and sides[1].fn not in FUNCTIONS
    chosen = symbolic[:2] if named else symbolic[:1]
    tree = sides[chosen[-1]]
    assert tree is not None
    reads = frozenset(other for other, _ in quantities(tree)) - set(_CONSTANTS)
    if id in reads or any(isinstance(node, _NO_LINE) or getattr(node, "primes", 0) for node in walk(tree)):
        return None
    return Line(text[0], " = ".join(text[at] for at in chosen), reads, claim)


def _head(tree: s.Tree | None) -> str:
    """Return the id of a name, or of what is written with the names that it depends on; "" for anything else."""
    match tree:
        case s.Name():
            return tree.id
        case s.Call(primes=0, base=None) if tree.fn not in SPELLINGS and tree.fn not in FUNCTIONS:
            return tree.fn if all(isinstance(a, s.Name) for a in tree.args) else ""
    return ""


def is_new(id: str, own: Own) -> bool:
    """Return whether an id means a name of the part after an update."""
    stem = renewed(id, parameter=True)
    if not stem:
        return False
    return stem in own.values or stem in own.lines or any(stem in line.reads for line in own.lines.values())
