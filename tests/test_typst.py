"""The Typst side: accessible PDF of every block, in both looks; reasons, labels and pictures where they belong."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdf
import pytest

from derive import build, report, starter
from derive.document import (
    Aligned,
    Chain,
    Document,
    Drawing,
    Equation,
    Figure,
    Heading,
    Here,
    Image,
    Link,
    Mark,
    Math,
    Meta,
    Paragraph,
    Room,
    Table,
)
from derive.engines import typst as engine
from derive.errors import Fault
from derive.writers import drawing, pandoc, templates, typst
from derive.writers.pictures import picture, share

LOOKS = ("homework", "handout")
ACROSS = Mark(8, 0, "y", "node")
WIDE = Drawing((Mark(0, 0, "x", "leaf"), ACROSS), (((0.0, 0.0), (8.0, 0.0)),))
SMALL = Drawing((Mark(0, 0, "x", "leaf"),), ())
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="60"><rect width="90" height="50"/></svg>'
FEATURES = r"""
## A part before any problem

### A sub-part

# {points=2}

##### Very deep

Text with *emphasis*, **strong**, ~~struck~~, `code`, H~2~O, x^2^, [a link](https://example.org), a footnote[^1].

[^1]: The note has $\frac{\partial L}{\partial w}$ and *words*.

### {#deep}

- item with $x^2$ (and more)
    1. nested

        $$ a = b $$
- [ ] task
- {{ net.forward }}

Term
: Definition with $\sigma$

> A quote with $$y = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}$$ and more.

| name | formula |
|:-----|:-:|
| a    | $\frac{a}{b}$ |

: A caption with $x$

```python
def f(x): return x
```

----

