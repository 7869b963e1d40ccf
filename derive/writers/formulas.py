"""Formulas made ready for a typesetter, without a change of what they say."""

from __future__ import annotations

import re

# Private characters hold a place that pandoc's reader has no word for; `finish` replaces them in its Typst.
_WORD, _COMMA, _BOX = "\ue001", "\ue012", "#box(stroke: black, inset: 3pt, ["
_OP, _UNDER = "\ue002", "underbrace(\ue003"
# Typst prints the blanks beside a text, TeX does not; one after a backslash ends a row, one beside a $ makes
# a display.
_WRITTEN = re.compile(rf'(?:(?<=[^\s\\$]) )?upright\("{_WORD}({_OP}?)(\w+)"\)(?: (?=[^.\s$]))?')
_DECIMAL = re.compile(rf'\s*(?:upright\("{_COMMA}"\)|"{_COMMA}")\s*')
_BARS = re.compile(r"(?<!\\)(?<!\\left)(?<!\\right)(?<!\\[bB]ig[lr])\|")
_FRAME = re.compile(r"#boxed\(\[\$\s*&")  # what a frame with several rows begins with
_NAME = re.compile(r"\\(?:text|mathrm)\{([A-Za-z]{2,})\}")
_OPERATOR = re.compile(r"\\operatorname\{([A-Za-z]{2,})\}")
_PHRASE = re.compile(r"\\text\{\s*([^{}$]*?)\s*\}")
_CASES = re.compile(r"\\begin\{cases\}((?:(?!\\begin).)*?)\\end\{cases\}", re.DOTALL)
_SCALED = re.compile(r"#scale\(x: (\d+)%, y: \d+%\)\[(\\?.)\]")


def fenced(latex: str) -> str:
    r"""Return a formula with |…| as \left|…\right|: bare bars make the minus of |-3| a binary one."""
    bars = [found.start() for found in _BARS.finditer(latex)]
    out, end, at = [], 0, 0
    while at + 1 < len(bars):
        inner = latex[bars[at] + 1 : bars[at + 1]]
        if not _whole(inner):
            at += 1
            continue
        out += [latex[end : bars[at]], r"\left|", inner, r"\right|"]
        end, at = bars[at + 1] + 1, at + 2
    return "".join([*out, latex[end:]])


def _whole(inner: str) -> bool:
    """Is this the inside of a pair of bars: not empty, in one cell, its brackets closed?"""
    depth = 0
    for c in inner:
        depth += (c in "({[") - (c in ")}]")
        if depth < 0:
            return False
    return depth == 0 and bool(inner.strip()) and not re.search(r"(?<!\\)&|\\\\|\\mid|^\s*[=)]|[-+=(]\s*$", inner)


def for_typst(latex: str) -> str:
    """Return a formula as pandoc must get it, so that what it writes in Typst is spaced as TeX would."""
    latex = _NAME.sub(rf"\\text{{{_WORD}\1}}", latex)
    latex = _OPERATOR.sub(rf"\\text{{{_WORD}{_OP}\1}}", latex)
    latex = _set_under(latex)
    latex = latex.replace("{,}", rf"\text{{{_COMMA}}}")
    latex = latex.replace(r"\quad {}", r"\quad \text{}")  # a sign behind it is one between two things
    latex = _PHRASE.sub(r"\\text{\1}", latex)  # Typst keeps the blank beside a text by itself
    return _CASES.sub(lambda found: found[0].replace("&", r"& \quad "), latex)


def quoted(text: str) -> str:
    """Return a text as a string of Typst's code, on one line."""
    return '"' + re.sub(r'["\\]', r"\\\g<0>", re.sub(r"\s+", " ", text)) + '"'


def finish_typst(source: str) -> str:
    """Return pandoc's Typst with names set close, frames on the baseline and large brackets with their room."""
    source = _DECIMAL.sub('","', source)  # a decimal comma has no blank behind it
    # A bracket or a power right behind would be read as code, so the code is ended.
    source = _WRITTEN.sub(lambda found: f'#math.{"op" if found[1] else "upright"}("{found[2]}");', source)
    source = source.replace(_BOX, "#boxed([").replace(_WORD, "").replace(_OP, "")
    source = _FRAME.sub("#framed([$ &", re.sub(rf"{re.escape(_UNDER)}\s*", "under(", source))
    return _SCALED.sub(r"lr(size: #\1%, \2)", source)


def _set_under(latex: str) -> str:
    """Return a formula with \\underset as a brace below, the only thing that pandoc does not make a subscript of."""
    start = latex.find(r"\underset{")
    if start < 0:
        return latex
    below, rest = _group(latex, start + len(r"\underset"))
    if rest == len(latex) or latex[rest] != "{":
        return latex[:rest] + _set_under(latex[rest:])
    base, end = _group(latex, rest)
    made = rf"\underbrace{{{_UNDER[-1]} {base}}}_{{{below}}}"
    return latex[:start] + made + _set_under(latex[end:])


def _group(latex: str, start: int) -> tuple[str, int]:
    """Return what the braces at a place hold, and the place behind them."""
    depth = 0
    for at in range(start, len(latex)):
        depth += (latex[at] == "{") - (latex[at] == "}")
        if depth == 0:
            return latex[start + 1 : at], at + 1
    return latex[start + 1 :], len(latex)
