"""Random questions for derivatives over all operations of the plain language, and numeric answers to them."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from typing import Any

import numpy as np

_SPEC = importlib.util.spec_from_file_location("plain_syntax", Path(__file__).parent / "data" / "plain_syntax.py")
assert _SPEC is not None and _SPEC.loader is not None
plain_syntax = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(plain_syntax)

SHAPES = {
    "A": "m x n",
    "B": "n x m",
    "S": "n x n",
    "X": "m x n",
    "Y": "n x n",
    "u": "n",
    "v": "m",
    "w": "k",
    "s": "",
    "t": "",
}
SIZES = ({"m": 3, "n": 2, "k": 2}, {"m": 2, "n": 4, "k": 3})
_SMOOTH = ("exp", "sin", "cos", "tanh", "sigmoid", "softplus", "erf")
_KINKED = ("relu", "abs", "sign", "step")


def shape_of(name: str) -> tuple[str, ...]:
    text = SHAPES[name]
    if not text:
        return ()
    parts = [p.strip() for p in text.split("x")]
    return parts[0], parts[1] if len(parts) == 2 else "1"


class Expressions:
    """Draws expressions of a wanted shape; shapes are pairs of dimension names, () for scalars."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def leaf(self, shape: tuple[str, ...]) -> str:
        names = [n for n in SHAPES if shape_of(n) == shape]
        if shape and self.rng.random() < 0.12:
            return f"ones({','.join(shape)})"
        if shape and shape[0] == shape[1] and self.rng.random() < 0.1:
            return f"eye({shape[0]})"
        if not shape and self.rng.random() < 0.3:
            return self.rng.choice(("2", "0.5", "3", "n"))
        if names and (not shape or self.rng.random() < 0.9):
            return self.rng.choice(names)
        turned = [n for n in SHAPES if shape and shape_of(n) == shape[::-1]]
        if turned:
            return self.rng.choice(turned) + "'"
        return f"ones({','.join(shape)})" if shape else "s"

    def draw(self, shape: tuple[str, ...], depth: int) -> str:
        if depth <= 0:
            return self.leaf(shape)
        kinds = self.scalar_kinds() if not shape else self.matrix_kinds(shape)
        return self.rng.choice(kinds)(depth - 1)

    def any_shape(self) -> tuple[str, ...]:
        return self.rng.choice([("m", "n"), ("n", "m"), ("n", "n"), ("n", "1"), ("m", "1")])

    def scalar_kinds(self) -> list[Any]:
        draw, rng = self.draw, self.rng

        def of_matrix(name: str, shape: tuple[str, ...] | None = None) -> Any:
            return lambda d: f"{name}({draw(shape or self.any_shape(), d)})"

        def quadratic(d: int) -> str:
            return (
                f"{paren(draw(('n', '1'), d - 1))}'*{paren(draw(('n', 'n'), d - 1))}*{paren(draw(('n', '1'), d - 1))}"
            )

        square = ("n", "n")
        return [
            of_matrix("sum"),
            of_matrix("sum"),
            of_matrix("tr", square),
            of_matrix("norm"),
            of_matrix("norm1"),
            of_matrix("logsumexp", ("n", "1")),
            lambda d: f"norm({draw(self.any_shape(), d)})^2",
            lambda d: f"det({regular(draw(square, d), 'n')})",
            lambda d: f"logdet({regular(draw(square, d), 'n')})",
            lambda d: f"{paren(draw((), d))} {rng.choice('+-')} {paren(draw((), d))}",
            lambda d: f"{paren(draw((), d))}*{paren(draw((), d))}",
            lambda d: f"{paren(draw((), d))}/(2 + {paren(draw((), d))}^2)",
            lambda d: f"{rng.choice(_SMOOTH)}({draw((), d)})",
            lambda d: f"sum(huber({draw(('n', '1'), d)}, 1))",
            lambda d: f"sum(clip({draw(('m', '1'), d)}, -1, 1))",
            lambda d: f"sum({paren(draw(('m', 'n'), d))}.*{paren(draw(('m', 'n'), d))})",
            quadratic,
        ]

    def matrix_kinds(self, shape: tuple[str, ...]) -> list[Any]:
        draw, rng = self.draw, self.rng
        rows, columns = shape
        inner = rng.choice(("m", "n", "1") if columns != "1" else ("m", "n"))
        kinds = [
            lambda d: f"{paren(draw(shape, d))} {rng.choice('+-')} {paren(draw(shape, d))}",
            lambda d: f"{paren(draw(shape, d))}.*{paren(draw(shape, d))}",
            lambda d: f"{paren(draw((rows, inner), d))}*{paren(draw((inner, columns), d))}",
            lambda d: f"{paren(draw((rows, inner), d))}*{paren(draw((inner, columns), d))}",
            lambda d: f"{paren(draw(shape[::-1], d))}'",
            lambda d: f"{paren(draw((), d))}*{paren(draw(shape, d))}",
            lambda d: f"{rng.choice(_SMOOTH)}({draw(shape, d)})",
            lambda d: f"{rng.choice(_KINKED)}({draw(shape, d)})",
            lambda d: f"{paren(draw(shape, d))}.^2",
            lambda d: f"{paren(draw(shape, d))}./(2 + {paren(draw(shape, d))}.^2)",
        ]
        if rows == columns:
            kinds += [lambda d: f"inv({regular(draw(shape, d), rows)})", lambda d: f"{paren(draw(shape, d))}^2"]
            kinds += [lambda d: f"diag({draw((rows, '1'), d)})"]
        if columns == "1":
            kinds += [
                lambda d: f"softmax({draw(shape, d)})",
                lambda d: f"diagvec({draw((rows, rows), d)})",
                lambda d: f"({paren(draw((rows, 'n'), d))}*ones(n)/n)",
            ]
        elif rows != "1":
            kinds += [lambda d: f"rowsoftmax({draw(shape, d)})", lambda d: f"colsoftmax({draw(shape, d)})"]
        return kinds


