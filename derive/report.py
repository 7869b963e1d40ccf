"""A report file: its title block, its conventions, its problems, its body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from derive.conventions import read_notation
from derive.document import Meta
from derive.errors import Fault, Unreadable
from derive.front import frontmatter
from derive.front.entries import Mapping as Entry
from derive.front.entries import Scalar, Sequence, Value
from derive.markdown import numbering
from derive.markdown.answers import centimetres
from derive.markdown.numbering import Numbering
from derive.notation import Notation
from derive.problems import PROBLEMS, RESERVED, SECTIONS, Problem, kind_of
from derive.source import Slice

_TEXTS = tuple("title subtitle course institution team date due template language".split())
_SETTINGS = tuple("paper toc pictures explanations answer_space".split())
KEYS = (*_TEXTS, "authors", "numbering", "notation", *_SETTINGS, *SECTIONS)
PAPERS = ("a4", "letter")
LONGEST = 400_000  # bytes of a report, far more than anybody writes by hand
WORDS = frozenset({"compare", "ref"})  # names that the body uses itself


@dataclass(frozen=True)
class Report:
    """A report that has been read. `problems` are in the order of the file.

    pictures: whether derived pictures are drawn. explanations: whether steps are explained beside them, None where
    the look decides. room: empty space in cm for each answer on the problem sheet, 0 for none.
    """

    path: Path
    meta: Meta
    notation: Notation
    numbering: Numbering
    problems: Mapping[str, Problem]
    sections: Mapping[str, str]
    body: Slice
    template: Slice | None = None
    pictures: bool = True
    explanations: bool | None = None
    room: float = 0.0


def load(path: Path) -> Report:
    """Return the report of a file; raises a Fault for what cannot be read or is not a report."""
    try:
        data = path.read_bytes()
    except OSError as wrong:
        why = wrong.strerror or str(wrong)
        raise Unreadable(f"cannot read {path}", path=str(path), reason=why) from None
    if len(data) > LONGEST:
        raise Fault(f"{path} is too long to be a report", expected=f"at most {LONGEST:,} bytes; it has {len(data):,}")
    front, body = frontmatter.read(frontmatter.decode(data, str(path)))
    for key, _ in front.entries:
        if key.text in RESERVED:
            raise Fault(f"the section `{key.text}` cannot be built yet", key.span(), expected=", ".join(SECTIONS))
    front.check(KEYS)
    notation = read_notation(front.get("notation"), Notation())
    problems, sections = _problems(front, notation)
    numbers = front.get("numbering")
    form = numbering.parse(numbers.text) if isinstance(numbers, Scalar) else numbering.standard()
    template = front.get("template")
    look = template.text if isinstance(template, Scalar) else None
    return Report(
        path,
        _meta(front),
        notation,
        form,
        problems,
        sections,
        body,
        look,
        pictures=_switch(front, "pictures") is not False,
        explanations=_switch(front, "explanations"),
        room=_room(front),
    )


def _switch(front: Entry, key: str) -> bool | None:
    """Return a setting that is on or off, None where it is not given."""
    given = front.get(key)
    if given is None:
        return None
    text = given.prose.lower() if isinstance(given, Scalar) else ""
    if text not in ("true", "false", "on", "off", "yes", "no"):
        raise Fault(f"`{key}` is true or false", given.span, expected=f"{key}: true")
    return text in ("true", "on", "yes")


def _room(front: Entry) -> float:
    given = front.get("answer_space")
    room = centimetres(given.prose) if isinstance(given, Scalar) else 0.0
    if given is not None and room is None:
        raise Fault("`answer_space` is a height", given.span, expected="answer_space: 5cm")
    return room or 0.0


def _meta(front: Entry) -> Meta:
    language = front.get("language")
    if isinstance(language, Scalar) and language.prose.split("-")[0] != "en":
        raise Fault("sentences are written in English only", language.span, fix="language: en")
    texts = {key: front.prose(key) for key in _TEXTS if front.get(key) is not None}
    paper = front.prose("paper", PAPERS[0]).lower()
    if paper not in PAPERS:
        given = front.get("paper")
        raise Fault(f"no paper is called `{paper}`", given.span if given else None, expected=", ".join(PAPERS))
    toc = _switch(front, "toc") is True
    return Meta(**{"title": "", **texts}, authors=_authors(front.get("authors")), paper=paper, toc=toc)


def _authors(given: Value | None) -> tuple[str, ...]:
    if given is None:
        return ()
    if isinstance(given, Sequence) and all(isinstance(a, Scalar) for a in given.items):
        return tuple(a.prose for a in given.items if isinstance(a, Scalar))
    if isinstance(given, Scalar):
        return (given.prose,)
    raise Fault("`authors` is a name or a list of names", given.span, expected="authors: [Team Gradient]")


def _problems(front: Entry, notation: Notation) -> tuple[dict[str, Problem], dict[str, str]]:
    problems: dict[str, Problem] = {}
    sections: dict[str, str] = {}
    for section in SECTIONS:
        entries = front.get(section)
        if entries is None:
            continue
        if not isinstance(entries, Entry):
            raise Fault(f"`{section}` holds named entries", entries.span, expected=f"{section}: {{name: …}}")
        named = {name.text: entry for name, entry in entries.entries if isinstance(entry, Entry)}
        for name, entry in entries.entries:
            if not name.text.isidentifier() or name.text in problems or name.text in WORDS:
                raise Fault(
                    f"an entry cannot be called `{name.text}`",
                    name.span(),
                    expected="a word of letters and digits, once",
                )
            if not isinstance(entry, Entry):
                raise Fault(f"`{name.text}` holds the lines of a problem", name.span(), expected="forward: |")
            kind = kind_of(section, entry, named)
            problems[name.text] = PROBLEMS[kind].load(name.text, entry, named, notation, problems.values())
            sections[name.text] = kind
    return problems, sections
