"""Why a step holds, in one short sentence beside it."""

from __future__ import annotations

from derive.document import Inline, Math
from derive.expr import Apply, Number, Partial, Ref, names
from derive.graph import Node
from derive.narrate.numbers import enumeration
from derive.ops import primitive
from derive.problems.network import Network

_KINDS = {"activation": "an activation: ", "loss": "the loss: "}


def of_line(network: Network, node: Node) -> tuple[Inline, ...]:
    """Return what a line of the forward pass does."""
    e = node.expr
    if node.name == network.graph.loss:
        return ("the loss, a number that is to become small",)
    if isinstance(e, Ref):
        return ("the same quantity under another name",)
    if isinstance(e, Apply) and primitive(e.op).kind == "activation" and all(isinstance(a, Ref) for a in e.args[:1]):
        return ("the activation of ", *enumeration([network.graph[n].latex for n in names(e)]))
    linear = isinstance(e, Apply) and e.op in ("add", "mul", "neg")
    if linear:
        return ("a weighted sum",) if isinstance(e, Apply) and e.op == "add" else ("a product",)
    return ()


def of_gradient(network: Network, name: str) -> tuple[Inline, ...]:
    """Return why the derivative of the loss by a node is what it is: its paths, the rule of its local derivative."""
    step = network.derivation.steps[name]
    latex = {n.name: n.latex for n in network.graph.nodes.values()}
    consumers = [latex[c.consumer] for c in step.contributions]
    if not consumers:
        return ("the loss does not depend on it",)
    if len(consumers) > 1:
        return (Math(latex[name]), " feeds ", *enumeration(consumers), ": one term for each path")
    (c,) = step.contributions
    if c.consumer == network.graph.loss:
        return ("the loss reads ", Math(latex[name]), " itself; ", c.because)
    if isinstance(c.local, (Ref, Number)):
        return _factor(network, name, c.consumer)
    return ("through ", Math(latex[c.consumer]), ": ", c.because)


def _factor(network: Network, name: str, consumer: str) -> tuple[Inline, ...]:
    """Return the reason for a local derivative that is a single factor."""
    (c,) = network.derivation.steps[name].contributions
    local = Math(network.writer().latex(c.local))
    quotient = Math(network.writer().latex(Partial(consumer, name)))
    return ("through ", Math(network.graph[consumer].latex), ", where ", quotient, " is ", local)
