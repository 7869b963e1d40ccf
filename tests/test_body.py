"""The body: placeholders in their places, headings with numbers, blocks for solution and sheet."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from derive.document import Heading, Math, Note
from derive.errors import Fault
from derive.markdown import numbering
from derive.markdown.body import BodyOptions, Placed, read
from derive.markdown.holes import prepare
from derive.markdown.placeholders import NameArg, Placeholder, parse
from derive.source import Slice, Source, of_text

BLOCK = Note("derived", ())


def resolve(found: Placeholder) -> Placed:
    match found.target[-1]:
        case "alpha":
            return Math("0.5")
        case "words":
            return "two words"
        case "nothing":
            return ()
    return (BLOCK,)


def body(text: str, **options: Any) -> list[Any]:
    return read(of_text(text), resolve, BodyOptions(**options)).blocks


def flat(tree: Any) -> str:
    """The texts of a tree, with # for a derived block."""
    if tree == BLOCK:
        return "#"
    if isinstance(tree, Heading):
        return f"<{tree.number}>{flat(list(tree.title))}"
    if isinstance(tree, list):
        return "".join(flat(item) for item in tree)
    if not isinstance(tree, dict):
        return ""
    kind, content = tree["t"], tree.get("c")
    if kind in ("Space", "SoftBreak"):
        return " "
    if kind == "Str":
        return str(content)
    if kind in ("Math", "Code", "CodeBlock"):
        return f"[{content[1]}]"
    inner = flat(content)
    return f"/{inner}/" if kind in ("Para", "Plain") else inner


def fault(text: str, **options: Any) -> Fault:
    source = Source("r.md", "---\n---\n" + text)
    with pytest.raises(Fault) as caught:
        read(Slice(source, 8, text), resolve, BodyOptions(**options))
    return caught.value


def place(found: Fault) -> tuple[int, int]:
    assert found.span is not None
    return found.span.source.position(found.span.start)


def ask(text: str) -> Placeholder:
    inner = of_text(text)
    return parse(inner, inner.span())


def test_expressions() -> None:
    found = ask(r'skip.forward(numbers=true, to="\alpha", digits=-2, rows=["a", 1.5], style=wide, none=none)')
    assert (found.target, found.args, found.called) == (("skip", "forward"), (), True)
    assert found.kwargs == {
        "numbers": True,
        "to": r"\alpha",
        "digits": -2,
        "rows": ["a", 1.5],
        "style": "wide",
        "none": None,
    }
    assert isinstance(found.kwargs["style"], NameArg)


def test_names_and_strings_are_told_apart() -> None:
    found = ask('compare(skip, "skip", from="\\omega_{0}}")')
    assert found.args == ("skip", "skip")
    assert [isinstance(arg, NameArg) for arg in found.args] == [True, False]
    assert found.kwargs == {"from": "\\omega_{0}}"}
    assert ask("skip.a.b").target == ("skip", "a", "b")
    assert not ask("skip.a").called


