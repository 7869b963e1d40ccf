"""A formula of LaTeX as one line of text for a terminal: ŷ, ω₀, a/b. Never fails; what is unknown stays as it is."""

from __future__ import annotations

import re
import unicodedata

_TOKEN = re.compile(
    r"\\(?:begin|end)\s*\{[^{}]*\}|\\(?:text\w*|mbox|math(?:rm|it|sf|tt)|operatorname\*?)\s*\{[^{}]*\}"
    r"|\\[A-Za-z]+\*?|\\.|\s+|.",
    re.DOTALL,
)
_DEEPEST, _LONGEST = 60, 4000
_SYMBOLS = {
    **{"partial": "∂", "nabla": "∇", "cdot": "·", "times": "×", "odot": "⊙", "circ": "∘", "infty": "∞", "pm": "±"},
    **{"le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "approx": "≈", "sim": "∼", "in": "∈"},
    **{"leftarrow": "←", "rightarrow": "→", "to": "→", "Rightarrow": "⇒", "implies": "⇒", "mapsto": "↦"},
    **{"sum": "∑", "prod": "∏", "int": "∫", "ldots": "…", "cdots": "…", "dots": "…", "top": "T", "prime": "′"},
    **{"quad": "  ", "qquad": "  ", "ell": "ℓ", "ast": "*", "mid": "|", "lvert": "|", "rvert": "|", "vert": "|"},
    **{
        "Vert": "‖",
        "lVert": "‖",
        "rVert": "‖",
        "otimes": "⊗",
        "oslash": "⊘",
        "langle": "⟨",
        "rangle": "⟩",
        "varepsilon": "ε",
        "varphi": "φ",
        "lambda": "λ",
        "lbrace": "{",
    },
    **{
        "rbrace": "}",
        "colon": ":",
        "forall": "∀",
        "cup": "∪",
        "cap": "∩",
        "emptyset": "∅",
        "vdots": "⋮",
        "ddots": "⋱",
        "propto": "∝",
    },
}
_ACCENTS = {"hat": "\u0302", "widehat": "\u0302", "bar": "\u0304", "overline": "\u0304", "tilde": "\u0303"}
_ACCENTS |= {"widetilde": "\u0303", "dot": "\u0307", "ddot": "\u0308", "vec": "\u20d7"}
_SILENT = {"left", "right", "displaystyle", "textstyle", "limits", "nolimits", "big", "Big", "bigl", "bigr", "Bigl"}
_SILENT |= {"Bigr", "bigg", "Bigg", "biggl", "biggr", "mathbf", "boldsymbol", "bm", "mathcal", "mathscr", "mathfrak"}
_SILENT |= {
    "mathrm",
    "mathit",
    "mathbb",
    "text",
    "operatorname",
    "limits",
    "nonumber",
    "notag",
    "boxed",
    "textbf",
    "textit",
}
_SPACED = dict.fromkeys("=<>≈≤≥≠∼∈←→⇒+−·×⊙", True)
_LOW = dict(zip("0123456789+-=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))
_HIGH = dict(zip("0123456789+-=()inTt", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱⁿᵀᵗ", strict=True))


def plain(latex: str) -> str:
    """Return a formula as text on one line, cut where nobody would read on."""
    tokens = [t for t in _TOKEN.findall(latex[:_LONGEST]) if not t.isspace()]
    made = unicodedata.normalize("NFC", re.sub(r" {2,}", " ", _Reader(tokens).run())).strip()
    made = "".join(c if c.isprintable() else " " for c in made)  # nothing in it steers a terminal
    return made + ("…" if len(latex) > _LONGEST else "")


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at, self.depth = tokens, 0, 0

    def run(self) -> str:
        """Return everything up to a brace that closes."""
        out, before = "", ""
        while self.at < len(self.tokens) and self.tokens[self.at] != "}":
            piece = self.piece()
            if piece in ("_", "^"):
                piece = _script(self.argument(), piece)
                out = out.rstrip() + piece
            else:
                out = _joined(out, before, piece)
            before = piece or before
        return out

    def argument(self) -> str:
        """Return the group or the single thing that a command takes."""
        return self.piece().strip() if self.at < len(self.tokens) else ""

    def piece(self) -> str:
        """Return the next thing; below the depth that anybody writes, its source."""
        token = self.tokens[self.at]
        self.at += 1
        if self.depth > _DEEPEST:
            return token
        self.depth += 1
        made = self.thing(token)
        self.depth -= 1
        return made

    def thing(self, token: str) -> str:
        if token == "{":
            inner = self.run()
            self.at += 1
            return inner
        if token.startswith((r"\begin", r"\end")):
            return "[" if token.startswith(r"\begin") else "]"
        if token.startswith("\\") and token.endswith("}"):
            words = token.partition("{")[2][:-1].strip()
            return words if words.isalnum() else f" {words} "
        return self.command(token[1:].rstrip("*")) if token.startswith("\\") else _sign(token)

    def command(self, name: str) -> str:
        if name in ("frac", "dfrac", "tfrac", "cfrac"):
            above, below = self.argument(), self.argument()
            return f"{_bracketed(above)}/{_bracketed(below, below=True)}"
        if name == "sqrt":
            return f"√{_bracketed(self.argument(), below=True)}"
        if name in _ACCENTS:
            inner = self.argument()
            return inner[:1] + _ACCENTS[name] + inner[1:]
        if name in _SILENT:
            if self.tokens[self.at : self.at + 1] == ["."]:
                self.at += 1  # \left. is no bracket
            return ""
        if name == "\\":
            return "; "
        if not name.isalpha():
            return {"{": "{", "}": "}", "|": "‖"}.get(name, " " if name in ",;:! " else name)
        return _SYMBOLS.get(name) or _greek(name) or name


def _sign(token: str) -> str:
    return {"-": "−", "*": "·", "'": "′", "&": ", ", "~": " "}.get(token, token)


def _greek(name: str) -> str:
    """Return a Greek letter by its command, "" for any other."""
    case = "CAPITAL" if name[:1].isupper() else "SMALL"
    try:
        return unicodedata.lookup(f"GREEK {case} LETTER {name.upper()}")
    except KeyError:
        return ""


def _joined(out: str, before: str, piece: str) -> str:
    """Return two pieces with blanks where they help: around signs between terms, around words, behind commas."""
    if piece in _SPACED and before and before not in _SPACED and before not in ("(", "[", "{", ",", ", ", "; ", "|"):
        return f"{out} {piece} "
    if piece in (",", ", "):
        return f"{out.rstrip()}, "
    if "/" in before and (piece[:1].isalnum() or piece[:1] == "∂"):
        return f"{out} · {piece}" if "/" in piece else f"{out} {piece}"  # a/b · c/d: what is below what?
    after_word = _is_word(before) and piece[:1].isalnum()
    if after_word or (_is_word(piece) and (out[-1:].isalnum() or out[-1:] == ")")):
        return f"{out} {piece}"
    # A name with a mark at it is easily read as one with what follows.
    marked = unicodedata.category(out[-1:] or "a") in ("No", "Lm", "Mn") and piece[:1].isalpha()
    return f"{out} {piece}" if marked else out + piece


def _is_word(piece: str) -> bool:
    return len(piece) > 1 and piece.isalpha() and piece.isascii()


def _script(inner: str, mark: str) -> str:
    table = _LOW if mark == "_" else _HIGH
    close = inner.replace("−", "-").replace(" ", "")
    if close and len(close) < 8 and all(c in table for c in close):
        return "".join(table[c] for c in close)
    if inner == "′":
        return inner
    single = len(inner) <= 1 or inner.isalnum() or inner[:1] + inner[-1:] in ("[]", "()")
    return f"{mark}{inner}" if single else f"{mark}({inner})"


def _bracketed(inner: str, below: bool = False) -> str:
    """Return a part of a quotient, in brackets where it is more than one thing."""
    single = re.fullmatch(r"[∂dδ]?[^\W\d_][\u0300-\u036f₀-₉ₐ-ₜ′]*|[\d.,]+|[∂d]\S{1,4}", inner)
    return inner if single or re.fullmatch(r"\([^()]*\)", inner) or (not below and inner.isalnum()) else f"({inner})"
