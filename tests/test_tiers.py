"""Imports go down: a module of one tier uses its own tier and lower ones, inside functions too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "derive"
# From the bottom to the top. A package stands for all of its modules.
TIERS = (
    ("errors", "source", "output"),
    (
        *("expr", "notation", "conventions"),
        *("front", "pandoc_binary"),
    ),
    ("ops",),
    ("language", "graph"),
    (),  # layers
    (
        "differentiate",
        "tidy",
        "rewrite",
        "steps",
        "numeric",
        "evaluate",
        "points",
        "certify",
        "agreement",
        "optimisers",
    ),
    ("problems", "check", "matrices"),
    ("document", "narrate"),
    ("writers", "engines", "markdown", "references"),
    (
        "report",
        "settle",
        "build",
        "cache",
        "progress",
        "workers",
        "many",
        "tell",
        "watch",
        "reading",
        "starter",
        "catalogue",
        "completion",
        "checking",
        "derivative",
    ),
    ("notebook",),
    ("cli", "cli_check", "cli_grad", "__main__", "__init__"),
)
PLACE = {name: tier for tier, names in enumerate(TIERS) for name in names}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "_templates" not in path.parts)


def name_of(path: Path) -> str:
    """Return the name under which a module (or its package) has its place."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, place name) of everything of the package that a module imports, wherever it does so."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: a relative import"
            parts = (node.module or "").split(".")
            if parts == ["derive"]:
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif parts[0] == "derive":
                yield node.lineno, parts[1]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                if parts[0] == "derive":
                    yield node.lineno, parts[1] if len(parts) > 1 else "__init__"


def test_every_module_has_a_place_and_every_place_a_module() -> None:
    assert {name_of(path) for path in modules()} == set(PLACE)
    assert len(PLACE) == sum(map(len, TIERS)), "a module stands twice"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(path: Path) -> None:
    own = PLACE.get(name_of(path), len(TIERS))
    up = [f"line {line}: {name}" for line, name in imports(path) if PLACE.get(name, len(TIERS)) > own]
    assert not up, f"{path.relative_to(PACKAGE)} imports from above: {', '.join(up)}"


def test_the_walk_sees_imports_inside_functions() -> None:
    assert "report" in {name for _, name in imports(PACKAGE / "reading.py")}
