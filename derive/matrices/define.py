"""Names for parts of a result that repeat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from derive.matrices.cost import cost
from derive.matrices.term import Term, make, ordered

_WORTH = 4  # operations that a name must save


def defined(t: Term, taken: Iterable[str]) -> tuple[Term, list[tuple[Term, Term]]]:
    """Return t written with names for what repeats in it, and these names with what they stand for, in order."""
    used = set(taken)
    found: list[tuple[Term, Term]] = []
    while True:
        part = _worth_most([t, *(body for _, body in found)])
        if part is None:
            return _numbered(t, _sorted(found), set(taken))
        name = _name(part, used)
        used.add(name.data[0])
        t = _replaced(t, part, name)
        found = [(n, _replaced(body, part, name)) for n, body in found]
        found.append((name, part))


def _numbered(t: Term, found: list[tuple[Term, Term]], used: set[str]) -> tuple[Term, list[tuple[Term, Term]]]:
    """Return everything with the names numbered in the order of their definitions."""
    final: list[tuple[Term, Term]] = []
    fresh = {}
    for name, _ in found:
        fresh[name] = _name(name, used)
        used.add(fresh[name].data[0])
    holders = {name: make("sym", data=(f"\x00{k}", frozenset()), shape=name.shape) for k, name in enumerate(fresh)}
    for name, body in found:
        for by in (holders, {holders[n]: f for n, f in fresh.items()}):
            for old, new in by.items():
                body = _replaced(body, old, new)
        final.append((fresh[name], body))
    for by in (holders, {holders[n]: f for n, f in fresh.items()}):
        for old, new in by.items():
            t = _replaced(t, old, new)
    return t, final


def _sorted(found: list[tuple[Term, Term]]) -> list[tuple[Term, Term]]:
    """Return definitions so that each reads only earlier ones."""
    names = {id(name): body for name, body in found}
    done: list[tuple[Term, Term]] = []
    ready: set[int] = set()

    def take(name: Term) -> None:
        if id(name) in ready:
            return
        ready.add(id(name))
        for x in ordered(names[id(name)]):
            if id(x) in names and x is not name:
                take(x)
        done.append((name, names[id(name)]))

    for name, _ in reversed(found):
        take(name)
    return done


def _worth_most(roots: list[Term]) -> Term | None:
    """Return the part that a name saves most for, None where none is worth one."""
    counts: Counter[int] = Counter()
    terms = {id(x): x for root in roots for x in ordered(root)}
    # A part that only repeats inside another repeated part is counted once there.
    seen: set[int] = set()
    stack = list(roots)
    while stack:
        x = stack.pop()
        for y in x.args:
            counts[id(y)] += 1
            if id(y) not in seen:
                seen.add(id(y))
                stack.append(y)
    best, most = None, _WORTH - 1
    for key, count in counts.items():
        x = terms[key]
        saved = (count - 1) * cost(x)
        if count > 1 and cost(x) >= 2 and saved > most and x.op not in ("ones", "eye", "scale"):
            best, most = x, saved
    return best


def _name(t: Term, used: set[str]) -> Term:
    kind = "c" if t.scalar else "v" if 1 in (t.rows.number, t.columns.number) else "M"
    number = 1
    while f"{kind}_{number}" in used:
        number += 1
    return make("sym", data=(f"{kind}_{number}", frozenset({"helper"})), shape=t.shape)


def _replaced(t: Term, part: Term, name: Term) -> Term:
    """Return t with a part replaced and everything else as it stands."""
    found: dict[int, Term] = {}
    for x in ordered(t):
        if x is part:
            found[id(x)] = name
            continue
        args = [found[id(y)] for y in x.args]
        same = all(y is z for y, z in zip(args, x.args, strict=True))
        found[id(x)] = _holding(x, part, name) if same else make(x.op, args, x.data, x.shape)
    return found[id(t)]


def _holding(x: Term, part: Term, name: Term) -> Term:
    """Return an entrywise product with some of its factors, all of those of `part`, replaced by their name."""
    if part.op != "had" or x.op != "had" or x.shape != part.shape:
        return x
    left = _exponents(x)
    for base, n in _exponents(part).items():
        own = left.get(base, Fraction(0))
        if own * n <= 0 or abs(own) < abs(n):
            return x
        left[base] = own - n
    rest = [_power(base, n) for base, n in left.items() if n]
    return make("had", (name, *rest), None, x.shape) if rest else name


def _exponents(t: Term) -> dict[Term, Fraction]:
    """Return the factors of an entrywise product with their exponents."""
    found: dict[Term, Fraction] = {}
    for x in t.args:
        base, n = (x.args[0], x.data) if x.op == "hpow" else (x, Fraction(1))
        found[base] = found.get(base, Fraction(0)) + n
    return found


def _power(base: Term, n: Fraction) -> Term:
    return base if n == 1 else make("hpow", (base,), n, base.shape)
