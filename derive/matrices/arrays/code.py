"""NumPy code as it grows: values with what is known of their shape, each computed once.

What is the same in all rows or columns is kept once and broadcast: no product with a matrix of ones, a diagonal matrix
or a repeated bias is ever carried out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

_VARIABLE = re.compile(r"v\d+")
_SHORT = re.compile(r"\w+|-?[\d.]+(?:e[-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class Part:
    """A matrix in NumPy code.

    text: the variable or number that holds it. even: whether all its rows (columns) are equal and one is held for all;
    with both it is held as a number. diagonal: only its diagonal is held, as a column, whose `even` this is.
    """

    text: str
    rows: int
    columns: int
    even: tuple[bool, bool]
    diagonal: bool = False

    @property
    def scalar(self) -> bool:
        return self.rows == self.columns == 1


def part(text: str, rows: int, columns: int, even: tuple[bool, bool] = (False, False)) -> Part:
    """Return a part; the only row or column of a matrix is equal to all of them."""
    return Part(text, rows, columns, (even[0] or rows == 1, even[1] or columns == 1))


def number(text: str, rows: int = 1, columns: int = 1) -> Part:
    """Return a number, or a matrix that has it at every entry."""
    return Part(text, rows, columns, (True, True))


@dataclass
class Code:
    """Lines `variable = expression`; an expression that is there already is not computed again."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)

    def name(self, expression: str) -> str:
        """Return the variable that holds an expression."""
        if _SHORT.fullmatch(expression):
            return expression
        if expression not in self.known:
            self.known[expression] = f"v{len(self.lines)}"
            self.lines.append((self.known[expression], expression))
        return self.known[expression]

    def each(self, template: str, *parts: Part) -> Part:
        """Return an operation entry by entry: a template with {} for each part; scalars go with every entry."""
        whole = [self.entries(p) for p in parts]
        like = next((p for p in whole if not p.scalar), whole[0])
        even = (all(p.even[0] for p in whole), all(p.even[1] for p in whole))
        return Part(self.name(template.format(*(p.text for p in whole))), like.rows, like.columns, even)

    def times(self, a: Part, b: Part) -> Part:
        """Return the product entry by entry; nothing is multiplied by 1."""
        for one, other in ((a, b), (b, a)):
            if one.text == "1.0" and not (one.diagonal or other.diagonal) and (one.scalar or not other.scalar):
                return other
        return self.each("{} * {}", a, b)

    def entries(self, p: Part) -> Part:
        """Return a diagonal matrix with all its entries, any other part as it is."""
        if not p.diagonal:
            return p
        return part(self.name(f"np.diag(np.broadcast_to({p.text}, ({p.rows}, 1))[:, 0])"), p.rows, p.columns)

    def full(self, p: Part) -> str:
        """Return the text of a matrix with all its rows and columns."""
        p = self.entries(p)
        held = (1 if p.even[0] else p.rows, 1 if p.even[1] else p.columns)
        if p.even != (True, True) and held == (p.rows, p.columns):
            return p.text
        return self.name(f"np.broadcast_to({p.text}, ({p.rows}, {p.columns}))")

    def source(self, inputs: Iterable[str], outputs: Iterable[str]) -> str:
        """Return the text of a function; lines that nothing needs are left out, variables dropped after their use."""
        outputs = list(outputs)
        kept = {name for text in outputs for name in _VARIABLE.findall(text)}
        body: list[str] = []
        for name, expression in reversed(self.lines):
            if name not in kept:
                continue
            last = sorted(set(_VARIABLE.findall(expression)) - kept)
            kept |= set(last)
            body += [f"    del {', '.join(last)}"] * bool(last) + [f"    {name} = {expression}"]
        head = f"def function({', '.join(inputs)}):"
        return "\n".join([head, *reversed(body), f"    return [{', '.join(outputs)}]"])


def transposed(code: Code, p: Part) -> Part:
    """Return the transpose; a number and a diagonal stay as they are."""
    if p.diagonal:
        return p
    turned = replace(p, rows=p.columns, columns=p.rows, even=(p.even[1], p.even[0]))
    return turned if p.even == (True, True) else replace(turned, text=code.name(f"{p.text}.T"))
