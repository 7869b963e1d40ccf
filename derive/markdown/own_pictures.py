"""Pictures that an author has brought: files beside the report."""

from __future__ import annotations

from pathlib import Path

from derive.errors import Fault
from derive.source import Span

FORMS = ("svg", "pdf", "png", "jpg", "jpeg")
_LARGEST = 20_000_000  # bytes


def read_picture(file: str, folder: Path | None, span: Span) -> bytes:
    """Return the content of a picture; a Fault where there is none in the report's folder or none that can be set."""
    if "://" in file or file.startswith("data:"):
        raise Fault("a picture is a file, nothing is loaded from a network", span, expected="![caption](picture.svg)")
    if file.rpartition(".")[2].lower() not in FORMS:
        raise Fault(f"`{file}` is no picture that can be set", span, expected=", ".join(FORMS))
    if folder is None:
        raise Fault("no picture can be read here", span)
    try:
        root, path = folder.resolve(), (folder / file).resolve()
    except (OSError, RuntimeError, ValueError) as wrong:  # links in a circle, a name that no file can have
        raise Fault(f"cannot read the picture `{file}`", span, reason=str(wrong)) from None
    if not path.is_relative_to(root):
        raise Fault(f"`{file}` does not lie in the folder of the report", span, expected="a file beside the report")
    try:
        if path.stat().st_size > _LARGEST:
            raise Fault(f"`{file}` is too large", span, expected=f"at most {_LARGEST:,} bytes")
        return path.read_bytes()
    except OSError as wrong:
        raise Fault(f"cannot read the picture `{file}`", span, reason=wrong.strerror or str(wrong)) from None
