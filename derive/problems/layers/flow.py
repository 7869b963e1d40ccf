r"""What a layer writes on: the lines so far, the shapes of the names in them, and what comes out of the last one.

Samples are the rows of a matrix (`X W`), its columns (`W X`), or there is one sample, a column in lower case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from derive.errors import Fault
from derive.matrices.dims import SCALAR, Dim, Shape, of

ROWS, COLUMNS, ONE = "rows", "columns", "one sample"


def latex(d: Dim) -> str:
    """Return a dimension as it stands in a formula."""
    return str(d).replace("*", " ")


def transposed(name: str) -> str:
    return rf"({name})^\top" if "^" in name else rf"{name}^\top"


@dataclass
class Flow:
    """The forward pass as far as it is written; layers add to it.

    name, shape: what comes out so far. way: ROWS, COLUMNS or ONE. mark: what tells the names of this layer from those
    of others, empty in a network of one layer. steps: the states of a sequence, where the last layer has them.
    input: what the first layer takes.
    """

    name: str
    shape: Shape
    way: str
    mark: str = ""
    steps: tuple[str, ...] = ()
    input: str = ""
    lines: list[str] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    parameters: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    constants: list[str] = field(default_factory=list)
    sums: list[str] = field(default_factory=list)  # data whose features sum to 1 in every sample

    @property
    def features(self) -> Dim:
        return self.shape[1] if self.way == ROWS else self.shape[0]

    @property
    def samples(self) -> Dim:
        return self.shape[0] if self.way == ROWS else self.shape[1]

    def sized(self, features: Dim) -> Shape:
        """Return the shape of so many features of every sample."""
        return (self.samples, features) if self.way == ROWS else (features, self.samples)

    def letter(self, capital: str, *, sub: str = "", hat: bool = False) -> str:
        """Return the name of values of this layer: a capital for a batch, a small letter for one sample."""
        stem = capital.lower() if self.way == ONE else capital
        return (rf"\hat{{{stem}}}" if hat else stem) + sub + self.mark

    def linear(self, values: str, matrix: str) -> str:
        """Return a matrix at the features of every sample."""
        return f"{values} {matrix}" if self.way == ROWS else f"{matrix} {values}"

    def each(self, values: str, column: str) -> str:
        """Return every feature multiplied by its entry of a column."""
        if self.way == ONE:
            return rf"{column} \odot {values}"
        return self.linear(values, rf"\operatorname{{diag}}({column})")

    def weight(self, name: str, into: Dim, out: Dim) -> str:
        """Return a parameter that takes so many features to others."""
        return self.parameter(name, (into, out) if self.way == ROWS else (out, into))

    def bias(self, name: str, size: Dim) -> str:
        """Return a parameter that is added to every sample."""
        return self.parameter(name, (of(1), size) if self.way == ROWS else (size, of(1)))

    def parameter(self, name: str, shape: Shape) -> str:
        return self._leaf(name + self.mark, shape, self.parameters)

    def given(self, name: str, shape: Shape) -> str:
        return self._leaf(name, shape, self.data)

    def constant(self, name: str, shape: Shape = SCALAR) -> str:
        return self._leaf(name, shape, self.constants)

    def _leaf(self, name: str, shape: Shape, listed: list[str]) -> str:
        self.shapes[name] = shape
        if name not in listed:
            listed.append(name)
        return name

    def write(self, name: str, formula: str) -> str:
        """Add a line and return its name."""
        self.lines.append(f"{name} = {formula}")
        return name

    def out(self, name: str, features: Dim, steps: tuple[str, ...] = ()) -> None:
        """Say what comes out of this layer."""
        self.name, self.shape, self.steps = name, self.sized(features), steps

    def activated(self, values: str, function: Callable[[str], str] | None, capital: str = "A") -> str:
        """Return values with a function at every entry, a line of its own; the values themselves without one."""
        return values if function is None else self.write(self.letter(capital), function(values))

    def sequence(self, count: int) -> tuple[str, ...]:
        """Return what comes in at every step: the states of the layer before, or the input with a number."""
        if self.steps:
            if len(self.steps) != count:
                raise Fault(f"{count} steps after a layer of {len(self.steps)}", expected=str(len(self.steps)))
            return self.steps
        if self.lines:
            raise Fault("what comes in is no sequence", expected="rnn or lstm as the first layer, or after another one")
        base = self.name.removesuffix("_1")
        return tuple(
            self.given(f"{base}_{t}" if t < 10 else f"{base}_{{{t}}}", self.shape) for t in range(1, count + 1)
        )

    def need_batch(self) -> None:
        if self.way == ONE:
            raise Fault("this layer works on several samples", expected=r"an input with shape X \in R^{N x d}")

    def need_one(self) -> None:
        if self.way != ONE:
            raise Fault("this layer is written for one sample", expected=r"an input in lower case, x \in R^n")
