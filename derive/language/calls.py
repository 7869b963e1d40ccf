"""Calls: what is a function and what are its arguments."""

from __future__ import annotations

from derive.language import surface as s
from derive.language import symbols as S
from derive.language.reader import Reader
from derive.language.scripts import Scripts, argument, raised, scripts, subscript, superscript
from derive.language.walk import walk

# A power of these could be a power of the value or the function applied again.
_APPLIED = S.CALLED - {"sigma", "N", "L", "J"}


def symbol(r: Reader, base: str, start: int, sub: str = "", sup: str = "") -> s.Tree:
    """Return a name with the scripts behind it, or the call that it heads."""
    token = r.tokens[r.i]
    if token.kind != "op":
        return _name(r, base, sub, sup, start, r.end)
    out = _scripts(r, base, sub, sup)
    if base == "e" and not out.sub and not out.sup and out.power is not None and "e" not in r.table.names:
        return raised(Scripts(transposed=out.transposed), s.Call((start, r.end), "exp", (out.power,)), (start, r.end))
    name = _name(r, base, out.sub, out.sup, start, out.name_end, out)
    if out.power is not None or out.transposed:
        if r.sees("(") and out.power is not None and _is_applied(r, name):
            expected = f"({name.id}(x))^…"
            reason = "it could be the power of the value, the inverse, or the function applied again"
            raise r.fault("a power between a function and its argument", start, r.end, reason=reason, expected=expected)
        primed = _primed(r, name, out.primes, out)
        return raised(out, primed, (start, r.end))
    if r.sees("(") and (out.primes or _is_call(r, name)):
        return _call(r, name, out.primes, start)
    if r.sees("[") and base in ("E", "Var", "Cov") and name.id not in r.table.names:
        args = tuple(r.items(r.i))
        return s.Call((start, r.end), name.id, args, out.primes)
    if r.plain and r.sees("'") and _primed_call(r, name):
        primes = 0
        while r.sees("'"):
            r.take()
            primes += 1
        return _call(r, name, primes, start)
    return _primed(r, name, out.primes, out)


def _scripts(r: Reader, base: str, sub: str, sup: str) -> Scripts:
    out = scripts(r, named=not (base == "e" and not sub and "e" not in r.table.names), sub=sub, sup=sup)
    if r.plain and r.sees("^") and r.tokens[r.i + 1].text == "[":  # `W^[1]`, as names are spelled
        opening = r.i + 1
        end = r.closers[opening]
        out.sup += r.source[r.tokens[opening].start : r.tokens[end].end].replace(" ", "")
        r.i = end
        r.take()
        out.name_end = r.end
    return out


def _name(r: Reader, base: str, sub: str, sup: str, start: int, end: int, out: Scripts | None = None) -> s.Name:
    name = base + (f"_{sub}" if sub else "") + (f"^{sup}" if sup else "")
    return s.Name((start, end), name, base, sub, sup, (out or Scripts()).spelled(r.source, start, end))


def _primed(r: Reader, name: s.Name, primes: int, out: Scripts) -> s.Name:
    """Return h' as a name of its own."""
    if not primes:
        return name
    marks = "'" * primes
    start, end = name.at[0], max(name.at[1], r.end)
    sup = name.sup + marks
    return s.Name((start, end), name.id + marks, name.base, name.sub, sup, out.spelled(r.source, start, end))


def _is_call(r: Reader, name: s.Name) -> bool:
    if name.id in r.table.functions:
        return True
    if _has_comma(r, r.i):
        return True
    if name.id in r.table.names:
        return False
    # A word before a bracket is a function, known or not: `rellu(x)` must not become a product.
    word = len(name.base) > 2 and name.base.isalpha() and name.base not in S.GREEK
    return word or name.base in S.CALLED or name.base in r.table.functions


def _is_applied(r: Reader, name: s.Name) -> bool:
    if name.id in r.table.names:
        return False
    return name.id in r.table.functions or name.base in _APPLIED


def _primed_call(r: Reader, name: s.Name) -> bool:
    """Tell whether a quote in plain text is a derivative, L'(y), and not a transpose."""
    here = r.i
    while r.tokens[here].kind == "op" and r.tokens[here].text == "'":
        here += 1
    if r.tokens[here].kind != "op" or r.tokens[here].text != "(":
        return False
    return name.id in r.table.functions or (name.base in S.CALLED and name.id not in r.table.names)


