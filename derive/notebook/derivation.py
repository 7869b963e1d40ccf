"""The backward pass of a network in Python: gradients by name as formulas, numbers and SymPy expressions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from derive.document import Aligned, Chain, Link, Note
from derive.errors import Fault
from derive.expr import Expr, Partial, Ref, parts, rebuild, size
from derive.language.write import NoPlainForm, plain
from derive.narrate.backward import at_kinks
from derive.narrate.common import quantity
from derive.notebook.display import Shown
from derive.notebook.names import Values, as_float, find
from derive.notebook.network import Network, a_network
from derive.numeric import to_sympy
from derive.steps import backward_forms

_LONGEST = 2000  # parts of a formula in the leaves alone


@dataclass(frozen=True, eq=False, repr=False)
class Gradient:
    """The derivative of the loss by one name; a notebook shows its closed form."""

    network: Network
    name: str

    @property
    def latex(self) -> str:
        """The closed form in leaves and forward nodes; a long one stays in the symbols of later derivatives."""
        return self.network.problem.writer().latex(self._readable)

    @property
    def plain(self) -> str:
        """The closed form as plain text, which `derive.network` and most programs read.

        Raises a Fault where there is none: too long, or a function without a plain name.
        """
        try:
            return plain(self._closed, self.network.problem.notation)
        except NoPlainForm as missing:
            raise Fault(f"the gradient by {self.name} has no plain form: {missing}") from None

    @property
    def value(self) -> float:
        """The value at the network's values as a float; raises a Fault as `Network.values` does.

        At a kink the conventions are those of the report: u(0) as `notation` says (0), sign(0) = 0.
        """
        return as_float(f"the gradient by {self.name}", self.network.problem.before.adjoints[self.name])

    def sympy(self, leaves: bool = False) -> Any:
        """Return the closed form as a SymPy expression in symbols without assumptions, `Symbol("w")`.

        leaves: forward nodes are replaced by their formulas, so that only leaves remain. Functions that SymPy has
        not (the unit step with its convention at 0) become undefined functions. Raises a Fault for a formula
        that is too long or has a function left open.

        >>> import derive, sympy
        >>> w, x, y = sympy.symbols("w x y")
        >>> d = derive.differentiate(derive.network("z = tanh(w*x), L = (z - y)^2", data="x, y"))
        >>> sympy.simplify(d["w"].sympy(leaves=True) - sympy.diff((sympy.tanh(w*x) - y)**2, w))
        0
        """
        import sympy

        if self.network.problem.open:
            raise Fault(f"{', '.join(self.network.problem.open)} is left open, which SymPy cannot differentiate")
        e = _in_leaves(self._closed, self.network) if leaves else self._closed
        return to_sympy(e, sympy.Symbol)

    @property
    def _closed(self) -> Expr:
        closed = self.network.problem.derivation.closed(self.name)
        if any(isinstance(part, Partial) for part in parts(closed)):
            raise Fault(f"the gradient by {self.name} is too long to be written as one formula")
        return closed

    @property
    def _readable(self) -> Expr:
        return backward_forms(self.network.problem.derivation, self.name)[-1]

    @property
    def _shown(self) -> Shown:
        return Shown((Aligned((Chain(quantity(self.network.problem, self.name), (Link("=", self.latex),)),)),))

    def _repr_latex_(self) -> str | None:
        return self._shown._repr_latex_()

    def _repr_html_(self) -> str:
        return self._shown._repr_html_()

    def __repr__(self) -> str:
        return f"∂{self.network.loss}/∂{self.name} = {self.latex}"


@dataclass(frozen=True, eq=False, repr=False)
class Derivation:
    """The backward pass of a network; a notebook shows it step by step. `d["w"]` is the gradient by w.

    Iterating gives the names whose gradients are shown (`wrt`); any leaf or line can be looked up.
    """

    network: Network

    def __getitem__(self, name: str) -> Gradient:
        return Gradient(self.network, find(self.network.problem, name))

    def __iter__(self) -> Iterator[str]:
        return iter(self.network.wrt)

    def __len__(self) -> int:
        return len(self.network.wrt)

    @cached_property
    def values(self) -> Values:
        """The derivative of the loss by every leaf and line as floats; Faults and kinks as for `Gradient.value`.

        >>> import derive
        >>> net = derive.network("z = w*x, L = (z - 1)^2", data="x", values="x = 3, w = 0.1")
        >>> derive.differentiate(net).values["w"]
        -4.2
        """
        return Values(self.network.problem, self.network.problem.before.adjoints)

    def table(self, *names: str, **options: str | bool) -> Shown:
        """Return the gradients (of the given names) as a table: formula, value, ratio to the next layer.

        Options are those of the block `gradients`. Values and ratios stand there where every leaf has a value; a
        remark says which convention was used at a kink. Raises a Fault for an unknown name.
        """
        shown = self.network.show("gradients", *names, **options)
        hit = at_kinks(self.network.problem)
        return Shown((*shown.blocks, Note("Convention", hit))) if hit else shown

    def _repr_latex_(self) -> str | None:
        return self.network.show("backward")._repr_latex_()

    def _repr_html_(self) -> str:
        return self.network.show("backward")._repr_html_()

    def __repr__(self) -> str:
        return f"Derivation of {self.network.loss} by {', '.join(self)}"


def differentiate(network: Network) -> Derivation:
    """Return the backward pass of a network, which was checked when the network was made.

    The rule of each step is the chain rule over named nodes: the derivative of the loss by a node is the sum, over
    the lines that read it, of the line's derivative times the local one (reverse mode; Baydin et al., JMLR 18, 2018).

    >>> import derive
    >>> d = derive.differentiate(derive.network("z = w*x + b, L = (z - y)^2", data="x, y"))
    >>> d["w"]
    ∂L/∂w = 2 (z - y) x
    >>> d["w"].latex
    '2 (z - y) x'
    """
    return a_network(network).differentiate()


def _in_leaves(e: Expr, network: Network) -> Expr:
    env: dict[str, Expr] = {}
    for node in network.problem.graph.lines():
        assert node.expr is not None
        env[node.name] = rebuild(node.expr, lambda x: env.get(x.name, x) if isinstance(x, Ref) else x)
        if size(env[node.name]) > _LONGEST:
            raise Fault(f"{node.spelled} is too long to be written in the leaves alone")
    return rebuild(e, lambda x: env.get(x.name, x) if isinstance(x, Ref) else x)
