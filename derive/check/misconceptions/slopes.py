"""Mistakes with the derivative of an activation or of a loss."""

from __future__ import annotations

from collections.abc import Iterator

from derive.check.misconceptions.edits import Put, complements, everywhere, negated, number, plus, spots, times, without
from derive.check.misconceptions.record import Change, Example, Misconception
from derive.check.misconceptions.setting import Setting
from derive.language import surface as s
from derive.ops import SPELLINGS

_UNIT = {
    "forward": "z = w x, h = \\sigma(z), q = v h, L = (q - y)^2",
    "data": "x, y",
    "values": "x = 0.7, y = 1, w = 0.4, v = 1.3",
}
_SLOPE = r"\frac{\partial L}{\partial z} = 2 (q - y) v h (1 - h)"


def _slopes(tree: s.Tree, setting: Setting) -> Iterator[tuple[s.Tree, s.Tree, Put, str | None]]:
    """Yield (slope, what its function is worth, put, node) for σ'(z), h(1 - h), u(z) and ∂h/∂z in a formula."""
    for part, put in spots(tree):
        match part:
            case s.Call(primes=1, args=(z,)) if SPELLINGS.get(part.fn) or part.fn in setting.facts.subject.named:
                yield part, s.Call(part.at, part.fn, (z,)), put, _output(z, setting)
            case s.Call(fn="u" | "step", args=(z,)):
                yield part, s.Call(part.at, "ReLU", (z,)), put, _output(z, setting)
            case s.Partial(of=of, wrt=(by,)) if (node := setting.world.quantity(of)) in setting.facts.activations:
                if setting.world.quantity(by) == setting.facts.activations[node][0]:
                    yield part, of, put, node
            case s.Mul():
                for i, j in complements(part.factors):
                    slope = times(part.factors[i], part.factors[j])

                    def into(new: s.Tree, part: s.Mul = part, put: Put = put, i: int = i, j: int = j) -> s.Tree:
                        first = min(i, j)
                        rest = without(part.factors, i, j)
                        return put(times(*rest[:first], new, *rest[first:]))

                    yield slope, part.factors[i], into, setting.node(part.factors[i])


def _output(z: s.Tree, setting: Setting) -> str | None:
    """Return the activation that reads what stands in a function."""
    node = setting.node(z)
    return next((h for h, (inner, _) in setting.facts.activations.items() if inner == node), None)


