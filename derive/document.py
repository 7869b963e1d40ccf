"""A document between narration and the writers: prose as pandoc's tree, derived blocks as values in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Math:
    """A formula as LaTeX that stands inside a line of text."""

    latex: str


Inline = str | Math


@dataclass(frozen=True, slots=True)
class Link:
    """One relation of a chain and what stands right of it (LaTeX)."""

    relation: str
    latex: str


@dataclass(frozen=True, slots=True)
class Chain:
    """left = a = b = …; `boxed` frames the last right side, `label` is a number in brackets at the margin.

    key: what a reference calls this equation, "" for none. shows: the step of a problem that this is, "" for none.
    why: one sentence without a full stop, which explains the step beside it.
    """

    left: str
    links: tuple[Link, ...]
    boxed: bool = False
    label: str = ""
    key: str = ""
    shows: str = ""
    why: tuple[Inline, ...] = ()


@dataclass(frozen=True, slots=True)
class Aligned:
    """Chains set below each other, aligned at their first relation; breaks across lines and pages.

    explained: whether the reasons of its steps are set, None where the report or its look decides. In a document that
    is ready to be written they stand in the chains, or are gone.
    """

    chains: tuple[Chain, ...]
    explained: bool | None = None


@dataclass(frozen=True, slots=True)
class Equation:
    """A display formula of the author's own with a name that the text can refer to; `label` as in a Chain."""

    latex: str
    key: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    inlines: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A remark set off from the text: `title` ("Convention") and one paragraph."""

    title: str
    inlines: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; each cell is a tuple of inlines; `align` has one of l c r per column.

    number: "Table 1" before the caption, given to tables with one; key: as in a Chain; shows: steps, as there.
    """

    header: tuple[tuple[Inline, ...], ...]
    rows: tuple[tuple[tuple[Inline, ...], ...], ...]
    align: str
    caption: tuple[Inline, ...] = ()
    number: str = ""
    key: str = ""
    shows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A node of a drawing at (x, y) in steps of the grid: its LaTeX, "node" or "leaf", what stands above and below.

    units: of a layer, what stands in its column: True for a unit, False for dots; foot: a second line below.
    """

    x: float
    y: float
    latex: str
    kind: str
    above: str = ""
    below: str = ""
    units: tuple[bool, ...] = ()
    foot: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A graph as nodes and arrows; each arrow is a list of points, the first and the last one are nodes.

    said: for each arrow, what stands above its middle and below it; () where nothing stands at any.
    """

    marks: tuple[Mark, ...]
    edges: tuple[tuple[tuple[float, float], ...], ...]
    said: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """Data of a plot: its name in the legend ("" for none) and its points.

    kind: "line"; "marks" (a line with a mark at each point); "points", "rings" (full and empty marks on the curve
    before); "bars"; "boxes", where y holds the sample of each x. A y that is not a number is a gap. Where y is
    infinite, the curve leaves the picture: the axes fit the others.
    """

    label: tuple[Inline, ...]
    x: tuple[float, ...]
    y: tuple[Any, ...]
    kind: str = "line"


@dataclass(frozen=True, slots=True)
class Plot:
    """Curves in a system of axes with the names of these; ticks: LaTeX at x = 0, 1, 2 … instead of numbers.

    share: the part of the line that it will fill, so that its letters have their size; decimal: "." or ",".
    """

    series: tuple[Series, ...]
    x: tuple[Inline, ...]
    y: tuple[Inline, ...]
    log_x: bool = False
    log_y: bool = False
    ticks: tuple[str, ...] = ()
    share: float = 0.8
    decimal: str = "."


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that the author has brought: the name of its file and its content."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with the text that stands in for it (`alt`); number: "Figure 1" before the caption; key: as above."""

    picture: Drawing | Plot | Image
    alt: str
    caption: tuple[Inline, ...] = ()
    width: str = "80%"
    number: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """A problem (level 1), part (2) or sub-part (3); `title` holds pandoc inlines, `number` is ready to print.

    of: the problem of the front matter whose names hold below it, "" where it does not say.
    """

    level: int
    number: str
    title: tuple[Any, ...]
    points: str = ""
    id: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """Empty space for an answer, `height` in cm."""

    height: float


@dataclass(frozen=True, slots=True)
class Here:
    """Prints nothing: what follows was asked for in this line of the report."""

    line: int


Block = Aligned | Equation | Paragraph | Note | Table | Figure | Heading | Room | Here
BLOCKS = (Aligned, Equation, Paragraph, Note, Table, Figure, Heading, Room, Here)


@dataclass(frozen=True, slots=True)
class Meta:
    """The title block and what concerns the whole document; paper: "a4" or "letter"; points: the total, "" for none."""

    title: str
    subtitle: str = ""
    course: str = ""
    institution: str = ""
    authors: tuple[str, ...] = ()
    date: str = ""
    team: str = ""
    template: str = "homework"
    language: str = "en"
    due: str = ""
    paper: str = "a4"
    toc: bool = False
    points: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """`body` is a list of pandoc blocks (dicts of its JSON) in which derived blocks stand as values, at any depth.

    closing: the last line of the document, what the certificate says. name: the files beside a source begin with it.
    notes: what its author should know beyond it.
    """

    meta: Meta
    body: list[Any]
    closing: tuple[Inline, ...] = field(default=())
    name: str = "report"
    notes: tuple[str, ...] = ()
