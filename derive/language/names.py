"""Names: what is declared, how ids are spelled, how a run of letters falls into names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from derive.language import symbols as S
from derive.language.tokens import Token

_WHOLE = re.compile(r"[A-Za-z]{3,}(?:_[A-Za-z]{2,}[A-Za-z0-9]*)+")
_STUCK = re.compile(r"([A-Za-z]_\d+)([A-Za-z]\w*)")
_LONGEST_RUN = 64

# Words that join formulas; as names they would be products that nobody wrote.
_JOINING = "and or if otherwise else for where with then when iff und oder falls sonst wenn für"
CONNECTIVES = frozenset(_JOINING.split())


@dataclass(frozen=True, slots=True)
class Table:
    """What is declared: the ids of symbols (`omega_0`, `hat_y`, `RSS`, `sigma^2`) and of functions (`g_0`, `f`)."""

    names: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()

    def __contains__(self, name: str) -> bool:
        return name in self.names or name in self.functions


def split(name: str) -> tuple[str, str]:
    """Return base and subscript of an id without superscript: `hat_y_1` is (hat_y, 1), `step_size` one base."""
    head, _, tail = name.partition("_")
    if not tail or not head:
        return name, ""
    if head in S.ACCENTS.values():
        base, sub = split(tail)
        return f"{head}_{base}", sub
    if head not in S.GREEK and _WHOLE.fullmatch(name):
        return name, ""
    return head, tail


def first_name(word: str, suffix: str, table: Table, plain: bool) -> str:
    """Return the leading part of a word that is one name; the whole word where it does not fall apart.

    suffix is the subscript behind the word, if any, with its `_`.
    """
    if len(word) == 1 or word in table or word + suffix in table:
        return word
    if plain and (word in S.GREEK or word in S.FUNCTIONS):
        return word
    pieces = _segment(word, suffix, table) if len(word) <= _LONGEST_RUN else ()
    if pieces:
        return pieces[0]
    stuck = _STUCK.fullmatch(word) if plain else None
    if stuck and not re.match(r"[A-Za-z]\d", stuck[2]):  # `W_6x4` is one name
        return stuck[1]
    if len(word) == 2 and (word.isalpha() and (not plain or word.isupper())):
        return word[0]
    return word


def falls_apart(word: str, table: Table) -> bool:
    """Tell whether a word is made of declared names only."""
    return word in table or (len(word) <= _LONGEST_RUN and bool(_segment(word, "", table)))


@lru_cache(maxsize=2048)
def _segment(word: str, suffix: str, table: Table) -> tuple[str, ...]:
    """Return the word as declared names, the longest first, or nothing."""
    known = table.names | table.functions
    longest = max(map(len, known), default=0)
    best: dict[int, tuple[str, ...]] = {len(word): ()}
    for start in range(len(word) - 1, -1, -1):
        for end in range(min(len(word), start + longest), start, -1):
            piece = word[start:end]
            if end in best and (piece in known or (end == len(word) and piece + suffix in known)):
                best[start] = (piece, *best[end])
                break
    return best.get(0, ())


def flat(tokens: Iterable[Token], source: str) -> str | None:
    """Return the plain spelling of the tokens of a script: `0_{new}` is 0_new; None if they are no plain text."""
    out: list[str] = []
    for token in tokens:
        if token.kind in ("num", "word", "rel", "dots"):
            out.append(token.text)
        elif token.kind == "text":
            out.append("_".join(token.text.split()))
        elif token.kind == "cmd":
            if token.text in S.LETTERS:
                out.append(S.LETTERS[token.text])
            elif token.text in S.ACCENTS:
                out.append(S.ACCENTS[token.text] + "_")
            elif token.text in ("top", "intercal"):
                out.append("T")
            elif token.text in ("star", "dagger"):
                out.append("*" if token.text == "star" else "dagger")
            elif token.text not in S.STYLES:
                return None
        elif token.text == "*" and source[token.start : token.end] in ("\\times", "×"):
            out.append("x")
        elif token.text in ("{", "}"):
            continue
        elif token.kind == "op" and len(token.text) == 1:
            out.append(token.text)
        else:
            return None
    return "".join(out)
