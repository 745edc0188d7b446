"""The kernel the harness compares with at any size: one matrix product and one strided addition for each tap."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from harness.spec.geometry import Axis, Geometry

Array: TypeAlias = np.ndarray[Any, Any]
Place: TypeAlias = tuple[Any, ...]


def fast(geometry: Geometry, filter: Array, out_backprop: Array) -> Array:
    """Compute `in_backprop` [N H W C] from `filter` [R S C/G K] and `out_backprop` [N P Q K], in their common type.

    C1 with the sum over k as a matrix product; each tap's range of p and q that stays inside the input (C6) is
    solved for beforehand. float64 and int64 are computed as they are. longdouble means 'better than float64': the
    products are exact and their sum is kept in two float64, whatever longdouble is on this machine.
    """
    weights, rows = _by_group(geometry, filter, out_backprop)
    if out_backprop.dtype != np.longdouble:
        if _is_pointwise(geometry.height) and _is_pointwise(geometry.width):
            return _joined(geometry, _product(rows, weights[0, 0]))  # nothing is added
        total = _zeros(geometry, out_backprop.dtype)
        _sum_over_taps(geometry, [weights], [rows], lambda place, terms: np.add(total[place], terms, out=total[place]))
        return _joined(geometry, total)
    finite = np.isfinite(filter).all() and np.isfinite(out_backprop).all()
    if not finite:
        weights, rows = (np.where(np.isfinite(array), array, 0) for array in (weights, rows))
    # Sums that pass the largest float64 are kept in range; longdouble reaches further where it is an extended type.
    reach = sum(int(np.frexp(np.max(np.abs(array), initial=0))[1]) for array in (weights, rows))
    shift = max(0, reach + max(rows.shape[-1] * weights.shape[0] * weights.shape[1], 1).bit_length() - 1000)
    rows = np.ldexp(rows, -shift)
    high, low = _zeros(geometry, np.dtype(np.float64)), _zeros(geometry, np.dtype(np.float64))
    bits = (53 - max(rows.shape[-1] - 1, 1).bit_length() - 1) // 2
    _sum_over_taps(
        geometry,
        _slices(weights, -2, bits),
        _slices(rows, -1, bits),
        lambda place, terms: _add_exactly(high[place], low[place], terms),
    )
    exact = _joined(geometry, np.ldexp(high.astype(np.longdouble) + low, shift))
    if finite:
        return exact
    # Where a product is not finite the plain sum says what C14 asks for; elsewhere every product is finite.
    plain = fast(geometry, filter.astype(np.float64), out_backprop.astype(np.float64))
    return np.where(np.isfinite(plain), exact, plain)


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


def _sum_over_taps(
    geometry: Geometry, weights: list[Array], rows: list[Array], add: Callable[[Place, Array], object]
) -> None:
    """Hand the products of every tap to `add`, with the places of the input they belong to.

    `weights` and `rows` are one array each, or the slices that each of them is the sum of.
    """
    for r in range(geometry.height.filter):
        p, h = _inside(r, geometry.height)
        for s in range(geometry.width.filter):
            q, w = _inside(s, geometry.width)
            for left in rows if p.start < p.stop and q.start < q.stop and geometry.N and geometry.C else ():
                for right in weights:
                    add((..., h, w, slice(None)), _product(left[:, :, p, q], right[r, s]))


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


def _add_exactly(high: Array, low: Array, term: Array) -> None:
    """Add `term` to the unevaluated sum `high + low` (Knuth's two-sum)."""
    total = high + term
    virtual = total - high
    low += (high - (total - virtual)) + (term - virtual)
    high[...] = total


def _slices(matrix: Array, along: int, bits: int) -> list[Array]:
    """Cut `matrix` into float64 slices that sum to it exactly (Ozaki et al., 2012).

    Slice j holds multiples of a power of two that is common to all elements `along` which products are summed, and
    that falls by `bits` from slice to slice: so few that a sum of products of two slices is exact in float64.
    """
    _, exponents = np.frexp(np.max(np.abs(matrix), axis=along, keepdims=True, initial=0))
    slices = []
    rest = matrix
    while rest.any():
        exponents = exponents - bits
        part = np.ldexp(np.rint(np.ldexp(rest, -exponents)), exponents)
        slices.append(part.astype(np.float64))
        rest = rest - part
    return slices
