"""A document as a complete LaTeX file. Blocks are built with PyLaTeX; prose goes through pandoc."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any, assert_never

from derive.document import Aligned, Block, Document, Figure, Heading, Inline, Math, Note, Paragraph, Table
from derive.errors import Fault
from derive.writers import headings, pandoc
from derive.writers.chains import LINE, Row, rows
from derive.writers.measure import measure
from derive.writers.templates import Look, Verbatim
from derive.writers.unicode import declarations

_LANGUAGES = {"en": "english", "de": "ngerman", "fr": "french", "es": "spanish", "it": "italian", "nl": "dutch"}
_GAP = "[.9ex]"  # between chains, added to \jot between all rows
_SECTIONS = {1: "section", 2: "subsection", 3: "subsubsection"}


def write(document: Document, look: Look) -> tuple[str, dict[str, bytes]]:
    """Return the .tex source, and the pictures that must stand beside it by name.

    Raises a Fault for raw TeX or HTML in the prose, a formula that is not mathematics, a fault of the look.
    """
    meta = document.meta
    writer = _Writer(meta.language)
    blocks = pandoc.resolve(document.body, writer.render, LINE)
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

    # An apostrophe pair and a dash pair would become ligatures, < and > are letters of T1; escape_latex does the rest.
    return str(escape_latex(" ".join(text.split()))).replace(r"\^{}", r"\textasciicircum{}").replace("''", "'{}'")


class _Writer:
    """What rendering the blocks gathers: the pictures, and the formulas that pandoc has not seen."""

    def __init__(self, language: str) -> None:
        self.language = language
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
                title = f"{escape(block.title)}"
                return [pandoc.raw("latex", _environment("remark", self.line(block.inlines), title))]
            case Table():
                return [pandoc.raw("latex", self.table(block, line))]
            case Figure():
                return [pandoc.raw("latex", self.figure(block))]
            case Heading():
                return [self.heading(block)]
        assert_never(block)

    def math(self, latex: str) -> str:
        """Return a formula, remembered to be checked."""
        self.formulas.append(latex)
        return latex

    def line(self, line: Iterable[Inline]) -> str:
        """Return text and formulas as LaTeX."""
        return "".join(rf"\({self.math(part.latex)}\)" if isinstance(part, Math) else _text(part) for part in line)

    def aligned(self, block: Aligned, line: float) -> str:
        for chain in block.chains:
            self.formulas += [chain.left, *(f"{link.relation} {link.latex}" for link in chain.links)]
        made = rows(block, line)
        lines = [_row(row) for row in made]
        ends = [rf" \\{_GAP if after.first else ''}" for after in made[1:]] + [""]
        return _environment("align*", "\n".join(row + end for row, end in zip(lines, ends, strict=True)))

    def heading(self, block: Heading) -> pandoc.Node:
        before = escape(headings.lead(block, self.language))
        after = escape(headings.points(block, self.language))
        after = rf"\points{{{after}}}" if after else ""
        title = pandoc.resolve(list(block.title), self.render, LINE)
        gap = r"\enspace " if before and title else ""
        label = rf"\label{{{block.id}}}" if pandoc.is_identifier(block.id) else ""
        return pandoc.wrapped("latex", rf"\{_SECTIONS[block.level]}{{{before}{gap}", title, f"{after}}}{label}")

    def table(self, block: Table, line: float) -> str:
        """A table that may break over pages and repeats its head."""
        from pylatex import LongTable, NoEscape

        table: Any = LongTable(NoEscape(f"@{{}}{_columns(block, line)}@{{}}"), col_space=None, booktabs=True)
        table.append(NoEscape(rf"\caption{{{self.line(block.caption)}}}\tabularnewline")) if block.caption else None
        table.add_row([NoEscape(self.line(cell)) for cell in block.header])
        table.end_table_header()
        for cells in block.rows:
            table.add_row([NoEscape(self.line(cell)) for cell in cells])
        return str(table.dumps())

    def figure(self, block: Figure) -> str:
        name = f"figure-{len(self.files) + 1}.pdf"
        self.files[name] = block.pdf
        options = rf"width={pandoc.share(block.width):g}\linewidth,alt={{{escape(block.alt)}}}"
        caption = rf"\captionof{{figure}}{{{self.line(block.caption)}}}" if block.caption else ""
        return _environment("picture-block", rf"\includegraphics[{options}]{{{name}}}" + "\n" + caption)
