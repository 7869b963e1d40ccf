"""What a body may ask of a network of vectors and matrices."""

from __future__ import annotations

from derive.document import Math, Paragraph
from derive.narrate.blocks import Ask, Offer, Placed, Reference
from derive.narrate.common import rounded
from derive.narrate.matrices.backward import backward, gradient, gradients, local
from derive.narrate.matrices.common import backward_key, forward_key
from derive.narrate.matrices.forward import after, forward, given, shapes, value_of
from derive.narrate.matrices.pictures import graph, layers
from derive.narrate.matrices.setting import conventions
from derive.narrate.matrices.update import update, updated
from derive.narrate.setting import error_text
from derive.problems.matrix.network import MatrixNetwork

_MANY = 1000
_PICTURE = ("caption", "label", "alt", "width")


def certificate(network: MatrixNetwork, ask: Ask) -> Placed:
    """What was checked, as a sentence."""
    c = network.certificate
    said = f"Every derivative was compared with numeric ones at {c.points} points; the largest relative error is "
    return (Paragraph((said, Math(error_text(c.max_error)), ".")),)


def ref(network: MatrixNetwork, ask: Ask) -> Reference:
    """The number of an equation: of the derivative by a name where that is shown, else of its line."""
    name = network.find(ask.names[0], ask.span)
    return Reference((backward_key(network, name), forward_key(network, name)))


OFFERS: dict[str, Offer] = {
    "conventions": Offer(conventions, "the layout of derivatives and what the signs mean"),
    "given": Offer(given, "the given values"),
    "shapes": Offer(shapes, "the shape of every quantity", (), (0, _MANY), 'shapes("W")'),
    "forward": Offer(
        rounded(forward),
        "the forward pass",
        ("numbers", "after", "shapes", "from", "to", "digits"),
        (0, _MANY),
        "forward(shapes=true)",
    ),
    "backward": Offer(
        rounded(backward),
        "the backward pass in matrix form, entry by entry, or as products of Jacobians",
        ("numbers", "after", "style", "layout", "shapes", "from", "to", "digits"),
        (0, _MANY),
        'backward("W", style="index")',
    ),
    "local": Offer(local, "the Jacobian of one line by a name in it", (), (2, 2), r'local("\hat{y}", "z")'),
    "gradients": Offer(rounded(gradients), "a table of gradients", ("caption", "digits"), (0, _MANY), "gradients"),
    "update": Offer(rounded(update), "one step of the update rule", ("digits",)),
    "graph": Offer(
        rounded(graph),
        "the computation graph with shapes, and with values small matrices below",
        ("values", *_PICTURE, "digits"),
        example="graph(values=true)",
    ),
    "layers": Offer(layers, "the layers with their units, the weights between them", _PICTURE),
    "value": Offer(rounded(value_of), "the value of a node", ("after", "digits"), (1, 1), 'value("Y")'),
    "after": Offer(rounded(after), "the value of a node after the update", ("digits",), (1, 1), 'after("L")'),
    "gradient": Offer(
        rounded(gradient), "the gradient by one node", ("numbers", "after", "digits"), (1, 1), 'gradient("W")'
    ),
    "updated": Offer(rounded(updated), "a parameter after the update", ("digits",), (1, 1), 'updated("W")'),
    "certificate": Offer(certificate, "what was checked numerically"),
    "ref": Offer(ref, "the number of an equation that a block shows", (), (1, 1), 'ref("W")'),
}
