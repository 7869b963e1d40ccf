"""From the surface tree to an expression: names resolve against the declared ones, calls to primitives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from keyword import kwlist
from typing import Any

from derive.errors import Fault, nearest
from derive.expr import ONE, Apply, Expr, Number, Ref, call, div, mul, power, substitute
from derive.language import surface as s
from derive.ops import DEFAULTS, PRIMITIVES, SPELLINGS, primitive
from derive.ops.abstract import opened
from derive.source import Slice

_DIGITS = 400  # of a number
OPEN = "any"  # what `where: f = any` says


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a report: `op` is the primitive it stands for or "any"; else `body` in the names `parameters`.

    latex: how the report writes it.
    """

    op: str = ""
    parameters: tuple[str, ...] = ()
    body: Expr | None = None
    latex: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean. ids → plain names; other names (`also`) → ids; function ids → functions."""

    plain: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    log: str = "e"
    default: Function | None = None

    def known(self, id: str) -> str | None:
        """Return the plain name of a declared id, None if it is not declared."""
        id = self.also.get(id, id)
        return self.plain.get(id)


def plain_name(id: str, taken: Iterable[str] = ()) -> str:
    """Return an identifier for an id (`W^[1]` → `W_1`) that is different from those taken and no word of Python."""
    spelled = id.replace("-", "_minus_").replace("+", "_plus_").replace("'", "_prime")
    name = re.sub(r"_+", "_", re.sub(r"\W", "_", spelled, flags=re.ASCII)).strip("_") or "v"
    name = name if not name[0].isdigit() else "v" + name
    used = {*taken, *kwlist}
    while name in used:
        name += "_"
    return name


def lower(tree: s.Tree, text: Slice, scope: Scope) -> Expr:
    """Return the meaning of a tree; raises a Fault at the part that has none."""
    return _Lowering(text, scope).lower(tree)


class _Lowering:
    def __init__(self, text: Slice, scope: Scope) -> None:
        self.text, self.scope = text, scope

    def fault(self, tree: s.Tree, title: str, **more: Any) -> Fault:
        return Fault(title, self.text.span(*tree.at), **more)

    def lower(self, tree: s.Tree) -> Expr:
        rule = _RULES.get(type(tree))
        if rule is None:
            what = _WHAT.get(type(tree), "this")
            raise self.fault(tree, f"{what} cannot stand in a line of numbers", expected="an expression in scalars")
        return rule(self, tree)

    def number(self, t: s.Num) -> Expr:
        mantissa, _, exponent = t.text.lower().partition("e")
        if len(mantissa) > _DIGITS or len(exponent) > 5 or abs(int(exponent or 0)) > _DIGITS:
            raise self.fault(t, f"a number beyond 10^±{_DIGITS} cannot be computed with", expected="fewer digits")
        return Number(Fraction(t.text), t.text)

    def name(self, t: s.Name) -> Expr:
        plain = self.scope.known(t.id)
        if plain is not None:
            return Ref(plain)
        if t.id in ("pi", "π"):
            return Apply("pi", ())
        if t.id == "e":
            return call("exp", 1)
        if t.id in self.scope.functions or t.id in SPELLINGS:
            raise self.fault(t, f"the function {t.latex} stands without an argument", expected=f"{t.latex}(…)")
        hint = nearest(t.id, self.scope.plain)
        raise self.fault(t, f"unknown name {t.latex}", reason=hint)

    def add(self, t: s.Add) -> Expr:
        return Apply("add", tuple(self.lower(x) for x in t.terms))

    def neg(self, t: s.Neg) -> Expr:
        return Apply("neg", (self.lower(t.body),))

    def mul(self, t: s.Mul) -> Expr:
        return Apply("mul", tuple(self.lower(x) for x in t.factors))

    def div(self, t: s.Div) -> Expr:
        return Apply("div", (self.lower(t.above), self.lower(t.below)))

    def pow(self, t: s.Pow) -> Expr:
        compound = compound_id(t)
        if compound and (plain := self.scope.known(compound)) is not None:
            return Ref(plain)
        return Apply("pow", (self.lower(t.base), self.lower(t.exponent)))

    def root(self, t: s.Root) -> Expr:
        body = self.lower(t.body)
        return call("sqrt", body) if t.degree is None else power(body, div(ONE, self.lower(t.degree)))

    def bars(self, t: s.Bars) -> Expr:
        return call("abs", self.lower(t.body))  # every norm of a number is its absolute value

    def transpose(self, t: s.Transpose) -> Expr:
        return self.lower(t.body)

    def indicator(self, t: s.Indicator) -> Expr:
        return self.condition(t.condition)

    def cases(self, t: s.Cases) -> Expr:
        *branches, (last, condition) = t.branches
        # Where no condition holds the cases have no value: nothing is taken to mean "otherwise".
        result = self.lower(last) if condition is None else Apply("nowhere", ())
        for body, when in reversed(branches if condition is None else t.branches):
            if when is None:
                raise self.fault(body, "only the last branch may stand without a condition")
            result = Apply("branch", (self.condition(when), self.lower(body), result))
        return result

    def condition(self, t: s.Tree) -> Expr:
        """Return 1 where the condition holds, 0 elsewhere."""
        if not isinstance(t, s.Relation):
            raise self.fault(t, "this is no condition", expected="two sides with < > ≤ ≥ = or ≠ between them")
        sides = [self.lower(x) for x in t.sides]
        tests = [self.comparison(t, sign, a, b) for sign, a, b in zip(t.signs, sides, sides[1:], strict=False)]
        return mul(*tests)

    def comparison(self, t: s.Tree, sign: str, a: Expr, b: Expr) -> Expr:
        zero = call("sign", a - b)
        table: dict[str, Callable[[], Expr]] = {
            ">": lambda: call("indicator", a - b),
            "<": lambda: call("indicator", b - a),
            ">=": lambda: 1 - call("indicator", b - a),
            "<=": lambda: 1 - call("indicator", a - b),
            "=": lambda: 1 - call("abs", zero),
            "!=": lambda: call("abs", zero),
        }
        if sign not in table:
            raise self.fault(t, f"{sign} makes no condition", expected="< > ≤ ≥ = or ≠")
        return table[sign]()

    def eval_at(self, t: s.EvalAt) -> Expr:
        inner = {**self.scope.plain, **{name: f"{name}__" for name, _ in t.points}}
        scope = Scope(inner, self.scope.also, self.scope.functions, self.scope.log)
        body = _Lowering(self.text, scope).lower(t.body)
        return substitute(body, {f"{name}__": self.lower(x) for name, x in t.points})

    def call(self, t: s.Call) -> Expr:
        declared = self.scope.known(t.fn)
        function = self.scope.functions.get(t.fn)
        if declared is not None and function is None and t.primes == 0:
            return Ref(declared)  # y_1(w_1, x): a node with what it depends on
        args = tuple(self.lower(a) for a in t.args)
        if function is not None:
            return self.apply(t, function, args)
        op = SPELLINGS.get(t.fn)
        if op is None:
            hint = nearest(t.fn, [*SPELLINGS, *self.scope.functions])
            raise self.fault(
                t, f"unknown function {t.fn}", reason=hint, expected=f"a known function, or where: {t.fn} = any"
            )
        return self.primitive_call(t, op, args)

    def apply(self, t: s.Call, function: Function, args: tuple[Expr, ...]) -> Expr:
        if function.op == OPEN:
            return Apply(opened(t.fn, (t.primes,) + (0,) * (len(args) - 1)), args)
        if function.body is None:
            return self.primitive_call(t, function.op, args)
        if len(args) != len(function.parameters):
            raise self.fault(t, f"{t.fn} takes {len(function.parameters)} arguments, not {len(args)}")
        if t.primes:
            raise self.fault(t, f"the derivative of {t.fn} cannot stand in a line", expected="a function")
        return substitute(function.body, dict(zip(function.parameters, args, strict=True)))

    def primitive_call(self, t: s.Call, op: str, args: tuple[Expr, ...]) -> Expr:
        if op == "log":
            return self.logarithm(t, args)
        if op in ("max", "min") and len(args) > 2:
            return reduce(lambda a, b: call(op, a, b), args)
        record = PRIMITIVES[op]
        if op in DEFAULTS and len(args) == 1:
            args = (*args, DEFAULTS[op])
        if len(args) != record.arity:
            raise self.fault(t, f"{t.fn} takes {record.arity} argument{'s' * (record.arity != 1)}, not {len(args)}")
        result: Expr = Apply(op, args)
        for _ in range(t.primes):
            result = self.derivative(t, result)
        return result

    def derivative(self, t: s.Call, e: Expr) -> Expr:
        if not isinstance(e, Apply) or len(e.args) != 1:
            raise self.fault(t, "more than one prime cannot be read here", expected="a first derivative")
        return primitive(e.op).vjp(0, ONE, e, e.args)

    def logarithm(self, t: s.Call, args: tuple[Expr, ...]) -> Expr:
        if len(args) != 1 or t.primes:
            raise self.fault(t, "a logarithm takes one argument")
        natural = call("log", args[0])
        if t.base is not None:
            return div(natural, call("log", self.lower(t.base)))
        if t.fn == "ln" or self.scope.log == "e":
            return natural
        return div(natural, call("log", int(self.scope.log)))


def compound_id(t: s.Tree) -> str:
    """Return `sigma^2` for a name with an integer exponent, which may itself be declared as one name; else ""."""
    if isinstance(t, s.Pow) and isinstance(t.base, s.Name) and isinstance(t.exponent, s.Num):
        return f"{t.base.id}^{t.exponent.text}"
    return ""


_RULES: dict[type, Callable[..., Expr]] = {
    s.Num: _Lowering.number,
    s.Name: _Lowering.name,
    s.Add: _Lowering.add,
    s.Neg: _Lowering.neg,
    s.Mul: _Lowering.mul,
    s.Div: _Lowering.div,
    s.Pow: _Lowering.pow,
    s.Root: _Lowering.root,
    s.Bars: _Lowering.bars,
    s.Transpose: _Lowering.transpose,
    s.Indicator: _Lowering.indicator,
    s.Cases: _Lowering.cases,
    s.EvalAt: _Lowering.eval_at,
    s.Call: _Lowering.call,
}

_WHAT: dict[type, str] = {
    s.Partial: "a derivative",
    s.Nabla: "a gradient",
    s.Matrix: "a matrix",
    s.BigSum: "a sum over an index",
    s.Seq: "a list",
    s.Relation: "a relation",
    s.Dots: "an ellipsis",
    s.Index: "an index",
}
