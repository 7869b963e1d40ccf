"""A layered drawing of a graph: longest-path layers, few crossings, long edges bent around the nodes between.

Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures", IEEE Transactions on
Systems, Man, and Cybernetics 11 (1981).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

_SWEEPS = 6
Place = tuple[float, float]
_Joint = tuple[str, str, int]  # where the edge from one node to another passes a layer
_Item = str | _Joint


def layered(reads: Mapping[str, Sequence[str]]) -> tuple[dict[str, Place], dict[tuple[str, str], list[Place]]]:
    """Return the place of each node and the points of each edge (from what is read to the reader), in steps of 1.

    `reads` lists every node after those that it reads. Layers run from left to right.
    """
    layer = _layers(reads)
    columns: list[list[_Item]] = [[] for _ in range(max(layer.values(), default=0) + 1)]
    for name in reads:
        columns[layer[name]].append(name)
    joints: dict[tuple[str, str], list[_Item]] = {}
    for name, inputs in reads.items():
        for source in inputs:
            between: list[_Item] = [(source, name, k) for k in range(layer[source] + 1, layer[name])]
            for k, joint in zip(range(layer[source] + 1, layer[name]), between, strict=True):
                columns[k].append(joint)
            joints[source, name] = [source, *between, name]
    height = _ordered(columns, joints)
    places = {item: (float(k), y) for k, column in enumerate(columns) for item, y in height[k].items()}
    edges = {edge: [places[item] for item in items] for edge, items in joints.items()}
    return {name: places[name] for name in reads}, edges


def _layers(reads: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return the layer of each node: computed ones after all they read, leaves just before their first reader."""
    layer: dict[str, int] = {}
    for name, inputs in reads.items():
        layer[name] = max((layer[i] + 1 for i in inputs), default=0)
    first: dict[str, int] = {}
    for name, inputs in reads.items():
        for i in inputs:
            first[i] = min(first.get(i, layer[name]), layer[name])
    return {name: k if reads[name] or name not in first else first[name] - 1 for name, k in layer.items()}


def _ordered(columns: list[list[_Item]], joints: Mapping[tuple[str, str], list[_Item]]) -> list[dict[_Item, float]]:
    """Sort the columns by the mean height of their neighbours, left and right in turn; return the heights."""
    left: dict[_Item, list[_Item]] = {}
    right: dict[_Item, list[_Item]] = {}
    for items in joints.values():
        for a, b in pairwise(items):
            right.setdefault(a, []).append(b)
            left.setdefault(b, []).append(a)
    height = [_spread(column) for column in columns]
    for sweep in range(_SWEEPS):
        forwards = sweep % 2 == 0
        neighbours, order = (left, range(1, len(columns))) if forwards else (right, range(len(columns) - 2, -1, -1))
        for k in order:
            beside = height[k - 1 if forwards else k + 1]
            mean = {item: _mean([beside[n] for n in neighbours.get(item, [])], height[k][item]) for item in columns[k]}
            columns[k].sort(key=lambda item, mean=mean: mean[item])  # type: ignore[misc]
            height[k] = _spread(columns[k])
    return height


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _spread(column: list[_Item]) -> dict[_Item, float]:
    """Return heights one apart, centred."""
    return {item: i - (len(column) - 1) / 2 for i, item in enumerate(column)}
