"""The layers of a matrix network: lines that belong together, and the parameters on the way from one to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from derive.graph import Role
from derive.matrices.dims import Dim
from derive.matrices.term import Term, ordered
from derive.problems.matrix.forms import names_read
from derive.problems.matrix.network import MatrixLine, MatrixNetwork, Name

_PRODUCTS = ("matmul", "mul")


@dataclass(slots=True)
class Layer:
    """Lines that follow from one another in one shape, or a leaf that enters; own: parameters that act inside it."""

    names: list[str]
    own: list[str] = field(default_factory=list)


@dataclass
class Layers:
    """Layers by their first name, in the order of evaluation; weights: from layer to layer, the parameters between.

    across: whether the units of a layer are its columns, as with W on the right of X.
    """

    layers: dict[str, Layer] = field(default_factory=dict)
    weights: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    across: bool = False

    def units(self, symbol: Term) -> Dim:
        """Return how many units a quantity of a shape has: a column or a row has its entries."""
        rows, columns = symbol.shape
        first, second = (columns, rows) if self.across else (rows, columns)
        return second if first.number == 1 else first


def layers_of(network: MatrixNetwork) -> Layers:
    """Return the layers of a network up to its loss; no weights where no parameter meets what comes from the data."""
    return _Finder(network).find()


class _Finder:
    def __init__(self, network: MatrixNetwork) -> None:
        self.network = network
        self.found = Layers()
        self.home = {n.name: n.name for n in network.names.values() if _enters(n)}
        self.sided = False

    def find(self) -> Layers:
        for line in self.network.lines:
            if line.name != self.network.loss and line.body is not None:
                self.add(line, line.body)
        return self.found

    def add(self, line: MatrixLine, body: Term) -> None:
        reads = names_read(self.network, line)
        sources = list(dict.fromkeys(self.home[n] for n in reads if n in self.home))
        if not sources:
            return  # made of parameters alone: it is one
        weights = self.weights(body)
        on_the_way = {w for found in weights.values() for w in found}
        own = [n for n in reads if n not in self.home and n not in on_the_way]
        last = self.network.names[self.layer(sources[0]).names[-1]].symbol
        if not weights and len(sources) == 1 and last.shape == body.shape:
            self.home[line.name] = sources[0]
            layer = self.found.layers[sources[0]]
            layer.names.append(line.name)
            layer.own += [n for n in own if n not in layer.own]
            return
        for source in sources:
            self.layer(source)
            self.found.weights[source, line.name] = weights.get(source, [])
        self.home[line.name] = line.name
        self.found.layers[line.name] = Layer([line.name], own)

    def layer(self, name: str) -> Layer:
        """Return a layer; a leaf is one as soon as a line reads it."""
        return self.found.layers.setdefault(name, Layer([name]))

    def weights(self, body: Term) -> dict[str, list[str]]:
        """Return for each layer that a line reads the parameters that stand beside it in products, inner ones first."""
        found: dict[str, list[str]] = {}
        for product in ordered(body):
            if product.op in _PRODUCTS:
                for source, weight, after in self.beside(product.args):
                    if not self.sided:
                        self.sided, self.found.across = True, after
                    if weight not in found.setdefault(source, []):
                        found[source].append(weight)
        return found

    def beside(self, factors: tuple[Term, ...]) -> Iterator[tuple[str, str, bool]]:
        """Yield (layer, parameter, whether it stands behind) for what stands beside each other in a product."""
        taken: set[int] = set()
        held = [list(dict.fromkeys(self.home[n] for n in self.symbols(x) if n in self.home)) for x in factors]
        for k, sources in enumerate(held):
            before, behind = range(k - 1, -1, -1), range(k + 1, len(factors))
            for after, places in ((False, before), (True, behind)) if sources else ():
                for place in places:
                    if held[place] or place in taken:
                        break
                    taken.add(place)
                    for weight in self.symbols(factors[place]):
                        yield from ((source, weight, after) for source in sources)

    def symbols(self, t: Term) -> Iterable[str]:
        names = self.network.names
        return [x.data[0] for x in ordered(t) if x.op == "sym" and x.data[0] in names]


def _enters(name: Name) -> bool:
    """Return whether a leaf is an input of layers: data, or a state that is given; a constant number is none."""
    return name.role is Role.DATA or (name.role is Role.CONSTANT and not name.symbol.scalar)
