"""A network in words and formulas. Sentences about networks stand here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from derive.certify import kinks_of
from derive.document import Aligned, Block, Chain, Inline, Link, Math, Note, Paragraph, Table
from derive.errors import Fault
from derive.expr import Apply, Expr, Number, Partial, Ref, Value, parts, rebuild, size
from derive.graph import Node, Role
from derive.language.write import Writer
from derive.narrate import pictures
from derive.narrate.blocks import Ask, Offer, Placed, Reference
from derive.narrate.numbers import enumeration, evaluated, result, value_of
from derive.notation import magnitude, read_digits, shown
from derive.problems.network import Network, State
from derive.steps import adjoint_forms, backward_forms

_SHORT = 25  # parts of a formula that fits into a table


def rounded(make: Callable[[Network, Ask], Placed]) -> Callable[[Network, Ask], Placed]:
    """Return a block that takes the option `digits` for itself."""

    def made(network: Network, ask: Ask) -> Placed:
        text = ask.text("digits")
        if not text:
            return make(network, ask)
        digits = read_digits(text)
        if digits is None:
            raise Fault(f"digits cannot be `{text}`", ask.span, expected="exact, 6 decimals, 4 significant")
        return make(replace(network, notation=replace(network.notation, digits=digits)), ask)

    return made


def _state(network: Network, ask: Ask) -> State:
    return network.after if ask.flag("after") else network.before


def _inline(latex: str) -> tuple[Inline, ...]:
    return (Math(latex),)


def forward_key(network: Network, name: str) -> str:
    """Return what a reference calls the line of a node."""
    return f"{network.name}.{name}"


def backward_key(network: Network, name: str) -> str:
    """Return what a reference calls the derivative of the loss by a node."""
    return f"{network.name}.d.{name}"


# --------------------------------------------------------------------------------------------- forward


def forward(network: Network, ask: Ask) -> Placed:
    """The forward pass; with numbers, each line as formula = substitution = value."""
    lines = _cut([n.name for n in network.graph.lines()], network, ask)
    if ask.flag("numbers") or ask.flag("after"):
        state = _state(network, ask)
        return (Aligned(tuple(_forward_numbers(network, network.graph[n], state) for n in lines)),)
    return (Aligned(tuple(_forward_line(network, network.graph[n]) for n in lines)),)


def _forward_line(network: Network, node: Node) -> Chain:
    return Chain(node.head, tuple(Link("=", f.latex) for f in node.forms), key=forward_key(network, node.name))


def _forward_numbers(network: Network, node: Node, state: State) -> Chain:
    assert node.expr is not None
    links = [Link("=", node.forms[-1].latex)]
    links += evaluated(network, node.expr, state)
    return Chain(node.latex, (*links, result(state.values[node.name], network.notation)))


def _cut(names: list[str], network: Network, ask: Ask) -> list[str]:
    """Return the names asked for, or those between the options `from` and `to`."""
    if ask.names:
        return [network.find(n, ask.span) for n in ask.names]
    first, last = ask.text("from"), ask.text("to")
    start = _place(names, network.find(first, ask.span), first, ask) if first else 0
    stop = _place(names, network.find(last, ask.span), last, ask) if last else len(names) - 1
    return names[start : stop + 1]


def _place(names: list[str], name: str, spelled: str, ask: Ask) -> int:
    if name not in names:
        raise Fault(f"{spelled} is no step of this block", ask.span)
    return names.index(name)


def composed(network: Network, ask: Ask) -> Placed:
    """The prediction as one formula in the leaves."""
    graph = network.graph
    loss = graph[graph.loss]
    target = graph[loss.reads[0]] if loss.reads else loss
    for name in loss.reads:
        if graph[name].role is Role.LINE:
            target = graph[name]
    env: dict[str, Expr] = {}
    for node in graph.lines():
        assert node.expr is not None
        env[node.name] = rebuild(node.expr, lambda x: env.get(x.name, x) if isinstance(x, Ref) else x)
        if size(env[node.name]) > 400:
            raise Fault(f"{network.name} is too deep to be written as one formula", ask.span)
        if node.name == target.name:
            break
    latex = network.writer().latex(env.get(target.name, Ref(target.name)))
    return (Aligned((Chain(target.latex, (Link("=", latex),)),)),)


# -------------------------------------------------------------------------------------------- backward


def order(network: Network) -> list[str]:
    """Return what the backward pass shows, in the order of work: a leaf as soon as all its consumers are done."""
    graph = network.graph
    found: list[str] = []
    lines = [n.name for n in graph.lines()]
    first_reader = {
        leaf: min(map(lines.index, graph.consumers[leaf]), default=-1) for leaf in network.wrt if leaf not in lines
    }
    for i in range(len(lines) - 1, -1, -1):
        if lines[i] != graph.loss:
            found.append(lines[i])
        found += [leaf for leaf, at in first_reader.items() if at == i]
    return [*found, *(leaf for leaf, at in first_reader.items() if at == -1)]


def backward(network: Network, ask: Ask) -> Placed:
    """The backward pass: chain rule, substituted, simplified; with numbers, adjoint = substitution = value."""
    names = _cut(order(network), network, ask)
    if ask.flag("numbers") or ask.flag("after"):
        names = _with_path(network, names) if ask.names else names  # the numbers of later adjoints are needed
        state = _state(network, ask)
        chains = [_backward_numbers(network, n, state) for n in names]
    else:
        chains = [_backward_line(network, n) for n in names]
    return (Aligned(tuple(chains)), *_remarks(network, names, ask))


def _with_path(network: Network, names: list[str]) -> list[str]:
    """Return the names and everything between them and the loss, in the order of work."""
    needed, stack = set(names), list(names)
    while stack:
        for c in network.derivation.steps[stack.pop()].contributions:
            if c.consumer not in needed:
                needed.add(c.consumer)
                stack.append(c.consumer)
    return [n for n in order(network) if n in needed]


def _quantity(network: Network, name: str) -> str:
    return network.writer().quantity(network.graph.loss, name)


def _backward_line(network: Network, name: str) -> Chain:
    writer = network.writer()
    forms = backward_forms(network.derivation, name)
    links = tuple(Link("=", latex) for latex in _different(writer.latex(f) for f in forms))
    return Chain(_quantity(network, name), links, boxed=name in network.wrt, key=backward_key(network, name))


def _different(texts: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _backward_numbers(network: Network, name: str, state: State) -> Chain:
    formula = adjoint_forms(network.derivation, name)[-1]
    links = [Link("=", network.writer().latex(formula))] if not isinstance(formula, Number) else []
    links += evaluated(network, formula, state)
    return Chain(
        _quantity(network, name), (*links, result(state.adjoints[name], network.notation)), name in network.wrt
    )


def _remarks(network: Network, names: list[str], ask: Ask) -> tuple[Block, ...]:
    """Say what a reader would stumble over: a gradient that is 0 for want of a path, a kink that is hit exactly."""
    blocks: list[Block] = []
    unread = [n for n in names if not network.derivation.steps[n].contributions]
    if unread:
        which = enumeration([network.graph[n].latex for n in unread])
        blocks.append(Note("Remark", ("The loss does not depend on ", *which, ", so the derivative is 0.")))
    if ask.flag("numbers") and (hit := at_kinks(network)):
        blocks.append(Note("Convention", hit))
    return tuple(blocks)


def at_kinks(network: Network) -> tuple[Inline, ...]:
    """Return the sentence about the kinks that lie exactly at the given values, () if there are none."""
    from derive.numeric import precisely, value

    writer = network.writer()
    with precisely():
        hit = [k for k in kinks_of(network.graph) if value(k, network.before.values, network.notation.relu_at_0) == 0]
    if not hit:
        return ()
    where = enumeration([f"{writer.latex(k)} = 0" for k in dict.fromkeys(hit)])
    u = writer.latex(Apply("step", (Number(Fraction(0)),)))
    at_zero = writer.latex(Number(network.notation.relu_at_0))
    return (
        "At the given values ",
        *where,
        " lies exactly on a kink, where the derivative does not exist; the usual conventions ",
        Math(f"{u} = {at_zero}"),
        " and ",
        Math(r"\operatorname{sign}(0) = 0"),
        " are used.",
    )


# -------------------------------------------------------------------------------------- what is around


def conventions(network: Network, ask: Ask) -> Placed:
    """The definitions of the piecewise functions that the derivation uses, and the conventions at their kinks."""
    used = {e.op for forms in network.forms.values() for f in forms for e in parts(f) if isinstance(e, Apply)}
    used |= {e.op for n in network.graph.lines() if n.expr is not None for e in parts(n.expr) if isinstance(e, Apply)}
    writer, blocks = network.writer(), list[Block]()
    x = Writer({**writer.names, "x": "x"}, writer.notation, writer.functions)
    if "step" in used:
        u = x.latex(Apply("step", (Ref("x"),)))
        at_zero = network.notation.relu_at_0
        below = "x \\le 0" if at_zero == 0 else "x < 0"
        rows = [("1", "x > 0"), *([] if at_zero == 0 else [(x.latex(Number(at_zero)), "x = 0")]), ("0", below)]
        blocks.append(
            Paragraph(
                (
                    "The unit step ",
                    Math(f"{x.functions.get('step', 'u')}"),
                    " is the derivative of ReLU; at the kink, where ReLU has none, we set ",
                    Math(f"u(0) = {x.latex(Number(at_zero))}"),
                    ":",
                )
            )
        )
        blocks.append(_definition(u, rows))
    if "sign" in used:
        s = x.latex(Apply("sign", (Ref("x"),)))
        blocks.append(Paragraph(("The sign function is the derivative of the absolute value; at 0 we set it to 0:",)))
        blocks.append(_definition(s, [("1", "x > 0"), ("0", "x = 0"), ("-1", "x < 0")]))
    if "sigmoid" in used:
        s = x.latex(Apply("sigmoid", (Ref("x"),)))
        head = s[: s.index("(")]
        blocks.append(Paragraph(("The sigmoid and its derivative:",)))
        prime = rf"{head}'(x)"
        blocks.append(
            Aligned((Chain(s, (Link("=", r"\frac{1}{1 + e^{-x}}"),)), Chain(prime, (Link("=", f"{s} (1 - {s})"),))))
        )
    if "log" in used:
        base = {"e": "the natural logarithm", "2": "the logarithm to base 2", "10": "the logarithm to base 10"}
        blocks.append(Paragraph(("Here ", Math(r"\log"), f" is {base[network.notation.log]}.")))
    blocks.append(
        Paragraph(("Every gradient has the shape of the quantity by which is differentiated.",))
        if not blocks
        else Paragraph(("Derivatives of composed functions follow the chain rule, one node at a time.",))
    )
    return tuple(blocks)


def _definition(left: str, rows: list[tuple[str, str]]) -> Block:
    body = r" \\ ".join(rf"{v} & \text{{if }} {c}" for v, c in rows)
    return Aligned((Chain(left, (Link("=", rf"\begin{{cases}} {body} \end{{cases}}"),)),))


def given(network: Network, ask: Ask) -> Placed:
    """The given values in one sentence, equal parameters together."""
    if not network.given:
        _ = network.before
    notation, graph = network.notation, network.graph
    leaves = [n for n in graph.leaves() if n.name in network.given]
    facts = [_equation([n.latex], network.given[n.name], network) for n in leaves if n.role is not Role.PARAMETER]
    by_value: dict[Value, list[str]] = {}
    for n in leaves:
        if n.role is Role.PARAMETER:
            by_value.setdefault(network.given[n.name], []).append(n.latex)
    facts += [_equation(names, v, network) for v, names in by_value.items()]
    words: tuple[Inline, ...] = ("Given " + ("are " if len(facts) > 1 else "is "), *enumeration(facts))
    if network.update is not None and network.update.rate is not None:
        rate = shown(network.update.rate, notation)[0]
        words = (
            *words,
            f"; the {network.update.called} is ",
            Math(f"{network.update.latex} = {network.writer().latex(rate)}"),
        )
    return (Paragraph((*words, ".")),)


def _equation(names: list[str], value: Value, network: Network) -> str:
    number, exact = shown(value, network.notation)
    text = (
        number.text if exact else network.writer().latex(Number(value)) if isinstance(value, Fraction) else number.text
    )
    return " = ".join([*names, text])


def update(network: Network, ask: Ask) -> Placed:
    """One step of the update rule, parameter by parameter."""
    new = network.updated
    assert network.update is not None and network.update.rate is not None
    if ask.text("as") == "table":
        return (_update_table(network),)
    return (Aligned(tuple(_updated_chain(network, name, new[name]) for name in network.parameters)),)


def new_name(latex: str) -> str:
    """Return the name of a parameter after the update."""
    return f"{{{latex}}}^{{\\text{{new}}}}" if "^" in latex else f"{latex}^{{\\text{{new}}}}"


def _updated_chain(network: Network, name: str, new: Value) -> Chain:
    assert network.update is not None and network.update.rate is not None
    rule, rate = network.update.rule, network.update.rate
    formula = rule.step(Ref(name), Partial(network.graph.loss, name), Ref(network.update.symbol))
    numbers = {name: network.given[name], network.update.symbol: rate}
    state = State(numbers, network.before.adjoints)
    places = _visible(network.given[name], new)
    links = (
        Link("=", network.writer().latex(formula)),
        *evaluated(network, formula, state),
        result(new, network.notation, places),
    )
    return Chain(new_name(network.graph[name].latex), links, boxed=True)


def _visible(old: Value, new: Value) -> int:
    """Return how many decimals show the change of a parameter with two digits."""
    change = new - old if type(new) is type(old) else float(new) - float(old)
    if isinstance(change, float):
        change = Fraction(change)
    return max(0, 1 - magnitude(change)) if change != 0 else 0


def _update_table(network: Network) -> Block:
    header = (("parameter",), ("before",), ("gradient",), ("after",))
    rows = []
    for name in network.parameters:
        old, g, new = network.given[name], network.before.adjoints[name], network.updated[name]
        cells = [
            value_of(old, network.notation),
            value_of(g, network.notation),
            value_of(new, network.notation, _visible(old, new)),
        ]
        rows.append((_inline(network.graph[name].latex), *(_inline(c) for c in cells)))
    return Table(header, tuple(rows), "lrrr")


def gradients(network: Network, ask: Ask) -> Placed:
    """The gradients as a table: quantity, formula, and the value where there are numbers."""
    names = [network.find(n, ask.span) for n in ask.names] or list(network.wrt)
    writer, numbers = network.writer(), network.complete
    state = _state(network, ask) if numbers else None
    rows = []
    for name in names:
        row = [_inline(_quantity(network, name)), _inline(writer.latex(_readable(network, name)))]
        if state is not None:
            row.append(_inline(value_of(state.adjoints[name], network.notation)))
        rows.append(tuple(row))
    header = (("gradient",), ("formula",), *([("value",)] if numbers else []))
    return (Table(header, tuple(rows), "llr" if numbers else "ll"),)


def _readable(network: Network, name: str) -> Expr:
    closed = network.derivation.closed(name, _SHORT)
    return closed if size(closed) <= _SHORT else adjoint_forms(network.derivation, name)[-1]


def certificate(network: Network, ask: Ask) -> Placed:
    """What was checked, as a sentence."""
    return (Paragraph(certified(network)),)


def certified(network: Network) -> tuple[Inline, ...]:
    c = network.certificate
    return (
        f"Every step was compared with numeric derivatives of the forward pass at {c.points} points; "
        "the largest relative error is ",
        Math(error_text(c.max_error)),
        ".",
    )


def error_text(error: float) -> str:
    """Return a relative error with one digit, rounded up."""
    if error == 0:
        return "0"
    exponent = magnitude(Fraction(error))
    digit = -(-Fraction(error) // Fraction(10) ** exponent)
    return rf"{digit} \times 10^{{{exponent}}}" if digit > 1 else rf"10^{{{exponent}}}" if digit == 1 else "0"


# ------------------------------------------------------------------------------------- single things


def value(network: Network, ask: Ask) -> Placed:
    """The value of a node."""
    return Math(value_of(_state(network, ask).values[network.find(ask.names[0], ask.span)], network.notation))


def after(network: Network, ask: Ask) -> Placed:
    """The value of a node after the update."""
    return Math(value_of(network.after.values[network.find(ask.names[0], ask.span)], network.notation))


def gradient(network: Network, ask: Ask) -> Placed:
    """The gradient by a node as a formula, or its value."""
    name = network.find(ask.names[0], ask.span)
    if ask.flag("numbers") or ask.flag("after"):
        return Math(value_of(_state(network, ask).adjoints[name], network.notation))
    return Math(network.writer().latex(backward_forms(network.derivation, name)[-1]))


def updated(network: Network, ask: Ask) -> Placed:
    """The value of a parameter after the update."""
    name = network.find(ask.names[0], ask.span)
    if name not in network.updated:
        raise Fault(f"{ask.names[0]} is not updated", ask.span)
    return Math(value_of(network.updated[name], network.notation, _visible(network.given[name], network.updated[name])))


def ref(network: Network, ask: Ask) -> Reference:
    """The number of an equation: of the derivative by a node where that is shown, else of its line."""
    name = network.find(ask.names[0], ask.span)
    return Reference((backward_key(network, name), forward_key(network, name)))


def symbol(network: Network, word: str) -> Placed | None:
    """Return the number of an attribute such as `skip.alpha` or `skip.h_0`, None where there is no such symbol."""
    if network.update is not None and word == network.update.symbol and network.update.rate is not None:
        return Math(value_of(network.update.rate, network.notation))
    if word in network.graph.nodes:
        return Math(value_of(network.before.values[word], network.notation))
    return None


_MANY = 1000
OFFERS: dict[str, Offer] = {
    "conventions": Offer(conventions, "definitions of the piecewise functions and what holds at their kinks"),
    "given": Offer(given, "the given values in one sentence"),
    "forward": Offer(
        rounded(forward),
        "the forward pass",
        ("numbers", "after", "from", "to", "digits"),
        (0, _MANY),
        "forward(numbers=true)",
    ),
    "composed": Offer(composed, "the prediction as one formula"),
    "backward": Offer(
        rounded(backward),
        "the backward pass",
        ("numbers", "after", "from", "to", "digits"),
        (0, _MANY),
        r'backward("w_1")',
    ),
    "gradients": Offer(
        rounded(gradients), "a table of gradients", ("after", "digits"), (0, _MANY), r'gradients("w_1", "w_2")'
    ),
    "update": Offer(rounded(update), "one step of the update rule", ("as", "digits")),
    "graph": Offer(rounded(pictures.graph), "the computation graph", ("values", "caption", "alt", "width", "digits")),
    "certificate": Offer(certificate, "what was checked numerically"),
    "value": Offer(rounded(value), "the value of a node", ("after", "digits"), (1, 1), 'value("h_0")'),
    "after": Offer(rounded(after), "the value of a node after the update", ("digits",), (1, 1), 'after("L")'),
    "gradient": Offer(
        rounded(gradient), "the gradient by one node", ("numbers", "after", "digits"), (1, 1), 'gradient("w")'
    ),
    "ref": Offer(ref, "the number of an equation that a block shows", (), (1, 1), 'ref("h_0")'),
    "updated": Offer(rounded(updated), "a parameter after the update", ("digits",), (1, 1), 'updated("w")'),
}
