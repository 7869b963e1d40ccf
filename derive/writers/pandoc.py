"""The border to pandoc: its tree, its program; the only place that builds its nodes.

A document's body is pandoc's tree with derived values in it. `resolve` puts nodes of one target in their place and
refuses what must not reach a typesetter: raw TeX or HTML, and formulas that pandoc cannot read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from derive.document import BLOCKS, Block, Inline, Math, Table
from derive.errors import Fault
from derive.pandoc_binary import start_pandoc
from derive.writers.formulas import fenced, finish_typst, for_typst, quoted

Node = dict[str, Any]
Render = Callable[[Block, float], list[Node]]

# What a list or a quotation takes from the width of the line, in em.
_INDENT = {"BulletList": 2.5, "OrderedList": 2.5, "DefinitionList": 2.5, "BlockQuote": 5.0}
_DEEPEST = 150
_PLACES = ("http", "https", "mailto")
_CUT = "derive-cut-7d1c"

# pandoc reads these, but TeX would do something else with them than print.
_FORBIDDEN = re.compile(r"\^\^|\\(?:re|provide)?newcommand|\\DeclareMathOperator|\\hyperref|[@!<>]\s*\{")
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*(\n|$)")


def text(words: str) -> list[Node]:
    """Return a text as inline nodes."""
    out: list[Node] = []
    for at, word in enumerate(re.split(r"\s+", words)):
        out += [{"t": "Space"}] if at else []
        out += [{"t": "Str", "c": word}] if word else []
    return out


def formula(latex: str, display: bool = False) -> Node:
    """Return a formula as an inline node. Raises a Fault for commands that do more than print."""
    if found := _FORBIDDEN.search(latex):
        raise Fault(f"{found[0]} cannot stand in a formula", reason=f"in {_short(latex)}")
    kind = {"t": "DisplayMath" if display else "InlineMath"}
    return {"t": "Math", "c": [kind, fenced(_COMMENT.sub(r"\1\2", latex).strip())]}


def inlines(line: Iterable[Inline]) -> list[Node]:
    """Return a line of text and formulas as inline nodes."""
    return [node for part in line for node in ([formula(part.latex)] if isinstance(part, Math) else text(part))]


def plain(content: list[Node]) -> Node:
    return {"t": "Plain", "c": content}


def paragraph(content: list[Node]) -> Node:
    return {"t": "Para", "c": content}


def announces(block: Node) -> bool:
    """Does a block end with a colon, as a paragraph does that stays on the page of what follows it?"""
    last = block["c"][-1] if block["t"] == "Para" and block["c"] else None
    return isinstance(last, dict) and last.get("t") == "Str" and bool(last["c"].endswith(":"))


def wrapped(target: str, before: str, content: list[Node], after: str) -> Node:
    """Return inline nodes between two pieces of the target's own code."""
    return plain([_raw("RawInline", target, before), *content, _raw("RawInline", target, after)])


def raw(target: str, code: str) -> Node:
    """Return a block of the target's own code."""
    return _raw("RawBlock", target, code)


def code(target: str, text: str) -> Node:
    """Return code of the target's own in a line."""
    return _raw("RawInline", target, text)


def _raw(kind: str, target: str, code: str) -> Node:
    return {"t": kind, "c": [target, code]}


def table(block: Table) -> Node:
    """Return a table as pandoc's node."""
    align = {"l": "AlignLeft", "c": "AlignCenter", "r": "AlignRight"}
    empty: list[Any] = ["", [], []]

    def row(cells: Sequence[tuple[Inline, ...]]) -> list[Any]:
        return [empty, [[empty, {"t": "AlignDefault"}, 1, 1, [plain(inlines(cell))]] for cell in cells]]

    caption = [None, [plain(inlines(block.caption))] if block.caption else []]
    columns = [[{"t": align[c]}, {"t": "ColWidthDefault"}] for c in block.align]
    body = [empty, 0, [], [row(cells) for cells in block.rows]]
    head = [empty, [row(block.header)] if block.header else []]
    return {"t": "Table", "c": [empty, caption, columns, head, [body], [empty, []]]}


def resolve(body: Any, render: Render, line: float, depth: int = 0) -> Any:
    """Return a copy of a tree in which every derived value is replaced by what `render` makes of it.

    `line` is the width of the text in em, handed to `render` less what lists and quotations take.
    Raises a Fault for raw TeX or HTML, for pictures in the prose and for a tree that is too deep.
    """
    if depth > _DEEPEST:
        raise Fault("the text is nested too deeply")
    if isinstance(body, list):
        out: list[Any] = []
        for item in body:
            if isinstance(item, BLOCKS):
                out += render(item, line)
            else:
                new = resolve(item, render, line, depth + 1)
                out += new if isinstance(item, dict) and item.get("t") == "Cite" else [new]
        return out
    if isinstance(body, Math):
        return formula(body.latex)
    if not isinstance(body, dict) or "t" not in body:
        return body
    return _resolve_node(body, render, line, depth)


def formulas(tree: Any) -> list[str]:
    """Return the LaTeX of every formula in a resolved tree."""
    if isinstance(tree, dict) and tree.get("t") == "Math":
        return [tree["c"][1]]
    parts = tree.get("c", []) if isinstance(tree, dict) else tree if isinstance(tree, list) else []
    return [latex for part in parts for latex in formulas(part)] if isinstance(parts, list) else []


