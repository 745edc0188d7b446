"""The same sum read backwards: each input position collects the products that reach it."""

from typing import Any, TypeAlias

import numpy as np

from harness.spec.geometry import Axis, Geometry

Array: TypeAlias = np.ndarray[Any, Any]


def gather_loops(geometry: Geometry, filter: Array, out_backprop: Array) -> Array:
    """Compute `in_backprop` [N H W C] from `filter` [R S C/G K] and `out_backprop` [N P Q K], in their common type.

    C1 solved for p and q: tap r reaches row h from row p = (h + pt - r*dh) / sh, where that divides and exists
    (C5, C6). Group g of C8 is the block of channels that c lies in.
    """
    N, H, W, C = geometry.input_shape
    _, _, C_per_group, K = filter.shape
    K_per_group = K // geometry.groups
    in_backprop = np.zeros((N, H, W, C), out_backprop.dtype)
    rows = [_sources(h, geometry.height) for h in range(H)]
    columns = [_sources(w, geometry.width) for w in range(W)]
    for n, h, w, c in np.ndindex(N, H, W, C):
        g, c_in_group = divmod(c, C_per_group)
        in_backprop[n, h, w, c] = sum(
            (
                filter[r, s, c_in_group, k] * out_backprop[n, p, q, k]
                for r, p in rows[h]
                for s, q in columns[w]
                for k in range(g * K_per_group, (g + 1) * K_per_group)
            ),
            start=in_backprop.dtype.type(0),
        )
    return in_backprop


def _sources(position: int, axis: Axis) -> list[tuple[int, int]]:
    """Pairs (tap, output position) that meet at one input position of one axis."""
    pairs = []
    for tap in range(axis.filter):
        source, remainder = divmod(position + axis.pad_before - tap * axis.dilation, axis.stride)
        if remainder == 0 and 0 <= source < axis.output:
            pairs.append((tap, source))
    return pairs
