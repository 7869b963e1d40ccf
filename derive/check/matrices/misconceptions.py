"""What goes wrong with matrices."""

from __future__ import annotations

from typing import Any


def explain(left: Any, right: Any, verdict: Any, bench: Any) -> Any:
    return None
