"""Real submissions against the reports, line by line by their labels; they lie beside the project and not in it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent / "bench"))

import submissions

SHARED = Path(__file__).parent.parent.parent / "shared"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    if not (SHARED / "gold" / "lines_dev.json").exists():
        pytest.skip("the submissions are not there: ../shared")
    return submissions.table(SHARED)


def test_no_right_line_is_flagged(rows: list[dict[str, Any]]) -> None:
    assert sum(row["ok"] for row in rows) > 90
    assert [row["ok flagged"] for row in rows] == [0] * len(rows)


def test_wrong_lines_are_flagged(rows: list[dict[str, Any]]) -> None:
    assert sum(row["wrong flagged"] for row in rows) >= 0.9 * sum(row["wrong"] for row in rows) > 15


def test_nearly_all_lines_are_decided(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        assert row["wrong decided"] + row["ok decided"] >= 0.85 * (row["wrong"] + row["ok"])
