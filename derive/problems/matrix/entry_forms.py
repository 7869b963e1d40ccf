r"""Derivatives entry by entry: ∂L/∂x_i = \sum_j ∂L/∂y_j ∂y_j/∂x_i, with sums over what is not the index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from derive.language import surface as s
from derive.language.unfold import rebuilt
from derive.language.walk import children
from derive.matrices.collect import collected
from derive.matrices.entry_terms import LETTERS, NoEntries, Place, entry, free_letters
from derive.matrices.indexed import capital
from derive.matrices.latex import dimension, latex
from derive.matrices.term import Term, ordered
from derive.problems.matrix.free_indices import base_id, letters_of

if TYPE_CHECKING:
    from derive.problems.matrix.network import MatrixLine, MatrixNetwork


@dataclass(frozen=True, slots=True)
class EntryForms:
    """∂loss/∂name at the place of its indices, as LaTeX: its head, and what it equals, from the chain rule on.

    term: the one in the derivatives by later lines, as a scalar.
    """

    place: Place
    head: str
    texts: tuple[str, ...]
    term: Term


def place_of(network: MatrixNetwork, name: str) -> Place:
    """Return the indices of an entry of a line or leaf: the author's, where a left side has them."""
    symbol = network.names[name].symbol
    line = network.line(name)
    wanted = line.indices if line is not None and line.indices else tuple(sorted(network.indices.letters))
    return free_letters(symbol.shape, _taken(network), wanted)


def entry_forms(network: MatrixNetwork, name: str) -> EntryForms:
    """Return the derivative of the loss by the entries of a name; raises NoEntries where a formula has none."""
    place, adjoint = place_of(network, name), network.adjoints[name]
    term, best = (entry_of(network, t, place) for t in (adjoint.term, adjoint.best))
    chain = _chain_rule(network, name, place)
    texts = [*chain, *(written(network, t) for t in (term, best))]
    return EntryForms(place, derivative(network, name, place), tuple(dict.fromkeys(texts)), term)


def entry_of(network: MatrixNetwork, t: Term, place: Place = ("", "")) -> Term:
    """Return an entry of a term with common factors taken out; raises NoEntries."""
    return collected(entry(t, place, _taken(network)))


def _taken(network: MatrixNetwork) -> frozenset[str]:
    """Return the letters that are no indices: dimensions, and names of one letter."""
    return frozenset({*network.dims, *network.names, *(n.id for n in network.names.values())})


def written(network: MatrixNetwork, t: Term, numbers: Mapping[str, str] | None = None) -> str:
    """Return a formula of entries as LaTeX; numbers: what stands for some of the names and entries."""
    return latex(t, {**network.spelled, **_entries_in(network, t), **(numbers or {})})


def _entries_in(network: MatrixNetwork, t: Term) -> dict[str, str]:
    """Return how the entries in a formula are written."""
    found = {}
    for x in ordered(t):
        if x.op == "sym" and "[" in x.data[0]:
            name, _, letters = x.data[0].rstrip("]").partition("[")
            text = letters.replace(",", "")
            known = name.removeprefix("∂")
            made = derivative(network, known, text) if known != name else at(network, name, text)
            found[x.data[0]] = made
    return found


def at(network: MatrixNetwork, name: str, letters: Sequence[str]) -> str:
    """Return an entry of a line or leaf as LaTeX: x_i, w_{ij} for W, the name itself without indices."""
    return below(network, network.latex(name), "".join(letters))


def below(network: MatrixNetwork, text: str, letters: str) -> str:
    if not letters:
        return text
    sub = letters if len(letters) == 1 else f"{{{letters}}}"
    if len(text) == 1 and text.isupper() and text.lower() not in network.plain:
        return f"{text.lower()}_{sub}"
    return f"{text}_{sub}" if "_" not in text else f"[{text}]_{sub}"


def derivative(network: MatrixNetwork, name: str, letters: Sequence[str], of: str = "") -> str:
    """Return ∂loss/∂x_i as LaTeX, by the author's name where it has one; of: something else than the loss."""
    made = network.named.get(name)
    if made is not None and not of:
        return below(network, made.latex, "".join(letters))
    d = network.notation.derivative
    return rf"\frac{{{d} {of or network.latex(network.loss)}}}{{{d} {at(network, name, letters)}}}"


def _chain_rule(network: MatrixNetwork, name: str, place: Place) -> list[str]:
    """Return the sum over all that reads a name, none where the loss itself does: it has no derivative of its own."""
    consumers = [line for of, _ in network.adjoints[name].contributions if (line := network.line(of)) is not None]
    if not consumers or any(line.name == network.loss for line in consumers):
        return []
    return [" + ".join(_path(network, line, name, place) for line in consumers)]


def _path(network: MatrixNetwork, line: MatrixLine, name: str, place: Place) -> str:
    """Return the product of two derivatives, summed over the entries of the line that an entry of the name changes."""
    shape = network.names[line.name].symbol.shape
    same = shape == network.names[name].symbol.shape and _entry_by_entry(line, network.names[name].id)
    indices = place if same else free_letters(shape, {*_taken(network), *place}, _own(line, place))
    outer = derivative(network, line.name, indices)
    product = f"{outer} {derivative(network, name, place, at(network, line.name, indices))}"
    if same:
        return product
    sums = [rf"\sum_{{{i}=1}}^{{{dimension(d)}}}" for i, d in zip(indices, shape, strict=True) if i]
    return " ".join([*sums, product])


def _own(line: MatrixLine, place: Place) -> tuple[str, ...]:
    return tuple(i for i in line.indices if i not in place)


def _entry_by_entry(line: MatrixLine, id: str) -> bool:
    """Return whether an entry of a line reads of a name the entry with the same indices and no other."""

    def entries(t: s.Tree) -> list[s.Name]:
        if isinstance(t, s.BigSum):
            return [replace(x, sub="") for x in entries(t.body)]
        inner = [x for part in children(t) for x in entries(part)]
        return [t, *inner] if isinstance(t, s.Name) and id in (t.id, t.base) else inner

    found = entries(line.entry or line.tree)
    return bool(line.indices) and all(letters_of(x.sub) == line.indices for x in found)


def entry_tree(network: MatrixNetwork, tree: s.Tree) -> s.Tree:
    """Return a printed formula in which every entry names its matrix: w_ij is one of W, [W]_ij too."""
    if isinstance(tree, s.Index) and isinstance(tree.body, s.Name) and letters_of(tree.sub):
        whole = tree.body.id
        return s.Name(tree.at, f"{whole}_{tree.sub}", whole, tree.sub, "", tree.body.latex)
    if not isinstance(tree, s.Name):
        return rebuilt(tree, lambda part: entry_tree(network, part))
    known = {*network.plain, *(made.id for made in network.named.values())}
    letters = letters_of(tree.sub)
    if tree.id in known or not letters or not set(letters) <= set(LETTERS) | network.indices.letters:
        return tree
    whole = next((id for id in (base_id(tree), capital(base_id(tree))) if id in known), "")
    return replace(tree, base=whole, sup="") if whole else tree


__all__ = ["EntryForms", "NoEntries", "entry_forms", "entry_of", "entry_tree", "place_of", "written"]
