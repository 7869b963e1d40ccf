"""The corrected line of a message is whole: put in place of the wrong one, the report builds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from derive.errors import Fault, nearest, render
from derive.many import Order, Outcome, build_one
from derive.source import Source, Span

REPORT = r"""---
title: Exercise
template: homework
networks:
  net:
    forward: |
      z = w x + b
      h = sigmoid(z)
      L = (h - y)^2
    data: x, y
    values: x = 2, y = 1, w = 0.5, b = 0
    update: {rule: sgd, learning_rate: \eta = 0.1}
---

# One neuron {points=3}

## Passes {points=3}

{{ net.forward }}

::: solution
{{ net.backward(numbers=true) }}

See {{ ref("eq") }} and {{ net.value("z") }}.

$$ a = b $$ {#eq}

{{ net.update(as="table") }}
:::
"""
# what is right, and how it is written by mistake
MISTAKES = [
    ("title:", "titel:"),
    ("data:", "date:"),
    ("values:", "vaules:"),
    ("data: x, y", "data:x, y"),
    ("data: x, y", "data: X, y"),
    ("title: Exercise", "title: Exercise: a neuron"),
    ("template: homework", "template: homwork"),
    ("z = w x + b", "z w x + b"),
    ("sigmoid(z)", "sigmod(z)"),
    ("(h - y)^2", "(h - y)**2"),
    ("w = 0.5", "w = 0,5"),
    ("w = 0.5, b", "w = 0.5, bb"),
    ("rule: sgd", "rule: sdg"),
    ("learning_rate:", "learningrate:"),
    ("# One neuron {points=3}", "# One neuron {points=4}"),
    ("## Passes {points=3}", "## Passes {points=three}"),
    ("## Passes {points=3}", "## Passes {points = 3}"),
    ("## Passes {points=3}", "## Passes {point=3}"),
    ("{{ net.forward }}", "{{ net.forward }"),
    ("{{ net.forward }}", "{{ net.forwrad }}"),
    ("{{ net.forward }}", "{{ nett.forward }}"),
    ("numbers=true", "number=true"),
    ("numbers=true", "numbers=yes"),
    ("::: solution", "::: soluton"),
    ("::: solution", "::: Solution"),
    ('ref("eq")', 'ref("eqq")'),
    ('value("z")', 'value("Z")'),
    ('as="table"', 'as="tabel"'),
]


@pytest.fixture
def build(tmp_path: Path) -> object:
    def run(text: str) -> Outcome:
        (tmp_path / "homework.md").write_text(text, encoding="utf-8")
        return build_one(tmp_path / "homework.md", Order(tmp_path / "out", ("tex",), fresh=True))

    return run


def test_the_report_is_right(build: object) -> None:
    assert build(REPORT).faults == ()  # type: ignore[operator]


@pytest.mark.parametrize(("right", "wrong"), MISTAKES, ids=[wrong for _, wrong in MISTAKES])
def test_the_corrected_line_builds(build: object, right: str, wrong: str) -> None:
    assert REPORT.count(right) >= 1
    text = REPORT.replace(right, wrong, 1)
    (message,) = build(text).faults  # type: ignore[operator]
    place = re.search(r"--> .*:(\d+):\d+$", message, re.M)
    line = re.search(r"^  = try: (.*)$", message, re.M)
    assert place is not None and line is not None, message
    lines = text.split("\n")
    old = lines[int(place[1]) - 1]
    lines[int(place[1]) - 1] = old[: len(old) - len(old.lstrip())] + line[1].strip()
    assert build("\n".join(lines)).faults == (), message  # type: ignore[operator]


def fault(line: str, at: str, **more: object) -> Fault:
    source = Source("r.md", f"above\n{line}\nbelow")
    start = source.text.index(at)
    return Fault("title", Span(source, start, start + len(at)), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "at", "change", "shown"),
    [
        ("a = foo", "foo", ("foo", "bar"), "a = bar"),
        ("foo = foo", "foo", ("foo", "bar"), "bar = foo"),  # only the one at the place
        ("foo foo", "foo foo", ("foo", "bar"), ""),  # which of the two?
        ("food", "food", ("foo", "bar"), ""),  # a part of a word
        ("x = 0,5", "5", ("0,5", "0.5"), "x = 0.5"),  # it begins before the place
        ("x" * 200 + " foo", "foo", ("foo", "bar"), ""),  # too long to be read
    ],
)
def test_a_change_is_shown_only_where_it_is_certain(line: str, at: str, change: tuple[str, str], shown: str) -> None:
    text = render(fault(line, at, change=change))
    assert (f"  = try: {shown}" in text) if shown else ("try:" not in text)


def test_the_nearest_word() -> None:
    assert nearest("Z", ["w", "z"]) == "did you mean z?", "the same but for its case"
    assert nearest("qqq", ["w", "z"]) == ""
    assert "try: values" in render(fault("vaules: 1", "vaules", reason=nearest("vaules", ["values"])))
    shown = render(fault("vaules: 1", "vaules", reason=nearest("vaules", ["values"]), fix="something else"))
    assert "try: values: 1" in shown and "something else" not in shown, "the whole line wins"
