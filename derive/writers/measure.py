"""How wide a formula prints, in em, estimated from its LaTeX; good enough to decide where a line ends."""

from __future__ import annotations

import re
from dataclasses import dataclass


def _commands(names: str) -> set[str]:
    return {"\\" + name for name in names.split()}


# Computer Modern math italic, in em; the few letters that differ much from the default.
_LETTER = dict(zip("fijlrtmwMW", (0.6, 0.35, 0.42, 0.3, 0.46, 0.37, 0.88, 0.72, 1.1, 1.1), strict=True))
_SPACE = {r"\,": 0.17, r"\:": 0.22, r"\;": 0.28, r"\!": -0.17, r"\ ": 0.33, "~": 0.33, r"\quad": 1, r"\qquad": 2}
_FRACTIONS = {r"\frac", r"\dfrac", r"\tfrac", r"\cfrac", r"\binom"}
_STACKED = {r"\overset", r"\underset", r"\stackrel"}
_WORDS = {r"\text", r"\mathrm", r"\operatorname", r"\operatorname*", r"\mbox", r"\textrm", r"\textbf", r"\mathsf"}
_WORDS |= {r"\textit", r"\mathtt", r"\texttt"}
_SMALL = {r"\cdot": 0.28, "*": 0.5, r"\ast": 0.5, r"\circ": 0.5, r"\star": 0.5}
_PRODUCTS = {r"\cdot", r"\times", r"\odot", r"\otimes", r"\circ", "*", r"\ast"}
_BINARY = (
    {"+", "-", r"\pm", r"\mp", r"\oplus", r"\ominus", r"\cup", r"\cap", r"\wedge", r"\vee"} | _PRODUCTS | {*_SMALL}
)
_RELATIONS = {"=", "<", ">", ":"} | _commands("""
    approx le leq ge geq ne neq in to sim simeq equiv propto Rightarrow Leftrightarrow leftarrow rightarrow Leftarrow
    mapsto gets coloneqq subset subseteq ll gg implies iff mid
""")
_OPEN = {"(", "[", r"\{", r"\lfloor", r"\lceil", r"\langle", r"\lvert", r"\lVert"}
_CLOSE = {")", "]", r"\}", r"\rfloor", r"\rceil", r"\rangle", r"\rvert", r"\rVert"}
_BARS = {"|", r"\|", r"\vert", r"\Vert"}
_LARGE = {r"\sum": 1.44, r"\prod": 1.28, r"\int": 0.9, r"\bigcup": 1.1, r"\bigoplus": 1.5}
_PREFIXES = {r"\partial", r"\nabla", r"\Delta", "d"} | {*_LARGE}
_FUNCTIONS = _commands("log ln exp sin cos tan sinh cosh tanh max min arg det lim sup inf Pr dim ker arctan")
_INVISIBLE = {r"\limits", r"\nolimits", r"\displaystyle", r"\textstyle", r"\nonumber", r"\label", r"\rm", r"\bf"}
_SYMBOL = {
    r"\infty": 1.0,
    r"\ldots": 1.17,
    r"\dots": 1.17,
    r"\cdots": 1.17,
    r"\top": 0.78,
    r"\nabla": 0.83,
    r"\partial": 0.58,
}
# Commands that print their argument and what they add to its width.
_ACCENTS = dict.fromkeys(
    _commands("""
    hat tilde bar vec dot ddot overline underline widehat widetilde mathbf mathcal mathbb boldsymbol bm mathit check
    underbrace overbrace cancel phantom mathfrak mathscr pmb
"""),
    0.06,
) | {r"\sqrt": 0.9, r"\boxed": 0.65}
_BIG = re.compile(r"\\(?:big|Big|bigg|Bigg)[lrm]?")
_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|\d+(?:(?:\.|\{,\})\d+)?|\s+|.", re.DOTALL)


@dataclass(slots=True)
class Atom:
    """A piece that never breaks.

    kind: ord, word (wants what follows), sign, sum, product, relation, open, close or punct.
    """

    source: str
    width: float
    kind: str
    inside: list[Atom] | None = None  # of \left…\right, which may be opened as a last resort
    script: float = 0.0


def measure(latex: str) -> float:
    """Return the estimated width of a formula in em."""
    return width(read(latex))


def width(atoms: list[Atom]) -> float:
    """Return the width of a row of atoms in em."""
    return sum(atom.width for atom in atoms)


