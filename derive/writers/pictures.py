"""Pictures as files in a form that a target takes: drawn here, or brought by the author."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from derive.document import Drawing, Image, Plot
from derive.errors import Fault

Form = Literal["pdf", "svg"]
_TAKEN = {"pdf": ("pdf", "png", "jpg", "jpeg"), "svg": ("svg", "png", "jpg", "jpeg")}

_HIGH = 1.3  # of the width of a line: less than any page is high, with a caption below


def picture(source: Drawing | Plot | Image, form: Form) -> tuple[str, bytes]:
    """Return the ending and the content of a picture: vectors as "svg" or "pdf", pixels as they are.

    Raises a Fault where it cannot be drawn or read.
    """
    match source:
        case Drawing():
            from derive.writers.drawing import drawn

            return form, drawn(source, form)
        case Plot():
            from derive.writers.plotting import plotted

            return form, plotted(source, form)
    ending = source.name.rpartition(".")[2].lower()
    read = _read(source, ending, form)  # also where it is taken as it is: a damaged one is found here, by its name
    return (ending, source.data) if ending in _TAKEN[form] else (form, read)


@lru_cache(maxsize=16)
def _read(image: Image, ending: str, form: Form) -> bytes:
    """Return a picture as a page of another form."""
    import tempfile
    from pathlib import Path

    import typst

    with tempfile.TemporaryDirectory(prefix="derive-", ignore_cleanup_errors=True) as folder:
        (Path(folder) / f"picture.{ending}").write_bytes(image.data)
        page = f'#set page(width: auto, height: auto, margin: 0pt, fill: none)\n#image("picture.{ending}")'
        (Path(folder) / "main.typ").write_text(page)
        try:
            made = typst.compile(
                f"{folder}/main.typ", root=folder, format=form, font_paths=[], ignore_system_fonts=True
            )
        except typst.TypstError as error:
            title, reason = f"the picture {image.name} cannot be read", str(error.message)
            raise Fault(title, reason=reason, about=image.name) from None
    return bytes(made)


def share(source: Drawing | Plot | Image, asked: float, line: float) -> float:
    """Return the part of a line (in em) that a picture takes: as asked, but a graph's letters not above the text's.

    Nor is a graph higher than a page.
    """
    if not isinstance(source, Drawing):
        return asked
    from derive.writers.drawing import size

    wide, high = size(source)
    return min(asked, wide / line, _HIGH * wide / high)
