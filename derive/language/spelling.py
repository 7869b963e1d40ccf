"""How names are set: `net_{h1}` in one italic word, `hat_y` with its hat, `w0` with a subscript."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from derive.language import surface as s
from derive.language.meaning import Scope, lower
from derive.language.write import Writer, brackets
from derive.notation import Notation
from derive.ops import SPELLINGS
from derive.source import Slice

_GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi"
    " omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell".split()
)
_ACCENTS = ("hat", "bar", "tilde", "dot")
_WORD_BASE = re.compile(r"^([A-Za-z]{2,})(?=[_^]|$)")
_WORD_SCRIPT = re.compile(r"([_^])\{([A-Za-z]{3,})\}")


_COMMAND = re.compile(r"\\([A-Za-z]{2,})")
_TEX = frozenset("exp log ln sin cos tanh max min sigma sqrt".split())  # commands that TeX itself has


def with_operators(latex: str) -> str:
    """Return LaTeX in which functions written as commands that TeX lacks (`\\sigmoid`, `\\ReLU`) are operators."""

    def command(found: re.Match[str]) -> str:
        own = found[1] in SPELLINGS and found[1] not in _TEX
        return rf"\operatorname{{{found[1]}}}" if own else found[0]

    return _COMMAND.sub(command, latex)


@lru_cache(maxsize=4096)
def beautiful(spelled: str) -> str:
    """Return a name as it is set."""
    spelled = spelled.strip()
    if not re.search(r"[\\{$]", spelled):
        return _from_plain(spelled)
    spelled = _WORD_BASE.sub(r"\\mathit{\1}", spelled)
    return _WORD_SCRIPT.sub(r"\1{\\text{\2}}", spelled)


def _from_plain(name: str) -> str:
    for accent in _ACCENTS:
        if name.startswith(accent + "_") and len(name) > len(accent) + 1:
            rest = _from_plain(name[len(accent) + 1 :])
            base, mark, script = rest.partition("_")
            return rf"\{accent}{{{base}}}{mark}{script}"
    if accented := re.match(r"^([A-Za-z])(hat|bar|tilde)(?![a-z])(.*)$", name):
        return rf"\{accented[2]}{{{accented[1]}}}" + (f"_{{{accented[3].lstrip('_')}}}" if accented[3] else "")
    match = re.match(r"^([A-Za-z]+)_?(\d[\w]*)$", name) or re.match(r"^([A-Za-z]+)_(\w+)$", name)
    base, script = (match[1], match[2]) if match else (name, "")
    letter = rf"\{base}" if base in _GREEK else rf"\mathit{{{base}}}" if len(base) > 1 and base.isalpha() else base
    if not script:
        return letter
    script = rf"\text{{{script}}}" if script.isalpha() and len(script) > 2 else script.replace("_", ",")
    return f"{letter}_{{{script}}}" if len(script) > 1 else f"{letter}_{script}"


def latex_of(tree: s.Tree, text: Slice, scope: Scope, names: Mapping[str, str], notation: Notation) -> str:
    """Return a side that was written in plain text as LaTeX."""
    if isinstance(tree, s.Name):
        return beautiful(text.text[tree.at[0] : tree.at[1]])
    if isinstance(tree, s.Call) and tree.fn not in scope.functions and tree.fn not in SPELLINGS:
        inner = ", ".join(latex_of(a, text, scope, names, notation) for a in tree.args)
        return _from_plain(tree.fn) + brackets(inner)
    return Writer(names, notation).latex(lower(tree, text, scope))
