"""The Markdown: what GitHub shows, read back by pandoc without the loss of a formula."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from derive import report
from derive.build import compose
from derive.document import (
    Aligned,
    Chain,
    Document,
    Equation,
    Figure,
    Image,
    Link,
    Math,
    Meta,
    Note,
    Paragraph,
    Room,
    Table,
)
from derive.errors import Fault
from derive.pandoc_binary import pandoc_path
from derive.writers import WRITERS, pandoc, templates

ROOT = Path(__file__).resolve().parent.parent
SKIP, MAZUR, PAGE = (
    ROOT / name for name in ("reports/skip_connection.md", "tests/data/mazur.md", "tests/data/page.md")
)
HOSTILE = "# x <script>alert(1)</script> `y` | $z$ *a* _b_ [c](d) ![e](f) \\ ~~g~~ &amp; 1. - + > @h https://i.j"
LOOK = templates.find("homework")


def document(path: Path, look: str = "homework") -> Document:
    return compose(report.load(path), templates.find(look))


def markdown(made: Document) -> str:
    return WRITERS["md"](made, LOOK)[0]


def of(*body: Any, **meta: Any) -> str:
    return markdown(Document(Meta(**{"title": "A title", **meta}), list(body)))


def read_back(source: str) -> Any:
    command = [pandoc_path(), "-f", "gfm+tex_math_dollars", "-t", "json"]
    done = subprocess.run(command, input=source.encode(), capture_output=True, check=True)
    return json.loads(done.stdout)["blocks"]


def nodes(tree: Any, kind: str) -> list[Any]:
    """Return the contents of the nodes of a kind in the order of the text."""
    if isinstance(tree, dict) and tree.get("t") == kind:
        return [tree.get("c")]
    parts = list(tree.values()) if isinstance(tree, dict) else tree if isinstance(tree, list) else []
    return [found for part in parts for found in nodes(part, kind)]


def text(tree: Any) -> str:
    """Return the words of a tree with single blanks."""
    match tree:
        case {"t": "Str", "c": words}:
            return str(words)
        case {"t": "Space" | "SoftBreak"}:
            return " "
        case {"t": "Code", "c": [_, words]}:
            return str(words)
        case {"t": "Quoted", "c": [kind, inner]}:
            return f"“{text(inner)}”" if kind["t"] == "DoubleQuote" else f"‘{text(inner)}’"
        case dict():
            return text(list(tree.values()))
        case list():
            return "".join(map(text, tree))
    return ""


def squeezed(latex: str) -> str:
    """Return a formula without its blanks and what the layout of rows has put in."""
    latex = re.sub(r"\\(?:begin|end)\{align\*?(?:ed)?\}|\\tag\{\d+\}|\\quad \{\}", "", latex)
    return re.sub(r"\s+|(?<!\\)&|\\\\", "", latex)


# ---------------------------------------------------------------------------------------------- formulas


@pytest.mark.parametrize("look", ["homework", "handout"])
@pytest.mark.parametrize("path", [SKIP, MAZUR, PAGE], ids=lambda path: path.stem)
def test_every_formula_is_read_back(path: Path, look: str) -> None:
    """Formulas in the order of the document: those of the report's text and of every chain."""
    made = document(path, look)
    found = [squeezed(latex) for _, latex in nodes(read_back(markdown(made)), "Math")]
    chains = [chain for block in blocks(made.body, Aligned) for chain in block.chains]
    joined, end = "".join(found), 0
    for chain in chains:
        whole = squeezed(chain.left + "".join(link.relation + link.latex for link in chain.links))
        at = plain(joined).find(plain(whole), end)
        assert at >= 0, f"this chain is missing, or not in its place: {whole}"
        end = at + len(plain(whole))
    inline = [latex for latex in found if latex]
    assert len(inline) == len(found) >= 20


def plain(latex: str) -> str:
    """Return a formula without what printing adds: frames, stretched bars, upright names, another bar in a cell."""
    for command in (r"\left", r"\right", r"\boxed", r"\mathrm", r"\operatorname", r"\text", "{", "}"):
        latex = latex.replace(command, "")
    return latex.replace(r"\vert", "|")


