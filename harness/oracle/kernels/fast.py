"""The kernel the harness compares with at any size: one matrix product and one strided addition for each tap."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from harness.spec.geometry import Axis, Geometry

Array: TypeAlias = np.ndarray[Any, Any]


def fast(geometry: Geometry, filter: Array, out_backprop: Array) -> Array:
    """Compute `in_backprop` [N H W C] from `filter` [R S C/G K] and `out_backprop` [N P Q K], in their common type.

    C1 with the sum over k as a matrix product; each tap's range of p and q that stays inside the input (C6) is
    solved for beforehand. float64 and int64 are computed as they are. longdouble means 'better than float64': the
    products are exact and their sum is kept in two float64, whatever longdouble is on this machine.
    """
    if out_backprop.dtype != np.longdouble:
        return _sum_over_taps(geometry, filter, out_backprop, np.matmul, [_zeros(geometry, out_backprop.dtype)])[0]
    finite = np.where(np.isfinite(filter), filter, 0), np.where(np.isfinite(out_backprop), out_backprop, 0)
    parts = [_zeros(geometry, np.dtype(np.float64)), _zeros(geometry, np.dtype(np.float64))]
    high, low = _sum_over_taps(geometry, *finite, _exact_products, parts)
    exact = high.astype(np.longdouble) + low
    if np.isfinite(filter).all() and np.isfinite(out_backprop).all():
        return exact
    # Where a product is not finite the plain sum says what C14 asks for; elsewhere every product is finite.
    plain = fast(geometry, filter.astype(np.float64), out_backprop.astype(np.float64))
    return np.where(np.isfinite(plain), exact, plain)


def _zeros(geometry: Geometry, dtype: np.dtype[Any]) -> Array:
    N, H, W, C = geometry.input_shape
    G = geometry.groups
    return np.zeros((G, N, H, W, C // G), dtype)


def _sum_over_taps(
    geometry: Geometry, filter: Array, out_backprop: Array, product: Callable[[Array, Array], Any], parts: list[Array]
) -> list[Array]:
    """Add `product` of every tap into `parts`: one array, or the two of an unevaluated sum."""
    N, P, Q, K = out_backprop.shape
    R, S, C, _ = filter.shape
    G = geometry.groups
    by_group = np.moveaxis(out_backprop.reshape(N, P, Q, G, K // G), 3, 0)
    weights = filter.reshape(R, S, C, G, K // G).transpose(0, 1, 3, 4, 2)
    for r in range(R):
        p, h = _inside(r, geometry.height)
        for s in range(S):
            q, w = _inside(s, geometry.width)
            source = by_group[:, :, p, q]
            if not source.size or not C:
                continue
            terms = product(source.reshape(G, -1, K // G), weights[r, s])
            targets = [part[:, :, h, w] for part in parts]
            if len(parts) == 1:
                targets[0] += terms.reshape(targets[0].shape)
            else:
                for term in terms:
                    _add_exactly(targets[0], targets[1], term.reshape(targets[0].shape))
    return [np.moveaxis(part, 0, 3).reshape(geometry.input_shape) for part in parts]


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


def _exact_products(left: Array, right: Array) -> list[Array]:
    """Float64 matrices whose exact sum is the matrix product [G M K] @ [G K C] (Ozaki et al., 2012).

    Both factors are cut into slices of so few bits that a product of two slices is exact in float64, K terms summed.
    """
    bits = (53 - max(left.shape[-1] - 1, 1).bit_length() - 1) // 2
    rights = _slices(right, -2, bits)
    return [a @ b for a in _slices(left, -1, bits) for b in rights]


def _slices(matrix: Array, along: int, bits: int) -> list[Array]:
    """Cut `matrix` into float64 slices that sum to it exactly; slice j holds multiples of a power of two.

    The power is common to all elements `along` which products are summed, and falls by `bits` from slice to slice.
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
