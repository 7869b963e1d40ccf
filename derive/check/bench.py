"""What a hand-in has said so far: its names and functions, beside the network that it speaks of; and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from derive.check.agree import close
from derive.check.extremum_forms import KINDS
from derive.check.functions import FUNCTIONS
from derive.check.quantities import Grid, Quantity
from derive.check.subject import Point, Subject
from derive.check.world import NetworkWorld
from derive.expr import Value
from derive.language import surface as s
from derive.language.walk import walk
from derive.numeric import DIGITS, precisely
from derive.ops import SPELLINGS


@dataclass(frozen=True, slots=True)
class Verdict:
    """correct, wrong, mismatched, undecided, definition, follow_through or unread, and what a reader wants to know.

    truth: the value that should stand on the right; witness: a point where the sides differ; because: in words.
    """

    kind: str
    because: str = ""
    truth: Quantity | None = None
    witness: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Bench:
    """What a hand-in has said so far, beside the network that it speaks of.

    beliefs: (node, whether its gradient is meant) → what it is taken to be instead. after: numbers are those after the
    update. functions: id → parameters and formula of the hand-in's own functions, `f(x) = …`. renewed: other names of
    new values, id → parameter. stepped: the parameters whose new values have been spoken of. told: by how much numbers
    may be off that the hand-in has computed itself. layout: of derivatives by vectors, where the hand-in says it.
    """

    subject: Subject
    own: dict[str, s.Tree] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, Quantity] = field(default_factory=dict)
    beliefs: Mapping[tuple[str, bool], s.Tree] = field(default_factory=dict)
    after: bool = False
    functions: dict[str, tuple[tuple[str, ...], s.Tree]] = field(default_factory=dict)
    renewed: dict[str, str] = field(default_factory=dict)
    stepped: set[str] = field(default_factory=set)
    told: dict[str, Fraction] = field(default_factory=dict)
    layout: str = ""

    @property
    def meant(self) -> Point | None:
        """The point whose numbers are meant: of the exercise, or (`after`) that after its update."""
        return self.then if self.after else self.subject.own

    @property
    def then(self) -> Point | None:
        """The point after the update: of the exercise, or with the new values that the hand-in has said."""
        own, subject = self.subject.own, self.subject
        if own is None:
            return None
        if subject.network.update is not None:
            return subject.later(own, self._moving) if self._moving != frozenset() else None
        new: dict[str, Value] = {}
        for id in [id for id in self.own if subject.after(id) is not None]:
            try:
                found = self.world(own).name(id)
            except (ArithmeticError, ValueError):
                return None
            if found is None or isinstance(found, Grid):
                return None
            new[subject.after(id) or ""] = found
        return subject.at({**own.leaves, **new}) if new else None

    @property
    def _moving(self) -> frozenset[str] | None:
        """The parameters that the update changes, None for all: where nothing is data, those that it is said of."""
        data = self.subject.has_data
        return None if data else frozenset(self.stepped)

    @property
    def points(self) -> list[Point]:
        """The points at which names are compared."""
        found = [self.subject.later(point, self._moving) for point in self.subject.points] if self.after else []
        return [point for point in found if point is not None] if self.after else self.subject.points

    def world(self, point: Point, total: bool = False) -> NetworkWorld:
        world = world_of(self.subject)(
            self.subject,
            point,
            self.own,
            self.aliases,
            total,
            self.numbers,
            functions=self.functions,
            renewed=self.renewed,
            later=self.after,
            layout=self.layout,
        )
        return world.believing(self.beliefs) if self.beliefs else world

    def new(self, id: str) -> str | None:
        """Return the parameter whose new value an id means here, None for any other."""
        return self.renewed.get(id) or self.subject.after(id)

    def knows(self, id: str) -> bool:
        subject = self.subject
        return (
            subject.plain(id) is not None
            or (subject.after(id) is not None and subject.network.update is not None)
            or subject.after_line(id) is not None
            or id in self.renewed
            or subject.is_rate(id)
            or id in self.own
            or id in self.numbers
            or subject.has_entry(id)
            or id in ("e", "pi", "infty")
        )


def world_of(subject: Subject) -> type[NetworkWorld]:
    """Return the kind of world in which formulas about a network have their values."""
    if not subject.of_matrices:
        return NetworkWorld
    from derive.check.matrices.world import MatrixWorld

    return MatrixWorld


def define(id: str, tree: s.Tree, bench: Bench) -> None:
    """Take a name that the hand-in introduces; where it has the value of a node at every point, it is that node."""
    bench.own[id] = tree
    nodes = set(bench.subject.nodes)
    with precisely():
        for point in bench.subject.points:
            try:
                v = bench.world(point).valuation()
                found = v.value(tree)
                nodes = {n for n in nodes if close(found, point.values[n], v.largest, DIGITS - 6)}
            except (ArithmeticError, OverflowError, ValueError, RecursionError):
                return
            if not nodes:
                return
    order = bench.subject.nodes
    bench.aliases[id] = min(nodes, key=order.index)


def constant(tree: s.Tree) -> bool:
    """Return whether a tree is made of numbers only."""
    bound = {name for node in walk(tree) if isinstance(node, s.EvalAt) for name, _ in node.points}
    for node in walk(tree):
        if isinstance(node, (s.Partial, s.Nabla, s.BigSum)):
            return False
        if isinstance(node, s.Name) and node.id not in ("e", "pi", "infty") and node.id not in bound:
            return False
    return True


def settled(tree: s.Tree, bench: Bench) -> bool:
    """Return whether a tree is made of numbers, and of names that the hand-in has given as numbers or matrices."""
    seen: set[str] = set()
    stack = [tree]
    while stack:
        tree = stack.pop()
        if any(isinstance(node, (s.Partial, s.Nabla)) for node in walk(tree)):
            return False
        for node in walk(tree):
            if not isinstance(node, s.Name) or node.id in ("e", "pi", "infty") or node.id in seen:
                continue
            if node.id not in bench.own or bench.subject.plain(node.id) is not None:
                return False
            seen.add(node.id)
            stack.append(bench.own[node.id])
    return True


def decimal(tree: s.Tree) -> bool:
    """Return whether a tree holds a number with a decimal point, which is a value put in."""
    return any(isinstance(node, s.Num) and "." in node.text for node in walk(tree))


def defines_function(left: s.Tree | None, right: s.Tree | None, bench: Bench) -> bool:
    """Return whether `f(x) = …` says what an unknown function is."""
    if not isinstance(left, s.Call) or right is None or left.primes or left.base is not None:
        return False
    ids = {a.id for a in left.args if isinstance(a, s.Name)}
    if _known_function(left.fn, bench) or len(ids) != len(left.args):
        return False
    return not any(left.fn in (getattr(part, "fn", ""), getattr(part, "id", "")) for part in walk(right))


def unknown_function(left: s.Tree, right: s.Tree, bench: Bench) -> str:
    """Return a function that nothing says anything of; "" where there is none."""
    calls = [part for tree in (left, right) for part in walk(tree) if isinstance(part, s.Call)]
    return next((call.fn for call in calls if not _known_function(call.fn, bench)), "")


def _known_function(fn: str, bench: Bench) -> bool:
    network = bench.subject.network
    primitive = fn in SPELLINGS or fn in FUNCTIONS or fn in KINDS
    return primitive or fn in network.functions or fn in bench.subject.named or fn in bench.functions or bench.knows(fn)