def paren(text: str) -> str:
    return text if text.isalnum() or (text.endswith("'") and text[:-1].isalnum()) else f"({text})"


def regular(text: str, size: str) -> str:
    """Return a square matrix moved away from the singular ones."""
    return f"3*eye({size}) + tanh({text})/3"


# Whole expressions for what fits nowhere inside others.
SPECIAL = (
    "sum((toep(w,n)*u - ones(n+k-1)).^2)",
    "norm(toep(w,n)*(S*u))",
    "tr(kron(S,Y))",
    "sum(kron(A,B).^2)",
    "vec(A*X')'*vec(X*A')",
    "norm(vec(X)*vec(A)')^2",
)


def question(seed: int, depth: int = 6) -> tuple[str, str, str]:
    """Return a formula, a variable in it (mostly) and a kind of derivative."""
    rng = random.Random(seed)
    kind = rng.choices(("gradient", "jacobian", "hessian"), (8, 2, 1))[0]
    if rng.random() < 0.05:
        formula = rng.choice(SPECIAL)
        kind = "gradient"
    elif kind == "jacobian":
        drawer = Expressions(rng)
        formula = drawer.draw(drawer.any_shape(), rng.randint(1, max(1, depth - 3)))
    else:
        formula = Expressions(rng).draw((), rng.randint(1, depth if kind == "gradient" else max(1, depth - 3)))
    tokens = {value for key, value in plain_syntax.tokenize(formula) if key == "name"}
    present = [n for n in SHAPES if n in tokens] or ["X"]
    return formula, rng.choice(present), kind


def leaves(sizes: dict[str, int], seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    found: dict[str, Any] = dict(sizes)
    for name in SHAPES:
        shape = shape_of(name)
        found[name] = (
            rng.normal(size=tuple(1 if d == "1" else sizes[d] for d in shape)) if shape else float(rng.normal())
        )
    return found


def value(formula: str, env: dict[str, Any]) -> Any:
    return plain_syntax.ev(plain_syntax.parse(formula), env)


def numeric(formula: str, wrt: str, env: dict[str, Any], kind: str, scale: float) -> Any:
    """Return the derivative by central differences, column by column, flat; scale: of the steps."""
    x = np.array(env[wrt], dtype=float)

    def at(moves: Any) -> Any:
        moved = x + moves.reshape(x.shape, order="F")
        found = value(formula, {**env, wrt: moved if x.shape else float(moved)})
        return np.atleast_1d(np.asarray(found, dtype=float)).reshape(-1, order="F")

    unit = np.eye(x.size)
    if kind == "hessian":
        h = 1e-3 * scale
        pairs = [
            [(at(h * (u + v)) - at(h * (u - v)) - at(h * (v - u)) + at(-h * (u + v)))[0] for v in unit] for u in unit
        ]
        return (np.array(pairs) / (4 * h * h)).reshape(-1)
    h = 1e-4 * scale
    columns = [(8 * (at(h * u) - at(-h * u)) - (at(2 * h * u) - at(-2 * h * u))) / (12 * h) for u in unit]
    whole = np.stack(columns, 1)
    if kind == "jacobian" and not x.shape:
        return whole.reshape(np.shape(value(formula, env)), order="F").reshape(-1)
    return whole.reshape(-1) if kind == "jacobian" else whole.reshape(-1).reshape(x.shape, order="F").reshape(-1)
