"""Where the parts of a drawing lie on the paper, in cm: nodes, curves, and the labels of both."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from derive.document import Drawing, Mark

RADIUS, UNIT = 0.36, 0.38  # of a node; from unit to unit of a layer
_WIDE, _FLAT, _TALL = 2.1, 0.58, 1.03  # from layer to layer; between nodes without and with labels
_EDGE, _LINE = 0.49, 0.36  # from the rim of a node to that of the picture; a line of text
_LETTER, _GAP = 0.145, 0.35  # of a label; between two labels
_ROW = 0.35  # of a matrix below a node
_MATRIX = re.compile(r"\\begin\{pmatrix\}(.*)\\end\{pmatrix\}", re.S)
_STACK = 0.8  # how high two labels of an arrow are
# Where the label of an arrow may stand, as a part of the curve: the first of these where no other is.
_TRIES = (0.5, 0.4, 0.6, 0.32, 0.68, 0.25, 0.75)
_WIDER = 8  # times that layers may be put farther apart for the labels between them

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]


@dataclass(frozen=True)
class Layout:
    """A drawing on paper: `top` is the smallest y, `step` the distances of the grid, `margin` what is around it."""

    drawing: Drawing
    top: float
    step: Point
    margin: Point
    size: Point

    def at(self, x: float, y: float) -> Point:
        return x * self.step[0] + self.margin[0], (y - self.top) * self.step[1] + self.margin[1]

    def curves(self) -> Iterator[list[Curve]]:
        """Yield each arrow as curves, from the rim of its first node to that of its last."""
        nodes = {(m.x, m.y): m for m in self.drawing.marks}
        for points in self.drawing.edges:
            ends = [self.at(*point) for point in points]
            first, last = nodes.get(points[0]), nodes.get(points[-1])
            ends[0], ends[-1] = _rim(first, ends[0], ends[1]), _rim(last, ends[-1], ends[-2])
            # A straight line for a short edge; level tangents where a long one passes between nodes, and at layers.
            bent = len(ends) > 2 or bool(first and first.units) or bool(last and last.units)
            yield [_curve(a, b, bent) for a, b in pairwise(ends)]

    def labels(self) -> list[tuple[Point, bool]]:
        """Return the middle of the label of each arrow that has one, and whether the arrow is level there."""
        return [(place, level) for place, level, _ in self.placed()]

    def placed(self) -> list[tuple[Point, bool, bool]]:
        """Return the same, and whether the label lies upon no other."""
        found: list[tuple[Point, bool, bool]] = []
        before: list[tuple[Point, float, float]] = []
        for curves, texts in zip(self.curves(), self.drawing.said, strict=False):
            if any(texts):
                wide = max(map(width, texts))
                tries = [_on(curve, t) for curve in curves for t in _TRIES]
                high = _STACK if all(texts) else _LINE
                free = [p for p in tries if all(_apart(p, wide, high, *other) for other in before)]
                place = (free or tries)[0]
                before.append((place, wide, high))
                found.append((place, len({y for curve in curves for _, y in curve}) == 1, bool(free)))
        return found


def layout(drawing: Drawing) -> Layout:
    """Return where the parts of a drawing lie; with many labels in one place its layers are farther apart."""
    made = _laid(drawing, 1.0)
    for k in range(1, _WIDER):
        if all(free for _, _, free in made.placed()):
            break
        made = _laid(drawing, 1 + k / 4)
    return made


def _laid(drawing: Drawing, stretched: float) -> Layout:
    marks = drawing.marks
    heights = [m.y for m in marks] + [y for points in drawing.edges for _, y in points]
    top, bottom = min(heights, default=0.0), max(heights, default=0.0)
    half = [extent(m) for m in marks] or [(RADIUS, RADIUS)]
    across, tall = max(x for x, _ in half), max(y for _, y in half)
    labels = max((width(text) for m in marks for text in (m.above, m.below, m.foot)), default=0.0)
    arrows = max((width(text) for texts in drawing.said for text in texts), default=0.0)
    # Labels of neighbours do not touch; a label of an arrow leaves a piece of it free on both sides.
    between = max(labels + arrows + _GAP, 2 * across + arrows + 3 * _GAP) if arrows else labels + _GAP
    foot = _LINE if any(m.foot for m in marks) else 0.0
    foot += max((rows(m.below) for m in marks), default=1) * _ROW - _ROW
    labelled = any(m.above or m.below for m in marks)
    step = (max(_WIDE, between) * stretched, 2 * tall + (_TALL if labelled else _FLAT) + foot)
    margin = (max(across + _EDGE, labels / 2), tall + _EDGE)
    right = max((m.x for m in marks), default=0.0) * step[0] + 2 * margin[0]
    return Layout(drawing, top, step, margin, (right, (bottom - top) * step[1] + 2 * margin[1] + foot))


def extent(mark: Mark) -> Point:
    """Return half of the width and half of the height of a node."""
    return (UNIT * 0.75, (len(mark.units) + 0.4) * UNIT / 2) if mark.units else (RADIUS, RADIUS)


def rows(latex: str) -> int:
    """Return how many rows the matrix of a label has, 1 where it holds none."""
    return latex.count(r"\\") + 1


def width(latex: str) -> float:
    """Return about how wide a label is: commands count as the letter that they set, relations with their blanks."""
    if inside := _MATRIX.fullmatch(latex):
        columns = zip(*(row.split("&") for row in inside[1].split(r"\\")), strict=True)
        return sum(max(map(width, column)) + 2 * _LETTER for column in columns) + 2 * _LETTER
    text = re.sub(r"\\(?:times|to|dots|colon)\b", "xxx", latex)
    text = re.sub(r"\\[A-Za-z]+\s*", "x", text)
    return len(re.sub(r"[{}^_\s]|\\.", "", text)) * _LETTER


def _rim(mark: Mark | None, node: Point, towards: Point) -> Point:
    """Return where a curve meets a node: a circle on its way to the other end, a layer at its side."""
    if mark is None or not mark.units:
        dx, dy = towards[0] - node[0], towards[1] - node[1]
        length = math.hypot(dx, dy) or 1.0
        return node[0] + dx / length * RADIUS, node[1] + dy / length * RADIUS
    return node[0] + math.copysign(extent(mark)[0], towards[0] - node[0]), node[1]


def _curve(start: Point, end: Point, bent: bool) -> Curve:
    if not bent:
        return start, start, end, end
    bend = (end[0] - start[0]) / 2
    return start, (start[0] + bend, start[1]), (end[0] - bend, end[1]), end


def _on(curve: Curve, t: float) -> Point:
    """Return a point of a curve."""
    parts = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
    return (
        sum(part * x for part, (x, _) in zip(parts, curve, strict=True)),
        sum(part * y for part, (_, y) in zip(parts, curve, strict=True)),
    )


def _apart(p: Point, wide: float, high: float, q: Point, other: float, tall: float) -> bool:
    return abs(p[0] - q[0]) >= (wide + other) / 2 or abs(p[1] - q[1]) >= (high + tall) / 2
