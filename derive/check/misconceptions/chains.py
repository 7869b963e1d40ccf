"""Mistakes with the chain rule: factors and paths that are missing or too many, the numbers that come out front."""

from __future__ import annotations

from collections.abc import Iterator

from derive.check.bench import constant
from derive.check.misconceptions.edits import Put, bare, complements, fraction, number, plus, spots, times, without
from derive.check.misconceptions.record import Change, Example, Misconception, nothing, swapped
from derive.check.misconceptions.setting import Setting
from derive.language import surface as s

_CHAIN = {
    "forward": "z_1 = w_1 x, h_1 = \\sigma(z_1), z_2 = w_2 h_1, L = (z_2 - y)^2",
    "data": "x, y",
    "values": "x = 0.7, y = 1, w_1 = 0.4, w_2 = -0.3",
}
_TWO_PATHS = {
    "forward": "h = a x, z = b h, q = c z + d h, L = (q - y)^2",
    "data": "x, y",
    "values": "x = 0.7, y = 1, a = 0.4, b = -0.3, c = 1.1, d = 0.6",
}


def _dropped(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    for part, put in spots(tree):
        if isinstance(part, s.Mul):
            slopes = list(complements(part.factors))
            inside = {k for pair in slopes for k in pair}
            for pair in slopes:
                slope = times(*(part.factors[k] for k in pair))
                if len(part.factors) > 2:
                    yield Change(put(times(*without(part.factors, *pair))), right=slope)
            for k, factor in enumerate(part.factors):
                if (k not in inside and not isinstance(bare(factor), s.Num | s.Div)) or _shown(factor):
                    yield Change(put(times(*without(part.factors, k))), right=factor)
        elif isinstance(part, s.Neg) and isinstance(part.body, s.Mul) and _shown(part.body.factors[0]):
            first, *rest = part.body.factors
            yield Change(put(times(*rest)), right=s.Neg(part.at, first))
        elif isinstance(part, s.Div) and not constant(part.below):
            yield Change(put(part.above), right=fraction(s.Num(part.at, "1"), part.below))


def _shown(factor: s.Tree) -> bool:
    """Return whether a factor is a value that was put in."""
    factor = bare(factor)
    return isinstance(factor, s.Num) and "." in factor.text


def _completed(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield a formula, or one of its terms, with each local derivative of the network."""
    if constant(setting.left) and isinstance(bare(tree), s.Num):
        return  # plain arithmetic
    for line, read, local in setting.facts.edges:
        slope = setting.facts.slope(line, read)
        if setting.facts.written(local) is None or setting.value(slope) is None:
            continue
        for part, put in _terms(tree):
            yield Change(put(times(part, slope)), right=slope)


def _terms(tree: s.Tree) -> Iterator[tuple[s.Tree, Put]]:
    for part, put in spots(tree):
        if part is tree or (isinstance(tree, s.Add) and any(part is t for t in tree.terms)):
            yield part, put


def _repeated(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield products with a factor that stands twice, and with the derivative of one line too many."""
    for part, put in spots(tree):
        if isinstance(part, s.Mul):
            for factor in part.factors:
                if not isinstance(bare(factor), s.Num) or _shown(factor):
                    yield Change(put(times(part, factor)), wrong=factor)
    if isinstance(setting.left, s.Partial) and (node := setting.world.quantity(setting.left.wrt[0])) is not None:
        for line, read, local in setting.facts.edges:
            slope = setting.facts.written(local)
            if line == node and slope is not None:
                yield Change(times(tree, slope), wrong=setting.facts.slope(line, read))


def _one_path(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    for part, put in spots(tree):
        if isinstance(part, s.Add) and _of_paths(part):
            for k, term in enumerate(part.terms):
                yield Change(put(plus(*without(part.terms, k))), right=term)


def _of_paths(tree: s.Add) -> bool:
    """Return whether a sum has one term for each path, and is no difference such as y - t or 1 - h."""
    signs = {isinstance(term, s.Neg) for term in tree.terms}
    products = [isinstance(bare(term), (s.Mul, s.Div, s.Call)) for term in tree.terms]
    if any(isinstance(bare(term), s.Num) for term in tree.terms):
        return False
    return all(products) or (len(signs) == 1 and any(products))


def _twos(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    for part, put in spots(tree):
        if isinstance(part, s.Mul):
            for k, factor in enumerate(part.factors):
                if isinstance(factor, s.Num) and factor.text == "2":
                    less = times(*without(part.factors, k))
                    yield Change(put(less), part, less)
    if not isinstance(bare(tree), s.Num):
        for other in (times(number("2"), tree), fraction(tree, number("2"))):
            yield Change(other, tree, other)


CHAINS = (
    Misconception(
        "missing-factor",
        "A factor of the chain rule is missing",
        "The derivative along a path is the product of all local derivatives on it, one for each line that is passed. "
        "Go from the loss to the variable line by line and write one factor for each; count lines and factors.",
        "the factor {right!} is missing",
        Example(
            _CHAIN,
            r"\frac{\partial L}{\partial w_2} = 2 (z_2 - y)",
            r"\frac{\partial L}{\partial w_2} = 2 (z_2 - y) h_1",
        ),
        _dropped,
        _completed,
    ),
    Misconception(
        "missing-path",
        "A path is missing from the sum",
        "A value that is used in several places acts on the loss through each of them. Its derivative is the sum over "
        "all lines that read it; mark every arrow that leaves it and write one term for each.",
        "the sum lacks the term {right}",
        Example(
            _TWO_PATHS,
            r"\frac{\partial L}{\partial h} = 2 (q - y) c b",
            r"\frac{\partial L}{\partial h} = 2 (q - y) (c b + d)",
        ),
        _one_path,
        nothing,
    ),
    Misconception(
        "extra-factor",
        "A factor too many",
        "Each local derivative on a path occurs once, and the path ends at the variable. A factor that stands twice, "
        "or that belongs to a line behind the variable, is no part of it.",
        "the factor {wrong!} does not belong here",
        Example(
            _CHAIN,
            r"\frac{\partial L}{\partial w_2} = 2 (z_2 - y) h_1 h_1",
            r"\frac{\partial L}{\partial w_2} = 2 (z_2 - y) h_1",
        ),
        _repeated,
        swapped(_dropped),
    ),
    Misconception(
        "factor-two",
        "Factor 2 or 1/2",
        "The derivative of a square brings its exponent to the front: 2 times the base. With 1/2 in front of the "
        "square the two cancel; look whether the loss of the exercise has it.",
        "a factor 2: {right}, not {wrong}",
        Example(
            _CHAIN,
            r"\frac{\partial L}{\partial z_2} = z_2 - y",
            r"\frac{\partial L}{\partial z_2} = 2 (z_2 - y)",
        ),
        _twos,
    ),
)
