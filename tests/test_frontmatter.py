"""The front matter is read as text with positions, and what YAML would do to mathematics is a Fault."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import Fault
from derive.front.entries import Mapping, Scalar, Sequence, unknown_key
from derive.front.frontmatter import decode, read
from derive.source import Source, of_text


def front(text: str) -> Mapping:
    return read(Source("r.md", f"---\n{text}\n---\nbody"))[0]


def scalar(text: str) -> str:
    value = front(text).get("a")
    assert isinstance(value, Scalar)
    return value.text.text


def fault(text: str) -> Fault:
    with pytest.raises(Fault) as caught:
        front(text)
    return caught.value


def place(found: Fault) -> tuple[int, int]:
    assert found.span is not None
    return found.span.source.position(found.span.start)


@pytest.mark.parametrize(
    "text", ["1e-8", "010", "on", "yes", "null", "~", "2026-11-20", "0x10", "1_000", ".5", r"\hat{y} = 1"]
)
def test_scalars_stay_text(text: str) -> None:
    assert scalar(f"a: {text}") == text


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        (r'"\beta"', r"\beta"),
        (r'"\omega \ü \x \"q\""', r"\omega \ü \x \"q\""),
        (r'"\\epsilon"', r" \epsilon"),
        (r'"\\\\ x"', r"  \\ x"),
        (r'"\alpha \\ 2"', r"\alpha \\ 2"),
        (r"'\beta'", r"\beta"),
        ("'f''(x)'", "f' (x)"),
        ('""', ""),
        ("", ""),
        ("x # remark", "x"),
    ],
)
def test_quotes(written: str, read_as: str) -> None:
    assert scalar(f"a: {written}") == read_as


def test_positions_of_scalars() -> None:
    mapping = front('t: x\na:\n  - "\\beta"\n  - |\n    z = 1\n    h = 2\n  - >-\n    fold\n  - two\n    lines')
    value = mapping.get("a")
    assert isinstance(value, Sequence)
    found = [(item.text.text, place_of(item)) for item in value.items if isinstance(item, Scalar)]
    assert found == [
        (r"\beta", (4, 6)),
        ("z = 1\n    h = 2", (6, 5)),
        ("fold", (9, 5)),
        ("two\n    lines", (10, 5)),
    ]
    assert all(item.span.text == item.text.text for item in value.items if isinstance(item, Scalar))


def place_of(value: Scalar) -> tuple[int, int]:
    return value.text.source.position(value.text.start)


@pytest.mark.parametrize(
    ("text", "title", "where", "fix"),
    [
        (r"values: {\hat{y}: 1}", "mathematics in braces is not YAML", (2, 14), r"values: \hat{y} = 1"),
        (r"a: {x: 0, \hat{y}: 1}", "mathematics in braces", (2, 15), r"a: x = 0, \hat{y} = 1"),
        (r"a: {x: \frac{1}{2}, y: 2}", "mathematics in braces", (2, 13), r'a: {x: "\frac{1}{2}", y: 2}'),
        ("a: {x: 0,5}", "a decimal comma", (2, 8), "x = 0.5"),
        ("a: {x: f(u, v)}", "the key `v)` has no value", (2, 13), ""),
        ("a: {x:1}", "a blank is missing", (2, 5), "{x: 1}"),
        ("a: 1\nb: 2\na: 3", "the key `a` is given twice, in lines 2 and 4", (4, 1), ""),
        ("a:\n\tb: 1", "a tab", (3, 1), "  b: 1"),
        ("t: Skip: a", "a `:` inside", (2, 8), 't: "Skip: a"'),
        ("t: Homework #3", "a `#`", (2, 13), 't: "Homework #3"'),
        ("t: 1\n  b: 2", "this key stands at the wrong indentation", (3, 4), ""),
        ("J: |y - z|", "an unquoted text begins with `|`", (2, 5), 'J: "|y - z|"'),
        ("J: [a] b", "an unquoted text begins with `[`", (2, 8), 'J: "[a] b"'),
        ("J: @x", "an unquoted text begins with `@`", (2, 4), 'J: "@x"'),
        ("J: `x", "an unquoted text begins with ```", (2, 4), 'J: "`x"'),
        ("J: %x", "an unquoted text begins with `%`", (2, 4), 'J: "%x"'),
        ("J: {K: |y|}", "an unquoted text begins with `|`", (2, 8), 'J: {K: "|y|"}'),
        ("% remark\na: 1", "a line cannot begin with `%`", (2, 1), "# remark"),
        ("a: |\nx = 1\ny = 2", "this line belongs to no key", (3, 1), ""),
        ("a: [1", "the bracket is not closed", (2, 4), ""),
        ('a: "x', "the quote is not closed", (2, 4), ""),
        ("a: *x", "an alias", (2, 4), ""),
        ("a: &x 1", "an anchor", (2, 4), ""),
        ("a: !!python/object:os.system x", "a tag", (2, 4), ""),
        ("a: {<<: x}", "a merge key", (2, 5), ""),
        ("[a]: 1", "a key is a text", (2, 1), ""),
        ("- a", "the front matter is not a mapping", (2, 1), "title: …"),
        ("a: \x01", "a character that no text has", (2, 4), ""),
        ("a: " + "[" * 5000, "the front matter is nested", (2, 33), ""),
    ],
)
def test_faults(text: str, title: str, where: tuple[int, int], fix: str) -> None:
    found = fault(text)
    assert found.title.startswith(title)
    assert place(found) == where
    assert found.fix == fix


def test_fixes_are_readable() -> None:
    for text in ("t: Skip: a", "J: |y - z|", "J: {K: |y|}", r"a: {x: \frac{1}{2}, y: 2}", "t: Homework #3"):
        assert front(fault(text).fix).entries


@pytest.mark.parametrize(
    ("text", "title", "where"),
    [
        ("just text", "the report has no front matter", (1, 1)),
        ("# Title\n---\na: 1\n---\n", "the report has no front matter", (1, 1)),
        ("", "the report has no front matter", (1, 1)),
        ("---\na: 1\n", "the front matter is not closed", (1, 1)),
        ("---\na: 1\n---\nx\0", "the file has a NUL byte", (4, 2)),
    ],
)
def test_faults_of_the_file(text: str, title: str, where: tuple[int, int]) -> None:
    with pytest.raises(Fault) as caught:
        read(Source("r.md", text))
    assert caught.value.title == title
    assert place(caught.value) == where


def test_body_follows() -> None:
    _, body = read(Source("r.md", "---\na: 1\n---  \none\n---\ntwo"))
    assert body.text == "one\n---\ntwo"
    assert body.source.position(body.start) == (4, 1)


@pytest.mark.parametrize("text", ["---\n---\n", "---\n{}\n---", "---\n# only a remark\n---\nx"])
def test_empty(text: str) -> None:
    assert read(Source("r.md", text))[0].entries == ()


def test_mark_and_line_ends() -> None:
    source = decode("\ufeff---\r\na: |\r\n  x = 1\r\n  y = 2\r\nb: ü\r\n---\r\nbody\r\n".encode(), "r.md")
    mapping, body = read(source)
    first, second = mapping.get("a"), mapping.get("b")
    assert isinstance(first, Scalar) and isinstance(second, Scalar)
    assert (first.text.text, place_of(first)) == ("x = 1\r\n  y = 2", (3, 3))
    assert (second.text.text, place_of(second)) == ("ü", (5, 4))
    assert body.text == "body\r\n"


def test_other_encoding() -> None:
    with pytest.raises(Fault, match=r"byte 5 \(line 2\) is 0xfc"):
        decode("---\na\xfc".encode("latin-1"), "r.md")


def test_lookups() -> None:
    mapping = front('title: >\n  Two\n  lines\nb: "The \\"best\\""\nc: [1]')
    assert mapping.prose("title") == "Two lines"
    assert mapping.prose("b") == 'The "best"'
    assert mapping.prose("none", "x") == "x"
    with pytest.raises(Fault, match="`c` is a text"):
        mapping.prose("c")
    with pytest.raises(Fault, match="the key `forward` is missing"):
        mapping.require("forward")
    with pytest.raises(Fault, match="unknown key `b`"):
        mapping.check(["title"])


def test_unknown_key() -> None:
    assert unknown_key(of_text("forwrad"), ["forward", "values"]).label == "did you mean forward?"


@pytest.mark.parametrize("text", ["a: |\n" + "  z_0 = \\omega_0 x\n" * 50_000, 'a: "' + "\\alpha x " * 100_000 + '"\n'])
def test_long_files_are_fast(text: str) -> None:
    start = time.perf_counter()
    front(text)
    assert time.perf_counter() - start < 3  # 0.5 s on a quiet machine


@given(st.text(alphabet=st.sampled_from(list("ab:-#{}[],|>'\"\\%&*!?@ \t\n0~ü=_^<\r\u2028")), max_size=60))
def test_only_faults_come_out(text: str) -> None:
    for whole in (f"---\n{text}\n---\n", text):
        try:
            mapping, _ = read(Source("r.md", whole))
        except Fault as found:
            assert str(found)
        else:
            assert all(key.span().end - key.start == len(key.text) for key, _ in mapping.entries)
