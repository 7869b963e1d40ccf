"""Words for the parts of a formula, put together: powers, fractions, derivatives, brackets, matrices."""

from __future__ import annotations

from dataclasses import dataclass

from derive.writers import spoken


@dataclass(slots=True)
class Piece:
    """Words for one thing of a formula.

    kind: ord, operator, relation, mark, function (of what follows), prefix, text or bracket (a whole pair of them).
    closed: needs no end to be said. tail: what follows must be set apart. base: its words without a power.
    inside: the one thing between brackets. name: a word, not a letter.
    """

    words: str
    kind: str = "ord"
    closed: bool = True
    tail: bool = False
    scripted: bool = False
    base: str = ""
    inside: str = ""
    name: bool = False


def said(pieces: list[Piece]) -> str:
    """Return pieces as one line of words, with the signs and products between them named."""
    out: list[str] = []
    before: Piece | None = None
    for piece in pieces:
        words = piece.words
        if before is None or before.kind not in ("ord", "bracket", "text"):
            words = spoken.LEADING.get(words, words) if piece.kind == "operator" else words
        elif before.kind != "text" and _multiplied(before, piece):
            out.append(", times" if before.tail else "times")
        out.append(words)
        before = piece if words or piece.kind == "ord" else before
    return " ".join(word for word in out if word)


def _multiplied(left: Piece, right: Piece) -> bool:
    """Must a product be said between two things that stand beside each other?"""
    if not left.words or right.kind not in ("ord", "bracket", "function", "prefix"):  # {} is no factor
        return False
    if right.kind == "bracket":  # what stands before it may be a function, unless it cannot be one
        return left.tail or left.words[:1].isdigit()
    plain = len(left.words) == 1 and not right.words[:1].isdigit() and right.kind == "ord" and not right.tail
    return not plain and left.kind in ("ord", "bracket")


def _bound(pieces: list[Piece], name: str) -> str:
    """Return what stands in a script: letters and digits beside each other need no end."""
    if len(pieces) in (2, 3) and all(p.kind == "ord" and p.closed and not p.scripted for p in pieces):
        return " ".join(p.words for p in pieces)
    return closed(pieces, name)


def closed(pieces: list[Piece], name: str) -> str:
    """Return pieces with an end that is said, unless they are one thing."""
    words = said(pieces)
    return words if single(pieces) else f"{words} end {name}"


def single(pieces: list[Piece]) -> bool:
    """Is this one thing, maybe with a sign?"""
    if len(pieces) == 2 and pieces[0].words in spoken.LEADING:
        pieces = pieces[1:]
    return len(pieces) == 1 and pieces[0].kind in ("ord", "text") and pieces[0].closed


def grouped(pieces: list[Piece]) -> Piece:
    """Return a group as one thing: braces are not heard."""
    if len(pieces) == 1:
        return pieces[0]
    return Piece(said(pieces), closed=not pieces)


def within(name: str, pieces: list[Piece], closing: str) -> Piece:
    words = said(pieces)
    if name in ("absolute value", "norm"):
        return Piece(f"the {name} of {closed(pieces, name)}", tail=True)
    close = f" close {closing}" if closing else ""
    return Piece(f"open {name} {words}{close}", "bracket", inside=words if single(pieces) else "")


def _power(above: list[Piece]) -> str:
    words = said(above)
    if len(above) == 1 and above[0].words in spoken.POWERS:
        return spoken.POWERS[above[0].words]
    if len(above) == 1 and (above[0].kind in ("text", "bracket") or above[0].name):
        return f"superscript {words}"
    if len(above) == 2 and above[0].kind == "bracket" and above[1].words in spoken.POWERS.values():
        return f"superscript {above[0].words} {above[1].words}"  # the transpose of a name with a layer
    return f"to the power {_bound(above, 'power')}" if words else ""


def fraction(above: list[Piece], below: list[Piece]) -> Piece:
    if derivative := _derivative(above, below):
        return derivative
    up, down = said(above), said(below)
    if up == "1" and down in spoken.HALVES:
        return Piece(f"one {spoken.HALVES[down]}", tail=True)
    if single(above) and single(below) and not (above[0].tail or below[0].tail):
        return Piece(f"{up} over {down}", tail=True, closed=False)
    return Piece(f"the fraction with numerator {up} and denominator {down} end fraction", tail=True)