def blocks(tree: Any, kind: type) -> list[Any]:
    if isinstance(tree, kind):
        return [tree]
    parts = list(tree.values()) if isinstance(tree, dict) else tree if isinstance(tree, list) else []
    return [found for part in parts for found in blocks(part, kind)]


def chain(left: str, *sides: str, **more: Any) -> Chain:
    return Chain(left, tuple(Link("=", side) for side in sides), **more)


def test_rows_stand_in_the_order_of_the_source() -> None:
    made = of(Aligned((Chain("a", (Link("=", "b"), Link(r"\approx", "0.5"))), chain("c", "d"))))
    assert "\\begin{aligned}\na & = b \\approx 0.5 \\\\\nc & = d\n\\end{aligned}" in made


def test_one_row_needs_no_environment() -> None:
    assert "``` math\na = b = c\n```" in of(Aligned((chain("a", "b", "c"),)))


def test_a_row_that_goes_on_begins_with_its_operator() -> None:
    terms = [rf"\frac{{a_{{{i}}}}}{{b_{{{i}}}}} c_{{{i}}}" for i in range(40)]
    made = of(Aligned((chain("y", " - ".join(terms), r" \cdot ".join(terms)),)))
    rows = re.findall(r"^(.*?& .*?)(?: \\\\)?$", made, re.MULTILINE)
    assert rows[0].startswith("y & = ") and len(rows) >= 4
    assert all(re.match(r"& (= |\\quad \{\} (- |\\cdot ))", row) for row in rows[1:])
    assert squeezed("".join(rows)) == squeezed("y = " + " - ".join(terms) + " = " + r" \cdot ".join(terms))


def test_numbers_of_equations() -> None:
    made = of(Equation("a = b", "#one", "1"), Aligned((chain("c", "d", label="2"), chain("e", "f"))))
    assert r"a = b \tag{1}" in made
    assert "\\begin{align*}\nc & = d \\tag{2} \\\\\ne & = f\n\\end{align*}" in made


def test_reasons_stand_below_their_row() -> None:
    made = of(Aligned((chain("a", "b", why=("through ", Math("z_1"))), chain("c", "d"), chain("e", "f"))))
    assert "``` math\na = b\n```\n\nWhy: through $z_1$.\n\n``` math\n\\begin{aligned}\nc & = d" in made


@pytest.mark.parametrize(
    ("latex", "spelled"),
    [
        ("x_1", "$x_1$"),
        (r"\frac{\partial L}{\partial \omega_0}", r"$\frac{\partial L}{\partial \omega_0}$"),
        (r"\hat{y}_1", r"$`\hat{y}_1`$"),
        (r"\{a\}", r"$`\{a\}`$"),
        (r"a \, b", r"$`a \, b`$"),
        ("a * b", "$`a * b`$"),
        ("a<b", "$`a < b`$"),
        (r"\operatorname{sgn}(x)", r"$\mathrm{sgn}(x)$"),
    ],
)
def test_inline_formulas_are_safe_from_markdown(latex: str, spelled: str) -> None:
    made = of(Paragraph(("so ", Math(latex), " is")))
    assert f"so {spelled} is" in made
    assert len(nodes(read_back(made), "Math")) == 1


def test_a_letter_behind_a_formula_does_not_spoil_it() -> None:
    made = of(pandoc.paragraph([pandoc.formula("n"), {"t": "Str", "c": "th"}]))
    assert "$`n`$th" in made and nodes(read_back(made), "Math")[0][1] == "n"


def test_an_unreadable_formula_is_refused() -> None:
    for block in (Paragraph((Math(r"\frac{1"),)), Equation(r"\foo", "#x", "1"), Aligned((chain("a", r"\input{x}"),))):
        with pytest.raises(Fault, match="cannot"):
            of(block)


# ---------------------------------------------------------------------------------------------- the rest


