"""Where the formulas of a submission stand: regions of mathematics in Markdown or LaTeX, with their places kept.

Nothing is converted: what is no mathematics (comments, code, definitions) is blanked, so that every offset is one of
the source. Damage ends a region at the next empty line and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from derive.check.between import joined, overlapping, unmarked
from derive.check.macros import NO_MARKS, OwnMarks
from derive.check.region import Region
from derive.check.tables import in_tables
from derive.language import symbols as S
from derive.source import Slice, Source

_ENVIRONMENTS = (
    "equation align gather multline eqnarray displaymath math flalign alignat split aligned gathered alignedat "
    "multlined xalignat xxalignat dmath dseries darray dgroup IEEEeqnarray IEEEeqnarrayx empheq darray mathpar "
    "numcases subnumcases".split()
)
# What an environment takes before its formulas.
_TAKES = re.compile(r"\s*+(?:\[[^\]\n]{0,200}\])?(?:\s*+\{(?:[lcrLCRsxX@|0-9.]{1,20}|[a-z]{4,9}\*?)\})?")
_WITH_ARGUMENTS = re.compile(r"x*alignat|alignedat|IEEEeqnarrayx?|empheq|darray|(?:sub)?numcases")
_FENCE = re.compile(r"^(?P<marks>`{3,}+|~{3,}+)(?P<info>[^\n]*)$", re.MULTILINE)
_MATHS = re.compile(r"[ \t]*math\b")
# What hides its inside, and how it ends. Each is looked for by hand: a pattern would search to the end of the text
# again and again for what is opened a thousand times and never closed.
_LATEX_OUT = re.compile(r"(?<!\\)(?P<note>%[^\n]*)|\\begin\{(?P<raw>(?:verbatim|lstlisting|comment)\*?)\}")
_MARKDOWN_OUT = re.compile(rf"(?P<note><!--)|(?P<fence>{_FENCE.pattern})", re.MULTILINE)
_REGION = r"""
    (?P<escape> \\[\\$] )
  | ^```[ \t]*math[ \t]*\n (?P<fenced> .*? ) ^```[ \t]*$
  | \$\$ (?P<dollars> .*? ) (?: \$\$ | (?=\n[ \t]*\n) | \Z )
  | \\\[ (?P<brackets> .*? ) (?: \\\] | (?=\n[ \t]*\n) | \Z )
  | \\\( (?P<round> .*? ) (?: \\\) | (?=\n[ \t]*\n) | \Z )
  | (?P<begin> \\begin\{ (?P<env> (?:ENVIRONMENTS)\*? ) \} ) (?P<inner> .*? )
      (?: \\end\{(?P=env)\} | (?=\n[ \t]*\n) | \Z )
  | \\ensuremath[ ]*+\{ (?P<ensured> (?:[^{}\n]|\{(?:[^{}\n]|\{[^{}\n]*+\})*+\}){1,2000}+ ) \} SHORTHANDS
  | \$` (?P<ticks> [^`\n]+ ) `\$
  | (?P<code> (?<!`) (?P<tick>`++) (?:(?!(?P=tick)).)+? (?P=tick) (?!`) )
  | \$ (?P<dollar> (?: \\. | [^$\\] )+? ) \$
