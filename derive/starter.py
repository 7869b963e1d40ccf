"""`derive new`: a report that builds as it is, to be overwritten by the author's own."""

from __future__ import annotations

import os
from pathlib import Path

from derive.errors import Fault, nearest

REPORT = r"""---
title: Exercise 1
course: Deep Learning
authors: [Team Gradient]
date:
template: homework
networks:
  net:
    forward: |
      z = w x + b
      h = \sigma(z)
      L = \frac{1}{2} (h - y)^2
    data: x, y
    values: x = 2, y = 1, w = 0.5, b = -0.25
    update: {rule: sgd, learning_rate: \eta = 0.1}
---

# One neuron

## Forward and backward pass {points=4}

{{ net.forward }}

::: solution
{{ net.backward }}
:::

## Numbers {points=3}

{{ net.given }}

::: hint
The derivative of the sigmoid is $\sigma' = \sigma (1 - \sigma)$.
:::

::: solution
{{ net.forward(numbers=true) }}
{{ net.backward(numbers=true) }}
{{ net.update }}

The loss falls from ${{ net.value("L") }}$ to ${{ net.after("L") }}$.
:::
"""


def _folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(20, "Not a directory") from None


def write(name: Path, force: bool, template: str = "homework") -> Path:
    """Write the starter report and return its path (with `.md` if it had no ending).

    Raises a Fault if the file exists or the template does not.
    """
    from derive.writers.templates import names

    if template not in names():
        raise Fault(
            f"no template is called {template!r}", expected=", ".join(names()), reason=nearest(template, names())
        )
    if not name.name:
        raise Fault(f"`{name}` is no name of a file", path=str(name), fix="derive new homework.md")
    target = name if name.suffix else name.with_suffix(".md")
    try:
        _folder(target.parent)
        with open(target, "w" if force else "x", encoding="utf-8", newline="\n") as out:
            out.write(REPORT.replace("template: homework", f"template: {template}"))
    except FileExistsError:
        raise Fault(f"{target} exists", path=str(target), fix=f"derive new --force {target}") from None
    except OSError as wrong:
        raise Fault(
            f"cannot write {target}", path=str(target), reason=wrong.strerror or os.strerror(wrong.errno or 0)
        ) from None
    return target
