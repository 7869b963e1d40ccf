"""A report file in Python: its networks by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path

from derive import report
from derive.errors import nearest
from derive.notebook.names import NoSuchName
from derive.notebook.network import Network, of_problem
from derive.problems.matrix.network import MatrixNetwork
from derive.problems.network import Network as Problem


class Report(Mapping[str, Network]):
    """A report that has been read: a mapping of the names of its networks to the networks.

    A network is checked when it is looked up; a Fault tells of a step that fails.
    """

    def __init__(self, loaded: report.Report) -> None:
        self._loaded = loaded
        self._networks: dict[str, Network] = {}

    @property
    def title(self) -> str:
        return self._loaded.meta.title

    def __getitem__(self, name: str) -> Network:
        if name not in self._networks:
            problem = self._loaded.problems.get(name)
            if not isinstance(problem, (Problem, MatrixNetwork)):
                raise NoSuchName(
                    f"{self._loaded.path} has no network {name}",
                    reason=nearest(str(name), self),
                    expected=", ".join(self),
                )
            self._networks[name] = of_problem(problem)
        return self._networks[name]

    def __iter__(self) -> Iterator[str]:
        return (
            name for name, problem in self._loaded.problems.items() if isinstance(problem, (Problem, MatrixNetwork))
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"Report {self.title!r}: {', '.join(self)}"


def load(path: str | PathLike[str]) -> Report:
    """Return the report of a file; raises a Fault for what cannot be read or is not a report.

    >>> import derive
    >>> report = derive.load("reports/skip_connection.md")
    >>> "skip" in report, report["skip"].values["L"]
    (True, 3.375)
    """
    return Report(report.load(Path(path)))
