"""Subscripts, superscripts and primes: behind a name they belong to the name or act on it."""

from __future__ import annotations

from dataclasses import dataclass, field

from derive.language import surface as s
from derive.language import symbols as S
from derive.language.names import falls_apart, first_name, flat
from derive.language.reader import Reader
from derive.language.tokens import Token

_ENTRYWISE = ("odot", "circ")
_MARKS = {"*": "*", "+": "+", "-": "-", "star": "*", "dagger": "dagger"}


@dataclass(slots=True)
class Scripts:
    """What stands below and above: texts that belong to a name, or a power, a transpose, primes.

    acting: where in the source powers and transposes stand, which may be in the midst of the name.
    """

    sub: str = ""
    sup: str = ""
    primes: int = 0
    power: s.Tree | None = None
    transposed: bool = False
    entrywise: bool = False
    name_end: int = 0
    acting: list[s.Range] = field(default_factory=list)

    def spelled(self, source: str, start: int, end: int) -> str:
        """Return the source of a name without what acts on it."""
        for a, b in reversed(self.acting):
            if start <= a and b <= end:
                source, end = source[:a] + source[b:], end - (b - a)
        return source[start:end]


def scripts(r: Reader, named: bool, sub: str = "", sup: str = "") -> Scripts:
    """Read the scripts at hand. Behind what is no name (`named` false) a superscript is a power or a transpose."""
    out = Scripts(sub=sub, sup=sup, name_end=r.end)
    lowered = raised = False
    while True:
        token = r.tokens[r.i]
        if token.kind != "op":
            return out
        if token.text == "_":
            if lowered:
                raise r.fault_at(token, "a second subscript", expected="one subscript, as in w_{0,new}")
            more = subscript(r)
            out.sub = f"{out.sub}_{more}" if out.sub else more
            lowered, out.name_end = True, r.end
        elif token.text == "^" and not r.plain:
            if raised:
                raise r.fault_at(
                    token, "a second superscript", expected="brackets around what is raised, as in (x^a)^b"
                )
            before = out.sup, out.primes
            superscript(r, out, named)
            if before == (out.sup, out.primes):
                out.acting.append((token.start, r.end))
            raised = True
        elif token.text == "'" and not r.plain:
            r.take()
            out.primes += 1
        else:
            return out


def subscript(r: Reader) -> str:
    """Return the plain spelling of the subscript at hand."""
    r.take()
    token = r.tokens[r.i]
    if token.kind == "op" and token.text == "{":
        return _flat_group(r)
    if token.kind == "cmd" and token.text in S.STYLES:
        r.take()
        return _flat_group(r) if r.sees("{") else _letter(r)
    if token.kind in ("num", "word"):
        return _letter(r)
    text = flat([token], r.source) if token.kind in ("cmd", "text") or r.sees("*", "+") else None
    if not text:
        raise r.fault_at(token, "a subscript is missing", expected="a letter, a digit or a text in braces")
    r.take()
    if token.kind == "cmd" and token.text in S.ACCENTS:
        return text + (_flat_group(r) if r.sees("{") else _letter(r))
    return text


def _flat_group(r: Reader) -> str:
    opening, closing = r.i, r.closers[r.i]
    text = flat(r.tokens[opening + 1 : closing], r.source)
    if not text:
        start, end = r.tokens[opening].start, r.tokens[closing].end
        title = "this subscript cannot be read" if text is None else "an empty subscript"
        raise r.fault(title, start, end, expected="an index such as 0, i+1 or new")
    r.i = closing
    r.take()
    return text


def _letter(r: Reader) -> str:
    token = r.tokens[r.i]
    if token.kind not in ("num", "word"):
        raise r.fault_at(token, "a subscript is missing", expected="a letter, a digit or a text in braces")
    if r.plain or token.kind == "num":
        return r.take().text
    rest = token.text[1:]
    if len(rest) > 1 and not falls_apart(rest, r.table):
        reason = "without braces LaTeX lowers only the first letter"
        raise r.fault_at(token, "more than one letter without braces", reason=reason, fix=f"_{{{token.text}}}")
    return r.split(1).text


def superscript(r: Reader, out: Scripts, named: bool) -> None:
    """Read the superscript at hand into `out`."""
    sign = r.take()
    token = r.tokens[r.i]
    if r.sees("{"):
        _raised_group(r, out, named)
    elif token.kind == "word" and token.text[0] == "T" and "T" not in r.table.names:
        r.split(1)
        out.transposed = True
    elif _is_transpose(r, [token]) or (token.text in S.STYLES and _is_transpose(r, _argument(r))):
        if token.kind == "cmd" and token.text in S.STYLES:
            r.take()
        r.i = r.closers.get(r.i, r.i)
        r.take()
        out.transposed = True
    elif r.sees("'"):
        while r.sees("'"):
            r.take()
            out.primes += 1
    elif r.sees("(", "[", "-"):
        reason = f"without braces LaTeX raises only the {token.text}"
        raise r.fault_at(token, "a superscript without braces", reason=reason, expected="^{…}")
    elif _mark([token]):
        r.take()
        _name_part(r, out, _MARKS[token.text], named, sign)
    elif token.kind == "text" and named:
        r.take()
        _name_part(r, out, "_".join(token.text.split()), named, sign)
    else:
        out.power = argument(r)


