"""Fixtures: commands in process, reports built once, values of plain formulas, golden documents."""

from __future__ import annotations

import difflib
import functools
import math
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from derive.build import build
from derive.cli import main

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--accept", action="store_true", help="rewrite the golden documents and print what changed")
    parser.addoption("--full", action="store_true", help="run the tests marked slow at their full size")


@dataclass(frozen=True)
class Run:
    """What a command did."""

    code: int
    out: str
    err: str
    seconds: float


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the records of builds out of the user's cache, for this process and its children."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture
def derive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Run `derive ARGS…` in an empty folder; an exception other than the end of the program fails the test."""
    monkeypatch.chdir(tmp_path)

    def run(*args: object, stdin: str | bytes | None = None) -> Run:
        start = time.perf_counter()
        done = CliRunner().invoke(main, [str(a) for a in args], input=stdin)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Run(done.exit_code, done.stdout, done.stderr, time.perf_counter() - start)

    return run


@pytest.fixture(scope="session")
def problems(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """Return the problems in the JSON of a report of tests/data; each report is built (and set as PDF) once."""

    @functools.lru_cache
    def load(name: str) -> dict[str, Any]:
        path = ROOT / "tests" / "data" / name
        return build(path, tmp_path_factory.mktemp("reports"), ("pdf", "tex", "json")).result["problems"]

    return load


_FUNCTIONS: dict[str, Callable[..., float]] = {
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "erf": math.erf,
    "abs": abs,
    "sign": lambda x: float((x > 0) - (x < 0)),
    "step": lambda x: float(x > 0),
    "relu": lambda x: max(x, 0.0),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "huber": lambda r, d: r * r / 2 if abs(r) <= d else d * (abs(r) - d / 2),
}


@pytest.fixture(scope="session")
def plain_value() -> Callable[[str, dict[str, float]], float]:
    """Evaluate the `plain` text of a formula; only names of the point and functions of the plain language count."""

    def value(plain: str, at: dict[str, float]) -> float:
        words = {**_FUNCTIONS, **at}
        code = re.sub(r"(?<![\w.])[A-Za-z_]\w*", lambda m: f"words[{m[0]!r}]", plain).replace("^", "**")
        return float(eval(code, {"__builtins__": {}}, {"words": words}))

    return value


@pytest.fixture(scope="session")
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with tests/golden/NAME; `pytest --accept` rewrites the file and prints the difference."""
    accept = request.config.getoption("--accept")
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        if not file.is_file() and not accept:
            pytest.fail(f"there is no tests/golden/{name}; `pytest --accept` writes it")
        old = file.read_text(encoding="utf-8") if file.is_file() else ""
        if old == text:
            return
        lines = difflib.unified_diff(old.splitlines(), text.splitlines(), f"golden/{name}", "now", lineterm="", n=1)
        changes = "\n".join(lines)
        if not accept:
            pytest.fail(f"tests/golden/{name} has changed; `pytest --accept` takes the new one\n{changes[:4000]}")
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
        with capture.global_and_fixture_disabled():
            print(f"\n{changes}")

    return compare