@pytest.mark.parametrize(
    "text",
    ["", "1", '"a"', "a + b", "a | upper", "a[0]", "a.b()()", "a.b().c", "f(g())", "f(a.b)", "f(*a)", "f(**a)",
     "a if b", "not a", "f({})", "f(a=1, a=2)", "f(", "a b", "a }", "a ~ b", "f((1, 2))", "-a", "f(- -1)", "lambda: 1",
     "a" * 5000, "(" * 900, "not " * 900, "f(" + "9" * 3900 + ")", "f(1e999)", '"\\N{x}".a'],
)  # fmt: skip
def test_only_blocks_and_options(text: str) -> None:
    with pytest.raises(Fault) as caught:
        ask(text)
    assert caught.value.span is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ a.b }} {{ a.c }}", "##"),
        ("one {{ a.b }} two", "/one/#/two/"),
        ("one {{ a.alpha }}, two {{ a.words }}.", "/one [0.5], two two words./"),
        ("{{ a.nothing }}", ""),
        ("$\\alpha = {{ a.alpha }}$", "/[\\alpha = 0.5]/"),
        ("$x^{{ a.alpha }}{{ a.words }}$", "/[x^{0.5}\\text{two words}]/"),
        (r"$\frac{{a}}{b}$", r"/[\frac{{a}}{b}]/"),
        ('{{ a.b("}}", "W_{a_{b}}") }}', "#"),
        ("{{ a.b(x=1,\n  y=2) }}", "#"),
        ("- {{ a.b }}\n- x {{ a.alpha }}", "#/x [0.5]/"),
        ("> {{ a.b }}", "#"),
        ("| a | b |\n|---|---|\n| {{ a.b }} | {{ a.alpha }} |", "/a//b/#/[0.5]/"),
        ("::: {}\n{{ a.b }}\n:::", "#"),
        ("**x {{ a.alpha }}**", "/x [0.5]/"),
        ("# T {{ a.alpha }}", "<1>T [0.5]"),
        ("`{{ a.b | c }}` and `{{ `", "/[{{ a.b | c }}] and [{{]/"),
        ("```\n{{ a.b }}\n::: solution\n```", "[{{ a.b }}\n::: solution]"),
        ("    {{ a.b | c }}", "[{{ a.b | c }}]"),
        ("x <!-- {{ a.b | c }}\n\n{{ -->y", "/x y/"),
        ("{{ a.b }}      % a remark\nx", "#/x/"),
        ("{{ a.alpha }} % of it", "/[0.5] % of it/"),
        (r"\(x\) <b>y</b> \alpha", r"/[x] <b>y</b> \alpha/"),
        ("a\r\n\r\n{{ a.b }}\r\nb", "/a/#/b/"),
    ],
)
def test_places(text: str, expected: str) -> None:
    assert flat(body(text)) == expected


@pytest.mark.parametrize(
    ("text", "title", "where"),
    [
        ("x\n{{ a.b | c }}", "only blocks and options", (4, 1)),
        ("one\n\ntwo {{ a.b\n\nthree }}", "`{{` is not closed", (5, 5)),
        ("{{ a {{ a.b }}", "`{{` is not closed", (3, 1)),
        ("# T {{ a.b }}", "a block cannot stand in a heading", (3, 5)),
        ("x **{{ a.b }}**", "a block cannot stand in", (3, 5)),
        ("$x = {{ a.b }}$", "a block cannot stand in a formula", (3, 6)),
        ("[x]({{ a.b }})", "a block or value cannot stand here", (3, 5)),
        ("# T {points={{ a.alpha }}}", "a block or value cannot stand here", (3, 13)),
        ("a \ue000", "the character U+E000", (3, 3)),
        ("::: soluton\nx\n:::", "unknown block `::: soluton`", (3, 1)),
        ("x\n::: {.solution}\nx", "this block is not closed", (4, 1)),
        ("x\n:::", "this `:::` closes nothing", (4, 1)),
        ("# a {point=4}", "unknown attribute `point`", (3, 6)),
        ("# a\n## {.unnumberd}", "unknown attribute `unnumberd`", (4, 5)),
        ("# a {points=four}", "`four` is no number of points", (3, 6)),
        ("# a {points: 4}", "the attributes of this heading", (3, 5)),
        ("# a {of=skop}", "`of=skop` names nothing", (3, 6)),
        ("\\begin{align}x\\end{align}", "a LaTeX environment", (3, 1)),
    ],
)
def test_faults(text: str, title: str, where: tuple[int, int]) -> None:
    found = fault(text, names=frozenset({"skip"}))
    assert found.title.startswith(title)
    assert place(found) == where


def test_nearest() -> None:
    assert "solution" in fault("::: soluton\n:::").label
    assert "points" in fault("# {point=4}").label
    assert "skip" in fault("# {of=skop}", names=frozenset({"skip"})).reason


def numbers(text: str, form: str = numbering.DEFAULT) -> list[str]:
    found = body(text, numbering=numbering.parse(of_text(form)))
    return [block.number for block in found if isinstance(block, Heading)]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("1 (a) i", "1|(a)|(b)|i|ii|2|(a)"),
        ("1.", "1.|(a)|(b)|i|ii|2.|(a)"),
        ("1.1 a (a)", "1.1|a|b|(a)|(b)|1.2|a"),
        ("1 1.1 1.1.1", "1|1.1|1.2|1.2.1|1.2.2|2|2.1"),
        ("Question 1, a", "Question 1|a|b|i|ii|Question 2|a"),
        ("I, A, 1", "I|A|B|1|2|II|A"),
    ],
)
def test_numbers(form: str, expected: str) -> None:
    assert "|".join(numbers("# x\n## y\n## y\n### z\n### z\n# x\n## y", form)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# a {number=1.2}\n# b", "1.2|1.3"),
        ("# a {-}\n# b {.unnumbered}\n# c", "||1.1"),
        ("## {#c}\n## \n##", "a|b|c"),
        ("# x\n#### deep\n# y", "1.1|1.2"),
        ("# x\n" + "## y\n" * 28, "1.1|" + "|".join("abcdefghijklmnopqrstuvwxyz") + "|aa|ab"),
    ],
)
def test_special_numbers(text: str, expected: str) -> None:
    assert "|".join(numbers(text, "1.1 a")) == expected


