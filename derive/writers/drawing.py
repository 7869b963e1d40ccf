"""Drawings as vector files, set by the embedded Typst with its own fonts: the same picture in every format."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

from derive.document import Drawing, Mark
from derive.errors import Fault
from derive.writers import pandoc
from derive.writers.layout import RADIUS, UNIT, Curve, Point, extent, layout

_EM, _FRAME = 0.388, 0.28  # cm of the text in 11 pt; left and right, or above and below, of the page of the picture
_HEAD = """#set page(width: auto, height: auto, margin: 4pt, fill: none)
#set text(font: "New Computer Modern", size: 10pt)
#show math.equation: set text(font: "New Computer Modern Math")
#let ink = luma(25%)
// No name here is one that a formula has: the labels are set in the same scope.
#let way(..points) = curve(stroke: 0.6pt + ink, ..points)
#let point(x, y, turn) = place(top + left, dx: x, dy: y, rotate(turn, origin: top + left,
  polygon(fill: ink, (0pt, 0pt), (-5pt, -2pt), (-4pt, 0pt), (-5pt, 2pt))))
#let tiny(x, y, it, size: 7.5pt) = place(top + left, dx: x - 3cm, dy: y,
  box(width: 6cm, height: 8pt, align(center + horizon, box(fill: white, inset: (x: 1pt), text(size: size, it)))))
#let fitting(room, body) = context text(size: calc.max(6pt, calc.min(10pt, 10pt * (room / measure(body).width))), body)
#let hung(x, y, it) = place(top + left, dx: x - 4cm, dy: y, box(width: 8cm, align(center, box(fill: white, {
  show math.mat: math.display
  show math.vec: math.display
  text(size: 7.5pt, top-edge: "bounds", bottom-edge: "bounds", it)
}))))
#let knot(x, y, kind, body, above, below, matrix: false) = {
  let r = RADIUScm
  place(top + left, dx: x - r, dy: y - r, box(width: 2 * r, height: 2 * r, stroke: 0.7pt + ink,
    radius: if kind == "leaf" { 2pt } else { r }, fill: if kind == "leaf" { luma(94%) } else { white },
    align(center + horizon, fitting(2 * r - 3pt, body))))
  tiny(x, y - r - 10pt, above)
  let below = text(style: "italic", fill: rgb("#7a1f1f"), below)
  if matrix { hung(x, y + r + 2pt, below) } else { tiny(x, y + r + 2pt, below) }
}
#let column(x, y, w, h, kind, units, above, below, foot) = {
  place(top + left, dx: x - w, dy: y - h, box(width: 2 * w, height: 2 * h, stroke: 0.7pt + ink, radius: 3pt,
    fill: if kind == "leaf" { luma(94%) } else { white }))
  for (i, unit) in units.enumerate() {
    let middle = y + (i - (units.len() - 1) / 2) * UNITcm
    let dot(dy, r) = place(top + left, dx: x - r, dy: middle + dy - r, circle(radius: r,
      fill: if unit { white } else { ink }, stroke: if unit { 0.6pt + ink }))
    if unit { dot(0pt, 4pt) } else { for dy in (-3pt, 0pt, 3pt) { dot(dy, 0.6pt) } }
  }
  tiny(x, y - h - 11pt, size: 9pt, above)
  tiny(x, y + h + 2.5pt, below)
  tiny(x, y + h + 12.5pt, foot)
}
#let beside(x, y, flat, above, below) = if below == [] and not flat { tiny(x, y - 4pt, size: 9pt, above) } else {
  // Where an arrow climbs, it would run between the two lines.
  if not flat { place(top + left, dx: x - 8pt, dy: y - 11pt, box(width: 16pt, height: 21pt, fill: white)) }
  tiny(x, y - 10.5pt, size: 9pt, above)
  tiny(x, y + 2pt, below)
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
    texts = [text for m in drawing.marks for text in (m.latex, m.above, m.below, m.foot)]
    texts += [text for pair in drawing.said if any(pair) for text in pair]
    set_ = pandoc.convert([[pandoc.plain([pandoc.formula(t)] if t else [])] for t in texts], "typst", spoken=False)
    ready = iter(f"[{text}]" for text in set_)
    laid = layout(drawing)
    marks = [_mark(m, laid.at(m.x, m.y), [next(ready) for _ in range(4)]) for m in drawing.marks]
    said = [f"beside({_cm(*at)}, {_flag(flat)}, {next(ready)}, {next(ready)})" for at, flat in laid.labels()]
    block = f"width: {laid.size[0]:.3f}cm, height: {laid.size[1]:.3f}cm"
    parts = [*map(_edge, laid.curves()), *said, *marks]
    head = _HEAD.replace("RADIUS", str(RADIUS)).replace("UNIT", str(UNIT))
    return head + f"#block({block}, {{\n" + "\n".join(parts) + "\n})\n"


def size(drawing: Drawing) -> Point:
    """Return how wide and how high a drawing is, in em of the text."""
    right, bottom = layout(drawing).size
    return (right + _FRAME) / _EM, (bottom + _FRAME) / _EM


def _cm(*lengths: float) -> str:
    return ", ".join(f"{length:.3f}cm" for length in lengths)


def _flag(given: bool) -> str:
    return "true" if given else "false"


def _mark(mark: Mark, at: Point, labels: list[str]) -> str:
    if not mark.units:
        matrix = ", matrix: true" if "matrix}" in mark.below else ""
        return f'knot({_cm(*at)}, "{mark.kind}", {", ".join(labels[:3])}{matrix})'
    units = ", ".join(map(_flag, mark.units))
    return f'column({_cm(*at, *extent(mark))}, "{mark.kind}", ({units},), {", ".join(labels[1:])})'


def _edge(curves: list[Curve]) -> str:
    """Return an arrow through some curves."""
    parts = [f"curve.move(({_cm(*curves[0][0])}))"]
    parts += [f"curve.cubic({', '.join(f'({_cm(*point)})' for point in curve[1:])})" for curve in curves]
    _, before, last, end = curves[-1]
    # The direction at the end: of the last control point, which lies on the end itself where the curve is a line.
    x, y = last if last != end else before
    turn = math.degrees(math.atan2(end[1] - y, end[0] - x))
    return f"place(top + left, way({', '.join(parts)}))\npoint({_cm(*end)}, {turn:.2f}deg)"
