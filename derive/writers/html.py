"""A document as one HTML file: formulas as MathML, pictures inside it, nothing that is loaded or run."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from derive.document import (
    Aligned,
    Block,
    Document,
    Equation,
    Figure,
    Heading,
    Here,
    Inline,
    Note,
    Paragraph,
    Room,
    Table,
)
from derive.writers import headings, pandoc
from derive.writers.chains import Row, beside, rows
from derive.writers.html_tree import Page, box, parted, scrolling, span
from derive.writers.measure import measure
from derive.writers.parts import NARROW, parts
from derive.writers.pictures import picture, share
from derive.writers.sizes import fraction
from derive.writers.speech import speak
from derive.writers.templates import Look, Verbatim

_LINE = 38.0  # em, as in the style of the page
_TYPES = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg"}
_THEAD = re.compile(r"<thead>.*?</thead>", re.DOTALL)
_TH = re.compile(r"<th[ >].*?</th>", re.DOTALL)
_MATH = re.compile(
    r'<math display="(\w+)" xmlns="[^"]*">(?P<content>.*?<annotation encoding="[^"]*">(?P<latex>.*?)</annotation>)',
    re.DOTALL,
)


def write(document: Document, look: Look) -> tuple[str, dict[str, bytes]]:
    """Return the page; no files stand beside it.

    Raises a Fault for raw TeX or HTML in the prose, an unreadable formula, a fault of the look.
    """
    meta = document.meta
    writer = _Writer(meta.language, look)
    page = Page(pandoc.resolve(document.body, writer.render, _LINE))
    closing = [pandoc.plain(parted(pandoc.inlines(document.closing)))]
    # Footnotes are printed behind the last part.
    closing_, contents, body = pandoc.convert([closing, page.contents if meta.toc else [], page.blocks], "html5")
    source = look.render(
        "template.html",
        escape,
        meta=meta,
        points=headings.points(Heading(1, "", (), meta.points), meta.language),
        contents=Verbatim(_finished(contents)),
        body=Verbatim(_finished(body)),
        closing=Verbatim(_finished(closing_)),
    )
    return source, {}


def escape(text: str) -> str:
    """Return a text as HTML that prints it, also inside an attribute."""
    return html.escape(text, quote=True)


def _finished(body: str) -> str:
    """Return pandoc's page with what it leaves out: formulas in words, and what a table's heads are the heads of."""
    body = _MATH.sub(_with_words, body)
    body = re.sub(r"<th(?: [^>]*)?></th>", "<td></td>", body)
    body = _THEAD.sub(lambda head: re.sub(r"<th(?=[ >])", '<th scope="col"', head[0]), body)
    body = re.sub(r"<th(?=[ >])(?! scope)", '<th scope="row"', body)
    # Where a formula is all that a head says, it needs a name that every program finds.
    return _TH.sub(lambda head: head[0].replace(" alttext=", " aria-label="), body)


def _with_words(found: re.Match[str]) -> str:
    # What goes on with a formula above begins with {} and a sign, which stands between two things: say the second one.
    latex = html.unescape(found["latex"])
    words = speak(latex.replace("{}", "x", 1)).removeprefix("x ") if latex.startswith("{} ") else speak(latex)
    return f'<math display="{found[1]}" alttext="{escape(words)}">' + found["content"]


class _Writer:
    """What rendering a block depends on."""

    def __init__(self, language: str, look: Look) -> None:
        self.language, self.look = language, look

    def render(self, block: Block, line: float) -> list[pandoc.Node]:
        """Return pandoc nodes that print a derived block."""
        match block:
            case Aligned():
                made = rows(block, beside(block, line, self.look.margin)[0])
                return [_rows(made, "chains explained" if any(row.why for row in made) else "chains")]
            case Equation():
                return [_rows([Row("", block.latex, label=block.label)], "chains", block.key.removeprefix("#"))]
            case Paragraph():
                return [pandoc.paragraph(pandoc.inlines(block.inlines))]
            case Note():
                title = {"t": "Strong", "c": pandoc.text(f"{block.title}.")}
                line_ = pandoc.paragraph([title, {"t": "Space"}, *pandoc.inlines(block.inlines)])
                return [box([line_], "note", role="note")]
            case Table():
                return [_table(block)]
            case Figure():
                return [_figure(block)]
            case Heading():
                return [self.heading(block)]
            case Room():
                return [box([], "room", style=f"min-height: {block.height:g}cm")]
            case Here():
                return []
        assert_never(block)

    def heading(self, block: Heading) -> pandoc.Node:
        before, after = headings.lead(block, self.language), headings.points(block, self.language)
        line = [span(pandoc.text(before), "number")] if before else []
        title = pandoc.resolve(list(block.title), self.render, _LINE)
        line += [{"t": "Space"}] if before and title else []
        line += title
        line += [{"t": "Space"}, span(pandoc.text(after), "points")] if after else []
        return {"t": "Header", "c": [block.level, [block.id, [], []], line]}


def _rows(made: list[Row], kind: str, name: str = "") -> pandoc.Node:
    """Return rows aligned by the style of the page: left side, right side, label and reason of each."""
    pieces = [piece for row in made for piece in parts(row.right)]
    widest = max(measure(row.left) for row in made) + max(map(measure, pieces), default=0.0)
    content = [box([pandoc.plain(_row(row))], " ".join(_kinds(row)), name) for row in made]
    return scrolling(content, kind, "Formulas") if widest > NARROW else box(content, kind)


def _kinds(row: Row) -> Iterable[str]:
    yield "row"
    yield from (name for name in ("first", "continued") if getattr(row, name))


def _row(row: Row) -> list[pandoc.Node]:
    # Nothing before a sign makes it a sign between two things.
    right = "{} " + row.right if row.continued else row.right
    left = [pandoc.formula(row.left, display=True)] if row.left else []
    cells = [span(left, "left"), span([pandoc.formula(p, display=True) for p in parts(right)], "right")]
    if row.label:
        cells.append(span(pandoc.text(f"({row.label})"), "label", f"equation-{row.label}"))
    if row.why:
        cells.append(span(parted(pandoc.inlines(row.why)), "why"))
    return cells


def _named(number: str, caption: tuple[Inline, ...]) -> list[pandoc.Node]:
    """Return a caption behind its number."""
    label: list[pandoc.Node] = [{"t": "Strong", "c": pandoc.text(f"{number}.")}, {"t": "Space"}] if number else []
    return [*label, *pandoc.inlines(caption)]


def _table(block: Table) -> pandoc.Node:
    """Return a table; the first cell of a row is its head."""
    made = pandoc.table(replace(block, caption=()))
    made["c"][0] = [block.key.removeprefix("#") if block.key.startswith("#") else "", [], []]
    made["c"][1] = [None, [pandoc.plain(_named(block.number, block.caption))] if block.caption else []]
    made["c"][4][0][1] = 1
    return made


def _figure(block: Figure) -> pandoc.Node:
    """Return a picture as data: what a file of the author's may run or load, it cannot as a picture."""
    ending, content = picture(block.picture, "svg")
    address = f"data:{_TYPES[ending]};base64,{base64.b64encode(content).decode()}"
    part = round(share(block.picture, fraction(block.width), _LINE), 3)
    size = [["style", f"--part: {part:g}"]]
    image: pandoc.Node = {"t": "Image", "c": [["", [], size], pandoc.text(block.alt), [address, ""]]}
    caption = [pandoc.plain(_named(block.number, block.caption))] if block.caption else []
    name = block.key.removeprefix("#") if block.key.startswith("#") else ""
    shown = scrolling([pandoc.plain([image])], "picture", "Picture")
    return {"t": "Figure", "c": [[name, [], []], [None, caption], [shown]]}
