"""Sums, multiples, products and powers entry by entry in NumPy."""

from __future__ import annotations

from fractions import Fraction

from derive.matrices.arrays.code import Code, Part, number
from derive.matrices.arrays.linear import total
from derive.matrices.arrays.tape import Tape
from derive.matrices.term import Term


def written(x: Fraction | int) -> str:
    """Return a number as Python has it, a negative one in brackets."""
    text = repr(float(x))
    return f"({text})" if text.startswith("-") else text


def _minus(t: Term) -> Term | None:
    """Return x for a term -x."""
    if t.op in ("scale", "mul") and len(t.args) == 2 and t.args[0].op == "num" and t.args[0].data == -1:
        return t.args[1]
    return None


def add(tape: Tape, t: Term, args: list[Part]) -> Part:
    """Return a sum; what has a minus is subtracted."""
    pairs = [(x, own, _minus(x)) for x, own in zip(t.args, args, strict=True)]
    plus = [own for _, own, body in pairs if body is None]
    minus = [tape.parts[body] for _, _, body in pairs if body is not None]
    template = " + ".join(["{}"] * len(plus)) or "0.0"
    return tape.code.each(template + " - {}" * len(minus), *plus, *minus)


def had(tape: Tape, t: Term, args: list[Part]) -> Part:
    """Return a product entry by entry; unit steps in it are comparisons."""
    found, steps = number("1.0", *tape.shape(t)), []
    for x, own in zip(t.args, args, strict=True):
        if x.op == "map" and x.data == "step" and not tape.at_zero:
            steps.append(tape.parts[x.args[0]])
        else:
            found = tape.code.times(found, own)
    for inner in steps:
        found = tape.code.each("{} * ({} > 0)", found, inner)
    return found


def scale(tape: Tape, t: Term, args: list[Part]) -> Part:
    """Return a multiple."""
    scalar, body = args
    if body.diagonal:
        column = tape.code.times(scalar, Part(body.text, body.rows, 1, body.even))
        return Part(column.text, body.rows, body.columns, column.even, diagonal=True)
    return tape.code.times(scalar, body)


def raised(code: Code, base: Part, n: Fraction) -> Part:
    """Return a power entry by entry, without a logarithm where there is none needed."""
    if n < 0:
        return code.each("1 / {}", raised(code, base, -n))
    if n.denominator == 2 and n.numerator <= 5:
        root = code.each("np.sqrt({})", base)
        whole = n.numerator // 2
        return root if not whole else code.each("{} * {}", raised(code, base, Fraction(whole)), root)
    if n.denominator == 1 and n.numerator <= 4:
        found = base
        for _ in range(n.numerator - 1):
            found = code.each("{} * {}", found, base)
        return found
    return code.each(f"{{}} ** {written(n)}", base)


def power(tape: Tape, t: Term, args: list[Part]) -> Part:
    """Return a power of numbers; the square of a norm needs no root."""
    base, exponent = t.args
    if exponent.op != "num":
        return tape.code.each("np.power({}, {})", *args)
    n: Fraction = exponent.data
    if base.op == "norm" and n.denominator == 1 and n.numerator % 2 == 0:
        return raised(tape.code, squares(tape, base), n / 2)
    return raised(tape.code, args[0], n)


def squares(tape: Tape, norm: Term) -> Part:
    """Return the square of a norm."""
    inner = tape.parts[norm.args[0]]
    return total(tape.code, tape.code.each("{} * {}", inner, inner))
