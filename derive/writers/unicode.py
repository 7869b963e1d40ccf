"""Characters that LaTeX's default encodings lack, declared so that every text compiles."""

from __future__ import annotations

import unicodedata

# What prints a character; the Greek letters are found by their Unicode names.
_TABLE = r"""
    − - | ∂ \partial | ∇ \nabla | ≤ \le | ≥ \ge | ≠ \ne | ≈ \approx | ≡ \equiv | ∈ \in | ∉ \notin
    ℝ \mathbb{R} | ℕ \mathbb{N} | ℤ \mathbb{Z} | → \to | ← \leftarrow | ⇒ \Rightarrow | ⇐ \Leftarrow
    ⇔ \Leftrightarrow | ↦ \mapsto | ∞ \infty | ∑ \sum | ∏ \prod | ∫ \int | √ \surd | ⊙ \odot | ⊗ \otimes
    ⊕ \oplus | ∘ \circ | ∗ \ast | ⋅ \cdot | ∀ \forall | ∃ \exists | ∅ \emptyset | ∪ \cup | ∩ \cap | ⊂ \subset
    ⊆ \subseteq | ∝ \propto | ∼ \sim | ⊤ \top | ᵀ {}^{\top} | ′ {}' | ″ {}'' | ℒ \mathcal{L} | ℓ \ell
    ☐ \square | ☒ \boxtimes | ✓ \checkmark | ✗ \times | ⟨ \langle | ⟩ \rangle | ‖ \Vert | ⌊ \lfloor
    ⌋ \rfloor | ⌈ \lceil | ⌉ \rceil | ϵ \epsilon | ϕ \phi | ϑ \vartheta | ∆ \Delta | ∥ \parallel
"""
_SYMBOLS = {
    entry.split()[0]: entry.split()[1] for line in _TABLE.split("\n") for entry in line.split(" | ") if entry.strip()
}
_VARIANTS = {"epsilon": "varepsilon", "phi": "varphi", "final sigma": "varsigma", "lamda": "lambda"}
_CAPITALS = {"gamma", "delta", "theta", "lambda", "xi", "pi", "sigma", "upsilon", "phi", "psi", "omega"}

# pdfTeX reads bytes and knows what was declared; LuaTeX reads characters and asks the font.
_DECLARE = r"""\ifdefined\directlua
  \newcommand\character[3]{\iffontchar\font"#2 \else
    \catcode"#2=13 \begingroup\lccode`~="#2 \lowercase{\endgroup\gdef~}{#3}\fi}
\else
  \newcommand\character[3]{\ifcsname u8:\detokenize{#1}\endcsname\else\DeclareUnicodeCharacter{#2}{#3}\fi}
\fi"""


def declarations(text: str) -> str:
    r"""Return TeX that declares the characters of a text, each only where the fonts have none of their own.

    A character that nobody knows is printed as its code, so that it is missed and not the whole document.
    """
    lines = []
    for character in sorted({c for c in text if ord(c) > 0x7F}):
        code = f"{ord(character):04X}"
        lines.append(rf"\character{{{character}}}{{{code}}}{{{_print(character, code)}}}")
    return "\n".join([_DECLARE, *lines]) if lines else ""


def _print(character: str, code: str) -> str:
    if latex := _SYMBOLS.get(character) or _greek(character):
        return rf"\ensuremath{{{latex}}}"
    if unicodedata.category(character) in ("Mn", "Cf"):
        return ""
    return rf"\texttt{{[U+{code}]}}"


def _greek(character: str) -> str:
    """Return the command of a plain Greek letter, or an empty text."""
    words = unicodedata.name(character, "").lower()
    for case in ("small", "capital"):
        prefix = f"greek {case} letter "
        if words.startswith(prefix):
            name = words.removeprefix(prefix)
            name = _VARIANTS.get(name, name) if case == "small" or name == "lamda" else name
            if case == "capital":
                return "\\" + name.capitalize() if name in _CAPITALS else rf"\mathrm{{{_latin(name)}}}"
            return "o" if name == "omicron" else "\\" + name if name.isalpha() else ""
    return ""


def _latin(name: str) -> str:
    """Return the Latin capital that a Greek one looks like."""
    looks = {"eta": "H", "rho": "P", "chi": "X"}
    return looks.get(name, name[0].upper())
