"""Further pairs: sums with symbolic bounds, cases, matrices, identities, kinks far away, single points."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from derive.check.assume import read
from derive.check.equal import equal

PAIRS = json.loads((Path(__file__).parent / "data" / "more_pairs.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair['a']} and {pair['b']}")
def test_the_pairs(pair: dict[str, Any]) -> None:
    known = read(pair.get("shapes", ()), pair.get("assume", ()))
    assert equal(pair["a"], pair["b"], known, pair.get("digits")).verdict == pair["verdict"]
