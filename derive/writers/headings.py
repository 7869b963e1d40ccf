"""What a heading says around its title, in the document's language."""

from __future__ import annotations

from derive.document import Heading

# language: (a problem without a title, one point, several points)
_WORDS = {
    "en": ("Problem", "point", "points"),
    "de": ("Aufgabe", "Punkt", "Punkte"),
    "fr": ("Exercice", "point", "points"),
    "es": ("Ejercicio", "punto", "puntos"),
    "it": ("Esercizio", "punto", "punti"),
}


def _words(language: str) -> tuple[str, str, str]:
    return _WORDS.get(language.split("-")[0].lower(), _WORDS["en"])


def lead(heading: Heading, language: str) -> str:
    """Return what stands before the title: a number, and "Problem 1" where a problem has no title."""
    alone = heading.level == 1 and heading.number and not heading.title
    return f"{_words(language)[0]} {heading.number}" if alone else heading.number


def points(heading: Heading, language: str) -> str:
    """Return "(4 points)", or nothing where there are no points."""
    _, one, several = _words(language)
    return f"({heading.points} {one if heading.points == '1' else several})" if heading.points else ""
