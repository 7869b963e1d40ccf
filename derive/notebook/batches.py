"""Gradients and values as NumPy functions of batches."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from derive.errors import Fault
from derive.evaluate import gradients, values
from derive.notebook.derivation import Derivation
from derive.notebook.matrices import MatrixDerivation, MatrixNetwork
from derive.notebook.names import as_float, find
from derive.notebook.network import Network, a_network
from derive.problems.network import Network as Problem

if TYPE_CHECKING:
    import numpy as np


def evaluate(what: Network | Derivation, *names: str) -> Callable[..., dict[str, np.ndarray]]:
    r"""Return a NumPy function of the leaves: of a derivation its gradients, of a network its values.

    names: what the function returns, in any spelling; by default the names of `wrt`, of a network all lines.

    The function takes the leaves as keywords by plain name: numbers or arrays whose shapes fit by NumPy's rules. A
    leaf that is left out has its value of the network. It returns {name: array}; every array has the common shape of
    the arguments, and each sample its own gradient: that of a mean over a batch is the mean of the array. Computed
    in double precision, `digits` and `carry` have no effect. At kinks the conventions of the report hold. Outside
    the domain of a function there is nan or inf, as always in NumPy.

    With `shapes` or `layers` the leaves are matrices as the shapes say, letters in them any sizes; columns and rows may
    be lists. There is no batch but that of the network itself; a gradient has the shape in which its leaf was given.
    From inf and nan among their entries follows what NumPy makes of them.

    Raises a Fault for an unknown name and a network with an open function; the function raises one for an unknown or
    missing leaf, for what is not finite real numbers, and for shapes that do not fit.

    >>> import derive
    >>> net = derive.network("z = w*x, L = (z - y)^2", data="x, y", values="w = 0.5")
    >>> f = derive.evaluate(derive.differentiate(net))
    >>> f(x=[1, 2, 4], y=1)
    {'w': array([-1.,  0.,  8.])}
    >>> derive.evaluate(net, "L")(x=[1, 2, 4], y=[1, 1, 1], w=1)
    {'L': array([0., 1., 9.])}
    >>> net = derive.network(layers="dense(3, relu), dense(1), mse", shapes=r"x \in R^d")
    >>> g = derive.evaluate(derive.differentiate(net), "W^{[2]}")
    >>> g(x=[1, 2], y=0, W_1=[[1, 0], [0, 1], [-1, -1]], b_1=[0, 0, 0], W_2=[[1, 1, 1]], b_2=-2)
    {'W_2': array([[2., 4., 0.]])}
    """
    if isinstance(what, (MatrixNetwork, MatrixDerivation)):
        return what.evaluate(*names)
    network = what.network if isinstance(what, Derivation) else a_network(what)
    problem = network.problem
    if problem.open:
        title = f"{problem.name} has no numbers, since {', '.join(problem.open)} is left open"
        raise Fault(title, expected=f"where: {problem.open[0]} = a known function")
    wanted = [find(problem, name) for name in names]
    u = problem.notation.relu_at_0
    if isinstance(what, Derivation):
        function = gradients(problem.derivation, wanted or network.wrt, u)
    else:
        function = values(problem.graph, wanted or [n.name for n in problem.graph.lines()], u)
    given = {name: as_float(name, value) for name, value in problem.given.items()}

    def batches(**leaves: Any) -> dict[str, np.ndarray]:
        arrays, shape = _arrays(problem, {**given, **{_leaf(problem, k): v for k, v in leaves.items()}})
        return {name: _shaped(found, shape) for name, found in function(**arrays).items()}

    batches.__signature__ = _signature(problem, given)  # type: ignore[attr-defined]
    return batches


def _leaf(problem: Problem, name: str) -> str:
    found = find(problem, name)
    leaves = [n.name for n in problem.graph.leaves()]
    if found not in leaves:
        raise Fault(f"{name} is computed by a line and cannot be given", expected=f"some of {', '.join(leaves)}")
    return found


def _arrays(problem: Problem, given: Mapping[str, Any]) -> tuple[dict[str, np.ndarray], tuple[int, ...]]:
    """Return the leaves as arrays of floats, and their common shape."""
    import numpy as np

    lacking = [n.name for n in problem.graph.leaves() if n.name not in given]
    if lacking:
        raise Fault(f"{problem.name} has no value for {', '.join(lacking)}", expected=f"f({lacking[0]}=…)")
    arrays = {name: as_floats(name, value) for name, value in given.items()}
    try:
        return arrays, np.broadcast_shapes(*(a.shape for a in arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} has {a.shape}" for name, a in arrays.items() if a.shape)
        rule = "from the last axis on, lengths that are equal or 1"
        raise Fault(f"the shapes of the arrays do not fit together: {shapes}", expected=rule) from None


def as_floats(name: str, given: Any, finite: bool = True) -> np.ndarray:
    """Return an array of floats, the one given where it is such a one; raises a Fault for anything else.

    finite: whether inf and nan are something else.
    """
    import numpy as np

    try:
        array = np.asarray(given)
        array = array.astype(float, copy=False) if array.dtype.kind in "buifO" else array
    except (TypeError, ValueError):
        array = np.asarray(None)
    if array.dtype.kind != "f" or (finite and not np.isfinite(array).all()):
        raise Fault(f"{name} is not finite real numbers", expected="a number or an array of numbers of one shape")
    return array


def _shaped(found: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return a result in the common shape, also where it depends on no leaf."""
    import numpy as np

    return np.broadcast_to(np.asarray(found, dtype=float), shape).copy()


def _signature(problem: Problem, given: Mapping[str, float]) -> inspect.Signature:
    """Return what `help` and a notebook show of the arguments: the leaves, with the network's values as defaults."""
    kind, none = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.empty
    leaves = [n.name for n in problem.graph.leaves()]
    return inspect.Signature([inspect.Parameter(name, kind, default=given.get(name, none)) for name in leaves])
