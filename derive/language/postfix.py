"""What stands behind a factor: powers, transposes, indices, evaluations."""

from __future__ import annotations

from derive.language import surface as s
from derive.language.atoms import atom
from derive.language.brackets import evaluation, holds_points
from derive.language.reader import Reader
from derive.language.scripts import applied, argument, scripts, subscript


def attach(r: Reader, base: s.Tree, start: int) -> s.Tree:
    """Return what is no name with its scripts: a power, a transpose, an index, an evaluation."""
    while r.sees("_", "^"):
        if r.sees("_") and holds_points(r):
            base = evaluation(r, base, start)
            continue
        out = scripts(r, named=False)
        if out.primes:
            raise r.fault_at(r.tokens[r.i - 1], "a prime behind what is no name", expected="a name, as in f'(x)")
        base = applied(out, base, (start, r.end))
    return base


def power_chain(r: Reader, base: s.Tree, start: int) -> s.Tree:
    """Read the plain text's `'`, `^` and `.^`, from left to right."""
    while r.sees("^", ".^", "'", "_"):
        if r.sees("_"):
            sub = subscript(r)
            base = s.Index((start, r.end), base, sub)
            continue
        sign = r.take()
        if sign.text == "'":
            base = s.Transpose((start, r.end), base)
            continue
        at = r.tokens[r.i].start
        minus = r.sees("-") and bool(r.take())
        r.deeper(1)
        exponent = argument(r) if r.sees("{") else atom(r)
        r.level -= 1
        exponent = s.Neg((at, r.end), exponent) if minus else exponent
        if isinstance(base, s.Name) and base.id == "e" and "e" not in r.table.names and sign.text == "^":
            base = s.Call((start, r.end), "exp", (exponent,))
        elif isinstance(exponent, s.Name) and exponent.id == "T" and "T" not in r.table.names:
            base = s.Transpose((start, r.end), base)
        else:
            base = s.Pow((start, r.end), base, exponent, sign.text == ".^")
    return base
