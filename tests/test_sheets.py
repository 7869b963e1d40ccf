"""What a sheet is made of beyond derivations: points, names, own pictures, room for answers, reasons, notes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from derive.build import compose, find_look
from derive.document import Aligned, Equation, Figure, Heading, Here, Image, Room, Table
from derive.errors import Fault
from derive.report import load

FRONT = r"""---
title: Exercise
{settings}
networks:
  net:
    forward: |
      z = w x
      h = \sigma(z)
      q = v h
      L = (q - y)^2
    data: x, y
    values: x = 1, y = 2, w = 0.5, v = 3
    update: {{rule: sgd, learning_rate: \eta = 0.1}}
---
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="20" height="10" fill="red"/></svg>'
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
Blocks = Callable[..., list[Any]]


@pytest.fixture
def report(tmp_path: Path) -> Callable[..., Path]:
    def write(body: str, settings: str = "") -> Path:
        path = tmp_path / "sheet.md"
        path.write_text(FRONT.format(settings=settings) + body, encoding="utf-8")
        return path

    return write


@pytest.fixture
def document(report: Callable[..., Path]) -> Callable[..., Any]:
    def made(body: str, settings: str = "", statement: bool = False) -> Any:
        loaded = load(report(body, settings))
        return compose(loaded, find_look(loaded), statement)

    return made


def of_kind(document: Any, kind: type) -> list[Any]:
    return [block for block in document.body if isinstance(block, kind)]


def text_of(document: Any) -> str:
    """Return the words of the paragraphs of a document."""
    words: list[str] = []

    def walk(tree: Any) -> None:
        match tree:
            case {"t": "Str", "c": text}:
                words.append(text)
            case dict():
                walk(list(tree.values()))
            case list():
                for item in tree:
                    walk(item)

    walk(document.body)
    return " ".join(words)


# -------------------------------------------------------------------------------------------------- points


@pytest.mark.parametrize(
    ("body", "points", "total"),
    [
        ("# A {points=4}\n\n# B {points=2.5}\n", ["4", "2.5"], "6.5"),
        ("# A\n\n## a {points=1}\n\n## b {points=2}\n\n# B {points=3}\n", ["3", "1", "2", "3"], "6"),
        ("# A {points=3}\n\n## a {points=1}\n\n## b\n\n### i {points=0.5}\n\n### ii {points=1.5}\n", None, "3"),
        ("# A\n\n# B\n", ["", ""], ""),
        ("# A\n\n## a {points=2}\n\n::: solution\n## b {points=1}\n:::\n", ["3", "2", "1"], "3"),
        ("## a {points=2}\n\n# A\n\n## b {points=3}\n", ["2", "3", "3"], "5"),
    ],
)
def test_points_add_up(document: Callable[..., Any], body: str, points: list[str] | None, total: str) -> None:
    made = document(body)
    assert made.meta.points == total
    assert points is None or [h.points for h in of_kind(made, Heading)] == points


def test_both_sheets_have_the_same_points(document: Callable[..., Any]) -> None:
    body = "# A\n\n## a {points=2}\n\n::: solution\n### i {points=1}\n\n### ii {points=1}\n:::\n\n## b {points=3}\n"
    assert document(body).meta.points == document(body, statement=True).meta.points == "5"


def test_points_that_do_not_add_up(document: Callable[..., Any]) -> None:
    with pytest.raises(Fault, match="4 points for this heading, but 1 \\+ 2 = 3 for its parts") as caught:
        document("# A {points=4}\n\n## a {points=1}\n\n## b {points=2}\n")
    assert caught.value.span is not None and caught.value.span.text == "# A {points=4}"
    assert caught.value.fix == "points=3"


def test_the_place_of_wrong_points_is_that_heading(document: Callable[..., Any]) -> None:
    with pytest.raises(Fault) as caught:
        document("# A {points=1}\n\n## a {points=1}\n\n# B {points=1}\n\n## a {points=2}\n")
    assert caught.value.span is not None and caught.value.span.text == "# B {points=1}"


# ------------------------------------------------------------------------------------------- names, references


