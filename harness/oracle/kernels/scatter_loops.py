"""The seven loops a newcomer writes: every product is added where the forward convolution read its input (C1)."""

from typing import Any, TypeAlias

import numpy as np

from harness.spec.geometry import Geometry

Array: TypeAlias = np.ndarray[Any, Any]


def scatter_loops(geometry: Geometry, filter: Array, out_backprop: Array) -> Array:
    """Compute `in_backprop` [N H W C] from `filter` [R S C/G K] and `out_backprop` [N P Q K], in their common type.

    C1, with padding (C6) as an offset, stride as a step of the output, dilation as a step of the tap, groups (C8).
    Nested lists, because Python indexes them three times as fast as arrays.
    """
    y, x = geometry.height, geometry.width
    N, P, Q, K = out_backprop.shape
    R, S, C, _ = filter.shape
    dy, weights = out_backprop.tolist(), filter.tolist()
    in_backprop = np.zeros(geometry.input_shape, out_backprop.dtype).tolist()
    for n in range(N):
        for p in range(P):
            for q in range(Q):
                for k in range(K):
                    group = k // (K // geometry.groups)
                    for r in range(R):
                        h = p * y.stride + r * y.dilation - y.pad_before
                        for s in range(S):
                            w = q * x.stride + s * x.dilation - x.pad_before
                            if 0 <= h < y.input and 0 <= w < x.input:
                                for c in range(C):
                                    in_backprop[n][h][w][group * C + c] += weights[r][s][c][k] * dy[n][p][q][k]
    sums = np.array(in_backprop, object).reshape(geometry.input_shape)
    if out_backprop.dtype.kind == "i":  # Python's integers do not wrap, int64 does
        sums = (sums + 2**63) % 2**64 - 2**63
    return sums.astype(out_backprop.dtype)
