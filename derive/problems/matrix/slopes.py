"""Derivatives of single lines by differences, as the chain rule has them: all else that a line reads is fixed."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from derive.check import quantities as q
from derive.check.quantities import Grid, Quantity
from derive.language import surface as s
from derive.problems.matrix.world import World, of_line

if TYPE_CHECKING:
    from derive.problems.matrix.network import MatrixLine

_STEP = Fraction(1, 10**20)


def slope_of_line(world: World, of: s.Name, by: s.Name) -> Quantity | None:
    """Return the derivative of one entry of a line by one entry of what it reads; None for names that are neither."""
    network = world.network
    line = next((line for line in network.lines if network.names[line.name].id in (of.id, of.base)), None)
    moved = by.id if by.id in world.values else by.base
    if line is None or line.body is None or moved not in world.values:
        return None
    key = (line.name, moved, _place(world, by, moved))
    if key not in world.slopes:
        world.slopes[key] = _slope(world, line, *key[1:])
    whole = world.slopes[key]
    return world.entry(whole, of) if isinstance(whole, Grid) else whole


def _place(world: World, by: s.Name, id: str) -> int:
    """Return the number of an entry when a matrix is read row by row."""
    whole = world.values[id]
    if not isinstance(whole, Grid):
        return 0
    width = whole.shape[1]
    numbers = q.grid([[Fraction(r * width + c) for c in range(width)] for r in range(whole.shape[0])])
    found = world.entry(numbers, by)
    assert isinstance(found, Fraction)
    return int(found)


def _slope(world: World, line: MatrixLine, id: str, place: int) -> Quantity:
    values = []
    for step in (_STEP, -_STEP):
        there = World(world.network, world.sizes, {**world.values, id: _moved(world.values[id], place, step)})
        values.append(of_line(line, there))
    difference = q.plus(values[0], q.times(Fraction(-1), values[1]))
    return q.times(1 / (2 * _STEP), difference)


def _moved(whole: Quantity, place: int, step: Fraction) -> Quantity:
    if not isinstance(whole, Grid):
        return q.plus(whole, step)
    width = whole.shape[1]
    rows = [
        [q.plus(x, step) if r * width + c == place else x for c, x in enumerate(row)]
        for r, row in enumerate(whole.rows)
    ]
    return q.blocks(rows)
