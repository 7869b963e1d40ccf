"""Text and formulas as LaTeX, the same for all blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from derive.document import Inline, Math
from derive.writers.formulas import fenced


def escape(text: str) -> str:
    """Return a text with all that TeX would obey escaped, on one line."""
    from pylatex.utils import escape_latex

    escaped = escape_latex(re.sub(r"\s+", " ", text)).replace(r"\^{}", r"\textasciicircum{}")
    escaped = re.sub(r"(?<!\{-\})\{-\}(?!\{-\})", "-", escaped)  # only a pair of dashes would become another one
    return re.sub(r"([`',<>])(?=\1)|([?!])(?=`)", r"\g<0>{}", escaped)  # pairs that the font would join


def environment(name: str, content: str, arguments: str = "") -> str:
    """Return a LaTeX environment around finished LaTeX; `arguments` with their brackets."""
    from pylatex import NoEscape
    from pylatex.base_classes import Environment

    made: Any = Environment()
    made.latex_name = name
    made.content_separator = "\n"
    made.append(NoEscape(content))
    return str(made.dumps()).replace(rf"\begin{{{name}}}", rf"\begin{{{name}}}{arguments}", 1)


@dataclass(frozen=True, slots=True)
class Text:
    """Writes text; remembers its formulas, which pandoc does not see and which are to be checked."""

    formulas: list[str] = field(default_factory=list)

    def math(self, latex: str) -> str:
        """Return a formula, remembered."""
        self.formulas.append(latex)
        return latex.replace(r"\mathbb{1}", r"\mathbf{1}")  # amssymb has no such digit

    def line(self, line: Iterable[Inline]) -> str:
        """Return text and formulas as LaTeX."""
        return "".join(
            rf"\({fenced(self.math(part.latex))}\)" if isinstance(part, Math) else escape(part) for part in line
        )

    def caption(self, number: str, line: Iterable[Inline]) -> str:
        return rf"\said{{{escape(number)}}}{{{self.line(line)}}}"
