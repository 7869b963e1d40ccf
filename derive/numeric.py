"""Numbers for graphs and formulas: exact where the input is exact, 50 digits elsewhere; and compiled NumPy code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from derive.errors import Fault
from derive.expr import Apply, Expr, Number, Partial, Ref, Value
from derive.graph import Graph, Node
from derive.notation import STANDARD, Notation, show
from derive.ops import PRIMITIVES, DomainError, primitive
from derive.ops.primitive import real, short

DIGITS = 50
LARGEST = 10**300
LONGEST = 8192  # bits of an exact number


def value(
    e: Expr,
    env: Mapping[str, Value],
    at_zero: Fraction = Fraction(0),
    quantity: Callable[[Partial], Value] | None = None,
) -> Value:
    """Return the value of e where the names have the values of env.

    at_zero is u(0); quantity gives the value of a derivative that stands as ∂a/∂b. Raises DomainError, KeyError.
    """
    known = _functions.get(id(e))
    if known is None:
        if len(_functions) > _MOST_FUNCTIONS:
            _functions.clear()
        known = _functions[id(e)] = (e, _function(e))  # the expression is kept, so that its id stays its own
    return known[1](env, at_zero, quantity)


Quantity = Callable[[Partial], Value] | None
_Function = Callable[[Mapping[str, Value], Fraction, Quantity], Value]
_MOST_FUNCTIONS = 100_000
_functions: dict[int, tuple[Expr, _Function]] = {}


def _function(e: Expr) -> _Function:
    """Return the value of e as a function: a certificate asks for the same expressions at many points."""
    if isinstance(e, Number):
        number = e.value
        return lambda env, at_zero, quantity: number
    if isinstance(e, Ref):
        name = e.name
        return lambda env, at_zero, quantity: env[name]
    if isinstance(e, Partial):
        return lambda env, at_zero, quantity: quantity(e)  # type: ignore[misc]
    assert isinstance(e, Apply)
    args = [_function(a) for a in e.args]
    if e.op == "branch":  # only the branch that is taken needs a value
        test, yes, no = args
        return lambda env, at_zero, quantity: (yes if test(env, at_zero, quantity) > 0 else no)(env, at_zero, quantity)
    return _step(args[0]) if e.op == "step" else _operation(primitive(e.op).value, args)


def _step(argument: _Function) -> _Function:
    operate = primitive("step").value

    def found(env: Mapping[str, Value], at_zero: Fraction, quantity: Quantity) -> Value:
        x = argument(env, at_zero, quantity)
        return at_zero if x == 0 else operate(x)

    return found


def _operation(operate: Callable[..., Value], args: list[_Function]) -> _Function:
    def found(env: Mapping[str, Value], at_zero: Fraction, quantity: Quantity) -> Value:
        x = operate(*[a(env, at_zero, quantity) for a in args])
        # Exact numbers may double their length with every operation.
        if type(x) is Fraction and x.numerator.bit_length() + x.denominator.bit_length() > LONGEST:
            return real(x)
        return x

    return found


def evaluate(
    graph: Graph, leaves: Mapping[str, Value], notation: Notation = STANDARD
) -> tuple[dict[str, Value], set[str]]:
    """Return the value of every node, and the names of those that `carry: shown` has rounded.

    Raises a Fault that names the node and the values it could not be computed at.
    """
    env: dict[str, Value] = {n.name: leaves[n.name] for n in graph.leaves()}
    rough: set[str] = set()
    for node in graph.lines():
        exact = node_value(node, env, notation)
        env[node.name] = carried(exact, notation)
        rough |= {node.name} if env[node.name] != exact else set()
    return env, rough


def carried(x: Value, notation: Notation) -> Value:
    """Return the number to compute on with: all of it, or (carry: shown) what was printed."""
    return show(x, notation)[1] if notation.carry == "shown" else x


def node_value(node: Node, env: Mapping[str, Value], notation: Notation) -> Value:
    assert node.expr is not None
    try:
        found = value(node.expr, env, notation.relu_at_0)
        if abs(found) > LARGEST:
            raise DomainError("it is larger than 10^300")
        return found
    except DomainError as wrong:
        at = ", ".join(f"{r} = {short(env[r])}" for r in node.reads)
        raise Fault(f"{node.spelled} has no value: {wrong}", node.where, expected=f"other values than {at}") from None


def precisely() -> Any:
    """Return a context manager in which values are computed with 50 digits."""
    from mpmath import mp

    return mp.workdps(DIGITS)


def to_sympy(e: Expr, symbol: Callable[[str], Any]) -> Any:
    """Return e as a SymPy expression; `symbol` gives the SymPy symbol of a name.

    Primitives that SymPy has not (step with its convention, GELU, …) become undefined functions of their name.
    """
    import sympy

    if isinstance(e, Number):
        return sympy.Rational(e.value) if isinstance(e.value, Fraction) else sympy.Float(e.value)
    if isinstance(e, Ref):
        return symbol(e.name)
    if isinstance(e, Apply):
        return primitive(e.op).sympy(sympy, *(to_sympy(a, symbol) for a in e.args))
    raise TypeError(f"{e} is a quantity without a formula")


def compiled(inputs: Iterable[str], tape: Iterable[tuple[str, Expr]], outputs: Iterable[str]) -> Callable[..., Any]:
    """Return a NumPy function of the inputs that computes the tape line by line and returns the outputs.

    The tape is handed to SymPy's lambdify as its common subexpressions, so that nothing is inlined or searched for.
    A line is dropped after its last reader: on long batches memory fresh from the system costs more than arithmetic.
    """
    import sympy

    symbols: dict[str, Any] = {}

    def symbol(name: str) -> Any:
        return symbols.setdefault(name, sympy.Symbol(f"v{len(symbols)}_", real=True))

    arguments = [symbol(name) for name in inputs]
    lines = [(symbol(name), to_sympy(e, symbol)) for name, e in tape]
    results = [symbol(name) for name in outputs]
    own = {p.name: p.numpy for p in PRIMITIVES.values() if p.numpy is not None}
    tape_and_drops = _dropped_early(lines, {*arguments, *results})
    printer = _printer(own)
    return sympy.lambdify(arguments, results, [own, "numpy"], printer=printer, cse=lambda _: (tape_and_drops, results))  # type: ignore[no-any-return]


def _dropped_early(lines: list[tuple[Any, Any]], kept: set[Any]) -> list[tuple[Any, Any]]:
    """Return the lines with (name, None), lambdify's sign for `del`, behind the last reader of each."""
    out: list[tuple[Any, Any]] = []
    for name, e in reversed(lines):
        last = sorted((e.free_symbols | {name}) - kept, key=str)
        kept |= set(last)
        out += [*((s, None) for s in last), (name, e)]
    return out[::-1]


def _printer(own: Mapping[str, Any]) -> Any:
    """Return SymPy's printer of NumPy code, but for 1/x, which it writes as the much slower x**(-1.0)."""
    from sympy.printing.numpy import NumPyPrinter

    class Printer(NumPyPrinter):  # type: ignore[misc]
        def _print_Pow(self, e: Any, rational: bool = False) -> str:
            if e.exp == -1:
                return f"(1/({self._print(e.base)}))"
            return str(super()._print_Pow(e, rational))

    settings = {"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True}
    return Printer({**settings, "user_functions": {name: name for name in own}})
