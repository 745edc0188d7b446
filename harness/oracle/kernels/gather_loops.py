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
    dy, weights = out_backprop.tolist(), filter.tolist()  # Python indexes lists three times as fast as arrays
    rows = [_sources(h, geometry.height) for h in range(H)]
    columns = [_sources(w, geometry.width) for w in range(W)]
    sums = np.empty((N, H, W, C), object)
    for n, h, w, c in np.ndindex(N, H, W, C):
        g, c_in_group = divmod(c, C_per_group)
        sums[n, h, w, c] = sum(
            weights[r][s][c_in_group][k] * dy[n][p][q][k]
            for r, p in rows[h]
            for s, q in columns[w]
            for k in range(g * K_per_group, (g + 1) * K_per_group)
        )
    if out_backprop.dtype.kind == "i":  # Python's integers do not wrap, int64 does
        sums = (sums + 2**63) % 2**64 - 2**63
    return sums.astype(out_backprop.dtype)


def _sources(position: int, axis: Axis) -> list[tuple[int, int]]:
    """Pairs (tap, output position) that meet at one input position of one axis."""
    pairs = []
    for tap in range(axis.filter):
        source, remainder = divmod(position + axis.pad_before - tap * axis.dilation, axis.stride)
        if remainder == 0 and 0 <= source < axis.output:
            pairs.append((tap, source))
    return pairs
