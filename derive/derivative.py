"""The answer of `derive grad` as data and as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from derive.matrices.grad import Answer
from derive.matrices.plain import plain
from derive.matrices.steps import Line
from derive.matrices.term import ordered
from derive.narrate.derivatives import heading, shape_text, steps
from derive.narrate.feedback.plain import plain as readable


def as_data(answer: Answer, lines: Sequence[Line]) -> dict[str, Any]:
    """Return the answer under the keys of the JSON output."""
    question = answer.question
    more: dict[str, Any] = {"notes": list(question.notes)} if question.notes else {}
    strict = all(x.op != "block" for t in (answer.result, *(b for _, b in answer.definitions)) for x in ordered(t))
    if not strict:
        more["because"] = f"matrices of numbers or blocks have no plain form; extended: {answer.plain}"
    return {
        "wrt": question.wrt_text,
        "kind": question.kind,
        "layout": question.layout,
        "shape": [] if answer.result.scalar else [int(d) if d.isdigit() else d for d in answer.shape],
        "plain": answer.plain if strict else None,
        "definitions": [[plain(name), answer.text(body)] for name, body in answer.definitions],
        "latex": answer.latex,
        "latex_definitions": [[answer.spell(name), answer.spell(body)] for name, body in answer.definitions],
        "steps": [{"of": left, "latex": right, "rule": rule} for left, right, rule in steps(lines, answer)],
        "certificate": {"points": answer.certificate.points, "max_error": answer.certificate.max_error},
        **more,
    }


def as_text(answer: Answer, lines: Sequence[Line]) -> str:
    """Return the answer in a few lines."""
    made = [f"{readable(heading(answer))} = {answer.plain}    ({shape_text(answer)})"]
    wide = max((len(plain(name)) for name, _ in answer.definitions), default=0)
    for k, (name, body) in enumerate(answer.definitions):
        made.append(f"{'  with ' if k == 0 else '       '}{plain(name):<{wide}} = {answer.text(body)}")
    made.append(f"LaTeX: {answer.latex}")
    made += [f"       {answer.spell(name)} = {answer.spell(body)}" for name, body in answer.definitions]
    if rows := steps(lines, answer):
        made += ["", "Steps:"]
        before = ""
        for left, right, rule in rows:
            shown_left = readable(left)
            lead = shown_left if shown_left != before else " " * len(shown_left)
            before = shown_left
            made.append(f"  {lead} = {readable(right)}" + (f"    [{rule}]" if rule else ""))
    error = answer.certificate.max_error
    worst = "exact to the digits compared" if error == 0 else f"largest relative error {error:.0e}"
    made += ["", f"Checked against numeric derivatives at {answer.certificate.points} points, {worst}."]
    return "\n".join(made) + "\n"
