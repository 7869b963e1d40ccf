"""Small pieces of pandoc's tree: which kinds of node there are, and how new ones are made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from derive.document import Inline, Math
from derive.errors import Fault
from derive.source import Span

Json = dict[str, Any]
_BLOCK_NAMES = """
    Para Plain LineBlock CodeBlock RawBlock BlockQuote OrderedList BulletList DefinitionList Header HorizontalRule
    Table Figure Div
"""
_INLINE_NAMES = """
    Str Emph Underline Strong Strikeout Superscript Subscript SmallCaps Quoted Cite Code Space SoftBreak LineBreak
    Math RawInline Link Image Note Span
"""
BLOCKS = frozenset(_BLOCK_NAMES.split())
INLINES = frozenset(_INLINE_NAMES.split())
_MATH_TEXT = str.maketrans({c: f"\\{c}" for c in "#$%&_{}"})
_SPACES = ("Space", "SoftBreak", "LineBreak")


def paragraph(kind: str, inlines: list[Any]) -> list[Json]:
    """Return a paragraph without blanks at its ends, none if nothing is left."""
    while inlines and inlines[0]["t"] in _SPACES:
        inlines = inlines[1:]
    while inlines and inlines[-1]["t"] in _SPACES:
        inlines = inlines[:-1]
    return [{"t": kind, "c": inlines}] if inlines else []


def formula(latex: str) -> Json:
    return {"t": "Math", "c": [{"t": "InlineMath"}, latex]}


def words(text: str) -> list[Json]:
    out: list[Json] = []
    for index, word in enumerate(text.split(" ")):
        out += [{"t": "Space"}] * (index > 0) + [{"t": "Str", "c": word}] * bool(word)
    return out


def in_formula(text: str, span: Span) -> str:
    """Return a text as part of a formula: a number as it is, words upright."""
    number = text.replace(".", "", 1).removeprefix("-")
    if number.isdigit() and number.isascii():
        return text
    if set(text) & set("\\^~"):
        raise Fault("this text cannot stand in a formula", span, f"it is `{text}`")
    return f"\\text{{{text.translate(_MATH_TEXT)}}}"


def nodes(tree: Any) -> Iterator[Json]:
    """Yield every node of a pandoc tree."""
    if isinstance(tree, dict):
        if "t" in tree:
            yield tree
        tree = list(tree.values())
    if isinstance(tree, list):
        for item in tree:
            yield from nodes(item)


_NAMED = re.compile(r"\{#([A-Za-z][\w:.-]*)\}")


def labelled_equation(inlines: list[Json]) -> tuple[str, str] | None:
    """Return (LaTeX, name) of a paragraph that is `$$ … $$ {#name}`, None for any other."""
    match [i for i in inlines if i["t"] not in _SPACES]:
        case [{"t": "Math", "c": [{"t": "DisplayMath"}, latex]}, {"t": "Str", "c": name}]:
            found = _NAMED.fullmatch(name)
            return (latex, found[1]) if found else None
    return None


def around_equations(inlines: list[Json]) -> list[list[Json]]:
    """Return a paragraph parted before and after each `$$ … $$ {#name}` in it."""
    parts: list[list[Json]] = [[]]
    at = 0
    while at < len(inlines):
        named = next((n for n in (2, 3) if labelled_equation(inlines[at : at + n])), 0)
        if named and inlines[at]["t"] == "Math":
            parts += [inlines[at : at + named], []]
            at += named
        else:
            parts[-1].append(inlines[at])
            at += 1
    return [part for part in parts if any(i["t"] not in _SPACES for i in part)]


def hinted(blocks: list[Any]) -> list[Any]:
    """Return the blocks of a hint with a word before them that says so."""
    label = [{"t": "Strong", "c": [{"t": "Str", "c": "Hint."}]}, {"t": "Space"}]
    match blocks:
        case [{"t": "Para" | "Plain", "c": [*inlines]} as first, *rest]:
            return [{**first, "c": [*label, *inlines]}, *rest]
    return [{"t": "Para", "c": label[:1]}, *blocks]


def said(inlines: list[Json]) -> tuple[Inline, ...]:
    """Return a line of the tree as text and formulas; emphasis is dropped."""
    out: list[Inline] = []
    for node in inlines:
        match node:
            case {"t": "Str" | "Code", "c": text}:
                out.append(text if isinstance(text, str) else text[1])
            case {"t": "Math", "c": [_, latex]}:
                out.append(Math(latex))
            case {"t": "Quoted", "c": [_, inner]}:
                out += ["“", *said(inner), "”"]
            case {"t": "Link" | "Span", "c": [_, inner, *_]} | {"t": _, "c": [*inner]}:
                out += said(inner)
            case _:
                out.append(" ")
    joined: list[Inline] = []
    for part in out:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)