"""
_DISPLAY = ("fenced", "dollars", "brackets", "inner", "short")
_INLINE = ("round", "ticks", "dollar", "ensured")
_LONGEST_INLINE = 40_000
# A line that is a formula without any sign of being one: it has a relation and hardly a word.
_BARE = re.compile(
    r"^(?=[^\n]*[=≈<>←≤≥])[ \t>]*+(?:[-*+][ \t]++|\(?[0-9a-zA-Z]{1,2}[.)][ \t]++)?+(?P<formula>[^\n]*)$", re.MULTILINE
)
_RELATED = re.compile(r"[=≈<>←≤≥]")
# An environment that is not known to hold formulas, around one on the same line.
_WRAPPED = re.compile(r"\\(?:begin|end)\{[A-Za-z]{1,30}\*?\}(?:\[[^\]\n]{0,60}\])?")
_MATHS_COMMANDS = "|".join(sorted(map(re.escape, S.COMMANDS | {"boxed"})))
_NO_FORMULA = re.compile(rf"[ \t]*(\||#|\\(?!(?:{_MATHS_COMMANDS})(?![A-Za-z]))[A-Za-z]+|-{{3}}|={{3}})")
_PROSE = re.compile(r"(?<![\\\w{])[A-Za-z]{3,}(?![\w(}])")
_PLACE = re.compile(r"(?<=\S)\s+(?:at|for|when|if)\s+(?=\\?[A-Za-z]\w*\s*=)")
_NOT_PROSE = frozenset(
    "exp log ln relu sin cos tanh max min sign softmax sigmoid argmax argmin for when new net out sum step abs "
    "sqrt".split()
)


@lru_cache(maxsize=32)
def _form(latex: bool, own: OwnMarks) -> re.Pattern[str]:
    """Return the pattern of all regions. own: what the text itself defines."""
    names = "|".join((*_ENVIRONMENTS, *map(re.escape, own.environments)))
    shorts = ""
    if own.openers:
        opening, closing = ("|".join(map(re.escape, found)) for found in (own.openers, own.closers or ("relax",)))
        shorts = (
            rf"| \\(?:{opening})(?![A-Za-z]) (?P<short> .*? ) (?: \\(?:{closing})(?![A-Za-z]) | (?=\n[ \t]*\n) | \Z )"
        )
    else:
        shorts = "| (?P<short> (?!) )"
    pattern = _REGION.replace("ENVIRONMENTS", names).replace("SHORTHANDS", shorts)
    # LaTeX has no fences.
    return re.compile(pattern.replace("^```", r"(?!)") if latex else pattern, re.VERBOSE | re.DOTALL | re.MULTILINE)


def regions(source: Source, latex: bool, own: OwnMarks = NO_MARKS) -> list[Region]:
    """Return the regions of a text in their order. own: what it defines to begin and end formulas with."""
    text = blanked(source.text, latex)
    found = list(_marked(source, text, _form(latex, own)))
    rows = list(in_tables(source, text))
    found = rows + _beside(found, rows)
    found = joined(source, text, sorted(found, key=lambda r: r.start))
    found = sorted(found + _beside(_bare(source, text), found), key=lambda r: r.start)
    return sorted(found + _beside(unmarked(source, text, found), found), key=lambda r: r.start)


def _beside(regions: Iterable[Region], others: list[Region]) -> list[Region]:
    """Return those of some regions that meet none of the others."""
    ordered = sorted(others, key=lambda r: r.start)
    starts = [r.start for r in ordered]
    return [region for region in regions if not overlapping(ordered, starts, region)]


def blanked(text: str, latex: bool) -> str:
    """Return a text with comments and code replaced by blanks; offsets and line ends stay."""
    out, at = list[str](), 0
    never = set[str]()  # what is not closed any more from here on
    form = _LATEX_OUT if latex else _MARKDOWN_OUT
    while (found := form.search(text, at)) is not None:
        if found["note"] and latex:
            kind, end = "blank", found.end()
        else:
            kind, end = _hidden(text, found, latex, never)
        out.append(text[at : found.start()])
        inside = text[found.start() : end]
        out.append(inside if kind == "keep" else re.sub(r"[^\n]", " ", inside))
        at = end
    return "".join([*out, text[at:]])


def _hidden(text: str, found: re.Match[str], latex: bool, never: set[str]) -> tuple[str, int]:
    """Return whether what opens here is blanked or kept, and where it ends; what is never closed ends at once."""
    if latex or found["note"]:
        closing = rf"\end{{{found['raw']}}}" if latex else "-->"
        end = text.find(closing, found.end()) if closing not in never else -1
        if end < 0:
            never.add(closing)
            return "keep", found.end()
        return "blank", end + len(closing)
    maths = bool(_MATHS.match(found["info"]))
    marks = found["marks"]
    if not any(marks.startswith(shorter) for shorter in never):
        for close in _FENCE.finditer(text, found.end()):
            same = len(close["marks"]) == len(marks) if maths else True
            if close["marks"].startswith(marks) and same and not close["info"].strip("`~ \t"):
                return "keep" if maths else "blank", close.end()
        never.add(marks)
    return "blank" if maths else "keep", found.end()


def _marked(source: Source, text: str, form: re.Pattern[str]) -> Iterator[Region]:
    at = 0
    while (found := form.search(text, at)) is not None:
        kind = next((k for k in (*_DISPLAY, *_INLINE) if found[k] is not None), "")
        at = max(found.end(), found.start() + 1)
        if not kind:
            continue
        if kind == "dollar" and re.search(r"\n[ \t]*\n", found["dollar"]):
            at = found.start() + 1  # a lonely dollar: money, or damage
            continue
        start = found.start(kind)
        if kind == "inner" and _WITH_ARGUMENTS.match(found["env"]) and (takes := _TAKES.match(found["inner"])):
            start += takes.end()
        yield Region(Slice(source, start, text[start : found.end(kind)]), "display" if kind in _DISPLAY else "inline")


def _bare(source: Source, text: str) -> Iterator[Region]:
    """Yield lines that are formulas although nothing marks them."""
    for found in _BARE.finditer(text):
        line = _WRAPPED.sub(lambda m: " " * len(m[0]), found["formula"])
        if not _RELATED.search(line):
            continue
        words = [w for w in _PROSE.findall(line) if w.lower() not in _NOT_PROSE]
        if "$" in line or "`" in line or words or "=====" in line or _NO_FORMULA.match(line):
            continue
        start = 0
        for at in _PLACE.finditer(line):  # `max f = 0.25 at z = 0` is two formulas
            yield Region(Slice(source, found.start("formula") + start, line[start : at.start()]), "bare")
            start = at.end()
        yield Region(Slice(source, found.start("formula") + start, line[start:]), "bare")
