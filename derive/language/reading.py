"""The reading: how a formula was understood, as one line in which nothing is left implicit."""

from __future__ import annotations

from derive.language import surface as s
from derive.language.walk import fold

_SIGNS = {"": "*", "*": "*", "odot": ".*", "circ": " circ ", "otimes": " otimes "}
_WORDS = {"=": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


def reading(tree: s.Tree) -> str:
    """Return the reading of a formula; a product is flat, a quotient a power -1, a difference a sum with -1*."""
    return fold(tree, _rule)


def _rule(tree: s.Tree, parts: list[str]) -> str:
    match tree:
        case s.Num():
            return _number(tree.text)
        case s.Name():
            return tree.id
        case s.Dots():
            return "dots"
        case s.Add():
            return "(" + " + ".join(parts) + ")"
        case s.Neg():
            return "-1*" + parts[0]
        case s.Mul():
            return _product(tree, parts)
        case s.Div():
            sign = "./" if tree.style == "./" else "*"
            below = _base(tree.below, parts[1])
            return f"{parts[0]}./{below}" if sign == "./" else f"{parts[0]}*{below}^(-1)"
        case s.Pow():
            return f"{_base(tree.base, parts[0])}{'.' if tree.entrywise else ''}^({parts[1]})"
        case s.Root():
            exponent = f"{_base(tree.degree, parts[1])}^(-1)" if tree.degree else "0.5"
            return f"{_base(tree.body, parts[0])}^({exponent})"
        case s.Call():
            base = "_" + parts.pop() if tree.base else ""
            return f"{tree.fn}{base}{chr(39) * tree.primes}({', '.join(parts)})"
        case s.Bars():
            return f"||{parts[0]}||" + (f"_{tree.sub}" if tree.sub else "") if tree.double else f"|{parts[0]}|"
        case s.Relation():
            return parts[0] + "".join(f" {sign} {side}" for sign, side in zip(tree.signs, parts[1:], strict=True))
        case _:
            return _wordy(tree, parts)


def _wordy(tree: s.Tree, parts: list[str]) -> str:
    match tree:
        case s.Partial():
            return f"D[{', '.join(parts)}]"
        case s.Nabla():
            return f"nabla_{tree.wrt}({parts[0]})" if tree.wrt else f"nabla({parts[0]})"
        case s.Transpose():
            return f"transpose({parts[0]})"
        case s.Index():
            return f"idx({parts[0]}, {tree.sub})"
        case s.BigSum():
            word = "Prod" if tree.product else "Sum"
            return f"{word}[{', '.join([parts[0], *tree.indices, *parts[1:]])}]"
        case s.Matrix():
            return f"M{len(tree.rows)}x{len(tree.rows[0])}[{', '.join(parts)}]"
        case s.Cases():
            return _cases(tree, parts)
        case s.Indicator():
            return f"indicator({_condition(tree.condition, parts[0])})"
        case s.EvalAt():
            points = [text for (name, _), value in zip(tree.points, parts[1:], strict=True) for text in (name, value)]
            return f"evalat({', '.join([parts[0], *points])})"
        case s.Seq():
            return f"other<{', '.join([tree.kind, *parts])}>"
        case _:
            raise AssertionError(tree)


def _product(tree: s.Mul, parts: list[str]) -> str:
    out = parts[0]
    plain = all(sign in ("", "*") for sign in tree.signs)
    for sign, factor, part in zip(tree.signs, tree.factors[1:], parts[1:], strict=True):
        # Products of one kind run together; an entrywise one keeps apart what is multiplied first.
        out += _SIGNS[sign] + (part if plain and not _entrywise(factor) else _base(factor, part))
    return out


def _entrywise(tree: s.Tree) -> bool:
    return isinstance(tree, s.Mul) and any(sign not in ("", "*") for sign in tree.signs)


def _base(tree: s.Tree, text: str) -> str:
    """Return a text as it stands below a power: products in brackets."""
    return f"({text})" if isinstance(tree, (s.Mul, s.Div, s.Neg, s.Relation)) else text


def _condition(tree: s.Tree, text: str) -> str:
    if isinstance(tree, s.Relation):
        sides = [reading(side) for side in tree.sides]
        pairs = zip(tree.signs, sides[1:], strict=True)
        return sides[0] + "".join(f" {_WORDS.get(sign, sign)} {side}" for sign, side in pairs)
    return text


def _cases(tree: s.Cases, parts: list[str]) -> str:
    out, left = [], iter(parts)
    for _, condition in tree.branches:
        value = next(left)
        when = f"other<{tree.otherwise}>" if condition is None else _condition(condition, next(left))
        out.append(f"{value} if {when}")
    return f"cases[{'; '.join(out)}]"


def _number(text: str) -> str:
    """Return a number without a bare point; one with an exponent as Python prints it."""
    if text.lstrip("0123456789."):
        value = float(text)
        return repr(value).removesuffix(".0") if 0 < value < float("inf") else text
    return ("0" + text if text.startswith(".") else text).removesuffix(".")
