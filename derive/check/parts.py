"""Which part of an exercise a place in a hand-in answers: labels such as `2 (b)`, `A.`, `Problem 3`, `## 1a`."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

# Letters of other alphabets that look like Latin ones; scans are full of them.
_LOOKS = str.maketrans("АВСЕНІКМОРТХаеорсухіАΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABCEHIKMOPTXaeopcyxiABEZHIKMNOPTYX")
_WORDS = "problem|question|exercise|task|aufgabe|part|teil|ex|nr|no|solution|answer"
_GAP = r"[ \t]{0,9}"  # bounded, so that a line of blanks is not tried in all ways
_LABEL = rf"""
    (?: \b(?:{_WORDS})\b\.?{_GAP} )?
    (?P<label> (?:bonus{_GAP})?(?:\b(?:{_WORDS})\b{_GAP})?\(?[0-9]{{1,2}}(?:\.[0-9]{{1,2}}){{0,2}}\)?
               (?:{_GAP}[.,]?{_GAP}\(?[A-Za-z]\)?)?(?:{_GAP}[.,]?{_GAP}\(?[ivx]{{1,4}}\)?)?
             | \(?[A-Za-z]\)? (?:{_GAP}[.,]?{_GAP}\(?[ivx]{{1,4}}\)?)?
             | \(?[ivx]{{1,4}}\)? )
"""
_HEADING = re.compile(rf"^[ \t]*\#{{1,6}}[ \t]*{_LABEL}(?=[ \t.):\]]|$)", re.VERBOSE | re.MULTILINE | re.IGNORECASE)
_SECTION = re.compile(
    rf"^[ \t]*\\(?:sub)*(?:section|paragraph)\*?\{{[ \t]*{_LABEL}(?=[ \t.):\]\}}])",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_ITEM = re.compile(rf"^[ \t]*\\item[ \t]*\[[ \t]*{_LABEL}[.):]?[ \t]*\]", re.VERBOSE | re.MULTILINE | re.IGNORECASE)
# A label alone, or in front of words, ends in a sign: `b)`, `(a)`, `C.`, `2:`.
_LINE = re.compile(
    rf"^[ \t>]*(?:[-*+][ \t]+)?(?=[^\n]{{1,9}}[.):])(?:\*\*)?{_LABEL}[.):]+(?:\*\*)?(?=[ \t]|$)",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_NAMED = re.compile(
    rf"^[ \t]*(?:\*\*)?(?:{_WORDS})\b\.?[ \t]*{_LABEL}(?![A-Za-z])", re.VERBOSE | re.MULTILINE | re.IGNORECASE
)
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A place from which on a part is answered: its path, ("2", "b") for `2 (b)`, and its label as it is written."""

    start: int
    path: Path
    label: str


def path_of(label: str) -> Path:
    """Return the counters of a label: number, letter, roman number; "" for those that it leaves to what came before."""
    words = re.findall(r"[0-9]+(?:\.[0-9]+)*|[A-Za-z]+", label.translate(_LOOKS))
    path = ["", "", ""]
    bonus = "bonus" if words and words[0].lower() == "bonus" else ""  # it counts by itself
    for word in words[1 if bonus else 0 :]:
        if word[0].isdigit():
            path[0] = bonus + ".".join(str(int(number)) for number in word.split("."))
        elif re.fullmatch(_WORDS, word, re.IGNORECASE):
            continue
        elif len(word) == 1 and not (path[1] and word.lower() in "ivx"):
            path[1] = word.lower()
        else:
            path[2] = word.lower()
    while path and not path[-1]:
        path.pop()
    return tuple(path)


def parts(text: str) -> list[Part]:
    """Return where the parts of a hand-in begin, each with its whole path."""
    text = text.translate(_LOOKS)
    found: dict[int, str] = {}
    for form in (_LINE, _NAMED, _ITEM, _SECTION, _HEADING):
        found |= {m.start(): m["label"] for m in form.finditer(text)}
    made: list[Part] = []
    before: Path = ()
    for start, label in sorted(found.items()):
        own = _below(path_of(_without_article(label, text[start : start + 60])), before)
        path = tuple(word or (before[at] if at < len(before) else "") for at, word in enumerate(own))
        before = path
        made.append(Part(start, path, label.strip()))
    return made


def _without_article(label: str, text: str) -> str:
    """Return a label without the word that follows the number: `1 A product` is part 1, not 1 (a)."""
    article = re.search(rf"{re.escape(label)}[ \t]+[a-z]{{2,}}", text) and re.fullmatch(
        r"(?P<number>.*\d)[ \t]+A", label
    )
    return article["number"] if article else label


def _below(own: Path, before: Path) -> Path:
    """Return a lonely `i`, `v` or `x` as the roman number that it is behind `(a)` or `iv`."""
    if len(own) != 2 or own[0] or len(before) < 2 or not before[1]:
        return own
    roman = {"i": before[1] != "h", "v": before[2:] == ("iv",), "x": before[2:] == ("ix",)}
    return ("", "", own[1]) if roman.get(own[1], False) else own


def part_at(made: list[Part], offset: int) -> Part | None:
    """Return the part that a place belongs to."""
    at = bisect_right(made, offset, key=lambda part: part.start)
    return made[at - 1] if at else None
