"""An expression that is printed beside the forms of a certificate is held against what it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction

from derive.differentiate import Derivation
from derive.errors import Fault
from derive.expr import Expr, Value
from derive.notation import Notation
from derive.numeric import precisely, value
from derive.ops import DomainError
from derive.ops.primitive import real, short
from derive.points import forward, points

_LEAST = 3
_TOLERANCE = Fraction(1, 10**30)


def must_agree(
    d: Derivation, notation: Notation, shown: Expr, truth: Expr, given: Mapping[str, Value] | None = None
) -> None:
    """Compare two expressions in the names of a graph at the points of a certificate, with 50 digits.

    Raises a Fault where they differ by more than 30 digits, or have values together at fewer than three points.
    """
    count = 0
    with precisely():
        for leaves in points(d, notation, given):
            env = forward(d.graph, leaves, notation)
            if env is None:
                continue
            with suppress(DomainError):
                a, b = (real(value(e, env, notation.relu_at_0)) for e in (shown, truth))
                if abs(a - b) > max(abs(a), abs(b)) * real(_TOLERANCE):
                    reason = f"it is {short(a)} and should be {short(b)} at a point"
                    raise Fault("an expression fails its numeric check; nothing was written", reason=reason)
                count += 1
    if count < _LEAST:
        raise Fault("an expression cannot be checked", reason=f"it has a value at only {count} of the points tried")
