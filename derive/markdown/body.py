"""The body of a report: Markdown as pandoc's blocks, with derived blocks and values in their places."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from derive.document import Block, Math, Paragraph
from derive.errors import Fault
from derive.markdown.headings import Headings
from derive.markdown.holes import TOKEN, Prepared, prepare
from derive.markdown.numbering import Numbering, standard
from derive.markdown.pandoc_tree import BLOCKS, INLINES, Json, formula, in_formula, nodes, paragraph, words
from derive.markdown.placeholders import Placeholder, parse
from derive.pandoc_binary import run_pandoc
from derive.source import Slice

Placed = tuple[Block, ...] | Math | str
Resolve = Callable[[Placeholder], Placed]

# Only what prose and mathematics need. Tables whose columns depend on the width of their text are left out, as tokens
# have another width than what they stand for.
_WITHOUT = (
    "auto_identifiers implicit_header_references blank_before_header raw_html raw_tex raw_attribute native_divs "
    "native_spans markdown_in_html_blocks yaml_metadata_block pandoc_title_block citations latex_macros "
    "simple_tables multiline_tables grid_tables"
)
_FORMAT = "markdown" + "".join(f"-{name}" for name in _WITHOUT.split()) + "+tex_math_single_backslash"


@dataclass(frozen=True, slots=True)
class BodyOptions:
    """statement: the problem sheet instead of the solution; names: what `of=` may name (None: anything)."""

    statement: bool = False
    numbering: Numbering = field(default_factory=standard)
    names: frozenset[str] | None = None


def read(body: Slice, resolve: Resolve, options: BodyOptions | None = None) -> list[Any]:
    """Return the blocks of a body: pandoc's as dicts, derived ones and headings as values of `document`.

    `resolve` is called for each placeholder in the order of the text. A Fault tells of a placeholder, a heading or a
    `:::` block that cannot be read; what `resolve` raises passes through.
    """
    options = options or BodyOptions()
    prepared = prepare(body)
    tree = run_pandoc(["--sandbox", "-f", _FORMAT, "-t", "json"], prepared.markdown)
    try:
        blocks = json.loads(tree)["blocks"]
        if sum(node["t"] == "Div" for node in nodes(blocks)) < len(prepared.divs):
            reason = "it stands in a block of code or at the wrong indentation"
            raise Fault("this `:::` block is not read as one", prepared.divs[0], reason=reason)
        return _Reader(prepared, resolve, options).blocks(blocks)
    except RecursionError:
        raise Fault("the text is nested too deep", body.span(0, 0)) from None


def _sentence(placed: Placed) -> tuple[Any, ...]:
    """Return what stands in a line of text: a paragraph among other words is part of their sentence."""
    match placed:
        case (Paragraph(inlines),):
            return inlines
        case _:
            return (placed,)


class _Reader:
    def __init__(self, prepared: Prepared, resolve: Resolve, options: BodyOptions) -> None:
        self.prepared, self.resolve, self.options = prepared, resolve, options
        self.headings = Headings(prepared.body, options.numbering, options.names)

    def blocks(self, blocks: list[Any]) -> list[Any]:
        return [out for block in blocks for out in self.block(block)]

    def block(self, block: Json) -> list[Any]:
        match block["t"]:
            case "Para" | "Plain":
                return self.paragraph(block)
            case "Header":
                level, attributes, inlines = block["c"]
                heading = self.headings.read(level, self.strings(attributes), inlines)
                title = self.inlines(inlines, "a heading")
                return [replace(heading, title=tuple(title)) if heading else {**block, "c": [level, attributes, title]}]
            case "Div":
                return self.div(*block["c"])
            case "CodeBlock":
                attributes, text = block["c"]
                return [{"t": "CodeBlock", "c": [self.strings(attributes), self.restore(text)]}]
            case _:
                return [self.inside(block)]

    def div(self, attributes: Any, content: list[Any]) -> list[Any]:
        _, classes, _ = self.strings(attributes)
        kind = classes[0] if classes else ""
        left_out = {"solution": self.options.statement, "hint": not self.options.statement, "marks": True}
        if not left_out.get(kind, False):
            return self.blocks(content)
        if kind != "marks":  # both sheets number their parts alike
            for node in nodes(content):
                if node["t"] == "Header":
                    self.headings.read(node["c"][0], node["c"][1], node["c"][2])
        return []

    def inside(self, node: Any) -> Any:
        """Return any other part of the tree, with what stands in it placed."""
        if isinstance(node, list):
            kinds = {item["t"] for item in node if isinstance(item, dict) and "t" in item}
            if kinds & BLOCKS:
                return self.blocks(node)
            return self.inlines(node, "this place") if kinds & INLINES else [self.inside(item) for item in node]
        if isinstance(node, dict):
            return {key: self.inside(value) for key, value in node.items()}
        return self.strings(node)

    def strings(self, node: Any) -> Any:
        """Return attributes and addresses, in which no placeholder may stand."""
        for found in TOKEN.finditer(json.dumps(node, ensure_ascii=False) if not isinstance(node, str) else node):
            raise Fault("a block or value cannot stand here", self.prepared.holes[int(found[1])].span)
        return node

    def paragraph(self, block: Json) -> list[Any]:
        """Return a paragraph; derived blocks in it part it."""
        out: list[Any] = []
        line: list[Any] = []
        for inline in block["c"]:
            for piece in self.inline(inline, ""):
                if isinstance(piece, tuple):
                    out += [*paragraph(block["t"], line), *piece]
                    line = []
                else:
                    line.append(piece)
        return out + paragraph(block["t"], line)

    def inlines(self, inlines: list[Any], where: str) -> list[Any]:
        return [piece for inline in inlines for piece in self.inline(inline, where)]

    def inline(self, inline: Json, where: str) -> list[Any]:
        """Return what an inline becomes; a tuple stands for derived blocks, which only a paragraph takes (where="")."""
        match inline["t"]:
            case "Str":
                return self.string(inline["c"], where)
            case "Math":
                return [{"t": "Math", "c": [inline["c"][0], self.formula(inline["c"][1])]}]
            case "Code":
                return [{"t": "Code", "c": [self.strings(inline["c"][0]), self.restore(inline["c"][1])]}]
            case _:
                return [self.inside(inline)] if "c" in inline else [inline]

    def string(self, text: str, where: str) -> list[Any]:
        if "\\begin{" in text:
            at = self.prepared.body.text.find("\\begin{")
            reason = "mathematics stands between `$` or `$$`"
            raise Fault("a LaTeX environment stands in the text", self.prepared.body.span(at, at + 6), reason=reason)
        out: list[Any] = []
        for index, piece in enumerate(TOKEN.split(text)):
            if index % 2 == 0:
                out += [{"t": "Str", "c": piece}] if piece else []
                continue
            placed = self.place(int(piece), where)
            for part in _sentence(placed):
                if isinstance(part, str):
                    out += words(part)
                else:
                    out.append(part if isinstance(part, tuple) else formula(part.latex))
        return out

    def formula(self, latex: str) -> str:
        pieces = TOKEN.split(latex)
        for index in range(1, len(pieces), 2):
            placed = self.place(int(pieces[index]), "a formula")
            span = self.prepared.holes[int(pieces[index])].span
            text = placed.latex if isinstance(placed, Math) else in_formula(str(placed), span)
            pieces[index] = f"{{{text}}}" if pieces[index - 1].rstrip().endswith(("^", "_")) else text
        return "".join(pieces)

    def place(self, number: int, where: str) -> Placed:
        hole = self.prepared.holes[number]
        if hole.inner is None:
            raise Fault("`{{` is not closed", hole.span, expected="`}}` before the next empty line")
        placed = self.resolve(parse(hole.inner, hole.span, self.headings.of))
        if isinstance(placed, tuple) and where:
            raise Fault(f"a block cannot stand in {where}", hole.span, expected="a single value")
        return placed

    def restore(self, text: str) -> str:
        """Return code with its placeholders as they are written."""
        return TOKEN.sub(lambda found: self.prepared.holes[int(found[1])].span.text, text)
