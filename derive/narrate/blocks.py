"""What a body may ask for: blocks by name, with the options that each takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from derive.document import Block, Inline
from derive.errors import Fault, nearest
from derive.source import Span


@dataclass(frozen=True, slots=True)
class Reference:
    """The number of an equation: of the first of these keys that some block shows."""

    keys: tuple[str, ...]


Placed = tuple[Block, ...] | Inline


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: the names among its arguments, its options, where it stands."""

    names: tuple[str, ...]
    options: Mapping[str, Any]
    span: Span | None = None

    def flag(self, option: str) -> bool:
        """Return a yes/no option, False where it is not given."""
        given = self.options.get(option, False)
        if not isinstance(given, bool):
            meant = f"{option}={'false' if given in ('no', 'off', 'none', 0) else 'true'}"
            raise Fault(f"`{option}` is true or false", self.span, fix=meant, change=(f"{option}={given}", meant))
        return given

    def text(self, option: str, default: str = "") -> str:
        given = self.options.get(option, default)
        if not isinstance(given, str):
            quoted = (f"{option}={given}", f'{option}="{given}"')
            raise Fault(f"`{option}` is a text in quotes", self.span, fix=f'{option}="…"', change=quoted)
        return given


@dataclass(frozen=True, slots=True)
class Offer:
    """A block: what makes it, the options that it takes, how many names it wants, and what it shows."""

    make: Callable[[Any, Ask], Placed | Reference]
    shows: str
    options: tuple[str, ...] = ()
    names: tuple[int, int] = (0, 0)
    example: str = field(default="")


def one_of(ask: Ask, option: str, *choices: str) -> str:
    """Return an option that is one of a few words, the first where it is not given."""
    given = ask.text(option, choices[0])
    if given not in choices:
        raise Fault(
            f"`{option}` cannot be `{given}`", ask.span, reason=nearest(given, choices), expected=", ".join(choices)
        )
    return given


def ask(
    offers: Mapping[str, Offer],
    problem: Any,
    word: str,
    names: tuple[Any, ...],
    options: Mapping[str, Any],
    span: Span | None,
) -> Placed | Reference:
    """Return what the block `word` makes; raises a Fault for an unknown block, an unknown option, missing names."""
    offer = offers.get(word)
    if offer is None:
        raise Fault(f"unknown block `{word}`", span, reason=nearest(word, offers), expected=", ".join(offers))
    for option in options:
        if option not in offer.options:
            known = ", ".join(offer.options) or "none"
            raise Fault(
                f"`{word}` has no option `{option}`",
                span,
                reason=nearest(option, offer.options),
                expected=f"options: {known}",
            )
    least, most = offer.names
    if not least <= len(names) <= most or not all(isinstance(n, str) for n in names):
        raise Fault(f"`{word}` takes {_count(least, most)}", span, expected=f"as in {offer.example or word}")
    return offer.make(problem, Ask(tuple(names), options, span))


def _count(least: int, most: int) -> str:
    if most == 0:
        return "no names"
    if least == most:
        return f"{least} name{'s' * (least != 1)} in quotes"
    return f"at least {least} names in quotes" if least else "names in quotes, or none"
