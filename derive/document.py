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

    key: what a reference calls this equation, "" for none.
    """

    left: str
    links: tuple[Link, ...]
    boxed: bool = False
    label: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Aligned:
    """Chains set below each other, aligned at their first relation; breaks across lines and pages."""

    chains: tuple[Chain, ...]


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
    """A table; each cell is a tuple of inlines; `align` has one of l c r per column."""

    header: tuple[tuple[Inline, ...], ...]
    rows: tuple[tuple[tuple[Inline, ...], ...], ...]
    align: str
    caption: tuple[Inline, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A node of a drawing at (x, y) in steps of the grid: its LaTeX, "node" or "leaf", what stands above and below."""

    x: float
    y: float
    latex: str
    kind: str
    above: str = ""
    below: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A graph as nodes and arrows; each arrow is a list of points, the first and the last one are nodes."""

    marks: tuple[Mark, ...]
    edges: tuple[tuple[tuple[float, float], ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with the text that stands in for it."""

    drawing: Drawing
    alt: str
    caption: tuple[Inline, ...] = ()
    width: str = "80%"


@dataclass(frozen=True, slots=True)
class Heading:
    """A problem (level 1), part (2) or sub-part (3); `title` holds pandoc inlines, `number` is ready to print."""

    level: int
    number: str
    title: tuple[Any, ...]
    points: str = ""
    id: str = ""


Block = Aligned | Paragraph | Note | Table | Figure | Heading


@dataclass(frozen=True, slots=True)
class Meta:
    title: str
    subtitle: str = ""
    course: str = ""
    institution: str = ""
    authors: tuple[str, ...] = ()
    date: str = ""
    template: str = "homework"
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Document:
    """`body` is a list of pandoc blocks (dicts of its JSON) in which derived blocks stand as values, at any depth.

    `closing` is the last line of the document: what the certificate says.
    """

    meta: Meta
    body: list[Any]
    closing: tuple[Inline, ...] = field(default=())
