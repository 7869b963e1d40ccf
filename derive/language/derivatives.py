"""Fractions, and the derivatives that are written as fractions; gradients."""

from __future__ import annotations

from derive.language import surface as s
from derive.language.calls import operand, operand_ends
from derive.language.reader import Reader
from derive.language.scripts import argument, subscript
from derive.language.walk import walk


def fraction(r: Reader) -> s.Tree:
    """Read \\frac: a Div, or a Partial if ∂, δ or d stands in both places."""
    start = r.tokens[r.i].start
    sign = _differential(r)
    r.take()
    r.deeper(1)
    if sign:
        tree = _derivative(r, sign, start)
    else:
        above = argument(r)
        below = argument(r)
        tree = s.Div((start, r.end), above, below, "frac")
    r.level -= 1
    return tree


def _differential(r: Reader) -> str:
    """Return the sign that stands in both places of the fraction at hand, or nothing."""
    above = r.i + 1
    if above not in r.closers:
        return ""
    below = r.closers[above] + 1
    if below not in r.closers or not (sign := _sign(r, above + 1)):
        return ""
    ends = r.tokens[below + 2].text == "}" and r.tokens[below + 1].text in ("d", "delta")
    return sign if _sign(r, below + 1) == sign and not ends else ""


def _sign(r: Reader, here: int) -> str:
    """Return partial, delta or d if the token is such a sign and something follows it."""
    kind, text, _, _ = r.tokens[here]
    after = r.tokens[here + 1]
    if kind == "cmd" and text == "partial":
        return text
    follows = after.kind in ("word", "cmd", "num", "text") or (
        after.kind == "op" and after.text in ("}", "{", "^", "|", "|<", "(", "||", "||<")
    )
    if kind == "cmd" and text == "delta":
        return text if follows and text not in r.table else ""
    if kind == "word" and text[0] == "d" and len(text) > 1:
        return "d" if text not in r.table and "d" not in r.table else ""
    return "d" if kind in ("word", "text") and text == "d" and follows and "d" not in r.table else ""


def _take_sign(r: Reader, sign: str) -> None:
    token = r.tokens[r.i]
    if token.kind == "word" and sign == "d":
        r.split(1)
    else:
        r.take()


def _order(r: Reader) -> int:
    if not r.sees("^"):
        return 1
    r.take()
    order = argument(r)
    if not isinstance(order, s.Num) or not order.text.isdigit() or not 0 < int(order.text[:4]) <= 9:
        raise r.fault("the order of a derivative is no number", order.at[0], order.at[1], expected="2")
    return int(order.text)


def _derivative(r: Reader, sign: str, start: int) -> s.Tree:
    above = r.i
    r.take()
    _take_sign(r, sign)
    order = _order(r)
    of = None
    if r.i != r.closers[above]:
        of = r.product()
        if r.i != r.closers[above]:
            raise r.unexpected()
    r.take()
    below = r.i
    r.take()
    wrt: list[s.Tree] = []
    while r.i != r.closers[below]:
        if _sign(r, r.i) != sign:
            raise r.unexpected()
        _take_sign(r, sign)
        wrt += _variable(r, order)
    r.take()
    if len(wrt) != order:
        reason = f"the derivative is of order {order}, below stand {len(wrt)} variables"
        raise r.fault("the order of this derivative does not fit", start, r.end, reason=reason)
    body = of if of is not None else _behind(r) if r.starts() else None
    if body is None:
        raise r.missing()
    return s.Partial((start, r.end), body, tuple(wrt))


def _behind(r: Reader) -> s.Tree:
    """Read what a derivative is taken of where it stands behind it; numbers in front of it belong to it."""
    start = r.tokens[r.i].start
    numbers: list[s.Tree] = []
    while _is_number(body := operand(r, "the derivative", alone=False)) and r.starts():
        numbers.append(body)
    body = operand_ends(r, body, start, "the derivative")
    return s.Mul((start, r.end), (*numbers, body), ("",) * len(numbers)) if numbers else body


