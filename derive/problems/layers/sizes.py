r"""`layers: 4, 6, 4, 3`: the sizes of an input and of layers a^{[l]} = \sigma(W^{[l]} a^{[l-1]} + b^{[l]})."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from derive.errors import Fault
from derive.matrices.dims import Shape, of, shown
from derive.problems.layers.arguments import dimension
from derive.problems.layers.flow import COLUMNS, ONE, Flow
from derive.problems.line import read_name
from derive.source import Slice, of_text

_SIZE = re.compile(r"\d+|[A-Za-z](_\w|_\{\w+\})?")
_INPUT = "a^{[0]}"


def are_sizes(items: Sequence[Slice]) -> bool:
    """Return whether what stands under `layers` are sizes, numbers or letters, and no layers by name."""
    return all(_SIZE.fullmatch(item.text) for item in items)


def affine(items: Sequence[Slice], shapes: Mapping[str, Shape]) -> Flow:
    """Return the lines of layers of these sizes for one sample, or for the columns of an input whose shape is given.

    The first size is that of the input; raises a Fault.
    """
    sizes = [dimension(item) for item in items]
    if len(sizes) < 2:
        raise Fault("one size makes no layer", items[0].span(), expected="layers: 4, 6, 3 for an input and two layers")
    start = shapes.get(read_name(of_text(_INPUT)), (sizes[0], of(1)))
    if start[0] != sizes[0]:
        raise Fault(f"the input a^[0] is {shown(start)}, but its size is {sizes[0]}", items[0].span())
    flow = Flow(_INPUT, start, ONE if start[1].number == 1 else COLUMNS, input=_INPUT)
    flow.data.append(_INPUT)
    flow.shapes[_INPUT] = start
    for number, size in enumerate(sizes[1:], 1):
        flow.mark = f"^{{[{number}]}}"
        weight, bias = flow.weight("W", flow.features, size), flow.bias("b", size)
        formula = rf"\sigma({flow.linear(flow.name, weight)} + {bias})"
        flow.out(flow.write(f"a{flow.mark}", formula), size)
    return flow
