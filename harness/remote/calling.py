"""One call of a kernel in this process: what it returns, raises or changes becomes plain data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final, TypeAlias

import numpy as np

from harness.remote.frames import bytes_of
from harness.remote.loading import load
from harness.remote.outcomes import Made, Malformed, Raised, Repeated, Returned, Unavailable, UnavailableError

Array: TypeAlias = "np.ndarray[Any, Any]"
LONGEST_MESSAGE: Final = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One call to make.

    `attributes` are the operator's arguments that are no arrays. `shape` is what the result must have, its type being
    that of the operands; None where there must be no result.
    """

    attributes: Mapping[str, Any]
    filter: Array
    out_backprop: Array
    shape: "tuple[int, ...] | None"


def outcomes(target: str, calls: Sequence[Call], *, again: bool = False) -> Iterator[Made]:
    """Make the calls in order. `again` says that the last one is the first once more.

    Then its result is not kept where it has the bits of the first.
    """
    first: Made | None = None
    for number, each in enumerate(calls, 1):
        outcome = call(target, each)
        first = first or outcome
        if again and number == len(calls) and isinstance(first, Returned) and isinstance(outcome, Returned):
            same = not _differs(outcome.in_backprop, first.in_backprop)
            yield Repeated(outcome.seconds) if same else outcome
        else:
            yield outcome


def call(target: str, made: Call) -> Made:
    """Load the kernel, if it is not yet, and call it once."""
    started = perf_counter()
    try:
        kernel = load(target)
        filter, out_backprop = _protected(made.filter), _protected(made.out_backprop)
        started = perf_counter()
        value = kernel(filter=filter, out_backprop=out_backprop, **_lists_of_its_own(made.attributes))
    except UnavailableError as error:
        return Unavailable(str(error), perf_counter() - started)
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever a kernel raises is a finding, not our fault
        return Raised(type(error).__name__, str(error)[:LONGEST_MESSAGE], perf_counter() - started)
    seconds = perf_counter() - started
    if _differs(filter, made.filter) or _differs(out_backprop, made.out_backprop):
        return Malformed("wrote to its operands", seconds)
    return _formed(value, made, seconds)


def _lists_of_its_own(attributes: Mapping[str, Any]) -> "dict[str, Any]":
    return {name: list(value) if isinstance(value, (list, tuple)) else value for name, value in attributes.items()}


def _protected(operand: Array) -> Array:
    """A read-only copy: a kernel that gets around the flag must not spoil the next call's operands."""
    copy: Array = operand.copy()
    copy.flags.writeable = False
    return copy


def _differs(array: Array, original: Array) -> bool:
    word = np.uint8 if array.nbytes % 8 or original.nbytes % 8 else np.uint64
    return not np.array_equal(bytes_of(array).view(word), bytes_of(original).view(word))


def _formed(value: object, made: Call, seconds: float) -> Made:
    """The returned array, or what is wrong with its form (rule 0)."""
    if made.shape is None:
        shown = f"{list(value.shape)} of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
        return Malformed(f"returned {shown}", seconds)
    shape = value.shape if isinstance(value, np.ndarray) else None
    fault = structure_fault(value, made.shape, made.filter.dtype)
    return Malformed(fault, seconds, shape) if fault else Returned(np.array(value, order="C"), seconds)


def structure_fault(result: object, shape: "tuple[int, ...]", dtype: "np.dtype[Any]") -> "str | None":
    """Rule 0: what is wrong with the form of a result, or None."""
    if not isinstance(result, np.ndarray):
        convertible = hasattr(result, "__array__") and not isinstance(result, np.generic)
        hint = ": np.asarray makes one of it" if convertible or isinstance(result, list) else ""
        return f"returned {type(result).__name__}, not an array of numpy{hint}"
    if result.dtype != dtype:
        return f"returned type {result.dtype}, not {dtype}"
    if result.shape != shape:
        return f"returned shape {list(result.shape)}, not {list(shape)}"
    return None
