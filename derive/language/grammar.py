"""The grammar: sums, products and factors; one formula in, one surface tree out."""

from __future__ import annotations

from derive.errors import Fault
from derive.language import surface as s
from derive.language.atoms import atom
from derive.language.brackets import evaluation
from derive.language.derivatives import quotient_of_deltas
from derive.language.names import Table
from derive.language.postfix import attach, power_chain
from derive.language.reader import Reader
from derive.language.tokens import tokenise
from derive.language.walk import depth
from derive.source import Slice, of_text

__all__ = ["MAX_DEPTH", "Table", "parse", "syntax_of"]

MAX_DEPTH = 200
_NOTHING = Table()
_BETWEEN = ("odot", "circ", "otimes")  # products that bind less than what stands side by side


def syntax_of(text: str) -> str:
    """Return "latex" if the text has a backslash, a brace or a dollar, else "plain"."""
    return "latex" if any(mark in text for mark in "\\{$") else "plain"


def parse(text: Slice | str, table: Table = _NOTHING, syntax: str = "auto") -> s.Tree:
    """Return the surface tree of one formula, a Relation if it holds relation signs.

    Raises Fault for whatever cannot be read, at its place; nothing is left out. syntax: auto, latex or plain.
    """
    piece = of_text(text) if isinstance(text, str) else text
    plain = (syntax_of(piece.text) if syntax == "auto" else syntax) == "plain"
    reader = _Grammar(piece, tokenise(piece, plain), table, plain)
    too_deep = Fault("this formula is nested too deeply", piece.span(0, 1))
    if reader.tokens[0].kind == "eof":
        raise Fault("the formula is empty", piece.span(), expected="a formula such as w*x + b")
    try:
        tree = reader.relation()
    except RecursionError:  # the caller was deep down already
        raise too_deep from None
    if reader.tokens[reader.i].kind != "eof":
        raise reader.unexpected()
    # Below this no tree can be deeper: every level takes a token.
    if len(reader.tokens) > MAX_DEPTH and depth(tree) > MAX_DEPTH:
        raise too_deep
    return tree


class _Grammar(Reader):
    def relation(self) -> s.Tree:
        start = self.tokens[self.i].start
        sides, signs, places = [self.expression()], [], []
        while self.tokens[self.i].kind == "rel":
            sign = self.take()
            signs.append(sign.text)
            places.append((sign.start, sign.end))
            sides.append(self.expression())
        return s.Relation((start, self.end), tuple(sides), tuple(signs), tuple(places)) if signs else sides[0]

    def expression(self) -> s.Tree:
        start = self.tokens[self.i].start
        terms: list[s.Tree] = []
        signed = self.sees("+", "-")
        while signed or not terms:
            at = self.tokens[self.i].start
            minus = 0
            if signed:
                minus = self.take().text == "-"
                minus += self.minuses(1 if terms else 0)
            term = self.product()
            for _ in range(minus):
                term = s.Neg((at, self.end), term)
            terms.append(term)
            signed = self.sees("+", "-")
        return terms[0] if len(terms) == 1 else s.Add((start, self.end), tuple(terms))

    def minuses(self, allowed: int) -> int:
        """Take minus signs that belong to what follows: as many as one likes in plain text."""
        count = 0
        while self.sees("-") and (self.plain or count < allowed):
            self.take()
            count += 1
        return count

    def signed(self) -> s.Tree:
        """Read a factor behind an operator, where `-` may stand."""
        start = self.tokens[self.i].start
        minus = self.minuses(1)
        body = self.factor()
        for _ in range(minus):
            body = s.Neg((start, self.end), body)
        return body

    def product(self) -> s.Tree:
        start = self.tokens[self.i].start
        factors, signs, starts = [self.factor()], [], [start]
        while True:
            token = self.tokens[self.i]
            if token.kind == "op" and token.text in ("*", *_BETWEEN):
                self.take()
                signs.append(token.text)
                starts.append(self.tokens[self.i].start)
                factors.append(self.signed())
            elif token.kind == "op" and token.text == "/":
                self.take()
                if not quotient_of_deltas(self, factors, signs, starts):
                    below = self.signed()
                    factors[-1] = s.Div((starts[-1], self.end), factors[-1], below, "slash")
            elif token.kind == "op" and token.text == "./":
                above = _joined((start, self.end), factors, signs)
                self.take()
                below = self.signed()
                factors, signs, starts = [s.Div((start, self.end), above, below, "./")], [], [start]
            elif self.starts():
                if token.kind == "num" and isinstance(factors[-1], s.Num):
                    raise self.fault_at(token, "two numbers side by side", expected="an operator between them")
                signs.append("")
                starts.append(token.start)
                factors.append(self.factor())
            elif self.bar_of_evaluation():
                if len(factors) > 1:
                    reason = "the bar could belong to the last factor or to the whole product"
                    raise self.fault_at(token, "what is evaluated?", reason=reason, expected="[ … ]_{x = a}")
                self.take()
                factors[0] = evaluation(self, factors[0], start)
            else:
                return _joined((start, self.end), factors, signs)

    def factor(self) -> s.Tree:
        self.deeper(1)
        start = self.tokens[self.i].start
        base = atom(self)
        if self.tokens[self.i].kind == "op":
            base = power_chain(self, base, start) if self.plain else attach(self, base, start)
        self.level -= 1
        return base


def _joined(at: s.Range, factors: list[s.Tree], signs: list[str]) -> s.Tree:
    """Return the product; beside an entrywise sign what stands side by side is multiplied first."""
    if len(factors) == 1:
        return factors[0]
    if "" in signs and any(sign in signs for sign in _BETWEEN):
        runs = [[factors[0]]]
        for sign, factor in zip(signs, factors[1:], strict=True):
            if sign:
                runs.append([factor])
            else:
                runs[-1].append(factor)
        factors = [
            run[0] if len(run) == 1 else s.Mul((run[0].at[0], run[-1].at[1]), tuple(run), ("",) * (len(run) - 1))
            for run in runs
        ]
        signs = [sign for sign in signs if sign]
    return factors[0] if len(factors) == 1 else s.Mul(at, tuple(factors), tuple(signs))
