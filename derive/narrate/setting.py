"""What stands around a derivation: conventions, given values, the certificate."""

from __future__ import annotations

from fractions import Fraction

from derive.document import Aligned, Block, Chain, Inline, Link, Math, Paragraph
from derive.expr import Apply, Number, Ref, Value, parts
from derive.graph import Role
from derive.language.write import Writer
from derive.narrate.blocks import Ask, Placed
from derive.narrate.numbers import enumeration
from derive.notation import magnitude, shown, whole
from derive.problems.network import Network


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
        relu = any(
            e.op == "relu" for n in network.graph.lines() if n.expr for e in parts(n.expr) if isinstance(e, Apply)
        )
        what = "is the derivative of ReLU" if relu else "is the slope of functions with a kink"
        zero = x.latex(Apply("step", (Number(Fraction(0)),)))
        value = Math(f"{zero} = {x.latex(Number(at_zero))}")
        name: tuple[Inline, ...] = (Math(x.functions.get("step", "u")), " ") if "u" not in x.names else ()
        said = f"{what}; at the kink itself, where there is none, we set "
        blocks.append(Paragraph(("The unit step ", *name, said, value, ":")))
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
        Paragraph(("Every gradient has the shape of the quantity that it belongs to.",))
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
    """Return a = b = number, with all its digits where it has an end."""
    return " = ".join([*names, whole(value, network.notation)])


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