def _is_number(tree: s.Tree) -> bool:
    return all(isinstance(part, s.Num | s.Div | s.Neg) for part in walk(tree))


def _variable(r: Reader, order: int) -> list[s.Tree]:
    """Read what is differentiated by; in a higher derivative ∂x^2 stands for ∂x ∂x."""
    name = r.factor()
    if order > 1 and isinstance(name, s.Pow) and isinstance(name.exponent, s.Num) and name.exponent.text.isdigit():
        return [name.base] * min(int(name.exponent.text[:4]), 10)
    return [name]


def inline(r: Reader) -> s.Tree:
    """Read ∂L / ∂z."""
    sign = r.take()
    if r.sees("_"):  # ∂_w L
        r.take()
        by = argument(r)
        if not isinstance(by, s.Name) or not r.starts():
            raise r.fault("a ∂ that stands alone", sign.start, r.end, expected="\\partial_{w} L")
        of = operand(r, "∂")
        return s.Partial((sign.start, r.end), of, (by,))
    order = _order(r)
    if not r.starts() or r.tokens[r.i].text == "partial":
        raise r.fault_at(sign, "a ∂ that stands alone", expected="\\frac{∂L}{∂x} or ∂L/∂x")
    of = r.factor()
    if not r.sees("/") or r.tokens[r.i + 1].text != "partial":
        reason = "the other half of the fraction has no ∂"
        raise r.fault("a ∂ that stands alone", sign.start, r.end, reason=reason, expected="\\frac{∂L}{∂x} or ∂L/∂x")
    r.take()
    wrt: list[s.Tree] = []
    while len(wrt) < order and r.tokens[r.i].text == "partial":
        r.take()
        wrt += _variable(r, order)
    if len(wrt) != order:
        raise r.fault("the order of this derivative does not fit", sign.start, r.end)
    return s.Partial((sign.start, r.end), of, tuple(wrt))


def inline_d(r: Reader) -> s.Tree | None:
    """Read dL/dz where it can be nothing else; None otherwise."""
    above, slash, below = r.tokens[r.i], r.tokens[r.i + 1], r.tokens[r.i + 2]
    if slash.text != "/" or slash.kind != "op" or below.kind != "word" or "d" in r.table:
        return None
    for half in (above, below):
        rest = half.text[1:]
        single = rest[:1].isalpha() and (len(rest) == 1 or rest[1:].strip("_").isdigit())
        if half.text[0] != "d" or half.text in r.table or not (rest in r.table or single):
            return None
    r.split(1)
    of = r.factor()
    r.take()
    r.split(1)
    wrt = r.factor()
    return s.Partial((above.start, r.end), of, (wrt,))


def quotient_of_deltas(r: Reader, factors: list[s.Tree], signs: list[str], starts: list[int]) -> bool:
    """Read δL / δz behind its slash: the δ and L that were factors become a derivative. Tell whether it was one."""
    sign = factors[-2] if len(factors) > 1 and not signs[-1] else None
    if not isinstance(sign, s.Name) or sign.id != "delta" or r.tokens[r.i].text != "delta" or not _sign(r, r.i):
        return False
    r.take()
    wrt = r.factor()
    of = factors.pop()
    starts.pop()
    signs.pop()
    factors[-1] = s.Partial((starts[-1], r.end), of, (wrt,))
    return True


def nabla(r: Reader) -> s.Tree:
    """Read ∇_w J(w)."""
    start = r.take().start
    wrt = subscript(r) if r.sees("_") else ""
    if r.sees("^"):
        raise r.fault_at(r.tokens[r.i], "a power of ∇ is not read", expected="\\nabla_{w} f")
    if not r.starts():
        raise r.missing()
    body = operand(r, "∇")
    return s.Nabla((start, r.end), wrt, body)