def _has_comma(r: Reader, opening: int) -> bool:
    here, closing = opening + 1, r.closers[opening]
    while here < closing:
        token = r.tokens[here]
        if token.kind == "op" and token.text in (",", ";"):
            return True
        here = r.closers.get(here, here) + 1
    return False


def _call(r: Reader, name: s.Name, primes: int, start: int) -> s.Tree:
    """Read the arguments; h_1(1 - h_1) turns out to be a product, whose second factor is kept for later."""
    opening = r.i
    if opening in r.parsed:
        return _primed(r, name, primes, Scripts())
    end = r.end
    args = r.items(opening)
    sure = primes or len(args) > 1 or name.id in r.table.functions
    if not sure and any(isinstance(part, s.Name) and part.id == name.id for part in walk(args[0])):
        r.parsed[opening] = (args[0], r.i)
        r.i, r.end = opening, end
        return name
    return s.Call((start, r.end), name.id, tuple(args), primes)


def function(r: Reader, fn: str, start: int) -> s.Tree:
    """Read a known function behind its name: scripts, then arguments with or without brackets."""
    base, index, out = _function_scripts(r, fn)
    args = _arguments(r, fn)
    if args is None:
        if base is not None or out.power is not None or out.primes or index:
            raise r.fault_at(r.tokens[r.i], f"the argument of {fn} is missing", expected=f"{fn}(…)")
        return s.Name((start, r.end), fn, fn, "", "", r.source[start : r.end])
    at = (start, r.end)
    call: s.Tree = s.Call(at, fn, args, out.primes, base)
    if fn == "sqrt" and len(args) == 1 and not out.primes:
        call = s.Root(at, args[0])
    if index:
        call = s.Index(at, call, index)
    return raised(out, call, at)


def _function_scripts(r: Reader, fn: str) -> tuple[s.Tree | None, str, Scripts]:
    base, index, out = None, "", Scripts()
    while r.sees("_", "^", "'"):
        token = r.tokens[r.i]
        if token.text == "_" and fn in ("max", "min", "argmax", "argmin"):
            raise r.fault_at(token, f"{fn} over an index is not read", expected=f"{fn}(a, b)")
        if token.text == "_" and fn in ("log", "lg") and not r.plain and base is None:
            r.take()
            base = argument(r)
        elif token.text == "_" and base is None and not index:
            index = subscript(r)
        elif token.text == "^" and not r.plain and out.power is None:
            superscript(r, out, False)
            _no_inverse(r, fn, out, token.start)
        elif token.text == "'":
            r.take()
            out.primes += 1
        else:
            break
    return base, index, out


def _no_inverse(r: Reader, fn: str, out: Scripts, start: int) -> None:
    if isinstance(out.power, s.Neg):
        reason = f"it could be the inverse function or 1/{fn}"
        raise r.fault(f"a negative power of {fn}", start, r.end, reason=reason, expected=f"({fn}(x))^{{-1}}")
    if out.transposed:
        raise r.fault(f"a transposed {fn}", start, r.end, expected=f"{fn}(x)^T")


def _arguments(r: Reader, fn: str) -> tuple[s.Tree, ...] | None:
    if r.sees("(", "[", "\\{", "(."):
        return tuple(r.items(r.i))
    if r.sees("{"):
        return (argument(r),)
    return (operand(r, fn),) if r.starts() else None


def operand(r: Reader, fn: str, alone: bool = True) -> s.Tree:
    """Read the argument of a function without brackets: a factor, or a number and a name.

    alone: whether anything behind it is a fault.
    """
    start = r.tokens[r.i].start
    body = r.factor()
    token = r.tokens[r.i]
    if isinstance(body, s.Num) and token.kind in ("word", "cmd") and not _function_begins(r):
        factor = r.factor()
        body = s.Mul((start, r.end), (body, factor), ("",))
    return operand_ends(r, body, start, fn) if alone else body


def operand_ends(r: Reader, body: s.Tree, start: int, fn: str) -> s.Tree:
    """Return an argument without brackets, if nothing follows that might belong to it."""
    if r.starts() and not _function_begins(r):
        token = r.tokens[r.i]
        reason = f"does {fn} take {r.source[start : r.end]} alone, or what follows too?"
        title = f"the argument of {fn} has no brackets"
        raise r.fault(title, start, token.end, reason=reason, expected=f"{fn}({r.source[start : r.end].strip()}) …")
    return body


def _function_begins(r: Reader) -> bool:
    token = r.tokens[r.i]
    return token.text in S.FUNCTIONS and token.kind in ("cmd", "word", "text")
