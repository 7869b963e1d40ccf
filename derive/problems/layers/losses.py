"""Losses behind the last layer: the prediction gets its name, the target is given in its shape."""

from __future__ import annotations

from derive.matrices.dims import SCALAR
from derive.problems.layers.flow import ONE, Flow, latex


def mse(flow: Flow) -> None:
    """The mean over all entries."""
    prediction, target = _predicted(flow), _target(flow)
    if flow.shape == SCALAR:
        _loss(flow, f"({prediction} - {target})^2")
        return
    norm = rf"\lVert {prediction} - {target} \rVert" + ("^2" if flow.way == ONE else "_F^2")
    _loss(flow, rf"\frac{{1}}{{{latex(flow.shape[0] * flow.shape[1])}}} {norm}")


def bce(flow: Flow) -> None:
    y, target = _predicted(flow), _target(flow)
    at = _indices(flow)[1]
    body = rf"({target}{at} \log {y}{at} + (1 - {target}{at}) \log(1 - {y}{at}))"
    _mean_of_samples(flow, body)


def cross_entropy(flow: Flow) -> None:
    y, target = _predicted(flow), _target(flow)
    at = _indices(flow)[1]
    if flow.features.number != 1:
        flow.sums.append(target)  # a distribution over the classes
    _mean_of_samples(flow, rf"{target}{at} \log {y}{at}")


def softmax_cross_entropy(flow: Flow) -> None:
    scores = flow.name
    flow.out(flow.write(_hat(flow), rf"\operatorname{{softmax}}({scores})"), flow.features)
    cross_entropy(flow)


def _hat(flow: Flow) -> str:
    return r"\hat{y}" if flow.way == ONE else r"\hat{Y}"


def _predicted(flow: Flow) -> str:
    """Return the name of the prediction, the first one of the last line."""
    hat = _hat(flow)
    if not flow.lines:
        return flow.name
    if not flow.lines[-1].startswith(f"{hat} ="):
        flow.lines[-1] = f"{hat} = {flow.lines[-1]}"
        flow.name = hat
    return hat


def _target(flow: Flow) -> str:
    return flow.given("y" if flow.way == ONE else "Y", flow.shape)


def _indices(flow: Flow) -> tuple[str, str]:
    """Return the signs of sums over all entries, and the index of an entry; indices are no names of dimensions."""
    taken = {name for shape in flow.shapes.values() for d in shape for name in d.names}
    free = (letter for letter in "ikjlrsuv" if letter not in taken)
    used = [(next(free), latex(d)) for d in flow.shape if d.number != 1]
    sums = " ".join(rf"\sum_{{{index}=1}}^{{{size}}}" for index, size in used)
    at = "".join(index for index, _ in used)
    return sums, f"_{{{at}}}" if at else ""


def _mean_of_samples(flow: Flow, body: str) -> None:
    sums = _indices(flow)[0]
    mean = "" if flow.samples.number == 1 else rf"\frac{{1}}{{{latex(flow.samples)}}} "
    _loss(flow, f"-{mean}{sums + ' ' if sums else ''}{body}")


def _loss(flow: Flow, formula: str) -> None:
    flow.write("L", formula)
    flow.name, flow.shape = "L", SCALAR
