"""Many channels: for each tap a product of rows that stay in the cache, added to where the tap lies."""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import numpy as np

from harness.oracle.kernels.fast.axes import part, steps
from harness.spec.geometry import Geometry

Array: TypeAlias = np.ndarray[Any, Any]
_BLOCK: Final = 2**17  # elements of a product: 1 MiB of float64, as much as a core's own cache holds
_ROWS: Final = 512  # of a product: with fewer, the library's arranging of the filter shows
_MOST: Final = 3 * 2**20  # elements of a product, and of the rows it is made of, whatever the case: 24 MiB


def by_taps(geometry: Geometry, filter: Array, out_backprop: Array) -> Array:
    """Compute `in_backprop` [N H W C] from `filter` [R S C/G K] and `out_backprop` [N P Q K], in their common type."""
    in_backprop = np.zeros(geometry.input_shape, out_backprop.dtype)
    nothing_is_added = len(steps(geometry.height)) == len(steps(geometry.width)) == 1
    for n, p, q in _blocks(geometry):
        rows = out_backprop[n, p, q]
        across = steps(part(geometry.width, q.start, q.stop - q.start))
        for down in steps(part(geometry.height, p.start, p.stop - p.start)):
            for step in across:
                terms = product(rows[:, down.outputs, step.outputs], filter[down.tap, step.tap], geometry.groups)
                place = in_backprop[n, down.inputs, step.inputs]
                if nothing_is_added:
                    place[...] = terms
                else:
                    np.add(place, terms, out=place)
    return in_backprop


def product(rows: Array, weights: Array, groups: int) -> Array:
    """One tap's products, summed over k: [N P Q C] from rows of `out_backprop` [N P Q K] and `filter` [C/G K] (C8)."""
    *positions, K = rows.shape
    C, K_per_group = len(weights), K // groups
    if groups == 1:
        return (rows.reshape(-1, K) @ weights.T).reshape(*positions, C)
    left, right = rows.reshape(*positions, groups, K_per_group), weights.reshape(C, groups, K_per_group)
    terms = np.empty((*positions, groups, C), rows.dtype)
    match C, K_per_group:
        case _, 1:  # a matrix product of width 1 takes a call for each group
            np.multiply(left, right[..., 0].T, out=terms)
        case 1, _:
            np.vecdot(left, right[0], out=terms[..., 0])
        case _:
            stacked, out = left.reshape(-1, groups, K_per_group), terms.reshape(-1, groups, C)
            np.matmul(stacked.transpose(1, 0, 2), right.transpose(1, 2, 0), out=out.transpose(1, 0, 2))
    return terms.reshape(*positions, groups * C)


def _blocks(geometry: Geometry) -> Iterator[tuple[slice, slice, slice]]:
    """Ranges of n, p and q whose products stay in the cache."""
    N, P, Q, K = geometry.output_shape
    channels = max(K, geometry.C)
    positions = max(_BLOCK // channels, min(_ROWS, _MOST // channels), 1)
    columns = min(Q, positions)
    rows = min(P, positions // columns)
    images = min(N, positions // (rows * columns))
    for n in range(0, N, images):
        for p in range(0, P, rows):
            for q in range(0, Q, columns):
                yield slice(n, n + images), slice(p, min(p + rows, P)), slice(q, min(q + columns, Q))
