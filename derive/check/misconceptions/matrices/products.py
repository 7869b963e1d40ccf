"""Products of matrices that are put together wrongly: transposes, order, ⊙ for a product, factors that are missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from derive.check.misconceptions.edits import here, negated, plus, spots
from derive.check.misconceptions.matrices.setting import MatrixSetting
from derive.check.misconceptions.record import Change, Example, Misconception, swapped
from derive.language import surface as s

_LAYER = {
    "forward": "z = W x + b, h = \\sigma(z), L = \\lVert h - y \\rVert^2",
    "shapes": "x \\in R^n, W \\in R^{m x n}",
    "data": "x, y",
}
_BATCH = {
    "forward": "Z = X W + b, L = \\lVert Z - Y \\rVert_F^2",
    "shapes": "X \\in R^{N x d}, W \\in R^{d x K}, b \\in R^{1 x K}",
    "data": "X, Y",
}
_DEEP = {
    "forward": "z = W x, h = \\tanh(z), y = V h, L = f(y)",
    "shapes": "x \\in R^n, W \\in R^{m x n}, V \\in R^{k x m}",
}


def _turned(tree: s.Tree) -> s.Tree:
    return tree.body if isinstance(tree, s.Transpose) else s.Transpose(here(), tree)


def _transposes(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield formulas with one transpose more or less."""
    for part, put in spots(tree):
        if isinstance(part, (s.Name, s.Partial, s.Transpose, s.Call, s.Add)) and setting.shape(part):
            yield Change(put(_turned(part)), part, _turned(part))


