"""The file of a hand-in: which ones are read, in which encoding, and how the others are converted."""

from __future__ import annotations

import codecs
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from derive.errors import Unreadable
from derive.source import Source

LONGEST = 4_000_000  # bytes; a long hand-in has a hundredth of that
MARKDOWN = (".md", ".markdown", ".txt", ".text", "")
LATEX = (".tex", ".latex", ".ltx")
# What a file of another kind becomes text with; a picture needs somebody who types.
_CONVERT = {
    **dict.fromkeys((".docx", ".odt", ".rtf", ".html", ".htm", ".ipynb", ".rst", ".org", ".epub"), "pandoc {0} -o {1}"),
    ".doc": "soffice --convert-to docx {0}, then pandoc {2}.docx -o {1}",
    ".pdf": "pdftotext -layout {0} {1}, then put $ around the formulas; better hand in the source of the PDF",
    ".typ": "pandoc {0} -o {1}",
    **dict.fromkeys(
        (".png", ".jpg", ".jpeg", ".gif", ".heic", ".webp", ".tif", ".tiff", ".bmp"),
        "type the formulas into {1}, as $…$ or one on a line; pictures are not read",
    ),
}
_MAGIC = {
    b"%PDF": ".pdf",
    b"PK\x03\x04": ".docx",
    b"\xd0\xcf\x11\xe0": ".doc",
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"GIF8": ".gif",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


@dataclass(frozen=True, slots=True)
class Submission:
    """The text of a hand-in. latex: whether it is LaTeX, else Markdown. notes: what was done to read it."""

    source: Source
    latex: bool
    notes: tuple[str, ...] = ()


def read(path: Path) -> Submission:
    """Return the hand-in of a file, `-` for standard input; raises Unreadable for what is no such text."""
    data = _bytes(path)
    name = "standard input" if str(path) == "-" else str(path)
    kind = _kind(path, data)
    if kind not in MARKDOWN and kind not in LATEX:
        raise _refused(path, kind)
    if len(data) > LONGEST:
        raise Unreadable(f"{name} is too long to be a hand-in", path=name, expected=f"at most {LONGEST:,} bytes")
    text, notes = _decoded(data, name)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return Submission(Source(name, text), kind in LATEX or _looks_like_latex(kind, text), notes)


def _bytes(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read(LONGEST + 1) if str(path) == "-" else path.read_bytes()
    except OSError as wrong:
        raise Unreadable(f"cannot read {path}", path=str(path), reason=wrong.strerror or str(wrong)) from None


def _kind(path: Path, data: bytes) -> str:
    """Return the ending of a file, or the one that its first bytes show it should have."""
    shown = next((ending for magic, ending in _MAGIC.items() if data.startswith(magic)), "")
    suffix = "" if str(path) == "-" else path.suffix.lower()
    return shown if shown and suffix not in _CONVERT else suffix


def _refused(path: Path, kind: str) -> Unreadable:
    how = _CONVERT.get(kind, "")
    fix = how.format(path, path.with_suffix(".md"), path.with_suffix("")) if how else ""
    read = ", ".join(ending for ending in (*MARKDOWN, *LATEX) if ending)
    return Unreadable(
        f"{path} is not read: a hand-in is text, in Markdown or LaTeX", path=str(path), expected=read, fix=fix
    )


def _looks_like_latex(kind: str, text: str) -> bool:
    return kind in (".txt", ".text", "") and bool(re.search(r"^\s*\\(documentclass|begin\{document\})", text, re.M))


def _decoded(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Return the text and a note where it was not plain UTF-8."""
    for mark, encoding in _UTF16.items():
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding), (f"{name}: read as UTF-16",)
            except UnicodeDecodeError:
                raise _no_text(name) from None
    try:
        text, notes = data.removeprefix(codecs.BOM_UTF8).decode(), tuple[str, ...]()
    except UnicodeDecodeError as wrong:
        text = data.decode("latin-1")
        line = data.count(b"\n", 0, wrong.start) + 1
        notes = (f"{name}: not UTF-8 (line {line}); read as Latin-1, so accents may be wrong",)
    controls = len(_CONTROL.findall(text))
    if (controls > 8 and controls * 50 > len(text)) or (notes and "\x00" in text):
        raise _no_text(name)
    if controls:
        text, notes = _CONTROL.sub(" ", text), (*notes, f"{name}: {controls} control characters read as blanks")
    return text, notes


def _no_text(name: str) -> Unreadable:
    return Unreadable(f"{name} is no text", path=name, expected="a text in UTF-8", reason="it holds binary data")