def _argument(r: Reader) -> list[Token]:
    """Return the tokens that a command at hand takes."""
    here = r.i + 1
    return r.tokens[here + 1 : r.closers[here]] if here in r.closers else r.tokens[here : here + 1]


def _raised_group(r: Reader, out: Scripts, named: bool) -> None:
    opening, closing = r.i, r.closers[r.i]
    inner = r.tokens[opening + 1 : closing]
    if not inner:
        raise r.fault("an empty superscript", r.tokens[opening].start, r.tokens[closing].end)
    end = r.closers.get(opening + 1, -1) if inner[0].text in ("[", "(") else -1
    rest = r.tokens[end + 1 : closing] if end > 0 else []
    text = _flat_name(r, inner) if named and not rest else None
    if _is_transpose(r, inner):
        out.transposed = True
    elif inner[0].text == "-" and _is_transpose(r, inner[1:]):
        one = s.Num((inner[0].start, inner[0].end), "1")
        out.power, out.transposed = s.Neg((inner[0].start, inner[-1].end), one), True
    elif len(inner) > 1 and inner[0].kind in ("op", "cmd") and inner[0].text in _ENTRYWISE:
        _entry_power(r, out, opening, closing)
        return
    elif all(token.text == "'" for token in inner):
        out.primes += len(inner)
    elif named and end > 0 and (not rest or _is_transpose(r, rest)):
        label = flat(r.tokens[opening + 1 : end + 1], r.source)
        if label is None:
            raise r.fault_at(inner[0], "this superscript cannot be read", expected="a label such as (l-1) or [1]")
        _name_part(r, out, label, named, inner[0])
        if rest:
            out.transposed = True
            out.acting.append((rest[0].start, rest[-1].end))
    elif _mark(inner) or text:
        _name_part(r, out, text or _MARKS[inner[0].text], named, inner[0])
    else:
        out.power = argument(r)
        return
    r.i = closing
    r.take()
    if out.sup and not out.primes and out.power is None:
        out.name_end = r.end


def _entry_power(r: Reader, out: Scripts, opening: int, closing: int) -> None:
    """Read `^{\\odot 2}`, a power of every entry."""
    r.i = opening + 2
    out.power, out.entrywise = r.expression(), True
    if r.i != closing:
        raise r.unexpected()
    r.take()


def _mark(tokens: list[Token]) -> bool:
    return len(tokens) == 1 and tokens[0].kind in ("op", "cmd") and tokens[0].text in _MARKS


def _flat_name(r: Reader, tokens: list[Token]) -> str | None:
    """Return a superscript of words, as in x^{\\text{new}} and x^{new}; None if it is a formula."""
    if len(tokens) != 1 or tokens[0].kind not in ("text", "word"):
        return None
    word = "_".join(tokens[0].text.split())
    if tokens[0].kind == "word":
        undeclared = word not in r.table and first_name(word, "", r.table, r.plain) == word
        return word if len(word) > 2 and undeclared and word not in S.FUNCTIONS else None
    return word


def _name_part(r: Reader, out: Scripts, text: str, named: bool, where: Token) -> None:
    if not named:
        raise r.fault_at(where, f"the superscript {text} does not stand behind a name", expected="a power")
    out.sup += text
    out.name_end = r.end


def _is_transpose(r: Reader, tokens: list[Token]) -> bool:
    """Tell whether a superscript is T, \\top, \\mathsf{T} …, and not a declared name T."""
    if len(tokens) > 6 or "T" in r.table.names:
        return len(tokens) == 1 and tokens[0].text in ("top", "intercal")
    core = [token for token in tokens if not (token.kind == "cmd" and token.text in S.STYLES)]
    core = [token for token in core if token.text not in ("{", "}", "^")]
    return len(core) == 1 and core[0].text in ("T", "top", "intercal")


def argument(r: Reader) -> s.Tree:
    """Read what a LaTeX command or a script takes: a group in braces, or one token with its own arguments."""
    token = r.tokens[r.i]
    if token.kind == "op" and token.text == "{":
        out = r.items(r.i)
        if len(out) > 1:
            raise r.fault_at(token, "a comma where one formula is expected")
        return out[0]
    if token.kind == "num" and not r.plain:
        if not token.text.isdigit():
            raise r.fault_at(
                token, "a number without braces", reason="LaTeX takes only its first digit", expected="{…}"
            )
        digit = r.split(1)
        return s.Num((digit.start, digit.end), digit.text)
    if token.kind == "word" and not r.plain:
        letter = r.split(1).text
        return s.Name((token.start, r.end), letter, letter, "", "", letter)
    if token.kind == "cmd" and token.text in S.LETTERS:
        r.take()
        name = S.LETTERS[token.text]
        return s.Name((token.start, token.end), name, name, "", "", r.source[token.start : token.end])
    if token.kind == "cmd":
        return r.factor()
    raise r.missing()


def applied(out: Scripts, base: s.Tree, at: s.Range) -> s.Tree:
    """Return a base with its subscript, power and transpose."""
    return raised(out, s.Index(at, base, out.sub) if out.sub else base, at)


def raised(out: Scripts, base: s.Tree, at: s.Range) -> s.Tree:
    """Return a base with its power and transpose."""
    if out.power is not None:
        base = s.Pow(at, base, out.power, out.entrywise)
    return s.Transpose(at, base) if out.transposed else base
