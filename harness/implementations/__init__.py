"""What is under test, behind one Protocol, and what a call of it can come to."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from harness.facts import HERE
from harness.remote.outcomes import Malformed, Raised, Repeated, Returned, Unavailable, UnavailableError

if TYPE_CHECKING:  # so that listing the implementations does not import numpy
    import numpy as np

    from harness.spec.case import Profile
    from harness.spec.snippet import Program

__all__: Final = [
    "UNDECLARED",
    "Crashed",
    "Declared",
    "Implementation",
    "Kernel",
    "Malformed",
    "Outcome",
    "Raised",
    "Repeated",
    "Returned",
    "TimedOut",
    "Unavailable",
    "UnavailableError",
    "Wording",
]


class Kernel(Protocol):
    """A callable with the operator's own argument names; lists are lists of int, arrays are read-only numpy."""

    def __call__(
        self,
        *,
        input_sizes: list[int],
        filter: "np.ndarray[Any, Any]",
        out_backprop: "np.ndarray[Any, Any]",
        strides: list[int],
        padding: str,
        explicit_paddings: list[int],
        data_format: str,
        dilations: list[int],
    ) -> "np.ndarray[Any, Any]":
        """Return `in_backprop`, or raise; NotImplementedError says 'not supported'."""
        ...


def _undeclared() -> "Profile":
    from harness.spec.case import Profile  # noqa: PLC0415 -- the other side of a host has no Python 3.11 for it

    return Profile()


@dataclass(frozen=True, slots=True)
class Declared:
    """What an implementation says of itself, beside its callable or in its framework's header.

    Where `validates` is false, no call to be rejected is made. `supports` has conditions, spelt as those of a known
    deviation, that hold for every call it claims; others are not made. `profile` says how it computes, `contiguous`
    that it takes no operands with gaps, `flushes` in which types it takes subnormal numbers for 0.
    """

    validates: bool = True
    supports: Mapping[str, Any] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)
    contiguous: bool = False
    flushes: tuple[str, ...] | None = None

    def said(self) -> dict[str, Any]:
        """What was declared, without what holds for everybody."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if value != getattr(UNDECLARED, name)}


UNDECLARED: Final = Declared()


@dataclass(frozen=True, slots=True)
class Wording:
    """What a framework says around its results, as regular expressions (of Python's `re`).

    `decoration` is cut out of the messages of exceptions. Of the lines of a host, those that match `noise` are left
    out, and `stamp` (times, paths) is replaced by its groups: the letter of a level, `F` for what ended the process.
    `ran` finds the names of the kernels that ran, by the library whose they are.
    """

    decoration: tuple[str, ...] = ()
    noise: tuple[str, ...] = ()
    stamp: tuple[str, ...] = ()
    ran: Mapping[str, str] = field(default_factory=dict)

    def with_also(self, other: "Wording") -> "Wording":
        """What either of two frameworks says."""
        lists = {each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)[:-1]}
        return Wording(**lists, ran={**self.ran, **other.ran})


@dataclass(frozen=True, slots=True)
class Implementation:
    """A kernel by name, not loaded yet.

    `target` is `module:callable` or `path/to/file.py:callable`; `given` is what the user wrote, for the line that
    reproduces a result, and `options` what else that line needs. `environment` must be set before `target` is
    imported. `interpreter` is the Python that imports it, this one where that is empty, of the environment called
    `place`. `needs` is the package it imports, `install` what installs that, `facts` a `module:callable` that says
    more of its process, `device` what the machine must have. `known_as` names the file of its known deviations.
    `profile` is what it declares of its arithmetic. `program` makes a call without the harness, `threads` names
    variables for a number of threads, `default` paths run where none is named.
    """

    name: str
    target: str
    given: str
    summary: str = ""
    needs: str | None = None
    facts: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    interpreter: str = ""
    place: str = HERE
    options: tuple[str, ...] = ()
    known_as: str = ""
    device: str = ""
    profile: "Profile" = field(default_factory=_undeclared)
    install: str = ""
    declared: Declared = UNDECLARED
    wording: Wording = field(default_factory=Wording)
    program: "Program | None" = None
    threads: tuple[str, ...] = ()
    default: bool = False

    @property
    def module(self) -> str:
        """What may be imported ahead of the first call: a module of ours, not what a user wrote.

        Nothing where a fork must not use what its parent imported, as with macOS's frameworks.
        """
        module = self.target.partition(":")[0]
        return module if module.startswith("harness.") and sys.platform == "linux" else ""


@dataclass(frozen=True, slots=True)
class Crashed:
    """The process ended during the call. `signal` is its name or the exit status, `stderr` the last lines it wrote."""

    signal: str
    stderr: tuple[str, ...]
    seconds: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The call did not come back within `limit` seconds and was ended."""

    limit: float
    stderr: tuple[str, ...]
    seconds: float


Outcome: TypeAlias = Returned | Repeated | Malformed | Raised | Unavailable | Crashed | TimedOut
