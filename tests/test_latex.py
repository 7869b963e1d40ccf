"""The LaTeX engine: what it runs, what it keeps, what it says when TeX stops; how the pages look."""

from __future__ import annotations

import io
import os
import re
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdf
import pytest

from derive import engines
from derive.build import build, compose, find_look
from derive.document import (
    Aligned,
    Chain,
    Document,
    Equation,
    Figure,
    Heading,
    Here,
    Image,
    Link,
    Math,
    Meta,
    Paragraph,
    Room,
    Table,
)
from derive.engines import kept, preamble, tex_log
from derive.engines import latex as engine
from derive.errors import Fault
from derive.report import Report, load
from derive.writers import latex, pandoc, templates

pytestmark = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")

MM = 72 / 25.4
HOMEWORK, HANDOUT = templates.find("homework"), templates.find("handout")
REPORTS = sorted((Path(__file__).resolve().parent.parent / "reports").glob("*.md"))
REASONS = ("through the hidden unit, where the derivative is that of a sigmoid, written with its output", "a product")
META = Meta(
    "Deep Learning Exercise 2",
    "Backpropagation",
    "Deep Learning",
    "A University",
    ("Ada", "Bob"),
    "2026-11-20",
    "Team Gradient",
    due="2026-12-01",
    points="14",
)


@lru_cache
def report(path: Path) -> Report:
    return load(path)


def document(*blocks: Any, meta: Meta = META) -> Document:
    return Document(meta, list(blocks))


def pdf(made: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(made))


def compiled(*blocks: Any, look: templates.Look = HOMEWORK, meta: Meta = META) -> pypdf.PdfReader:
    return pdf(engines.compile(document(*blocks, meta=meta), look, "latex").pdf)


def text(page: Any) -> str:
    return " ".join(page.extract_text().split())


def places(page: Any) -> list[tuple[float, float, str]]:
    """Return (x, y, text) of what stands on a page, in points."""
    found: list[tuple[float, float, str]] = []

    def visit(words: str, cm: Any, tm: Any, font: Any, size: Any) -> None:
        if words.strip():
            found.append((tm[4], tm[5], words.strip()))

    page.extract_text(visitor_text=visit)
    return found


def own_look(folder: Path, tex: str, name: str = "mine") -> templates.Look:
    (folder / "templates" / name).mkdir(parents=True, exist_ok=True)
    (folder / "templates" / name / "template.tex").write_text(tex, encoding="utf-8")
    return templates.find(name, folder)


