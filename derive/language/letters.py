"""Letters and signs beyond ASCII, as the commands or names that they stand for."""

from __future__ import annotations

import unicodedata

from derive.language import symbols as S
from derive.language.scanner import Scanner


class Letters(Scanner):
    def on_greek(self, text: str, start: int, end: int) -> int | None:
        first = unicodedata.normalize("NFC", text)
        name = (
            _plain_letter(first[0]) if len(first) < 2 or first[1] not in S.MARKS else f"{S.MARKS[first[1]]}_{text[0]}"
        )
        if name is None:
            return self.on_letter(text[0], start, start + 1)
        rest = first[1:] if first[1:2] not in S.MARKS else first[2:]
        self.add("word", name + rest, start, end)
        return None

    def on_letter(self, char: str, start: int, end: int) -> int | None:
        if char in S.UNICODE:
            return self.on_cmd(S.UNICODE[char], start, end)
        if char in S.SIGNS:
            return self.on_op(S.SIGNS[char], start, end)
        for table, sign in ((S.RAISED, "^"), (S.LOWERED, "_")):
            if char in table:
                return self.script(table, sign, start)
        base, mark = _taken_apart(char)
        if mark in S.MARKS and base.isascii():
            for kind, text in (("cmd", S.MARKS[mark]), ("op", "{"), ("word", base), ("op", "}")):
                self.add(kind, text, start, end)
            return None
        plain = unicodedata.normalize("NFKC", char)
        if len(plain) != 1 or plain == char:
            raise self.stray(start)
        if plain.isascii() and plain.isalpha():
            return self.on_word(plain, start, end)
        return self.on_letter(plain, start, end)

    def script(self, table: dict[str, str], sign: str, start: int) -> int:
        end = start
        while self.text[end : end + 1] in table and end < len(self.text):
            end += 1
        self.add("op", sign, start, start)
        self.add("op", "{", start, start)
        for place in range(start, end):
            char = table[self.text[place]]
            last = self.items[-1]
            if char.isdigit() and last.kind == "num":
                self.items[-1] = last._replace(text=last.text + char, end=place + 1)
            else:
                self.add("num" if char.isdigit() else "word" if char.isalpha() else "op", char, place, place + 1)
        self.add("op", "}", end, end)
        return end


def _plain_letter(char: str) -> str | None:
    """Return the plain spelling of a Greek, accented or fancy letter, or None."""
    if S.UNICODE.get(char) in S.LETTERS:
        return S.LETTERS[S.UNICODE[char]]
    base, mark = _taken_apart(char)
    if mark in S.MARKS and base.isascii():
        return f"{S.MARKS[mark]}_{base}"
    plain = unicodedata.normalize("NFKC", char)
    if plain != char and len(plain) == 1 and plain not in S.RAISED and char not in S.RAISED and char not in S.LOWERED:
        return plain if plain.isascii() and plain.isalpha() else _plain_letter(plain)
    return None


def _taken_apart(char: str) -> tuple[str, str]:
    """Return the letter and the mark above it, "" if there is none."""
    parts = unicodedata.normalize("NFD", char)
    return parts[:1], parts[1:2]
