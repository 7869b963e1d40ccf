"""What a resolved tree becomes on a page: headings without a gap, formulas that part, boxes that scroll, contents."""

from __future__ import annotations

from typing import Any

from derive.writers import pandoc
from derive.writers.measure import measure
from derive.writers.pandoc import Node
from derive.writers.parts import NARROW, parts


def box(content: list[Node], kinds: str, name: str = "", **attributes: str) -> Node:
    """Return blocks in a box of their own."""
    return {"t": "Div", "c": [[name, kinds.split(), [[k, v] for k, v in attributes.items()]], content]}


def span(content: list[Node], kind: str, name: str = "", **attributes: str) -> Node:
    """Return inlines as one thing."""
    return {"t": "Span", "c": [[name, [kind], [[k.replace("_", "-"), v] for k, v in attributes.items()]], content]}


def scrolling(content: list[Node], kinds: str, label: str) -> Node:
    """Return a box that scrolls sideways by itself where it is wider than the page; the keyboard reaches it too."""
    made = box(content, f"scroll {kinds}", role="group", tabindex="0")
    made["c"][0][2].append(["aria-label", label])
    return made


def parted(line: list[Node]) -> list[Node]:
    """Return inlines with their wide formulas in pieces, between which a line may end; none ends before a comma."""
    out: list[Node] = []
    for node in line:
        for piece in _parted(node) if _is(node, "Math") else [node]:
            if out and _joined(out[-1], piece):
                out[-1] = span([out[-1], piece], "whole")
            else:
                out.append(piece)
    return out


def _is(node: Any, kind: str) -> bool:
    return isinstance(node, dict) and node.get("t") == kind


def _joined(before: Any, after: Any) -> bool:
    """Would a browser, but no typesetter, end a line here: between a formula and the word that it is part of?"""
    if _is(after, "Str"):
        formula = _is(before, "Math") or (_is(before, "Span") and before["c"][0][1] == ["whole"])
        return formula and after["c"][0] not in "-–—"
    return _is(after, "Math") and _is(before, "Str") and before["c"][-1] in "([“‘"


def _parted(node: Node) -> list[Node]:
    kind, latex = node["c"]
    if kind["t"] == "DisplayMath":
        return [_shown(node, "display", latex)]
    return [_shown({"t": "Math", "c": [kind, piece]}, "inline", piece) for piece in parts(latex)]


def _shown(node: Node, kind: str, latex: str) -> Node:
    """Return a formula, in a box that scrolls if a phone cannot show it."""
    if measure(latex) <= NARROW:
        return span([node], kind) if kind == "display" else node
    made = span([node], kind, role="group", tabindex="0", aria_label="Formula")
    made["c"][0][1].append("scroll")
    return made


class Page:
    """A tree made ready: `blocks`, and `contents`, a list of the headings of problems and parts."""

    def __init__(self, tree: list[Any]) -> None:
        self._level, self._count = 1, 0
        self._entries: list[tuple[int, str, list[Node]]] = []
        self.blocks: list[Node] = self._walk(tree)
        self.contents = _contents(self._entries)

    def _walk(self, tree: Any) -> Any:
        if isinstance(tree, list):
            return parted([self._walk(item) for item in tree])
        match tree:
            case {"t": "Header", "c": [level, attributes, title]}:
                return self._heading(level, attributes[0], self._walk(title))
            case {"t": "Table"}:
                return scrolling([{"t": "Table", "c": self._walk(tree["c"])}], "table", "Table")
            case {"t": "CodeBlock"}:
                return scrolling([tree], "code", "Code")
            case {"t": "Div", "c": [[_, kinds, _], _]} if "chains" in kinds:
                return tree  # its formulas have their places
            case {"t": _, "c": content}:
                return {**tree, "c": self._walk(content)}
        return tree

    def _heading(self, level: int, name: str, title: list[Node]) -> Node:
        """Return a heading below that of the page, never two levels below the one before it."""
        self._level, self._count = min(level + 1, self._level + 1, 6), self._count + 1
        name = name or f"section-{self._count}"
        if self._level <= 3:
            self._entries.append((self._level, name, _bare(title)))
        return {"t": "Header", "c": [self._level, [name, [], []], title]}


def _bare(line: list[Node]) -> list[Node]:
    """Return a title as it can stand in a link: without points, notes and links of its own."""
    out: list[Node] = []
    for node in line:
        match node:
            case {"t": "Link", "c": [_, inner, _]}:
                out += _bare(inner)
            case {"t": "Note"} | {"t": "Span", "c": [[_, ["points"], _], _]}:
                pass
            case _:
                out.append(node)
    return out


def _contents(entries: list[tuple[int, str, list[Node]]]) -> list[Node]:
    """Return headings as a list of links, parts in a list below their problem."""
    items: list[list[Node]] = []
    for level, name, title in entries:
        entry = pandoc.plain([{"t": "Link", "c": [["", [], []], title, [f"#{name}", ""]]}])
        if level == 2 or not items:
            items.append([entry])
        elif len(items[-1]) == 1:
            items[-1].append({"t": "BulletList", "c": [[entry]]})
        else:
            items[-1][1]["c"].append([entry])
    return [{"t": "BulletList", "c": items}] if items else []
