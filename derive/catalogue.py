"""`derive list`: what there is, read off the tables that everything else reads."""

from __future__ import annotations

from collections.abc import Callable

Rows = Callable[[], list[tuple[str, ...]]]


def _primitives() -> list[tuple[str, ...]]:
    from derive.ops import PRIMITIVES

    return [(p.name, p.kind, ", ".join(p.spellings), p.because) for p in PRIMITIVES.values() if p.kind != "loss"]


def _losses() -> list[tuple[str, ...]]:
    from derive.ops import PRIMITIVES

    return [(p.name, ", ".join(p.spellings), p.because) for p in PRIMITIVES.values() if p.kind == "loss"]


def _blocks() -> list[tuple[str, ...]]:
    from derive.narrate.offers import ACROSS, BLOCKS

    listed = [(section, *offer) for section, offers in BLOCKS.items() for offer in offers.items()]
    listed += [("all", *offer) for offer in ACROSS.items()]
    return [(name, section, ", ".join(o.options), o.shows) for section, name, o in listed]


def _matrices() -> list[tuple[str, ...]]:
    from derive.matrices.read import FUNCTIONS

    constants = [
        ("ones", "ones(m,n), ones(n): all entries 1"),
        ("zeros", "zeros(m,n): all entries 0"),
        ("eye", "eye(n): the identity matrix"),
        ("comm", "comm(m,n)*vec(A) = vec(A') for A of m x n"),
        ("toep", "toep(w,n)*x: the full convolution of w with a column x of n entries"),
    ]
    return [*constants, *((name, says) for name, (_, _, says) in FUNCTIONS.items())]


def _layers() -> list[tuple[str, ...]]:
    from derive.problems.layers import LAYERS

    return [(layer.name, layer.signature, layer.shows, layer.parameters()) for layer in LAYERS.values()]


def _templates() -> list[tuple[str, ...]]:
    from derive.writers.templates import names

    return [(name,) for name in names()]


def _problems() -> list[tuple[str, ...]]:
    from derive.problems import PROBLEMS

    return [(k.section, k.shows) for k in PROBLEMS.values()]


def _optimisers() -> list[tuple[str, ...]]:
    from derive.optimisers import OPTIMISERS

    return [(o.name, o.because) for o in OPTIMISERS.values()]


def _engines() -> list[tuple[str, ...]]:
    from derive.engines import ENGINES

    return [(name, "here" if e.present() else "not installed") for name, e in ENGINES.items()]


def _notation() -> list[tuple[str, ...]]:
    from derive.notation import CHOICES
    from derive.notation import KEYS as NOTATION_KEYS

    choices = {**{k: ", ".join(v) for k, v in CHOICES.items()}, "digits": "exact, 6 decimals, 4 significant, …"}
    return [(key, choices.get(key, "LaTeX")) for key in NOTATION_KEYS]


CATALOGUE: dict[str, tuple[str, Rows]] = {
    "primitives": ("functions with their derivatives", _primitives),
    "losses": ("loss functions", _losses),
    "matrices": ("functions of matrices; all primitives work entry by entry", _matrices),
    "layers": ("layers and losses of `layers:` in a network of matrices", _layers),
    "blocks": ("what the body of a report can ask for, with options", _blocks),
    "problems": ("kinds of problems, by their section of the front matter", _problems),
    "optimisers": ("update rules", _optimisers),
    "templates": ("looks of a report", _templates),
    "engines": ("what sets a PDF", _engines),
    "notation": ("conventions of a report and their choices", _notation),
}


def table(kind: str, name: str | None = None) -> str:
    """Return one list as text in columns, or only what it says of one name."""
    rows = [row for row in CATALOGUE[kind][1]() if name in (None, row[0])]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)
