"""What can be wrong with what the user gave us."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in one file. `line` and `column` count from 1; 0 where the whole file is meant."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        """The form editors and compilers share, `file:line:column: message`."""
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class InvalidInputError(Exception):
    """Wrong usage or invalid files: nothing was run, exit status 4."""

    def __init__(self, lines: Iterable[object]) -> None:
        """Keep one line for each mistake, in the order a person reads them, and what the lines were made of."""
        self.findings = tuple(lines)
        self.lines = tuple(map(str, self.findings))
        super().__init__("\n".join(self.lines))


class NothingMatchedError(Exception):
    """Right usage that selects no case: exit status 5."""
