"""Layers that take the features of every sample to others, as lines of a forward pass."""

from __future__ import annotations

from collections.abc import Callable

from derive.errors import Fault
from derive.matrices.dims import SCALAR, Dim, of
from derive.problems.layers.flow import COLUMNS, ONE, ROWS, Flow, latex, transposed

Function = Callable[[str], str]


def dense(flow: Flow, size: Dim, activation: Function | None = None) -> None:
    weight, bias = flow.weight("W", flow.features, size), flow.bias("b", size)
    z = flow.write(flow.letter("Z"), f"{flow.linear(flow.name, weight)} + {bias}")
    flow.out(flow.activated(z, activation), size)


def dropout(flow: Flow, rate: str) -> None:
    """The mask is given: entries 0 or 1. What stays is scaled, so that the expectation does not change."""
    if rate.isalpha() or rate.startswith("\\"):
        flow.constant(rate)
    mask = flow.given(flow.letter("M"), flow.shape)
    kept = flow.write(flow.letter("A"), rf"\frac{{1}}{{1 - {rate}}} {mask} \odot {flow.name}")
    flow.out(kept, flow.features)


def residual(flow: Flow, size: Dim, activation: Function) -> None:
    before, width = flow.name, flow.features
    w_1, b_1 = flow.weight("W_1", width, size), flow.bias("b_1", size)
    w_2, b_2 = flow.weight("W_2", size, width), flow.bias("b_2", width)
    z = flow.write(flow.letter("Z"), f"{flow.linear(before, w_1)} + {b_1}")
    h = flow.activated(z, activation, "H")
    flow.out(flow.write(flow.letter("A"), f"{before} + {flow.linear(h, w_2)} + {b_2}"), width)


def embedding(flow: Flow, size: Dim) -> None:
    """The input has a 1 at the place of each word, so that the product picks the vectors of the words."""
    table = flow.weight("E", flow.features, size)
    flow.out(flow.write(flow.letter("A"), flow.linear(flow.name, table)), size)


def layer_norm(flow: Flow) -> None:
    scaled = _scaled(flow, _centred(flow, along=flow.way == ROWS), along=flow.way == ROWS)
    _rescaled(flow, flow.write(flow.letter("X", hat=True), scaled))


def batch_norm(flow: Flow) -> None:
    flow.need_batch()
    scaled = _scaled(flow, _centred(flow, along=flow.way == COLUMNS), along=flow.way == COLUMNS)
    _rescaled(flow, flow.write(flow.letter("X", hat=True), scaled))


def rms_norm(flow: Flow) -> None:
    hat = flow.write(flow.letter("X", hat=True), _scaled(flow, flow.name, along=flow.way == ROWS))
    gain = flow.parameter(r"\gamma", (flow.features, of(1)))
    flow.out(flow.write(flow.letter("A"), flow.each(hat, gain)), flow.features)


def _mean(flow: Flow, values: str, along: bool) -> str:
    """Return the means of the rows of values (along) as a column, or of the columns as a row."""
    size = latex(flow.shape[1] if along else flow.shape[0])
    ones = rf"\mathbf{{1}}_{{{size}}}"
    return rf"\frac{{1}}{{{size}}} " + (f"{values} {ones}" if along else rf"{ones}^\top {values}")


def _centred(flow: Flow, along: bool) -> str:
    mean = flow.write(rf"\mu{flow.mark}", _mean(flow, flow.name, along))
    return flow.write(flow.letter("C"), f"{flow.name} - {mean}")


def _scaled(flow: Flow, values: str, along: bool) -> str:
    """Return values divided by the roots of the means of their squares."""
    power = "-1/2" if flow.way == ONE else r"\odot -1/2"
    squares = _mean(flow, rf"({values} \odot {values})", along)
    epsilon = flow.constant(r"\epsilon")  # one for all layers
    scale = flow.write(f"s{flow.mark}", rf"\left({squares} + {epsilon}\right)^{{{power}}}")
    if flow.way == ONE:
        return f"{scale} {values}"
    if along:
        return rf"\operatorname{{diag}}({scale}) {values}"
    return rf"{values} \operatorname{{diag}}({transposed(scale)})"


def _rescaled(flow: Flow, hat: str) -> None:
    gain, shift = flow.parameter(r"\gamma", (flow.features, of(1))), flow.bias(r"\beta", flow.features)
    flow.out(flow.write(flow.letter("A"), f"{flow.each(hat, gain)} + {shift}"), flow.features)


def conv1d(flow: Flow, size: int, activation: Function | None = None) -> None:
    """One channel, stride 1, no padding, the kernel not turned round: toep(w, n)' slides it over what comes in."""
    flow.need_one()
    width = flow.features - size + 1
    if width.number is not None and width.number < 1:
        raise Fault(f"a kernel of {size} is longer than what comes in, {flow.features}", expected="a shorter kernel")
    kernel, bias = flow.parameter("w", (of(size), of(1))), flow.parameter("b", SCALAR)
    slides = rf"\operatorname{{toep}}({kernel}, {latex(width)})^\top"
    z = flow.write(flow.letter("Z"), f"{slides} {flow.name} + {bias}")
    flow.out(flow.activated(z, activation), width)
