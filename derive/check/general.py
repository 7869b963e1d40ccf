"""Rules that hold for any argument, `σ'(z) = σ(z)(1 - σ(z))`, where the network has no z: a free name is any."""

from __future__ import annotations

from dataclasses import replace

from derive.check.bench import Bench, Verdict
from derive.check.choose import names
from derive.check.judge import judge
from derive.check.own_lines import Own
from derive.check.own_network import anything
from derive.check.subject import Subject
from derive.language import surface as s
from derive.language.walk import walk

_MOST = 6  # names of such a rule


def general(left: s.Tree, right: s.Tree, bench: Bench) -> Verdict | None:
    """Return the verdict on a rule about functions of names that nothing is said of; None for any other claim."""
    if bench.subject.of_matrices:
        return None
    parts = [*walk(left), *walk(right)]
    free = {part.id: part.latex for part in parts if isinstance(part, s.Name) and part.id in names(part)}
    calls = [part for part in parts if isinstance(part, s.Call)]
    if not calls or not 0 < len(free) <= _MOST or any(bench.knows(id) for id in free):
        return None
    if any(bench.subject.plain(call.fn) or call.fn in bench.own or call.fn in bench.functions for call in calls):
        return None
    network = anything(free, Own())
    if network is None or len(list(network.graph.leaves())) < len(free):
        return None
    found = judge(left, right, False, Bench(Subject(replace(network, notation=bench.subject.network.notation), True)))
    return replace(found, truth=None) if found.kind in ("correct", "wrong") else None
