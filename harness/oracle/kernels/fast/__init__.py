"""The kernel the harness compares with at any size: matrix products, and additions of whole slices.

What each form is for, and what was measured, is in `docs/performance.md`.
"""

from typing import Any, Final, TypeAlias

import numpy as np

from harness.oracle.kernels.fast.by_columns import by_columns, fits
from harness.oracle.kernels.fast.by_taps import by_taps, product
from harness.spec.geometry import Geometry

Array: TypeAlias = np.ndarray[Any, Any]

_MANY: Final = 16  # channels: slices of so many are added as quickly as whole rows


def fast(geometry: Geometry, filter: Array, out_backprop: Array) -> Array:
    """Compute `in_backprop` [N H W C] from `filter` [R S C/G K] and `out_backprop` [N P Q K], in their common type.

    C1 with the sum over k as a matrix product. Beside operands and result it holds 64 MiB at most.
    """
    R, S, channels, K = filter.shape
    match channels, K // geometry.groups:
        case _ if not (filter.size and out_backprop.size and channels):
            return np.zeros(geometry.input_shape, out_backprop.dtype)
        case _ if _is_pointwise(geometry) and out_backprop.flags.c_contiguous:
            return product(out_backprop, filter[0, 0], geometry.groups)
        case 1, 1 if geometry.C >= _MANY:
            return by_taps(geometry, filter, out_backprop)
        case _ if channels <= min(_MANY, R * S) and fits(geometry):
            return by_columns(geometry, filter, out_backprop)
        case _:
            return by_taps(geometry, filter, out_backprop)


def _is_pointwise(geometry: Geometry) -> bool:
    """Whether there is one tap, which meets every position once: nothing is added."""
    return all(a.filter == a.stride == 1 and a.output == a.input for a in (geometry.height, geometry.width))
