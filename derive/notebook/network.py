"""A network in Python: built in code or taken from a report, shown as its forward pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from derive.errors import Fault
from derive.narrate.blocks import Reference, ask
from derive.narrate.offers import BLOCKS
from derive.notation import STANDARD
from derive.notebook.arguments import Given, entry
from derive.notebook.display import Shown
from derive.notebook.names import Values
from derive.problems import PROBLEMS, kind_of
from derive.problems.network import Network as Problem
from derive.source import of_text

if TYPE_CHECKING:
    from derive.notebook.derivation import Derivation


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    r"""A network whose derivation has passed its check; a notebook shows its forward pass.

    `derive.network` and `report["name"]` make one. Making it compares the derivation with numeric derivatives and
    raises a Fault where a step fails, so nothing that it shows is unchecked.

    names: all leaves and lines by plain name (`omega_0` for `\omega_0`), in the order of evaluation.
    loss: the line that is differentiated. wrt: the names whose gradients are shown.
    """

    problem: Problem

    kind = "networks"

    def __post_init__(self) -> None:
        _ = self.problem.certificate

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.problem.graph.nodes)

    @property
    def loss(self) -> str:
        return self.problem.graph.loss

    @property
    def wrt(self) -> tuple[str, ...]:
        return self.problem.wrt

    @cached_property
    def values(self) -> Values:
        """The values of all leaves and lines as floats. Computed exactly or with 50 digits, then rounded once;
        with `carry: shown` from the numbers as they are printed.

        Raises a Fault where a leaf has no value, a function is left open, or a line has no value there.

        >>> import derive
        >>> net = derive.network("z = w*x, L = (z - 1)^2", data="x", values={"x": 3, "w": 0.1})
        >>> net.values["z"], net.values
        (0.3, {'w': 0.1, 'x': 3.0, 'z': 0.3, 'L': 0.49})
        """
        return Values(self.problem, self.problem.before.values)

    @cached_property
    def updated(self) -> Values:
        """The parameters after one step of `update`; raises a Fault without an update, or as `values` does.

        >>> import derive
        >>> net = derive.network("L = w^2", values="w = 3", update={"learning_rate": 0.1})
        >>> net.updated
        {'w': 2.4}
        """
        new = self.problem.updated
        return Values(self.problem, {name: new[name] for name in self.problem.parameters})

    def show(self, block: str, *names: str, **options: str | bool) -> Shown:
        r"""Return a block of a report, as `{{ net.block(…) }}` would place it there.

        Blocks and options are those of `derive list blocks`; options that are words of Python get a `_` behind them
        (`as_="table"`, `from_="z"`). Raises a Fault for an unknown block, option or name.

        >>> import derive
        >>> net = derive.network("z = w*x, L = (z - 1)^2", data="x", values="x = 3, w = 0.1")
        >>> print(net.show("forward", "z", numbers=True))
        $$\begin{aligned}
        z &= w x = 0.1 \cdot 3 = 0.3
        \end{aligned}$$
        """
        given = {name.removesuffix("_"): value for name, value in options.items()}
        words = [*map(repr, names), *(f"{name}={value!r}" for name, value in given.items())]
        span = of_text(f"{block}({', '.join(words)})", "<show>").span()
        made = ask(BLOCKS[self.kind], self.problem, block, names, given, span)
        if isinstance(made, Reference):
            raise Fault("equations are numbered in a report only", span)
        return Shown.of(made)

    def differentiate(self) -> Derivation:
        """Return the backward pass, as `derive.differentiate` does."""
        from derive.notebook.derivation import Derivation

        return Derivation(self)

    def _repr_latex_(self) -> str | None:
        return self.show("forward")._repr_latex_()

    def _repr_html_(self) -> str:
        return self.show("forward")._repr_html_()

    def __repr__(self) -> str:
        nodes = self.problem.graph
        leaves, lines = ([n.name for n in kind()] for kind in (nodes.leaves, nodes.lines))
        return f"Network {self.problem.name}: {', '.join(leaves)} → {', '.join(lines)}"


def network(
    forward: Given = None,
    *,
    layers: Given = None,
    shapes: Given = None,
    samples: str | None = None,
    data: Given = None,
    parameters: Given = None,
    wrt: Given = None,
    constants: Given = None,
    assume: Given = None,
    values: Given = None,
    update: str | Mapping[str, object] | None = None,
    where: Given = None,
    also: Given = None,
    loss: str | None = None,
    notation: Mapping[str, object] | None = None,
    name: str = "net",
) -> Network:
    r"""Return the network of a forward pass, its derivation checked against numeric derivatives.

    forward: the lines as they stand on paper, in LaTeX or plain text, parted by commas or line ends; or a list of them.
    The other arguments hold what the keys of the same name hold in a report; each is such a text or a list of texts.
    values, where, also may be a mapping: `values={"x": 2, "w": 0.1}`, where 0.1 means one tenth.
    update: `"sgd"` or `{"rule": "sgd", "learning_rate": r"\eta = 0.1"}`. notation: `{"digits": "6 decimals"}`.
    With `layers`, `shapes` or a matrix among the values it is a network of vectors and matrices, whose values and
    gradients are arrays; a matrix is a list of rows, a column a tuple: `values={"W": [[1, 2], [3, 4]], "x": (1, 2)}`.
    samples: `"rows"` or `"columns"`. name: what messages call the network.

    Raises a Fault, which points into the text, for what cannot be read, for names that are not there, and for a
    derivation that fails its check. Write LaTeX as raw texts, r"\sigma(z)".

    >>> import derive
    >>> derive.network(r"z = w x + b, h = \sigma(z), L = \frac{1}{2} (h - y)^2", data="x, y")
    Network net: w, x, b, y → z, h, L
    >>> derive.network(layers="dense(256, relu), dense(10), softmax_cross_entropy", shapes=r"X \in R^{N x 784}")
    Network net: X, W_1, b_1, W_2, b_2, Y → Z_1, A_1, Z_2, hat_Y, L
    """
    if forward is None and layers is None:
        raise Fault("a network needs lines or layers", expected='derive.network("z = w x + b, L = (z - y)^2")')
    shaped = {"layers": layers, "shapes": shapes, "samples": samples, "assume": assume}
    given = {"forward": forward, **shaped, "data": data, "parameters": parameters, "wrt": wrt, "constants": constants}
    more = {"values": values, "update": update, "where": where, "also": also, "loss": loss, "notation": notation}
    made = entry({**given, **more})
    kind = kind_of("networks", made, {})
    return of_problem(PROBLEMS[kind].load(name, made, {}, STANDARD, ()))


def of_problem(problem: Any) -> Network:
    """Return a problem of a report as a network in Python."""
    if isinstance(problem, Problem):
        return Network(problem)
    from derive.notebook.matrices import MatrixNetwork

    return MatrixNetwork(problem)


def a_network(given: object) -> Network:
    """Return what must be a network; raises a Fault for anything else."""
    if not isinstance(given, Network):
        expected = 'derive.network(…), or report["name"] of a report'
        raise Fault(f"a network is needed here, not {type(given).__name__}", expected=expected)
    return given
