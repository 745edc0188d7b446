"""One call of a kernel in this process: what it returns, raises or changes becomes plain data."""

import contextlib
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from time import perf_counter
from typing import Any, Final, TypeAlias

import numpy as np

from harness.implementations import (
    Implementation,
    Kernel,
    Malformed,
    Outcome,
    Raised,
    Repeated,
    Returned,
    Unavailable,
    UnavailableError,
)
from harness.implementations.resolve import load
from harness.oracle.bounds import TYPES
from harness.oracle.compare import structure_fault
from harness.oracle.operands import Operands, make_operands, operands_of_shapes
from harness.spec.attributes import from_nhwc
from harness.spec.case import Attributes, Case, DataKind, Shape

Work: TypeAlias = Case | tuple[Attributes, ...]  # a case with all its calls, or a batch: NHWC calls, each made once
LONGEST_MESSAGE: Final = 2_000


def calls_of(case: Case) -> Iterator[tuple[DataKind, int]]:
    """The calls of one case, in order: every draw of every kind, and the first draw once more at the end.

    The repetition finds a kernel that depends on the call before.
    """
    kinds = case.data if case.geometry else (DataKind.NORMAL,)
    for kind in kinds:
        for draw in range(len(make_operands(case, kind))):
            yield kind, draw
    if case.geometry:
        yield kinds[0], 0


def outcomes(implementation: Implementation, work: Work) -> Iterator[Outcome]:
    """Make all calls of a case, or every call of a batch once."""
    if isinstance(work, Case):
        yield from _calls(implementation, work)
        return
    for attributes in work:
        operands = operands_of_shapes(attributes.filter, attributes.out_backprop, attributes.dtype)
        yield _call(implementation, attributes, operands, attributes.input_sizes)


def _calls(implementation: Implementation, case: Case) -> Iterator[Outcome]:
    """Make the calls of one case; the last result is not sent again where it has the bits of the first."""
    calls = list(calls_of(case))
    first: Outcome | None = None
    for number, (kind, draw) in enumerate(calls, 1):
        outcome = call(implementation, case, kind, draw)
        first = first or outcome
        if number == len(calls) > 1 and isinstance(first, Returned) and isinstance(outcome, Returned):
            same = not _differs(outcome.in_backprop, first.in_backprop)
            yield Repeated(outcome.seconds) if same else outcome
        else:
            yield outcome


def call(implementation: Implementation, case: Case, kind: DataKind, draw: int) -> Outcome:
    """Load the kernel, if it is not yet, and call it once with one draw of a case's operands."""
    geometry = case.geometry
    shape = from_nhwc(geometry.input_shape, case.attributes.data_format) if geometry else None
    return _call(implementation, case.attributes, make_operands(case, kind)[draw], shape)


def _call(implementation: Implementation, attributes: Attributes, operands: Operands, shape: Shape | None) -> Outcome:
    """Call once; `shape` is what the result must have, None where there must be no result."""
    started = perf_counter()
    try:
        kernel = _loaded(implementation.target, tuple(implementation.environment.items()))
        filter, out_backprop = _protected(operands)
        started = perf_counter()
        value = kernel(
            input_sizes=list(attributes.input_sizes),
            filter=filter,
            out_backprop=out_backprop,
            strides=list(attributes.strides),
            padding=attributes.padding,
            explicit_paddings=list(attributes.explicit_paddings),
            data_format=attributes.data_format,
            dilations=list(attributes.dilations),
        )
    except UnavailableError as error:
        return Unavailable(str(error), perf_counter() - started)
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever a kernel raises is a finding, not our fault
        message = _plain(str(error), implementation.wording.decoration)[:LONGEST_MESSAGE]
        return Raised(type(error).__name__, message, perf_counter() - started)
    seconds = perf_counter() - started
    if _differs(filter, operands.filter) or _differs(out_backprop, operands.out_backprop):
        return Malformed("wrote to its operands", seconds)
    return _formed(attributes.dtype, shape, value, seconds)


def _plain(message: str, decoration: tuple[str, ...]) -> str:
    """A message without what a framework wraps around it."""
    return re.sub("|".join(decoration), "", message, flags=re.DOTALL).strip() if decoration else message.strip()


def _protected(operands: Operands) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Read-only copies: a kernel that gets around the flag must not spoil the next call's operands."""
    filter, out_backprop = operands.filter.copy(), operands.out_backprop.copy()
    filter.flags.writeable = out_backprop.flags.writeable = False
    return filter, out_backprop


def _differs(array: np.ndarray[Any, Any], original: np.ndarray[Any, Any]) -> bool:
    word = np.uint8 if array.nbytes % 8 or original.nbytes % 8 else np.uint64
    return not np.array_equal(bits_of(array).view(word), bits_of(original).view(word))


def bits_of(array: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The bytes of a contiguous array, not copied."""
    return array.reshape(-1).view(np.uint8)


def _formed(dtype: str, shape: Shape | None, value: object, seconds: float) -> Outcome:
    """The returned array, or what is wrong with its form (rule 0)."""
    if shape is None:
        shown = f"{list(value.shape)} of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
        return Malformed(f"returned {shown}", seconds)
    fault = structure_fault(value, shape, TYPES[dtype].dtype)
    if fault or not isinstance(value, np.ndarray):
        return Malformed(fault or "returned no array", seconds, getattr(value, "shape", None))
    return Returned(np.array(value, order="C"), seconds)


def preload(implementation: Implementation) -> None:
    """Import the kernel ahead of its first call, under a limit of its own; what goes wrong, `call` will say."""
    with contextlib.suppress(Exception, SystemExit):
        _loaded(implementation.target, tuple(implementation.environment.items()))


@lru_cache(maxsize=32)
def _loaded(target: str, environment: tuple[tuple[str, str], ...]) -> Kernel:
    os.environ.update(environment)
    return load(Implementation(target, target, target))
