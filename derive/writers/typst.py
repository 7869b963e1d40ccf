"""A document as Typst source: pandoc writes prose, lists, tables and formulas; the look has the rest."""

from __future__ import annotations

import re
import textwrap
from typing import assert_never

from derive.document import Aligned, Block, Document, Equation, Figure, Heading, Here, Note, Paragraph, Room, Table
from derive.writers import headings, pandoc
from derive.writers.chains import Row, rows
from derive.writers.pictures import picture
from derive.writers.sizes import WHOLE, fit, fraction, stem
from derive.writers.templates import Look, Verbatim


def write(document: Document, look: Look) -> tuple[str, dict[str, bytes]]:
    """Return the Typst source, and the pictures that must stand beside it by name.

    Raises a Fault for raw TeX or HTML in the prose, an unreadable formula, a fault of the look.
    """
    meta = document.meta
    writer = _Writer(document, look)
    blocks = pandoc.resolve(document.body, writer.render, look.line)
    body, closing = pandoc.convert([blocks, [pandoc.plain(pandoc.inlines(document.closing))]], "typst")
    source = look.render(
        "template.typ",
        escape,
        quoted=quoted,
        meta=meta,
        short_title=textwrap.shorten(meta.title, 70, placeholder=" …"),
        body=Verbatim(body),
        closing=Verbatim(closing),
    )
    return source, writer.files


def escape(text: str) -> str:
    """Return a text as Typst markup that prints it, on one line."""
    return re.sub(r"[!-/:-@\[-`{-~]", r"\\\g<0>", re.sub(r"\s+", " ", text))


def quoted(text: str) -> Verbatim:
    """Return a text as a string of Typst's code."""
    return Verbatim('"' + re.sub(r'["\\]', r"\\\g<0>", re.sub(r"\s+", " ", text)) + '"')


class _Writer:
    """What rendering the blocks gathers: the pictures."""

    def __init__(self, document: Document, look: Look) -> None:
        self.name, self.language, self.look = stem(document.name), document.meta.language, look
        self.files: dict[str, bytes] = {}

    def render(self, block: Block, line: float) -> list[pandoc.Node]:
        """Return pandoc nodes that print a derived block."""
        match block:
            case Aligned():
                return [pandoc.paragraph([pandoc.formula(_aligned(block, line), display=True)])]
            case Paragraph():
                return [pandoc.paragraph(pandoc.inlines(block.inlines))]
            case Note():
                title = escape(block.title)
                return [pandoc.wrapped("typst", f"#remark[{title}][", pandoc.inlines(block.inlines), "]")]
            case Table():
                return _table(block, line)
            case Figure():
                return [self.figure(block)]
            case Heading():
                return [self.heading(block)]
            case Equation():
                label = rf" \qquad \text{{({block.label})}}" if block.label else ""
                return [pandoc.paragraph([pandoc.formula(block.latex + label, display=True)])]
            case Room():
                return [pandoc.raw("typst", f"#v({block.height:g}cm)")]
            case Here():
                return []
        assert_never(block)

    def heading(self, block: Heading) -> pandoc.Node:
        before = escape(headings.lead(block, self.language))
        after = escape(headings.points(block, self.language))
        title = pandoc.resolve(list(block.title), self.render, self.look.line)
        label = f" #label({quoted(block.id)})" if block.id else ""
        gap = "#h(0.6em)" if before and title else ""
        start = f"#heading(level: {block.level})[{before}{gap}"
        return pandoc.wrapped("typst", start, title, f"#points[{after}]]{label}" if after else f"]{label}")

    def figure(self, block: Figure) -> pandoc.Node:
        ending, content = picture(block.picture, "svg")
        name = f"{self.name}-figure-{len(self.files) + 1}.{ending}"
        self.files[name] = content
        image = f"image({quoted(name)}, width: {100 * fraction(block.width):g}%, alt: {quoted(block.alt)})"
        if not block.caption:
            return pandoc.wrapped("typst", f"#align(center, {image})", [], "")
        return pandoc.wrapped("typst", f"#figure({image}, caption: [", pandoc.inlines(block.caption), "])")


def _table(block: Table, line: float) -> list[pandoc.Node]:
    _, scale = fit(block, line)
    rules = [f"#set text(size: {max(scale, 0.5):.2f}em)\n"] if scale < 1 else []
    rules += ["#show figure: set block(breakable: false)\n"] if len(block.rows) <= WHOLE else []
    made = pandoc.table(block)
    return [pandoc.raw("typst", "#[" + "".join(rules)), made, pandoc.raw("typst", "]")] if rules else [made]


def _aligned(block: Aligned, line: float) -> str:
    """Return chains as LaTeX that pandoc reads; an empty row sets them apart, for it drops the distance of \\[1ex]."""
    made: list[str] = []
    for row in rows(block, line):
        made += ["&"] if row.first and made else []
        made.append(_row(row))
    return "\\begin{aligned}\n" + " \\\\\n".join(made) + "\n\\end{aligned}"


def _row(row: Row) -> str:
    """Return one row; an empty text before a sign makes it a sign between two things."""
    right = rf"\quad \text{{}} {row.right}" if row.continued else row.right
    label = rf" && \qquad \text{{({row.label})}}" if row.label else ""
    return f"{row.left} & {right}{label}"
