"""The writers and engines: what stands in the .tex, in the Typst source and in the PDF."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pypdf
import pytest

from derive import engines
from derive.document import (
    Aligned,
    Chain,
    Document,
    Drawing,
    Figure,
    Heading,
    Link,
    Mark,
    Math,
    Meta,
    Note,
    Paragraph,
    Table,
)
from derive.errors import Fault
from derive.pandoc_binary import pandoc_path
from derive.writers import WRITERS, latex, pandoc, templates, typst
from derive.writers.chains import LINE, rows, spread
from derive.writers.formulas import fenced
from derive.writers.measure import join, measure, read

LOOK = templates.find("homework")
HAS_TEX = shutil.which("pdflatex") is not None
INSTALLED = [name for name, engine in engines.ENGINES.items() if engine.present()]
HOSTILE = r"100 % & # _ $ ~ ^ \ < > @ * [x] {y} \input{/etc/passwd} #read('x')"
SIGN = r"\text{sign}(y - \hat{y})"
PROSE = r"""
Inline $u(x) = \begin{cases} 1, & \text{if } x > 0 \\ 0, & \text{otherwise} \end{cases}$ and 100 \% & # \_ \$ \~ α → β.

- item with $x^2$ and `code_1`
    1. nested

| name | value |
|:-----|------:|
| a    |   1.5 |
"""

GRAPH = Drawing(
    (Mark(0, 0, "x", "leaf"), Mark(1, 0, r"\hat{y}", "node", "1", "2")),
    (((0.0, 0.0), (1.0, 0.0)),),
)


def markdown(text: str) -> list[Any]:
    command = [pandoc_path(), "-f", "markdown", "-t", "json"]
    blocks: list[Any] = json.loads(subprocess.run(command, input=text.encode(), capture_output=True).stdout)["blocks"]
    return blocks


def chain(left: str, *sides: str, boxed: bool = False, label: str = "") -> Chain:
    return Chain(left, tuple(Link("=", side) for side in sides), boxed, label)


def part(above: str, below: str) -> str:
    return rf"\frac{{\partial {above}}}{{\partial {below}}}"


L = r"\mathcal{L}"
BACKWARD = Aligned(
    (
        chain(part(L, r"\hat{y}"), f"-{SIGN}"),
        chain(
            part(L, "h_0"),
            f"{part(L, 'z_1')} {part('z_1', 'h_0')} + {part(L, 'z_2')} {part('z_2', 'h_0')}",
            rf"-{SIGN} \omega_2 u(z_1) \omega_1 - {SIGN} \omega_s",
            rf"-{SIGN} (\omega_2 u(z_1) \omega_1 + \omega_s)",
        ),
        chain(
            part(L, "w"), r"1 \cdot 0.5 \cdot (-0.25) \cdot 0.125 \cdot 0.75 \cdot 2 \cdot |-3.375|", "7", boxed=True
        ),
    )
)
SUMS = [" + ".join(rf"\left( w_{{{i}}} x_{{{i}}} + b_{{{i}}} \right)" for i in range(n)) for n in (3, 12, 40)]
PRODUCTS = [r" \cdot ".join(part(f"z_{{{i}}}", f"z_{{{i + 1}}}") for i in range(n)) for n in (3, 21, 50)]
FACTORS = [" ".join(rf"\omega_{{{i}}} u(z_{{{i}}})" for i in range(n)) for n in (5, 30)]
NESTED = [r"\left( " + " + ".join(f"a_{{{i}}}" for i in range(60)) + r" \right)^{2}"]
WIDE = [*SUMS, *PRODUCTS, *FACTORS, *NESTED]


def sample(title: str = "Deep Learning Exercise 2", *more: Any) -> Document:
    table = Table(
        (("step",), (Math(r"\omega_0"),)), ((("0",), ("0.5",)), (("1",), ("−0.25",))), "lr", ("Two steps",), "Table 1"
    )
    body = [
        Heading(1, "1", (), "4", "first"),
        Note("Convention", ("Logarithms are natural, ", Math("u(0) = 0"), f"; {HOSTILE}.")),
        Heading(2, "(a)", tuple(pandoc.text("Backward propagation")), "1"),
        Paragraph(("From the loss ", Math(L), " back.")),
        BACKWARD,
        *markdown(PROSE),
        Heading(1, "2", tuple(pandoc.text("Numbers"))),
        table,
        Figure(
            GRAPH,
            "a grey & black box",
            ("A picture.",),
            number="Figure 1",
        ),
        {"t": "BulletList", "c": [[Aligned((chain("y", *WIDE[:2]),))]]},
        Aligned((chain("y", *WIDE),)),
        *more,
    ]
    meta = Meta(title, "A subtitle", "The course", "The university", ("Ada & Bob_", "Eve"), "2026-11-20")
    return Document(meta, body, ("Certified at 20 points, error ", Math("10^{-29}"), "."))


def pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def simple(*blocks: Any) -> Document:
    return Document(Meta("T"), list(blocks))


@pytest.mark.parametrize("side", WIDE)
@pytest.mark.parametrize("line", [LINE, LINE - 7.5])
def test_no_row_is_wider_than_the_line(side: str, line: float) -> None:
    made = rows(Aligned((chain("y", side, "1", boxed=True),)), line)
    for row in made:
        assert measure(row.left) + measure(row.right) + row.continued <= line + 0.01
    assert r"\boxed{1}" in made[-1].right


def test_a_row_takes_what_fits_and_breaks_before_a_relation() -> None:
    made = rows(Aligned((chain("y", "a", "b", *["c + d + e + f + g"] * 5),)))
    assert made[0].left == "y" and made[0].right.startswith("= a = b = c")
    assert all(row.right.startswith("= ") and not row.left and not row.continued for row in made[1:])


def test_a_side_breaks_at_sums_first_and_never_inside_brackets() -> None:
    made = rows(Aligned((chain("y", SUMS[1]),)))
    assert all(row.right.startswith("+ ") and row.continued for row in made[1:])
    assert all(row.right.count(r"\left") == row.right.count(r"\right") for row in made)
    products = rows(Aligned((chain("y", FACTORS[1]),)))
    assert all(row.right.startswith(r"\cdot ") for row in products[1:])
    assert not any(row.right.endswith("u") for row in products)


def test_a_summand_that_takes_several_rows_begins_one() -> None:
    long = r"\left( " + " + ".join(f"a_{{{i}}} b" for i in range(30)) + r" \right) C"
    made = rows(Aligned((chain("y", f"x + {long}"),)))
    assert made[0].right == "= x" and made[1].right.startswith("+ ") and any(row.torn for row in made)
    assert not any(row.torn for row in rows(Aligned((chain("y", SUMS[1]),))))


@pytest.mark.parametrize("line", [LINE, LINE - 7.5])
def test_a_result_on_several_lines_has_one_frame(line: float) -> None:
    (row,) = rows(Aligned((chain("y", SUMS[1], boxed=True),)), line)
    assert row.right.startswith(r"= \boxed{\begin{aligned} & \left(") and row.right.count(r"\boxed") == 1
    assert row.right.count(r"\\ & \quad {} +") >= 1 and measure(row.left) + measure(row.right) <= line + 0.01


def test_what_does_not_fit_takes_the_margin_too() -> None:
    product = " ".join(rf"\left( a_{{{i}}} + b \right)" for i in range(7))
    made, wide = spread(Aligned((chain("y", product),)), 29, 10.5)
    assert wide == 39.5 and len(made) == 1
    assert spread(Aligned((chain("y", product),)), 29, 0)[1] == 29
    assert spread(Aligned((chain("y", "a + b"),)), 29, 10.5)[1] == 29
    assert spread(Aligned((chain("y", SUMS[1]),)), 29, 10.5)[1] == 29, "sums may break"


def test_no_page_ends_in_a_few_rows_or_behind_the_first() -> None:
    few = WRITERS["tex"](simple(Aligned(tuple(chain(name, "1") for name in "abcd"))), LOOK)[0]
    assert few.count(r"\\*") == 3
    many = Aligned(tuple(chain(part(L, name), "1") for name in "abcdefgh"))
    breaks = [line[-9:] for line in WRITERS["tex"](simple(many), LOOK)[0].splitlines() if "&= 1" in line]
    assert [r"\\*" in line for line in breaks] == [True, *[False] * 5, True, False]


def test_a_paragraph_with_matrices_is_ragged() -> None:
    text = Paragraph(("Given is ", Math(r"A = \begin{pmatrix} 1 & 2 \end{pmatrix}"), "."))
    tex, typ = (WRITERS[kind](simple(text), LOOK)[0] for kind in ("tex", "typ"))
    assert r"{\matrices Given is \({A = " in tex and "#matrices[Given is #whole[" in typ
    plain = simple(Paragraph(("Given is ", Math("a = 1"), ".")))
    assert r"{\matrices" not in WRITERS["tex"](plain, LOOK)[0]


def test_shapes_stand_below_in_typst_too() -> None:
    under = chain(r"\underset{\,n \times d\,}{X^{(1)}}", r"\underset{m}{\hat{y}} \operatorname{diag}(s)")
    typ = WRITERS["typ"](simple(Aligned((under,))), LOOK)[0]
    assert "under(X^" in typ and "under(hat(y), m)" in typ and '#math.op("diag")' in typ


def test_a_wide_left_side_has_a_row_of_its_own() -> None:
    made = rows(Aligned((chain(" + ".join(["a_1"] * 15), "b"), chain("c", "d"))))
    assert [row.left for row in made] == ["", "", "c"] and made[1].right == "= b"


@pytest.mark.parametrize(
    "source", [*WIDE, SIGN, r"\sqrt[3]{x}^2 |a|_1", "0{,}5", r"\frac12 { } ^ ", r"\left( x", "}{", r"\begin{"]
)
def test_reading_a_formula_keeps_its_source(source: str) -> None:
    assert join(read(source)) == source


def test_bars_become_fences_only_in_pairs() -> None:
    assert fenced("|-3| + |a|") == r"\left|-3\right| + \left|a\right|"
    for left in ("p(x | z) q(y | z)", r"\left| a \right|", r"\|a\|", "|a & b|"):
        assert fenced(left) == left


@pytest.mark.parametrize("engine", INSTALLED)
def test_the_pdf_says_everything(engine: str) -> None:
    pdf, taken, _ = engines.compile(sample(), LOOK, engine)
    text = " ".join("\n".join(pages(pdf)).replace("-\n", "").replace("/\n", "/").split())
    assert taken.split(":")[0] == engine
    for words in (
        "Problem 1",
        "(4 points)",
        "(1 point)",
        "2 Numbers",
        "Convention.",
        "Ada & Bob",
        "Certified",
        "2026-11-20",
    ):
        assert words in text, words
    for words in (
        "100 %",
        r"\input{/etc/passwd}",
        "Table 1: Two steps",
        "Figure 1: A picture.",
        "The university",
        "1 / ",
    ):
        assert words in text, words
    assert "$$" not in text and "frac" not in text
    assert pypdf.PdfReader(io.BytesIO(pdf)).metadata.title == "Deep Learning Exercise 2"  # type: ignore[union-attr]


@pytest.mark.parametrize("engine", INSTALLED)
@pytest.mark.parametrize("title", [r"\input{/etc/passwd}", '#read("x")', '"); #panic() //', r"a % $x$ ~ \\ << >>"])
def test_a_hostile_title_is_printed(engine: str, title: str) -> None:
    document = Document(Meta(title, authors=(title,)), [Heading(1, "1", tuple(pandoc.text(title)))])
    pdf = engines.compile(document, LOOK, engine).pdf
    assert " ".join(pages(pdf)[0].split()).count(title) == 3
    assert pypdf.PdfReader(io.BytesIO(pdf)).metadata.title == title  # type: ignore[union-attr]


@pytest.mark.parametrize("engine", INSTALLED)
def test_the_same_input_gives_the_same_bytes(engine: str) -> None:
    assert engines.compile(sample(), LOOK, engine) == engines.compile(sample(), LOOK, engine)


@pytest.mark.parametrize("engine", INSTALLED)
def test_a_long_chain_goes_on_over_the_pages(engine: str) -> None:
    long = Aligned((chain("a", *(rf"\frac{{{i}}}{{2}} + {' + '.join(['x_1'] * 16)}" for i in range(80))),))
    found = pages(engines.compile(simple(long), LOOK, engine)[0])
    assert len(found) >= 3 and all(text.count("=") > 8 for text in found[:-1])
    assert sum(text.count("=") for text in found) == 80


def test_the_tex_is_complete_and_fits_its_line(tmp_path: Path) -> None:
    source, files = latex.write(sample(), LOOK)
    assert source.startswith(r"\documentclass") and r"\begin{align*}" in source and "aligned" not in source
    assert r"\input{" not in source and list(files) == ["report-figure-1.pdf"]
    if HAS_TEX:
        for name, content in {**files, "main.tex": source.encode()}.items():
            (tmp_path / name).write_bytes(content)
        engines.ENGINES["latex"].run(tmp_path)
        assert r"Overfull \hbox" not in (tmp_path / "main.log").read_text(errors="replace")


def test_typst_brings_its_pictures_and_their_texts() -> None:
    source, files = typst.write(sample(), LOOK)
    assert files["report-figure-1.svg"].startswith(b"<svg") and 'alt: "a grey & black box"' in source


def test_typst_sets_words_close_and_keeps_displays() -> None:
    source, _ = typst.write(
        simple(*markdown(r"$$\text{sign}(x) = -\text{sign}(y), \text{if } x \in W_{\text{out}}$$")), LOOK
    )
    assert '$ #math.upright("sign");\\( x' in source and '-#math.upright("sign");' in source
    assert 'W_(#math.upright("out");)' in source or 'W_#math.upright("out")' in source
    assert engines.compile(simple(*markdown(r"$W_{\text{out}}^2 + \text{ab}_1.\text{cd}$")), LOOK, "typst")


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("formula", [r"a \notag b", r"\input{x}", r"x ^^5cinput{y}", r"\newcommand{\x}{1} \x"])
def test_an_unreadable_formula_is_named(name: str, formula: str) -> None:
    for block in (Paragraph((Math(formula),)), Note("N", (Math(formula),)), Aligned((chain("y", formula),))):
        with pytest.raises(Fault, match="formula") as caught:
            WRITERS[name](simple(block), LOOK)
        assert formula.split()[0][:6] in str(caught.value)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    "text", [r"\input{x}", "a <b>c</b>", "```{=typst}\n#read\n```", "> - a `x`{=latex}", "![a](b.png)"]
)
def test_raw_code_and_pictures_in_the_prose_are_refused(name: str, text: str) -> None:
    with pytest.raises(Fault, match="cannot stand in the text"):
        WRITERS[name](simple(*markdown(text)), LOOK)


def test_attributes_are_not_code() -> None:
    source, _ = typst.write(simple(*markdown('::: {.a typst:fill="read(1)" typst:text:size="x"}\nx\n:::\n')), LOOK)
    assert "read(1)" not in source


@pytest.mark.parametrize("engine", INSTALLED)
def test_every_character_compiles(engine: str) -> None:
    text = "α Ω ς ϵ ∂ − → ⊙ ℝ é ß ł “x” … 😀 日 ☐ 𝔼 ‑ \u00a0 \u0301"
    assert "é" in pages(engines.compile(simple(Paragraph((text,)), *markdown(text)), LOOK, engine)[0])[0]


def test_an_unknown_template_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="did you mean homework") as caught:
        templates.find("homewrok")
    assert "homework" in caught.value.expected
    with pytest.raises(Fault):
        templates.find("../templates/homework")


def test_the_users_template_comes_first_and_may_borrow(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "homework"
    folder.mkdir(parents=True)
    (folder / "template.tex").write_text("<<meta.title>>|<<body>>|<<closing>>")
    look = templates.find("homework", tmp_path)
    assert latex.write(Document(Meta("50 %"), [Paragraph(("x_1",))]), look)[0] == r"50 \%|x\_1|"
    assert "#set page" in typst.write(simple(), look)[0]
    (folder / "template.tex").write_text("<<nothing>>")
    with pytest.raises(Fault, match="nothing"):
        latex.write(simple(), look)


def test_engines_are_chosen_and_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Fault, match="did you mean typst"):
        engines.compile(simple(), LOOK, "tpyst")
    monkeypatch.setenv("PATH", "")
    assert engines.compile(simple(), LOOK, "auto")[1] == "typst"
    with pytest.raises(Fault, match="not installed"):
        engines.compile(simple(), LOOK, "latex")


@pytest.mark.parametrize(("engine", "file"), [("typst", "template.typ"), ("latex", "template.tex")])
def test_a_failing_run_is_a_fault_with_the_log(tmp_path: Path, engine: str, file: str) -> None:
    (tmp_path / "templates" / "broken").mkdir(parents=True)
    (tmp_path / "templates" / "broken" / file).write_text(r"\undefined #undefined")
    if engine in INSTALLED:
        with pytest.raises(Fault, match=re.compile("does not know .*ndefined|failed.*unknown", re.DOTALL)):
            engines.compile(simple(), templates.find("broken", tmp_path), engine)
