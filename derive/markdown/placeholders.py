"""`{{ skip.backward(to="z_1") }}`: an expression of the body, read and never executed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from derive.errors import Fault
from derive.source import Slice, Span

_STRING = re.compile(r"\"[^\"]*\"|'[^']*'")
_LONGEST, _DEEPEST, _LARGEST = 4000, 20, 10**15


class NameArg(str):
    """A bare name among the arguments, as `skip` and `plain` in `compare(skip, plain)`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A block or value that the author asks for.

    target: ("skip", "forward"); args, kwargs: constants, lists of them and bare names; called: whether brackets
    stand behind the target; of: the name whose names hold in this part of the body.
    """

    target: tuple[str, ...]
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(hash=False)
    called: bool
    span: Span
    of: str | None = None


def parse(inner: Slice, span: Span, of: str | None = None) -> Placeholder:
    """Return the expression between the braces, which stand at `span`. A Fault where it is no block with options."""
    from jinja2 import Environment, TemplateError, nodes
    from jinja2.parser import Parser

    plain = _STRING.sub(lambda match: match[0].replace("\\", "\\\\"), inner.text)
    outside = _STRING.sub("", inner.text)
    deep = sum(outside.count(c) for c in "([{-+~") > 10 * _DEEPEST
    if not inner.text or len(inner.text) > _LONGEST or deep:
        raise _refused(span, "it is empty" if not inner.text else "it is too long")
    try:
        parser = Parser(Environment(), plain, state="variable")
        node: Any = parser.parse_expression()
        if not parser.stream.eos:
            raise _refused(span, f"`{parser.stream.current.value}` is too much")
    except (TemplateError, ValueError, OverflowError, RecursionError) as error:
        raise _refused(span, str(error).split("\n")[0]) from None
    called = isinstance(node, nodes.Call)
    target = _target(node.node if called else node, span)
    return Placeholder(target, *_arguments(node, span) if called else ((), {}), called, span, of)


def _refused(span: Span, label: str = "") -> Fault:
    return Fault(
        "only blocks and options may stand here",
        span,
        label,
        expected='`{{ skip.forward }}` or `{{ skip.backward(to="z_1", numbers=true) }}`',
        reason="`{{` and a blank open an expression; braces of mathematics are written without the blank",
    )


def _target(node: Any, span: Span) -> tuple[str, ...]:
    from jinja2 import nodes

    names: list[str] = []
    while isinstance(node, nodes.Getattr):
        names.append(node.attr)
        node = node.node
    if not isinstance(node, nodes.Name):
        raise _refused(span)
    return (node.name, *reversed(names))


def _arguments(call: Any, span: Span) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if call.dyn_args is not None or call.dyn_kwargs is not None:
        raise _refused(span, "`*` and `**` are not read")
    kwargs: dict[str, Any] = {}
    for option in call.kwargs:
        if option.key in kwargs:
            raise Fault(f"the option `{option.key}` is given twice", span)
        kwargs[option.key] = _argument(option.value, span)
    return tuple(_argument(node, span) for node in call.args), kwargs


def _argument(node: Any, span: Span) -> Any:
    from jinja2 import nodes

    match node:
        case nodes.Const(value=int() | float() as number) if abs(number) > _LARGEST:
            raise _refused(span, "the number is too large")
        case nodes.Const():
            return node.value
        case nodes.Name():
            return NameArg(node.name)
        case nodes.Neg(node=nodes.Const(value=int() | float() as number)) if not isinstance(number, bool):
            return -number
        case nodes.List():
            return [_argument(item, span) for item in node.items]
        case _:
            raise _refused(span, f"`{type(node).__name__.lower()}` is not an option")
