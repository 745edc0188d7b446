"""Kernels of the harness's own, run in the operands' type: correct, and as inexact as that type is."""

from typing import Any, TypeAlias

import numpy as np

from harness.implementations.arguments import call_from
from harness.oracle.kernels import KERNELS, Kernel

Array: TypeAlias = np.ndarray[Any, Any]


def local_fast(**arguments: Any) -> Array:
    """Compute `in_backprop` by the kernel `fast`, sums kept in the operands' type. Raises ValueError."""
    return _in_type(KERNELS["fast"].compute, arguments)


def local_gemm_col2im(**arguments: Any) -> Array:
    """Compute `in_backprop` by the kernel `gemm_col2im`, sums kept in the operands' type. Raises ValueError."""
    return _in_type(KERNELS["gemm_col2im"].compute, arguments)


def _in_type(kernel: Kernel, arguments: dict[str, Any]) -> Array:
    call = call_from(**arguments)
    with np.errstate(all="ignore"):  # int32 wraps (C9), half overflows, and inf - inf is NaN (C14)
        result = kernel(call.geometry, call.filter, call.out_backprop)
    # numpy has no matrix product of bfloat16: it comes as float32, and is rounded with the sum it is added to.
    return call.in_layout(result.astype(call.filter.dtype, copy=False))
