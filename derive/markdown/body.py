"""The body of a report: Markdown as pandoc's blocks, with derived blocks and values in their places."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from derive.document import Block, Equation, Figure, Heading, Here, Image, Math, Paragraph, Room
from derive.errors import Fault, nearest
from derive.markdown.answers import centimetres
from derive.markdown.headings import Headings
from derive.markdown.holes import TOKEN, Prepared, prepare
from derive.markdown.numbering import Numbering, standard
from derive.markdown.own_pictures import read_picture
from derive.markdown.pandoc_tree import (
    BLOCKS,
    INLINES,
    Json,
    around_equations,
    formula,
    hinted,
    in_formula,
    labelled_equation,
    nodes,
    paragraph,
    said,
    words,
)
from derive.markdown.placeholders import Placeholder, parse
from derive.markdown.points import sums
from derive.pandoc_binary import start_pandoc
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
    """statement: the problem sheet instead of the solution; names: what `of=` may name (None: anything).

    room: cm of empty space in the place of each solution on the problem sheet; folder: where the author's pictures
    are, None if they are not to be read.
    """

    statement: bool = False
    numbering: Numbering = field(default_factory=standard)
    names: frozenset[str] | None = None
    room: float = 0.0
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """blocks: pandoc's as dicts, derived ones and headings as values of `document`; points: in total, "" for none.

    notes: what an author should know about the text.
    """

    blocks: list[Any]
    points: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """A body whose Markdown is being read: `wait` returns pandoc's tree."""

    prepared: Prepared
    wait: Callable[[], str]


def begin(body: Slice) -> Begun:
    """Begin to read a body, which goes on beside other work; a Fault for `:::` blocks that cannot be read."""
    prepared = prepare(body)
    return Begun(prepared, start_pandoc(["--sandbox", "-f", _FORMAT, "-t", "json"], prepared.markdown))


def read(body: Slice | Begun, resolve: Resolve, options: BodyOptions | None = None) -> Body:
    """Return what a body holds.

    `resolve` is called for each placeholder in the order of the text. A Fault tells of a placeholder, a heading or a
    `:::` block that cannot be read; what `resolve` raises passes through.
    """
    options = options or BodyOptions()
    begun = begin(body) if isinstance(body, Slice) else body
    prepared = begun.prepared
    tree = begun.wait()
    try:
        blocks = json.loads(tree)["blocks"]
        if sum(node["t"] == "Div" for node in nodes(blocks)) < len(prepared.divs):
            reason = "it stands in a block of code or at the wrong indentation"
            raise Fault("this `:::` block is not read as one", prepared.divs[0], reason=reason)
        reader = _Reader(prepared, resolve, options)
        found = reader.blocks(blocks)
    except RecursionError:
        raise Fault("the text is nested too deep", prepared.body.span(0, 0)) from None
    points, total = sums(reader.headings.worths)
    return Body(_with_points(found, points), total, tuple(prepared.notes))


def _with_points(tree: Any, points: list[str]) -> Any:
    """Return a tree in which each heading has its points instead of its place among the headings."""
    if isinstance(tree, Heading):
        return replace(tree, points=points[int(tree.points)])
    if isinstance(tree, dict):
        return {key: _with_points(value, points) for key, value in tree.items()}
    return [_with_points(item, points) for item in tree] if isinstance(tree, list) else tree


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
            case "Figure":
                return [self.picture(*block["c"])]
            case "CodeBlock":
                attributes, text = block["c"]
                return [{"t": "CodeBlock", "c": [self.strings(attributes), self.restore(text)]}]
            case _:
                return [self.inside(block)]

    def div(self, attributes: Any, content: list[Any]) -> list[Any]:
        _, classes, pairs = self.strings(attributes)
        kind = classes[0] if classes else ""
        left_out = {"solution": self.options.statement, "hint": not self.options.statement, "marks": True}
        if not left_out.get(kind, False):
            return hinted(self.blocks(content)) if kind == "hint" else self.blocks(content)
        if kind != "marks":  # both sheets number their parts alike
            for node in nodes(content):
                if node["t"] == "Header":
                    self.headings.read(node["c"][0], node["c"][1], node["c"][2])
        return self.room(dict(pairs)) if kind == "solution" else []

    def room(self, given: dict[str, str]) -> list[Any]:
        """Return the empty space that stands in the place of a solution."""
        height = centimetres(given["space"]) if "space" in given else self.options.room
        if height is None:
            at = self.prepared.body.text.find(f"space={given['space']}")
            span = self.prepared.body.span(max(at, 0), max(at, 0) + len(f"space={given['space']}"))
            raise Fault(f"`{given['space']}` is no height", span, expected="::: {.solution space=5cm}")
        return [Room(height)] if height else []

    def picture(self, attributes: Any, caption: Any, content: list[Any]) -> Figure:
        """Return a picture that the author has brought; it stands in a paragraph of its own."""
        images = [node for node in nodes(content) if node["t"] == "Image"]
        (name, _, pairs), alt, (file, _) = self.strings(images[0]["c"][0]), images[0]["c"][1], images[0]["c"][2]
        name, given = name or attributes[0], dict(pairs)
        at = self.prepared.body.text.find(f"]({file}")
        span = self.prepared.body.span(max(at, 0) + 2, max(at, 0) + 2 + len(file))
        words = said(self.inlines(caption[1][0]["c"] if caption[1] else alt, "a caption"))
        text = given.get("alt", "") or "".join(w if isinstance(w, str) else w.latex for w in words)
        for key, value in given.items():
            if key not in ("width", "alt"):
                reason = nearest(key, ("width", "alt"))
                expected = '`![caption](picture.svg){#name width=60%}`, `alt="…"`'
                raise Fault(f"unknown attribute `{key}={value}` of a picture", span, reason=reason, expected=expected)
        image = Image(file, read_picture(file, self.options.folder, span))
        return Figure(image, text, words, given.get("width", "80%"), key=f"#{name}" if name else "")

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
        parts = around_equations(block["c"])
        if len(parts) > 1:
            return [made for part in parts for made in self.paragraph({**block, "c": part})]
        if named := labelled_equation(block["c"]):
            return [Equation(self.formula(named[0]), f"#{named[1]}")]
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
            half = re.match(r"\{\{[^{}\n]*\}(?!\})", hole.span.source.text[hole.span.start :])
            change = (half[0], half[0] + "}") if half else ("", "")
            raise Fault("`{{` is not closed", hole.span, expected="`}}` before the next empty line", change=change)
        placed = self.resolve(parse(hole.inner, hole.span, self.headings.of))
        if not isinstance(placed, tuple):
            return placed
        if where:
            raise Fault(f"a block cannot stand in {where}", hole.span, expected="a single value")
        if len(placed) == 1 and isinstance(placed[0], Paragraph):
            return placed
        return (Here(hole.span.source.position(hole.span.start)[0]), *placed) if placed else ()

    def restore(self, text: str) -> str:
        """Return code with its placeholders as they are written."""
        return TOKEN.sub(lambda found: self.prepared.holes[int(found[1])].span.text, text)
