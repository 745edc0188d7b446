"""Kernels of the harness's own, run in the operands' type: correct, and as inexact as that type is."""

from typing import Any, Final, TypeAlias

import numpy as np

from harness.implementations.arguments import call_from
from harness.oracle.kernels import KERNELS, ReferenceKernel

Array: TypeAlias = np.ndarray[Any, Any]

FRAMEWORK = {
    "paths": {
        "local-fast": {
            "callable": "local_fast",
            "summary": "the reference kernel `fast` in the operands' type",
        },
        "local-gemm-col2im": {
            "callable": "local_gemm_col2im",
            "summary": "the reference kernel `gemm_col2im` in the operands' type",
        },
    },
}
MOST_HELD: Final = 2**28  # elements


def local_fast(**arguments: Any) -> Array:
    """Compute `in_backprop` by the kernel `fast`, sums kept in the operands' type. Raises ValueError."""
    return _in_type(KERNELS["fast"], arguments)


def local_gemm_col2im(**arguments: Any) -> Array:
    """Compute `in_backprop` by the kernel `gemm_col2im`, sums kept in the operands' type.

    Raises ValueError, and NotImplementedError where the padded image is too large to hold.
    """
    return _in_type(KERNELS["gemm_col2im"], arguments)


def _in_type(kernel: ReferenceKernel, arguments: dict[str, Any]) -> Array:
    call = call_from(**arguments)
    if (held := kernel.holds(call.geometry)) > MOST_HELD:
        raise NotImplementedError(f"an array of {held:,} elements to hold the padding")
    with np.errstate(all="ignore"):  # int32 wraps (C9), half overflows, and inf - inf is NaN (C14)
        result = kernel.compute(call.geometry, call.filter, call.out_backprop)
    # numpy has no matrix product of bfloat16: it comes as float32, and is rounded with the sum it is added to.
    return call.in_layout(result.astype(call.filter.dtype, copy=False))