def _orders(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
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


def _elementwise(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield products with ⊙ for a matrix product between two factors, or the other way round."""
    for part, put in spots(tree):
        if isinstance(part, s.Mul):
            for k, sign in enumerate(part.signs):
                other = "" if sign in ("odot", "circ") else "odot"
                signs = (*part.signs[:k], other, *part.signs[k + 1 :])
                yield Change(put(replace(part, signs=signs)), part, replace(part, signs=signs))


def _joined(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield what may be meant by a product: ⊙ in one place, or everywhere with vectors turned as the result lies."""
    yield from swapped(_elementwise)(tree, setting)
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


def _outer(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield products with the outer product of two vectors for another product of them, and the inner one for that."""
    for part, put in spots(tree):
        if not isinstance(part, s.Mul):
            continue
        for k, (a, b) in enumerate(pairwise(part.factors)):
            if not (_vector(a, setting) and _vector(b, setting)):
                continue
            u, v = (x.body if isinstance(x, s.Transpose) else x for x in (a, b))
            for x, y in ((u, v), (v, u)):
                for pair in ((x, s.Transpose(here(), y)), (s.Transpose(here(), x), y), (x, y)):
                    made = replace(part, factors=(*part.factors[:k], *pair, *part.factors[k + 2 :]))
                    yield Change(put(made), s.Mul(here(), (a, b), ("",)), s.Mul(here(), pair, ("",)))


def _vector(tree: s.Tree, setting: MatrixSetting) -> bool:
    shape = setting.shape(tree)
    return bool(shape) and 1 in (shape or ())


def _without_factor(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    for part, put in spots(tree):
        if isinstance(part, s.Mul):
            for k, factor in enumerate(part.factors):
                if isinstance(factor, (s.Num, s.Div)):
                    continue  # a number in front is another mistake
                factors = (*part.factors[:k], *part.factors[k + 1 :])
                signs = (*part.signs[: max(k - 1, 0)], *part.signs[max(k, 1) :])
                made = factors[0] if len(factors) == 1 else s.Mul(part.at, factors, signs)
                yield Change(put(made), factor, None)


def _with_factor(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
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
    from derive.language.walk import walk

    for line in setting.subject.network.lines:
        for part in walk(line.tree):
            if isinstance(part, s.Call) and len(part.args) == 1 and not part.primes:
                inner = part.args[0]
                if isinstance(inner, s.Name) and setting.subject.plain(inner.id) == setting.subject.plain(name.id):
                    yield replace(part, primes=1)


def _undifferentiated(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield formulas with a function for its derivative, or the other way round."""
    for part, put in spots(tree):
        if isinstance(part, s.Call) and len(part.args) == 1 and part.primes < 2:
            other = replace(part, primes=1 - part.primes)
            yield Change(put(other), part, other)


def _signs(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    for part, put in spots(tree):
        if isinstance(part, s.Add):
            for k, term in enumerate(part.terms):
                flipped = negated(term)
                yield Change(put(plus(*part.terms[:k], flipped, *part.terms[k + 1 :])), term, flipped)
    yield Change(negated(tree), tree, negated(tree))


def _relabelled(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
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


PRODUCTS = (
    Misconception(
        "outer-product",
        "Inner and outer product confused",
        "Of two columns δ and x, δ xᵀ is a matrix with an entry for each pair, δᵀ x is a number. The gradient "
        "by a weight matrix has an entry for each pair of an output and an input, so it is the outer product.",
        "the product of the two vectors should be {right}",
        Example(
            _LAYER,
            r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial z}^\top x",
            r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial z} x^\top",
        ),
        _outer,
    ),
    Misconception(
        "transpose-lost",
        "A transpose is missing, or one too many",
        "Going backwards a matrix acts transposed: y = W x gives ∂L/∂x = Wᵀ ∂L/∂y. Write the shapes below the factors. "
        "The inner ones must agree, the outer ones are those of the result.",
        "{wrong} stands where {right} belongs",
        Example(
            _DEEP,
            r"\frac{\partial L}{\partial x} = W \frac{\partial L}{\partial z}",
            r"\frac{\partial L}{\partial x} = W^\top \frac{\partial L}{\partial z}",
        ),
        _transposes,
    ),
    Misconception(
        "product-order",
        "The factors of a matrix product in the wrong order",
        "A B and B A are different matrices, if both exist at all. With samples as rows the input stands in front: "
        "Z = X W gives ∂L/∂W = Xᵀ ∂L/∂Z. With samples as columns it stands behind.",
        "the order should be {right}",
        Example(
            _BATCH,
            r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial Z} X^\top",
            r"\frac{\partial L}{\partial W} = X^\top \frac{\partial L}{\partial Z}",
        ),
        _orders,
    ),
    Misconception(
        "elementwise-product",
        "A matrix product in the place of ⊙, or ⊙ in that of a matrix product",
        "A function that acts on every entry is differentiated entry by entry: its slope joins with ⊙. A weight matrix "
        "mixes entries: it joins as a matrix product. Both keep the shapes right in some cases, so shapes do not tell.",
        "the factors should be joined as in {right}",
        Example(
            _DEEP,
            r"\frac{\partial L}{\partial z} = \frac{\partial L}{\partial h} (1 - h \odot h)",
            r"\frac{\partial L}{\partial z} = \frac{\partial L}{\partial h} \odot (1 - h \odot h)",
        ),
        _elementwise,
        _joined,
    ),
    Misconception(
        "input-missing",
        "A factor of the chain rule is missing",
        "The gradient by a parameter is the error at its output times what the parameter is multiplied with: "
        "∂L/∂W = ∂L/∂Y Xᵀ. An activation adds its slope. Without the input the gradient would not depend on the data.",
        "the factor {right} is missing",
        Example(
            {"forward": "Y = W X, L = f(Y)", "shapes": "W \\in R^{n x n}, X \\in R^{n x n}"},
            r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial Y}",
            r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial Y} X^\top",
        ),
        _without_factor,
        _with_factor,
    ),
)


def _doubled(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    yield Change(s.Mul(here(), (s.Num(here(), "2"), tree), ("",)), tree, None)
    yield Change(s.Mul(here(), (s.Num(here(), "0.5"), tree), ("",)), tree, None)


def _unsquared(tree: s.Tree, setting: MatrixSetting) -> Iterator[Change]:
    """Yield formulas without a square, or with one more."""
    for part, put in spots(tree):
        if isinstance(part, s.Pow) and isinstance(part.exponent, s.Num) and part.exponent.text == "2":
            yield Change(put(part.base), part, part.base)
        elif isinstance(part, (s.Name, s.Call)) and setting.shape(part):
            squared = s.Pow(here(), part, s.Num(here(), "2"), True)
            yield Change(put(squared), part, squared)


SHARED = {
    "square-missing": (_unsquared, "{wrong} stands where {right} belongs"),
    "activation-for-derivative": (_undifferentiated, "{wrong} stands where {right} belongs"),
    "factor-two": (_doubled, "a factor 2 or 1/2 is missing, or one too many"),
    "sign": (_signs, "{wrong} should be {right}"),
    "wrong-label": (_relabelled, "{wrong} stands where {right} belongs"),
}
