"""The labels of plots: text and LaTeX in the dialect of matplotlib's mathtext."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from derive.document import Inline, Math
from derive.errors import Fault

_WORDS = re.compile(r"\\(?:text|textrm|textnormal|mathrm|operatorname\*?)\s*\{([^{}]*)\}")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_SAME = {
    **{r"\le": r"\leq", r"\ge": r"\geq", r"\tfrac": r"\frac", r"\bm": r"\boldsymbol", r"\mathbbm": r"\mathbb"},
    **{r"\lvert": "|", r"\rvert": "|", r"\lVert": r"\|", r"\rVert": r"\|"},
    **{r"\textbf": r"\mathbf", r"\textit": r"\mathit", r"\mathnormal": r"\mathit"},
    **dict.fromkeys((r"\big", r"\bigl", r"\bigr", r"\Big", r"\Bigl", r"\Bigr", r"\displaystyle", r"\limits"), ""),
}
_ACCENTS = {
    **{"\u0300": "grave", "\u0301": "acute", "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0307": "dot"},
    **{"\u0308": "ddot", "\u030a": "mathring", "\u030c": "check"},
}
# Letters that Computer Modern keeps in other places, or only among its signs of mathematics.
_SPECIAL = {c: f"${c}$" for c in "<>|"} | {c: rf"$\{c}$" for c in "{}_"}
_SPECIAL |= {"$": r"\$", "\\": r"$\backslash$", "–": "-", "ß": r"$\mathrm{\ss}$"}


def label(inlines: Iterable[Inline]) -> str:
    """Return text and formulas as one label; a Fault where mathtext cannot set them."""
    made = "".join(f"${formula(part.latex)}$" if isinstance(part, Math) else _text(part) for part in inlines)
    _check(made)
    return made


def formula(latex: str) -> str:
    """Return LaTeX in the words that mathtext knows."""
    upright = _WORDS.sub(lambda found: r"\mathrm{" + re.sub("[ ~]+", r"\\ ", found[1]) + "}", latex)
    return _COMMAND.sub(lambda found: _SAME.get(found[0], found[0]), upright)


def _text(text: str) -> str:
    """Return text in letters of Computer Modern, which has accents but no accented letters."""
    out: list[str] = []
    for letter in text:
        apart = unicodedata.normalize("NFD", letter)
        if len(apart) == 2 and apart[1] in _ACCENTS:
            out.append(rf"$\{_ACCENTS[apart[1]]}{{\mathrm{{{apart[0]}}}}}$")
        else:
            out.append(_SPECIAL.get(letter, letter))
    return "".join(out)


def _check(made: str) -> None:
    from matplotlib.font_manager import FontProperties
    from matplotlib.mathtext import MathTextParser

    try:
        with heard() as complaints:
            # A label without a formula is set as one, so that its letters are looked up as well.
            MathTextParser("path").parse(made if "$" in made else made + "$\\,$", 72, FontProperties())
    except ValueError as wrong:
        complaints = [str(wrong).strip().splitlines()[-1]]
    if complaints:
        letter = re.search(r"U\+([0-9a-f]+)", complaints[0])
        why = f"its letters have no {chr(int(letter[1], 16))}" if letter else complaints[0]
        raise Fault("a picture cannot be drawn", reason=f"`{made}` cannot be set in it: {why}")


@contextmanager
def heard() -> Iterator[list[str]]:
    """Take what matplotlib logs instead of printing it: no folder for its cache, a letter that a font lacks."""
    said: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    loggers = [logging.getLogger(name) for name in ("matplotlib", "fontTools")]
    before = [(logger.handlers, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.handlers, logger.propagate = [handler], False
    try:
        yield said
    finally:
        for logger, (handlers, propagate) in zip(loggers, before, strict=True):
            logger.handlers, logger.propagate = handlers, propagate
