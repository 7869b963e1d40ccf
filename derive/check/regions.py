"""Where the formulas of a submission stand: regions of mathematics in Markdown or LaTeX, with their places kept.

Nothing is converted: what is no mathematics (comments, code, definitions) is blanked, so that every offset is one of
the source. Damage ends a region at the next empty line and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from derive.source import Slice, Source

_ENVIRONMENTS = (
    "equation align gather multline eqnarray displaymath math flalign alignat split aligned gathered".split()
)
_ENV = "|".join(_ENVIRONMENTS)
_MARKDOWN_OUT = (
    r"^(?P<math>`{3,})[ \t]*math\b[^\n]*\n.*?^(?P=math)[ \t]*$"
    r"|(?P<out><!--.*?-->|^(?P<fence>`{3,}+|~{3,}+)[^\n]*\n.*?^(?P=fence)[`~]*[ \t]*$)"
)
_LATEX_OUT = r"(?P<out>(?<!\\)%[^\n]*|\\begin\{(?P<raw>verbatim|lstlisting|comment)\*?\}.*?\\end\{(?P=raw)\*?\})"
_REGION = rf"""
    (?P<escape> \\[\\$] )
  | ^```[ \t]*math[ \t]*\n (?P<fenced> .*? ) ^```[ \t]*$
  | \$\$ (?P<dollars> .*? ) (?: \$\$ | (?=\n[ \t]*\n) | \Z )
  | \\\[ (?P<brackets> .*? ) (?: \\\] | (?=\n[ \t]*\n) | \Z )
  | \\\( (?P<round> .*? ) (?: \\\) | (?=\n[ \t]*\n) | \Z )
  | (?P<begin> \\begin\{{ (?P<env> (?:{_ENV})\*? ) \}} ) (?P<inner> .*? )
      (?: \\end\{{(?P=env)\}} | (?=\n[ \t]*\n) | \Z )
  | \$` (?P<ticks> [^`\n]+ ) `\$
  | (?P<code> (?<!`) (?P<tick>`++) (?:(?!(?P=tick)).)+? (?P=tick) (?!`) )
  | \$ (?P<dollar> (?: \\. | [^$\\] )+? ) \$
"""
_FORM = re.compile(_REGION, re.VERBOSE | re.DOTALL | re.MULTILINE)
_DISPLAY = ("fenced", "dollars", "brackets", "inner")
_INLINE = ("round", "ticks", "dollar")
_LONGEST_INLINE = 4000
# A line that is a formula without any sign of being one: it has a relation and hardly a word.
_BARE = re.compile(
    r"^[ \t>]*(?:[-*+][ \t]+|\(?[0-9a-zA-Z]{1,2}[.)][ \t]+)?(?P<formula>[^\n]*[=≈<>←≤≥][^\n]*)$", re.MULTILINE
)
_PROSE = re.compile(r"(?<![\\\w{])[A-Za-z]{3,}(?![\w(}])")
_NOT_PROSE = frozenset(
    "exp log ln relu sin cos tanh max min sign softmax sigmoid new net out sum step abs sqrt".split()
)


@dataclass(frozen=True, slots=True)
class Region:
    """A piece of mathematics. kind: "display", "inline" or "bare" (a line without any marks)."""

    text: Slice
    kind: str

    @property
    def start(self) -> int:
        return self.text.start


def regions(source: Source, latex: bool) -> list[Region]:
    """Return the regions of a text in their order."""
    text = blanked(source.text, latex)
    found = list(_marked(source, text))
    taken = [(r.start, r.start + len(r.text.text)) for r in found]
    found += [
        r
        for r in _bare(source, text, latex)
        if not any(a < r.start + len(r.text.text) and r.start < b for a, b in taken)
    ]
    return sorted(found, key=lambda r: r.start)


def blanked(text: str, latex: bool) -> str:
    """Return a text with comments and code replaced by blanks; offsets and line ends stay."""
    out = re.compile(_LATEX_OUT if latex else _MARKDOWN_OUT, re.DOTALL | re.MULTILINE)
    return out.sub(lambda found: re.sub(r"[^\n]", " ", found[0]) if found["out"] else found[0], text)


def _marked(source: Source, text: str) -> Iterator[Region]:
    at = 0
    while (found := _FORM.search(text, at)) is not None:
        kind = next((k for k in (*_DISPLAY, *_INLINE) if found[k] is not None), "")
        at = max(found.end(), found.start() + 1)
        if not kind:
            continue
        if kind == "dollar" and (re.search(r"\n[ \t]*\n", found["dollar"]) or len(found["dollar"]) > _LONGEST_INLINE):
            at = found.start() + 1  # a lonely dollar: money, or damage
            continue
        start = found.start(kind)
        yield Region(Slice(source, start, text[start : found.end(kind)]), "display" if kind in _DISPLAY else "inline")


def _bare(source: Source, text: str, latex: bool) -> Iterator[Region]:
    """Yield lines that are formulas although nothing marks them."""
    for found in _BARE.finditer(text):
        line = found["formula"]
        words = [w for w in _PROSE.findall(line) if w.lower() not in _NOT_PROSE]
        if (
            "$" in line
            or "`" in line
            or words
            or line.count("=") > 20
            or re.match(r"[ \t]*(\||#|\\[a-z]+\{|-{3}|={3})", line)
        ):
            continue
        yield Region(Slice(source, found.start("formula"), line), "bare")
