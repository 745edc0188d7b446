"""The kernel the harness compares with at any size: one matrix product and one strided addition for each tap."""

from typing import Any, TypeAlias

import numpy as np

from harness.spec.geometry import Axis, Geometry

Array: TypeAlias = np.ndarray[Any, Any]


def fast(geometry: Geometry, filter: Array, out_backprop: Array) -> Array:
    """Compute `in_backprop` [N H W C] from `filter` [R S C/G K] and `out_backprop` [N P Q K], in their common type.

    C1 with the sum over k as a matrix product; each tap's range of p and q that stays inside the input (C6) is
    solved for beforehand.
    """
    weights, rows = _by_group(geometry, filter, out_backprop)
    if _is_pointwise(geometry.height) and _is_pointwise(geometry.width):
        return _joined(geometry, _product(rows, weights[0, 0]))  # nothing is added
    total = _zeros(geometry, out_backprop.dtype)
    for r in range(geometry.height.filter):
        p, h = _inside(r, geometry.height)
        for s in range(geometry.width.filter):
            q, w = _inside(s, geometry.width)
            if p.start < p.stop and q.start < q.stop and geometry.N and geometry.C:
                total[:, :, h, w] += _product(rows[:, :, p, q], weights[r, s])
    return _joined(geometry, total)


def _by_group(geometry: Geometry, filter: Array, out_backprop: Array) -> tuple[Array, Array]:
    """The factors of the matrix products: [R S G K/G C/G] and [G N P Q K/G] (C8)."""
    N, P, Q, K = out_backprop.shape
    R, S, C, _ = filter.shape
    G = geometry.groups
    weights = filter.reshape(R, S, C, G, K // G).transpose(0, 1, 3, 4, 2)
    return weights, out_backprop.reshape(N, P, Q, G, K // G).transpose(3, 0, 1, 2, 4)


def _zeros(geometry: Geometry, dtype: np.dtype[Any]) -> Array:
    N, H, W, C = geometry.input_shape
    G = geometry.groups
    return np.zeros((G, N, H, W, C // G), dtype)


def _joined(geometry: Geometry, by_group: Array) -> Array:
    return by_group.transpose(1, 2, 3, 0, 4).reshape(geometry.input_shape)


def _is_pointwise(axis: Axis) -> bool:
    """Whether the axis has one tap, which meets every position once."""
    return axis.filter == axis.stride == 1 and axis.output == axis.input


def _product(rows: Array, weights: Array) -> Array:
    """One matrix product for each group: [G N P Q K/G] times [G K/G C/G]."""
    G, N, P, Q, K = rows.shape
    return (rows.reshape(G, N * P * Q, K) @ weights).reshape(G, N, P, Q, weights.shape[-1])


def _inside(tap: int, axis: Axis) -> tuple[slice, slice]:
    """Output positions whose `tap` lies inside the input, and the input positions it lies on."""
    offset = tap * axis.dilation - axis.pad_before
    first = max(0, -(offset // axis.stride))
    last = min(axis.output - 1, (axis.input - 1 - offset) // axis.stride)
    if last < first:
        return slice(0, 0), slice(0, 0)
    start = first * axis.stride + offset
    return slice(first, last + 1), slice(start, last * axis.stride + offset + 1, axis.stride)
