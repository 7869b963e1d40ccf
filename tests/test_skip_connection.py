"""reports/skip_connection.md: the solution of the first submission, against formulas written here by hand."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from derive.build import build

NAMES = {
    r"\omega_0": "omega_0",
    r"\omega_1": "omega_1",
    r"\omega_2": "omega_2",
    r"\omega_s": "omega_s",
    r"\hat{y}": "hat_y",
    r"\mathcal{L}": "L",
    **{name: name for name in "x y z_0 h_0 z_1 h_1 z_2".split()},
}
VALUES = {
    **dict.fromkeys((r"\omega_0", r"\omega_1", r"\omega_2", r"\omega_s"), 0.5),
    **{"x": 1, "y": -3, "z_0": 0.5, "h_0": 0.5, "z_1": 0.25, "h_1": 0.25, "z_2": 0.375},
    **{r"\hat{y}": 0.375, r"\mathcal{L}": 3.375},
}
GRADIENTS = {
    **{r"\mathcal{L}": 1, r"\hat{y}": 1, "z_2": 1, r"\omega_s": 0.5, r"\omega_2": 0.25, "h_1": 0.5, "z_1": 0.5},
    **{r"\omega_1": 0.25, "h_0": 0.75, "z_0": 0.75, r"\omega_0": 0.75, "x": 0.375, "y": -1},
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    folder = tmp_path_factory.mktemp("skip")
    build(root / "reports" / "skip_connection.md", folder, ("pdf", "tex", "json"))
    return folder


@pytest.fixture(scope="module")
def result(built: Path) -> dict[str, Any]:
    return json.loads((built / "skip_connection.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def skip(result: dict[str, Any]) -> dict[str, Any]:
    return result["problems"]["skip"]


def text_of(pdf: Path) -> str:
    """Return the text of a PDF with its mathematical letters as plain ones and single blanks."""
    pages = " ".join(page.extract_text() for page in PdfReader(pdf).pages)
    plain = {**{0x1D44E + i: chr(97 + i) for i in range(26)}, 0x210E: "h", 0x2212: "-", 0x22C5: "*"}
    return re.sub(r"\s+", " ", pages.translate(plain))


@pytest.fixture(scope="module")
def text(built: Path) -> str:
    return text_of(built / "skip_connection.pdf")


# ------------------------------------------------------------------------------------------------ the JSON


def test_keys(result: dict[str, Any], skip: dict[str, Any]) -> None:
    assert list(result) == ["report", "problems"]
    assert result["report"] == "skip_connection"
    assert list(result["problems"]) == ["skip", "plain", "trained"]
    assert list(skip) == ["kind", "symbols", "values", "gradients", "updated", "steps", "certificate"]
    assert skip["kind"] == "network"
    assert skip["symbols"] == NAMES
    assert all(list(g) == ["plain", "latex", "value"] for g in skip["gradients"].values())
    assert all(list(s) == ["of", "chain", "rule"] for s in skip["steps"])
    assert list(skip["certificate"]) == ["points", "max_error"]


def test_values(skip: dict[str, Any]) -> None:
    assert skip["values"] == VALUES
    assert {node: g["value"] for node, g in skip["gradients"].items()} == GRADIENTS
    assert skip["updated"] == {r"\omega_0": -0.25, r"\omega_1": 0.25, r"\omega_2": 0.25, r"\omega_s": 0}
    assert all(type(x) in (int, float) for x in skip["values"].values())


def test_every_step_is_recorded_with_its_reason(skip: dict[str, Any]) -> None:
    steps = {s["of"]: s for s in skip["steps"]}
    assert set(steps) == set(GRADIENTS)
    h_0 = steps["h_0"]["chain"]
    loss = r"\frac{\partial \mathcal{L}}{\partial "
    assert h_0[0] == loss + "h_0}"
    assert all(part in h_0[1] for part in (loss + "z_1}", loss + "z_2}", r"\frac{\partial z_1}{\partial h_0}", " + "))
    assert steps["h_0"]["rule"].startswith("chain rule, sum over 2 paths")
    assert "unit step" in steps["z_0"]["rule"] and "sign" in steps[r"\hat{y}"]["rule"]


def hand_coded(p: dict[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the values and gradients of the network at a point, as worked out on paper."""
    z0 = p["omega_0"] * p["x"]
    h0 = max(z0, 0.0)
    z1 = p["omega_1"] * h0
    h1 = max(z1, 0.0)
    y_hat = p["omega_s"] * h0 + p["omega_2"] * h1
    s = 1.0 if p["y"] > y_hat else -1.0
    u0, u1 = float(z0 > 0), float(z1 > 0)
    path = p["omega_2"] * u1 * p["omega_1"] + p["omega_s"]
    values = {"z_0": z0, "h_0": h0, "z_1": z1, "h_1": h1, "z_2": y_hat, "hat_y": y_hat, "L": abs(p["y"] - y_hat)}
    gradients = {
        "L": 1.0,
        "hat_y": -s,
        "z_2": -s,
        "y": s,
        "omega_s": -s * h0,
        "omega_2": -s * h1,
        "h_1": -s * p["omega_2"],
        "z_1": -s * p["omega_2"] * u1,
        "omega_1": -s * p["omega_2"] * u1 * h0,
        "h_0": -s * path,
        "z_0": -s * path * u0,
        "omega_0": -s * path * u0 * p["x"],
        "x": -s * path * u0 * p["omega_0"],
    }
    return values, gradients


