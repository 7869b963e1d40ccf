"""The surface tree: what stands on the paper, before anything is known about its meaning.

Each node carries `at`, its half-open range in the text that was read. LaTeX and plain text give the same tree.
"""

from __future__ import annotations

from dataclasses import dataclass

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Num:
    """A number as it was written: `0.5`, `1.e-8`; a decimal comma `0{,}5` is stored as `0.5`."""

    at: Range
    text: str


@dataclass(frozen=True, slots=True)
class Name:
    """A name. `id` is its plain spelling (`hat_y`, `omega_0_new`, `W^[1]`, `z^(l-1)`, `W^*`); style is dropped.

    base is the id without subscript and superscript, sub and sup their flat texts ("" if none; `sup` holds its
    brackets); `latex` is the source as it was spelled.
    """

    at: Range
    id: str
    base: str
    sub: str
    sup: str
    latex: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function applied to arguments: `\\sigma'(x)` is Call(fn="sigma", primes=1, args=(x,)).

    `base` is the logarithm's base or another subscript that is an argument, else None.
    """

    at: Range
    fn: str
    args: tuple[Tree, ...]
    primes: int = 0
    base: Tree | None = None


@dataclass(frozen=True, slots=True)
class Add:
    """A sum of two or more terms; a subtracted term is a Neg."""

    at: Range
    terms: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Neg:
    at: Range
    body: Tree


@dataclass(frozen=True, slots=True)
class Mul:
    """A product; `signs` holds how each factor after the first was joined: "" "*" "odot" "circ" "otimes"."""

    at: Range
    factors: tuple[Tree, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Div:
    """A quotient; `style` is "frac", "slash" or "./" (entrywise)."""

    at: Range
    above: Tree
    below: Tree
    style: str


@dataclass(frozen=True, slots=True)
class Pow:
    """A power; `entrywise` for `.^`."""

    at: Range
    base: Tree
    exponent: Tree
    entrywise: bool = False


@dataclass(frozen=True, slots=True)
class Root:
    """A root; `degree` is None for the square root."""

    at: Range
    body: Tree
    degree: Tree | None = None


@dataclass(frozen=True, slots=True)
class Bars:
    """|x| (`double` false) or a norm (`double` true) with its subscript, `2`, `1`, `F`, or ""."""

    at: Range
    body: Tree
    double: bool = False
    sub: str = ""


@dataclass(frozen=True, slots=True)
class Partial:
    """A derivative written as a fraction, read as one quantity: ∂of/∂wrt."""

    at: Range
    of: Tree
    wrt: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Nabla:
    at: Range
    wrt: str
    body: Tree


@dataclass(frozen=True, slots=True)
class Transpose:
    at: Range
    body: Tree


@dataclass(frozen=True, slots=True)
class Index:
    """A subscript behind something that is no name: `softmax(x)_1`, `E[g^2]_t`."""

    at: Range
    body: Tree
    sub: str


@dataclass(frozen=True, slots=True)
class BigSum:
    """A sum (or product) over indices; bounds are None where they are not written."""

    at: Range
    body: Tree
    indices: tuple[str, ...]
    lower: Tree | None
    upper: Tree | None
    product: bool = False


@dataclass(frozen=True, slots=True)
class Matrix:
    at: Range
    rows: tuple[tuple[Tree, ...], ...]


@dataclass(frozen=True, slots=True)
class Cases:
    """Branches (value, condition); the condition of the last one may be None: otherwise."""

    at: Range
    branches: tuple[tuple[Tree, Tree | None], ...]
    otherwise: str = "otherwise"


@dataclass(frozen=True, slots=True)
class Relation:
    """A chain of relations: `0 < x \\le 1` is Relation(sides=(0, x, 1), signs=("<", "<=")).

    Signs: = != < <= > >= ~ (approximately) -> (arrow, leftarrow as <-) => in : := propto.
    """

    at: Range
    sides: tuple[Tree, ...]
    signs: tuple[str, ...]
    places: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Indicator:
    at: Range
    condition: Tree


@dataclass(frozen=True, slots=True)
class EvalAt:
    """An evaluation bar: `[f]_{x = a}` or `f|_{x = a}`; one pair for each name."""

    at: Range
    body: Tree
    points: tuple[tuple[str, Tree], ...]


@dataclass(frozen=True, slots=True)
class Seq:
    """Things in brackets with commas: kind "tuple" (…), "list" […], "set" {…}."""

    at: Range
    kind: str
    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Dots:
    at: Range


Tree = (
    Num
    | Name
    | Call
    | Add
    | Neg
    | Mul
    | Div
    | Pow
    | Root
    | Bars
    | Partial
    | Nabla
    | Transpose
    | Index
    | BigSum
    | Matrix
    | Cases
    | Relation
    | Indicator
    | EvalAt
    | Seq
    | Dots
)