@pytest.mark.parametrize("form", ["", "Question", "1 a i A", "10"])
def test_no_numbering(form: str) -> None:
    with pytest.raises(Fault, match="is no numbering"):
        numbering.parse(of_text(form))


def test_attributes_of_headings() -> None:
    found = body('# {points=2.5}\n\n## {#c points="2.5" of=skip}\n\n### x {points=2.50}\n\n#### deep')
    assert found[:3] == [
        Heading(1, "1", (), "2.5", ""),
        Heading(2, "(a)", (), "2.5", "c", "skip"),
        Heading(3, "i", ({"t": "Str", "c": "x"},), "2.5", ""),
    ]
    assert found[3]["t"] == "Header"


def test_whose_names_hold() -> None:
    seen: list[str | None] = []

    def note(found: Placeholder) -> Placed:
        seen.append(found.of)
        return ()

    read(of_text("{{ a }}\n# {of=s}\n{{ a }}\n## {of=t}\n{{ a }}\n### \n{{ a }}\n## \n{{ a }}\n# \n{{ a }}"), note)
    assert seen == [None, "s", "t", "t", "s", None]


FENCED = "x\n::: solution\n## s\n{{ a.b }}\n:::\ny\n::: {.hint}\nh\n:::\n::: marks\n1 m {{ a.b }}\n:::\n## z"


def test_solution_and_sheet() -> None:
    assert flat(body(FENCED)) == "/x/<(a)>s#/y/<(b)>z"
    assert flat(body(FENCED, statement=True)) == "/x//y//Hint. h/<(b)>z"


@pytest.mark.parametrize(
    "text",
    ["1. x\n   ::: solution\n   s\n   :::", "> ::: solution\n> s\n> :::", "::: a\n:::", "- ::: solution\n  s\n  :::"],
)
def test_a_solution_never_leaks(text: str) -> None:
    try:
        assert "s" not in flat(body(text, statement=True))
    except Fault as found:
        assert found.span is not None


def test_a_solution_in_code_is_refused() -> None:
    assert (
        fault("x\n\n    ::: solution\n    s\n    :::\n", statement=True).title == "this `:::` block is not read as one"
    )


@pytest.mark.parametrize("text", ["{{ a ", '{{ "', "<!-- ", "```\n", "::: {}\n", "\t"])
def test_preparation_takes_linear_time(text: str) -> None:
    start = time.perf_counter()
    with contextlib.suppress(Fault):
        prepare(of_text(text * (500_000 // len(text))))
    assert time.perf_counter() - start < 5  # under a second on a quiet machine


def test_deep_nesting_is_a_fault_or_read() -> None:
    try:
        body(">" * 400 + " x")
    except Fault as found:
        assert str(found)


@given(st.text(alphabet=st.sampled_from(list("ab{ }\"'\\:#.`~<!->$%(=)|\n\t1*[]^_")), max_size=60))
def test_only_faults_come_out_of_the_preparation(text: str) -> None:
    try:
        prepared = prepare(of_text(text))
        for hole in prepared.holes:
            if hole.inner is not None:
                parse(hole.inner, hole.span)
    except Fault as found:
        assert str(found)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.sampled_from(
            [
                "{{ a.b }}",
                "{{ ",
                "}}",
                "# ",
                "::: solution\n",
                ":::\n",
                "$",
                "`",
                "*",
                "- ",
                "> ",
                "\n",
                " x",
                "|",
                "[",
                "](",
                "{points=1}",
                "<b>",
                "    ",
            ]
        ),
        max_size=14,
    )
)
def test_only_faults_come_out(parts: list[str]) -> None:
    try:
        assert "\ue000" not in repr(body("".join(parts)))
    except Fault as found:
        assert str(found)
