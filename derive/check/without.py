"""A hand-in without a report: its own forward lines, values and loss are the network that it is held against.

Where no network can be made, every name may have any real value: then identities and arithmetic are judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from derive.check.bench import Verdict
from derive.check.choose import Asked
from derive.check.claims import HandIn
from derive.check.hand_in import Judged, check
from derive.check.own_lines import Gathered, Own, gather
from derive.check.own_network import Built, anything, build
from derive.check.parts import Path
from derive.check.subject import Subject

_MOST = 24  # networks; parts beyond that are judged by the one whose names they use
_TAKEN = Verdict("definition", "the other lines are held against it")


def without(hand_in: HandIn) -> tuple[list[Judged], tuple[str, ...]]:
    """Return the claims with their verdicts, and the lines and values of the networks that were taken for that."""
    found = gather(hand_in)
    built = _built(found)
    subjects = {made.network.name: Subject(made.network) for made in built.values()}
    asked = [Asked(path, made.network.name, "") for path, made in built.items()]
    if not subjects:
        return _free(hand_in, found), ()
    judged = check(hand_in, subjects, asked)
    shown = dict.fromkeys(line for made in built.values() for line in made.shown)
    taken = {index for path, made in built.items() for index in _claims(found.parts[path], made.ids)}
    return [_named(one, index in taken) for index, one in enumerate(judged)], tuple(shown)


def _built(found: Gathered) -> dict[Path, Built]:
    """Return the network of each part; parts that say the same share one."""
    made: dict[Path, Built] = {}
    known: list[tuple[Own, Built | None]] = []
    for path, own in found.parts.items():
        same = next((item for item in known if item[0] == own), None)
        if same is None and len(known) < _MOST:
            same = (own, build(own, found.losses, f"own_{len(known)}"))
            known.append(same)
        if same is not None and same[1] is not None:
            made[path] = same[1]
    return made


def _claims(own: Own, ids: frozenset[str]) -> set[int]:
    lines = {line.claim for id, line in own.lines.items() if id in ids}
    return lines | {claim for id, (_, _, claim) in own.values.items() if id in ids}


def _named(judged: Judged, taken: bool) -> Judged:
    """Return a claim as a definition where the network was taken from it."""
    return replace(judged, verdict=_TAKEN) if taken and judged.verdict.kind == "correct" else judged


def _of_unknown_shape(found: Gathered) -> set[str]:
    """Return names that are matrices of which nothing says more: for numbers AB = BA would hold.

    Where one name is a matrix, other capital letters may be, too.
    """
    if not found.shapeless:
        return set()
    return found.shapeless | {id for id in found.names if len(id.partition("_")[0]) == 1 and id[0].isupper()}


def _free(hand_in: HandIn, found: Gathered) -> list[Judged]:
    """Return the verdicts where names mean any value; those that a line introduces mean that line."""
    own = list(found.parts.values())[-1] if found.parts else Own()
    lines = {id for part in found.parts.values() for id in part.lines}
    left_out = lines | found.matrices | _of_unknown_shape(found)
    names: Mapping[str, str] = {id: latex for id, latex in found.names.items() if id not in left_out}
    network = anything(names, own)
    return check(hand_in, {"": Subject(replace(network, name=""), free=True)}, []) if network is not None else []
