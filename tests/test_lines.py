"""Mathematics as lines: where items begin and end, and what is set to what."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import Fault
from derive.front.assignments import assignments
from derive.front.frontmatter import read
from derive.front.lines import entries, items
from derive.front.ranges import expand
from derive.source import Slice, Source, of_text


def texts(slices: list[Slice]) -> list[str]:
    return [piece.text for piece in slices]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1, y = 2\nz = 3", ["x = 1", "y = 2", "z = 3"]),
        (r"\mathcal{L}(\hat{y}, y) = |y|, b", [r"\mathcal{L}(\hat{y}, y) = |y|", "b"]),
        (r"a = 0{,}5, b = 1\,2", ["a = 0{,}5", r"b = 1\,2"]),
        (r"a = \{1, 2\}, b = \left\{1, 2\right., c", [r"a = \{1, 2\}", r"b = \left\{1, 2\right.", "c"]),
        ("W = [[1, 2],\n [3, 4]]\nb = (1, 2)", ["W = [[1, 2],\n [3, 4]]", "b = (1, 2)"]),
        ("a, (b, c], d", ["a", "(b, c]", "d"]),
        (
            "A = \\begin{pmatrix} 1 & 2, \\\\\n 3 \\end{pmatrix}\nb",
            ["A = \\begin{pmatrix} 1 & 2, \\\\\n 3 \\end{pmatrix}", "b"],
        ),
        ("a = b % , c\n% all\nd", ["a = b", "d"]),
        (r"50\% = p % x", [r"50\% = p"]),
        ("z = a\n  + b\nh = z *\n 2", ["z = a\n  + b", "h = z *\n 2"]),
        ("z = a % x\n  + b", ["z = a    \n  + b"]),
        ("x\n\\in R, y\n\\infty", ["x\n\\in R", "y", "\\infty"]),
        ("a &= b \\\\\n &= c \\\\\nd &= e \\\\", ["a &= b   \n &= c", "d &= e"]),
        ("y = w^*\nz = 1", ["y = w^*", "z = 1"]),
        (r"z = 1, \quad t = 1 \quad, ;", ["z = 1", "t = 1"]),
        ("a = 1;\r\nb = 2;\r\n", ["a = 1", "b = 2"]),
        (r"w_1, ..., w_3, \dots", ["w_1", "...", "w_3", r"\dots"]),
        ("20 -> 10 ->\n 3", ["20 -> 10 ->\n 3"]),
        (" ,\n, ", []),
    ],
)
def test_items(text: str, expected: list[str]) -> None:
    assert texts(items(of_text(text))) == expected


def test_items_keep_their_positions() -> None:
    source = Source("r.md", "ab\nx = 1,  % c\n  y = 2")
    found = items(Slice(source, 3, source.text[3:]))
    assert [source.position(piece.start) for piece in found] == [(2, 1), (3, 3)]


@pytest.mark.parametrize(("text", "column"), [("a = f(x, y", 6), (r"\begin{pmatrix} 1", 1), (r"a, \{ b", 4)])
def test_open_brackets(text: str, column: int) -> None:
    with pytest.raises(Fault, match="is not closed") as caught:
        items(of_text(text))
    assert caught.value.column == column


def values(text: str) -> list[Slice]:
    value = read(Source("r.md", f"---\n{text}\n---\n"))[0].entries[0][1]
    return entries(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: x, y", ["x", "y"]),
        ("a: [x, y = 1]", ["x", "y = 1"]),
        ("a:\n  - x, y\n  - z", ["x", "y", "z"]),
        ("a: {x: 1, W: [[1, 2], [3, 4]]}", ["x= 1", "W= [[1, 2], [3, 4]]"]),
        ("a:\n  \\hat{y}: 1\n  W: m x n", [r"\hat{y}= 1", "W= m x n"]),
        ('a:\n  "\\beta" : "2"', [r"\beta  =  2"]),
        ("a: [[1, 2], [3, 4]]", ["[1, 2]", "[3, 4]"]),
        ("a: {}", []),
    ],
)
def test_entries(text: str, expected: list[str]) -> None:
    found = values(text)
    assert texts(found) == expected
    assert all(len(piece.span().text) == len(piece.text) for piece in found)


@pytest.mark.parametrize("text", ["a: {x: {y: 1}}", "a:\n  x:\n    - [1]\n    - [2]", "a:\n  x:"])
def test_entries_that_cannot_stand_in_a_line(text: str) -> None:
    with pytest.raises(Fault):
        values(text)


def pairs(text: str) -> list[tuple[list[str], str]]:
    return [(texts(names), value.text) for names, value in assignments(of_text(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"x = 1, \omega_0 = \omega_1 = 0.5", [(["x"], "1"), ([r"\omega_0", r"\omega_1"], "0.5")]),
        ("a, b = 1, 2, c = 3", [(["a"], "1"), (["b"], "2"), (["c"], "3")]),
        ("a, b = 1, 2\nc, d = 3, 4", [(["a"], "1"), (["b"], "2"), (["c"], "3"), (["d"], "4")]),
        ("w_1, ..., w_3 = .1, .2, .3", [(["w_1"], ".1"), (["w_2"], ".2"), (["w_3"], ".3")]),
        ("x := 1, f(x=1) = [a=2]", [(["x"], "1"), (["f(x=1)"], "[a=2]")]),
        (r"\frac{\partial L}{\partial y} = (0.1, -0.2)", [([r"\frac{\partial L}{\partial y}"], "(0.1, -0.2)")]),
        ("x = 0{,}5", [(["x"], "0{,}5")]),
        ("", []),
    ],
)
def test_assignments(text: str, expected: list[tuple[list[str], str]]) -> None:
    assert pairs(text) == expected


@pytest.mark.parametrize(
    ("text", "title", "column", "fix"),
    [
        ("x = 0,5", "`5` has no `=`", 7, "x = 0.5"),
        ("x = 0,5, y = 1", "`5` has no `=`", 7, "x = 0.5"),
        ("x: 1", "`x: 1` has no `=`", 1, "x = 1"),
        ("x = 1, y", "`y` has no `=`", 8, ""),
        ("w_1, ..., w_8 = 1, 2", "8 names and 2 values", 1, ""),
        ("a, b = 1, 2, 3", "2 names and 3 values", 1, ""),
        ("a, b = 0", "2 names and 1 value", 1, "a = b = 0"),
        ("x =", "nothing stands after this `=`", 1, ""),
        ("= 1", "nothing stands before this `=`", 1, ""),
        ("w_1, ..., w_3 = 1, ..., 3", "dots stand between names, not between values", 20, ""),
    ],
)
def test_faults_of_assignments(text: str, title: str, column: int, fix: str) -> None:
    with pytest.raises(Fault) as caught:
        assignments(of_text(text))
    assert (caught.value.title, caught.value.column, caught.value.fix) == (title, column, fix)


def test_decimal_comma_in_a_mapping() -> None:
    value = read(Source("r.md", "---\na:\n  x: 0,5\n---\n"))[0].entries[0][1]
    with pytest.raises(Fault) as caught:
        assignments(value)
    assert "decimal comma" in caught.value.reason
    assert caught.value.fix == "x = 0.5"
    assert caught.value.column == 8


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("w_1, ..., w_4", "w_1 w_2 w_3 w_4"),
        (r"w_{9}, \dots, w_{11}", "w_{9} w_{10} w_{11}"),
        ("w1, w2, …, w4, b", "w1 w2 w3 w4 b"),
        ("w_1, w_3, ..., w_7", "w_1 w_3 w_5 w_7"),
        ("w_{1,1}, ..., w_{1,3}", "w_{1,1} w_{1,2} w_{1,3}"),
        ("w_1, ..., w_2", "w_1 w_2"),
    ],
)
def test_expand(text: str, expected: str) -> None:
    assert " ".join(texts(expand(items(of_text(text))))) == expected


def test_expanded_names_stand_at_the_dots() -> None:
    assert [name.start for name in expand(items(of_text("w_1, ..., w_3")))] == [0, 5, 10]


@pytest.mark.parametrize(
    "text", ["..., b", "a, ...", "a, ..., b", "w_3, ..., w_1", "w_1, w_3, ..., w_8", "w_1, ..., v_8"]
)
def test_unclear_dots(text: str) -> None:
    with pytest.raises(Fault, match="dots"):
        expand(items(of_text(text)))


@pytest.mark.parametrize("text", ["x = 1, ", "(", " ", "\n", "\\left", "\\begin{", "a\n+", "a\\\\"])
def test_time_is_linear(text: str) -> None:
    start = time.perf_counter()
    with contextlib.suppress(Fault):
        items(of_text(text * (400_000 // len(text))))
    assert time.perf_counter() - start < 5  # under a second on a quiet machine


@given(st.text(alphabet=st.sampled_from(list("aw_1=,.;:%&\\{}[]()|+-^ \n\r~…l")), max_size=60))
def test_only_faults_come_out(text: str) -> None:
    try:
        found = items(of_text(text))
        assert all(piece.text == piece.text.strip() for piece in found)
        assert all(len(piece.span().text) == len(piece.text) for piece in found)
        assignments(of_text(text))
    except Fault as error:
        assert str(error)