def test_bars_in_a_table_part_no_cell() -> None:
    cells = ((Math(r"\left|x\right|"),), (Math(r"\|v\|_2"),), ("a|b",))
    made = of(Table((("|a|",), (Math("|b|"),), ("c",)), (cells, cells), "lcr", ("A caption",), "Table 1"))
    (table,) = nodes(read_back(made), "Table")
    rows = [*table[3][1], *table[4][0][3]]
    assert [len(row[1]) for row in rows] == [3, 3, 3]
    assert text(rows[1][1][2]) == "a|b" and text(rows[0][1][0]) == "|a|"
    assert [latex for _, latex in nodes(rows[1], "Math")] == [r"\left\vert x\right\vert", r"\Vert v\Vert_2"]
    assert "**Table 1.** A caption\n\n|" in made


def test_code_in_a_table() -> None:
    made = markdown(document(PAGE))
    assert "a|b" in [code for _, code in nodes(nodes(read_back(made), "Table"), "Code")]


def test_hostile_text_is_text() -> None:
    meta = dict.fromkeys(("title", "subtitle", "team"), HOSTILE)
    back = read_back(of(Note(HOSTILE, (HOSTILE,)), Paragraph((HOSTILE,)), authors=(HOSTILE,), **meta))
    counts = {kind: len(nodes(back, kind)) for kind in ("Header", "Code", "Math", "Emph", "Image", "Strikeout")}
    assert counts == {"Header": 1, **dict.fromkeys(list(counts)[1:], 0)}
    assert not [html for _, html in nodes(back, "RawInline") if html not in ("<span>", "</span>")]
    said = [" ".join(text(block).split()) for block in back]
    assert said == [HOSTILE, HOSTILE, f"{HOSTILE}: {HOSTILE}", f"{HOSTILE}. {HOSTILE}", HOSTILE]


def test_a_dollar_begins_no_formula() -> None:
    made = of(Paragraph(("It costs $5, or $x$ and ", Math("y"), ".")))
    assert [latex for _, latex in nodes(read_back(made), "Math")] == ["y"]
    assert not re.search(r"\$5|\$x", made)


def test_pictures_are_files_beside_it() -> None:
    dot = Image("dot.svg", b"<svg/>")
    body = [Figure(dot, "a [dot] & more", ("A ", Math("x"), " dot"), number="Figure 1"), Figure(dot, "again")]
    source, files = WRITERS["md"](Document(Meta("x"), body, name="my report"), LOOK)
    (first, second) = files
    assert first.endswith("-figure-1.svg") and second.endswith("-figure-2.svg") and set(files.values()) == {b"<svg/>"}
    images = nodes(read_back(source), "Image")
    assert [image[2][0] for image in images] == [first, second] and text(images[0][1]) == "a [dot] & more"
    assert "**Figure 1.** A $x$ dot" in source


def test_title_block() -> None:
    made = of(
        subtitle="Sub",
        course="Course",
        institution="Place",
        authors=("Ada", "Bob"),
        team="Team",
        date="May",
        due="June",
    )
    assert made == ("# A title\n\n**Sub**\n\nCourse, Place\n\nTeam: Ada, Bob\n\nMay, due June\n")
    assert of() == "# A title\n"


def test_headings_notes_and_empty_room() -> None:
    made = markdown(document(SKIP))
    assert re.findall(r"^#+ .*", made, re.MULTILINE)[:4] == [
        "# Backpropagation through a skip connection",
        "## 1 Pen and paper (10 points)",
        "### (a) Forward and backward pass (5 points)",
        "#### i Forward pass",
    ]
    assert "> **Convention.** With $x$" in of(Room(3.0), Note("Convention", ("With ", Math("x"))))


def test_the_command_writes_it_with_its_pictures(derive: Callable[..., Any], tmp_path: Path) -> None:
    assert derive("build", SKIP, "--to", "md", "-o", "out").code == 0
    files = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert files == ["skip_connection-figure-1.svg", "skip_connection.md"]
    source = (tmp_path / "out" / "skip_connection.md").read_text(encoding="utf-8")
    assert source == markdown(document(SKIP)) and "](skip_connection-figure-1.svg)" in source
    assert not re.search(r"[ \t]$|\n\n\n", source, re.MULTILINE)


@pytest.mark.parametrize("path", [SKIP, MAZUR], ids=lambda path: path.stem)
def test_golden_markdown(path: Path, golden: Callable[[str, str], None]) -> None:
    golden(f"{path.stem}.md", markdown(document(path)))
