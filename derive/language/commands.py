"""Commands that take their argument as text: words, notes, environments, sized brackets."""

from __future__ import annotations

import re

from derive.errors import nearest
from derive.language import symbols as S
from derive.language.scanner import Scanner

_CONDITION = re.compile(r"\s*(if|for|when|where|wenn|falls|für)\b(?=\s*\S)")
_WORDS = re.compile(r"\s*[^\W\d_](?:[\w\s-]|\\_)*")
_ENVIRONMENT = re.compile(r"\s*\{\s*([A-Za-z]+\*?)\s*\}")
_COLUMNS = re.compile(r"\s*\{[lcr|\s]*\}")


class Commands(Scanner):
    def sized(self, left: bool, start: int, end: int) -> int:
        """Read what stands behind \\left or \\right: bars get their direction, a dot becomes a bracket."""
        while self.text[end : end + 1].isspace():
            end += 1
        for sign, spellings in (("||", ("\\|", "\\Vert", "||")), ("|", ("|", "\\vert")), (".", (".",))):
            for spelling in spellings:
                if self.text.startswith(spelling, end):
                    end += len(spelling)
                    side = ("(." if left else ".)") if sign == "." else sign + ("<" if left else ">")
                    self.add("op", side, start, end)
                    return end
        return end

    def words(self, name: str, start: int, end: int) -> int | None:
        opening = self.skip(end)
        if self.text[opening : opening + 1] != "{":
            self.add("cmd", name.rstrip("*"), start, end)
            return None
        closing = self.closing(opening)
        condition = _CONDITION.match(self.text, opening + 1, closing)
        if condition:
            self.add("text", condition[1], start, condition.end())
            self.dropped.add(closing)
            return condition.end()
        content = self.text[opening + 1 : closing]
        if not _WORDS.fullmatch(content):
            self.add("cmd", name.rstrip("*"), start, end)
            return None
        self.add("text", content.replace("\\_", "_"), start, closing + 1)
        return closing + 1

    def annotation(self, name: str, start: int, end: int) -> int:
        opening = self.skip(end)
        if self.text[opening : opening + 1] != "{":
            raise self.fault(f"\\{name} without its argument", start, end, expected="{")
        after = self.closing(opening) + 1
        if name in S.NOTED:
            second = self.skip(after)
            if self.text[second : second + 1] == "{":
                self.dropped.add(self.closing(second))
                return second + 1
        return after

    def environment(self, command: str, start: int, end: int) -> int:
        found = _ENVIRONMENT.match(self.text, end)
        name = found[1] if found else ""
        if found is None or (name not in S.MATRICES and name not in S.CASES):
            reason = nearest(name, S.MATRICES | S.CASES)
            if name.rstrip("*") in ("align", "aligned", "equation", "gather", "split", "eqnarray"):
                reason = "one formula is read at a time, without the environment around it"
            raise self.fault(
                f"unknown environment {name}".rstrip(), start, end, reason=reason, expected="cases, pmatrix …"
            )
        end = found.end()
        if command == "begin" and name == "array":
            columns = _COLUMNS.match(self.text, end)
            end = columns.end() if columns else end
        self.tables += 1 if command == "begin" else -1
        if command == "end" and self.opened:
            opening = self.items[self.opened[-1]]
            if opening.kind == "begin" and opening.text != name:
                raise self.fault(f"this {opening.text} ends as {name}", start, end, expected=f"\\end{{{opening.text}}}")
        self.add(command, name if command == "begin" else "end", start, end)
        return end