def _resolve_node(node: Node, render: Render, line: float, depth: int) -> Any:
    kind, content = node["t"], node.get("c", [])
    if kind in ("RawBlock", "RawInline"):
        raise Fault(f"raw {content[0]} cannot stand in the text", reason=_short(content[1]), fix="write it as Markdown")
    if kind == "Image":
        raise Fault("a picture cannot stand in the text", reason=_short(content[2][0]), about=content[2][0])
    if kind == "Math":
        return formula(content[1], content[0]["t"] == "DisplayMath")
    if kind == "Link":
        _check_address(content[2][0])
    if kind == "Cite":  # `@name` is a name here, not a reference to a bibliography
        return resolve(content[1], render, line, depth + 1)
    if "c" not in node:
        return node
    if isinstance(content, list):
        content = [_attributes(part) for part in content]
    return {"t": kind, "c": resolve(content, render, line - _INDENT.get(kind, 0.0), depth + 1)}


def _check_address(address: str) -> None:
    """Raise a Fault for a link that is not a place: a browser would run or build what it holds."""
    scheme = re.match(r"([^/?#]*?):", re.sub(r"[\x00-\x20\x7f]", "", address))
    if scheme and scheme[1].lower() not in _PLACES:
        expected = "http:, https:, mailto: or a file"
        raise Fault(f"a link to {_short(address)} cannot stand in the text", expected=expected, about=address)


def _attributes(part: Any) -> Any:
    """Return a triple of id, classes and key-values without the last: some of them are code to pandoc's writers."""
    match part:
        case [str(name), [*classes], [*_]] if all(isinstance(c, str) for c in classes):
            return [name, classes, []]
    return part


def convert(parts: Sequence[list[Node]], target: str, spoken: bool = True) -> list[str]:
    """Return each list of blocks in the target's language, from one run of pandoc.

    In Typst a formula says itself in words, unless `spoken` is false. Raises a Fault where pandoc cannot read a
    formula (it would print its source) or fails otherwise.
    """
    blocks: list[Any] = []
    for at, part in enumerate(parts):
        blocks += [raw(target, _CUT)] if at else []
        blocks += part
    if target == "typst":
        blocks = _for_typst(blocks, spoken)
    made = converting(blocks, target)()
    return [part.strip() for part in (finish_typst(made) if target == "typst" else made).split(_CUT)]


def _for_typst(tree: Any, spoken: bool) -> Any:
    """Return a tree with its formulas as pandoc's Typst writer should get them, each with its words around it."""
    if isinstance(tree, dict):
        return {key: _for_typst(value, spoken) for key, value in tree.items()}
    if not isinstance(tree, list):
        return tree
    out: list[Any] = []
    for item in tree:
        if not isinstance(item, dict) or item.get("t") != "Math":
            out.append(_for_typst(item, spoken))
            continue
        kind, latex = item["c"]
        node = {"t": "Math", "c": [kind, for_typst(latex)]}
        out += _with_words(node, latex) if spoken else [node]
    return out


def _with_words(node: Node, latex: str) -> list[Node]:
    """Return a formula of Typst with its words as the text that stands in for it."""
    from derive.writers.speech import speak

    block = "true" if node["c"][0]["t"] == "DisplayMath" else "false"
    before = f"#math.equation(block: {block}, alt: {quoted(speak(latex))}, "
    return [_raw("RawInline", "typst", before), node, _raw("RawInline", "typst", ".body);")]


def check(formulas: Iterable[str]) -> None:
    """Raise a Fault for the first formula that is not mathematics as pandoc knows it: TeX itself would obey it."""
    checking(formulas)()


def checking(formulas: Iterable[str]) -> Callable[[], str]:
    """Begin to check formulas, and return a function that waits for the outcome, as in `check`."""
    blocks = [plain([formula(latex)]) for latex in dict.fromkeys(formulas)]
    return converting(_for_typst(blocks, spoken=False), "typst")


def converting(blocks: list[Any], target: str) -> Callable[[], str]:
    """Begin to convert blocks, and return a function that waits for pandoc's text, as in `convert`."""
    tree = json.dumps({"pandoc-api-version": [1, 23, 1], "meta": {}, "blocks": blocks})
    options = ["-f", "json", "-t", target, "--wrap=preserve", "--fail-if-warnings", "--sandbox"]
    options += ["--syntax-highlighting=none"] if target in ("latex", "html5") else []
    options += ["--mathml"] if target == "html5" else []
    return start_pandoc(options, tree, _fault)


def _fault(log: str) -> Fault:
    """Return what pandoc says as a fault; its complaint about a formula ends in a caret and what it met."""
    found = re.search(
        r"Could not convert TeX math (.*?),\s+rendering as TeX:(.*?)(?:\n\s+expecting|\Z|\nFailing)", log, re.DOTALL
    )
    if not found:
        return Fault("pandoc failed", reason=log.strip()[-500:])
    met = [line.strip() for line in found[2].splitlines() if line.strip().startswith("unexpected")]
    return Fault(f"the formula {_short(found[1])} cannot be read", reason="; ".join(met), about=found[1])


def _short(source: str) -> str:
    source = " ".join(source.split())
    return source if len(source) <= 120 else source[:119] + "…"
