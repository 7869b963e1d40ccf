"""Layers over steps or tokens, as lines of a forward pass."""

from __future__ import annotations

from derive.errors import Fault
from derive.matrices.dims import Dim
from derive.problems.layers.flow import ONE, Flow, latex, transposed


def _at(t: int) -> str:
    return f"_{t}" if t < 10 else f"_{{{t}}}"


def rnn(flow: Flow, size: Dim, steps: int) -> None:
    """One step after the other: the state of the step before comes in beside the input."""
    inputs, state = flow.sequence(steps), flow.constant(flow.letter("H", sub="_0"), flow.sized(size))
    w, u, b = flow.weight("W", flow.features, size), flow.weight("U", size, size), flow.bias("b", size)
    states: list[str] = []
    for t, x in enumerate(inputs, 1):
        body = f"{flow.linear(x, w)} + {flow.linear(state, u)} + {b}"
        state = flow.write(flow.letter("H", sub=_at(t)), rf"\tanh({body})")
        states.append(state)
    flow.out(state, size, tuple(states))


def lstm(flow: Flow, size: Dim, steps: int = 1) -> None:
    """Gates i, f, o and the candidate g; c is the cell, h the state."""
    flow.need_one()  # a matrix I_1 of gates could not be told from an identity
    inputs = flow.sequence(steps)
    h, c = (flow.constant(f"{name}_0{flow.mark}", flow.sized(size)) for name in "hc")
    gates = {gate: _gate(flow, gate, size) for gate in "ifog"}
    states: list[str] = []
    for t, x in enumerate(inputs, 1):
        made = {}
        for gate, (w, u, b) in gates.items():
            body = f"{flow.linear(x, w)} + {flow.linear(h, u)} + {b}"
            made[gate] = flow.write(
                f"{gate}{_at(t)}{flow.mark}", (r"\tanh" if gate == "g" else r"\sigma") + f"({body})"
            )
        c = flow.write(f"c{_at(t)}{flow.mark}", rf"{made['f']} \odot {c} + {made['i']} \odot {made['g']}")
        h = flow.write(f"h{_at(t)}{flow.mark}", rf"{made['o']} \odot \tanh({c})")
        states.append(h)
    flow.out(h, size, tuple(states))


def _gate(flow: Flow, gate: str, size: Dim) -> tuple[str, str, str]:
    w, u = flow.weight(f"W_{gate}", flow.features, size), flow.weight(f"U_{gate}", size, size)
    return w, u, flow.bias(f"b_{gate}", size)


def attention(flow: Flow, size: Dim) -> None:
    """One head: every token asks all tokens; the tokens are the samples of the input."""
    if flow.way == ONE:
        raise Fault("attention works on several tokens", expected=r"an input with shape X \in R^{n x d}")
    queries, keys, values = (
        flow.write(name + flow.mark, flow.linear(flow.name, flow.weight(f"W_{name}", flow.features, size)))
        for name in "QKV"
    )
    product = flow.linear(queries, transposed(keys))
    scores = flow.write(flow.letter("S"), rf"\frac{{{product}}}{{\sqrt{{{latex(size)}}}}}")
    weights = flow.write(flow.letter("P"), rf"\operatorname{{softmax}}({scores})")
    flow.out(flow.write(flow.letter("A"), flow.linear(weights, values)), size)
