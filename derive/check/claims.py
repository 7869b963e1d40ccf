"""The claims of a hand-in: one for each relation, with its place, its sides and what they were read as."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from derive.check.decorations import RELATED
from derive.check.extremum_forms import extremum
from derive.check.macros import Macros, definitions, expanded, own_marks, unrolled, with_relation
from derive.check.parts import Part, part_at, parts
from derive.check.powers_of_ten import joined
from derive.check.region import Region
from derive.check.regions import blanked, regions
from derive.check.rows import following, statements
from derive.check.statement import Statement
from derive.check.unlooked import notes
from derive.errors import Fault
from derive.language import surface as s
from derive.language.grammar import Table, parse
from derive.source import Slice, Source, of_text

MOST = 500  # claims that are judged from each end of a hand-in
_LISTED = 10_000  # claims that are listed from each end
LONGEST = 20_000  # characters of a side
_NOTHING = Table()
_CHAIN = 60  # relations that are seen as one chain; a longer one goes on as another


@dataclass(frozen=True, slots=True)
class Claim:
    """left relation right. line, column: of the relation symbol. chain: the sides of the whole statement.

    at: which of the chain's relations this is. words: the text in front, in the row. paragraph: which one it is in.
    lead: the last sentence (or heading) of prose before it. unread: why it is not read, whatever its sides are.
    doubt: why it may be meant otherwise if it turns out wrong.
    """

    line: int
    column: int
    relation: str
    chain: tuple[Slice, ...]
    at: int
    part: Part | None
    words: str
    paragraph: int
    lead: str = ""
    unread: str = ""
    doubt: str = ""

    @property
    def left(self) -> Slice:
        return self.chain[self.at]

    @property
    def right(self) -> Slice:
        return self.chain[self.at + 1]


@dataclass(frozen=True)
class HandIn:
    """A submission that has been taken apart; `macros` are the commands that it defines.

    notes: what was not looked at, by line.
    """

    source: Source
    claims: tuple[Claim, ...]
    macros: Macros
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()
    # Sides that have been read, by their text and the table (kept, so that its id stays its own).
    _read: dict[tuple[str, int], tuple[Table, s.Tree | Fault]] = field(default_factory=dict, repr=False, compare=False)

    def looked_at(self, index: int) -> bool:
        """Return whether a claim is judged: in what is too long for a hand-in the first and the last ones are."""
        return index < MOST or index >= len(self.claims) - MOST

    def tree(self, side: Slice, table: Table) -> s.Tree:
        """Return what a side is read as, with the names of a problem; raises a Fault where it cannot be read."""
        key = (side.text, id(table))
        found = self._read.get(key)
        if found is None:
            found = self._read[key] = (table, self._parsed(side, table))
        if isinstance(found[1], Fault):
            raise found[1].with_traceback(None)
        return found[1]

    def _parsed(self, side: Slice, table: Table) -> s.Tree | Fault:
        if len(side.text) > LONGEST:
            return Fault("this is too long for a formula", side.span(0, 1), expected=f"at most {LONGEST:,} characters")
        text = _spelled(_without_equations(expanded(side.text, self.macros)), table)
        try:
            found = extremum(text, table)
            if found is not None:
                return found
            read = parse(of_text(text, "<formula>") if text != side.text else side, table, "latex")
            return joined(read) if "10" in text else read
        except Fault as fault:
            return fault


def read(source: Source, latex: bool) -> HandIn:
    """Return the claims of a text in Markdown (or LaTeX) in the order of their regions."""
    shown = blanked(source.text, latex)
    macros, text = definitions(shown)
    own, text = own_marks(text, macros)
    relating = {name: macros[name] for name in with_relation(macros, RELATED)}
    clean = Source(source.name, text)
    made = parts(text)
    found: list[tuple[Region, Statement]] = []
    places = regions(clean, latex, own)
    for region in places:
        found += [(region, statement) for statement in _statements(region.text, relating)]
    breaks = [m.start() for m in re.finditer(r"\n[ \t]*\n", text)]
    leads = _leads(text, [region.start for region, _ in found])
    whole = following([statement for _, statement in found])
    lines = [0, *(m.end() for m in re.finditer("\n", text))]
    empty = HandIn(source, (), macros, tuple(made), notes(source, shown, places))
    claims = (
        claim
        for (region, _), statement in zip(found, whole, strict=True)
        for start in (region.start,)
        if statement.whole is None or not _is_formula(statement.whole, empty)
        for claim in _claims(
            source, statement, part_at(made, start), bisect_right(breaks, start), leads.get(start, ""), lines, region
        )
    )
    first = tuple(islice(claims, _LISTED))
    return replace(empty, claims=(*first, *deque(claims, maxlen=_LISTED)))


def _statements(region: Slice, relating: Macros) -> list[Statement]:
    """Return the statements of a region; commands that hold a relation are put in first (`relating`)."""
    if not any(found[1] in relating for found in re.finditer(r"\\([A-Za-z]+)", region.text)):
        return statements(region)
    text, places = unrolled(region.text, relating)

    def placed(side: Slice) -> Slice:
        return Slice(side.source, region.start + places[min(side.start, len(places) - 1)], side.text)

    made = statements(Slice(region.source, 0, text))
    return [
        replace(
            one,
            sides=tuple(map(placed, one.sides)),
            signs=tuple(replace(sign, start=region.start + places[sign.start]) for sign in one.signs),
            whole=one.whole and placed(one.whole),
        )
        for one in made
    ]


def _is_formula(whole: Slice, hand_in: HandIn) -> bool:
    """Return whether a relation is a part of a formula, such as a condition, and no claim."""
    try:
        return not isinstance(hand_in.tree(whole, _NOTHING), s.Relation)
    except Fault:
        return False


_WITHIN = "the relation stands within something that could not be taken apart"
_FORMULAS = re.compile(r"\$+[^$]{0,400}\$+|\\(?:begin|end)\{[^}]*\}|[`$]")
_SENTENCE = re.compile(r"(?<=[.!?])\s|\n[ \t]*\n|\n(?=#)")


def _leads(text: str, starts: list[int]) -> dict[int, str]:
    """Return for each region the last sentence of prose before it; a heading is one."""
    found: dict[int, str] = {}
    before, lead = 0, ""
    for start in dict.fromkeys(starts):
        between = _FORMULAS.sub(" ", text[max(before, start - 2000) : start])
        words = [w for w in _SENTENCE.split(between) if len(re.findall(r"[A-Za-z]{3,}", w)) > 1]
        lead = " ".join(words[-1].split())[:300] if words else lead
        found[start], before = lead, start
    return found


def _claims(
    source: Source,
    statement: Statement,
    part: Part | None,
    paragraph: int,
    lead: str,
    lines: list[int],
    region: Region,
) -> Iterator[Claim]:
    """Yield the claims of a statement. lines: where each line of the source starts."""
    sides = tuple(Slice(source, side.start, side.text) for side in statement.sides)
    for first in range(0, len(statement.signs), _CHAIN):
        chain = sides[first : first + _CHAIN + 1]
        for at, sign in enumerate(statement.signs[first : first + _CHAIN]):
            line = bisect_right(lines, sign.start)
            column = sign.start - lines[line - 1] + 1
            if not chain[at].text and not chain[at + 1].text:
                continue  # a sign alone says nothing
            unread = _WITHIN if statement.whole is not None else statement.unread or region.unread
            words = statement.words
            yield Claim(line, column, sign.relation, chain, at, part, words, paragraph, lead, unread, region.doubt)


_STUCK = re.compile(r"(?<![\\A-Za-z0-9_^{])([A-Za-z])([0-9])(?![0-9.])")


def _spelled(text: str, table: Table) -> str:
    """Return a side in which `w1` is w_1, where that is a name and w is none."""

    def name(found: re.Match[str]) -> str:
        known = f"{found[1]}_{found[2]}" in table.names and found[1] not in table
        return f"{found[1]}_{found[2]}" if known else found[0]

    return _figures(_STUCK.sub(name, text))


_COMMA = re.compile(r"\s*([-+−]?\s*\d+),(\d{1,2}|\d{4,}|(?<=0,)\d{3})\s*")  # not 1,234, which may be a thousand
_PERCENT = re.compile(r"(?<![\w.,])(\d+)(?:\.(\d+))?\s*\\?%\s*\Z")
_SET_NUMBER = re.compile(r"\\num\s*(?:\[[^\]]{0,60}\])?\s*\{\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*\}")


def _figures(text: str) -> str:
    """Return a side with its numbers as the grammar reads them: `0,25`, `25\\%` and `\\num{0.25}` are 0.25."""
    text = _SET_NUMBER.sub(r"\1", text)
    if comma := _COMMA.fullmatch(text):
        return f"{comma[1]}.{comma[2]}"
    return _PERCENT.sub(lambda m: f"{m[1].zfill(3)[:-2]}.{m[1].zfill(3)[-2:]}{m[2] or ''}", text)


_EQUATION = re.compile(r"(?:(?<=[A-Za-z}\]']\()|(?<=,))(\s*\\?[A-Za-z][\w{}\\^]*)\s*=")


def _without_equations(text: str) -> str:
    """Return a side in which an argument such as `L(y = f(x), t)` is the name before its equals sign."""
    at = 0
    while (found := _EQUATION.search(text, at)) is not None:
        end = _argument_end(text, found.end())
        if end is None:
            return text
        text, at = text[: found.end(1)] + text[end:], found.end(1)
    return text


def _argument_end(text: str, at: int) -> int | None:
    """Return where an argument ends: at a comma or the bracket that closes its call."""
    depth = 0
    for k in range(at, len(text)):
        if text[k] in "([{":
            depth += 1
        elif text[k] in ")]}":
            if depth == 0:
                return k
            depth -= 1
        elif text[k] == "," and depth == 0:
            return k
    return None