![A picture of *things* with $x$](picture.svg){#fig width=30%}

See {{ ref("fig") }}, {{ ref("own") }}, {{ net.ref("h") }}.

$$ \int_0^1 \frac{\partial L}{\partial w} \, dw = \sum_{i=1}^n x_i $$ {#own}

# Numbers and $x^2$ in a title

::: {.solution space=4cm}
{{ net.backward }}

{{ net.graph(values=true, caption="The graph") }}

{{ net.gradients }}
:::
"""


def composed(text: str, folder: Path, look: str, **changes: Any) -> tuple[Document, templates.Look]:
    """Return the document of a report, with reasons, and its look."""
    path = folder / "report.md"
    path.write_text(text, encoding="utf-8")
    (folder / "picture.svg").write_bytes(SVG)
    loaded = replace(report.load(path), explanations=True)
    found = templates.find(look, folder)
    made = build.compose(loaded, found)
    return replace(made, meta=replace(made.meta, **changes)), found


def compiled(document: Document, look: templates.Look, folder: Path) -> pypdf.PdfReader:
    """Return the PDF, which must be made as PDF/UA-1."""
    source, files = typst.write(document, look)
    for name, content in {**files, "main.typ": source.encode()}.items():
        (folder / name).write_bytes(content)
    made = engine.run(folder)
    assert not made.notes, made.notes
    return pypdf.PdfReader(io.BytesIO(made.pdf))


def elements(reader: pypdf.PdfReader) -> Iterator[Any]:
    """Yield the structure elements of a PDF."""
    waiting = [reader.trailer["/Root"]["/StructTreeRoot"]]  # type: ignore[index]
    while waiting:
        item = waiting.pop().get_object()
        if isinstance(item, list):
            waiting += item
        elif isinstance(item, dict):
            if "/S" in item:
                yield item
            waiting += [item["/K"]] if "/K" in item else []


def write(*blocks: Any, look: str = "homework", **meta: Any) -> str:
    return typst.write(Document(Meta("T", **meta), list(blocks)), templates.find(look))[0].partition("// The text")[2]


def chain(left: str, right: str, **more: Any) -> Chain:
    return Chain(left, (Link("=", right),), **more)


def reports(root: Path) -> dict[str, str]:
    named = {name: (root / name).read_text("utf-8") for name in ("reports/skip_connection.md", "tests/data/mazur.md")}
    entry = starter.REPORT.partition("networks:")[2].partition("---")[0]
    told = "title: Features\nauthors: [A, B]\ndate: today\ndue: soon\ntoc: true\npaper: letter"
    front = f"---\n{told}\nnetworks:{entry}---\n"
    return {**named, "starter": starter.REPORT, "features": front + FEATURES}


# ------------------------------------------------------------------------------------------------ accessibility


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", ["reports/skip_connection.md", "tests/data/mazur.md", "starter", "features"])
def test_the_pdf_is_accessible(root: Path, tmp_path: Path, name: str, look: str) -> None:
    document, found = composed(reports(root)[name], tmp_path, look)
    reader = compiled(document, found, tmp_path)
    catalogue: Any = reader.trailer["/Root"]
    assert catalogue["/Lang"] == "en" and catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"] and reader.metadata.title  # type: ignore[union-attr]
    assert b"<pdfuaid:part>1<" in catalogue["/Metadata"].get_data()
    kinds = Counter(item["/S"] for item in elements(reader))
    assert kinds["/Title"] == 1 and kinds["/H1"] and kinds["/Formula"] > 10
    for item in elements(reader):
        if item["/S"] in ("/Formula", "/Figure"):
            assert item.get("/Alt") and not set(r"\{}$") & set(item["/Alt"]), item
    if kinds["/Table"]:
        assert kinds["/THead"] == kinds["/Table"] and kinds["/TH"] >= 2 * kinds["/Table"]
    if name == "features":
        assert {"/L", "/LI", "/Note", "/Link", "/BlockQuote", "/Code", "/TOC", "/Caption", "/Em"} <= set(kinds)


def test_a_formula_says_itself_and_text_goes_on_behind_it() -> None:
    source = write(Paragraph(("For ", Math("x^2"), "(see below).")))
    assert 'For #math.equation(block: false, alt: "x squared", $x^2$.body);\\(see below' in source


def test_headings_never_leave_out_a_level_and_look_as_they_are(tmp_path: Path) -> None:
    levels = (2, 3, 1, 3, 2, 3)
    blocks = [Heading(level, "", tuple(pandoc.text(f"Heading {i}"))) for i, level in enumerate(levels)]
    source = write(*blocks, {"t": "Header", "c": [5, ["", [], []], pandoc.text("Deep")]})
    assert re.findall(r"heading\(level: (\d)\)", source) == list("1212234")
    assert [int(n) for n in re.findall(r"#face\((\d)\)", source)] == [2, 3, 3, 5]
    document = Document(Meta("T", toc=True), [*blocks, Heading(1, "3", ()), Heading(2, "(a)", (), "2")])
    outline = str(
        [
            item if isinstance(item, list) else item.title
            for item in compiled(document, templates.find("homework"), tmp_path).outline
        ]
    )
    assert "'Problem 3'" in outline and "'/Title': '(a)'" in outline


# ------------------------------------------------------------------------------------------------ reasons, labels


def places(document: Document, look: templates.Look, folder: Path) -> list[list[tuple[str, float, float]]]:
    """Return the pieces of text of each page with the place of each, from the left and from the top."""
    pages = []
    for page in compiled(document, look, folder).pages:
        found: list[tuple[str, float, float]] = []
        high = float(page.mediabox.height)

        def visit(text: str, cm: Any, tm: Any, *_: Any, into: Any = found, high: float = high) -> None:
            if text.strip():
                into.append((text.strip(), cm[0] * tm[4] + cm[4], high - cm[3] * tm[5] - cm[5]))

        page.extract_text(visitor_text=visit)
        pages.append(found)
    return pages


@pytest.mark.parametrize(("look", "left"), [("homework", 185 - 11.5 * 11 / 72 * 25.4), ("handout", 22 + 118 + 6)])
def test_reasons_stand_beside_the_rows_from_one_edge_on(tmp_path: Path, look: str, left: float) -> None:
    chains = [
        chain(rf"\frac{{a_{{{i}}}}}{{2}}", "b", why=(f"reason{i} with many words that need more than one line of it",))
        for i in range(30)
    ]
    pages = places(Document(Meta("T"), [Aligned(tuple(chains))]), templates.find(look), tmp_path)
    assert len(pages) > 1  # the block goes on over the page
    starts = [(int(t[6:8]), x, y) for page in pages for t, x, y in page if t.startswith("reason")]
    assert [number for number, _, _ in starts] == list(range(30))
    assert all(abs(x - left * 72 / 25.4) < 3 for _, x, _ in starts), starts
    for page in pages:
        tops = [y for t, _, y in page if t.startswith("reason")]
        assert all(b - a > 22 for a, b in pairwise(tops))  # two lines and some air


def test_a_reason_begins_level_with_its_row(tmp_path: Path) -> None:
    tall = chain(r"\frac{\frac{a}{b}}{c}", "Q", why=("tall",))
    pages = places(
        Document(Meta("T"), [Aligned((tall, chain("a", "Z", why=("flat",))))]), templates.find("homework"), tmp_path
    )
    at = {text: y for text, _, y in pages[0]}
    assert abs(at["tall"] - at["𝑄"]) < 0.6 and abs(at["flat"] - at["𝑍"]) < 0.6


@pytest.mark.parametrize("look", LOOKS)
def test_labels_stand_at_the_edge_of_the_text(tmp_path: Path, look: str) -> None:
    edge = {"homework": 185, "handout": 140}[look] * 72 / 25.4
    own = Equation("c = d", "#own", "7")
    pages = places(
        Document(Meta("T"), [Aligned((chain("a", "b", label="6"), chain("e", "f"))), own]),
        templates.find(look),
        tmp_path,
    )
    found = {text: x for text, x, _ in pages[0]}
    assert set(found) >= {"(6)", "(7)"} and all(edge - 18 < found[label] < edge - 10 for label in ("(6)", "(7)"))


def test_without_reasons_and_labels_a_block_is_one_display() -> None:
    source = write(Aligned((chain("a", "b"), chain("c", "d"))))
    assert source.count("#math.equation") == 1 and 'alt: "a equals b; c equals d"' in source and "#steps" not in source


# ------------------------------------------------------------------------------------------------ other blocks


def test_room_is_kept_whole_and_lines_are_not_printed(tmp_path: Path) -> None:
    assert "/* line 42 */" in write(Here(42))
    parts = [part for i in "abcdef" for part in (Heading(2, f"({i})", ()), Room(5))]
    pages = places(Document(Meta("T"), parts), templates.find("homework"), tmp_path)
    found = [[(text, y) for text, _, y in page if text.startswith("(")] for page in pages]
    assert [[text for text, _ in page] for page in found] == [["(a)", "(b)", "(c)"], ["(d)", "(e)", "(f)"]]
    assert all(b - a > 5 * 72 / 2.54 for page in found for (_, a), (_, b) in pairwise(page))


def test_what_is_announced_or_asked_stands_on_the_page_of_what_follows(tmp_path: Path) -> None:
    asked = [Room(16), *[pandoc.paragraph(pandoc.text(words)) for words in ("free.", "asked.")], Room(7)]
    told = [Room(21), pandoc.paragraph(pandoc.text("told:")), Here(3), Figure(WIDE, "a", (), "100%"), Room(7)]
    for blocks, words in ((asked, ["free.", "asked."]), (told, ["", "told:"])):
        pages = compiled(Document(Meta("T"), blocks), templates.find("homework"), tmp_path).pages
        assert all(word in page.extract_text() for word, page in zip(words, pages, strict=False))


def test_captions_have_the_numbers_that_they_are_given(tmp_path: Path) -> None:
    table = Table((("a",),), ((("1",),),), "l", ("Words",), "Table 9")
    document = Document(Meta("T"), [table, Figure(SMALL, "alt", ("Picture",), number="Figure 7")])
    text = compiled(document, templates.find("homework"), tmp_path).pages[0].extract_text()
    assert "Table 9: Words" in text and "Figure 7: Picture" in text


def test_a_row_of_a_table_stands_on_one_line(tmp_path: Path) -> None:
    table = Table((("Ag",), ("xx",), ("kp",)), ((("gg",), ("ab",), (Math("q"),)),), "lll")
    at = {text: y for text, _, y in places(Document(Meta("T"), [table]), templates.find("homework"), tmp_path)[0]}
    assert at["Ag"] == at["xx"] == at["kp"] and at["gg"] == at["ab"]


def test_the_title_block_tells_everything(tmp_path: Path) -> None:
    meta = Meta("Title", "Sub", "Course", "School", ("Ada",), "2026-11-20", "Team T", due="soon", points="14")
    letter = Document(replace(meta, paper="letter"), [Paragraph(("x",))])
    page = compiled(letter, templates.find("homework"), tmp_path).pages[0]
    words = "Title Sub Course School Team T Ada 2026-11-20 · due soon 14 points".split()
    text = " ".join(page.extract_text().split())
    assert all(word in text for word in words) and page.mediabox.width == 612
    assert compiled(Document(Meta("T"), []), templates.find("handout"), tmp_path).pages[0].mediabox.height > 841


def test_a_graph_is_not_larger_than_its_letters_and_goes_on_over_the_margin() -> None:
    assert share(SMALL, 1.0, 39.5) < 0.2 and share(WIDE, 0.5, 39.5) == 0.5
    assert share(Image("a.png", b""), 0.9, 39.5) == 0.9
    assert "#wide(figure(" in write(Figure(WIDE, "a", ("b",), "100%"), look="handout")
    assert "#wide(" not in write(Figure(WIDE, "a", ("b",), "60%"), Figure(SMALL, "a", (), "100%"), look="handout")
    assert "#wide(" not in write(Figure(WIDE, "a", ("b",), "100%"), look="homework")


def test_grey_text_can_be_read(root: Path) -> None:
    source = (root / "templates" / "_shared" / "page.typ").read_text()
    greys = [int(part) / 100 for part in re.findall(r"(?:quiet = |fill: )luma\((\d+)%\)", source)]
    colours = re.findall(r'fill: rgb\("#(\w{6})"\)', source)
    colours += re.findall(r'fill: rgb\("#(\w{6})"\)', drawing._HEAD)
    assert greys and len(colours) >= 3
    triples = [(grey, grey, grey) for grey in greys]
    triples += [tuple(int(c[i : i + 2], 16) / 255 for i in (0, 2, 4)) for c in colours]  # type: ignore[misc]
    for triple in triples:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in triple]
        light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (light + 0.05) >= 4.5, triple


# ------------------------------------------------------------------------------------------------ faults


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.png", b"\x89PNG\r\n\x1a\nbroken"), ("b.svg", b"<svg"), ("c.pdf", b"%PDF-1.4 no"), ("d.jpg", b"\xff\xd8\xff")],
)
@pytest.mark.parametrize("form", ["svg", "pdf"])
def test_a_damaged_picture_is_named(name: str, data: bytes, form: Any) -> None:
    with pytest.raises(Fault, match=f"the picture {name} cannot be read") as caught:
        picture(Image(name, data), form)
    assert caught.value.about == name


def test_a_picture_that_cannot_be_drawn_names_the_line_of_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "source", lambda _: "#nonsense")
    with pytest.raises(Fault, match="a picture cannot be drawn") as caught:
        write(Here(7), Figure(Drawing((Mark(0, 0, "q_{77}", "leaf"),), ()), "alt"))
    assert caught.value.line == 7 and "nonsense" in caught.value.reason


def test_an_unknown_name_in_an_own_look_is_a_fault_with_the_template(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "mine"
    folder.mkdir(parents=True)
    (folder / "template.typ").write_text(
        '<% extends "_shared/page.typ" %>\n<% block head %><<meta.nothing>><% endblock %>'
    )
    with pytest.raises(Fault, match=r"mine.*template\.typ") as caught:
        typst.write(Document(Meta("T"), []), templates.find("mine", tmp_path))
    assert "nothing" in str(caught.value)