@pytest.mark.parametrize("network", ["skip", "plain", "trained"])
def test_formulas_at_random_points(
    result: dict[str, Any], network: str, plain_value: Callable[[str, dict[str, float]], float]
) -> None:
    rng, problem = random.Random(7), result["problems"][network]
    for _ in range(40):
        point = {name: rng.gauss(0, 2) for name in ("omega_0", "omega_1", "omega_2", "omega_s", "x", "y")}
        if network == "plain":
            point["omega_s"] = 0.0  # the chain is the network whose skip connection has weight 0
        values, expected = hand_coded(point)
        for node, g in problem["gradients"].items():
            found = plain_value(g["plain"], point | values)
            assert found == pytest.approx(expected[problem["symbols"][node]], rel=1e-12, abs=1e-14), node


def test_formulas_read_as_a_student_writes_them(skip: dict[str, Any]) -> None:
    latex = {node: g["latex"] for node, g in skip["gradients"].items()}
    s = r"-\operatorname{sign}(y - \hat{y})"
    assert latex[r"\omega_s"] == f"{s} h_0"
    assert latex[r"\omega_1"] == rf"{s} \omega_2 u(z_1) h_0"
    assert latex[r"\omega_0"] == rf"{s} (\omega_2 u(z_1) \omega_1 + \omega_s) u(z_0) x"


def test_certificates(result: dict[str, Any]) -> None:
    for problem in result["problems"].values():
        assert problem["certificate"]["points"] >= 6
        assert 0 <= problem["certificate"]["max_error"] < 1e-12


# ------------------------------------------------------------------------------------------------- the PDF


@pytest.mark.parametrize(
    "piece",
    [
        "5 points",
        "u(0)=0",
        "sign(x)=",
        "=0.5*1=0.5",
        "ReLU(0.5)=0.5",
        "0.5*0.5=0.25",
        "ReLU(0.25)=0.25",
        "0.5*0.5+0.5*0.25=0.375",
        "|-3-0.375|=|-3.375|=3.375",
        "-sign(-3-0.375)=-sign(-3.375)=1",
        "1*0.5= 0.5",
        "1*0.25= 0.25",
        "1*0.5=0.5",
        "0.5*u(0.25)=0.5",
        "0.5*0.5= 0.25",
        "0.5*0.5+1*0.5=0.75",
        "0.75*u(0.5)=0.75",
        "0.75*1= 0.75",
        "0.5-1*0.75= -0.25",
        "0.5-1*0.25= 0.25",
        "0.5-1*0.5= 0",
        "=-0.25*1=-0.25",
        "ReLU(-0.25)=0",
        "|-3-0|=|-3|=3",
        "The loss falls from 3.375 to 3, by 0.375",
    ],
)
def test_numbers_on_the_page(text: str, piece: str) -> None:
    assert re.sub(r"\s", "", piece) in re.sub(r"\s", "", text)


def test_all_gradients_vanish_after_the_update(text: str) -> None:
    after = text[text.index("every gradient is zero") : text.index("From here gradient descent")]
    assert after.count("sign(") == 4
    assert len(re.findall(r"(?:x|0|1|s|h0|h1) 0(?= |$)", after)) >= 4, after


def test_last_line_gives_points_and_error(text: str, result: dict[str, Any]) -> None:
    certificates = [p["certificate"] for p in result["problems"].values()]
    points = sum(c["points"] for c in certificates)
    found = re.search(
        r"Checked: .* at (\d+) points, largest relative error (\d+)×10-(\d+)\. (\d+) / (\d+)$", text.strip()
    )
    assert found is not None, text[-200:]
    assert int(found[1]) == points
    assert float(f"{found[2]}e-{found[3]}") >= max(c["max_error"] for c in certificates)
    assert found[4] == found[5]


