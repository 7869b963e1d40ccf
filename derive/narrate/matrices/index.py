r"""The backward pass entry by entry: ∂L/∂w_ij = Σ_kl ∂L/∂Y_kl ∂Y_kl/∂w_ij = Σ_l ∂L/∂Y_il x_jl = [∂L/∂Y Xᵀ]_ij.

For a matrix in one product of a line, Y = A W B + …: ∂Y_kl/∂w_ij = a_ki b_jl; and for a line of entries, h = f(Z).
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.document import Aligned, Block, Chain, Inline, Link, Math, Paragraph
from derive.errors import Fault
from derive.matrices import products as p
from derive.matrices.dims import Dim
from derive.matrices.latex import dimension
from derive.matrices.term import Term, ordered
from derive.narrate.blocks import Ask
from derive.narrate.matrices.common import backward_key, written
from derive.problems.matrix.forms import symbol
from derive.problems.matrix.network import MatrixLine, MatrixNetwork

_ENTRIES = "ij"


@dataclass(frozen=True, slots=True)
class Factored:
    """A line as left·W·right (None for nothing) plus what does not hold W."""

    left: Term | None
    right: Term | None


def proof(network: MatrixNetwork, name: str, ask: Ask) -> tuple[Block, ...]:
    """Return the derivation for one name, for the general case, with the matrices written out."""
    consumers = [line for line in network.lines if line.name in dict(network.adjoints[name].contributions)]
    if len(consumers) != 1 or consumers[0].name == network.loss:
        found = "no line" if not consumers else ", ".join(line.name for line in consumers)
        title = f"the index form is for a name that one line reads; {network.names[name].spelled} is read by {found}"
        raise Fault(title, ask.span, expected='style="matrix"')
    line = consumers[0]
    factored = _factored(line, network.names[name].symbol)
    if factored is None:
        raise Fault(f"the line of {line.name} is no product with {network.names[name].spelled}", ask.span)
    return _Proof(network, name, line, factored).blocks()


def _factored(line: MatrixLine, wanted: Term) -> Factored | None:
    assert line.body is not None
    holding = [
        t for t in (line.body.args if line.body.op == "add" else (line.body,)) if any(x is wanted for x in ordered(t))
    ]
    if len(holding) != 1:
        return None
    factors = holding[0].args if holding[0].op == "matmul" else (holding[0],)
    places = [k for k, x in enumerate(factors) if x is wanted]
    if len(places) != 1 or any(any(y is wanted for y in ordered(x)) for k, x in enumerate(factors) if k != places[0]):
        return None
    k = places[0]
    return Factored(
        p.matmul(*factors[:k]) if k else None, p.matmul(*factors[k + 1 :]) if k + 1 < len(factors) else None
    )


@dataclass(frozen=True)
class _Proof:
    network: MatrixNetwork
    name: str
    line: MatrixLine
    factored: Factored

    @property
    def variable(self) -> str:
        return self.network.latex(self.name)

    @property
    def output(self) -> str:
        return self.network.latex(self.line.name)

    @property
    def loss(self) -> str:
        return self.network.latex(self.network.loss)

    def small(self, latex: str, indices: str) -> str:
        """Return the name of an entry: w_{ij} of W; of others with brackets."""
        plain = len(latex) == 1 and latex.isalpha()
        return f"{latex.lower()}_{{{indices}}}" if plain else f"[{latex}]_{{{indices}}}"

    def d(self, of: str, by: str) -> str:
        mark = self.network.notation.derivative
        return rf"\frac{{{mark} {of}}}{{{mark} {by}}}"

    def blocks(self) -> tuple[Block, ...]:
        made: list[Block] = [*self.written_out(), *self.one_entry(), self.chain()]
        return tuple(made)

    def written_out(self) -> list[Block]:
        """Return the matrices with dots."""
        shape = self.network.names[self.name].symbol.shape
        rows = [Chain(self.variable, (Link("=", self.dots(self.variable, *shape)),))]
        other = self.factored.right if self.factored.right is not None else self.factored.left
        if other is not None and other.op == "sym":
            latex = self.network.latex(other.data[0])
            rows.append(Chain(latex, (Link("=", self.dots(latex, *other.shape)),)))
        return [Aligned(tuple(rows))]

    def dots(self, latex: str, rows: Dim, columns: Dim) -> str:
        """Return a matrix with its corner entries and dots."""
        m, n = dimension(rows), dimension(columns)
        if columns.number == 1:
            cells = [[self.small(latex, "1")], [r"\vdots"], [self.small(latex, m)]]
        else:
            top = [self.small(latex, "11"), self.small(latex, "12"), r"\cdots", self.small(latex, f"1{n}")]
            last = [self.small(latex, f"{m}1"), self.small(latex, f"{m}2"), r"\cdots", self.small(latex, f"{m}{n}")]
            cells = [top, [r"\vdots", r"\vdots", r"\ddots", r"\vdots"], last]
        return r"\begin{pmatrix} " + r" \\ ".join(" & ".join(row) for row in cells) + r" \end{pmatrix}"

    def one_entry(self) -> list[Block]:
        """Return an entry of the product, and its derivative by an entry of the variable."""
        left, right = self.factored.left, self.factored.right
        entry = self.entry_of_product()
        y = self.small(self.output, "kl")
        w = self.small(self.variable, "ij")
        chains = [Chain(y, (Link("=", entry),))]
        chains.append(Chain(self.d(y, w), (Link("=", self.local()),)))
        words = "An entry of the product, and what an entry of "
        indices = " is 1 where its two indices are equal and 0 elsewhere):"
        after: tuple[Inline, ...] = (" changes in it (", Math(r"\delta"), indices)
        if left is not None and right is not None:
            after = (" changes in it:",)
        return [Paragraph((words, Math(self.variable), *after)), Aligned(tuple(chains))]

    def entry_of_product(self) -> str:
        left, right = self.factored.left, self.factored.right
        more = r" + \dots" if self.line.body is not None and self.line.body.op == "add" else ""
        if left is not None and right is not None:
            a, b = self.entry(left, "kp"), self.entry(right, "ql")
            return rf"\sum_{{p, q}} {a} {self.small(self.variable, 'pq')} {b}{more}"
        if right is not None:
            return rf"\sum_{{p}} {self.small(self.variable, 'kp')} {self.entry(right, 'pl')}{more}"
        if left is not None:
            return rf"\sum_{{p}} {self.entry(left, 'kp')} {self.small(self.variable, 'pl')}{more}"
        return f"{self.small(self.variable, 'kl')}{more}"

    def entry(self, t: Term, indices: str) -> str:
        if t.op == "T":
            return self.entry(t.args[0], indices[::-1])
        latex = written(self.network, t)
        return self.small(latex, indices) if t.op == "sym" else rf"\left[{latex}\right]_{{{indices}}}"

    def local(self) -> str:
        left, right = self.factored.left, self.factored.right
        first = self.entry(left, "ki") if left is not None else r"\delta_{ki}"
        second = self.entry(right, "jl") if right is not None else r"\delta_{jl}"
        return f"{first} {second}"

    def chain(self) -> Aligned:
        """Return the chain rule, the sum that is left, and the product that this is an entry of."""
        left, right = self.factored.left, self.factored.right
        w, y = self.small(self.variable, "ij"), self.small(self.output, "kl")
        links = [Link("=", rf"\sum_{{k, l}} {self.d(self.loss, y)} {self.d(y, w)}")]
        if left is not None and right is not None:
            body = rf"\sum_{{k, l}} {self.entry(left, 'ki')} {self.d(self.loss, y)} {self.entry(right, 'jl')}"
        elif right is not None:
            body = rf"\sum_{{l}} {self.d(self.loss, self.small(self.output, 'il'))} {self.entry(right, 'jl')}"
        elif left is not None:
            body = rf"\sum_{{k}} {self.entry(left, 'ki')} {self.d(self.loss, self.small(self.output, 'kj'))}"
        else:
            body = self.d(self.loss, self.small(self.output, "ij"))
        links.append(Link("=", body))
        g = symbol(self.network, self.line.name)
        parts = [
            *([p.transpose(left)] if left is not None else []),
            g,
            *([p.transpose(right)] if right is not None else []),
        ]
        whole = written(self.network, p.matmul(*parts))
        links.append(Link("=", rf"\left[{whole}\right]_{{ij}}"))
        key = backward_key(self.network, self.name)
        final = Chain(self.network.quantity(self.name), (Link("=", whole),), boxed=True, key=key, shows=key)
        return Aligned((Chain(self.d(self.loss, w), tuple(links)), final))
