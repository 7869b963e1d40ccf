"""A document as GitHub's Markdown with its mathematics: pleasant as a source, and read back without a loss."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import groupby, zip_longest
from typing import Any, assert_never

from derive.document import (
    Aligned,
    Block,
    Chain,
    Document,
    Equation,
    Figure,
    Heading,
    Here,
    Inline,
    Meta,
    Note,
    Paragraph,
    Room,
    Table,
)
from derive.writers import headings, pandoc
from derive.writers.chains import Row, rows
from derive.writers.pictures import picture
from derive.writers.sizes import stem
from derive.writers.templates import Look

_LINE = 46.0  # em of a page there
# What means something to Markdown inside `$…$`, where some programs look for emphasis, tags, cells and escaped signs
# before they look for formulas: $`…`$ is safe then.
_READ_AS_TEXT = re.compile(r"\\[^A-Za-z]|(?<![A-Za-z0-9])_|[*`<>\[\]|~&\"#$%:@\n]")
# What pandoc leaves to be read as code: a dollar must not look like one of a pair as it stands, nor as text of a page.
_SIGNS = re.compile(r"(\$|&(?=#?\w+;))")
_SPELLED = {"$": "<span>&#36;</span>", "&": "&amp;"}
_TAG = re.compile(r" \\tag\{\d+\}")  # GitHub knows it, pandoc does not
# What GitHub's mathematics lacks, or has forbidden, by what it knows.
_KNOWN = ((r"\operatorname*", r"\mathrm"), (r"\operatorname", r"\mathrm"), (r"\bm{", r"\boldsymbol{"))


def write(document: Document, look: Look) -> tuple[str, dict[str, bytes]]:
    """Return the Markdown, and the pictures that must stand beside it by name.

    Raises a Fault for raw TeX or HTML in the prose and for a formula that is not mathematics.
    """
    writer = _Writer(document)
    blocks = [*_title(document.meta), *pandoc.resolve(document.body, writer.render, _LINE)]
    if document.closing:
        blocks += [{"t": "HorizontalRule"}, pandoc.paragraph(pandoc.inlines(document.closing))]
    pandoc.check(_TAG.sub("", latex) for latex in pandoc.formulas(blocks))
    (source,) = pandoc.convert([_github(blocks)], "gfm")
    return source + "\n", writer.files


def _title(meta: Meta) -> list[pandoc.Node]:
    """Return the title block: one line each for what there is."""
    authors = ", ".join(meta.authors)
    due = f"due {meta.due}" if meta.due else ""
    points = headings.points(Heading(1, "", (), meta.points), meta.language).strip("()")
    lines = [
        ", ".join(filter(None, (meta.course, meta.institution))),
        ": ".join(filter(None, (meta.team, authors))),
        ", ".join(filter(None, (meta.date, due, points))),
    ]
    out = [{"t": "Header", "c": [1, ["", [], []], pandoc.text(meta.title)]}]
    out += [pandoc.paragraph([{"t": "Strong", "c": pandoc.text(meta.subtitle)}])] if meta.subtitle else []
    return out + [pandoc.paragraph(pandoc.text(line)) for line in lines if line]


class _Writer:
    """What rendering the blocks gathers: the pictures."""

    def __init__(self, document: Document) -> None:
        self.name, self.language = stem(document.name), document.meta.language
        self.files: dict[str, bytes] = {}

    def render(self, block: Block, line: float) -> list[pandoc.Node]:
        """Return pandoc nodes that print a derived block."""
        match block:
            case Aligned():
                return _explained(block, line)
            case Equation():
                tag = rf" \tag{{{block.label}}}" if block.label else ""
                return [_display(block.latex + tag)]
            case Paragraph():
                return [pandoc.paragraph(pandoc.inlines(block.inlines))]
            case Note():
                return [{"t": "BlockQuote", "c": [_led(block.title, block.inlines)]}]
            case Table():
                caption = [_led(block.number, block.caption)] if block.caption else []
                return [*caption, pandoc.table(replace(block, caption=()))]
            case Figure():
                return self.figure(block)
            case Heading():
                return [self.heading(block)]
            case Room() | Here():
                return []
        assert_never(block)

    def heading(self, block: Heading) -> pandoc.Node:
        before, after = headings.lead(block, self.language), headings.points(block, self.language)
        title = pandoc.resolve(list(block.title), self.render, _LINE)
        parts = [part for part in (pandoc.text(before), title, pandoc.text(after)) if part]
        line = [node for part in parts for node in [{"t": "Space"}, *part]][1:]
        return {"t": "Header", "c": [block.level + 1, ["", [], []], line]}

    def figure(self, block: Figure) -> list[pandoc.Node]:
        ending, content = picture(block.picture, "svg")
        name = f"{self.name}-figure-{len(self.files) + 1}.{ending}"
        self.files[name] = content
        image: pandoc.Node = {"t": "Image", "c": [["", [], []], pandoc.text(block.alt), [name, ""]]}
        caption = [_led(block.number, block.caption)] if block.caption else []
        return [pandoc.paragraph([image]), *caption]


def _led(title: str, line: tuple[Inline, ...]) -> pandoc.Node:
    """Return a paragraph that begins with a title in bold."""
    strong: list[pandoc.Node] = [{"t": "Strong", "c": pandoc.text(f"{title}.")}, {"t": "Space"}] if title else []
    return pandoc.paragraph([*strong, *pandoc.inlines(line)])


def _display(latex: str) -> pandoc.Node:
    return pandoc.paragraph([pandoc.formula(latex, display=True)])


def _explained(block: Aligned, line: float) -> list[pandoc.Node]:
    """Return chains as a display; one with a reason stands alone, with the reason below it."""
    out: list[pandoc.Node] = []
    for _, group in groupby(enumerate(block.chains), lambda item: item[0] if item[1].why else -1):
        chains: tuple[Chain, ...] = tuple(chain for _, chain in group)
        out.append(_display(_aligned(rows(replace(block, chains=chains), line))))
        out += [pandoc.paragraph(pandoc.inlines(("Why: ", *chains[0].why, ".")))] if chains[0].why else []
    return out


def _aligned(made: list[Row]) -> str:
    """Return rows as LaTeX, a single one as it is; only `align*` takes the number of an equation."""
    if len(made) == 1:
        return _row(made[0], "")
    name = "align*" if any(row.label for row in made) else "aligned"
    return f"\\begin{{{name}}}\n" + " \\\\\n".join(_row(row, "& ") for row in made) + f"\n\\end{{{name}}}"


def _row(row: Row, mark: str) -> str:
    right = rf"\quad {{}} {row.right}" if row.continued else row.right
    tag = rf" \tag{{{row.label}}}" if row.label else ""
    return f"{row.left} {mark}{right}{tag}".strip()


def _github(tree: Any, cell: bool = False) -> Any:
    """Return a tree with formulas and dollars as GitHub should get them; `cell`: inside a table, whose bars part it."""
    match tree:
        case list():
            made = [_github(item, cell) for item in tree]
            return [part for node, after in zip_longest(made, made[1:]) for part in _spelled(node, after)]
        case {"t": "Math", "c": [kind, latex]}:
            return {"t": "Math", "c": [kind, _understood(latex, cell)]}
        case {"t": "Code", "c": [attributes, text]} if cell:
            return {"t": "Code", "c": [attributes, text.replace("|", r"\|")]}
        case {"t": kind, "c": content}:
            return {"t": kind, "c": _github(content, cell or kind == "Table")}
    return tree


def _spelled(node: Any, after: Any) -> list[Any]:
    """Return an inline with its dollars: those of a formula, or those of a text so that they begin none."""
    match node:
        case {"t": "Math", "c": [{"t": "InlineMath"}, latex]} if not _READ_AS_TEXT.search(latex):
            glued = isinstance(after, dict) and after.get("t") == "Str" and after["c"][0].isalnum()
            return [node if glued else _raw(f"${latex}$")]
        case {"t": "Str", "c": text}:
            parts = [part for part in _SIGNS.split(text) if part]
            return [_raw(_SPELLED[part]) if part in _SPELLED else {"t": "Str", "c": part} for part in parts]
    return [node]


def _raw(source: str) -> pandoc.Node:
    return {"t": "RawInline", "c": ["markdown", source]}


def _understood(latex: str, cell: bool) -> str:
    """Return a formula in words that GitHub knows; `<` stands free there, or it begins a tag."""
    for command, known in _KNOWN:
        latex = latex.replace(command, known)
    latex = re.sub(r"(?<=\S)<|<(?=\S)", lambda found: f" {found[0]} ", latex).replace("  ", " ")
    if cell:
        latex = re.sub(r"(\\?)\|", lambda bar: r"\Vert " if bar[1] else r"\vert ", latex)
    return re.sub(r"(?<=[Vv]ert) (?![A-Za-z])", "", latex)
