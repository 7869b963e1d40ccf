"""A document as a complete LaTeX file. Blocks are built with PyLaTeX; prose goes through pandoc."""

from __future__ import annotations

import re
import textwrap
from dataclasses import astuple
from typing import assert_never

from derive.document import (
    Aligned,
    Block,
    Document,
    Drawing,
    Equation,
    Figure,
    Heading,
    Here,
    Image,
    Note,
    Paragraph,
    Plot,
    Room,
    Table,
)
from derive.writers import headings, pandoc
from derive.writers.formulas import fenced
from derive.writers.latex_rows import aligned
from derive.writers.latex_tables import table
from derive.writers.latex_text import Text, environment, escape
from derive.writers.pictures import picture, share
from derive.writers.ragged import ragged
from derive.writers.sizes import fraction, stem
from derive.writers.templates import Look, Verbatim
from derive.writers.unicode import declarations

_LANGUAGES = {"en": "english", "de": "ngerman", "fr": "french", "es": "spanish", "it": "italian", "nl": "dutch"}
_HIGHEST = r"height=.8\textheight,keepaspectratio"
_SECTIONS = {1: "section", 2: "subsection", 3: "subsubsection"}


def write(document: Document, look: Look) -> tuple[str, dict[str, bytes]]:
    """Return the .tex source, and the pictures that must stand beside it by name.

    Raises a Fault for raw TeX or HTML in the prose, a formula that is not mathematics, a fault of the look.
    """
    meta = document.meta
    writer = _Writer(document, look)
    blocks = ragged(_kept(pandoc.resolve(document.body, writer.render, look.line)), "latex")
    # Pandoc reads formulas and writes the text at the same time, while pictures are drawn.
    converted = pandoc.converting(blocks, "latex")
    checked = pandoc.checking(pandoc.formulas(blocks) + writer.text.formulas)
    try:
        files = writer.draw()
        body = converted().strip()
    finally:
        checked()
    closing = writer.text.line(document.closing)
    shown = "".join([body, closing, *(str(field) for field in astuple(meta))])
    source = look.render(
        "template.tex",
        escape,
        meta=meta,
        points=headings.points(Heading(1, "", (), meta.points), meta.language).strip("()"),
        short_title=textwrap.shorten(meta.title, 70, placeholder=" …"),
        babel=_LANGUAGES.get(meta.language.split("-")[0].lower(), "english"),
        unicode=Verbatim(declarations(shown)),
        body=Verbatim(body),
        closing=Verbatim(closing),
    )
    return source, files


def _kept(blocks: list[pandoc.Node]) -> list[pandoc.Node]:
    """Return blocks whose paragraphs stay with what they announce."""
    stay = pandoc.raw("latex", r"\nopagebreak")
    return [part for block in blocks for part in ([block, stay] if pandoc.announces(block) else [block])]


class _Writer:
    """What rendering the blocks gathers: the pictures, and the formulas that pandoc has not seen."""

    def __init__(self, document: Document, look: Look) -> None:
        self.name, self.language, self.look = stem(document.name), document.meta.language, look
        self.pictures: list[Drawing | Plot | Image] = []
        self.text = Text()

    def render(self, block: Block, line: float) -> list[pandoc.Node]:
        """Return pandoc nodes that print a derived block."""
        match block:
            case Paragraph():
                return [pandoc.paragraph(pandoc.inlines(block.inlines))]
            case Heading():
                return [self.heading(block)]
            case _:
                return [pandoc.raw("latex", self.code(block, line))]

    def code(self, block: Block, line: float) -> str:
        """Return a derived block as LaTeX."""
        match block:
            case Aligned():
                return aligned(block, line, self.look.margin, self.text)
            case Note():
                return environment("remark", self.text.line(block.inlines), f"{{{escape(block.title)}}}")
            case Table():
                return table(block, line, self.look.margin, self.text)
            case Figure():
                return self.figure(block)
            case Equation():
                tag = rf" \tag{{{escape(block.label)}}}" if block.label else ""
                return environment("equation*", fenced(self.text.math(block.latex)) + tag)
            case Room():
                return rf"\answer{{{block.height:g}cm}}"
            case Here():
                return f"% line {block.line}"
            case Paragraph() | Heading():
                raise TypeError("text that pandoc writes")
        assert_never(block)

    def heading(self, block: Heading) -> pandoc.Node:
        number = escape(headings.lead(block, self.language))
        points = escape(headings.points(block, self.language))
        title = pandoc.resolve(list(block.title), self.render, self.look.line)
        label = rf"\label{{{block.id}}}" if re.fullmatch(r"\w[\w:.-]*", block.id, re.ASCII) else ""
        return pandoc.wrapped(
            "latex", rf"\heading{{{_SECTIONS[block.level]}}}{{{number}}}{{", title, f"}}{{{points}}}{label}"
        )

    def figure(self, block: Figure) -> str:
        from pylatex import NoEscape, StandAloneGraphic

        self.pictures.append(block.picture)
        name = f"{self.name}-figure-{len(self.pictures)}"
        # Where the look has a margin, a line is as wide as both, as for Typst: a wide picture goes over it.
        line = self.look.line
        whole = line + self.look.margin
        wide = whole * share(block.picture, fraction(block.width), whole)
        part = round(wide / (whole if wide > line else line), 3)
        options = rf"width={part:g}\linewidth,{_HIGHEST},alt={{{escape(block.alt)}}}"
        graphic = StandAloneGraphic(name, image_options=NoEscape(options)).dumps()
        caption = [r"\\[5pt]", self.text.caption(block.number, block.caption)] if block.caption else []
        return environment("unbroken", "\n".join([graphic, *caption]), r"[\widest]" if wide > line else "")

    def draw(self) -> dict[str, bytes]:
        """Return the pictures by the names of their files."""
        drawn = [picture(source, "pdf") for source in self.pictures]
        return {f"{self.name}-figure-{at}.{ending}": content for at, (ending, content) in enumerate(drawn, 1)}