def test_own_names(document: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "net.svg").write_text(SVG)
    made = document(
        "# Setup {#setup}\n\n$$a = {{ net.h }}$$ {#ours}\n\n![The $w$ net](net.svg){#net width=40%}\n\n"
        '{{ net.gradients(caption="All.", label="all") }}\n\n{{ net.backward }}\n\n'
        'See {{ ref("ours") }} and {{ ref("net") }} and {{ ref("all") }} and {{ ref("#setup") }} '
        'and {{ net.ref("w") }}.\n'
    )
    assert "See (1) and Figure 1 and Table 1 and 1 and (2)" in text_of(made).replace(" .", ".")
    (equation,), (figure,), (table,) = of_kind(made, Equation), of_kind(made, Figure), of_kind(made, Table)
    assert (equation.label, figure.number, table.number) == ("1", "Figure 1", "Table 1")
    assert equation.latex.startswith("a = 0.62") and figure.picture == Image("net.svg", SVG.encode())
    assert figure.width == "40%" and figure.alt == "The w net"
    labels = [chain.label for block in of_kind(made, Aligned) for chain in block.chains]
    assert labels.count("2") == 1 and set(labels) == {"", "2"}


def test_only_captions_count(document: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    made = document('{{ net.graph }}\n\n{{ net.graph(caption="A.") }}\n\n![](a.png){alt="dot"}\n\n![B.](a.png)\n')
    assert [f.number for f in of_kind(made, Figure)] == ["", "Figure 1", "Figure 2"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{{ ref("ours") }}\n\n$$a$$ {#our}\n', ("nothing is called `#ours`", "did you mean our?")),
        ("$$a$$ {#x}\n\n$$b$$ {#x}\n", ("`#x` is given twice", "sheet.md:17")),
        ("# A {#x}\n\n$$b$$ {#x}\n", ("`#x` is given twice",)),
        ('{{ net.ref("w") }}\n', ("no block shows the equation",)),
        ("{{ ref() }}\n", ("`ref` takes one name",)),
    ],
)
def test_names_twice_or_missing(derive: Callable[..., Any], report: Any, body: str, words: tuple[str, ...]) -> None:
    run = derive("build", report(body), "--to", "tex")
    assert run.code == 1
    assert all(word in run.err for word in (*words, "sheet.md:")), run.err


# ------------------------------------------------------------------------------------------------- own pictures


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("![a](no.svg)", ("cannot read the picture `no.svg`", "No such file")),
        ("![a](../secret.svg)", ("does not lie in the folder of the report",)),
        ("![a](/etc/passwd.png)", ("does not lie in the folder of the report",)),
        ("![a](https://example.org/a.png)", ("nothing is loaded from a network",)),
        ("![a](sheet.md)", ("is no picture that can be set", "svg, pdf, png")),
    ],
)
def test_pictures_that_cannot_be_read(
    derive: Callable[..., Any], report: Any, body: str, words: tuple[str, ...]
) -> None:
    run = derive("build", report(body), "--to", "tex")
    assert run.code == 1
    assert all(word in run.err for word in (*words, "sheet.md:15")), run.err


