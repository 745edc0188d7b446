"""One matrix product into columns, then a scatter-add of patches: what TensorFlow's CPU kernel does."""

from typing import Any, TypeAlias

import numpy as np

from harness.spec.geometry import Geometry

Array: TypeAlias = np.ndarray[Any, Any]


def gemm_col2im(geometry: Geometry, filter: Array, out_backprop: Array) -> Array:
    """Compute `in_backprop` [N H W C] from `filter` [R S C/G K] and `out_backprop` [N P Q K], in their common type.

    C1 in two steps: columns[n,p,q,r,s,c] sums over k; col2im adds each patch to a padded image, whose border is then
    cropped (C6). One product for each group (C8).
    """
    y, x = geometry.height, geometry.width
    N, P, Q, K = out_backprop.shape
    R, S, C, _ = filter.shape
    G = geometry.groups
    rows = out_backprop.reshape(N * P * Q, G, K // G).transpose(1, 0, 2)
    weights = filter.reshape(R * S * C, G, K // G).transpose(1, 2, 0)
    columns = (rows @ weights).reshape(G, N, P, Q, R, S, C)
    padded_H = y.pad_before + max(y.input + y.pad_after, (P - 1) * y.stride + y.effective_filter)
    padded_W = x.pad_before + max(x.input + x.pad_after, (Q - 1) * x.stride + x.effective_filter)
    image = np.zeros((G, N, padded_H, padded_W, C), out_backprop.dtype)
    for p in range(P):
        for q in range(Q):
            h, w = p * y.stride, q * x.stride
            patch = image[:, :, h : h + y.effective_filter : y.dilation, w : w + x.effective_filter : x.dilation]
            patch += columns[:, :, p, q]
    cropped = image[:, :, y.pad_before : y.pad_before + y.input, x.pad_before : x.pad_before + x.input]
    return cropped.transpose(1, 2, 3, 0, 4).reshape(geometry.input_shape)
