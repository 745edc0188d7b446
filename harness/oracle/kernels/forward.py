"""The forward convolution, whose adjoint the operator is (C16)."""

from typing import Any, TypeAlias

import numpy as np

from harness.spec.geometry import Geometry

Array: TypeAlias = np.ndarray[Any, Any]


def forward(geometry: Geometry, input: Array, filter: Array) -> Array:
    """Compute the convolution [N P Q K] of `input` [N H W C] with `filter` [R S C/G K], in their common type.

    output[n,p,q,k] sums filter[r,s,c,k] * input[n, p*sh + r*dh - pt, q*sw + s*dw - pl, c] over r, s and the c of
    k's group, with zeros outside the input.
    """
    y, x = geometry.height, geometry.width
    N, H, W, _ = input.shape
    R, S, C_per_group, K = filter.shape
    G, P, Q = geometry.groups, y.output, x.output
    reach_h = max((P - 1) * y.stride + y.effective_filter - y.pad_before, H)
    reach_w = max((Q - 1) * x.stride + x.effective_filter - x.pad_before, W)
    padded = np.zeros((N, y.pad_before + reach_h, x.pad_before + reach_w, G, C_per_group), input.dtype)
    padded[:, y.pad_before : y.pad_before + H, x.pad_before : x.pad_before + W] = input.reshape(N, H, W, G, C_per_group)
    weights = filter.reshape(R, S, C_per_group, G, K // G)
    output = np.zeros((N, P, Q, G, K // G), input.dtype)
    for r in range(R):
        for s in range(S):
            top, left = r * y.dilation, s * x.dilation
            rows = padded[:, top : top + (P - 1) * y.stride + 1 : y.stride] if P else padded[:, :0]
            window = rows[:, :, left : left + (Q - 1) * x.stride + 1 : x.stride] if Q else rows[:, :, :0]
            output += np.einsum("npqgc,cgk->npqgk", window, weights[r, s])
    return output.reshape(N, P, Q, K)
