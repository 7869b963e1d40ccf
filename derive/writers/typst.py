"""A document as Typst source: pandoc writes prose, lists, tables and formulas; the look has the rest."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, assert_never

from derive.document import (
    Aligned,
    Block,
    Document,
    Equation,
    Figure,
    Heading,
    Here,
    Inline,
    Math,
    Note,
    Paragraph,
    Room,
    Table,
)
from derive.errors import Fault
from derive.writers import formulas, headings, pandoc
from derive.writers.chains import Row, beside, rows, scale, short, spread
from derive.writers.pictures import picture, share
from derive.writers.ragged import ragged
from derive.writers.sizes import WHOLE, fit, fraction, stem
from derive.writers.templates import Look, Verbatim

_TALL = re.compile(r"\\(?:[dt]?frac|begin|sum|prod|int|binom|under|over|substack|boxed)")

_SMALLEST = 0.3  # of the size of the text


def write(document: Document, look: Look) -> tuple[str, dict[str, bytes]]:
    """Return the Typst source, and the pictures that must stand beside it by name.

    Raises a Fault for raw TeX or HTML in the prose, an unreadable formula, a fault of the look.
    """
    meta = document.meta
    writer = _Writer(document, look)
    blocks = ragged(_kept(pandoc.resolve(_headed(document.body), writer.render, look.line)), "typst")
    body, closing = pandoc.convert([blocks, [pandoc.plain(pandoc.inlines(document.closing))]], "typst")
    source = look.render(
        "template.typ",
        escape,
        quoted=quoted,
        meta=meta,
        points=headings.points(Heading(1, "", (), meta.points), meta.language),
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
    return Verbatim(formulas.quoted(text))


def _headed(tree: Any) -> Any:
    """Return a body in which the headings below our three levels are headings like those."""
    if isinstance(tree, dict) and tree.get("t") == "Header":
        level, (name, *_), title = tree["c"]
        return Heading(level, "", tuple(title), id=name)
    if isinstance(tree, dict):
        return {key: _headed(value) for key, value in tree.items()}
    return [_headed(item) for item in tree] if isinstance(tree, list) else tree


def _kept(blocks: list[pandoc.Node]) -> list[pandoc.Node]:
    """Return blocks whose paragraphs stay with what they announce, or with the room for their answer."""
    out: list[pandoc.Node] = []
    for block, after in zip_longest(blocks, blocks[1:]):
        room = after is not None and after["t"] == "RawBlock" and after["c"][1].startswith("#room(")
        stays = pandoc.announces(block) or (room and block["t"] == "Para")
        out += [pandoc.raw("typst", "#kept["), block, pandoc.raw("typst", "]")] if stays else [block]
    return out


class _Writer:
    """What rendering the blocks gathers: pictures, the level of the last heading, the line of the report it is at."""

    def __init__(self, document: Document, look: Look) -> None:
        self.name, self.language, self.look = stem(document.name), document.meta.language, look
        self.files: dict[str, bytes] = {}
        self.level = self.line = 0

    def render(self, block: Block, line: float) -> list[pandoc.Node]:
        """Return pandoc nodes that print a derived block."""
        match block:
            case Aligned():
                return [self.aligned(block, line)]
            case Paragraph():
                return [pandoc.paragraph(pandoc.inlines(block.inlines))]
            case Note():
                title = escape(block.title)
                return [pandoc.wrapped("typst", f"#remark[{title}][", pandoc.inlines(block.inlines), "]")]
            case Table():
                return self.table(block, line)
            case Figure():
                return [self.figure(block, line)]
            case Heading():
                return [self.heading(block)]
            case Equation():
                return [_numbered(pandoc.formula(block.latex, display=True), block.label)]
            case Room():
                return [pandoc.raw("typst", f"#room({block.height:g}cm)")]
            case Here():
                self.line = block.line
                return [pandoc.raw("typst", f"/* line {block.line} */")]
        assert_never(block)

    def aligned(self, block: Aligned, line: float) -> pandoc.Node:
        """Return chains as one display, or row by row where a label or a reason stands beside a row."""
        wide, reason = beside(block, line, self.look.margin)
        made, wide = (rows(block, wide), wide) if reason else spread(block, wide, self.look.margin)
        smaller = scale(made, wide)
        around = "#wide[" if wide > line else ""
        if reason or any(row.label for row in made) or (smaller == 1.0 and not short(made)):
            return _steps(made, reason, around)
        around += "#together[" if short(made) else ""
        around += f"#[#set text(size: {max(smaller, _SMALLEST):.2f}em)\n" if smaller < 1.0 else ""
        shown = [pandoc.formula(_display(made), display=True)]
        return pandoc.wrapped("typst", around, shown, "\n" + "]" * around.count("["))

    def heading(self, block: Heading) -> pandoc.Node:
        """Return a heading, which stands at most one level below the last one and looks like its own."""
        self.level = min(block.level, self.level + 1)
        before = escape(headings.lead(block, self.language))
        after = escape(headings.points(block, self.language))
        title = pandoc.resolve(list(block.title), self.render, self.look.line)
        label = f" #label({quoted(block.id)})" if block.id else ""
        gap = " #h(0.35em)" if before and title else ""
        start, end = f"#heading(level: {self.level})[", f"#points[{after}]]" if after else "]"
        if block.level != self.level:
            start, end = f"{start}#face({block.level})[", f"]{end}"
        return pandoc.wrapped("typst", f"{start}{before}{gap}", title, f"{end}{label}")

    def figure(self, block: Figure, line: float) -> pandoc.Node:
        """Return a picture; one that is wider than the line goes on over the margin of the look."""
        try:
            ending, content = picture(block.picture, "svg")
        except Fault as fault:
            fault.line = fault.line or self.line
            raise
        name = f"{self.name}-figure-{len(self.files) + 1}.{ending}"
        self.files[name] = content
        # Where the look has a margin, a line is as wide as both: pictures keep their size, and wide ones go over it.
        whole = line + self.look.margin
        wide = whole * share(block.picture, fraction(block.width), whole)
        before, after = ("#wide(", ")") if wide > line else ("#", "")
        part = f"{100 * wide / (whole if wide > line else line):.4g}%"
        image = f"image({quoted(name)}, width: {part}, alt: {quoted(block.alt)})"
        if not block.caption:
            return pandoc.wrapped("typst", f"{before}align(center, {image}){after}", [], "")
        return pandoc.wrapped("typst", f"{before}figure({image}, caption: [", _caption(block), f"]){after}")

    def table(self, block: Table, line: float) -> list[pandoc.Node]:
        """Return a table, in smaller letters where it is too wide even with the margin of the look."""
        before, after = "#[", "]"
        if fit(block, line)[1] < 1 and self.look.margin:
            line, before, after = line + self.look.margin, "#wide[", "]"
        scale = fit(block, line)[1]
        rules = [f"#set text(size: {max(scale, 0.5):.2f}em)\n"] if scale < 1 else []
        if not any(map(_tall, block.header)):
            flat = ".where(y: 0)" if any(_tall(cell) for row in block.rows for cell in row) else ""
            rules.append(f"#show table.cell{flat}: set text(..letters)\n")
        rules += ["#show figure: set block(breakable: false)\n"] if len(block.rows) <= WHOLE else []
        made = pandoc.table(block)
        if block.caption:
            made["c"][1] = [None, [pandoc.plain(_caption(block))]]
        return [pandoc.raw("typst", before + "".join(rules)), made, pandoc.raw("typst", after)]


def _tall(cell: Sequence[Inline]) -> bool:
    """Is a formula of a cell higher than letters?"""
    return any(isinstance(part, Math) and _TALL.search(part.latex) for part in cell)


def _caption(block: Figure | Table) -> list[pandoc.Node]:
    """Return a caption behind its number."""
    caption = pandoc.inlines(block.caption)
    if not block.number:
        return caption
    return [{"t": "Strong", "c": pandoc.text(f"{block.number}:")}, {"t": "Space"}, *caption]


def _numbered(display: pandoc.Node, label: str) -> pandoc.Node:
    if not label:
        return pandoc.paragraph([display])
    return pandoc.wrapped("typst", f"#[#set math.equation(numbering: _ => [({escape(label)})])\n", [display], "]")


def _display(made: list[Row]) -> str:
    """Return rows as LaTeX that pandoc reads; an empty row sets chains apart, for it drops the distance of \\[1ex]."""
    lines: list[str] = []
    for row in made:
        lines += ["&"] if row.first and lines else []
        lines.append(f"{row.left} & {_right(row)}")
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def _right(row: Row) -> str:
    """Return a right side; an empty text before a sign makes it a sign between two things."""
    return rf"\quad \text{{}} {row.right}" if row.continued else row.right


def _steps(made: list[Row], reason: float, around: str) -> pandoc.Node:
    """Return rows, each with its sides, its label and its reason, for the look to set beside each other.

    around: code before them, with the brackets that it opens.
    """
    content: list[pandoc.Node] = []

    def cell(name: str, inside: list[pandoc.Node]) -> None:
        if inside:
            content.extend([_code(f"{name}: ["), *inside, _code("], ")])

    for row in made:
        content.append(_code(f"(first: {'true' if row.first else 'false'}, "))
        cell("left", [pandoc.formula(row.left, display=True)] if row.left else [])
        cell("right", [pandoc.formula(rf"\text{{}} {_right(row)}", display=True)])
        cell("label", [_code(f"({escape(row.label)})")] if row.label else [])
        cell("why", pandoc.inlines(row.why))
        content.append(_code("),\n"))
    return pandoc.wrapped("typst", f"{around}#steps({reason:g}em, (\n", content, "))" + "]" * around.count("["))


def _code(typst: str) -> pandoc.Node:
    return pandoc.code("typst", typst)
