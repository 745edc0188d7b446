"""The textbook's form: a plain correlation of the zero-stuffed, padded `out_backprop` with the rotated filter (C15)."""

from typing import Any, TypeAlias

import numpy as np

from harness.spec.geometry import Axis, Geometry

Array: TypeAlias = np.ndarray[Any, Any]


def rotated_filter(geometry: Geometry, filter: Array, out_backprop: Array) -> Array:
    """Compute `in_backprop` [N H W C] from `filter` [R S C/G K] and `out_backprop` [N P Q K], in their common type.

    C15: stride becomes zeros between the elements, dilation stays the spacing of the taps, and the padding before
    becomes effR - 1 - pt. For finite operands only: a stuffed zero times NaN or infinity is NaN, where C14 has 0.
    """
    N, H, W, C = geometry.input_shape
    R, S, C_per_group, K = filter.shape
    G = geometry.groups
    stuffed = _stuff(_stuff(out_backprop, 1, geometry.height), 2, geometry.width)
    by_group = stuffed.reshape(*stuffed.shape[:3], G, K // G)
    # [R S C/G K] rotated by 180 degrees, then [R S G K/G C/G]: the channel axes exchanged.
    rotated = filter[::-1, ::-1].reshape(R, S, C_per_group, G, K // G).transpose(0, 1, 3, 4, 2)
    in_backprop = np.zeros((N, H, W, G, C_per_group), out_backprop.dtype)
    for r in range(R):
        for s in range(S):
            h, w = r * geometry.height.dilation, s * geometry.width.dilation
            window = by_group[:, h : h + H, w : w + W]
            in_backprop += np.einsum("nhwgk,gkc->nhwgc", window, rotated[r, s])
    return in_backprop.reshape(N, H, W, C)


def _stuff(array: Array, along: int, axis: Axis) -> Array:
    """Put stride - 1 zeros between the elements; pad or crop so that correlating gives the input's extent."""
    extent = axis.input + axis.effective_filter - 1
    shape = list(array.shape)
    shape[along] = extent
    stuffed = np.zeros(shape, array.dtype)
    positions = np.arange(axis.output) * axis.stride + axis.effective_filter - 1 - axis.pad_before
    inside = np.flatnonzero((positions >= 0) & (positions < extent))
    np.moveaxis(stuffed, along, 0)[positions[inside]] = np.moveaxis(array, along, 0)[inside]
    return stuffed
