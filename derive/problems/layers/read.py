r"""`layers: dense(4, relu), dense(1, sigmoid), bce` as lines of a forward pass, shapes and roles of names."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from derive.errors import Fault, nearest
from derive.front.entries import Value
from derive.front.lines import entries, items
from derive.matrices.dims import Dim, Shape, of
from derive.problems.layers import LAYERS, Layer
from derive.problems.layers.flow import COLUMNS, ONE, ROWS, Flow
from derive.problems.layers.sizes import affine, are_sizes
from derive.problems.line import read_name
from derive.source import Slice, Span, of_text

_CALL = re.compile(r"(?P<name>[A-Za-z_]\w*)\s*(?:\((?P<arguments>.*)\))?\s*", re.S)
_INPUTS = ("X", "x", "X_1", "x_1")


@dataclass(frozen=True, slots=True)
class Written(Slice):
    """A text that a layer stands for: whatever is wrong with it is shown at the layer."""

    layer: Slice

    def span(self, start: int = 0, end: int | None = None) -> Span:
        return self.layer.span()

    def cut(self, start: int, end: int) -> Written:
        return replace(self, text=self.text[start:end].strip())


@dataclass(frozen=True, slots=True)
class Expansion:
    """The lines of layers, the shapes of their names by id, and their names by role.

    sums: ids of targets whose samples sum to 1, with the layer that takes them so.
    """

    lines: tuple[Slice, ...] = ()
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    parameters: tuple[Slice, ...] = ()
    data: tuple[Slice, ...] = ()
    constants: tuple[Slice, ...] = ()
    sums: tuple[tuple[str, str], ...] = ()

    def roles(self, given: Mapping[str, list[Slice]], known: Collection[str]) -> dict[str, list[Slice]]:
        """Return the lists of an entry with the names of its layers: what is learned is said by the layers.

        known: the names of the network; a line that replaces one of a layer may do without some.
        """
        ours = {"data": self.data, "parameters": self.parameters, "constants": self.constants}
        names = {key: [x for x in listed if read_name(x) in known] for key, listed in ours.items()}
        listed = {key: list(items) for key, items in given.items()}
        taken = {read_name(x) for items in listed.values() for x in items}
        listed["constants"] += [x for x in names["constants"] if read_name(x) not in taken]
        if listed["data"] and not listed["parameters"]:
            listed["data"] += [x for x in names["data"] if read_name(x) not in taken]
        elif not listed["parameters"]:
            listed["parameters"] = names["parameters"]
        return listed


def expansion(
    given: Value, shapes: Mapping[str, Shape], samples: str, sized: Callable[[Dim], Dim] = lambda d: d
) -> Expansion:
    """Return what layers stand for, with an input whose shape is given; raises a Fault.

    samples: whether those of a matrix X are its rows or its columns. sized: what a size in brackets is read as.
    """
    listed = entries(given)
    if not listed:
        raise Fault("no layer", given.span, expected="layers: dense(4, relu), dense(1, sigmoid), bce")
    if are_sizes(listed):
        flow = affine(listed, shapes)
        return _expansion(flow, listed[1:], listed[0])
    calls = [(_layer(item), item) for item in listed]
    flow = _start(shapes, samples, given)
    several = sum(not layer.last for layer, _ in calls) > 1
    layers: list[Slice] = []  # whose each line is
    for number, (layer, item) in enumerate(calls, 1):
        if layer.last and number < len(calls):
            raise Fault(f"{layer.name} is a loss: no layer follows it", calls[number][1].span())
        flow.mark = f"^{{[{number}]}}" if several and not layer.last else ""
        try:
            layer.write(flow, *(sized(x) if isinstance(x, Dim) else x for x in _arguments(layer, item)))
        except Fault as fault:
            fault.span = fault.span or item.span()
            raise
        layers += [item] * (len(flow.lines) - len(layers))
    return _expansion(flow, layers, calls[0][1], calls[-1][0].name)


def _expansion(flow: Flow, layers: list[Slice], whole: Slice, loss: str = "") -> Expansion:
    """Return what has been written; layers: whose each line is, whole: where anything else wrong is shown.

    loss: the last layer by name, "" where there is none.
    """
    _told_apart(flow, layers, whole)

    def listed(names: list[str]) -> tuple[Slice, ...]:
        return tuple(Written(whole.source, whole.start, name, whole) for name in names)

    found = {read_name(of_text(name)): shape for name, shape in flow.shapes.items()}
    lines = (Written(x.source, x.start, text, x) for text, x in zip(flow.lines, layers, strict=True))
    sums = tuple((read_name(of_text(name)), loss) for name in flow.sums)
    return Expansion(tuple(lines), found, listed(flow.parameters), listed(flow.data), listed(flow.constants), sums)


def _told_apart(flow: Flow, layers: list[Slice], first: Slice) -> None:
    """Raise a Fault where a size has the name of a matrix: in a formula it could be either."""
    sizes = {name for shape in flow.shapes.values() for d in shape for name in d.names}
    heads = [(line.split(" = ")[0], layer) for line, layer in zip(flow.lines, layers, strict=True)]
    for name, layer in [*heads, *((name, first) for name in (flow.input, *flow.shapes))]:
        if name in sizes:
            title = f"{name} is a size and a name of the network as well"
            raise Fault(title, layer.span(), expected="another letter for the size")


def _start(shapes: Mapping[str, Shape], samples: str, given: Value) -> Flow:
    name = next((name for name in _INPUTS if name in shapes), None)
    if name is None:
        title = "the shape of what goes into the layers is not given"
        raise Fault(title, given.span, expected=r"shapes: X \in R^{N x d} for a batch, x \in R^d for one sample")
    shape = shapes[name]
    if name[0] == "x" and shape[1] != of(1):
        raise Fault(
            f"{name} is one sample, a column", given.span, expected=r"x \in R^d, or X \in R^{N x d} for a batch"
        )
    way = ONE if name[0] == "x" else COLUMNS if samples == "columns" else ROWS
    flow = Flow(name, shape, way, input=name)
    flow.data.append(name)
    return flow


def _layer(item: Slice) -> Layer:
    match = _CALL.fullmatch(item.text)
    if match is None:
        raise Fault("this is no layer", item.span(), expected="a layer such as dense(4, relu)")
    name = match["name"]
    if name not in LAYERS:
        hint, at = nearest(name, LAYERS), item.cut(*match.span("name"))
        raise Fault(f"unknown layer {name}", at.span(), reason=hint, expected=", ".join(LAYERS))
    return LAYERS[name]


def _arguments(layer: Layer, item: Slice) -> list[object]:
    match = _CALL.fullmatch(item.text)
    assert match is not None
    inside = item.cut(*match.span("arguments")) if match["arguments"] else None
    texts = items(inside) if inside is not None else []
    least = sum(not argument.optional for argument in layer.arguments)
    if not least <= len(texts) <= len(layer.arguments):
        count = "no argument" if not texts else f"{len(texts)} argument{'s' * (len(texts) > 1)}"
        raise Fault(f"{layer.name} with {count}", item.span(), expected=layer.signature)
    return [argument.read(text) for argument, text in zip(layer.arguments, texts, strict=False)]
