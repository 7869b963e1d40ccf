"""Pictures as files in a form that a target takes: drawn here, or brought by the author."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from derive.document import Drawing, Image, Plot
from derive.errors import Fault

Form = Literal["pdf", "svg"]
_TAKEN = {"pdf": ("pdf", "png", "jpg", "jpeg"), "svg": ("svg", "png", "jpg", "jpeg")}


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
    return (ending, source.data) if ending in _TAKEN[form] else (form, _converted(source, ending, form))


@lru_cache(maxsize=16)
def _converted(image: Image, ending: str, form: Form) -> bytes:
    """Return a vector picture in another form."""
    import tempfile
    from pathlib import Path

    import typst

    with tempfile.TemporaryDirectory(prefix="derive-") as folder:
        (Path(folder) / f"picture.{ending}").write_bytes(image.data)
        page = f'#set page(width: auto, height: auto, margin: 0pt, fill: none)\n#image("picture.{ending}")'
        (Path(folder) / "main.typ").write_text(page)
        try:
            made = typst.compile(
                f"{folder}/main.typ", root=folder, format=form, font_paths=[], ignore_system_fonts=True
            )
        except typst.TypstError as error:
            raise Fault(
                f"the picture {image.name} cannot be read", reason=str(error.message), about=image.name
            ) from None
    return bytes(made)