def _derivative(above: list[Piece], below: list[Piece]) -> Piece | None:
    """Return a quotient of differentials as the derivative that it is, None for any other fraction."""
    marks = ("partial", "d", "delta")
    if (
        not above
        or len(below) < 2
        or below[0].words not in marks
        or (above[0].base or above[0].words) != below[0].words
    ):
        return None
    order = spoken.ORDERS.get(above[0].words.removeprefix(above[0].base).strip(), "") if above[0].base else ""
    if above[0].base and not order:
        return None
    names = [p.base if order and p.scripted else p.words for p in below if p.words != below[0].words]
    kind = "partial derivative" if below[0].words == "partial" else "derivative"
    of = f" of {said(above[1:])}" if len(above) > 1 else ""
    words = f"the {order}{kind}{of} with respect to {' and '.join(names)}"
    return Piece(words, tail=True) if of else Piece(words, "function")


@dataclass(slots=True)
class Scripts:
    """What stands above and below a thing, None for nothing, and its primes."""

    below: list[Piece] | None = None
    above: list[Piece] | None = None
    primes: int = 0


def scripted(piece: Piece, token: str, scripts: Scripts) -> Piece:
    """Return a thing with its scripts."""
    below, above = scripts.below, scripts.above
    if piece.kind == "evaluated" or piece.words == "evaluated at":
        kind = "ord" if piece.kind == "evaluated" else "text"
        return Piece(f"{piece.words} {said(below or [])}", kind, tail=True)
    if below is None and above is None and not scripts.primes:
        return piece
    words = piece.words + ("," if piece.tail else "")
    if token in (r"\underbrace", r"\overbrace"):
        return Piece(f"{words} with {said((below or []) + (above or []))} beside it", tail=True)
    words += f" sub {_bound(below, 'sub')}" if below is not None else ""
    words += {0: "", 1: " prime", 2: " double prime"}.get(scripts.primes, f" {scripts.primes} primes")
    raised = f"{words} {_power(above)}" if above is not None else words
    raised = raised.replace(" times ", " by ") if token == r"\mathbb" else raised
    kind = "ord" if piece.kind in ("text", "bracket") else piece.kind
    return Piece(raised, kind, piece.closed, piece.tail, True, words)


def headed(words: str, token: str, scripts: Scripts) -> str:
    """Return the name of a function with its scripts: a sum's bounds, a logarithm's base, what a maximum goes over."""
    below, above = scripts.below, scripts.above
    if token in spoken.LARGE and below is not None:
        return words + (f" from {said(below)} to {said(above)}" if above else f" over {said(below)}")
    if token == r"\lim" and below is not None:
        words = f"the limit as {said(below)}".replace(" to ", " approaches ")
    elif token in spoken.EXTREMES and below is not None:
        words += f" over {said(below)},"
    elif below is not None:
        words += f" base {_bound(below, 'base')}" if token == r"\log" else f" sub {_bound(below, 'sub')}"
    words += " prime" * scripts.primes
    return f"{words} {_power(above)}" if above is not None else words


_SIGNS = ("plus ", "minus ", "negative ", "times ", "element-wise ")


def tabled(name: str, rows: list[list[str]]) -> Piece:
    """Return the cells of an environment as cases, a vector, a matrix, or lines."""
    if name in ("cases", "dcases", "rcases"):
        said = "; ".join(f"case {i}: {', '.join(cells)}" for i, cells in enumerate(rows, 1))
        return Piece(f"{len(rows)} cases: {said}; end cases", tail=True)
    if name not in spoken.MATRICES:
        lines = [" ".join(cells) for cells in rows]
        if len(lines) > 1 and all(line.startswith(_SIGNS) for line in lines[1:]):
            return Piece(" ".join(lines), closed=False)  # one formula on several lines
        return Piece("; ".join(lines), "text")
    if all(len(cells) == 1 for cells in rows):
        return Piece(f"the column vector {', '.join(c[0] for c in rows)}, end vector", tail=True)
    if len(rows) == 1:
        return Piece(f"the row vector {', '.join(rows[0])}, end vector", tail=True)
    kind = {"vmatrix": "determinant", "Vmatrix": "norm"}.get(name, "matrix")
    said = "; ".join(f"row {i}: {', '.join(cells)}" for i, cells in enumerate(rows, 1))
    return Piece(f"the {len(rows)} by {max(map(len, rows))} {kind}, {said}; end {kind}", tail=True)
