"""Layers by name: each writes lines of a forward pass, which are then read like an author's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from derive.errors import Fault
from derive.matrices.dims import of
from derive.problems.layers import feed, losses, sequences
from derive.problems.layers.arguments import activation, dimension, rate, whole
from derive.problems.layers.flow import ONE, ROWS, Flow
from derive.source import Slice, of_text


@dataclass(frozen=True, slots=True)
class Argument:
    """What stands in the brackets of a layer: what it is called, how it is read, whether it may be left out."""

    word: str
    read: Callable[[Slice], Any]
    example: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """write: adds its lines to a Flow; last: whether nothing follows, as for a loss."""

    name: str
    write: Callable[..., None]
    arguments: tuple[Argument, ...]
    shows: str
    last: bool = False

    @property
    def signature(self) -> str:
        """How it is called: `dense(m, activation)`, what may be left out in square brackets."""
        text = ""
        for k, argument in enumerate(self.arguments):
            text += (
                (f"[, {argument.word}]" if k else f"[{argument.word}]")
                if argument.optional
                else (", " * bool(k) + argument.word)
            )
        return f"{self.name}({text})" if text else self.name

    def parameters(self) -> str:
        """Return what is learned, with shapes: `W: d x m, b: 1 x m` for a batch X, or for one sample x."""
        examples = [argument.read(of_text(argument.example)) for argument in self.arguments]
        for flow in (Flow("X", (of("N"), of("d")), ROWS), Flow("x", (of("d"), of(1)), ONE)):
            try:
                self.write(flow, *examples)
            except Fault:
                continue
            return ", ".join(f"{name}: {' x '.join(map(str, flow.shapes[name]))}" for name in flow.parameters)
        return ""


_SIZE, _STEPS = Argument("m", dimension, "m"), Argument("steps", whole, "2")
_ACTIVATION = Argument("activation", activation, "relu", optional=True)

LAYERS: dict[str, Layer] = {
    layer.name: layer
    for layer in (
        Layer("dense", feed.dense, (_SIZE, _ACTIVATION), "m units: a linear map, a bias, an activation"),
        Layer(
            "dropout",
            feed.dropout,
            (Argument("rate", rate, "p"),),
            "a given mask M of zeros and ones, inverted dropout",
        ),
        Layer(
            "residual",
            feed.residual,
            (_SIZE, Argument("activation", activation, "relu")),
            "two linear maps, m units between them, and the input added",
        ),
        Layer("layer_norm", feed.layer_norm, (), "mean 0 and variance 1 of the features of each sample"),
        Layer("rms_norm", feed.rms_norm, (), "mean square 1 of the features of each sample"),
        Layer("batch_norm", feed.batch_norm, (), "mean 0 and variance 1 of each feature over the samples"),
        Layer("embedding", feed.embedding, (_SIZE,), "a one-hot input times a table of vectors"),
        Layer("rnn", sequences.rnn, (_SIZE, _STEPS), "a vanilla recurrent network over x_1, x_2, …"),
        Layer(
            "lstm",
            sequences.lstm,
            (_SIZE, Argument("steps", whole, "2", optional=True)),
            "an LSTM cell at x_1, or at several steps",
        ),
        Layer("attention", sequences.attention, (_SIZE,), "one head of scaled dot-product attention"),
        Layer(
            "conv1d",
            feed.conv1d,
            (Argument("width", whole, "3"), _ACTIVATION),
            "a kernel slid over one column: one channel, stride 1, no padding",
        ),
        Layer("mse", losses.mse, (), "the mean squared error over all entries", last=True),
        Layer("bce", losses.bce, (), "binary cross-entropy, the mean of the samples", last=True),
        Layer(
            "cross_entropy",
            losses.cross_entropy,
            (),
            "cross-entropy of probabilities, the mean of the samples",
            last=True,
        ),
        Layer(
            "softmax_cross_entropy",
            losses.softmax_cross_entropy,
            (),
            "softmax, then cross-entropy, the mean of the samples",
            last=True,
        ),
    )
}
