"""The blocks of a network."""

from __future__ import annotations

from derive.document import Math
from derive.errors import Fault
from derive.narrate import pictures
from derive.narrate.backward import backward, gradients
from derive.narrate.blocks import Ask, Offer, Placed, Reference
from derive.narrate.common import backward_key, forward_key, rounded, state_of
from derive.narrate.composed import composed
from derive.narrate.forward import forward
from derive.narrate.numbers import value_of
from derive.narrate.paths import local, path
from derive.narrate.setting import certificate, conventions, given
from derive.narrate.update import update, visible
from derive.problems.network import Network
from derive.steps import backward_forms


def value(network: Network, ask: Ask) -> Placed:
    """The value of a node."""
    return Math(value_of(state_of(network, ask).values[network.find(ask.names[0], ask.span)], network.notation))


def after(network: Network, ask: Ask) -> Placed:
    """The value of a node after the update."""
    return Math(value_of(network.after.values[network.find(ask.names[0], ask.span)], network.notation))


def gradient(network: Network, ask: Ask) -> Placed:
    """The gradient by a node as a formula, or its value."""
    name = network.find(ask.names[0], ask.span)
    if ask.flag("numbers") or ask.flag("after"):
        return Math(value_of(state_of(network, ask).adjoints[name], network.notation))
    return Math(network.writer().latex(backward_forms(network.derivation, name)[-1]))


def updated(network: Network, ask: Ask) -> Placed:
    """The value of a parameter after the update."""
    name = network.find(ask.names[0], ask.span)
    if name not in network.updated:
        raise Fault(f"{ask.names[0]} is not updated", ask.span)
    return Math(value_of(network.updated[name], network.notation, visible(network, name)))


def ref(network: Network, ask: Ask) -> Reference:
    """The number of an equation: of the derivative by a node where that is shown, else of its line."""
    name = network.find(ask.names[0], ask.span)
    return Reference((backward_key(network, name), forward_key(network, name)))


def symbol(network: Network, word: str) -> Placed | None:
    """Return the number of an attribute such as `skip.alpha` or `skip.h_0`, None where there is no such symbol."""
    if network.update is not None and word == network.update.symbol and network.update.rate is not None:
        return Math(value_of(network.update.rate, network.notation))
    if word in network.graph.nodes:
        return Math(value_of(network.before.values[word], network.notation))
    return None


_MANY = 1000


OFFERS: dict[str, Offer] = {
    "conventions": Offer(conventions, "definitions of the piecewise functions and what holds at their kinks"),
    "given": Offer(given, "the given values in one sentence"),
    "forward": Offer(
        rounded(forward),
        "the forward pass",
        ("numbers", "after", "from", "to", "explain", "digits"),
        (0, _MANY),
        "forward(numbers=true)",
    ),
    "composed": Offer(composed, "the prediction (or the named nodes) as one formula", (), (0, _MANY), 'composed("y")'),
    "backward": Offer(
        rounded(backward),
        "the backward pass",
        ("numbers", "after", "from", "to", "style", "explain", "digits"),
        (0, _MANY),
        r'backward("w_1")',
    ),
    "local": Offer(local, "the derivative of one line by a name in it", ("explain",), (2, 2), r'local("h_0", "z_0")'),
    "path": Offer(path, "what the paths through a node bring to a gradient", ("via",), (1, 1), r'path("w", via="h")'),
    "gradients": Offer(
        rounded(gradients),
        "a table of gradients",
        ("after", "ratio", "caption", "label", "digits"),
        (0, _MANY),
        r'gradients("w_1", "w_2")',
    ),
    "update": Offer(rounded(update), "one step of the update rule", ("as", "digits")),
    "graph": Offer(
        rounded(pictures.graph), "the computation graph", ("values", "caption", "label", "alt", "width", "digits")
    ),
    "layers": Offer(pictures.layers, "the units in layers, with the weights", ("caption", "label", "alt", "width")),
    "certificate": Offer(certificate, "what was checked numerically"),
    "value": Offer(rounded(value), "the value of a node", ("after", "digits"), (1, 1), 'value("h_0")'),
    "after": Offer(rounded(after), "the value of a node after the update", ("digits",), (1, 1), 'after("L")'),
    "gradient": Offer(
        rounded(gradient), "the gradient by one node", ("numbers", "after", "digits"), (1, 1), 'gradient("w")'
    ),
    "ref": Offer(ref, "the number of an equation that a block shows", (), (1, 1), 'ref("h_0")'),
    "updated": Offer(rounded(updated), "a parameter after the update", ("digits",), (1, 1), 'updated("w")'),
}
