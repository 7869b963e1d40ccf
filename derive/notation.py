"""Conventions of a report as one value: how derivatives, products and numbers are written and rounded."""

from __future__ import annotations

from dataclasses import dataclass, fields
from fractions import Fraction

from derive.expr import Number, Value


@dataclass(frozen=True, slots=True)
class Digits:
    """How many digits are shown: `kind` is "exact", "decimals" or "significant"."""

    kind: str = "significant"
    count: int = 4


@dataclass(frozen=True, slots=True)
class Notation:
    """The conventions shared by a solution and its checker.

    relu_at_0: u(0), the value taken for the derivative of ReLU at its kink.
    log: the base of `\\log`, "e", "2" or "10".
    carry: "full" computes on with all digits, "shown" with the rounded numbers that are printed.
    The other fields are the LaTeX (or the word) that stands for the thing.
    """

    derivative: str = r"\partial"
    layout: str = "denominator"
    transpose: str = r"\top"
    product: str = ""
    elementwise: str = r"\odot"
    bold: str = ""
    log: str = "e"
    relu_at_0: Fraction = Fraction(0)
    digits: Digits = Digits()
    carry: str = "full"
    decimal: str = "."


STANDARD = Notation()
KEYS = tuple(f.name for f in fields(Notation))

CHOICES = {
    "derivative": (r"\partial", r"\delta", "d", r"\mathrm{d}"),
    "layout": ("denominator", "numerator"),
    "product": ("", r"\cdot", r"\times"),
    "log": ("e", "2", "10"),
    "relu_at_0": ("0", "1", "1/2", "0.5"),
    "carry": ("full", "shown"),
    "decimal": (".", ","),
}


def read_digits(text: str) -> Digits | None:
    """Return the policy of "exact", "6 decimals", "4 significant" or "4", None where the text is none of these."""
    words = text.split()
    if words == ["exact"]:
        return Digits("exact", 6)
    kinds = {"decimals": "decimals", "decimal": "decimals", "significant": "significant"}
    kind = kinds.get(words[1]) if len(words) >= 2 else "significant"
    if words and kind and words[0].isascii() and words[0].isdigit() and 1 <= int(words[0]) <= 40:
        return Digits(kind, int(words[0]))
    return None


def _terminates(x: Fraction) -> int | None:
    """Return how many decimals x needs, None if it has infinitely many (or more than 40)."""
    for places in range(41):
        if (x * 10**places).denominator == 1:
            return places
    return None


def _rounded(x: Value, places: int) -> Fraction:
    """Return x rounded half away from zero to `places` decimals (negative: tens, hundreds …)."""
    scaled = _fraction(x) * Fraction(10) ** places
    whole = int(abs(scaled) + Fraction(1, 2))
    return Fraction(whole if scaled >= 0 else -whole) / Fraction(10) ** places


def _fraction(x: Value) -> Fraction:
    if isinstance(x, Fraction):
        return x
    sign, mantissa, exponent, _ = x._mpf_
    value = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return -value if sign else value


def magnitude(x: Value) -> int:
    """Return floor(log10 |x|), 0 for 0."""
    if x == 0:
        return 0
    if not isinstance(x, Fraction):
        from mpmath import mp

        with mp.extradps(10):
            guess = int(mp.floor(mp.log10(abs(x))))
        return guess if abs(guess) > 400 else _exactly(abs(_fraction(x)), guess)
    bits = x.numerator.bit_length() - x.denominator.bit_length()
    return _exactly(abs(x), bits * 30103 // 100000)


def _exactly(x: Fraction, guess: int) -> int:
    while x >= Fraction(10) ** (guess + 1):
        guess += 1
    while x < Fraction(10) ** guess:
        guess -= 1
    return guess


def _plain_decimal(x: Fraction, places: int) -> str:
    whole = abs(x) * 10 ** max(places, 0)
    digits = str(int(whole)).rjust(places + 1, "0")
    body = digits[: len(digits) - places] + "." + digits[len(digits) - places :] if places > 0 else digits
    return ("-" if x < 0 else "") + body


def _scientific(x: Value, significant: int) -> tuple[str, Fraction]:
    exponent = magnitude(x)
    if abs(exponent) > 400:  # an exact fraction of it would be longer than the machine's memory
        return rf"{'-' if x < 0 else ''}10^{{{exponent}}}", Fraction(0)
    exact = _fraction(x) / Fraction(10) ** exponent
    places = _terminates(exact)
    if isinstance(x, Fraction) and places is not None and places < significant:
        factor = "" if exact == 1 else "-" if exact == -1 else _plain_decimal(exact, places) + r" \times "
        return f"{factor}10^{{{exponent}}}", x
    mantissa = _rounded(_fraction(x) / Fraction(10) ** exponent, significant - 1)
    if abs(mantissa) >= 10:
        mantissa, exponent = mantissa / 10, exponent + 1
    text = f"{_plain_decimal(mantissa, significant - 1)} \\times 10^{{{exponent}}}"
    return text, mantissa * Fraction(10) ** exponent


def show(x: Value, notation: Notation, at_least: int | None = None) -> tuple[str, Fraction]:
    """Return a number as LaTeX, and the number that the text means (x itself where nothing was rounded).

    Exact numbers with a short decimal expansion are shown whole. `at_least` asks for so many decimals.
    """
    text, meant = _digits(x, notation, at_least)
    return (text.replace(".", "{,}") if notation.decimal == "," else text), meant


def _digits(x: Value, notation: Notation, at_least: int | None) -> tuple[str, Fraction]:
    policy = notation.digits
    if isinstance(x, Fraction):
        places = _terminates(x)
        longest = max(policy.count if policy.kind == "decimals" else 6, at_least or 0)
        if places is not None and places <= longest and abs(x) < 10**9:
            return _plain_decimal(x, places), x
        if policy.kind == "exact" and len(str(x)) <= 12:
            sign = "-" if x < 0 else ""
            return f"{sign}\\frac{{{abs(x.numerator)}}}{{{x.denominator}}}", x
    size = magnitude(x)
    if size >= 9 or size < -4 or (policy.kind == "decimals" and size < -policy.count):
        return _scientific(x, policy.count if policy.kind != "decimals" else 4)
    places = policy.count if policy.kind == "decimals" else max(policy.count - 1 - size, 0)
    if policy.kind != "decimals" and magnitude(_rounded(x, places)) > size:
        places = max(places - 1, 0)  # 0.99999 became 1.000
    places = max(places, at_least or 0)
    meant = _rounded(x, places)
    return _plain_decimal(meant, places), meant


def whole(x: Value, notation: Notation) -> str:
    """Return a given number as LaTeX with all its digits, as a fraction or rounded where there is no end of them."""
    places = _terminates(x) if isinstance(x, Fraction) else None
    if places is None or places > 15 or abs(x) >= 10**15:
        if isinstance(x, Fraction) and len(str(x)) < 12:
            return rf"\frac{{{x.numerator}}}{{{x.denominator}}}"
        return show(x, notation)[0]
    text = _plain_decimal(x, places)
    return text.replace(".", "{,}") if notation.decimal == "," else text


def shown(x: Value, notation: Notation, at_least: int | None = None) -> tuple[Number, bool]:
    """Return a value as a displayable number, and whether the digits shown are all of it."""
    text, meant = show(x, notation, at_least)
    return Number(x, text), isinstance(x, Fraction) and meant == x
