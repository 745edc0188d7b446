"""What one call can come to in the process that makes it, and its plain form, which crosses a pipe."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:  # so that listing the implementations does not import numpy
    import numpy as np

Array: TypeAlias = "np.ndarray[Any, Any]"


class UnavailableError(Exception):
    """The machine lacks what the implementation runs on: its cases are skipped, and the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """The call came back with an array of the right shape and type."""

    in_backprop: Array
    seconds: float


@dataclass(frozen=True, slots=True)
class Repeated:
    """The first call, made again at the end, came back with the bits that it had the first time."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Malformed:
    """The call came back, but not with what was asked for; `fault` says in a few words what it did.

    `shape` is that of the array that came, if one did.
    """

    fault: str
    seconds: float
    shape: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Raised:
    """The call raised cleanly. `error_class` is the class's name, `message` its text."""

    error_class: str
    message: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The call could not be made on this machine; `reason` says what is missing."""

    reason: str
    seconds: float


Made: TypeAlias = Returned | Repeated | Malformed | Raised | Unavailable


def to_plain(outcome: Made) -> tuple[dict[str, Any], list[Array]]:
    """The outcome as JSON has it, and its array apart."""
    values = {each.name: getattr(outcome, each.name) for each in fields(outcome)}
    in_backprop = values.pop("in_backprop", None)
    return {"outcome": type(outcome).__name__, **values}, [] if in_backprop is None else [in_backprop]


def from_plain(values: object, arrays: Sequence[Array]) -> Made:
    """An outcome from what came over a pipe. Raises ValueError where that is none."""
    match values, list(arrays):
        case {"outcome": "Returned", "seconds": float(seconds)}, [in_backprop]:
            return Returned(in_backprop, seconds)
        case {"outcome": "Repeated", "seconds": float(seconds)}, []:
            return Repeated(seconds)
        case {"outcome": "Malformed", "fault": str(fault), "seconds": float(seconds), "shape": shape}, []:
            return Malformed(fault, seconds, None if shape is None else _extents(shape))
        case {"outcome": "Raised", "error_class": str(name), "message": str(message), "seconds": float(seconds)}, []:
            return Raised(name, message, seconds)
        case {"outcome": "Unavailable", "reason": str(reason), "seconds": float(seconds)}, []:
            return Unavailable(reason, seconds)
    raise ValueError("no outcome of a call")


def _extents(shape: object) -> tuple[int, ...]:
    if not isinstance(shape, list) or not all(type(extent) is int for extent in shape):
        raise ValueError("no shape of an array")
    return tuple(shape)
