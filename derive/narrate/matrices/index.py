r"""The backward pass entry by entry: ∂L/∂w_ij = Σ_kl ∂L/∂Y_kl ∂Y_kl/∂w_ij = Σ_l ∂L/∂Y_il x_jl = [∂L/∂Y Xᵀ]_ij.

For a matrix in one product of a line, Y = A W B + …: ∂Y_kl/∂w_ij = a_ki b_jl; and for a line of entries, h = f(Z).
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.document import Aligned, Block, Chain, Link, Math, Paragraph
from derive.matrices import products as p
from derive.matrices.dims import Dim
from derive.matrices.latex import dimension
from derive.matrices.term import Term, ordered
from derive.narrate.blocks import Ask
from derive.narrate.matrices import dots, entries
from derive.narrate.matrices.common import backward_key, written
from derive.problems.matrix.certify import certify_entries
from derive.problems.matrix.network import MatrixLine, MatrixNetwork
from derive.problems.matrix.world import KRONECKER


@dataclass(frozen=True, slots=True)
class Factored:
    """A line as left·W·right (None for nothing) plus what does not hold W."""

    left: Term | None
    right: Term | None


def backward(network: MatrixNetwork, names: list[str], ask: Ask) -> tuple[Block, ...]:
    """Return the backward pass entry by entry: for a matrix in one product as a proof, for anything else as sums."""
    proofs = {name: _proof(network, name) for name in names}
    if network.indices.free or ask.flag("numbers") or ask.flag("after") or not all(proofs.values()):
        return (entries.backward(network, names, ask),)
    made: list[Block] = []
    written_out: set[str] = set()  # lines whose matrices stand there already
    for proof in (x for x in proofs.values() if x is not None):
        made += proof.blocks(proof.line.name not in written_out)
        written_out.add(proof.line.name)
    return tuple(made)


def _proof(network: MatrixNetwork, name: str) -> _Proof | None:
    """Return the derivation for a name that stands in one product of one line, None for any other."""
    consumers = [line for line in network.lines if line.name in dict(network.adjoints[name].contributions)]
    if len(consumers) != 1 or consumers[0].name == network.loss:
        return None
    symbols = [network.names[x].symbol for x in (name, consumers[0].name)]
    factored = _factored(consumers[0], symbols[0])
    if factored is None or any(d.number == 1 for x in symbols for d in x.shape) or KRONECKER in network.ids:
        return None
    return _Proof(network, name, consumers[0], factored)


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
        plain = len(latex) == 1 and latex.isalpha() and latex.lower() not in self.network.ids - {latex}
        return f"{latex.lower()}_{{{indices}}}" if plain else f"[{latex}]_{{{indices}}}"

    def d(self, of: str, by: str) -> str:
        mark = self.network.notation.derivative
        return rf"\frac{{{mark} {of}}}{{{mark} {by}}}"

    def blocks(self, matrices: bool = True) -> tuple[Block, ...]:
        """Return the derivation; matrices: whether they are written out first."""
        return (*((self.written_out(),) if matrices else ()), *self.one_entry(), *self.chain())

    def written_out(self) -> Aligned:
        """Return the matrices with dots, and their product where a line is nothing else."""
        shape = self.network.names[self.name].symbol.shape
        rows = [Chain(self.variable, (Link("=", self.with_dots(self.variable, *shape)),))]
        left, right = self.factored.left, self.factored.right
        other = right if right is not None else left
        if other is not None and other.op == "sym":
            latex = self.network.latex(other.data[0])
            rows.append(Chain(latex, (Link("=", self.with_dots(latex, *other.shape)),)))
            if (left is None or right is None) and not self.more:
                links = (Link("=", self.line.forms[-1]), Link("=", self.product_with_dots(other)))
                rows.append(Chain(self.output, links))
        return Aligned(tuple(rows))

    @property
    def more(self) -> bool:
        """Whether the line adds something to the product."""
        return self.line.body is not None and self.line.body.op == "add"

    def product_with_dots(self, other: Term) -> str:
        """Return the product as a matrix of sums."""
        own, beside = self.cell(self.variable), self.cell(self.network.latex(other.data[0]))
        rows, columns = self.network.names[self.line.name].symbol.shape
        variable = self.network.names[self.name].symbol
        if self.factored.right is not None:
            cell = dots.sum_of_products(own, beside, variable.columns)
        else:
            cell = dots.sum_of_products(beside, own, variable.rows)
        return dots.matrix(cell, dots.places(rows, first=1), dots.places(columns, first=1))

    def cell(self, latex: str) -> dots.Cell:
        return lambda row, column: self.small(latex, dots.subscript(row, column))

    def with_dots(self, latex: str, rows: Dim, columns: Dim) -> str:
        """Return a matrix with its entries."""
        return dots.matrix(self.cell(latex), dots.places(rows, first=1), dots.places(columns))

    def one_entry(self) -> list[Block]:
        """Return an entry of the product, and its derivative by an entry of the variable."""
        y, w = self.small(self.output, "kl"), self.small(self.variable, "ij")
        chains = [Chain(y, (Link("=", self.entry_of_product()),)), Chain(self.d(y, w), (Link("=", self.local()),))]
        words = "An entry of the product, and what an entry of "
        after: tuple[str | Math, ...] = (" changes in it:",)
        if self.factored.left is None or self.factored.right is None:
            delta = Math(rf"\{KRONECKER}_{{ki}}" if self.factored.left is None else rf"\{KRONECKER}_{{jl}}")
            after = (" changes in it (with Kronecker's ", delta, ", 1 for equal indices and 0 for others):")
        return [Paragraph((words, Math(self.variable), *after)), Aligned(tuple(chains))]

    def entry_of_product(self) -> str:
        left, right = self.factored.left, self.factored.right
        rows, columns = self.network.names[self.name].symbol.shape
        more = r" + \dots" if self.more else ""
        if left is not None and right is not None:
            a, b = self.entry(left, "kp"), self.entry(right, "ql")
            sums = f"{_sum('p', rows)} {_sum('q', columns)}"
            return f"{sums} {a} {self.small(self.variable, 'pq')} {b}{more}"
        if right is not None:
            return f"{_sum('p', columns)} {self.small(self.variable, 'kp')} {self.entry(right, 'pl')}{more}"
        if left is not None:
            return f"{_sum('p', rows)} {self.entry(left, 'kp')} {self.small(self.variable, 'pl')}{more}"
        return f"{self.small(self.variable, 'kl')}{more}"

    def entry(self, t: Term, indices: str) -> str:
        if t.op == "T":
            return self.entry(t.args[0], indices[::-1])
        latex = written(self.network, t)
        return self.small(latex, indices) if t.op == "sym" else rf"\left[{latex}\right]_{{{indices}}}"

    def local(self) -> str:
        left, right = self.factored.left, self.factored.right
        first = self.entry(left, "ki") if left is not None else rf"\{KRONECKER}_{{ki}}"
        second = self.entry(right, "jl") if right is not None else rf"\{KRONECKER}_{{jl}}"
        return f"{first} {second}"

    def chain(self) -> list[Block]:
        """Return the chain rule, the sum that is left, and the product that this is an entry of; all certified."""
        left, right = self.factored.left, self.factored.right
        rows, columns = self.network.names[self.line.name].symbol.shape
        w, y = self.small(self.variable, "ij"), self.small(self.output, "kl")
        sums = f"{_sum('k', rows)} {_sum('l', columns)}"
        texts = [f"{sums} {self.d(self.loss, y)} {self.d(y, w)}"]
        if left is not None and right is not None:
            texts.append(f"{sums} {self.entry(left, 'ki')} {self.d(self.loss, y)} {self.entry(right, 'jl')}")
        elif right is not None:
            outer = self.d(self.loss, self.small(self.output, "il"))
            texts.append(f"{_sum('l', columns)} {outer} {self.entry(right, 'jl')}")
        elif left is not None:
            outer = self.d(self.loss, self.small(self.output, "kj"))
            texts.append(f"{_sum('k', rows)} {self.entry(left, 'ki')} {outer}")
        else:
            texts.append(self.d(self.loss, self.small(self.output, "ij")))
        local = f"{sums} {self.d(self.loss, y)} {self.local()}"
        certify_entries(self.network, self.name, [*texts, local], ("i", "j"))
        whole = written(self.network, self.network.adjoints[self.name].term)
        links = [Link("=", text) for text in (*texts, rf"\left[{whole}\right]_{{ij}}")]
        key = backward_key(self.network, self.name)
        final = Chain(self.network.quantity(self.name), (Link("=", whole),), boxed=True, key=key, shows=key)
        said = Paragraph(("The chain rule goes over all entries of ", Math(self.output), ":"))
        return [said, Aligned((Chain(self.d(self.loss, w), tuple(links)), final))]


def _sum(letter: str, size: Dim) -> str:
    return rf"\sum_{{{letter}=1}}^{{{dimension(size)}}}"
