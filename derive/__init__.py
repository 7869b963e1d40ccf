"""Certified step-by-step solutions for pen-and-paper deep-learning exercises.

>>> import derive
>>> net = derive.network(r"z = w x + b, h = \\sigma(z), L = (h - y)^2", data="x, y", values="x = y = 1, w = b = 0")
>>> d = derive.differentiate(net)
>>> d["w"], d["w"].value
(∂L/∂w = 2 (h - y) h (1 - h) x, -0.25)

A notebook shows `net` as its forward pass, `d` as its backward pass and `d.table()` as a table. `derive.load` reads a
report, `derive.evaluate` makes NumPy functions. What is wrong with an input is a `derive.Fault`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.errors import Fault as Fault
    from derive.notebook.batches import evaluate as evaluate
    from derive.notebook.derivation import Derivation as Derivation
    from derive.notebook.derivation import Gradient as Gradient
    from derive.notebook.derivation import differentiate as differentiate
    from derive.notebook.display import Shown as Shown
    from derive.notebook.network import Network as Network
    from derive.notebook.network import network as network
    from derive.notebook.reports import Report as Report
    from derive.notebook.reports import load as load

# Public name → the module that has it, loaded when the name is first used.
_PLACES = {
    "Derivation": "notebook.derivation",
    "Fault": "errors",
    "Gradient": "notebook.derivation",
    "Network": "notebook.network",
    "Report": "notebook.reports",
    "Shown": "notebook.display",
    "differentiate": "notebook.derivation",
    "evaluate": "notebook.batches",
    "load": "notebook.reports",
    "network": "notebook.network",
}
__all__ = list(_PLACES)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'derive' has no attribute {name!r}")
    return getattr(import_module(f"derive.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})


class _Package(ModuleType):
    """Loading the modules derive.differentiate and derive.evaluate does not hide the functions of that name."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _PLACES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
