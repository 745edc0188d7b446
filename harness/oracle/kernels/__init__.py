"""Reference kernels, one algorithm a file, none knowing of another.

Each takes the geometry, `filter` [R S C/G K] and `out_backprop` [N P Q K] in one type that is wide enough (float64
or int64; float32 where sums are exact in it) and returns `in_backprop` [N H W C] in that type.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from harness.oracle.kernels.fast import fast
from harness.oracle.kernels.forward import forward
from harness.oracle.kernels.gather_loops import gather_loops
from harness.oracle.kernels.gemm_col2im import gemm_col2im
from harness.oracle.kernels.rotated_filter import rotated_filter
from harness.oracle.kernels.scatter_loops import scatter_loops
from harness.spec.geometry import Geometry

Kernel: TypeAlias = Callable[[Geometry, np.ndarray[Any, Any], np.ndarray[Any, Any]], np.ndarray[Any, Any]]

__all__ = ["KERNELS", "Kernel", "ReferenceKernel", "fast", "forward"]


@dataclass(frozen=True, slots=True)
class ReferenceKernel:
    """A kernel and how far a budget for Python loops carries it.

    `reach` is how many multiply-adds it does in the time of one in a Python loop; `holds` are the elements of the
    largest array it makes, which padding alone can make large; `finite_only` marks the form that multiplies stuffed
    zeros, in which a NaN reaches positions that C14 keeps clear of it.
    """

    compute: Kernel
    reach: int = 1
    holds: Callable[[Geometry], int] = lambda _: 0
    finite_only: bool = False

    def work(self, geometry: Geometry) -> int:
        """Multiply-adds, or elements held where they are more."""
        return max(geometry.multiply_adds, self.holds(geometry))


def _padded(geometry: Geometry) -> int:
    """Elements of the image that `gemm_col2im` crops."""
    axes = (geometry.height, geometry.width)
    extents = (max(a.pad_before + a.input + a.pad_after, a.output * a.stride + a.effective_filter) for a in axes)
    return geometry.N * geometry.C * math.prod(extents)


def _stuffed(geometry: Geometry) -> int:
    """Elements of the `out_backprop` that `rotated_filter` stuffs and pads."""
    axes = (geometry.height, geometry.width)
    return geometry.N * geometry.K * math.prod(a.input + a.effective_filter - 1 for a in axes)


KERNELS: Final[dict[str, ReferenceKernel]] = {
    "scatter_loops": ReferenceKernel(scatter_loops),
    "gather_loops": ReferenceKernel(gather_loops),
    "rotated_filter": ReferenceKernel(rotated_filter, reach=100, holds=_stuffed, finite_only=True),
    "gemm_col2im": ReferenceKernel(gemm_col2im, reach=100, holds=_padded),
    "fast": ReferenceKernel(fast, reach=2**62),
}
