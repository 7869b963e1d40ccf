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
from derive.check.region import Region
from derive.check.regions import blanked, regions
from derive.check.rows import following, statements
from derive.check.spelled import as_meant, spelled
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
    lead: the last sentence (or heading) of prose before it. heading: the last heading. unread: why it is not read,
    whatever its sides are. doubt: why it may be meant otherwise if it turns out wrong.
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
    heading: str = ""
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
        text = _spelled(spelled(_without_equations(expanded(side.text, self.macros))), table)
        try:
            found = extremum(text, table)
            if found is not None:
                return found
            return as_meant(parse(of_text(text, "<formula>") if text != side.text else side, table, "latex"))
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
    leads = _leads(text, [(region.start, region.end) for region in places])
    heads = [m.start() for m in _HEADING.finditer(text)]
    headings = ["", *(m[1] or m[2] for m in _HEADING.finditer(text))]
    whole = following([statement for _, statement in found])
    lines = [0, *(m.end() for m in re.finditer("\n", text))]
    empty = HandIn(source, (), macros, tuple(made), notes(source, shown, places))
    claims = (
        claim
        for (region, _), statement in zip(found, whole, strict=True)
        for start in (region.start,)
        if statement.whole is None or not _is_formula(statement.whole, empty)
        for claim in _claims(
            source,
            statement,
            region,
            part_at(made, start),
            bisect_right(breaks, start),
            (leads.get(start, ""), headings[bisect_right(heads, start)]),
            lines,
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
_FORMULAS = re.compile(r"\\(?:begin|end)\{[^}]*\}|\\[()\[\]]|[`$]")
_HEADING = re.compile(
    r"^[ \t]*(?:\#{1,6}[ \t]+([^\n]{1,200})|\\(?:sub)*(?:section|paragraph)\*?\{([^{}\n]{1,200})\})", re.MULTILINE
)
_SENTENCE = re.compile(r"(?<=[.!?])\s|\n[ \t]*\n|\n(?=#)")


def _leads(text: str, places: list[tuple[int, int]]) -> dict[int, str]:
    """Return for each region the last sentence of prose before it, as far as it goes; a heading is one."""
    found: dict[int, str] = {}
    before, lead = 0, ""
    for start, end in places:
        first, *more = _SENTENCE.split(_FORMULAS.sub(" ", text[max(before, start - 2000) : start]))
        spoken = [w for w in (first, *more) if len(re.findall(r"[A-Za-z]{3,}", w)) > 1]
        if spoken[-1:] == [first] or not more:  # the sentence that the region before stands in goes on
            lead = " ".join(f"{lead} {first}".split())[-300:]
        elif spoken:
            lead = " ".join(spoken[-1].split())[:300]
        found[start], before = lead, end
    return found


def _claims(
    source: Source,
    statement: Statement,
    region: Region,
    part: Part | None,
    paragraph: int,
    said: tuple[str, str],
    lines: list[int],
) -> Iterator[Claim]:
    """Yield the claims of a statement. said: its lead and heading; lines: where each line of the source starts."""
    sides = tuple(Slice(source, side.start, side.text) for side in statement.sides)
    for first in range(0, len(statement.signs), _CHAIN):
        chain = sides[first : first + _CHAIN + 1]
        for at, sign in enumerate(statement.signs[first : first + _CHAIN]):
            line = bisect_right(lines, sign.start)
            column = sign.start - lines[line - 1] + 1
            if not chain[at].text and not chain[at + 1].text:
                continue  # a sign alone says nothing
            unread = _WITHIN if statement.whole is not None else statement.unread or region.unread
            words, doubt = statement.words, region.doubt
            yield Claim(line, column, sign.relation, chain, at, part, words, paragraph, *said, unread, doubt)


_STUCK = re.compile(r"(?<![\\A-Za-z0-9_^{])([A-Za-z])([0-9])(?![0-9.])")


def _spelled(text: str, table: Table) -> str:
    """Return a side in which `w1` is w_1, where that is a name and w is none."""

    def name(found: re.Match[str]) -> str:
        known = f"{found[1]}_{found[2]}" in table.names and found[1] not in table
        return f"{found[1]}_{found[2]}" if known else found[0]

    return _STUCK.sub(name, text)


_EQUATION = re.compile(r"(?:(?<=[A-Za-z}\]']\()|(?<=_[0-9]\()|(?<=,))(\s*\\?[A-Za-z][\w{}\\^]*)\s*=")


def _without_equations(text: str) -> str:
    """Return a side in which an argument such as `L(y = f(x), t)` is the name before its equals sign."""
    at = 0
    while (found := _EQUATION.search(text, at)) is not None:
        end = _argument_end(text, found.end())
        if end is None:
            return text
        if text[end : end + 1] == "}" or _in_subscript(text, found.start()):
            at = found.end()  # the values behind an evaluation bar
            continue
        text, at = text[: found.end(1)] + text[end:], found.end(1)
    return text


def _in_subscript(text: str, at: int) -> bool:
    """Return whether the bracket around a place is a brace."""
    depth = 0
    for sign in reversed(text[:at]):
        if sign in "([{" and depth == 0:
            return sign == "{"
        depth += (sign in ")]}") - (sign in "([{")
    return False


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