def test_pages(built: Path) -> None:
    pages = PdfReader(built / "skip_connection.pdf").pages
    assert 3 <= len(pages) <= 8
    for number, page in enumerate(pages, 1):
        words = page.extract_text().strip()
        assert words.endswith(f"{number} / {len(pages)}")
        assert len(words) > 200, f"page {number} is almost empty"


def test_pdf_title(built: Path) -> None:
    assert PdfReader(built / "skip_connection.pdf").metadata.title == "Backpropagation through a skip connection"


def test_prose_about_the_tables(text: str) -> None:
    """The sentences around the tables of experiments say what the tables show."""
    rows = {
        m[0].split()[0]: m[0].split() for m in re.finditer(r"0\.\d+ 2\.625(?: \d+\.\d+){6}|1 2\.625[ \d.]+3 3", text)
    }
    assert list(rows) == ["0.01", "0.05", "0.1", "0.2", "0.5", "1"]
    falling = [float(x) for x in rows["0.01"][1:]]
    assert falling == sorted(falling, reverse=True)
    assert float(rows["0.5"][4]) > 2 * 2.625
    assert rows["1"][-4:] == ["3", "3", "3", "3"]


def numpy_free_descent(rate: float, steps: int, y: float = 3.0) -> float:
    point = {"omega_0": 0.5, "omega_1": 0.5, "omega_2": 0.5, "omega_s": 0.5, "x": 1.0, "y": y}
    for _ in range(steps):
        _, g = hand_coded(point)
        point |= {name: point[name] - rate * g[name] for name in point if name.startswith("omega")}
    return hand_coded(point)[0]["L"]


@pytest.mark.parametrize(("rate", "steps"), [(0.01, 1), (0.05, 5), (0.1, 20), (0.2, 40), (0.5, 3), (1, 2)])
def test_experiments(text: str, rate: float, steps: int) -> None:
    column = {1: 2, 2: 3, 3: 4, 5: 5, 20: 6, 40: 7}[steps]
    row = re.search(rf"(?<=[ ]){rate:g} 2\.625( \d+(?:\.\d+)?){{6}}", text)
    assert row is not None
    assert float(row[0].split()[column]) == pytest.approx(numpy_free_descent(rate, steps), abs=5.1e-4)


# --------------------------------------------------------------------------------- LaTeX, bytes, statement


def test_latex(built: Path, tmp_path: Path) -> None:
    source = (built / "skip_connection.tex").read_text(encoding="utf-8")
    assert source.count(r"\begin{align*}") == source.count(r"\end{align*}") >= 6
    assert source.rstrip().endswith(r"\end{document}")
    if shutil.which("pdflatex") is None:
        return
    folder = shutil.copytree(built, tmp_path / "tex")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "skip_connection.tex"]
    for _ in range(2):  # page numbers and references need a second run
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=60)
        log = (folder / "skip_connection.log").read_text(errors="replace")
        assert done.returncode == 0, log[-2000:]
    assert "Overfull" not in log, [line for line in log.splitlines() if "Overfull" in line]
    assert "Missing character" not in log
    page_text = text_of(folder / "skip_connection.pdf")
    assert "3.375" in page_text and "0.75" in page_text


def test_same_bytes(built: Path, tmp_path: Path, root: Path) -> None:
    build(root / "reports" / "skip_connection.md", tmp_path, ("pdf", "tex", "json"))
    for file in sorted(built.iterdir()):
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name


def test_golden(built: Path, golden: Callable[[str, str], None]) -> None:
    for kind in ("tex", "json"):
        golden(f"skip_connection.{kind}", (built / f"skip_connection.{kind}").read_text(encoding="utf-8"))


def test_statement(tmp_path: Path, text: str, root: Path) -> None:
    build(root / "reports" / "skip_connection.md", tmp_path, ("pdf", "tex"), statement=True)
    sheet = text_of(tmp_path / "skip_connection.pdf")
    tex = (tmp_path / "skip_connection.tex").read_text(encoding="utf-8")
    assert "Leave out the term" in sheet and "Leave out the term" not in text
    assert "Why skip connections help" in sheet and "5 points" in sheet
    assert r"\partial" not in tex and "boxed" not in tex, "a gradient on the problem sheet"
    for part_of_the_solution in ("3.375", "0.75", "2.625", "0.375", "two paths", "killed the unit"):
        assert part_of_the_solution in text
        assert part_of_the_solution not in sheet, part_of_the_solution
    assert len(PdfReader(tmp_path / "skip_connection.pdf").pages) < 3
