"""Room for answers on the problem sheet."""

from __future__ import annotations

import re

_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(cm|mm|in)")
_IN_CM = {"cm": 1.0, "mm": 0.1, "in": 2.54}
HIGHEST = 25.0  # cm, a page


def centimetres(text: str) -> float | None:
    """Return a height such as "5cm", "40 mm" or "2in" in cm, None where it is none or higher than a page."""
    found = _LENGTH.fullmatch(text.strip())
    height = float(found[1]) * _IN_CM[found[2]] if found else HIGHEST + 1
    return height if height <= HIGHEST else None
