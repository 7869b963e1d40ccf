"""The embedded Typst: no installation, tagged PDF, the same bytes on every machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from derive.engines.made import Made
from derive.errors import Fault

_STANDARD = "ua-1"  # PDF/UA-1: can be read by a screen reader


def run(folder: Path) -> Made:
    """Return the PDF of main.typ, accessible if it can be.

    A look of an author's own may lack what the standard asks for; its PDF is made without it, and a note says why.
    Raises a Fault where Typst fails for another reason.
    """
    import typst

    try:
        return Made(_compile(folder, _STANDARD), "typst")
    except typst.TypstError as error:
        refused = error
    try:
        plain = _compile(folder)
    except typst.TypstError as error:
        reason = "\n".join([str(error.message), *error.hints, *error.trace])
        raise Fault("typst failed", reason=reason.replace(str(folder) + os.sep, "")[-1500:]) from None
    return Made(plain, "typst", (f"the PDF is not accessible (PDF/UA-1): {refused.message}",))


def _compile(folder: Path, *standards: str) -> bytes:
    """Compile with the embedded fonts alone, so that every machine makes the same bytes."""
    import typst

    source = str(folder / "main.typ")
    options: Any = {
        "root": str(folder),
        "font_paths": [],
        "ignore_system_fonts": True,
        "pdf_standards": list(standards),
    }
    return bytes(typst.compile(source, **options))