def _undifferentiated(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    for slope, function, put, _ in _slopes(tree, setting):
        yield Change(put(function), slope, function)


def _differentiated(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield each activation of a formula replaced by its derivative."""
    for part, put in spots(tree):
        node = setting.node(part)
        if node in setting.facts.activations:
            slope = setting.facts.slope(node, setting.facts.activations[node][0])
            yield Change(put(slope), slope, part)
        elif isinstance(part, s.Call) and len(part.args) == 1 and not part.primes and SPELLINGS.get(part.fn):
            slope = s.Call(part.at, part.fn, part.args, 1)
            yield Change(put(slope), slope, part)


def _other_rule(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield 1 - h² for h(1 - h), and the argument of a sign for the sign."""
    for slope, h, put, _ in _slopes(tree, setting):
        if isinstance(slope, s.Mul):
            other = plus(number("1"), negated(s.Pow(h.at, h, number("2"))))
            yield Change(put(other), slope, other)
    for part, put in spots(tree):
        if isinstance(part, s.Call) and part.fn == "sign":
            yield Change(put(part.args[0]), part, part.args[0])


def _other_rule_back(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    for part, put in spots(tree):
        match part:
            case s.Add(terms=(s.Num(text="1"), s.Neg(body=s.Pow(base=h, exponent=s.Num(text="2"))))):
                slope = times(h, plus(number("1"), negated(h)))
                yield Change(put(slope), slope, part)
            case s.Add(terms=(_, s.Neg())):
                sign = s.Call(part.at, "sign", (part,))
                yield Change(put(sign), sign, part)
    for slope, function, put, _ in _slopes(tree, setting):
        layer = _layer(slope, function, setting)
        if layer is not None:
            own = setting.facts.slope(layer, setting.facts.activations[layer][0])
            yield Change(put(own), own, slope)


def _layer(slope: s.Tree, function: s.Tree, setting: Setting) -> str | None:
    """Return the layer whose slope is taken by the rule of another function, at the right place; None for none."""
    activations = setting.facts.activations
    if isinstance(slope, s.Call):
        h = _output(slope.args[0], setting)
        named = setting.facts.network.functions.get(slope.fn)
        op = named.op if named is not None else SPELLINGS.get(slope.fn)
    else:
        h, op = setting.node(function), "sigmoid"
    return h if h in activations and activations[h][1] != op else None


def _elsewhere(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    """Yield slopes at the output in place of the input, and h(1 - h) with the input z."""
    for slope, _, put, node in _slopes(tree, setting):
        if node not in setting.facts.activations:
            continue
        z, op = setting.facts.activations[node]
        output, entry = setting.facts.names[node], setting.facts.names[z]
        others: list[s.Tree] = [s.Call(slope.at, setting.facts.spelled(op), (output,), 1)]
        if op == "sigmoid":
            others.append(times(entry, plus(number("1"), negated(entry))))
        for other in others:
            yield Change(put(other), slope, other)


def _all_moved(tree: s.Tree, setting: Setting) -> Change | None:
    """Return a formula in which several derivatives at an output are put to the input."""
    moved: list[tuple[s.Tree, s.Tree]] = []

    def at_input(part: s.Tree) -> s.Tree | None:
        match part:
            case s.Call(primes=1, args=(s.Name() as name,)) if (h := setting.node(name)) in setting.facts.activations:
                other = setting.facts.slope(h or "", setting.facts.activations[h or ""][0])
                moved.append((part, other))
                return other
        return None

    new = everywhere(tree, at_input)
    return Change(new, moved[0][1], moved[0][0]) if len(moved) > 1 else None


def _moved_back(tree: s.Tree, setting: Setting) -> Iterator[Change]:
    if (everything := _all_moved(tree, setting)) is not None:
        yield everything
    for slope, function, put, _ in _slopes(tree, setting):
        if _layer(slope, function, setting) is not None:
            continue
        inner = slope.args[0] if isinstance(slope, s.Call) else function
        name = setting.node(inner)
        options = {name, next((h for h, (z, _) in setting.facts.activations.items() if z == name), None)}
        for h in options & set(setting.facts.activations):
            assert h is not None
            other = setting.facts.slope(h, setting.facts.activations[h][0])
            yield Change(put(other), other, slope)


SLOPES = (
    Misconception(
        "activation-for-derivative",
        "The activation instead of its derivative",
        "In the forward pass the activation itself is computed, in the backward pass its derivative is a factor: "
        "σ′(z) = σ(z)(1 − σ(z)) and not σ(z), the unit step and not ReLU. A prime, or a factor h(1 − h), belongs to "
        "each activation on the path.",
        "{wrong} stands where its derivative {right} belongs",
        Example(_UNIT, r"\frac{\partial L}{\partial z} = 2 (q - y) v h", _SLOPE),
        _undifferentiated,
        _differentiated,
    ),
    Misconception(
        "wrong-rule",
        "The derivative of another function",
        "Rules that look alike were exchanged: σ′ = h(1 − h) belongs to the sigmoid and 1 − h² to tanh; |a| has the "
        "derivative sign(a), a²/2 has a. Look up which function the line of the forward pass names.",
        "{right} is the derivative here, not {wrong}",
        Example(_UNIT, r"\frac{\partial L}{\partial z} = 2 (q - y) v (1 - h^2)", _SLOPE),
        _other_rule,
        _other_rule_back,
    ),
    Misconception(
        "derivative-at-wrong-point",
        "A derivative at the wrong point",
        "The derivative of an activation is taken at what goes into it, σ′(z). Written with what comes out, "
        "h(1 − h), it is no longer a function of z: neither σ′(h) nor z(1 − z) is right.",
        "the derivative is {right}, not {wrong}",
        Example(_UNIT, r"\frac{\partial L}{\partial z} = 2 (q - y) v \sigma'(h)", _SLOPE),
        _elsewhere,
        _moved_back,
    ),
)
