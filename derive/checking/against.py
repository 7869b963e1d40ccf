"""What a report asks for: its problems as subjects, and which part is about which of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from derive import report
from derive.build import compose, find_look
from derive.check.choose import Asked
from derive.check.missing import Wanted
from derive.check.parts import Path as PartPath
from derive.check.parts import path_of
from derive.check.subject import Subject
from derive.document import Aligned, Chain, Heading, Table
from derive.errors import Fault, Unreadable
from derive.problems import Problem
from derive.problems.network import Network


@dataclass(frozen=True)
class Against:
    """The subjects of a report by name, its parts, and the answers that it asks for."""

    subjects: Mapping[str, Subject]
    asked: tuple[Asked, ...]
    wanted: tuple[Wanted, ...]


def against(path: Path) -> Against:
    """Return what a report asks for; raises a Fault where it cannot be read or a derivation fails its check.

    A report that has not changed is read once, however many hand-ins are held against it.
    """
    try:
        state = path.stat()
    except OSError as wrong:
        raise Unreadable(f"cannot read {path}", path=str(path), reason=wrong.strerror or str(wrong)) from None
    return _read(path.resolve(), state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _read(path: Path, changed: int, size: int) -> Against:
    loaded = report.load(path)
    document = compose(loaded, find_look(loaded))
    shown = list(_shown(document.body))
    said = dict(_said(document.body))
    used = {_problem(chain) for _, chain in shown} | set(said.values())
    names = [
        name for name, problem in loaded.problems.items() if _can_be_checked(problem) and (name in used or not used)
    ]
    if not names:
        raise Fault("the report has no problem to check against", path=str(path), expected="an entry of `networks`")
    subjects = {name: subject_of(loaded.problems[name]) for name in names}
    told = [Asked(path, problem, "".join(path)) for path, problem in said.items()]
    found = [one for one in _asked(shown) if one.path not in said]
    titles = dict(_titles(document.body))
    asked = tuple(replace(one, title=titles.get(one.path, "")) for one in (*told, *found))
    return Against(subjects, asked, tuple(_wanted(shown, subjects)))


def _can_be_checked(problem: Problem) -> bool:
    return isinstance(problem, Network) or getattr(problem, "kind", "") == "matrix network"


def subject_of(problem: Any) -> Subject:
    """Return a problem as the checker sees it."""
    if isinstance(problem, Network):
        return Subject(problem)
    from derive.check.matrices.subject import MatrixSubject
    from derive.problems.matrix.numbers import require_few

    require_few(problem, "check hand-ins against it", r"letters for the sizes, as in X \in R^{N x d}")
    return MatrixSubject(problem)


def _said(body: Any) -> Iterator[tuple[PartPath, str]]:
    """Yield the parts whose heading says whose names hold in them."""
    numbers: dict[int, str] = {}
    for block in _blocks(body):
        if isinstance(block, Heading):
            numbers = {level: number for level, number in numbers.items() if level < block.level}
            numbers[block.level] = block.number
            if block.of:
                yield path_of(" ".join(number for _, number in sorted(numbers.items()))), block.of


def _titles(body: Any) -> Iterator[tuple[PartPath, str]]:
    """Yield the titles of the parts."""
    numbers: dict[int, str] = {}
    for block in _blocks(body):
        if isinstance(block, Heading):
            numbers = {level: number for level, number in numbers.items() if level < block.level}
            numbers[block.level] = block.number
            yield path_of(" ".join(number for _, number in sorted(numbers.items()))), _text(block.title)


def _text(inlines: Any) -> str:
    """Return the words of pandoc's inlines."""
    if isinstance(inlines, dict):
        if inlines.get("t") in ("Str", "Space"):
            return str(inlines.get("c", " "))
        return _text(inlines.get("c", ""))
    return "".join(map(_text, inlines)) if isinstance(inlines, (list, tuple)) else ""


def _shown(body: Any) -> Iterator[tuple[PartPath, Chain]]:
    """Yield the steps of a body, each with the part under which it stands."""
    numbers: dict[int, str] = {}
    for block in _blocks(body):
        if isinstance(block, Heading):
            numbers = {level: number for level, number in numbers.items() if level < block.level}
            numbers[block.level] = block.number
        elif isinstance(block, Aligned):
            path = path_of(" ".join(number for _, number in sorted(numbers.items())))
            yield from ((path, chain) for chain in block.chains if chain.shows)


def _blocks(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list):
        for item in tree:
            yield from _blocks(item)
    elif isinstance(tree, (Aligned, Heading, Table)):
        yield tree


def _problem(chain: Chain) -> str:
    return chain.shows.partition(".")[0]


def _asked(shown: list[tuple[PartPath, Chain]]) -> Iterator[Asked]:
    """Yield each part with the problem of most of its steps; one that has only sub-parts is about the first of them."""
    counts: dict[PartPath, Counter[str]] = {}
    for path, chain in shown:
        counts.setdefault(path, Counter())[_problem(chain)] += 1
        for end in range(1, len(path)):
            counts.setdefault(path[:end], Counter({_problem(chain): 0}))
    for path, counted in counts.items():
        yield Asked(path, counted.most_common(1)[0][0], "".join(path))


def _answer(chain: Chain) -> str:
    """Return the last formula of a chain, without the space that it lies in."""
    return next((link.latex for link in reversed(chain.links) if link.relation != r"\in"), chain.links[-1].latex)


def _wanted(shown: list[tuple[PartPath, Chain]], subjects: Mapping[str, Subject]) -> Iterator[Wanted]:
    """Yield the gradients of parameters and the updated values that parts show, each once for a part."""
    seen: set[tuple[PartPath, str]] = set()
    for path, chain in shown:
        problem, _, step = chain.shows.partition(".")
        kind, _, node = step.rpartition(".")
        part = path[:2]  # a sub-part is a paragraph of the solution, not a question
        if kind not in ("d", "new") or node not in subjects[problem].network.wrt or (part, chain.shows) in seen:
            continue
        seen.add((part, chain.shows))
        spelled = subjects[problem].spelled(node)
        yield Wanted(part, problem, node, kind == "new", spelled, chain.left, _answer(chain))
