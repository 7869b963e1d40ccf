"""Names that a letter counts: `h_t` of h_1, h_2, h_3, `W^{[l]}` of layers; `\\delta_t` that a hand-in defines so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from derive.language import surface as s
from derive.language.walk import children

Known = Callable[[str], bool]
_COUNTED = re.compile(r"(?P<open>[\[(]?)(?P<letter>[a-z])(?P<offset>[-+]\d)?(?P<close>[\])]?)")
_MOST = 60  # numbers that are tried


@dataclass(frozen=True, slots=True)
class Counted:
    """A name with a letter for its number: h_{t-1} is before="h_", letter="t", offset=-1; after="" or a bracket."""

    before: str
    letter: str
    offset: int
    after: str = ""

    def id(self, number: int | str) -> str:
        return f"{self.before}{number}{self.after}"

    def members(self, known: Known) -> set[int]:
        """Return the values of the letter for which there is such a name."""
        return {k - self.offset for k in range(_MOST) if known(self.id(k))}


def counted(t: s.Name) -> Iterator[Counted]:
    """Yield how a name may be counted: by its subscript, by its superscript in brackets."""
    sup = f"^{t.sup}" if t.sup else ""
    if (found := _COUNTED.fullmatch(t.sub)) and not found["open"] and not found["close"]:
        yield Counted(f"{t.base}_", found["letter"], int(found["offset"] or 0), sup)
    if (found := _COUNTED.fullmatch(t.sup)) and found["open"] and found["close"]:
        base = f"{t.base}_{t.sub}" if t.sub else t.base
        yield Counted(f"{base}^{found['open']}", found["letter"], int(found["offset"] or 0), found["close"])


def family(t: s.Name, known: Known) -> Counted | None:
    """Return how a name is counted where some of its members are known and it is none itself."""
    if known(t.id):
        return None
    return next((c for c in counted(t) if c.members(known)), None)


def resolved(t: s.Name, bound: Mapping[str, int], known: Known) -> s.Name:
    """Return the member that a name means where its letter has a value, else the name."""
    found = family(t, known)
    if found is None or found.letter not in bound:
        return t
    id = found.id(bound[found.letter] + found.offset)
    head, _, sup = id.partition("^")
    base, bar, sub = head.rpartition("_")
    return s.Name(t.at, id, base if bar else head, sub if bar else "", sup, t.latex)


def ranges(
    tree: s.Tree, known: Known, is_line: Known, own: Mapping[str, s.Tree], seen: frozenset[str] = frozenset()
) -> dict[str, set[int]]:
    """Return for each letter that counts names, and that no sum inside binds, the values that all of them have.

    What stands with the letter itself is a step that is computed: of h_t not h_0, where that is given.
    """
    found: dict[str, set[int]] = {}

    def meet(letter: str, values: set[int]) -> None:
        found[letter] = found[letter] & values if letter in found else values

    def visit(part: s.Tree, bound: frozenset[str]) -> None:
        if isinstance(part, s.BigSum):
            bound = bound | set(part.indices)
        if isinstance(part, s.Name):
            member = family(part, known)
            if member is not None and member.letter not in bound:
                steps = member.members(is_line) if member.offset == 0 else set()
                meet(member.letter, steps or member.members(known))
            if member is None and part.id in own and part.id not in seen:
                for letter, values in ranges(own[part.id], known, is_line, own, seen | {part.id}).items():
                    if letter not in bound:
                        meet(letter, values)
        for child in children(part):
            visit(child, bound)

    visit(tree, frozenset())
    return found


def defined(t: s.Name, own: Mapping[str, s.Tree]) -> tuple[s.Tree, Counted, s.Name] | None:
    """Return the formula by which a hand-in defines δ_t, with how t and δ_t are written; for δ_3 and δ_{t-1}, too."""
    for id, tree in own.items():
        head, _, sup = id.partition("^")
        base, bar, sub = head.rpartition("_")
        name = s.Name(t.at, id, base if bar else head, sub if bar else "", sup, id)
        for c in counted(name):
            if c.offset == 0 and t.id.startswith(c.before) and t.id.endswith(c.after):
                return tree, c, name
    return None
