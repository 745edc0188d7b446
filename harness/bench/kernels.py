"""The kernel `fast` against implementations, and against the matrix product of the same work."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias

import numpy as np

from harness.bench.layers import Layer
from harness.bench.timing import Clock, Seconds, by_turns
from harness.errors import InvalidInputError
from harness.implementations import Implementation, Kernel
from harness.oracle.kernels import fast
from harness.oracle.operands import Operands, operands_of_shapes
from harness.remote.loading import load
from harness.spec.case import Attributes

Array: TypeAlias = np.ndarray[Any, Any]

FAST: Final = "fast"
PRODUCT: Final = "product"
_HELD: Final = 2**23  # elements of a product that are held


@dataclass(frozen=True, slots=True)
class Timed:
    """One layer: the seconds of `fast`, of the product and of each implementation, and why others have none."""

    layer: Layer
    seconds: Mapping[str, Seconds]
    missing: Mapping[str, str]


def loaded(implementations: Sequence[Implementation]) -> dict[str, Kernel]:
    """Their callables, in this process. Raises InvalidInputError where their environments contradict each other."""
    environment: dict[str, str] = {}
    for implementation in implementations:
        for variable, value in implementation.environment.items():
            if environment.setdefault(variable, value) != value:
                raise InvalidInputError([f"{implementation.name} needs {variable}={value}, and another one does not"])
    os.environ.update(environment)
    with _quietly():
        return {implementation.name: load(implementation.target) for implementation in implementations}


@contextmanager
def _quietly() -> Iterator[None]:
    """Without what a framework logs while it starts, on the standard error of the process itself."""
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 -- a device
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def timed(
    layers: Iterable[Layer], kernels: Mapping[str, Kernel], dtype: str, seconds: float, clock: Clock
) -> Iterator[Timed]:
    """Time each layer for some seconds, on operands whose sums are exact: who is timed must be right."""
    for layer in layers:
        attributes = layer.attributes(dtype)
        operands = operands_of_shapes(attributes.filter, attributes.out_backprop, dtype)
        calls: dict[str, Callable[[], object]] = {
            FAST: partial(fast, layer.geometry, operands.filter, operands.out_backprop),
            PRODUCT: _product(layer, operands),
        }
        missing = {}
        expected, _ = (call() for call in calls.values())  # each is called once ahead
        for name, kernel in kernels.items():
            call = _call(kernel, attributes, operands)
            if fault := _fault(call, expected):
                missing[name] = fault
            else:
                calls[name] = call
        yield Timed(layer, by_turns(calls, seconds, clock), missing)


def _product(layer: Layer, operands: Operands) -> Callable[[], None]:
    """The products alone, as large as they get within the memory that is held: what there is to reach."""
    R, S, C, K = operands.filter.shape
    G = layer.geometry.groups
    weights = np.ascontiguousarray(operands.filter.reshape(R * S * C, G, K // G).transpose(1, 2, 0))
    rows = np.ascontiguousarray(operands.out_backprop.reshape(-1, G, K // G).transpose(1, 0, 2))
    step = max(1, min(rows.shape[1], _HELD // (R * S * C * G)))
    out = np.empty((G, step, R * S * C), rows.dtype)

    def product() -> None:
        for first in range(0, rows.shape[1], step):
            block = rows[:, first : first + step]
            np.matmul(block, weights, out=out[:, : block.shape[1]])

    return product


def _call(kernel: Kernel, attributes: Attributes, operands: Operands) -> Callable[[], Any]:
    return partial(
        kernel,
        input_sizes=list(attributes.input_sizes),
        filter=operands.filter,
        out_backprop=operands.out_backprop,
        strides=list(attributes.strides),
        padding=attributes.padding,
        explicit_paddings=list(attributes.explicit_paddings),
        data_format=attributes.data_format,
        dilations=list(attributes.dilations),
    )


def _fault(call: Callable[[], Any], expected: object) -> str:
    """Why a kernel is not timed on a layer; empty where it is."""
    try:
        with _quietly():
            result = call()
        return "" if np.array_equal(result, np.asarray(expected)) else "returned something else"
    except Exception as error:  # noqa: BLE001 -- a kernel that cannot say a layer has no time, and the others have
        return f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}"
