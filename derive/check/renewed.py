"""Names with a mark of time: `w_{new}`, `w^{(t+1)}` is w after an update, `w_{old}`, `w^{(t)}` w before it."""

from __future__ import annotations

import re

_STEP = r"[A-Za-z]"
_NEW = re.compile(
    r"(?P<name>.+?)(?:[_^,]\(?(?:new|neu|updated|upd|after)\)?|(?<=\d)new|\^\+"
    rf"|\^[\[(]?{_STEP}\+1[\])]?|[_,]\(?{_STEP}\+1\)?)$"
)
_LAYERED = re.compile(
    r"(?P<name>.+?)(?P<mark>[_,]\(?(?:new|neu|updated|upd|after)\)?)(?P<layer>\^[\[(][^\[\]()^]+[\])])"
)
_OLD = re.compile(r"(?P<name>.+?)(?:[_^,]\(?(?:old|alt|before)\)?|\^[\[(](?:[tkn]|0)[\])]|,t)$")
_FIRST = re.compile(r"(?P<name>.+?)(?:\^[\[(]1[\])]|')$")  # of a parameter only: z^(1) is a layer, L' a derivative
_DECORATED = re.compile(r"^(?:tilde|hat|bar|check|dot)_(?P<name>.+)$|^(?P<starred>.+?)\^\*$")


def renewed(id: str, parameter: bool) -> str:
    """Return the name whose new value an id means, "" where it has no such mark. parameter: more marks are one."""
    layered = _LAYERED.fullmatch(id)  # the mark below, the layer above
    id = "".join(layered.group("name", "layer", "mark")) if layered else id
    found = _NEW.fullmatch(id) or (_FIRST.fullmatch(id) if parameter else None)
    return found["name"] if found else ""


def former(id: str) -> str:
    """Return the name whose old value an id means, "" where it has no such mark."""
    found = _OLD.fullmatch(id)
    return found["name"] if found else ""


def decorated(id: str) -> str:
    """Return the name below a decoration, which says that something is another value of it: `tilde_w` → w."""
    found = _DECORATED.fullmatch(id)
    return (found["name"] or found["starred"]) if found else ""