def read(latex: str) -> list[Atom]:
    """Return the atoms of a formula; their sources joined are the formula. Never fails: what is unknown is a letter."""
    return _Reader(_TOKEN.findall(latex)).row(set())


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at = tokens, 0

    def row(self, until: set[str]) -> list[Atom]:
        """Read atoms up to a token of `until` (left unread) or the end."""
        out: list[Atom] = []
        bars = 0
        while self.at < len(self.tokens) and self.tokens[self.at] not in until:
            token = self.tokens[self.at]
            if token in "^_'" or (token.isspace() and out):
                self._attach(out)
            elif token == r"\lVert":
                out.append(self._norm())
            elif token in _BARS:
                closes = bars > 0 and out[-1].kind in ("ord", "close")
                bars += -1 if closes else 1
                out.append(self._take(0.3, "close" if closes else "open"))
            else:
                out.append(self._atom(out[-1].kind if out else "open"))
        return out

    def _norm(self) -> Atom:
        """A norm stays in one piece: its bars, torn apart, would lose their subscript."""
        start = self._next()
        inner = self.row({r"\rVert"})
        end = self._next()
        return Atom(start + join(inner) + end, width(inner) + 1.0, "ord")

    def _attach(self, out: list[Atom]) -> None:
        """A script, prime or blank belongs to the atom before it; a script below and one above share their width."""
        token = self._next()
        if not out:
            out.append(Atom("", 0, "ord"))
        atom = out[-1]
        argument = self._argument() if token in "^_" else Atom("", 0.3 if token == "'" else 0, "ord")
        wide = 0.72 * argument.width + 0.05 if token in "^_" else argument.width
        atom.source += token + argument.source
        atom.width += max(0.0, wide - atom.script)
        atom.script = max(atom.script, wide)

    def _next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1] if self.at <= len(self.tokens) else ""

    def _take(self, wide: float, kind: str) -> Atom:
        return Atom(self._next(), wide, kind)

    def _argument(self) -> Atom:
        """Read one argument of a command: a group or a single token, with the blanks before it."""
        blank = ""
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            blank += self._next()
        if self.at >= len(self.tokens) or self.tokens[self.at] == "}":
            return Atom(blank, 0, "ord")
        atom = self._atom("open")
        return Atom(blank + atom.source, atom.width, "ord")

    def _atom(self, before: str) -> Atom:
        token = self._next()
        if token == "{":
            inner = self.row({"}"})
            return Atom("{" + join(inner) + self._next(), width(inner), "ord")
        if token in _FRACTIONS or token in _STACKED:
            first, second = self._argument(), self._argument()
            shrink = 0.72 if token in _STACKED else 1
            return Atom(token + first.source + second.source, max(first.width * shrink, second.width) + 0.24, "ord")
        if token in _WORDS:
            argument = self._argument()
            return Atom(token + argument.source, 0.1 + 0.53 * max(0, len(argument.source.strip()) - 2), "word")
        if token in _ACCENTS:
            degree = self._degree() if token == r"\sqrt" else ""
            argument = self._argument()
            return Atom(token + degree + argument.source, argument.width + _ACCENTS[token], "ord")
        if token == r"\left":
            return self._fence()
        if token == r"\begin":
            return self._environment()
        if _BIG.fullmatch(token):
            side = self._next()
            return Atom(token + side, 0.7, "open" if token.endswith("l") else "close" if token.endswith("r") else "ord")
        return self._simple(token, before)

    def _degree(self) -> str:
        """The [3] of a cube root."""
        if self.at >= len(self.tokens) or self.tokens[self.at] != "[":
            return ""
        return self._next() + join(self.row({"]"})) + self._next()

    def _fence(self) -> Atom:
        opening = self._next()
        inside = self.row({r"\right"})
        source = r"\left" + opening + join(inside) + self._next() + self._next()
        return Atom(source, width(inside) + 1.3, "ord", inside)

    def _environment(self) -> Atom:
        """A matrix or cases: the widest cell of every column, and the gaps, which aligned rows have not."""
        parts, columns, column = [r"\begin", self._argument().source], [0.0], 0
        gap = 0.0 if parts[1] == "{aligned}" else 1.0
        while self.at < len(self.tokens) and self.tokens[self.at] != r"\end":
            cell = self.row({"&", r"\\", r"\end"})
            columns[column] = max(columns[column], width(cell))
            parts.append(join(cell))
            if self.at < len(self.tokens) and self.tokens[self.at] != r"\end":
                parts.append(self._next())
                column = column + 1 if parts[-1] == "&" else 0
                columns += [0.0] * (column + 1 - len(columns))
        parts += [self._next(), self._argument().source]
        return Atom("".join(parts), sum(columns) + (len(columns) + 0.8) * gap, "ord")

    def _simple(self, token: str, before: str) -> Atom:
        if token in _BINARY:
            wide = _SMALL.get(token, 0.78)
            if before in ("open", "sum", "product", "relation", "punct"):
                return Atom(token, wide, "sign")
            return Atom(token, wide + 0.44, "product" if token in _PRODUCTS else "sum")
        if token in _RELATIONS:
            return Atom(token, 1.0 + 0.56 if "arrow" in token else 0.78 + 0.56, "relation")
        for known, wide, kind in ((_OPEN, 0.4, "open"), (_CLOSE, 0.4, "close"), (_INVISIBLE, 0, "ord")):
            if token in known:
                return Atom(token, wide, kind)
        if token in _SPACE or token.isspace():
            return Atom(token, _SPACE.get(token, 0), "punct")
        if token in _FUNCTIONS:
            return Atom(token, 0.5 * (len(token) - 1) + 0.2, "word")
        if token in ",;":
            return Atom(token, 0.45, "punct")
        kind = "word" if token in _PREFIXES else "ord"
        return Atom(token, _glyph(token), kind)


def _glyph(token: str) -> float:
    if token[0].isdigit():
        return 0.5 * sum(c.isdigit() for c in token) + (0.28 if len(token) > 1 and not token.isdigit() else 0)
    if token[0] == "\\":
        upper = 0.8 if token[1:2].isupper() else 0.63
        return _LARGE.get(token) or _SYMBOL.get(token) or upper
    return _LETTER.get(token) or (0.78 if token.isupper() else 0.28 if token in ".!" else 0.57)


def opened(atom: Atom) -> list[Atom]:
    r"""Return what \left…\right holds between big brackets, so that it may break; any other atom as it is."""
    if not atom.inside:
        return [atom]
    head, _, tail = atom.source.partition(join(atom.inside))
    first = Atom(head.replace(r"\left", r"\Bigl"), 0.65, "open")
    return [first, *atom.inside, Atom(tail.replace(r"\right", r"\Bigr"), 0.65 + atom.script, "close")]


def join(atoms: list[Atom]) -> str:
    """Return the LaTeX that the atoms were read from."""
    return "".join(atom.source for atom in atoms)
