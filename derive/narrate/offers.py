"""Everything that a body may ask for, by the section of the front matter."""

from __future__ import annotations

from derive.narrate import experiments, magnitudes, network
from derive.narrate.activations import activation
from derive.narrate.blocks import Offer
from derive.narrate.common import rounded
from derive.narrate.matrices import offers as matrices
from derive.narrate.plots import OPTIONS as PICTURE

_MANY = 1000
_EXPERIMENTS = {
    "vary": Offer(
        rounded(experiments.vary),
        "several learning rates or values and what follows, as a table or a picture",
        ("show", "steps", "rate", "as", "digits", *PICTURE),
        (2, 2),
        r'vary("\alpha", "0.1, 1", show="L")',
    ),
    "descent": Offer(
        rounded(experiments.descent),
        "the loss over the steps of the update as a picture, also for several learning rates or values",
        ("show", "steps", "rate", "digits", *PICTURE),
        (0, 2),
        r'descent("\alpha", "0.1, 1", steps=40)',
    ),
    "activation": Offer(
        rounded(activation),
        "the activation function of a node and its derivative as a picture",
        ("from", "to", "values", "digits", *PICTURE),
        (1, 1),
        'activation("h_0")',
    ),
    "magnitudes": Offer(
        rounded(magnitudes.of_one),
        "the magnitudes of the gradients layer by layer as a picture, with samples=500 at random parameters",
        ("samples", "after", "digits", *PICTURE),
        (0, _MANY),
        'magnitudes("w_1", "w_2")',
    ),
}
# kind of problem → its blocks
BLOCKS: dict[str, dict[str, Offer]] = {
    "networks": {**network.OFFERS, **_EXPERIMENTS},
    "matrix networks": matrices.OFFERS,
}
# what a body may ask for across problems
ACROSS = {
    "compare": Offer(
        experiments.compare,
        "the gradients of several networks side by side, or their values",
        ("show", "caption", "label"),
        (0, _MANY),
        r'compare(skip, plain, "\omega_0")',
    ),
    "magnitudes": Offer(
        magnitudes.magnitudes,
        "the magnitudes of the gradients of several networks in one picture",
        ("samples", "after", *PICTURE),
        (0, _MANY),
        "magnitudes(skip, plain)",
    ),
}
