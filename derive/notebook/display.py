"""Blocks as what a notebook shows: LaTeX for MathJax and KaTeX, HTML with MathML that needs neither."""

from __future__ import annotations

import base64
import html as escaping
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from derive.document import (
    Aligned,
    Block,
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
from derive.narrate.blocks import Placed
from derive.writers import pandoc
from derive.writers.chains import rows
from derive.writers.formulas import fenced
from derive.writers.latex_text import escape
from derive.writers.pictures import picture

_LINE = 60.0  # em: the width of a cell's output on a usual screen
# pandoc's MathML as browsers need it: TeX's source out, formulas in rows and cells of full size, frames that are seen,
# and the thin spaces beside the name of a function (U+2061 stands behind it) that has no bracket.
_FINISH = (
    (re.compile(r"<annotation\b.*?</annotation>", re.DOTALL), ""),
    (re.compile(r"<semantics><mtable>"), '<semantics><mtable displaystyle="true">'),
    (re.compile(r'(<td[^>]*><math display="inline")'), r'\1 displaystyle="true"'),
    (re.compile(r'<menclose notation="box">'), '<mrow style="border: 1px solid; padding: 0.25em">'),
    (re.compile(r"</menclose>"), "</mrow>"),
    (re.compile(r"<mo>(&#8289;)</mo></mrow>(?!<mo[^>]*>\()"), r'<mo rspace="0.17em">\1</mo></mrow>'),
    (
        re.compile(r"(</m(?:i|n|sub|sup|frac)>|\)</mo>)(?=<mrow><mi[^>]*>\w+</mi><mo[^>]*>&#8289;)"),
        r'\1<mspace width="0.17em"/>',
    ),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """Something to be looked at: a notebook shows it as mathematics, `print` as LaTeX."""

    blocks: tuple[Block, ...]

    @classmethod
    def of(cls, placed: Placed) -> Shown:
        """Return what a block of a report has made: blocks, or a piece of a sentence."""
        return cls(placed if isinstance(placed, tuple) else (Paragraph((placed,)),))

    def __str__(self) -> str:
        return latex(self.blocks) or " ".join(b.alt for b in self.blocks if isinstance(b, Figure))

    def __repr__(self) -> str:
        return str(self)

    def _repr_latex_(self) -> str | None:
        return latex(self.blocks)

    def _repr_html_(self) -> str:
        return html(self.blocks)


def latex(blocks: Iterable[Block]) -> str | None:
    """Return blocks as LaTeX that MathJax and KaTeX read, None where a picture is among them."""
    made = [_latex(block) for block in blocks]
    return "\n\n".join(text for text in made if text) if None not in made else None


def html(blocks: Iterable[Block]) -> str:
    """Return blocks as HTML with MathML, pictures in it as SVG; all texts are escaped."""
    nodes = [node for block in blocks for node in _nodes(block)]
    (made,) = pandoc.convert([nodes], "html5")
    for pattern, better in _FINISH:
        made = pattern.sub(better, made)
    return f'<div style="overflow-x: auto">\n{made}\n</div>'


def _latex(block: Block) -> str | None:
    match block:
        case Aligned():
            return f"$${_aligned(block)}$$"
        case Equation():
            return f"$${fenced(block.latex)}$$"
        case Paragraph():
            return _line(block.inlines)
        case Note():
            return f"{escape(block.title)}: {_line(block.inlines)}"
        case Table():
            return f"$${_array(block)}$$"
        case Figure():
            return None
        case Heading() | Room() | Here():
            return ""
    assert_never(block)


def _nodes(block: Block) -> list[pandoc.Node]:
    match block:
        case Aligned():
            return [pandoc.paragraph([pandoc.formula(_aligned(block), display=True)])]
        case Equation():
            return [pandoc.paragraph([pandoc.formula(block.latex, display=True)])]
        case Paragraph():
            return [pandoc.paragraph(pandoc.inlines(block.inlines))]
        case Note():
            return [pandoc.paragraph([*pandoc.text(f"{block.title}: "), *pandoc.inlines(block.inlines)])]
        case Table():
            return [pandoc.table(block)]
        case Figure():
            return [pandoc.raw("html5", _image(block)), pandoc.paragraph(pandoc.inlines(block.caption))]
        case Heading() | Room() | Here():
            return []
    assert_never(block)


def _aligned(block: Aligned) -> str:
    lines = []
    made = rows(block, _LINE)
    for row, after in zip(made, [*made[1:], None], strict=True):
        right = rf"\quad {{}}{row.right}" if row.continued else row.right
        end = "" if after is None else r" \\[0.6ex]" if after.first else r" \\"
        lines.append(f"{fenced(f'{row.left} &{right}'.strip())}{end}")
    return "\\begin{aligned}\n" + "\n".join(lines) + "\n\\end{aligned}"


def _array(block: Table) -> str:
    """Return a table as an array: neither MathJax nor KaTeX has `tabular`."""
    lines = [" & ".join(map(_cell, cells)) for cells in (block.header, *block.rows)]
    return (
        rf"\begin{{array}}{{{block.align}}}"
        + f"\n{lines[0]} \\\\ \\hline\n"
        + " \\\\\n".join(lines[1:])
        + "\n\\end{array}"
    )


def _cell(line: tuple[Inline, ...]) -> str:
    return " ".join(
        rf"\displaystyle {fenced(part.latex)}" if isinstance(part, Math) else rf"\text{{{escape(part)}}}"
        for part in line
    )


def _line(line: Iterable[Inline]) -> str:
    return "".join(f"${fenced(part.latex)}$" if isinstance(part, Math) else escape(part) for part in line)


def _image(figure: Figure) -> str:
    ending, content = picture(figure.picture, "svg")
    kind = {"svg": "svg+xml", "jpg": "jpeg"}.get(ending, ending)
    source = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    return f'<img src="{source}" alt="{escaping.escape(figure.alt)}" style="max-width: 40em; width: 100%">'
