"""A hand-in in Markdown as it was written, with remarks between its lines."""

from __future__ import annotations

import re

from derive.document import Inline, Math
from derive.narrate.feedback.passages import passages
from derive.narrate.feedback.remarks import WORDS, Feedback, asked_for, notes
from derive.narrate.feedback.summary import summary

_ITEM = re.compile(r"(?P<indent>[ \t>]*)(?P<mark>(?:[-*+]|\d{1,3}[.)])[ \t]+)?")


def annotated(feedback: Feedback) -> str:
    """Return the text: every line of the hand-in is in it unchanged, every other one begins with `>`."""
    lines = feedback.hand_in.source.text.split("\n")
    head = [f"> **{summary(feedback)}**"]
    head += [f">\n> **{' '.join(WORDS['missing'])}**: {_line(asked_for(want))}" for want in feedback.missing]
    out = ["\n".join(head), ""]
    for passage in passages(feedback):
        out += lines[passage.first - 1 : passage.last]
        said = [
            f"**{title}**: {_line(line)}" if line else f"**{title}**" for title, line in notes(feedback, passage.claims)
        ]
        if said:
            found = _ITEM.match(lines[passage.first - 1])
            indent = (found["indent"] + " " * len(found["mark"] or "")) if found and found["mark"] else ""
            out += [""] * bool(out[-1].strip()) + [f"\n{indent}>\n".join(f"{indent}> {one}" for one in said), ""]
        last = passage.last
    out += lines[last:] if feedback.hand_in.source.text else []
    return "\n".join(out).rstrip("\n") + "\n"


def _line(line: tuple[Inline, ...]) -> str:
    """Return a remark in Markdown."""
    return "".join(f"${part.latex}$" if isinstance(part, Math) else _escaped(part) for part in line)


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|$])", r"\\\1", " ".join(text.split(" ")).replace("\n", " "))
