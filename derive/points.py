"""Points at which a derivation is compared: inside the domain, off the kinks, on both sides of each."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from derive.differentiate import Derivation
from derive.expr import Apply, Expr, Value, parts
from derive.graph import Graph, Node
from derive.notation import Notation, magnitude
from derive.numeric import LARGEST, precisely, value
from derive.ops import DomainError, primitive

POINTS = 6  # random points of a certificate
_DRAWS = 400
_FAINTEST = 3000  # digits behind the point before the first one that is not 0


def points(d: Derivation, notation: Notation, given: Mapping[str, Value] | None) -> Iterator[dict[str, Value]]:
    """Yield points off the kinks: the given one, random ones of several scales, then ones beyond unseen kinks."""
    rng = random.Random(20180101)
    kinks = [kink for _, kink in kinks_of(d.graph)]
    seen: set[tuple[int, bool]] = set()
    found = 0
    if given is not None and _sides(d, dict(given), kinks, notation, seen) is not None:
        yield dict(given)
    for draw in range(_DRAWS):
        leaves = _draw(d.graph, rng, draw, given, beyond=found >= POINTS)
        new = _sides(d, leaves, kinks, notation, seen)
        if new is None or (found >= POINTS and not new):
            continue
        found += 1
        yield leaves
        if found >= POINTS and len(seen) == 2 * len(kinks):
            return
        if draw > 80 and found >= POINTS:
            return


def kinks_of(graph: Graph) -> list[tuple[str, Expr]]:
    """Return (primitive, expression) for each expression at whose zeros some line has a kink."""
    return [found for node in graph.lines() for found in kinks_of_line(node)]


def kinks_of_line(node: Node) -> list[tuple[str, Expr]]:
    """Return (primitive, expression) for the kinks of one line."""
    operations = (e for e in parts(node.expr) if isinstance(e, Apply)) if node.expr is not None else ()
    return [(e.op, kink) for e in operations for kink in primitive(e.op).kinks(*e.args)]


def _sides(
    d: Derivation, leaves: Mapping[str, Value], kinks: list[Expr], notation: Notation, seen: set[tuple[int, bool]]
) -> bool | None:
    """Return whether a point lies on a side of a kink not seen before, None if it is of no use."""
    with precisely():
        env = forward(d.graph, leaves, notation)
        if env is None:
            return None
        try:
            at = [value(k, env, notation.relu_at_0) for k in kinks]
            sizes = quantities(d, env, notation)
        except DomainError:
            return None
        # A kink that is hit exactly stays so while something else is moved (the units behind a dead one); one that is
        # only near would be crossed.
        near = any(v != 0 and abs(v) * 10**6 < 1 for v in at)
        if near or smallest(sizes) < -_FAINTEST:
            return None
    sides = {(i, v > 0) for i, v in enumerate(at) if v != 0}
    new = not sides <= seen
    seen |= sides
    return new


def _draw(
    graph: Graph, rng: random.Random, draw: int, given: Mapping[str, Value] | None, beyond: bool
) -> dict[str, Value]:
    scale = (1.0, 0.3, 3.0)[draw % 3] if not beyond else (10.0, 30.0, 100.0)[draw % 3]
    way = draw % 4
    leaves: dict[str, Value] = {}
    for node in graph.leaves():
        if way == 3 and given is not None:
            near = float(given[node.name])
            x = near + rng.gauss(0, 0.1) * max(1.0, abs(near))
        elif way == 1:
            x = rng.uniform(0.05, 0.95) * (1 if not beyond else scale)
        elif way == 2:
            x = rng.uniform(0.2, 2.0) * scale
        else:
            x = rng.gauss(0, scale)
        leaves[node.name] = Fraction(round(x * 10**6), 10**6)
    return leaves


def forward(graph: Graph, leaves: Mapping[str, Value], notation: Notation) -> dict[str, Value] | None:
    """Return the value of every node, None where one has none or is beyond all bounds."""
    env: dict[str, Value] = dict(leaves)
    try:
        for node in graph.lines():
            assert node.expr is not None
            env[node.name] = value(node.expr, env, notation.relu_at_0)
            if abs(env[node.name]) > LARGEST:
                return None
    except DomainError:
        return None
    return env


def adjoints(d: Derivation, env: Mapping[str, Value], notation: Notation) -> dict[str, Value]:
    """Return the gradient of the loss by every node, accumulated along the recorded steps."""
    found: dict[str, Value] = {}
    for name, step in d.steps.items():
        found[name] = value(step.adjoint, env, notation.relu_at_0, lambda q: found[q.wrt])
    return found


def quantities(d: Derivation, env: Mapping[str, Value], notation: Notation) -> list[Value]:
    """Return the values, adjoints and local derivatives at a point."""
    found = adjoints(d, env, notation)
    edges = (c.local for step in d.steps.values() for c in step.contributions)
    local = [value(e, env, notation.relu_at_0, lambda q: found[q.wrt]) for e in edges]
    return [*env.values(), *found.values(), *local]


def smallest(numbers: Iterable[Value]) -> int:
    """Return the least power of ten among numbers that are not 0; 0 for none."""
    return min((magnitude(x) for x in numbers if x != 0), default=0)
