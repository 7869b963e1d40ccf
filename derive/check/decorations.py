"""What only decorates a formula is looked through: boxes, colours, braces, brackets around a whole statement.

Nothing moves: what is looked through becomes blanks, so that every offset stays one of the source.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from derive.check.macros import pairs
from derive.language import symbols as S

# Command → (how many arguments it has, which one of them is the formula). All of them are looked through where the
# formula holds a relation; without one they are the grammar's affair (`\underline{w}` is a name).
_KEPT = {
    **dict.fromkeys(
        "boxed Aboxed fbox framebox bbox tcboxmath ensuremath underline uline uuline uwave overline emph hl smash "
        "mathstrut hbox vcenter mathrel mathop mathbin mathord widehat hat widetilde tilde bar dot check vec "
        "underbrace overbrace underbracket overbracket underparen overparen substack shortstack".split(),
        (1, 1),
    ),
    **dict.fromkeys(S.STYLES | {"textsl", "textsc", "textup", "textmd", "textsuperscript"}, (1, 1)),
    **dict.fromkeys("textcolor colorbox mathcolor raisebox href cssId class style enclose".split(), (2, 2)),
    **dict.fromkeys(S.NOTED | {"xoverset"}, (2, 2)),
    "fcolorbox": (3, 3),
}
_DROPPED = {"color": 1, "definecolor": 3, "pagecolor": 1}  # with so many arguments
_WRITTEN_OVER = {"xlongequal": "=", "xequal": "=", "xleftarrow": "←", "xlongleftarrow": "←"}
_WRITTEN_OVER |= {"xrightarrow": "→", "xlongrightarrow": "→", "xRightarrow": "⇒", "xLongrightarrow": "⇒"}
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?")
_RELATIONS = "|".join(sorted((name for name in S.RELATIONS if name.isalpha()), key=len, reverse=True))
RELATED = re.compile(rf"[=≈≃←→⇒≤≥≠≡≜≔≐≅∼≪≫∈⟵＝<>]|\\(?:{_RELATIONS})(?![A-Za-z])")
_SKIP = re.compile(r"\s*+(?:\[[^\]{}\n]{0,60}\]\s*+)?")
_MARKED = re.compile(r"\s*+[_^]\s*+(?=\{)")  # the note of a brace
_TEXT = ("text", "textrm", "textit", "textbf", "mbox", "textnormal", "operatorname", "textsf", "texttt")
_PROSE = re.compile(r"(?<![\\\w{])[A-Za-z]{3,}(?![\w(}])")

_BRACKET = re.compile(
    r"\\(?:left|[bB]igg?l)\s*+(?P<l>\\[{\[(]|[(\[.|])|\\(?:right|[bB]igg?r)\s*+(?P<r>\\[}\])]|[)\].|])"
    r"|\\begin\s*+\{(?P<begin>[A-Za-z]+\*?)\}(?:\s*+\{[lcr|@\s]{0,40}\})?|\\end\s*+\{(?P<end>[A-Za-z]+\*?)\}"
    r"|(?P<set>\\\{)|(?P<unset>\\\})|\\.|(?P<open>[{(\[])|(?P<close>[})\]])",
    re.DOTALL,
)
_SYSTEM = frozenset(("cases", "dcases", "rcases", "array", "aligned", "alignedat", "gathered", "split", "matrix"))
# What ends a statement, so that brackets between two of these are around the whole of one.
_ENDS = re.compile(
    r"(?:^|[,;.]|\\\\(?:\[[^\]]{0,20}\])?|\\[,;:! ]|\\q?quad|\\(?:intertext|text|textrm|mbox|label|tag)\{[^{}]{0,200}\}"
    r"|\\[rR]ightarrow|\\implies|\\iff|⇒)\s*\Z"
)
_OPERATOR = re.compile(rf"(?:[-+*/=<>≈←→≤≥≠(\[{{_^]|\\(?:{_RELATIONS}|cdot|times|pm|left|left\(|left\[))\s*\Z")
_CELL = re.compile(r"&|\\\\")
_FOLLOWS = re.compile(
    r"\s*(?:\Z|[,;.&]|\\\\|\\[,;:! ]|\\q?quad|\\(?:intertext|text|textrm|mbox|label|tag|end|right)(?![A-Za-z])"
    r"|\\[rR]ightarrow|\\implies|\\iff|⇒)"
)
_NO_ARGUMENT = S.IGNORED | frozenset(S.OPERATORS) | frozenset(S.RELATIONS)
_BEFORE_BRACE = re.compile(r"\\([A-Za-z]+)\s*\Z")
_MOST = 100  # brackets and environments that are looked through


def looked_through(text: str) -> str:
    """Return a formula with blanks for what decorates statements; of a text that is damaged some of it stays."""
    if "\\" not in text and not any(c in text for c in "{(["):
        return text
    out = list(text)
    _commands(text, out)
    made = "".join(out)
    _brackets(made, out)
    return "".join(out)


def _blank(out: list[str], start: int, end: int) -> None:
    for at in range(start, end):
        if out[at] != "\n":
            out[at] = " "


def _commands(text: str, out: list[str]) -> None:
    """Blank the commands around an argument that holds a relation, and those that only set a colour."""
    closers = pairs(text)
    relations = [m.start() for m in RELATED.finditer(text)]

    def related(start: int, end: int) -> bool:
        at = bisect_left(relations, start)
        return at < len(relations) and relations[at] < end

    for found in _COMMAND.finditer(text):
        name = found[1]
        if out[found.start()] != "\\":
            continue  # within a note
        if name in _DROPPED or name in _WRITTEN_OVER:
            arguments = list(_arguments(text, found.end(), _DROPPED.get(name, 1), closers))
            _blank(out, found.start(), arguments[-1][1] + 1 if arguments else found.end())
            out[found.start()] = _WRITTEN_OVER.get(name, " ")
        elif name in _KEPT:
            count, kept = _KEPT[name]
            arguments = list(_arguments(text, found.end(), count, closers))
            if len(arguments) == count and related(*arguments[kept - 1]) and _is_formula(text, name, arguments[-1]):
                opening, closing = arguments[kept - 1]
                _blank(out, found.start(), opening + 1)
                _blank(out, closing, _noted(text, name, closing + 1, closers))


def _is_formula(text: str, name: str, argument: tuple[int, int]) -> bool:
    """Return whether the argument of a command for text is no sentence."""
    return name not in _TEXT or not _PROSE.search(text[argument[0] + 1 : argument[1]])


def _arguments(text: str, at: int, count: int, closers: dict[int, int]) -> Iterator[tuple[int, int]]:
    """Yield where the braces of so many arguments open and close."""
    for _ in range(count):
        gap = _SKIP.match(text, at)
        at = gap.end() if gap else at
        if at not in closers:
            return
        yield at, closers[at]
        at = closers[at] + 1


def _noted(text: str, name: str, end: int, closers: dict[int, int]) -> int:
    """Return where the note below (or above) a brace ends, `end` where there is none."""
    mark = _MARKED.match(text, end) if name.startswith(("under", "over")) else None
    return closers[mark.end()] + 1 if mark and mark.end() in closers else end


def _brackets(text: str, out: list[str]) -> None:
    """Blank brackets and environments around whole statements, the outer ones first."""
    relations = [m.start() for m in RELATED.finditer(text)]
    for count, (kind, start, inner, stop, end) in enumerate(sorted(_paired(text), key=lambda pair: pair[1])):
        at = bisect_left(relations, inner)
        if count >= 20 * _MOST or at == len(relations) or relations[at] >= stop:
            continue
        before = (
            "".join(out[max(0, start - 400) : start]) if start <= 400 else "\x00" + "".join(out[start - 400 : start])
        )
        system = kind in _SYSTEM
        if system and not RELATED.search(_CELL.split(text[inner : min(stop, inner + 2000)], 1)[0]):
            continue  # values with conditions
        after = "".join(out[end : end + 60])
        if _braces(before.rstrip(), after) if kind == "{" else _around(before.rstrip(), after, system):
            _blank(out, start, inner)
            _blank(out, stop, end)


def _braces(before: str, after: str) -> bool:
    """Return whether braces only hold together what is in them: they are no argument and no script."""
    command = _BEFORE_BRACE.search(before)
    if command:
        return command[1] in _NO_ARGUMENT
    return not before.endswith(("_", "^", "}", "]")) and not after.lstrip().startswith(("^", "_"))


def _around(before: str, after: str, system: bool) -> bool:
    """Return whether brackets, or an environment with rows (`system`), are around a whole statement."""
    in_column = before.endswith("&")
    before = before.rstrip("& \n\t")
    if _OPERATOR.search(before) or not (in_column or _ENDS.search(before)):
        return False
    return system or bool(_FOLLOWS.match(after))


def _paired(text: str) -> Iterator[tuple[str, int, int, int, int]]:
    """Yield (kind, start, inner start, inner end, end) of brackets and systems of equations that are closed."""
    open_: list[tuple[str, int, int]] = []
    for found in _BRACKET.finditer(text):
        kind, sign = str(found.lastgroup or ""), found[0]
        if kind in ("l", "begin", "open", "set"):
            open_.append(("{" if sign == "{" else found["begin"] or sign[-1], found.start(), found.end()))
        elif kind in ("r", "end", "close", "unset") and open_:
            opened, start, inner = open_.pop()
            opened = opened.rstrip("*")
            set_ = text[start:inner].endswith("\\{")
            if set_ and not _holds_system(text, inner):
                continue  # a set, whose condition is part of it
            if kind != "end" or opened in _SYSTEM:
                yield (opened if not set_ else "cases", start, inner, found.start(), found.end())


def _holds_system(text: str, at: int) -> bool:
    found = re.compile(r"\s*+\\begin\s*+\{([A-Za-z]+)\*?\}").match(text, at)
    return found is not None and found[1] in _SYSTEM
