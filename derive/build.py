"""A report becomes files: resolve its blocks, certify, write. Output appears whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from derive import report
from derive.document import Document, Inline
from derive.errors import Fault, nearest
from derive.markdown import body
from derive.markdown.placeholders import NameArg, Placeholder
from derive.narrate import network, setting
from derive.narrate.blocks import Placed, Reference, ask
from derive.narrate.offers import ACROSS, BLOCKS
from derive.output import write_all
from derive.problems import PROBLEMS
from derive.problems.network import Network
from derive.references import References
from derive.report import Report
from derive.settle import settled, unshown
from derive.source import Span

if TYPE_CHECKING:
    from derive.writers.templates import Look


@dataclass(frozen=True, slots=True)
class Built:
    """What a build gave: files written, the JSON result, the engine that set the PDF ("" without one), notes."""

    files: tuple[Path, ...]
    result: dict[str, Any]
    engine: str
    notes: tuple[str, ...] = ()


def build(
    path: Path, folder: Path | None, formats: Iterable[str], engine: str = "typst", statement: bool = False
) -> Built:
    """Build one report into a folder (None: only the result); raises a Fault, and then no file has changed."""
    loaded = report.load(path)
    begun = body.begin(loaded.body)  # pandoc reads the text while the derivations are certified
    result = results(loaded)
    try:
        look = find_look(loaded)
        document = compose(loaded, look, statement, begun)
        contents, taken, remarks = _contents(loaded, document, look, result, formats, engine)
    except Fault as fault:
        fault.span = fault.span or _at(loaded, fault.line) or _found(loaded, fault.about)
        raise
    files = write_all(folder, contents) if folder and contents else ()
    notes = [note for p in loaded.problems.values() for note in p.notes()]
    missed = [] if statement else unshown(loaded, document)
    return Built(files, result, taken, (*notes, *document.notes, *missed, *remarks))


def find_look(loaded: Report) -> Look:
    """Return the look that a report asks for: its author's own, beside the report, or one that comes with derive."""
    from derive.writers import templates

    try:
        return templates.find(loaded.meta.template, loaded.path.resolve().parent)
    except Fault as fault:
        fault.span = fault.span or (loaded.template.span() if loaded.template else None)
        raise


def _at(loaded: Report, line: int) -> Span | None:
    """Return a line of the report, from its first letter to its last; None for no line."""
    source = loaded.body.source
    text = source.line(line)
    if not text.strip():
        return None
    start = len("".join(source.text.split("\n")[: line - 1])) + line - 1
    return Span(source, start + len(text) - len(text.lstrip()), start + len(text.rstrip()))


def _found(loaded: Report, about: str) -> Span | None:
    """Return where a text stands last in the body of a report, which is the second place of what stands twice."""
    at = loaded.body.text.rfind(about) if about else -1
    return loaded.body.span(at, at + len(about)) if at >= 0 else None


def results(loaded: Report) -> dict[str, Any]:
    """Return the JSON result of a report; every problem is certified on the way."""
    kinds = {name: PROBLEMS[section] for name, section in loaded.sections.items()}
    found = {name: kinds[name].result(problem) for name, problem in loaded.problems.items()}
    return {"report": loaded.path.stem, "problems": found}


def compose(loaded: Report, look: Look, statement: bool = False, begun: body.Begun | None = None) -> Document:
    """Return the document of a report, with every block in its place."""
    folder = loaded.path.resolve().parent
    options = body.BodyOptions(statement, loaded.numbering, frozenset(loaded.problems), loaded.room, folder)
    references = References()
    found = body.read(begun or loaded.body, lambda wanted: resolve(loaded, wanted, references), options)
    explained = look.explanations if loaded.explanations is None else loaded.explanations
    blocks = settled(found.blocks, explained, loaded.pictures)
    meta = replace(loaded.meta, points=found.points)
    return Document(
        meta, references.number(blocks), () if statement else _closing(loaded), loaded.path.stem, found.notes
    )


def _closing(loaded: Report) -> tuple[Inline, ...]:
    from derive.document import Math

    certificates = [c for p in loaded.problems.values() if (c := p.certificate).points]
    if not certificates:
        return ()
    points, worst = sum(c.points for c in certificates), max(c.max_error for c in certificates)
    return (
        f"Checked: every derived step against numeric derivatives at {points} points, largest relative error ",
        Math(setting.error_text(worst)),
        ".",
    )


def resolve(loaded: Report, wanted: Placeholder, references: References) -> Placed:
    """Return what a placeholder of the body stands for; raises a Fault at it."""
    name, *rest = wanted.target
    if name == "ref" and not rest:
        return references.to(_own(wanted), wanted.span)
    if name in ACROSS and not rest:
        names = tuple(a for a in wanted.args if not isinstance(a, NameArg))
        across = ask(ACROSS, _networks(loaded, wanted), name, names, wanted.kwargs, wanted.span)
        return references.to(across, wanted.span) if isinstance(across, Reference) else across
    problem = loaded.problems.get(name)
    offers = BLOCKS.get(loaded.sections.get(name, ""), {})
    if problem is None:
        known = [*loaded.problems, *report.WORDS]
        raise Fault(f"there is no entry `{name}`", wanted.span, reason=nearest(name, known), expected=", ".join(known))
    if len(rest) != 1:
        raise Fault(
            f"which block of `{name}`?", wanted.span, expected=", ".join(offers), fix=f"{{{{ {name}.forward }}}}"
        )
    if not wanted.called and rest[0] not in offers and isinstance(problem, Network):
        found = network.symbol(problem, rest[0])
        if found is not None:
            return found
    made = ask(offers, problem, rest[0], wanted.args, wanted.kwargs, wanted.span)
    return references.to(made, wanted.span) if isinstance(made, Reference) else made


def _own(wanted: Placeholder) -> Reference:
    """Return the reference to something that the author has named."""
    match wanted.args:
        case (str(name),) if not wanted.kwargs and name:
            return Reference(("#" + str(name).removeprefix("#"),))
    raise Fault("`ref` takes one name in quotes", wanted.span, expected='ref("name") for `{#name}`')


def _networks(loaded: Report, wanted: Placeholder) -> list[Network]:
    """Return the networks that a block across problems is about."""
    chosen = []
    for a in wanted.args:
        if isinstance(a, NameArg):
            problem = loaded.problems.get(a)
            if not isinstance(problem, Network):
                raise Fault(f"there is no network `{a}`", wanted.span, reason=nearest(a, loaded.problems))
            chosen.append(problem)
    if len(chosen) < 2:
        word = wanted.target[0]
        raise Fault(f"`{word}` takes two networks or more", wanted.span, expected=ACROSS[word].example)
    return chosen


def _contents(
    loaded: Report, document: Document, look: Look, result: dict[str, Any], formats: Iterable[str], engine: str
) -> tuple[dict[str, bytes], str, tuple[str, ...]]:
    """Return file name → bytes, the engine that was taken, and what it remarks."""
    contents: dict[str, bytes] = {}
    taken, remarks = "", tuple[str, ...]()
    for kind in formats:
        name = f"{document.name}.{kind}"
        if kind == "pdf":
            from derive import engines

            contents[name], taken, remarks = engines.compile(document, look, engine)
        elif kind == "json":
            contents[name] = as_json(result).encode()
        else:
            from derive.writers import WRITERS

            source, pictures = WRITERS[kind](document, look)
            contents |= {**pictures, name: source.encode()}
    return contents, taken, remarks


def as_json(result: Any) -> str:
    """Return a result as JSON text."""
    import json

    return json.dumps(result, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
