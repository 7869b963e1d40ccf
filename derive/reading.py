"""`derive parse`: how a formula is read, in the names of a report if one is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive.errors import Fault
from derive.language.grammar import Table, parse
from derive.language.reading import reading
from derive.source import of_text


@dataclass(frozen=True, slots=True)
class Reading:
    """A formula as it is read: `reading` and `plain` (None where it is more than numbers), or the fault.

    notes: names and functions in it that nobody knows.
    """

    latex: str
    reading: str = ""
    plain: str | None = None
    fault: Fault | None = None
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        error = None
        if self.fault is not None:
            error = {"message": self.fault.title, "column": self.fault.column}
        return {
            "ok": self.fault is None,
            "reading": self.reading,
            "plain": self.plain,
            "latex": self.latex,
            "error": error,
        }


def read(text: str, against: Path | None = None, syntax: str = "auto") -> Reading:
    """Return the reading of a formula; a formula that cannot be read is told in it, a bad report is a Fault."""
    table = _table(against) if against is not None else Table()
    try:
        tree = parse(of_text(text, "<formula>"), table, syntax)
        return Reading(
            text, reading(tree), _plain(text, tree, table), notes=tuple(_notes(tree, table, against is not None))
        )
    except Fault as fault:
        return Reading(text, fault=fault)


def _table(path: Path) -> Table:
    from derive.report import load

    names: set[str] = set()
    functions: set[str] = set()
    for problem in load(path).problems.values():
        names |= {*getattr(problem, "plain", ()), *getattr(problem, "also", ()), *getattr(problem, "dims", ())}
        functions |= set(getattr(problem, "functions", ()))
    return Table(frozenset(names), frozenset(functions))


def _notes(tree: Any, table: Table, known: bool) -> Iterator[str]:
    """Yield what is said of names that a report (`known`) does not have, and of functions that nobody knows."""
    from derive.check.functions import FUNCTIONS
    from derive.language import surface as s
    from derive.language.occurrences import quantities
    from derive.language.walk import walk
    from derive.ops import SPELLINGS

    names = dict.fromkeys(id for id, _ in _named(quantities(tree, table.names))) if known else {}
    strange = [id for id in names if id not in table and not _within(id, table) and id != "infty"]
    if strange:
        yield f"no name of the report: {', '.join(strange)}"
    called = dict.fromkeys(node.fn for node in walk(tree) if isinstance(node, s.Call))
    unknown = [fn for fn in called if fn not in SPELLINGS and fn not in FUNCTIONS and fn not in table]
    if unknown:
        yield f"no known function: {', '.join(unknown)}; it may be any"


def _within(id: str, table: Table) -> bool:
    """Return whether an id may be an entry of something in a report, `w_ij` of W, or have a shape below it."""
    base, _, rest = id.partition("_")
    sup = "^" + rest.partition("^")[2] if "^" in rest else ""
    return bool(rest) and (base + sup in table or base.capitalize() + sup in table)


def _plain(text: str, tree: Any, table: Table) -> str | None:
    """Return a formula in plain text, each name an identifier; None where it has no meaning in numbers."""
    from derive.language.meaning import OPEN, Function, Scope, lower, plain_name
    from derive.language.occurrences import quantities
    from derive.language.write import NoPlainForm, plain

    names: dict[str, str] = {}
    for id, _ in _named(quantities(tree, table.names)):
        names.setdefault(id, plain_name(id, names.values()))
    try:
        functions = {f: Function(OPEN) for f in table.functions}
        return plain(lower(tree, of_text(text), Scope(names, functions=functions)))
    except (Fault, NoPlainForm):
        return None


def _named(found: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
    return ((id, where) for id, where in found if id not in ("e", "pi"))