def explained(count: int) -> Aligned:
    """Return chains with long and short reasons, of one row and of several, one of them numbered."""
    wide = " + ".join(f"w_{{{i}}} x_{{{i}}}" for i in range(12))
    made = []
    for i in range(count):
        links = (Link("=", wide), Link("=", r"\frac{1}{2}")) if i % 3 == 0 else (Link("=", "b"),)
        made.append(Chain(f"z_{{{i}}}", links, label="1" if i == 1 else "", why=(REASONS[i % 2], " ", Math("h_1"))))
    return Aligned(tuple(made))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "derive" / "tex"


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Return how often pdflatex has been run since the last time of asking."""
    note, program = tmp_path / "runs", tmp_path / "bin" / "pdflatex"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho run >> {note}\nexec {shutil.which("pdflatex")} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)

    def count() -> int:
        found = len(note.read_text().split()) if note.exists() else 0
        note.unlink(missing_ok=True)
        return found

    return count


def test_auto_takes_latex_and_says_so() -> None:
    made = engines.compile(document(), HOMEWORK)
    assert made.engine == "latex: pdflatex" and made.notes == () and text(pdf(made.pdf).pages[0])


def test_the_preamble_is_kept_for_other_documents(cache: Path, runs: Callable[[], int]) -> None:
    blocks = (Heading(1, "1", tuple(pandoc.text("One"))), explained(12))
    first = engines.compile(document(*blocks), HOMEWORK, "latex")
    (form,) = cache.glob("*.fmt")
    assert runs() == 2
    again = engines.compile(document(*blocks), HOMEWORK, "latex")
    assert runs() == 1, "the numbers of pages are known"
    other = replace(META, title="Another", authors=("Eve",), language="en-GB", toc=True)
    assert "Another" in text(compiled(meta=other).pages[0])
    assert list(cache.glob("*.fmt")) == [form]
    shutil.rmtree(cache)
    cache.write_text("no folder")  # nothing can be kept here
    without = engines.compile(document(*blocks), HOMEWORK, "latex")
    assert first == again == without


@pytest.mark.parametrize("ending", [".fmt", ".json"])
def test_a_damaged_cache_costs_time_only(cache: Path, ending: str) -> None:
    made = engines.compile(document(explained(3)), HOMEWORK, "latex")
    for file in cache.glob(f"*{ending}"):
        file.write_bytes(b'{"main.aux": "\\\\undefined", "main.toc": "", "main.out": ""}')
    assert engines.compile(document(explained(3)), HOMEWORK, "latex") == made


def test_a_format_is_made_anew_when_a_package_has_changed(cache: Path, tmp_path: Path) -> None:
    source = f"\\documentclass{{article}}\\usepackage{{calc}}\n{preamble.MARK}\n"
    program = str(shutil.which("pdflatex"))
    form = preamble.format_of(source, program, {})
    assert form is not None
    form.write_bytes(b"old")
    assert preamble.format_of(source, program, {}) == form and form.read_bytes() == b"old"
    inputs = kept.load(form.stem)
    name = next(name for name in inputs if name.endswith("calc.sty"))
    kept.save(form.stem, {**inputs, name: 1})
    assert preamble.format_of(source, program, {}) == form and form.read_bytes() != b"old"
    assert preamble.format_of("\\documentclass{article}", program, {}) is None
    assert preamble.format_of(f"\\nonsense\n{preamble.MARK}", program, {}) is None


def test_two_builds_at_once_share_a_cache(cache: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda _: engines.compile(document(explained(4)), HANDOUT, "latex"), range(2)))
    assert made[0] == made[1] and len(list(cache.iterdir())) == 3


def test_the_line_of_the_report_is_found(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="two superscripts stand at one symbol") as caught:
        engines.compile(document(Here(3), explained(2), Here(17), Equation("a^2^3", "#a"), Here(30)), HOMEWORK, "latex")
    assert caught.value.line == 17
    report = tmp_path / "homework.md"
    front = "title: T\ntemplate: mine\nnetworks: {n: {forward: z = w x, data: x}}"
    report.write_text(f"---\n{front}\n---\n# One\n\n{{{{ n.forward }}}}\n\nThen $a^2^3$ holds.\n")
    own_look(tmp_path, '<% extends "homework/template.tex" %>')
    with pytest.raises(Fault) as caught:
        build(report, tmp_path / "out", ("pdf",), "latex")
    assert "homework.md:8:1" in str(caught.value) and "{{ n.forward }}" in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("tex", "title", "more"),
    [
        (r"\foo bar", r"TeX does not know the command \\foo", r"l\.\d+ \\foo"),
        ("}", "a bracket is not closed", ""),
        (r"\includegraphics{none.png}", "TeX finds no file none.png", ""),
        (r"\input{/etc/passwd}", "no file /etc/passwd", ""),
        (
            r"<% endblock %><% block measures %>]{geometry}\usepackage{nosuchpackage}\usepackage[",
            "the LaTeX package nosuchpackage is not installed",
            "tlmgr install nosuchpackage.*--engine typst",
        ),
    ],
)
def test_what_tex_says_in_plain_words(tmp_path: Path, tex: str, title: str, more: str) -> None:
    look = own_look(tmp_path, f'<% extends "homework/template.tex" %>\n<% block head %>{tex}<% endblock %>')
    with pytest.raises(Fault, match=title) as caught:
        engines.compile(document(), look, "latex")
    assert re.search(more, str(caught.value), re.DOTALL)


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("LaTeX Error: Environment foo undefined.", "TeX does not know the environment foo"),
        ("Missing $ inserted.", "a sign that only mathematics knows stands in the text"),
        ("Misplaced alignment tab character &.", "an & stands where no columns are"),
        ("Dimension too large.", "a length is too large for TeX"),
        ("LaTeX Error: Unicode character 😀 (U+1F600)", "TeX has no sign for the character 😀"),
        ("TeX capacity exceeded, sorry [main memory size=5000000].", "the document is too large for TeX"),
        ("Something new.", "TeX stopped: Something new"),
    ],
)
def test_a_log_is_read(said: str, title: str) -> None:
    source = "\n".join(["", "% line 4", "", "% line 9", "x", "% line 12"])
    log = f"(./main.tex\n./main.tex:5: {said}\n\nSee the LaTeX manual.\n ...\n\nl.5 x\n      y\n"
    made = tex_log.fault("pdflatex", log, source)
    assert (made.title, made.line, made.reason) == (title, 9, f"pdflatex says: {said}\nl.5 x")
    assert tex_log.fault("pdflatex", "no error is named", source).title == "pdflatex failed"


def test_a_run_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SECONDS", 1.0)
    with pytest.raises(Fault, match="pdflatex did not finish in 1 seconds"):
        engines.compile(document(), own_look(tmp_path, r"\def\x{\x}\x <<body>>"), "latex")
    program = tmp_path / "bin" / "pdflatex"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nsleep 100 &\necho $! > {tmp_path}/child\nwait\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    with pytest.raises(Fault, match="did not finish"):
        engines.compile(document(), own_look(tmp_path, "<<body>>"), "latex")
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 5
    while _lives(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(child)


def _lives(process: int) -> bool:
    state = Path(f"/proc/{process}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_lualatex_serves_where_there_is_no_pdflatex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = shutil.which("lualatex")
    if program is None:
        pytest.skip("there is no lualatex")
    (tmp_path / "lualatex").symlink_to(program)
    monkeypatch.setenv("PATH", str(tmp_path))
    blocks = (explained(3), Paragraph(("ß ł α → <<",)))
    try:
        made = engines.compile(document(*blocks), HANDOUT, "auto")
    except Fault as fault:
        assert "luaotfload is not installed" in str(fault) and "texlive-luatex" in fault.fix
        return
    assert made == engines.compile(document(*blocks), HANDOUT, "latex") and made.engine == "latex: lualatex"
    assert "ß ł α → <<" in text(pdf(made.pdf).pages[0])


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: str(path.stem))
@pytest.mark.parametrize(("name", "reasons"), [("homework", False), ("homework", True), ("handout", True)])
def test_nothing_of_the_reports_is_overfull(path: Path, name: str, reasons: bool, tmp_path: Path) -> None:
    loaded = report(path)
    loaded = replace(loaded, meta=replace(loaded.meta, template=name), explanations=reasons)
    look = find_look(loaded)
    source, files = latex.write(compose(loaded, look), look)
    for file, content in {**files, "main.tex": source.encode()}.items():
        (tmp_path / file).write_bytes(content)
    made = pdf(engine.run(tmp_path).pdf)
    log = (tmp_path / "main.log").read_text(errors="replace")
    assert (
        "Overfull" not in log
        and "Missing character" not in log
        and 2 <= len(made.pages) <= max(9, 2 * len(loaded.problems))
    )
    fonts = [font.get_object() for page in made.pages for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]
    assert fonts and all("/FontFile" in " ".join(font["/FontDescriptor"]) for font in fonts)


@pytest.mark.parametrize(("look", "left"), [(HANDOUT, 22 + 118 + 6), (HOMEWORK, 25 + 160 - 45)])
def test_reasons_stand_beside_their_rows(look: templates.Look, left: float) -> None:
    (page,) = compiled(explained(8), look=look).pages
    width = float(page.mediabox.width)
    found = [(x, y) for x, y, words in places(page) if words.startswith(("through the", "a product"))]
    assert len(found) == 8 and all(left * MM - 1 < x < width - 50 * MM for x, _ in found)
    rows = [y for x, y, words in places(page) if words == "z" and x < left * MM]
    assert all(any(abs(y - row) < 1 for row in rows) for _, y in found), "level with the first row of the chain"
    texts = [y for x, y, words in places(page) if left * MM - 1 < x and re.search("[a-z]{3}", words)]
    lines = sorted({round(y, 1) for y in texts}, reverse=True)
    assert max(x for x, _, _ in places(page)) < width - 20 * MM
    assert all(above - below > 9 for above, below in pairwise(lines))
    assert "(1)" in text(page)


def test_the_head_of_a_homework_and_of_a_handout() -> None:
    for look in (HOMEWORK, HANDOUT):
        page = compiled(look=look).pages[0]
        for words in ("Deep Learning Exercise 2", "Backpropagation", "A University", "Team Gradient", "Ada, Bob"):
            assert words in text(page), words
        assert "2026-11-20" in text(page) and "due 2026-12-01" in text(page) and "14 points" in text(page)
    bare = text(compiled(look=HANDOUT, meta=Meta("Only a title")).pages[0])
    assert bare == "Only a title 1" or bare == "1 Only a title"


def test_contents_and_bookmarks_have_numbers_titles_points() -> None:
    headings = (
        Heading(1, "1", tuple(pandoc.text("Pen & paper")), "5"),
        Heading(2, "(a)", (), "4"),
        Heading(2, "(b)", (pandoc.formula("h_0"),), "1"),
        Heading(1, "2", ()),
    )
    made = compiled(*headings, meta=replace(META, toc=True))
    assert len(made.pages) == 2 and "Contents" in text(made.pages[0]) and "Contents" not in text(made.pages[1])
    for words in ("1 Pen & paper (5 points)", "(a) (4 points)", "Problem 2"):
        assert words in text(made.pages[0]), words
    assert "1 Pen & paper (5 points)" in text(made.pages[1])
    marks = [mark.title for mark in made.outline if not isinstance(mark, list)]
    assert marks == ["1 Pen & paper (5 points)", "Problem 2"]
    parts = made.outline[1]
    assert isinstance(parts, list) and [mark.title for mark in parts][:1] == ["(a) (4 points)"]
    assert "Contents" not in text(compiled(*headings).pages[0])


def test_paper_is_a4_or_letter_and_the_line_the_same() -> None:
    sizes = {}
    for paper in ("a4", "letter"):
        page = compiled(Paragraph(("x " * 300,)), meta=replace(META, paper=paper)).pages[0]
        sizes[paper] = (round(float(page.mediabox.width)), round(float(page.mediabox.height)))
        assert len([words for _, _, words in places(page) if words.startswith("x x x")]) >= 4
    assert sizes == {"a4": (595, 842), "letter": (612, 792)}


def test_room_for_an_answer_goes_to_the_next_page_as_a_whole() -> None:
    questions = [block for i in range(3) for block in (Paragraph((f"Question {i}",)), Room(14))]
    made = compiled(*questions)
    assert [text(page)[: text(page).find("/")][-2:].strip() for page in made.pages] == ["1", "2", "3"]
    assert all(f"Question {i}" in text(page) for i, page in enumerate(made.pages))
    assert len(compiled(Room(25), look=HANDOUT).pages) == 2


def test_captions_bring_their_own_numbers() -> None:
    picture = Image("dot.png", _dot())
    rows = tuple((str(i), "value") for i in range(60))
    blocks = (
        Figure(picture, "a dot", ("Nothing.",), "20%", number="Figure 7"),
        Table((("n",), ("x",)), ((("1",), ("2",)),), "lr", ("Short.",), number="Table 3"),
        Table((("n",), ("head",)), tuple(((a,), (b,)) for a, b in rows), "lr", ("Long.",), number="Table 4"),
    )
    made = compiled(*blocks)
    first = text(made.pages[0])
    assert "Figure 7: Nothing." in first and "Table 3: Short." in first and "Table 4: Long." in first
    assert len(made.pages) >= 2 and all("head" in text(page) for page in made.pages)
    assert len(compiled(Figure(Image("high.png", _dot(4000)), "a line")).pages) == 2, "as high as a page at most"


def _dot(height: int = 1) -> bytes:
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0\0" * height))
        + chunk(b"IEND", b"")
    )


def test_a_wide_table_of_a_handout_uses_the_margin() -> None:
    header = tuple((f"learning rate {i}",) for i in range(6))
    table = Table(header, (tuple((f"{i}.123456",) for i in range(6)),), "rrrrrr")
    (page,) = compiled(table, look=HANDOUT).pages
    assert max(x for x, _, _ in places(page)) > (22 + 118) * MM


@pytest.mark.parametrize(
    ("tex", "message", "place"),
    [
        ("a\n  <<nothing>>", "`nothing`", "template.tex:2:5"),
        ("a\n\nb <<meta.titel>> c", "did you mean title", "template.tex:3:10"),
        ("a\n<% if %>", "a mistake in a template", "template.tex:2:1"),
        ("<% extends 'no/such.tex' %>", "no template no/such.tex", "template.tex:1:1"),
        ("a\n<< 1/0 >>", "division by zero", "template.tex:2:1"),
        ("<% extends 'mine/template.tex' %>", "recursion", "template.tex:1:1"),
        ("<< meta.__class__ >>", "unsafe", "template.tex:1:1"),
        (
            '<% extends "handout/template.tex" %>\n<% block head %>\n<<foo>>\n<% endblock %>',
            "`foo`",
            "template.tex:3:3",
        ),
    ],
)
def test_a_mistake_in_a_template_is_shown_at_its_line(tmp_path: Path, tex: str, message: str, place: str) -> None:
    look = own_look(tmp_path, tex)
    with pytest.raises(Fault, match=message) as caught:
        latex.write(document(), look)
    assert f"{Path('mine') / place}" in str(caught.value)


def test_an_own_look_changes_a_part_of_another(tmp_path: Path) -> None:
    look = own_look(
        tmp_path, '<% extends "homework/template.tex" %><% block head %>\\textbf{<<meta.title>>!}<% endblock %>'
    )
    assert text(compiled(look=look, meta=Meta("50 %")).pages[0]) == "50 %! 1 / 1"


def test_what_looks_share_is_no_look() -> None:
    assert templates.names() == ["handout", "homework"]
    with pytest.raises(Fault, match="no template is called"):
        templates.find("_shared")


@pytest.mark.skipif("DERIVE_TEST_ALL" not in os.environ, reason="only where everything is to be tested")
def test_there_is_a_tex_to_test_with() -> None:
    assert shutil.which("pdflatex"), "the tests of the LaTeX engine would be left out"
