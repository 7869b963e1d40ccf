r"""`\max_z f(z)`, `\arg\min_x …`, `\sup`: how an extremum is written in front of a formula, and over which name."""

from __future__ import annotations

import re

from derive.errors import Fault
from derive.language import surface as s
from derive.language.grammar import Table, parse
from derive.language.occurrences import quantities
from derive.source import Slice, of_text

KINDS = ("max", "min", "sup", "inf", "argmax", "argmin")
_WORD = r"arg\s*(?:\\[,;:!])?\s*max|arg\s*(?:\\[,;:!])?\s*min|max|min|sup|inf"
_HEAD = re.compile(
    rf"""
    (?:\\(?:displaystyle|,|;)\s*)*+
    (?: \\underset\s*\{{(?P<under>[^{{}}]{{1,60}})\}}\s*\{{(?P<below>[^{{}}]{{3,40}})\}}
      | \\arg\s*\\(?P<arg>max|min)
      | \\(?:operatorname|text|mathrm|mathop)\*?\s*\{{\s*(?:\\(?:rm|text)\s+)?(?P<named>{_WORD})\s*\}}
      | \\(?P<command>argmax|argmin|max|min|sup|inf)(?![A-Za-z])
      | (?P<plain>argmax|argmin|max|min)(?=[\s_(])
    )
    (?:\s*\\limits)?
    (?: \s*_\s* (?: \{{(?P<braced>[^{{}}]*(?:\{{[^{{}}]*\}}[^{{}}]*)*)\}} | (?P<one>\\[A-Za-z]+|[A-Za-z]) ) )?
    """,
    re.VERBOSE,
)
# Over which name, and that it may be any number.
_OVER = re.compile(
    r"\s*(?P<name>\\?[A-Za-z]+(?:_(?:\w|\{\w+\}))?)\s*"
    r"(?:(?:\\in(?![A-Za-z])|∈)\s*(?:\\mathbb\s*\{?\s*R\s*\}?|\\R(?![A-Za-z])|ℝ)\s*)?"
)


def extremum(text: str, table: Table) -> s.Call | None:
    """Return an extremum as Call(fn=max, args=(body,), base=the name it is over); None where a side is none.

    Raises a Fault where it is one that cannot be read. `max(a, b)` is none: it is a function of its arguments.
    """
    found = _HEAD.match(text)
    if found is None:
        return None
    kind = _kind(found)
    body = text[found.end() :].strip()
    if kind not in KINDS or not body or _arguments(body):
        return None
    tree = parse(of_text(body, "<formula>"), table, "latex")
    over = _over(found, tree, of_text(text, "<formula>"))
    if any(isinstance(part, (s.Relation, s.Seq)) for part in (tree,)):
        raise Fault("this is no extremum of a number", of_text(text, "<formula>").span())
    return s.Call((0, len(text)), kind, (tree,), base=over)


def is_extremum(tree: s.Tree) -> bool:
    """Return whether a tree is an extremum over a name."""
    return isinstance(tree, s.Call) and tree.fn in KINDS and tree.base is not None and not tree.primes


def _kind(found: re.Match[str]) -> str:
    word = found["below"] or found["named"] or found["command"] or found["plain"] or f"arg{found['arg']}"
    return re.sub(r"\\(?:operatorname\*?|text|mathrm|rm)|[^A-Za-z]", "", word)


def _arguments(body: str) -> bool:
    """Return whether brackets with a comma come first: the arguments of max(a, b)."""
    opening = re.match(r"(?:\\left\s*)?(?:\\?\{|\(|\[)", body)
    if opening is None:
        return False
    depth = 0
    for at, c in enumerate(body):
        depth += (c in "([{") - (c in ")]}")
        if c == "," and depth == 1 and body[at - 1] != "\\":
            return True
        if depth == 0 and at >= opening.end():
            return False
    return False


def _over(found: re.Match[str], tree: s.Tree, whole: Slice) -> s.Tree:
    """Return the name that is moved: the one below the word, else the only one of the body."""
    below = found["under"] or found["braced"] or found["one"]
    if below is not None:
        named = _OVER.fullmatch(below)
        over = parse(of_text(named["name"], "<formula>")) if named else None
        if not isinstance(over, s.Name):
            raise Fault("an extremum over this is not read", whole.span(found.start(), found.end()))
        return over
    names = {id: name for id, name in quantities(tree) if id not in ("e", "pi", "infty")}
    (name,) = names.values() if len(names) == 1 else (None,)
    if not isinstance(name, s.Name):
        raise Fault("the extremum over what?", whole.span(found.start(), found.end()))
    return name
