"""A document as a complete LaTeX file. Blocks are built with PyLaTeX; prose goes through pandoc."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
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
from derive.writers import headings, pandoc
from derive.writers.chains import Row, rows
from derive.writers.formulas import fenced
from derive.writers.pictures import picture
from derive.writers.sizes import WHOLE, fit, fraction, stem
from derive.writers.templates import Look, Verbatim
from derive.writers.unicode import declarations

_LANGUAGES = {"en": "english", "de": "ngerman", "fr": "french", "es": "spanish", "it": "italian", "nl": "dutch"}
_GAP = "[.9ex]"  # between chains, added to \jot between all rows
_SIZES = ((1.0, ""), (0.91, r"\small"), (0.82, r"\footnotesize"), (0.73, r"\scriptsize"))
_SECTIONS = {1: "section", 2: "subsection", 3: "subsubsection"}


def write(document: Document, look: Look) -> tuple[str, dict[str, bytes]]:
    """Return the .tex source, and the pictures that must stand beside it by name.

    Raises a Fault for raw TeX or HTML in the prose, a formula that is not mathematics, a fault of the look.
    """
    meta = document.meta
    writer = _Writer(document, look)
    blocks = pandoc.resolve(document.body, writer.render, look.line)
    pandoc.check(pandoc.formulas(blocks) + writer.formulas)
    (body,) = pandoc.convert([blocks], "latex")
    closing = writer.line(document.closing)
    shown = "".join([body, closing, meta.title, meta.subtitle, meta.course, meta.institution, *meta.authors, meta.date])
    source = look.render(
        "template.tex",
        escape,
        meta=meta,
        short_title=textwrap.shorten(meta.title, 70, placeholder=" …"),
        babel=_LANGUAGES.get(meta.language.split("-")[0].lower(), "english"),
        unicode=Verbatim(declarations(shown)),
        body=Verbatim(body),
        closing=Verbatim(closing),
    )
    return source, writer.files


def escape(text: str) -> str:
    """Return a text with all that TeX would obey escaped, on one line."""
    from pylatex.utils import escape_latex

    escaped = escape_latex(re.sub(r"\s+", " ", text)).replace(r"\^{}", r"\textasciicircum{}")
    escaped = re.sub(r"(?<!\{-\})\{-\}(?!\{-\})", "-", escaped)  # only a pair of dashes would become another one
    return re.sub(r"([`',<>])(?=\1)|([?!])(?=`)", r"\g<0>{}", escaped)  # pairs that the font would join


class _Writer:
    """What rendering the blocks gathers: the pictures, and the formulas that pandoc has not seen."""

    def __init__(self, document: Document, look: Look) -> None:
        self.name, self.language, self.look = stem(document.name), document.meta.language, look
        self.files: dict[str, bytes] = {}
        self.formulas: list[str] = []

    def render(self, block: Block, line: float) -> list[pandoc.Node]:
        """Return pandoc nodes that print a derived block."""
        match block:
            case Aligned():
                return [pandoc.raw("latex", self.aligned(block, line))]
            case Paragraph():
                return [pandoc.paragraph(pandoc.inlines(block.inlines))]
            case Note():
                return [pandoc.raw("latex", _environment("remark", self.line(block.inlines), escape(block.title)))]
            case Table():
                return [pandoc.raw("latex", self.table(block, line))]
            case Figure():
                return [pandoc.raw("latex", self.figure(block))]
            case Heading():
                return [self.heading(block)]
            case Equation():
                tag = rf" \tag{{{escape(block.label)}}}" if block.label else ""
                self.formulas.append(block.latex)
                return [pandoc.raw("latex", _environment("equation*", fenced(block.latex) + tag))]
            case Room():
                return [pandoc.raw("latex", rf"\vspace{{{block.height:g}cm}}")]
            case Here():
                return []
        assert_never(block)

    def math(self, latex: str) -> str:
        """Return a formula, remembered to be checked."""
        self.formulas.append(latex)
        return latex.replace(r"\mathbb{1}", r"\mathbf{1}")  # amssymb has no such digit

    def line(self, line: Iterable[Inline]) -> str:
        """Return text and formulas as LaTeX."""
        return "".join(
            rf"\({fenced(self.math(part.latex))}\)" if isinstance(part, Math) else escape(part) for part in line
        )

    def aligned(self, block: Aligned, line: float) -> str:
        for chain in block.chains:
            self.formulas += [chain.left, *(f"{link.relation} {link.latex}" for link in chain.links)]
        made = rows(block, line)
        lines = [fenced(_row(row)) for row in made]
        ends = [rf" \\{_GAP if after.first else ''}" for after in made[1:]] + [""]
        return _environment("align*", "\n".join(row + end for row, end in zip(lines, ends, strict=True)))

    def heading(self, block: Heading) -> pandoc.Node:
        before = escape(headings.lead(block, self.language))
        after = escape(headings.points(block, self.language))
        after = rf"\points{{{after}}}" if after else ""
        title = pandoc.resolve(list(block.title), self.render, self.look.line)
        gap = r"\enspace " if before and title else ""
        label = rf"\label{{{block.id}}}" if re.fullmatch(r"\w[\w:.-]*", block.id, re.ASCII) else ""
        return pandoc.wrapped("latex", rf"\{_SECTIONS[block.level]}{{{before}{gap}", title, f"{after}}}{label}")

    def table(self, block: Table, line: float) -> str:
        """A table that may break over pages and repeats its head."""
        from pylatex import LongTable, NoEscape

        columns, scale = fit(block, line)
        made = LongTable(NoEscape(_columns(block.align, columns)), width=len(block.align))
        header = [NoEscape(self.line(cell)) for cell in block.header]
        if block.caption:
            made.append(NoEscape(rf"\caption{{{self.line(block.caption)}}}\tabularnewline"))
            _head(made, header, r"\endfirsthead")
        _head(made, header, r"\endhead")
        for cells in block.rows:
            made.add_row([NoEscape(_tall(self.line(cell))) for cell in cells])
        made.append(NoEscape(r"\bottomrule"))
        size = next((name for least, name in _SIZES if scale >= least), r"\tiny")
        size += rf"\setlength\tabcolsep{{{6 * scale:.1f}pt}}" if size else ""
        before = size + ("" if block.caption else r"\def\LTcaptype{none}")
        source = str(made.dumps())
        if len(block.rows) <= WHOLE:
            source = re.sub(r"\\\\(?=%$)", r"\\\\*", source, flags=re.MULTILINE)  # no page ends after this row
        return f"{{{before}\n{source}\n}}" if before else source

    def figure(self, block: Figure) -> str:
        from pylatex import NoEscape, StandAloneGraphic

        ending, content = picture(block.picture, "pdf")
        name = f"{self.name}-figure-{len(self.files) + 1}.{ending}"
        self.files[name] = content
        options = rf"width={fraction(block.width):g}\linewidth,alt={{{escape(block.alt)}}}"
        caption = rf"\captionof{{figure}}{{{self.line(block.caption)}}}" if block.caption else ""
        graphic = StandAloneGraphic(name, image_options=NoEscape(options)).dumps()
        return _environment("minipage", "\n".join([r"\centering", graphic, caption]), r"\linewidth")


def _tall(cell: str) -> str:
    """Return a cell with its fractions as large as in a display, and the room that they need."""
    return cell.replace(r"\frac", r"\dfrac") + r"\rule[-2.7ex]{0pt}{6.8ex}" if r"\frac" in cell else cell


def _environment(name: str, content: str, argument: str = "") -> str:
    """Return a LaTeX environment around finished LaTeX."""
    from pylatex import NoEscape
    from pylatex.base_classes import Environment

    made: Any = Environment(arguments=NoEscape(argument) if argument else None)
    made.latex_name = name
    made.content_separator = "\n"
    made.append(NoEscape(content))
    return str(made.dumps())


def _row(row: Row) -> str:
    """Return a row of align* without its end."""
    tag = rf" \tag{{{escape(row.label)}}}" if row.label else ""
    right = rf"\quad {{}}{row.right}" if row.continued else row.right
    return f"{row.left} &{right}{tag}".lstrip()


def _head(table: Any, header: list[str], end: str) -> None:
    from pylatex import NoEscape

    table.append(NoEscape(r"\toprule"))
    if header:
        table.add_row(header)
        table.append(NoEscape(r"\midrule"))
    table.append(NoEscape(end))


def _columns(align: str, widths: list[float]) -> str:
    """Return the columns of a table: as asked, or as wide as given where that is not 0, without padding outside."""
    made = (
        rf">{{\raggedright\arraybackslash}}p{{{wide:.2f}em}}" if wide else c
        for c, wide in zip(align, widths, strict=True)
    )
    return f"@{{}}{''.join(made)}@{{}}"
