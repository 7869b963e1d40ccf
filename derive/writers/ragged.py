"""Paragraphs with matrices: ragged at the right, their lines apart, and no formula ends a line in its middle."""

from __future__ import annotations

from typing import Any

from derive.writers import pandoc

_AROUND = {"latex": (r"{\matrices ", r"\par}"), "typst": ("#matrices[", "]")}


def ragged(tree: Any, target: str) -> Any:
    """Return pandoc's tree with the paragraphs that hold matrices set so; `target` is "latex" or "typst"."""
    match tree:
        case {"t": "Para", "c": content} if any(map(_matrix, content)):
            before, after = _AROUND[target]
            return pandoc.wrapped(target, before, [part for x in content for part in _whole(x, target)], after)
        case list():
            return [ragged(item, target) for item in tree]
        case {"t": kind, "c": content}:
            return {**tree, "t": kind, "c": ragged(content, target)}
    return tree


def _matrix(node: Any) -> bool:
    return node["t"] == "Math" and node["c"][0]["t"] == "InlineMath" and "matrix}" in node["c"][1]


def _whole(node: Any, target: str) -> list[pandoc.Node]:
    """Return an inline; a formula so that it does not break."""
    if node["t"] != "Math" or node["c"][0]["t"] != "InlineMath":
        return [node]
    if target == "latex":
        return [pandoc.formula(f"{{{node['c'][1]}}}")]
    return [pandoc.code(target, "#whole["), node, pandoc.code(target, "]")]
