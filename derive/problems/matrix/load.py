"""An entry of `networks` with shapes, read into a MatrixNetwork."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from derive.check.quantities import Grid, Quantity
from derive.conventions import read_notation
from derive.errors import Fault, nearest
from derive.front.entries import Mapping as Entry
from derive.front.entries import Scalar
from derive.front.entries import Value as Given
from derive.front.lines import entries
from derive.front.ranges import expand
from derive.graph import Role
from derive.language import surface as s
from derive.language.grammar import Table, parse, syntax_of
from derive.language.meaning import OPEN, Function, plain_name
from derive.language.spelling import beautiful, with_operators
from derive.language.walk import walk
from derive.matrices import functions as f
from derive.matrices import sums as a
from derive.matrices.dims import SCALAR, Dim, Shape, of, shown
from derive.matrices.latex import latex
from derive.matrices.plain import plain
from derive.matrices.read import Names, Resolved, constant, read
from derive.matrices.term import Term
from derive.matrices.unify import open_name
from derive.notation import Notation
from derive.ops import PRIMITIVES, SPELLINGS
from derive.problems.adjoint_names import AdjointName, parted, read_adjoint_names, require_apart
from derive.problems.inherit import ancestry, last_given, merged_lines
from derive.problems.layers.read import Expansion, expansion
from derive.problems.line import Line, read_functions, read_line, read_name
from derive.problems.matrix.assume import Sums, known_sums, one_hot_targets, read_sums
from derive.problems.matrix.free_indices import (
    NONE,
    FreeIndices,
    free_indices,
    require_bound,
    with_compounds,
)
from derive.problems.matrix.general import Letters, lettered_dim, lettered_shapes, lettered_tree, with_letters
from derive.problems.matrix.index_ranges import beside_entries, leaf_shapes
from derive.problems.matrix.network import MatrixLine, MatrixNetwork, Name
from derive.problems.matrix.shapes import read_shapes
from derive.problems.matrix.values import read_matrix
from derive.problems.roles import Roles
from derive.problems.unrolled import unrolled
from derive.problems.values import names_of_values, read_update
from derive.source import Slice, of_text

KEYS = (
    *("layers", "forward", "shapes", "samples", "data", "parameters", "wrt", "constants", "assume"),
    *("values", "update", "where", "like", "also", "loss", "notation"),
)


def load(
    name: str, entry: Entry, others: Mapping[str, Entry], notation: Notation, earlier: Collection[object] = ()
) -> MatrixNetwork:
    """Return the network of an entry; raises a Fault at what is wrong with it."""
    entry.check(KEYS)
    chain = ancestry(entry, others)
    network = _Loader(name, chain, notation).load()
    return with_letters(network, lambda letters: _Loader(name, chain, notation, letters).load())


# What is set as it stands: names side by side, sums, brackets.
_SIMPLE = re.compile(r"[\w\s+\-()=,]*")


def _respelled(text: str, tree: s.Tree) -> str:
    """Return a text with its names as they are set."""
    for start, end in sorted((x.at for x in walk(tree) if isinstance(x, s.Name)), reverse=True):
        text = text[:start] + beautiful(text[start:end]) + " " + text[end:]
    return re.sub(r"\s+", " ", text).strip()


def _capital(text: str) -> str:
    r"""Return the spelling of a matrix for that of its entries: \hat{Y} for \hat{y}."""
    return re.sub(r"[a-z](?=\}*$)", lambda m: m[0].upper(), text)


@dataclass
class _Loader:
    name: str
    chain: list[Entry]
    notation: Notation
    letters: Letters = field(default_factory=dict)  # for large sizes
    shapes: dict[str, Shape] = field(default_factory=dict)
    plain: dict[str, str] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)
    also: dict[str, str] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    terms: dict[str, Term] = field(default_factory=dict)
    spellings: dict[str, str] = field(default_factory=dict)
    valued: Mapping[str, Quantity] = field(default_factory=dict)
    places: dict[str, Slice] = field(default_factory=dict)  # of values
    layers: Expansion = field(default_factory=Expansion)
    named: Mapping[str, AdjointName] = field(default_factory=dict)
    indices: FreeIndices = NONE

    def __post_init__(self) -> None:
        for part in self.chain:
            self.notation = read_notation(part.get("notation"), self.notation)
        self.entry = self.chain[-1]
        self.samples = self._samples()

    def load(self) -> MatrixNetwork:
        for part in self.chain:
            self.functions |= read_functions(self._items(part, "where"))
            given = read_shapes(self._items(part, "shapes"))
            self.shapes |= lettered_shapes({id: shape for id, (_, shape) in given.items()}, self.letters)
        self._read_layers()
        written = [read_line(item) for item in self.layers.lines]
        lines = merged_lines(self.chain, lambda given: [read_line(item) for item in unrolled(entries(given))], written)
        if not lines:
            raise Fault(f"the network {self.name} has no line", self.entry.span, expected="at least one line")
        self.lines, self.naming = parted(lines)
        self._read_also()
        values, upstream = self._values()
        values, upstream = self._indexed(values, upstream)
        trees = self._trees()
        self._meet(trees, set(values))
        self.valued = values
        bodies = self._bodies(trees)
        loss = self._loss(trees)
        self.named = read_adjoint_names(self.naming, self.lines, loss, self._known_as)
        require_apart(self.named, self.naming, self.plain)
        update = read_update(last_given(self.chain, "update")[0], self.plain)
        bound = self._bind(values)
        roles, listed = self._roles()
        names = self._names(roles)
        network = MatrixNetwork(
            name=self.name,
            names=names,
            lines=tuple(
                self._line(line, tree, body) for line, tree, body in zip(self.lines, trees, bodies, strict=True)
            ),
            loss=self.plain.get(loss, ""),
            notation=self.notation,
            samples=self.samples,
            wrt=(),
            given={self.plain[id]: x for id, x in values.items()},
            upstream={self.plain[id]: x for id, x in upstream.items()},
            bound=bound,
            update=update,
            also=self.also,
            functions={id: ("any" if f.op == OPEN else f.op) for id, f in self.functions.items()},
            spellings=self.spellings,
            indices=self.indices,
            named={self.plain[id]: made for id, made in self.named.items()},
            entry=self.entry,
            sums={self.plain[id]: way for id, way in self._sums(trees, names, values).items()},
        )
        object.__setattr__(network, "wrt", self._wrt(network, listed))
        return network

    def _samples(self) -> str:
        given, _ = last_given(self.chain, "samples")
        text = given.text.text.strip() if isinstance(given, Scalar) else "rows"
        if text not in ("rows", "columns"):
            raise Fault(f"samples are rows or columns, not {text}", given.span if given else None)
        return text

    def _items(self, part: Entry, key: str) -> list[Slice]:
        given: Given | None = part.get(key)
        return entries(given) if given is not None else []

    def _read_layers(self) -> None:
        given, _ = last_given(self.chain, "layers")
        if given is not None:
            self.layers = expansion(given, self.shapes, self.samples, lambda d: lettered_dim(d, self.letters))
            self.shapes = {**self.layers.shapes, **self.shapes}

    def _read_also(self) -> None:
        for item in (item for part in self.chain for item in self._items(part, "also")):
            left, equals, _ = item.text.partition("=")
            if not equals:
                raise Fault("`also` gives other names", item.span(), expected="name in the report = other name")
            id, other = read_name(item.cut(0, len(left))), read_name(item.cut(len(left) + 1, len(item.text)))
            if id != other:
                self.also[other] = id

    def _values(self) -> tuple[dict[str, Quantity], dict[str, Quantity]]:
        """Return the values of leaves and the derivatives of an abstract loss that are given, by id."""
        values: dict[str, Quantity] = {}
        upstream: dict[str, Quantity] = {}
        for part in self.chain:
            for name, text in names_of_values(part.get("values")):
                tree = parse(name)
                if isinstance(tree, s.Partial) and len(tree.wrt) == 1 and isinstance(tree.wrt[0], s.Name):
                    upstream[tree.wrt[0].id] = read_matrix(text)
                    continue
                id = read_name(name)
                values[id], self.places[id] = read_matrix(text), text
                self.spelled.setdefault(id, name.text)
        return values, upstream

    def _indexed(
        self, values: dict[str, Quantity], upstream: dict[str, Quantity]
    ) -> tuple[dict[str, Quantity], dict[str, Quantity]]:
        """Take lines about entries as lines of vectors; return the values, those of x_i as values of x."""
        declared: dict[str, Shape | None] = {id: None if x == SCALAR else x for id, x in self.shapes.items()}
        for id, x in values.items():
            declared[id] = (of(x.shape[0]), of(x.shape[1])) if isinstance(x, Grid) else None
        self.lines, self.indices = free_indices(self.lines, declared)
        self.naming = [replace(x, id=self.indices.whole(x.id), name=self.indices.at_whole(x.name)) for x in self.naming]
        whole = self.indices.whole
        return {whole(id): x for id, x in values.items()}, {whole(id): x for id, x in upstream.items()}

    def _known_as(self, id: str) -> str:
        """Return the id of the line or leaf that an id means: of another name of it, or of an entry."""
        return self.indices.whole(self.also.get(id, id))

    def _table(self) -> Table:
        names = {line.id for line in (*self.lines, *self.naming)}
        names |= set(self.shapes) | set(self.also) | set(self.spelled) | set(self.letters.values())
        return Table(frozenset(names), frozenset(self.functions))

    def _trees(self) -> list[s.Tree]:
        table = self._table()
        found = []
        for k, line in enumerate(self.lines):
            tree = parse(line.sides[-1], table)
            if k == len(self.lines) - 1 and isinstance(tree, s.Call) and tree.fn not in SPELLINGS:
                self.functions.setdefault(tree.fn, Function(OPEN))
            for text in line.sides[:-1]:
                self._middle(text, line, table)
            found.append(self.indices.settled(with_compounds(lettered_tree(tree, self.letters), table.names)))
        if self.indices.free:
            self._shape_entries(found)
        return found

    def _shape_entries(self, trees: list[s.Tree]) -> None:
        """Take the shapes of what has entries from how far its indices go."""
        sides = [(tree, line.sides[-1]) for line, tree in zip(self.lines, trees, strict=True)]
        found = leaf_shapes(sides, self.indices, self.shapes)
        self.shapes = {**self.shapes, **found}
        self.indices = replace(self.indices, bases=self.indices.bases | set(found))
        for line, tree in zip(self.lines, trees, strict=True):
            require_bound(tree, line.sides[-1], self.indices, self.indices.free.get(line.id, ()))
        ids = {line.id for line in self.lines}
        for tree in trees:
            beside = beside_entries(tree, self.indices, self.shapes) - ids - set(self._dims())
            self.shapes = {**dict.fromkeys(beside, SCALAR), **self.shapes}

    def _middle(self, text: Slice, line: Line, table: Table) -> None:
        """Take other names: a in `\\hat{y} = a = σ(z)`, and the function g in `h = g(z) = tanh(z)`."""
        tree = parse(text, table)
        last = parse(line.sides[-1], table)
        if isinstance(tree, s.Name) and tree.id not in {other.id for other in self.lines}:
            self.also[tree.id] = line.id
        elif isinstance(tree, s.Call) and isinstance(last, s.Call) and last.fn in SPELLINGS:
            self.functions.setdefault(tree.fn, Function(SPELLINGS[last.fn]))

    def _meet(self, trees: list[s.Tree], valued: set[str]) -> None:
        """Give every name its plain name and its spelling, in reading order."""
        dims = self._dims()
        for line, tree in zip(self.lines, trees, strict=True):
            for x in walk(tree):
                if isinstance(x, s.Name) and self._is_leaf(x, dims, tree, self.indices.free.get(line.id, ())):
                    self._add(x.id, x.latex)
            if line.id in self.plain:
                raise Fault(f"{line.name.text} is used before its line, or defined twice", line.head.span())
            self._add(line.id, line.name.text)
        for id in valued - set(self.plain):
            raise Fault(f"a value for {self.spelled[id]}, which is no symbol of this network", self.entry.span)

    def _dims(self) -> frozenset[str]:
        return frozenset(name for shape in self.shapes.values() for d in shape for name in d.names)

    def _is_leaf(self, x: s.Name, dims: frozenset[str], tree: s.Tree, free: tuple[str, ...] = ()) -> bool:
        if x.id in self.plain or x.id in self.also or x.id in dims or x.id in ("pi", "e"):
            return False
        if constant(x, dims) is not None or x.id in self.functions:
            return False
        indices = {*free, *(i for t in walk(tree) if isinstance(t, s.BigSum) for i in t.indices)}
        if x.id in indices:
            return False
        parts = x.sub.split(",") if "," in x.sub else list(x.sub)
        if x.sub and indices and all(part in indices for part in parts):
            head, bar, last = x.base.rpartition("_")
            capital = f"{head}{bar}{last[:1].upper()}{last[1:]}"
            known = {*self.plain, *self.shapes, *self.spelled, *(line.id for line in self.lines)}
            whole = x.base if x.base in known or capital not in known else capital
            if whole not in self.plain and whole not in {line.id for line in self.lines}:
                text = x.latex.split("_")[0]
                self._add(whole, self.spelled.get(whole, text if whole == x.base else _capital(text)))
            return False
        return True

    def _add(self, id: str, spelled: str) -> None:
        if id not in self.plain:
            self.plain[id] = plain_name(id, self.plain.values())
            self.spelled[id] = spelled

    def _bind(self, values: Mapping[str, Quantity]) -> dict[str, int]:
        """Return the sizes of dimensions that the values say."""
        bound: dict[str, int] = {}
        for id, x in values.items():
            size = x.shape if isinstance(x, Grid) else (1, 1)
            for d, n in zip(self.shapes[id], size, strict=True):
                if len(d.names) == 1 and d == of(next(iter(d.names))):
                    if bound.setdefault(next(iter(d.names)), n) != n:
                        title = f"{self.spelled[id]} is {size[0]}×{size[1]}, but {d} is {bound[str(d)]}"
                        raise Fault(title, self.entry.span)
                elif d.names <= set(bound) and d.value(bound) != n:
                    title = f"the value of {self.spelled[id]} is {size[0]}×{size[1]}, not {shown(self.shapes[id])}"
                    raise Fault(title, self.entry.span)
        return bound

    def _bodies(self, trees: list[s.Tree]) -> list[Term | None]:
        """Return what the lines mean; shapes of leaves that nothing says follow from what they stand beside."""
        ids = {line.id for line in self.lines}
        for number, id in enumerate(id for id in self.plain if id not in ids and id not in self.shapes):
            self.shapes[id] = (of(f"?leaf{number}r"), of(f"?leaf{number}c"))
        for _ in range(2 * len(self.plain) + 2):
            try:
                return self._read_all(trees)
            except Resolved as known:
                for id, (rows, columns) in self.shapes.items():
                    sizes = known.sizes
                    self.shapes[id] = (sizes.get(open_name(rows), rows), sizes.get(open_name(columns), columns))
        raise Fault(f"the shapes of `{self.name}` cannot be found", self.entry.span, expected="shapes: …")

    def _read_all(self, trees: list[s.Tree]) -> list[Term | None]:
        ids = {line.id for line in self.lines}
        self.terms = {id: a.sym(self.plain[id], self.shapes[id]) for id in self.plain if id not in ids}
        found: list[Term | None] = []
        for line, tree in zip(self.lines, trees, strict=True):
            if self._abstract(line, tree):
                found.append(None)
                self.terms[line.id] = a.sym(self.plain[line.id], SCALAR)
                continue
            free = self.indices.free.get(line.id, ())
            body = read(tree, line.sides[-1], self._scope(), free)
            if line.id in self.shapes and self.shapes[line.id] != body.shape:
                raise Fault(
                    f"{line.name.text} is {shown(body.shape)}, not {shown(self.shapes[line.id])}", line.head.span()
                )
            self.terms[line.id] = a.sym(self.plain[line.id], body.shape)
            found.append(body)
        self._nothing_open()
        return found

    def _nothing_open(self) -> None:
        """A name that stands beside nothing with a shape has that of its value, or is a scalar."""
        left: dict[str, Dim] = {}
        for id, shape in self.shapes.items():
            x = self.valued.get(id)
            size = x.shape if isinstance(x, Grid) else (1, 1)
            left |= {open_name(d): of(n) for d, n in zip(shape, size, strict=True) if open_name(d)}
        if left:
            raise Resolved(left)

    def _abstract(self, line: Line, tree: s.Tree) -> bool:
        """Return whether a line is `L = f(Y)` with a function that is open and a matrix of the network.

        An activation that is left open, as in `a = σ(z)`, acts on every entry.
        """
        return (
            line.id == (self._given_loss() or self.lines[-1].id)
            and isinstance(tree, s.Call)
            and len(tree.args) == 1
            and isinstance(tree.args[0], s.Name)
            and tree.fn not in SPELLINGS
            and tree.fn in self.functions
            and self.functions[tree.fn].op == OPEN
        )

    def _scope(self) -> Names:
        terms = {**self.terms, **{other: self.terms[id] for other, id in self.also.items() if id in self.terms}}
        return Names(terms, self._dims(), self._calls(), broadcast=True)

    def _calls(self) -> dict[str, Callable[..., Term]]:
        calls: dict[str, Callable[..., Term]] = {"softmax": self._softmax}
        for id, function in self.functions.items():
            if function.op == OPEN:
                calls[id] = lambda x, id=id: f.opened(id, x)
            elif function.op == "id":
                calls[id] = lambda x: x
            elif PRIMITIVES[function.op].arity == 1:
                calls[id] = lambda x, op=function.op: f.entrywise(op, x)
        return calls

    def _softmax(self, x: Term) -> Term:
        if x.scalar or 1 in (x.rows.number, x.columns.number):
            return f.softmax(x)
        return f.softmax(x, "row" if self.samples == "rows" else "col")

    def _given_loss(self) -> str:
        """Return the line that `loss` names, "" without one."""
        given, _ = last_given(self.chain, "loss")
        if given is None:
            return ""
        if not isinstance(given, Scalar):
            raise Fault("`loss` names one line", given.span)
        id = read_name(given.text)
        if id not in {line.id for line in self.lines}:
            hint = nearest(id, [line.id for line in self.lines])
            raise Fault(f"the loss {given.text.text} is not the left side of a line", given.span, reason=hint)
        return id

    def _loss(self, trees: list[s.Tree]) -> str:
        """Return the loss: the last scalar that no other line reads, "" where there is only a forward pass."""
        named = self._given_loss()
        if named and not self.terms[named].scalar:
            line = next(line for line in self.lines if line.id == named)
            raise Fault(f"the loss is {shown(self.terms[named].shape)}", line.head.span(), expected="a scalar")
        read = {self.also.get(x.id, x.id) for tree in trees for x in walk(tree) if isinstance(x, s.Name)}
        ends = [line.id for line in self.lines if self.terms[line.id].scalar and line.id not in read]
        return named or (ends[-1] if ends else "")

    def _sums(
        self, trees: Sequence[s.Tree], names: Mapping[str, Name], values: Mapping[str, Quantity]
    ) -> dict[str, str]:
        """Return whose rows or columns are assumed to sum to 1, by id."""
        by_id = {n.id: n for n in names.values()}
        found = [Sums(id, "rows") for id, text in self.places.items() if text.text.strip().startswith("onehot")]
        way = "rows" if self.samples == "rows" else "columns"
        found += one_hot_targets(trees, by_id, values, way)
        for id, layer in self.layers.sums:
            if id in by_id and by_id[id].role is not Role.LINE:
                alone = by_id[id].symbol.columns.number == 1
                found.append(Sums(id, "columns" if alone else way, f"{layer} takes it as probabilities"))
        for part in self.chain:
            found += read_sums(self._items(part, "assume"), by_id, part is self.entry)
        return known_sums(found, values, self.places)

    def _roles(self) -> tuple[Roles, list[Slice]]:
        lists: dict[str, list[Slice]] = {}
        for key in ("data", "parameters", "wrt", "constants"):
            given, _ = last_given(self.chain, key)
            items = expand(entries(given)) if given is not None else []
            lists[key] = [self.indices.at_whole(item) for item in items]
        return Roles(self.layers.roles(lists, self.plain)), lists["wrt"]

    def _names(self, roles: Roles) -> dict[str, Name]:
        ids = {line.id for line in self.lines}
        found: dict[str, Name] = {}
        for id, name in self.plain.items():
            role = Role.LINE if id in ids else roles.of(id)
            found[name] = Name(name, id, self.spelled[id], beautiful(self.spelled[id]), role, self.terms[id])
        for key in ("data", "parameters", "constants"):
            for item in roles.lists[key]:
                if read_name(item) not in self.plain:
                    hint = nearest(item.text, [n.spelled for n in found.values()])
                    raise Fault(f"{item.text} in `{key}` is no symbol of the network", item.span(), reason=hint)
        return found

    def _wrt(self, network: MatrixNetwork, listed: list[Slice]) -> tuple[str, ...]:
        if not listed:
            return network.parameters
        return tuple(network.find(item.text, item.span()) for item in listed)

    def _line(self, line: Line, tree: s.Tree, body: Term | None) -> MatrixLine:
        names = {plain: beautiful(self.spelled[id]) for id, plain in self.plain.items()}
        if _SIMPLE.fullmatch(line.text.text):
            forms = tuple(_respelled(text.text, parse(text, self._table())) for text in line.sides)
        elif syntax_of(line.text.text) == "latex":
            forms = tuple(with_operators(text.text) for text in line.sides)
        else:
            forms = (latex(body, names),) if body is not None else (line.sides[-1].text,)
        head = beautiful(line.name.text) + line.head.text[len(line.name.text) :]
        of_, function = "", ""
        if body is None:
            assert isinstance(tree, s.Call) and isinstance(tree.args[0], s.Name)
            id = tree.args[0].id
            of_, function = self.plain[self.also.get(id, id)], tree.fn
        return MatrixLine(
            self.plain[line.id],
            head,
            forms,
            self._evaluable(line, tree, body),
            body,
            of_,
            function,
            self._spread(tree) if line.id not in self.indices.free else (),
            line.text.span(),
            self.indices.free.get(line.id, ()),
            tree,
        )

    def _evaluable(self, line: Line, tree: s.Tree, body: Term | None) -> s.Tree:
        """Return a tree whose value is that of the line: without free indices, sums with their ranges."""
        open_ = any(
            (isinstance(x, s.BigSum) and x.upper is None) or (isinstance(x, s.Name) and x.id in ("1", "I"))
            for x in walk(tree)
        )
        if body is None or not (open_ or line.id in self.indices.free):
            return tree
        names = frozenset(self.plain.values()) | self._dims()
        return parse(of_text(plain(body)), Table(names), "plain")

    def _spread(self, tree: s.Tree) -> tuple[tuple[str, str], ...]:
        """Return the names that a line adds to every row or column of a matrix."""
        found = []
        for x in walk(tree):
            if isinstance(x, s.Add):
                shapes = {t.id: self.terms[t.id].shape for t in x.terms if isinstance(t, s.Name) and t.id in self.terms}
                for id, (rows, columns) in shapes.items():
                    one = "row" if rows.number == 1 else "column" if columns.number == 1 else ""
                    if one and not self.terms[id].scalar and self._beside(x, one):
                        found.append((self.plain[id], one))
        return tuple(found)

    def _beside(self, t: s.Add, one: str) -> bool:
        """Return whether a sum has more rows (or columns) than one."""
        body = read(t, Slice(self.lines[0].text.source, 0, ""), self._scope())
        return (body.rows if one == "row" else body.columns).number != 1