def test_a_damaged_picture_is_named(derive: Callable[..., Any], report: Any, tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text("<svg no")
    run = derive("build", report("![a](a.svg)"), "--to", "tex,pdf")
    assert run.code == 1 and "a.svg" in run.err and not (tmp_path / "build").exists()


# -------------------------------------------------------------------------------------------------- the sheets


def test_room_for_answers(document: Callable[..., Any]) -> None:
    body = "::: solution\na\n:::\n\n::: {.solution space=80mm}\nb\n:::\n\n::: {.solution space=0cm}\nc\n:::\n"
    assert of_kind(document(body, "answer_space: 2in"), Room) == []
    assert of_kind(document(body, "answer_space: 2in", statement=True), Room) == [Room(5.08), Room(8.0)]
    assert of_kind(document(body, statement=True), Room) == [Room(8.0)]


@pytest.mark.parametrize(
    ("body", "settings", "words"),
    [
        ("::: {.solution space=9furlongs}\na\n:::\n", "", "`9furlongs` is no height"),
        ("a", "answer_space: much", "`answer_space` is a height"),
        ("a", "answer_space: 60cm", "`answer_space` is a height"),
        ("a", "paper: a5", "no paper is called `a5`"),
        ("a", "toc: maybe", "`toc` is true or false"),
        ("a", "explanations: 2", "`explanations` is true or false"),
    ],
)
def test_settings_that_mean_nothing(document: Callable[..., Any], body: str, settings: str, words: str) -> None:
    with pytest.raises(Fault, match=words) as caught:
        document(body, settings, statement=True)
    assert caught.value.span is not None


def test_hints_stand_on_the_problem_sheet_only(document: Callable[..., Any]) -> None:
    body = "::: hint\nLook.\n:::\n\n::: solution\nFound.\n:::\n"
    assert (text_of(document(body)), text_of(document(body, statement=True))) == ("Found.", "Hint. Look.")


def test_pictures_can_be_left_out(document: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    body = "{{ net.graph }}\n\n![own](a.png)\n"
    assert len(of_kind(document(body), Figure)) == 2
    (left,) = of_kind(document(body, "pictures: false"), Figure)
    assert isinstance(left.picture, Image)


def test_every_derived_block_knows_its_line(document: Callable[..., Any]) -> None:
    made = document("one\n\n{{ net.forward }}\n\n- {{ net.backward }}\n")
    assert [block.line for block in of_kind(made, Here)] == [17]
    assert "Here(line=19)" in repr(made.body)


# -------------------------------------------------------------------------------------------------- the reasons


def reasons(document: Any) -> list[tuple[Any, ...]]:
    return [chain.why for block in of_kind(document, Aligned) for chain in block.chains if chain.why]


def test_reasons_are_set_where_they_are_wanted(document: Callable[..., Any]) -> None:
    assert not reasons(document("{{ net.backward }}"))
    assert reasons(document("{{ net.backward }}", "explanations: true"))
    assert reasons(document("{{ net.backward(explain=true) }}"))
    assert not reasons(document("{{ net.backward(explain=false) }}", "explanations: true"))
    assert not reasons(document("{{ net.backward(numbers=true) }}", "explanations: true"))


def test_the_handout_explains(document: Callable[..., Any]) -> None:
    assert reasons(document("{{ net.backward }}", "template: handout"))
    assert not reasons(document("{{ net.backward }}", "template: handout\nexplanations: false"))


# ---------------------------------------------------------------------------------------- tables, paths, notes


def test_the_ratio_to_the_next_layer(document: Callable[..., Any]) -> None:
    (table,) = of_kind(document("{{ net.gradients }}"), Table)
    assert table.header[-1] == ("ratio to the next layer",)
    w, v = (row[-1] for row in table.rows)
    assert v == ("–",) and float(w[0].latex) == pytest.approx(3 * (1 - 0.6224593), rel=1e-3)
    (plain,) = of_kind(document("{{ net.gradients(ratio=false) }}"), Table)
    assert len(plain.header) == 3


def test_the_build_names_the_steps_that_no_block_shows(derive: Callable[..., Any], report: Any) -> None:
    run = derive("build", report('{{ net.forward }}\n\n{{ net.backward(to="h") }}\n'), "--to", "tex")
    assert run.code == 0
    assert "net: no block shows the gradient by z, w" in run.err and "forward" not in run.err
    run = derive("build", report("{{ net.forward }}\n\n{{ net.backward }}\n"), "--to", "tex")
    assert "no block shows" not in run.err
    run = derive("build", report('The loss is {{ net.value("L") }}.\n'), "--to", "tex")
    assert "no block shows" not in run.err, "a network that only serves for numbers"


def test_own_sentences_go_between_steps(derive: Callable[..., Any], report: Any, tmp_path: Path) -> None:
    body = '{{ net.backward(to="v") }}\n\nTwo are done.\n\n{{ net.backward(from="h") }}\n'
    run = derive("build", report(body), "--to", "tex")
    tex = (tmp_path / "build" / "sheet.tex").read_text(encoding="utf-8")
    assert run.code == 0 and "the gradient by" not in run.err
    assert tex.index(r"\partial v") < tex.index("Two are done") < tex.index(r"\frac{\partial L}{\partial h} &")


def test_paths_and_local_derivatives(document: Callable[..., Any]) -> None:
    made = document('{{ net.local("h", "z") }}\n\n$p = {{ net.path("w", via="v") }}$\n')
    (block,) = of_kind(made, Aligned)
    assert block.chains[0].left == r"\frac{\partial h}{\partial z}" and block.chains[0].links[-1].latex == "h (1 - h)"
    assert r"2 (q - y) v h (1 - h) x" in repr(made.body)
    with pytest.raises(Fault, match="does not read"):
        document('{{ net.local("h", "v") }}')
    with pytest.raises(Fault, match="no path from v"):
        document('${{ net.path("v", via="z") }}$')


def test_braces_without_the_blank_are_text_and_the_build_says_so(
    derive: Callable[..., Any], report: Any, tmp_path: Path
) -> None:
    run = derive("build", report("Forward: {{net.forward}} and $a_{{x}}$.\n"), "--to", "tex")
    assert run.code == 0
    assert "note: line 15: `{{net.forward}}` is printed as text" in run.err and "`{{ net.forward }}`" in run.err
    assert r"\{\{net.forward\}\}" in (tmp_path / "build" / "sheet.tex").read_text(encoding="utf-8")


def test_gradients_in_the_leaves_alone(document: Callable[..., Any]) -> None:
    (block,) = of_kind(document('{{ net.backward("w", style="expanded") }}'), Aligned)
    *_, last = block.chains[0].links
    assert last.latex == r"2 (v \sigma(w x) - y) v \sigma(w x) (1 - \sigma(w x)) x"
    with pytest.raises(Fault, match="`style` cannot be `matrix`"):
        document('{{ net.backward(style="matrix") }}')


def test_values_side_by_side(document: Callable[..., Any]) -> None:
    (table,) = of_kind(document('{{ compare(net, net, "h", "L", show="values") }}'), Table)
    assert [len(row) for row in table.rows] == [3, 3] and table.header[1] == ("net",)


def test_an_equation_with_a_name_may_stand_in_a_paragraph(document: Callable[..., Any]) -> None:
    made = document('Before\n$$a = b$$ {#one} and\n$$c$$\n{#two} after {{ ref("two") }}.\n')
    assert [e.key for e in of_kind(made, Equation)] == ["#one", "#two"]
    assert text_of(made) == "Before and after (1) ."


def test_attributes_of_pictures(document: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    with pytest.raises(Fault, match="unknown attribute `widht=60%`") as caught:
        document("![a](a.png){widht=60%}\n")
    assert "width" in caught.value.reason and caught.value.span is not None


def test_links_in_a_circle_are_no_picture(document: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "loop.svg").symlink_to("loop.svg")
    with pytest.raises(Fault, match="cannot read the picture"):
        document("![a](loop.svg)\n")


def test_a_ratio_wants_one_parameter_a_layer(document: Callable[..., Any]) -> None:
    with pytest.raises(Fault, match="one layer after the other"):
        document('{{ net.gradients("v", "w", ratio=true) }}')


def test_numbers_with_reasons(document: Callable[..., Any]) -> None:
    assert reasons(document("{{ net.backward(numbers=true, explain=true) }}", "explanations: true"))


SATURATED = r"""---
title: x
networks:
  a:
    forward: z = w x, h = \sigma(z), L = \frac{1}{2} (h - y)^2
    data: x, y
    values: x = 1, y = 1, w = 120
  b: {like: a, values: w = 114}
  zero:
    forward: a = e^{x}, b = e^{y}, s = a + b, p = a / s, q = b / s, L = p + q
    values: x = 0.1, y = 0.7
  one:
    forward: h = \sigma(w x), L = -\log h
    data: x
    values: x = 1, w = 120
  net:
    forward: h = \begin{cases} x & x > 0 \\ 2 x & x \le 0 \end{cases}, L = h^2
    values: x = 1
---
"""


def test_saturated_units_and_zeros_have_their_values(tmp_path: Path) -> None:
    from derive.build import results

    (tmp_path / "r.md").write_text(SATURATED)
    found = results(load(tmp_path / "r.md"))["problems"]
    assert found["a"]["values"]["L"] == pytest.approx(2.9396413491226347e-105, rel=1e-12)
    assert found["a"]["gradients"]["z"]["value"] == pytest.approx(-5.879282698245269e-105, rel=1e-12)
    assert found["b"]["values"]["L"] == pytest.approx(4.784407146231337e-100, rel=1e-12)
    assert found["one"]["values"]["L"] == pytest.approx(7.667648073722e-53, rel=1e-12)
    assert found["zero"]["gradients"]["x"]["value"] == found["zero"]["gradients"]["y"]["value"] == 0
    assert "^2" not in found["net"]["gradients"]["x"]["plain"].replace("h^2", ""), "an indicator is its own square"


def test_a_run_keeps_its_digits(document: Callable[..., Any]) -> None:
    body = r'{{ net.vary("\eta", "0.25", steps="200", show="L", digits="6 significant") }}'
    (table,) = of_kind(document(body), Table)
    assert 0 < float(table.rows[0][-1][0].latex.replace(r" \times 10^{", "e").rstrip("}")) < 1e-10
