"""What TeX says when it stops, in plain words and with the line of the report."""

from __future__ import annotations

import re

from derive.errors import Fault

_PLAIN = "--engine typst needs nothing installed"
_STOP = re.compile(r"^(?:\./)?(?:[\w.-]+\.tex|[^\s:]+\.(?:sty|cls|def|ldf)):(\d+): (.*)$|^! ?(.*)$", re.MULTILINE)
_HERE = re.compile(r"^\s*% line (\d+)$", re.MULTILINE)
_MISSING = re.compile(r"File `([^']+)' not found")
_NOISE = ("Type ", " ...", "See the ", " ->\\errmessage")
# What TeX says → what it means.
_MEANINGS = (
    (re.compile(r"Undefined control sequence"), "TeX does not know the command {command}"),
    (re.compile(r"Environment (\w+\*?) undefined"), "TeX does not know the environment {0}"),
    (re.compile(r"Missing \$ inserted"), "a sign that only mathematics knows stands in the text"),
    (re.compile(r"Double (super|sub)script"), "two {0}scripts stand at one symbol"),
    (
        re.compile(r"(?:Missing|Extra) [{}]|Extra \\right|Missing \\right|Too many }'s|Runaway"),
        "a bracket is not closed",
    ),
    (re.compile(r"Misplaced alignment tab|Extra alignment tab"), "an & stands where no columns are"),
    (re.compile(r"File `([^']+)' not found"), "TeX finds no file {0}"),
    (re.compile(r"Unicode character (\S+)"), "TeX has no sign for the character {0}"),
    (re.compile(r"TeX capacity exceeded"), "the document is too large for TeX"),
    (re.compile(r"Dimension too large"), "a length is too large for TeX"),
    (re.compile(r"pdfTeX error.*\(file (?:\./)?([^)]+)\)"), "TeX cannot read the picture {0}"),
)
# Debian's packages with the files that a look asks for; all others are looked for in the last one.
_PACKAGES = {
    "lmodern": "lmodern",
    "tikz": "texlive-pictures",
    "luaotfload": "texlive-luatex",
    **dict.fromkeys(("booktabs", "microtype", "xcolor", "caption"), "texlive-latex-recommended"),
}


def fault(program: str, log: str, source: str) -> Fault:
    """Return why a run failed: what TeX says in plain words, the line of the report if it is known.

    source: the .tex that it has read, where lines `% line 42` tell what stands below them.
    """
    stop = _STOP.search(log)
    if stop is None:
        return Fault(f"{program} failed", reason=log.strip()[-800:], fix=_PLAIN)
    said = (stop[2] or stop[3] or "").strip()
    found = _MISSING.search(said)
    if found and (package := _package(found[1])):
        return package
    context = _context(log[stop.end() :])
    made = Fault(_meaning(said, context), reason="\n".join([f"{program} says: {said}", *context]), fix=_PLAIN)
    made.line = _line(log[stop.start() :], source)
    if made.line:
        made.label = "TeX stopped here or below"
    else:
        made.reason = f"in the look, or above the first block that is derived; {made.reason}"
    return made


def _package(file: str) -> Fault | None:
    """Return that a package is missing, None for a file that belongs to none."""
    name, _, ending = file.rpartition(".")
    if ending not in ("sty", "cls", "def", "ldf", "fd"):
        return None
    debian = _PACKAGES.get(name, "texlive-latex-extra")
    fix = f"apt install {debian}  or  tlmgr install {name}; {_PLAIN}"
    return Fault(f"the LaTeX package {name} is not installed", reason=f"there is no {file}", fix=fix)


def _context(after: str) -> list[str]:
    """Return the lines in which TeX shows what it was reading, up to its `l.123`."""
    lines = [line.rstrip() for line in after.splitlines()[:20]]
    end = next((at for at, line in enumerate(lines) if line.startswith("l.")), -1)
    return [line for line in lines[: end + 1] if line.strip() and not line.startswith(_NOISE)]


def _meaning(said: str, context: list[str]) -> str:
    for pattern, words in _MEANINGS:
        if found := pattern.search(said):
            last = re.search(r"(\\(?:[A-Za-z@]+|.))\s*$", context[0]) if context else None
            return words.format(*found.groups(), command=last[1] if last else "of this line")
    return f"TeX stopped: {said.rstrip('.')}"


def _line(log: str, source: str) -> int:
    """Return the line of the report that stands last above the line of the .tex where TeX stopped, 0 for none."""
    at = re.search(r"^l\.(\d+) |(?:main|short)\.tex:(\d+): ", log, re.MULTILINE)
    if at is None:
        return 0
    above = "\n".join(source.split("\n")[: int(at[1] or at[2])])
    marks = _HERE.findall(above)
    return int(marks[-1]) if marks else 0
