"""Formulas of matrices with one thing changed: a transpose, an order, a sign between factors, a factor, a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from derive.check.misconceptions.edits import here, spots
from derive.check.misconceptions.matrices.setting import MatrixSetting
from derive.check.misconceptions.record import Change, swapped
from derive.language import surface as s
from derive.language.walk import walk


def _turned(tree: s.Tree) -> s.Tree:
    return tree.body if isinstance(tree, s.Transpose) else s.Transpose(here(), tree)


def transposes(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield formulas with one transpose more or less."""
    for part, put in spots(tree):
        if isinstance(part, (s.Name, s.Partial, s.Transpose, s.Call, s.Add)) and setting.shape(part):
            yield Change(put(_turned(part)), part, _turned(part))


def orders(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield products with two neighbours exchanged, or all of them turned round."""
    for part, put in spots(tree):
        if not isinstance(part, s.Mul) or len(part.factors) > 6:
            continue
        for k in range(len(part.factors) - 1):
            factors = (*part.factors[:k], part.factors[k + 1], part.factors[k], *part.factors[k + 2 :])
            yield Change(put(replace(part, factors=factors)), part, replace(part, factors=factors))
        if len(part.factors) > 2:
            turned = replace(part, factors=part.factors[::-1], signs=part.signs[::-1])
            yield Change(put(turned), part, turned)


def elementwise(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield products with ⊙ for a matrix product between two factors, or the other way round."""
    for part, put in spots(tree):
        if isinstance(part, s.Mul):
            for k, sign in enumerate(part.signs):
                other = "" if sign in ("odot", "circ") else "odot"
                signs = (*part.signs[:k], other, *part.signs[k + 1 :])
                yield Change(put(replace(part, signs=signs)), part, replace(part, signs=signs))


def joined(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield what may be meant by a product: ⊙ in one place, or everywhere with vectors turned as the result lies."""
    yield from swapped(elementwise)(tree, setting)
    goal = setting.shape(setting.left)
    for part, put in spots(tree):
        factors = _flat(part) if isinstance(part, s.Mul) else []
        shapes = [setting.shape(f) for f in factors]
        if goal and len(factors) > 1 and None not in shapes and all(sh in ((), goal, goal[::-1]) for sh in shapes):
            turned = [f if sh in ((), goal) else _turned(f) for f, sh in zip(factors, shapes, strict=True)]
            signs = ["odot" if a and b else "" for a, b in pairwise(shapes)]
            made = s.Mul(here(), tuple(turned), tuple(signs))
            yield Change(put(made), made, part)


def _flat(tree: s.Mul) -> list[s.Tree]:
    return [x for f in tree.factors for x in (_flat(f) if isinstance(f, s.Mul) else [f])]


def outer(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield products with the outer product of two vectors for another product of them, and the inner one for that."""
    for part, put in spots(tree):
        if not isinstance(part, s.Mul):
            continue
        for k, (a, b) in enumerate(pairwise(part.factors)):
            if not (vector(a, setting) and vector(b, setting)):
                continue
            u, v = (x.body if isinstance(x, s.Transpose) else x for x in (a, b))
            for x, y in ((u, v), (v, u)):
                for pair in ((x, s.Transpose(here(), y)), (s.Transpose(here(), x), y), (x, y)):
                    made = replace(part, factors=(*part.factors[:k], *pair, *part.factors[k + 2 :]))
                    yield Change(put(made), s.Mul(here(), (a, b), ("",)), s.Mul(here(), pair, ("",)))


def vector(tree: s.Tree, setting: MatrixSetting) -> bool:
    shape = setting.shape(tree)
    return bool(shape) and 1 in (shape or ())


def without_factor(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    for part, put in spots(tree):
        if isinstance(part, s.Mul):
            for k, factor in enumerate(part.factors):
                if isinstance(factor, (s.Num, s.Div)):
                    continue  # a number in front is another mistake
                factors = (*part.factors[:k], *part.factors[k + 1 :])
                signs = (*part.signs[: max(k - 1, 0)], *part.signs[max(k, 1) :])
                made = factors[0] if len(factors) == 1 else s.Mul(part.at, factors, signs)
                yield Change(put(made), factor, None)


def with_factor(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield a formula times something of the network, before or behind it, also entry by entry."""
    for name in setting.names:
        for factor in (name, s.Transpose(here(), name)) if setting.shape(name) else (name,):
            for pair in ((factor, tree), (tree, factor)):
                yield Change(_times(*pair), factor, None)
        for slope in _slopes(name, setting):
            yield Change(_times(tree, slope, "odot"), slope, None)


def _times(a: s.Tree, b: s.Tree, sign: str = "") -> s.Tree:
    first = a.factors if isinstance(a, s.Mul) and sign == "" else (a,)
    signs = a.signs if isinstance(a, s.Mul) and sign == "" else ()
    return s.Mul(here(), (*first, b), (*signs, sign))


def _slopes(name: s.Name, setting: MatrixSetting) -> Iterator[s.Tree]:
    """Yield the derivatives of functions that act on a name in some line, as they are written."""
    for line in setting.subject.network.lines:
        for part in walk(line.tree):
            if isinstance(part, s.Call) and len(part.args) == 1 and not part.primes:
                inner = part.args[0]
                if isinstance(inner, s.Name) and setting.subject.plain(inner.id) == setting.subject.plain(name.id):
                    yield replace(part, primes=1)


def undifferentiated(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield formulas with a function for its derivative, or the other way round."""
    for part, put in spots(tree):
        if isinstance(part, s.Call) and len(part.args) == 1 and part.primes < 2:
            other = replace(part, primes=1 - part.primes)
            yield Change(put(other), part, other)


def relabelled(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield formulas with another name of the network in one place."""
    for part, put in spots(tree):
        if isinstance(part, s.Name) and setting.subject.plain(part.id) is not None:
            for name in setting.names:
                if setting.subject.plain(name.id) != setting.subject.plain(part.id):
                    yield Change(put(name), part, name)
        if isinstance(part, s.Partial) and part is not tree:
            for name in setting.names:
                other = replace(part, wrt=(name,))
                yield Change(put(other), part, other)


def at_another_point(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield formulas with a derivative of a function at another name."""
    for part, put in spots(tree):
        if isinstance(part, s.Call) and part.primes == 1 and len(part.args) == 1 and isinstance(part.args[0], s.Name):
            for name in setting.names:
                if setting.subject.plain(name.id) != setting.subject.plain(part.args[0].id):
                    other = replace(part, args=(name,))
                    yield Change(put(other), part, other)


def inactive(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield formulas with the input of an activation for its output, or the other way round."""
    pairs = list(_activations(setting))
    for part, put in spots(tree):
        if isinstance(part, s.Name):
            node = setting.subject.plain(part.id)
            for a, b in (*pairs, *((b, a) for a, b in pairs)):
                if node is not None and setting.subject.plain(a.id) == node:
                    yield Change(put(b), part, b)


def _activations(setting: MatrixSetting) -> Iterator[tuple[s.Name, s.Name]]:
    """Yield what stands in a function and the line that is its value."""
    names = {setting.subject.plain(name.id): name for name in setting.names}
    for line in setting.subject.network.lines:
        body = line.tree
        if isinstance(body, s.Call) and len(body.args) == 1 and isinstance(body.args[0], s.Name):
            inner = names.get(setting.subject.plain(body.args[0].id))
            if inner is not None and line.name in names:
                yield inner, names[line.name]


def doubled(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    yield Change(s.Mul(here(), (s.Num(here(), "2"), tree), ("",)), tree, None)
    yield Change(s.Mul(here(), (s.Num(here(), "0.5"), tree), ("",)), tree, None)


def unsquared(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield formulas without a square, or with one more."""
    for part, put in spots(tree):
        if isinstance(part, s.Pow) and isinstance(part.exponent, s.Num) and part.exponent.text == "2":
            yield Change(put(part.base), part, part.base)
        elif isinstance(part, (s.Name, s.Call)) and setting.shape(part):
            squared = s.Pow(here(), part, s.Num(here(), "2"), True)
            yield Change(put(squared), part, squared)
