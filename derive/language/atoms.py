"""What a factor begins with: numbers, names, commands, brackets."""

from __future__ import annotations

from derive.language import brackets, derivatives, environments, sums
from derive.language import surface as s
from derive.language import symbols as S
from derive.language.calls import function, symbol
from derive.language.names import CONNECTIVES, first_name, flat, split
from derive.language.reader import Reader
from derive.language.scripts import argument
from derive.language.tokens import Token

_FRACTIONS = frozenset(("frac", "dfrac", "tfrac", "cfrac"))


def atom(r: Reader) -> s.Tree:
    """Read what a factor begins with; names come with their scripts and arguments."""
    token = r.tokens[r.i]
    if token.kind == "num":
        r.take()
        return s.Num((token.start, token.end), token.text)
    if token.kind == "word":
        return word(r, token)
    if token.kind == "cmd":
        return command(r, token)
    if token.kind == "op":
        return bracket(r, token)
    if token.kind == "text":
        return words(r, token)
    if token.kind == "begin":
        return environments.environment(r)
    if token.kind == "dots":
        r.take()
        return s.Dots((token.start, token.end))
    raise r.missing()


def bracket(r: Reader, token: Token) -> s.Tree:
    if token.text == "{":
        inner = argument(r)
        return renamed(r, inner, token.start)
    if token.text in ("(", "[", "\\{", "(."):
        return brackets.group(r)
    if token.text in ("|", "||", "|<", "||<"):
        return brackets.bars(r)
    raise r.missing()


def word(r: Reader, token: Token) -> s.Tree:
    """Read a run of letters, or its first name if it is a product of names."""
    text = token.text
    if len(text) > 1 and text not in r.table:
        if text in S.FUNCTIONS:
            r.take()
            return function(r, text, token.start)
        if text in CONNECTIVES:
            raise r.fault_at(token, "words within a formula", expected="one formula")
        partial = derivatives.inline_d(r)
        if partial is not None:
            return partial
        text = first_name(text, _suffix(r), r.table, r.plain)
    if text != token.text:
        r.split(len(text))
    else:
        r.take()
    base, sub = split(text)
    return symbol(r, base, token.start, sub)


def _suffix(r: Reader) -> str:
    """Return the subscript behind the word at hand as far as it matters for names that are declared."""
    if not r.table.names and not r.table.functions:
        return ""
    here = r.i + 1
    if r.tokens[here].kind != "op" or r.tokens[here].text != "_":
        return ""
    end = r.closers.get(here + 1)
    inner = r.tokens[here + 2 : end] if end else r.tokens[here + 1 : here + 2]
    return "_" + (flat(inner, r.source) or "")


def words(r: Reader, token: Token) -> s.Tree:
    """Read the words of \\text{…}: a function or a name."""
    r.take()
    text = "_".join(token.text.split())
    if text in S.FUNCTIONS:
        return function(r, text, token.start)
    if token.text != token.text.strip() or text.split("_")[0] in CONNECTIVES:
        raise r.fault_at(token, "words within a formula", expected="one formula")
    return symbol(r, text, token.start)


def command(r: Reader, token: Token) -> s.Tree:
    name = token.text
    if name in S.LETTERS:
        r.take()
        return symbol(r, S.LETTERS[name], token.start)
    if name in S.ACCENTS:
        return accent(r, token)
    if name in S.STYLES:
        return style(r, token)
    if name in _FRACTIONS:
        return derivatives.fraction(r)
    if name == "sqrt":
        return root(r)
    if name in ("sum", "prod"):
        return sums.big(r)
    if name == "nabla":
        return derivatives.nabla(r)
    if name == "partial":
        return derivatives.inline(r)
    if name in S.FUNCTIONS:
        r.take()
        return function(r, name, token.start)
    if name in ("underbrace", "overbrace"):
        return brace(r)
    raise r.missing()


def accent(r: Reader, token: Token) -> s.Tree:
    """Read \\hat{y}_i and the like: the accent belongs to the name below it."""
    r.take()
    inner = _inner(r)
    if not isinstance(inner, s.Name) or inner.sup:
        raise r.fault(f"\\{token.text} stands over more than a name", token.start, r.end, expected="one name")
    return symbol(r, f"{S.ACCENTS[token.text]}_{inner.base}", token.start, inner.sub)


def style(r: Reader, token: Token) -> s.Tree:
    r.take()
    here = r.tokens[r.i + 1] if r.sees("{") else r.tokens[r.i]
    inner = _inner(r)
    if isinstance(inner, s.Num) and inner.text in ("0", "1") and here.kind == "num":
        if inner.text == "1" and (indicator := brackets.indicator(r, token.start)) is not None:
            return indicator
        return symbol(r, inner.text, token.start)
    if isinstance(inner, s.Name) and inner.id == "I" and token.text in ("mathbb", "mathds"):
        indicator = brackets.indicator(r, token.start)
        return indicator if indicator is not None else symbol(r, "I", token.start)
    return renamed(r, inner, token.start)


def _inner(r: Reader) -> s.Tree:
    """Read what an accent or a style stands over."""
    r.deeper(1)
    inner = argument(r)
    r.level -= 1
    return inner


def renamed(r: Reader, inner: s.Tree, start: int) -> s.Tree:
    """Return a tree that was read in braces; a name may go on behind them."""
    if isinstance(inner, s.Name):
        if inner.id in S.FUNCTIONS:
            return function(r, inner.id, start)
        return symbol(r, inner.base, start, inner.sub, inner.sup)
    return inner


def root(r: Reader) -> s.Tree:
    start = r.take().start
    degree = None
    if r.sees("["):
        found = r.items(r.i)
        degree = found[0]
        if len(found) > 1:
            raise r.fault("a root with two degrees", start, r.end)
    r.deeper(1)
    body = brackets.group(r) if r.sees("(") else argument(r)
    r.level -= 1
    return s.Root((start, r.end), body, degree)


def brace(r: Reader) -> s.Tree:
    """Read \\underbrace{x}_{…} as x: what stands below is a note."""
    r.take()
    inner = _inner(r)
    if r.sees("_", "^"):
        r.take()
        r.i = r.closers.get(r.i, r.i)
        r.take()
    return inner
