"""Drawings as vector files, set by the embedded Typst with its own fonts: the same picture in every format."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from derive.document import Drawing, Mark
from derive.errors import Fault
from derive.writers import pandoc

# All in cm: between layers, between nodes of a layer without and with numbers at them, of a node, around the picture.
_WIDE, _FLAT, _TALL = 2.1, 1.3, 1.75
_RADIUS, _MARGIN = 0.36, 0.85
_EM, _FRAME = 0.388, 0.28  # of the text in 11 pt; left and right, or above and below, of the page of the picture
_HEAD = """#set page(width: auto, height: auto, margin: 4pt, fill: none)
#set text(font: "New Computer Modern", size: 10pt)
#show math.equation: set text(font: "New Computer Modern Math")
#let ink = luma(25%)
#let arrow(..points) = curve(stroke: 0.6pt + ink, ..points)
#let tip(x, y, turn) = place(top + left, dx: x, dy: y, rotate(turn, origin: top + left,
  polygon(fill: ink, (0pt, 0pt), (-5pt, -2pt), (-4pt, 0pt), (-5pt, 2pt))))
#let mark(x, y, kind, body, above, below) = {
  let r = RADIUScm
  place(top + left, dx: x - r, dy: y - r, box(width: 2 * r, height: 2 * r, stroke: 0.7pt + ink,
    radius: if kind == "leaf" { 2pt } else { r }, fill: if kind == "leaf" { luma(94%) } else { white },
    align(center + horizon, body)))
  let small(dy, it) = place(top + left, dx: x - 1.5cm, dy: dy,
    box(width: 3cm, height: 8pt, align(center + horizon, box(fill: white, inset: (x: 1pt), text(size: 7.5pt, it)))))
  small(y - r - 10pt, above)
  small(y + r + 2pt, text(style: "italic", fill: rgb("#7a1f1f"), below))
}
"""


@lru_cache(maxsize=64)
def drawn(drawing: Drawing, form: Literal["pdf", "svg"]) -> bytes:
    """Return a drawing as "svg" or "pdf"; a Fault where it cannot be set."""
    import typst

    try:
        made = typst.compile(source(drawing).encode(), format=form, font_paths=[], ignore_system_fonts=True)
    except typst.TypstError as error:
        raise Fault("a picture cannot be drawn", reason=str(error.message)) from None
    return bytes(made)


def source(drawing: Drawing) -> str:
    """Return a drawing as Typst source."""
    labels = [label for mark in drawing.marks for label in (mark.latex, mark.above, mark.below)]
    set_ = pandoc.convert([[pandoc.plain([pandoc.formula(t)] if t else [])] for t in labels], "typst", spoken=False)
    grid, (right, bottom) = _grid(drawing)
    block = f"width: {right:.3f}cm, height: {bottom:.3f}cm"
    parts = [_edge(points, grid) for points in drawing.edges]
    parts += [_mark(mark, grid, set_[3 * i : 3 * i + 3]) for i, mark in enumerate(drawing.marks)]
    return _HEAD.replace("RADIUS", str(_RADIUS)) + f"#block({block}, {{\n" + "\n".join(parts) + "\n})\n"


def size(drawing: Drawing) -> tuple[float, float]:
    """Return how wide and how high a drawing is, in em of the text."""
    right, bottom = _grid(drawing)[1]
    return (right + _FRAME) / _EM, (bottom + _FRAME) / _EM


class _Grid(NamedTuple):
    """Where the steps of a drawing lie on the paper, in cm."""

    top: float
    step: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        return x * _WIDE + _MARGIN, (y - self.top) * self.step + _MARGIN


def _grid(drawing: Drawing) -> tuple[_Grid, tuple[float, float]]:
    """Return the grid of a drawing, and how wide and how high it is in cm."""
    heights = [m.y for m in drawing.marks] + [y for points in drawing.edges for _, y in points]
    labelled = any(m.above or m.below for m in drawing.marks)
    grid = _Grid(min(heights, default=0.0), _TALL if labelled else _FLAT)
    right, bottom = grid.at(max((m.x for m in drawing.marks), default=0.0), max(heights, default=0.0))
    return grid, (right + _MARGIN, bottom + _MARGIN)


def _mark(mark: Mark, grid: _Grid, labels: list[str]) -> str:
    x, y = grid.at(mark.x, mark.y)
    body = ", ".join(f"[{label}]" for label in labels)
    return f'mark({x:.3f}cm, {y:.3f}cm, "{mark.kind}", {body})'


def _edge(points: tuple[tuple[float, float], ...], grid: _Grid) -> str:
    """Return a smooth arrow through the points, from the rim of the first node to that of the last."""
    ends = [grid.at(x, y) for x, y in points]
    ends[0] = _rim(ends[0], ends[1])
    ends[-1] = _rim(ends[-1], ends[-2])
    tip = ends[-1]
    parts = [f"curve.move(({ends[0][0]:.3f}cm, {ends[0][1]:.3f}cm))"]
    for (x0, y0), (x1, y1) in pairwise(ends):
        # A straight line for a short edge; horizontal tangents where a long one passes between nodes.
        bend = (x1 - x0) / 2 if len(ends) > 2 else 0.0
        first, second = ((x0 + bend, y0), (x1 - bend, y1)) if bend else ((x0, y0), (x1, y1))
        parts.append(f"curve.cubic({', '.join(f'({x:.3f}cm, {y:.3f}cm)' for x, y in (first, second, (x1, y1)))})")
    before = ends[-2]
    turn = 0.0 if len(ends) > 2 else math.degrees(math.atan2(tip[1] - before[1], tip[0] - before[0]))
    return f"place(top + left, arrow({', '.join(parts)}))\ntip({tip[0]:.3f}cm, {tip[1]:.3f}cm, {turn:.2f}deg)"


def _rim(node: tuple[float, float], towards: tuple[float, float]) -> tuple[float, float]:
    dx, dy = towards[0] - node[0], towards[1] - node[1]
    length = math.hypot(dx, dy) or 1.0
    return node[0] + dx / length * _RADIUS, node[1] + dy / length * _RADIUS
