"""The HTML: one file that needs nothing else, sound as a document, readable and accessible in a browser."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from derive import report
from derive.build import compose
from derive.document import Aligned, Chain, Document, Figure, Heading, Image, Link, Math, Meta, Note, Paragraph
from derive.errors import Fault
from derive.writers import WRITERS, pandoc, templates
from derive.writers.parts import NARROW, parts

ROOT = Path(__file__).resolve().parent.parent
SKIP, PAGE = ROOT / "reports" / "skip_connection.md", ROOT / "tests" / "data" / "page.md"
VOID = {"meta", "br", "hr", "img", "col", "link", "input", "wbr"}
HOSTILE = "</title><script>alert(1)</script> & \"quoted\" 'single'"


def document(path: Path, look: str = "homework", statement: bool = False, **meta: Any) -> Document:
    made = compose(report.load(path), templates.find(look), statement)
    return replace(made, meta=replace(made.meta, **meta))


def page(made: Document, look: str = "homework") -> str:
    source, files = WRITERS["html"](made, templates.find(look))
    assert not files
    return source


def of(*body: Any, **meta: Any) -> str:
    return page(Document(Meta(**{"title": "A title", **meta}), list(body)))


# What is looked at in a browser: name → (report, look, problem sheet?, title block).
PAGES: dict[str, tuple[Path, str, bool, dict[str, Any]]] = {
    "solution": (SKIP, "homework", False, {}),
    "statement": (SKIP, "homework", True, {}),
    "handout": (SKIP, "handout", False, {}),
    "contents": (SKIP, "homework", False, {"toc": True}),
    "page": (PAGE, "handout", False, {}),
    "sheet": (PAGE, "homework", True, {}),
}


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {
        name: page(document(path, look, statement, **meta), look)
        for name, (path, look, statement, meta) in PAGES.items()
    }


# ---------------------------------------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    path = shutil.which("chromium")
    if path is None:
        (pytest.fail if os.environ.get("DERIVE_TEST_ALL") else pytest.skip)("chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=path)
        yield started
        started.close()


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        *(
            ("solution", 1200, "light"),
            ("handout", 360, "dark"),
            ("statement", 360, "light"),
            ("contents", 360, "light"),
        ),
        *(("page", 1200, "dark"), ("page", 360, "light"), ("sheet", 360, "dark")),
    ],
)
def test_a_browser_shows_it_and_axe_finds_nothing(
    browser: Any, pages: dict[str, str], tmp_path: Path, name: str, width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    (tmp_path / "page.html").write_text(pages[name], encoding="utf-8")
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}, offline=True)
    shown = context.new_page()
    said: list[str] = []
    shown.on("console", lambda message: said.append(message.text))
    shown.on("pageerror", lambda error: said.append(str(error)))
    shown.on(
        "request", lambda wanted: said.append(wanted.url) if not wanted.url.startswith(("file:", "data:")) else None
    )
    shown.goto((tmp_path / "page.html").as_uri())
    assert said == [], "no error, nothing that it would load"
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth"), "wider than the screen"
    sizes = shown.evaluate("[...document.querySelectorAll('math, img')].map(e => e.getBoundingClientRect().width)")
    assert len(sizes) >= 10 and min(sizes) > 2
    assert shown.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    loose = "[...document.querySelectorAll('main *')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.tabIndex < 0"
    assert shown.evaluate(loose + " && getComputedStyle(e).overflowX == 'auto').length") == 0
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(shown, options={"runOnly": rules, "resultTypes": ["violations"]}).response
    assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == []
    assert {"color-contrast", "image-alt", "heading-order", "region"} & {rule["id"] for rule in found["passes"]}
    context.close()


def test_equal_signs_stand_below_each_other(browser: Any, pages: dict[str, str]) -> None:
    shown = browser.new_page(viewport={"width": 1200, "height": 800})
    shown.set_content(pages["solution"])
    for chains in shown.query_selector_all(".chains"):
        rights = chains.query_selector_all(".row:not(.continued) .right")
        assert len({round(right.bounding_box()["x"]) for right in rights}) == 1
    shown.close()


def test_reasons_stand_beside_the_row_and_below_it_on_a_phone(browser: Any, pages: dict[str, str]) -> None:
    shown = browser.new_page()
    for width, beside in ((1200, True), (360, False)):
        shown.set_viewport_size({"width": width, "height": 800})
        shown.set_content(pages["handout"])
        row = shown.query_selector(".explained .row")
        right, why = (row.query_selector(kind).bounding_box() for kind in (".right", ".why"))
        assert (why["x"] >= right["x"] + right["width"]) == beside
        assert (why["y"] >= right["y"] + right["height"]) != beside
    shown.close()


def test_it_can_be_printed(browser: Any, pages: dict[str, str]) -> None:
    import io

    import pypdf

    shown = browser.new_page(color_scheme="dark")
    shown.set_content(pages["contents"])
    pdf = pypdf.PdfReader(io.BytesIO(shown.pdf(format="A4")))
    shown.emulate_media(media="print")
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert 3 <= len(pdf.pages) <= 8
    shown.close()


# ---------------------------------------------------------------------------------------------- as a document


class Outline(HTMLParser):
    """What is tested of a page: its elements with their attributes in order, and that they close as they open."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: dict[str, str] = {}
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open[-1]] = self.texts.get(self.open[-1], "") + data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("name", PAGES)
def test_one_file_that_needs_nothing(pages: dict[str, str], name: str) -> None:
    outline = Outline(pages[name])
    assert not {"script", "link", "iframe", "object", "embed", "form", "base"} & {tag for tag, _ in outline.tags}
    addresses = [a for _, attributes in outline.tags for a in (attributes.get("src"), attributes.get("srcset")) if a]
    assert all(address.startswith("data:image/") for address in addresses)
    assert all(href.startswith(("#", "https://example.org")) for a in outline.of("a") if (href := a["href"]))
    assert not re.search(r"url\(|@import", outline.texts["style"])
    assert not [key for _, attributes in outline.tags for key in attributes if key.startswith("on")]
    policy = next(m["content"] for m in outline.of("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy and policy.startswith("default-src 'none';") and "script" not in policy


@pytest.mark.parametrize("name", PAGES)
def test_the_structure_is_sound(pages: dict[str, str], name: str) -> None:
    outline = Outline(pages[name])
    names = [i for _, attributes in outline.tags if (i := attributes.get("id"))]
    assert not [i for i, times in Counter(names).items() if times > 1]
    assert all(a["href"][1:] in names for a in outline.of("a") if (a["href"] or "").startswith("#"))
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert outline.of("html") == [{"lang": "en"}]
    assert all(image["alt"] for image in outline.of("img"))
    assert all(math.get("alttext") or math.get("aria-label") for math in outline.of("math"))
    assert all(head["scope"] in ("row", "col") for head in outline.of("th"))
    assert [tag for tag, _ in outline.tags if tag in ("header", "main", "nav")] == (
        ["header", "nav", "main"]
        if "nav" in pages[name].split("<main>")[0].split("<header>")[1]
        else ["header", "main"]
    )


def test_contents_lead_to_the_headings(pages: dict[str, str]) -> None:
    (nav,) = re.findall(r"<nav.*?</nav>", pages["contents"], re.DOTALL)
    links = re.findall(r'<a\s+href="#([^"]+)">(.*?)</a>', nav, re.DOTALL)
    assert len(links) == 9 and "points" not in nav
    assert "passes" in [target for target, _ in links]
    for target, title in links:
        words = re.sub(r"<.*?>|\s+", " ", title).split()
        (heading,) = re.findall(rf'<h[23]\s+id="{target}">(.*?)</h[23]>', pages["contents"], re.DOTALL)
        assert re.sub(r"<.*?>|\s+", " ", heading).split()[: len(words)] == words
    assert "<nav" not in pages["solution"]


def test_solutions_stay_off_the_sheet_and_leave_room(pages: dict[str, str]) -> None:
    assert "Leave out the term" in pages["statement"] and "Leave out the term" not in pages["solution"]
    assert "carries the value" not in pages["statement"]
    assert 'class="room" style="min-height: 3cm"' in pages["sheet"] and 'class="room"' not in pages["page"]


def test_equations_carry_the_numbers_that_the_text_refers_to(pages: dict[str, str]) -> None:
    labels = re.findall(r'<span id="equation-(\d)" class="label">\((\d)\)</span>', pages["page"])
    assert labels == [("1", "1"), ("2", "2")]
    assert "See (1) and (2)" in pages["page"]


def test_tables_and_pictures_carry_their_numbers(pages: dict[str, str]) -> None:
    assert re.search(r"<caption><strong>Table 1\.</strong>\s+Losses</caption>", pages["page"])
    assert re.search(r"<figcaption><strong>Figure 1\.</strong>", pages["page"])


def test_points_and_title_block(pages: dict[str, str]) -> None:
    text = re.sub(r"<.*?>|\s+", " ", pages["page"])
    for words in (
        "(3 points)",
        "(1 point)",
        "due 2026-11-27",
        "Team Gradient : Ada, Bob",
        "University &amp; &quot;Co&quot;",
    ):
        assert " ".join(words.split()) in " ".join(text.split()), words


def test_a_hostile_title_block_is_text() -> None:
    meta = dict.fromkeys(("title", "subtitle", "course", "institution", "team", "date", "due", "language"), HOSTILE)
    outline = Outline(of(Note(HOSTILE, (HOSTILE,)), Figure(DOT, HOSTILE, (HOSTILE,)), **meta, authors=(HOSTILE,)))
    assert outline.of("script") == []
    assert outline.texts["title"] == HOSTILE and outline.of("html") == [{"lang": HOSTILE}]
    assert {"name": "author", "content": HOSTILE} in outline.of("meta")
    assert outline.of("img")[0]["alt"] == HOSTILE


DOT = Image("dot.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>')


def test_a_picture_cannot_do_more_than_be_looked_at() -> None:
    outline = Outline(of(Figure(DOT, "a dot")))
    (image,) = outline.of("img")
    start = "data:image/svg+xml;base64,"
    assert image["src"].startswith(start) and base64.b64decode(image["src"].removeprefix(start)) == DOT.data


@pytest.mark.parametrize("kind", ["html", "md", "typ"])
@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\tscript:x",
        "\x01javascript:x",
        "data:text/html,x",
        "vbscript:x",
    ],
)
def test_links_lead_to_places_only(kind: str, address: str) -> None:
    link = {"t": "Link", "c": [["", [], []], pandoc.text("here"), [address, ""]]}
    with pytest.raises(Fault, match="cannot stand in the text"):
        WRITERS[kind](Document(Meta("x"), [pandoc.paragraph([link])]), templates.find("homework"))


@pytest.mark.parametrize(
    "address", ["https://example.org/a:b", "mailto:a@example.org", "notes.pdf", "#a:b", "a/b:c", "?q=a:b"]
)
def test_links_to_places_stay(address: str) -> None:
    link = {"t": "Link", "c": [["", [], [["onclick", "x"], ["style", "x"]]], pandoc.text("here"), [address, ""]]}
    (made,) = Outline(of(pandoc.paragraph([link]))).of("a")
    assert made == {"href": address}


def test_raw_html_is_refused() -> None:
    with pytest.raises(Fault, match="raw html"):
        of(pandoc.raw("html", "<script>alert(1)</script>"))


def test_headings_skip_no_level() -> None:
    body = [Heading(3, "", ({"t": "Str", "c": "x"},)), Heading(1, "1", ()), Heading(3, "i", ()), Heading(2, "(a)", ())]
    levels = [tag for tag, _ in Outline(of(*body)).tags if re.fullmatch("h[1-6]", tag)]
    assert levels == ["h1", "h2", "h2", "h3", "h3"]


# ---------------------------------------------------------------------------------------------- formulas


LONG = [
    r"\omega_0 = \omega_1 = \omega_2 = \omega_s = \frac{1}{2}, x_1 = 2, x_2 = 3, x_3 = 4",
    r"f(a = b, c = d) = \left( x = y \right) + \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \not= 0 + 1 + 2 + 3 + 4",
    r"a_1 + a_2 + a_3 + a_4 + a_5 + a_6 + a_7 + a_8 + a_9 + a_{10}",
    r"\{ x \in A \mid x < 1 \} \subseteq \{ x \mid x < 2 \} \subseteq B \cup C \cup D \cup E",
]


@pytest.mark.parametrize("latex", LONG)
def test_parts_are_the_whole_formula(latex: str) -> None:
    assert "".join(parts(latex)) == latex
    assert all(piece.count("(") == piece.count(")") for piece in parts(latex))


def test_a_formula_parts_before_relations_and_behind_commas() -> None:
    assert [p.strip() for p in parts(LONG[0])] == [
        *(r"\omega_0", r"= \omega_1", r"= \omega_2", r"= \omega_s", r"= \frac{1}{2},"),
        *("x_1", "= 2,", "x_2", "= 3,", "x_3", "= 4"),
    ]
    assert [p[:2] for p in parts(LONG[1])] == ["f(", "= "], "not inside brackets, not between a sign and its stroke"
    assert parts("x = 1") == ["x = 1"], f"fits {NARROW} em"


def test_a_comma_behind_a_formula_stays_on_its_line() -> None:
    source = of(Paragraph(("The rate (", Math("x"), "), and ", Math(r"\alpha"), ".")))
    words = re.sub(r"<math.*?</math>", "M", source.split("<main>")[1], flags=re.DOTALL)
    assert re.findall(r'<span class="whole">(.*)</span>', words) == [
        '<span class="whole">(M</span>),</span> and <span class="whole">M.'
    ]


def test_an_unreadable_formula_is_refused() -> None:
    with pytest.raises(Fault, match="cannot be read"):
        of(Paragraph((Math(r"\frac{1"),)))


def test_a_row_that_goes_on_begins_with_a_sign_between_two_things() -> None:
    long = " + ".join(rf"\frac{{a_{{{i}}}}}{{b_{{{i}}}}} \cdot c_{{{i}}}" for i in range(30)).replace("+ ", "- ")
    source = of(Aligned((Chain("y", (Link("=", long),)),)))
    rows = re.findall(r'<div class="row continued">.*?</div>', source, re.DOTALL)
    assert rows and all("<mo>−</mo>" in row and 'alttext="minus a' in row for row in rows)


def test_colours_have_contrast() -> None:
    """Text on its background: 4.5 to 1 in both schemes, also where axe cannot say."""
    style = (ROOT / "templates" / "_shared" / "page.css").read_text(encoding="utf-8")
    palettes = re.findall(r"--ink: .*?\}", style, re.DOTALL)[:2]
    for palette in palettes:
        colours = dict(re.findall(r"--(\w+): #(\w+);", palette))
        for text in ("ink", "soft", "link"):
            for behind in ("paper", "shade"):
                light, dark = sorted((luminance(colours[text]), luminance(colours[behind])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, behind)


def luminance(colour: str) -> float:
    digits = colour if len(colour) == 6 else "".join(2 * c for c in colour)
    parts_ = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts_)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# ---------------------------------------------------------------------------------------------- commands, goldens


def test_the_command_writes_one_file(derive: Callable[..., Any], tmp_path: Path) -> None:
    done = derive("build", SKIP, "--to", "html", "-o", "out")
    assert done.code == 0
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["skip_connection.html"]
    again = (tmp_path / "out" / "skip_connection.html").read_bytes()
    assert again == page(document(SKIP)).encode(), "the same input gives the same bytes"


def test_a_writer_is_imported_when_it_is_used() -> None:
    check = (
        "import sys; from derive.writers import WRITERS; "
        "print([m for m in sys.modules if m.startswith(('pylatex', 'derive.writers.', 'jinja2'))])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", [SKIP, ROOT / "tests" / "data" / "mazur.md"], ids=lambda path: path.stem)
def test_golden_pages(path: Path, golden: Callable[[str, str], None]) -> None:
    # The look and the pictures have tests of their own, and their many lines would hide all else.
    source = re.sub(r"(?<=;base64,)[\w+/=]+|(?<=<style>).*?(?=</style>)", "…", page(document(path)), flags=re.DOTALL)
    golden(f"{path.stem}.html", source)


@pytest.mark.parametrize("path", [SKIP, ROOT / "tests" / "data" / "mazur.md"], ids=lambda path: path.stem)
def test_golden_typst(path: Path, golden: Callable[[str, str], None]) -> None:
    golden(f"{path.stem}.typ", WRITERS["typ"](document(path), templates.find("homework"))[0])
