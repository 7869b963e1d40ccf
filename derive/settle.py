"""What is decided about a body when all of it is known: explanations, pictures, and what no block has shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from derive.document import Aligned, Document, Drawing, Figure, Plot, Table
from derive.narrate.shown import STEPS
from derive.report import Report


def settled(tree: Any, explained: bool, pictures: bool) -> Any:
    """Return a body with the reasons of steps only where they are wanted, and without derived pictures if not."""
    if isinstance(tree, dict):
        return {key: settled(value, explained, pictures) for key, value in tree.items()}
    if isinstance(tree, list):
        return [settled(item, explained, pictures) for item in tree if pictures or not _derived(item)]
    if isinstance(tree, Aligned) and not (explained if tree.explained is None else tree.explained):
        return replace(tree, chains=tuple(replace(chain, why=()) for chain in tree.chains))
    return tree


def _derived(block: Any) -> bool:
    return isinstance(block, Figure) and isinstance(block.picture, (Drawing, Plot))


def unshown(loaded: Report, document: Document) -> list[str]:
    """Return a note for each problem of which some derived steps stand in the document and others do not."""
    shown = set(_shown(document.body))
    notes = []
    for name, problem in loaded.problems.items():
        kinds = STEPS[loaded.sections[name]](problem)
        if shown.isdisjoint(key for steps in kinds.values() for key in steps):
            continue  # it only serves for a comparison or an experiment
        for what, steps in kinds.items():
            left = [spelled for key, spelled in steps.items() if key not in shown]
            notes += [f"{name}: no block shows {what} {', '.join(left)}"] if left else []
    return notes


def _shown(tree: Any) -> Iterator[str]:
    """Yield the steps that a body shows."""
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list):
        for item in tree:
            yield from _shown(item)
    elif isinstance(tree, Aligned):
        yield from (chain.shows for chain in tree.chains)
    elif isinstance(tree, Table):
        yield from tree.shows
